"""A second active key, and a key that came with its user."""

from __future__ import annotations

import pytest

from tests.accounts import Case, Json, allow, gap, only_finding, verdict
from tests.rules.access_keys.holding_keys import ARN, key, keys, user

TWO, SET_UP = "iam-access-key-two-active", "iam-access-key-set-up-unused"
OLD, NEW = "2025-01-01T00:00:00Z", "2026-11-19T00:00:00Z"

PAIRS: list[Case] = [
    ("two for 14 days", keys(key(OLD), key("2026-11-06T12:00:00Z", id="AKIA2")), "pass"),
    ("two for 14 days and a second", keys(key(OLD), key("2026-11-06T11:59:59Z", id="AKIA2")), "fail"),
    ("the younger is listed first", keys(key(NEW), key(OLD, id="AKIA2")), "pass"),
    ("one of two is inactive", keys(key(OLD), key(OLD, "Inactive", id="AKIA2")), "pass"),
    ("both are inactive", keys(key(OLD, "Inactive"), key(OLD, "Inactive", id="AKIA2")), ""),
    ("one key", keys(key(OLD)), "pass"),
    (
        "two users with a key each",
        {"access_keys": [{"user": name, "keys": [key(OLD, user=name)]} for name in ("ci", "cd")]},
        "pass pass",
    ),
    (
        "the keys of one user were denied",
        {"access_keys": [{"user": "ci", "keys": [key(OLD)]}, {"user": "cd", "keys": gap("iam:ListAccessKeys")}]},
        "pass unknown",
    ),
    ("the list was denied", {"access_keys": gap("iam:ListAccessKeys")}, "unknown"),
    ("no user has keys", {"access_keys": []}, ""),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in PAIRS])
def test_pairs(facts: Json, expected: str) -> None:
    assert verdict(TWO, facts) == expected


def test_the_finding_is_about_the_user_and_names_both_keys() -> None:
    arn = f"{ARN.removesuffix('ci')}team/ci"
    found = only_finding(TWO, keys(key(OLD), key(OLD, id="AKIA2")) | user(arn=arn, path="/team/"))

    assert (found.resource.arn, found.resource.type) == (arn, "AWS::IAM::User")
    assert "AKIA1 and AKIA2" in found.message
    assert found.evidence["material"] == ["access-key:AKIA1", "access-key:AKIA2"]


def test_the_time_for_a_change_is_a_parameter() -> None:
    facts = keys(key(OLD), key("2026-11-10T12:00:00Z", id="AKIA2"))

    assert (verdict(TWO, facts, rotation_days=9), verdict(TWO, facts, rotation_days=10)) == ("fail", "pass")


MADE = "2026-11-01T10:00:00Z"


def made(created: str = MADE, *, password: bool | None = True, **facts: object) -> Json:
    row = {"user": "ci", "arn": ARN, **({} if password is None else {"password_enabled": password})}
    report = {"kind": "credential-report", "rows": [row]}
    return {**user(created=MADE), "credential_report": report, **keys({**key(created), **facts})}


SET_UPS: list[Case] = [
    ("made with the user", made(), "fail"),
    ("made a minute after the user", made("2026-11-01T10:01:00Z"), "fail"),
    ("made a minute and a second after the user", made("2026-11-01T10:01:01Z"), "pass"),
    ("used since", made(last_used="2026-11-02T00:00:00Z"), "pass"),
    ("a user of a program, without a password", made(password=False), "pass"),
    ("deactivated", made(status="Inactive"), ""),
    ("whether it was used was denied", made(last_used=gap("iam:GetAccessKeyLastUsed")), "unknown"),
    (
        "whether it was used was denied, made later",
        made("2026-11-03T00:00:00Z", last_used=gap("iam:GetAccessKeyLastUsed")),
        "pass",
    ),
    ("the report does not say whether there is a password", made(password=None), "unknown"),
    (
        "the user is not in the report",
        made() | {"credential_report": {"kind": "credential-report", "rows": []}},
        "unknown",
    ),
    ("the report was denied", made() | {"credential_report": gap("iam:GetCredentialReport")}, "unknown"),
    ("when the user was made is not known", made() | user(), "unknown"),
    ("the users were denied", made() | {"users": gap("iam:GetAccountAuthorizationDetails")}, "unknown"),
    ("nothing was collected", {}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SET_UPS])
def test_set_up(facts: Json, expected: str) -> None:
    assert verdict(SET_UP, facts) == expected


def test_a_key_of_set_up_is_told_before_it_is_old() -> None:
    found = only_finding(SET_UP, made() | user(allow(), created=MADE))

    assert (found.resource.name, found.severity) == ("AKIA1", "high")
    assert found.remediation.commands == (
        "aws iam update-access-key --status Inactive --user-name=ci --access-key-id=AKIA1",
    )
    assert verdict("iam-access-key-never-used", made()) == "pass"
    assert verdict(SET_UP, made(), declared={"break_glass": ["user/ci"]}) == "pass"


TABLES = {TWO: PAIRS, SET_UP: SET_UPS}
