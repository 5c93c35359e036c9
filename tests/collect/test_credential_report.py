"""The credential report, which AWS has to make first, and the access keys, whose ids it does not name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanner.collect.account import Scope, collect
from scanner.inventory import AccessKey, Account, Gap, known
from tests.collect.faulty import MADE, NOW, iam_arn, report_of
from tests.collect.reading import not_ok, read
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn

GENERATE, GET = "iam:GenerateCredentialReport", "iam:GetCredentialReport"
NEVER_USED = AccessKey("AKIACI00000000000001", "ci", "Active", MADE)


def read_with_pauses(session: Any) -> tuple[Account, list[float]]:
    pauses: list[float] = []
    return collect(session, Scope(identity_only=True, pause=pauses.append), now=NOW), pauses


def made_after(polls: int) -> Any:
    return lambda asked: {"State": "COMPLETE" if asked.number >= polls else "STARTED"}


def keys_of(account: Account, user: str) -> tuple[AccessKey, ...]:
    return next(known(holder.keys) for holder in known(account.access_keys) if holder.user == user)


def ci_row(*columns: str) -> dict[str, Any]:
    """A report with the user ci, from the column of the first key on."""
    return {"Content": report_of(",".join(("ci", iam_arn("user/ci"), "N/A,false,N/A,N/A,false", *columns)))}


def test_the_report_is_there(session: Any, aws: StandIn) -> None:
    account, pauses = read_with_pauses(session)

    assert not isinstance(account.credential_report, Gap)
    assert pauses == []
    assert aws.requests[GENERATE, "aws-global"] == 1


def test_the_report_is_being_made(session: Any, aws: StandIn) -> None:
    aws.answer(GENERATE, made_after(3))

    account, pauses = read_with_pauses(session)

    assert not_ok(account) == {}
    assert len(pauses) == 3
    assert pauses == sorted(pauses)
    assert aws.requests[GENERATE, "aws-global"] == 4


def test_the_report_is_never_made(session: Any, aws: StandIn) -> None:
    aws.answer(GENERATE, {"State": "INPROGRESS"})
    aws.answer(GET, Refusal("ReportInProgress", 404, "the report is being generated"))

    account, pauses = read_with_pauses(session)

    assert 30 < sum(pauses) < 120
    assert not_ok(account) == {(GET, "global"): "error"}
    assert isinstance(account.credential_report, Gap)
    assert isinstance(account.access_keys, Gap)


def test_only_the_making_is_denied(session: Any, aws: StandIn) -> None:
    aws.answer(GENERATE, DENIED)

    account, pauses = read_with_pauses(session)

    assert pauses == []
    assert not_ok(account) == {(GENERATE, "global"): "denied"}
    assert known(account.credential_report).rows
    assert known(account.access_keys)


def test_the_making_is_denied_and_there_is_none(session: Any, aws: StandIn) -> None:
    aws.answer(GENERATE, DENIED)
    aws.answer(GET, Refusal("ReportNotPresent", 410, "no report"))

    account, _ = read_with_pauses(session)

    assert not_ok(account) == {(GENERATE, "global"): "denied", (GET, "global"): "error"}
    assert isinstance(account.credential_report, Gap)


def test_reading_is_denied(session: Any, aws: StandIn) -> None:
    aws.answer(GET, DENIED)

    account, _ = read_with_pauses(session)

    assert isinstance(account.credential_report, Gap)
    assert isinstance(account.access_keys, Gap)
    assert account.access_keys.api == GET
    assert known(account.users)


def test_the_report_of_earlier_is_dated(session: Any, aws: StandIn) -> None:
    earlier = NOW - timedelta(hours=3, minutes=59)
    aws.answer(GET, {**aws.plain(GET), "GeneratedTime": earlier})

    assert known(read(session).credential_report).generated == earlier


def test_users_without_keys_are_not_asked_about(session: Any, aws: StandIn) -> None:
    read(session)

    asked = {asked.parameters["UserName"] for asked in aws.asked if asked.api == "iam:ListAccessKeys"}
    assert asked == {"batch", "ci", "newcomer"}


def test_a_user_newer_than_the_report_is_asked_about(session: Any, aws: StandIn) -> None:
    (key,) = keys_of(read(session), "newcomer")

    assert key.last_used == datetime(2026, 11, 20, 11, 30, tzinfo=UTC)
    assert aws.requests["iam:GetAccessKeyLastUsed", "aws-global"] == 1


def test_inactive_keys_are_listed(session: Any, aws: StandIn) -> None:
    assert [(key.id[-1], key.status, key.is_active) for key in keys_of(read(session), "ci")] == [
        ("1", "Active", True),
        ("2", "Inactive", False),
    ]


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        # Each key is known by the time at which it was made: no further call.
        (("true", "2025-01-02T03:04:05Z,N/A,N/A,N/A", "false", "2025-06-01T00:00:00Z"), 0),
        # The slots the other way round.
        (("false", "2025-06-01T00:00:00Z,N/A,N/A,N/A", "true", "2025-01-02T03:04:05Z"), 0),
        # A fraction of a second is lost in the report.
        (("true", "2025-01-02T03:04:05.4Z,N/A,N/A,N/A", "false", "2025-06-01T00:00:00Z"), 0),
        # Both slots of one time: which key is which cannot be told.
        (("true", "2025-01-02T03:04:05Z,N/A,N/A,N/A", "false", "2025-01-02T03:04:05Z"), 2),
        # The report is older than the second key.
        (("true", "2025-01-02T03:04:05Z,N/A,N/A,N/A", "false", "N/A"), 1),
        # An activation is a rotation, too, so the time fits no key.
        (("true", "2026-01-01T00:00:00Z,N/A,N/A,N/A", "false", "2025-06-01T00:00:00Z"), 1),
    ],
)
def test_keys_are_matched_by_the_time_of_their_making(
    session: Any, aws: StandIn, columns: tuple[str, ...], asked: int
) -> None:
    aws.answer(GET, ci_row(*columns))

    account = read(session)

    about_ci = [
        request
        for request in aws.asked
        if request.api == "iam:GetAccessKeyLastUsed" and request.parameters["AccessKeyId"].startswith("AKIACI")
    ]
    assert len(about_ci) == asked
    if asked == 0:
        assert keys_of(account, "ci")[0] == NEVER_USED


def test_the_other_slot_does_not_lend_its_use(session: Any, aws: StandIn) -> None:
    aws.answer(
        GET,
        ci_row("true", "2025-01-02T03:04:05Z,N/A,N/A,N/A", "false", "2025-06-01T00:00:00Z,2026-11-01T00:00:00Z,us,s3"),
    )

    first, second = keys_of(read(session), "ci")

    assert (first.last_used, first.last_used_service) == (None, None)
    assert (second.last_used, second.last_used_service) == (datetime(2026, 11, 1, tzinfo=UTC), "s3")


def test_a_use_that_cannot_be_asked_for_is_a_gap_of_that_key_alone(session: Any, aws: StandIn) -> None:
    aws.answer(GET, ci_row("true", "N/A", "N/A", "N/A", "N/A", "true", "N/A"))
    aws.answer(
        "iam:GetAccessKeyLastUsed",
        lambda asked: DENIED if asked.parameters["AccessKeyId"].endswith("2") else {"AccessKeyLastUsed": {}},
    )

    first, second = keys_of(read(session), "ci")

    assert first == NEVER_USED
    assert isinstance(second.last_used, Gap)


@pytest.mark.parametrize("word", ["N/A", "no_information", ""])
def test_words_for_nothing(session: Any, aws: StandIn, word: str) -> None:
    aws.answer("iam:GetAccessKeyLastUsed", {"AccessKeyLastUsed": {"ServiceName": word, "Region": word}})

    (key,) = keys_of(read(session), "newcomer")

    assert (key.last_used, key.last_used_service, key.last_used_region) == (None, None, None)


def test_one_user_whose_keys_are_denied(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> Any:
        if asked.parameters["UserName"] == "ci":
            return DENIED
        return {"AccessKeyMetadata": [], "IsTruncated": False}

    aws.answer("iam:ListAccessKeys", answer)

    holders = {holder.user: holder.keys for holder in known(read(session).access_keys)}

    assert isinstance(holders["ci"], Gap)
    assert holders["batch"] == ()


def test_a_user_that_is_deleted_in_mid_scan_is_not_taken_for_one_without_keys(session: Any, aws: StandIn) -> None:
    aws.answer("iam:ListAccessKeys", Refusal("NoSuchEntity", 404, "The user with name ci cannot be found."))

    account = read(session)

    assert all(isinstance(holder.keys, Gap) for holder in known(account.access_keys))
    assert not_ok(account) == {("iam:ListAccessKeys", "global"): "error"}


@pytest.mark.parametrize("name", ["ann", "ANN", iam_arn("user/ann")])
def test_the_keys_of_one_user_are_asked_for_whatever_the_report_says(session: Any, aws: StandIn, name: str) -> None:
    """A key that an intruder made an hour ago is not in a report of three hours ago."""
    fresh = {"UserName": "ann", "AccessKeyId": "AKIAANN0000000000001", "Status": "Active", "CreateDate": NOW}
    aws.answer("iam:ListAccessKeys", {"AccessKeyMetadata": [fresh], "IsTruncated": False})
    aws.answer("iam:GetCredentialReport", DENIED)

    account = collect(session, Scope(identity_only=True, keys_of=name), now=NOW)

    assert [key.id for key in keys_of(account, "ann")] == ["AKIAANN0000000000001"]
    assert aws.requests["iam:ListAccessKeys", "aws-global"] == 1
