"""The credential report, which AWS has to make first, and the access keys, whose ids it does not name."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scanner.collect import iam
from scanner.collect.journal import FileJournal
from scanner.inventory import AccessKey, CredentialReport, Gap, User, UserKeys, known
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, ANSWERS, MADE, NOW, iam_arn, report_of
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn

GENERATE, GET = "iam:GenerateCredentialReport", "iam:GetCredentialReport"
NEVER_USED = AccessKey("AKIACI00000000000001", "ci", "Active", MADE)


@dataclass(kw_only=True)
class Identity:
    """What was found, how the calls ended that failed, and the pauses between them."""

    users: tuple[User, ...] | Gap
    credential_report: CredentialReport | Gap
    access_keys: tuple[UserKeys, ...] | Gap
    not_ok: dict[tuple[str, str], str]
    pauses: list[float] = field(default_factory=list)


def read(session: Any, keys_of: str | None = None, **options: Any) -> Identity:
    pauses: list[float] = []
    with asking(session, **options) as desk:
        users = iam.read_details(desk).users
        report = iam.read_credential_report(desk, pauses.append)
        keys = iam.read_access_keys(desk, users, report, keys_of)
        rows = desk.ledger.rows(ACCOUNT_ID)
    not_ok: dict[tuple[str, str], str] = {(row.api, row.region): row.status for row in rows if row.status != "ok"}
    return Identity(users=users, credential_report=report, access_keys=keys, not_ok=not_ok, pauses=pauses)


def made_after(polls: int) -> Any:
    return lambda asked: {"State": "COMPLETE" if asked.number >= polls else "STARTED"}


def keys_of(account: Identity, user: str) -> tuple[AccessKey, ...]:
    return next(known(holder.keys) for holder in known(account.access_keys) if holder.user == user)


def no_keys() -> dict[str, Any]:
    return {"AccessKeyMetadata": [], "IsTruncated": False}


def ci_row(*columns: str) -> dict[str, Any]:
    """A report with the user ci, from the column of the first key on."""
    return {"Content": report_of(",".join(("ci", iam_arn("user/ci"), "N/A,false,N/A,N/A,false", *columns)))}


def test_the_report_is_there(session: Any, aws: StandIn) -> None:
    account = read(session)

    assert not isinstance(account.credential_report, Gap)
    assert account.pauses == []
    assert aws.requests[GENERATE, "aws-global"] == 1


def test_the_report_is_being_made(session: Any, aws: StandIn) -> None:
    aws.answer(GENERATE, made_after(3))

    account = read(session)

    assert account.not_ok == {}
    assert len(account.pauses) == 3
    assert account.pauses == sorted(account.pauses)
    assert aws.requests[GENERATE, "aws-global"] == 4


def test_the_report_is_never_made(session: Any, aws: StandIn) -> None:
    aws.answer(GENERATE, {"State": "INPROGRESS"})
    aws.answer(GET, Refusal("ReportInProgress", 404, "the report is being generated"))

    account = read(session)

    assert 30 < sum(account.pauses) < 120
    assert account.not_ok == {(GENERATE, "global"): "error", (GET, "global"): "error"}
    assert isinstance(account.credential_report, Gap)
    assert isinstance(account.access_keys, Gap)


@pytest.mark.parametrize(
    ("flag", "is_asked"),
    [("false", False), ("FALSE", False), ("N/A", False), ("true", True), ("", True), ("unknown", True), ("1", True)],
)
def test_only_a_clear_no_means_that_there_is_no_key(session: Any, aws: StandIn, flag: str, is_asked: bool) -> None:
    aws.answer(GET, ci_row(flag))
    aws.answer("iam:ListAccessKeys", no_keys())

    account = read(session)

    asked = {asked.parameters["UserName"] for asked in aws.asked if asked.api == "iam:ListAccessKeys"}
    assert ("ci" in asked) is is_asked
    (row,) = known(account.credential_report).rows
    assert row.key_1_active is {"true": True, "false": False, "FALSE": False, "N/A": False}.get(flag)


def test_only_the_making_is_denied(session: Any, aws: StandIn) -> None:
    aws.answer(GENERATE, DENIED)

    account = read(session)

    assert account.pauses == []
    assert account.not_ok == {(GENERATE, "global"): "denied"}
    assert known(account.credential_report).rows
    assert known(account.access_keys)


def test_the_making_is_denied_and_there_is_none(session: Any, aws: StandIn) -> None:
    aws.answer(GENERATE, DENIED)
    aws.answer(GET, Refusal("ReportNotPresent", 410, "no report"))

    account = read(session)

    assert account.not_ok == {(GENERATE, "global"): "denied", (GET, "global"): "error"}
    assert isinstance(account.credential_report, Gap)


def test_reading_is_denied(session: Any, aws: StandIn) -> None:
    aws.answer(GET, DENIED)

    account = read(session)

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
        return no_keys()

    aws.answer("iam:ListAccessKeys", answer)

    holders = {holder.user: holder.keys for holder in known(read(session).access_keys)}

    assert isinstance(holders["ci"], Gap)
    assert holders["batch"] == ()


def test_a_user_that_is_deleted_in_mid_scan_is_not_taken_for_one_without_keys(session: Any, aws: StandIn) -> None:
    aws.answer("iam:ListAccessKeys", Refusal("NoSuchEntity", 404, "The user with name ci cannot be found."))

    account = read(session)

    assert all(isinstance(holder.keys, Gap) for holder in known(account.access_keys))
    assert account.not_ok == {("iam:ListAccessKeys", "global"): "error"}


@pytest.mark.parametrize("name", ["ann", "ANN", iam_arn("user/ann")])
def test_the_keys_of_one_user_are_asked_for_whatever_the_report_says(session: Any, aws: StandIn, name: str) -> None:
    """A key that an intruder made an hour ago is not in a report of three hours ago."""
    fresh = {"UserName": "ann", "AccessKeyId": "AKIAANN0000000000001", "Status": "Active", "CreateDate": NOW}
    aws.answer("iam:ListAccessKeys", {"AccessKeyMetadata": [fresh], "IsTruncated": False})
    aws.answer("iam:GetCredentialReport", DENIED)

    account = read(session, keys_of=name)

    assert [key.id for key in keys_of(account, "ann")] == ["AKIAANN0000000000001"]
    assert aws.requests["iam:ListAccessKeys", "aws-global"] == 1


def test_signing_certificates(session: Any, aws: StandIn) -> None:
    head, ann, ci = report_of(f"ann,{iam_arn('user/ann')}", f"ci,{iam_arn('user/ci')}").decode().splitlines()
    made = "2025-01-02T03:04:05Z"
    lines = [
        f"{head},cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated",
        f"{ann},true,{made},false,{made}",
        f"{ci},false,N/A,true,{made}",
    ]
    aws.answer(GET, {"Content": "\n".join(lines).encode()})

    found = known(read(session).credential_report).rows

    assert [(row.cert_1_active, row.cert_1_rotated, row.cert_2_active, row.cert_2_rotated) for row in found] == [
        (True, MADE, False, MADE),
        (False, None, True, MADE),
    ]


@pytest.mark.usefixtures("aws")
def test_a_report_without_the_columns_of_certificates(session: Any) -> None:
    rows = known(read(session).credential_report).rows

    assert not any(row.cert_1_active or row.cert_2_active or row.cert_1_rotated or row.cert_2_rotated for row in rows)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"name,arn\nci,x",
        b"user,arn\nci,x",
        report_of(f"ci,{iam_arn('user/ci')},tomorrow"),
        report_of(f"ci,{iam_arn('user/ci')}").rpartition(b",")[0],
    ],
)
def test_a_report_of_a_strange_shape(session: Any, aws: StandIn, content: bytes) -> None:
    aws.answer(GET, {"Content": content})

    account = read(session)

    assert isinstance(account.credential_report, Gap)
    assert account.not_ok == {(GET, "global"): "error"}


def test_a_question_for_each_holder_of_keys_and_for_no_one_else(session: Any, aws: StandIn) -> None:
    read(session)

    assert {api: number for (api, _), number in aws.requests.items()} == {
        "iam:GetAccountAuthorizationDetails": 1,
        GENERATE: 1,
        GET: 1,
        "iam:ListAccessKeys": 3,
        "iam:GetAccessKeyLastUsed": 1,
    }


def test_keys_that_no_rule_needs(session: Any, aws: StandIn) -> None:
    account = read(session, wanted=[])

    assert isinstance(account.access_keys, Gap)
    assert (account.access_keys.api, account.access_keys.status) == ("iam:ListAccessKeys", "skipped")
    assert aws.asked == []


def test_details_that_are_denied_leave_no_keys(session: Any, aws: StandIn) -> None:
    aws.answer("iam:GetAccountAuthorizationDetails", DENIED)

    account = read(session)

    assert isinstance(account.users, Gap)
    assert isinstance(account.access_keys, Gap)
    assert (account.access_keys.api, account.access_keys.status) == ("iam:GetAccountAuthorizationDetails", "denied")


def test_an_interrupted_collection_goes_on(session: Any, aws: StandIn, tmp_path: Path) -> None:
    def read_on() -> Identity:
        path, hour = tmp_path / "partial", timedelta(hours=1)
        with closing(FileJournal(path, ACCOUNT_ID, lambda: datetime.now(UTC), hour)) as journal:
            return read(session, journal=journal)

    aws.answer("iam:ListAccessKeys", lambda asked: DENIED if asked.parameters["UserName"] == "ci" else no_keys())
    read_on()
    aws.reset(ANSWERS)

    account = read_on()

    assert [key.id for key in keys_of(account, "ci")] == ["AKIACI00000000000001", "AKIACI00000000000002"]
    assert keys_of(account, "batch") == ()
    assert account.not_ok == {}
    # That a report was made is no use hours later: AWS keeps it for four.
    again = {"iam:ListAccessKeys": 1, "iam:GenerateCredentialReport": 1}
    assert {api: number for (api, _), number in aws.requests.items()} == again
