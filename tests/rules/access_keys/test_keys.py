"""Access keys: their age, their use, and the root user's."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, allow, findings, gap, only_finding, verdict
from tests.rules.access_keys.holding_keys import can_become_administrator, key, keys, user

AGE, UNUSED, ROOT = "iam-access-key-age", "iam-access-key-never-used", "iam-root-access-key"


AGES: list[Case] = [
    ("89 days old", keys(key("2026-08-23T12:00:00Z")), "pass"),
    ("90 days old to the second", keys(key("2026-08-22T12:00:00Z")), "pass"),
    ("90 days and a second old", keys(key("2026-08-22T11:59:59Z")), "fail"),
    ("91 days old", keys(key("2026-08-21T12:00:00Z")), "fail"),
    ("made on a day of another time zone", keys(key("2026-08-22T13:59:59+02:00")), "fail"),
    ("made in the future", keys(key("2026-11-21T00:00:00Z")), "pass"),
    ("old and inactive", keys(key("2020-01-01T00:00:00Z", "Inactive")), ""),
    ("old and expired", keys(key("2020-01-01T00:00:00Z", "Expired")), ""),
    ("old, of a status that is new", keys(key("2020-01-01T00:00:00Z", "Suspended")), "fail"),
    ("old, of no status", keys(key("2020-01-01T00:00:00Z", "")), "fail"),
    ("old, last use denied", keys(key("2020-01-01T00:00:00Z", last_used=gap("iam:GetAccessKeyLastUsed"))), "fail"),
    ("one old, one new", keys(key("2020-01-01T00:00:00Z"), key("2026-11-01T00:00:00Z", id="AKIA2")), "fail pass"),
    ("no user has keys", {"access_keys": []}, ""),
    ("the list was denied", {"access_keys": gap("iam:ListAccessKeys")}, "unknown"),
    (
        "the list of one user was denied",
        {"access_keys": [{"user": "ci", "keys": gap("iam:ListAccessKeys")}]},
        "unknown",
    ),
    ("nothing was collected", {}, "unknown"),
]

USES: list[Case] = [
    ("400 days old and never used", keys(key("2025-10-16T12:00:00Z")), "fail"),
    ("45 days old and never used", keys(key("2026-10-06T12:00:00Z")), "pass"),
    ("45 days and a second old and never used", keys(key("2026-10-06T11:59:59Z")), "fail"),
    ("old and used once", keys(key("2020-01-01T00:00:00Z", last_used="2020-01-02T00:00:00Z")), "pass"),
    ("never used and inactive", keys(key("2020-01-01T00:00:00Z", "Inactive")), ""),
    ("old, last use denied", keys(key("2020-01-01T00:00:00Z", last_used=gap("iam:GetAccessKeyLastUsed"))), "unknown"),
    ("new, last use denied", keys(key("2026-11-19T00:00:00Z", last_used=gap("iam:GetAccessKeyLastUsed"))), "pass"),
    ("nothing was collected", {}, "unknown"),
]


def summary(**counters: int) -> Json:
    return {"summary": {"kind": "account-summary", "counters": counters}}


def root_row(user: str = "<root_account>", **facts: object) -> Json:
    row = {"user": user, "arn": f"arn:aws:iam::{OWN}:root", **facts}
    return {"credential_report": {"kind": "credential-report", "rows": [row]}}


ROOTS: list[Case] = [
    ("counted", summary(AccountAccessKeysPresent=1), "fail"),
    ("two counted", summary(AccountAccessKeysPresent=2), "fail"),
    ("none counted", summary(AccountAccessKeysPresent=0), "pass"),
    ("none now, one in the older report", summary(AccountAccessKeysPresent=0) | root_row(key_1_active=True), "pass"),
    ("one now, none in the older report", summary(AccountAccessKeysPresent=1) | root_row(), "fail"),
    ("summary denied, first key in the report", root_row(key_1_active=True), "fail"),
    ("summary denied, second key in the report", root_row(key_2_active=True), "fail"),
    ("summary denied, none in the report", root_row(), "unknown"),
    ("summary denied, the report does not tell", root_row(key_1_active=None), "unknown"),
    ("summary denied, a user called root", root_row("root", key_1_active=True), "unknown"),
    ("a summary without that counter", summary(Users=3), "unknown"),
    ("a summary without that counter, key in the report", summary(Users=3) | root_row(key_1_active=True), "fail"),
    ("a summary without that counter, none in the report", summary(Users=3) | root_row(), "unknown"),
    ("both denied", {}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in AGES])
def test_age(facts: Json, expected: str) -> None:
    assert verdict(AGE, facts) == expected


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in USES])
def test_use(facts: Json, expected: str) -> None:
    assert verdict(UNUSED, facts) == expected


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in ROOTS])
def test_root(facts: Json, expected: str) -> None:
    assert verdict(ROOT, facts) == expected


def test_limits_are_parameters() -> None:
    ten_days_old = keys(key("2026-11-10T12:00:00Z"))

    assert verdict(AGE, ten_days_old, max_age_days=9) == "fail"
    assert verdict(AGE, ten_days_old, max_age_days=10) == "pass"
    assert verdict(UNUSED, ten_days_old, grace_days=9) == "fail"
    assert verdict(UNUSED, ten_days_old, grace_days=10) == "pass"


def test_a_forgotten_key_is_both_old_and_unused_and_the_key_is_the_resource() -> None:
    facts = keys(key("2025-10-16T12:00:00Z"))

    assert {only_finding(rule_id, facts).resource.name for rule_id in (AGE, UNUSED)} == {"AKIA1"}


REACH = [
    ("an administrator", user(allow()), "administrator", "high", "critical"),
    ("one who can become an administrator", can_become_administrator(), "can become administrator", "high", "critical"),
    ("somebody else", user(allow("s3:*")), None, "medium", "high"),
    ("a user with a policy that cannot be understood", user({"Effect": "Perhaps"}), None, "medium", "high"),
    ("nobody knows who", {"users": gap("iam:GetAccountAuthorizationDetails")}, None, "medium", "high"),
]


@pytest.mark.parametrize(("facts", "reach", "old", "unused"), [pytest.param(*case[1:], id=case[0]) for case in REACH])
def test_severity_follows_the_reach_of_the_holder(facts: Json, reach: str | None, old: str, unused: str) -> None:
    facts = keys(key("2025-10-16T12:00:00Z")) | facts

    found = {rule_id: only_finding(rule_id, facts) for rule_id in (AGE, UNUSED)}

    assert {rule_id: each.severity for rule_id, each in found.items()} == {AGE: old, UNUSED: unused}
    assert [each.evidence["holder"] for each in found.values()] == [reach, reach]
    assert all(("administrator" in each.message) is (reach is not None) for each in found.values())


def test_a_key_for_emergencies_is_meant_to_lie_unused_but_not_to_grow_old() -> None:
    facts = keys(key("2025-10-16T12:00:00Z")) | user(path="/safe/", arn=f"arn:aws:iam::{OWN}:user/safe/ci")

    assert verdict(UNUSED, facts, declared={"break_glass": ["user/safe/ci"]}) == "pass"
    assert verdict(UNUSED, facts, declared={"break_glass": ["user/ci"]}) == "fail"
    assert verdict(AGE, facts, declared={"break_glass": ["user/safe/ci"]}) == "fail"


def test_two_keys_of_one_user_are_two_findings() -> None:
    facts = keys(key("2020-01-01T00:00:00Z"), key("2020-01-01T00:00:00Z", id="AKIA2"))

    found = findings(AGE, facts)

    assert {finding.resource.name for finding in found} == {"AKIA1", "AKIA2"}
    assert len({finding.fingerprint for finding in found}) == 2


def test_each_command_names_one_key_and_has_an_undo() -> None:
    found = only_finding(AGE, keys(key("2020-01-01T00:00:00Z")))

    assert found.remediation.commands == (
        "aws iam update-access-key --status Inactive --user-name=ci --access-key-id=AKIA1",
    )
    assert found.remediation.undo == ("aws iam update-access-key --status Active --user-name=ci --access-key-id=AKIA1",)


def test_material_evidence_does_not_grow_with_age() -> None:
    older, younger = (only_finding(AGE, keys(key(made))) for made in ("2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z"))

    assert older.evidence["material"] == younger.evidence["material"]
    assert older.evidence["age_days"] != younger.evidence["age_days"]


TABLES = {AGE: AGES, UNUSED: USES, ROOT: ROOTS}

ALSO_LOOKED_AT = {ROOT: {"iam:GetCredentialReport", "iam:GenerateCredentialReport"}}
