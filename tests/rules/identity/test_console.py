"""Console users and their second factor."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, allow, findings, gap, policy, verdict

RULE, IDLE = "iam-console-user-without-mfa", "iam-console-password-unused"
ARN = f"arn:aws:iam::{OWN}:user/ann"
BOB = f"arn:aws:iam::{OWN}:user/bob"
DENIED = gap("iam:GetAccountAuthorizationDetails")


def report(**row: object) -> Json:
    rows = [{"user": "ann", "arn": ARN, **row}]
    return {"users": [], "credential_report": {"kind": "credential-report", "rows": rows}}


CASES: list[Case] = [
    ("password alone", report(password_enabled=True, mfa_active=False), "fail"),
    ("password and MFA", report(password_enabled=True, mfa_active=True), "pass"),
    ("no password", report(password_enabled=False, mfa_active=False), ""),
    ("no password, MFA", report(password_enabled=False, mfa_active=True), ""),
    ("the report does not say whether there is MFA", report(password_enabled=True), "unknown"),
    ("the report does not say whether there is a password", report(mfa_active=False), "unknown"),
    ("MFA, and the report does not say whether there is a password", report(mfa_active=True), "pass"),
    ("the root user", report(user="<root_account>", password_enabled=True, mfa_active=False), ""),
    ("there are no users", {"users": [], "credential_report": {"kind": "credential-report", "rows": []}}, ""),
    (
        "a user is newer than the report",
        report(mfa_active=True) | {"users": [{"name": "bob", "arn": BOB}]},
        "pass unknown",
    ),
    ("who is newer than the report was denied", {**report(mfa_active=True), "users": DENIED}, "pass unknown"),
    ("the report was denied", {"credential_report": gap("iam:GetCredentialReport")}, "unknown"),
    ("nothing was collected", {}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_second_factor(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def user(*statements: Json, **facts: object) -> Json:
    inline = [{"name": "own", "document": policy(*statements)}]
    return {"groups": [], "policies": [], "users": [{"name": "ann", "arn": ARN, "inline": inline, **facts}]}


REACH: list[Case] = [
    ("an administrator", user(allow()), "critical"),
    ("not an administrator", user(allow("s3:*")), "high"),
    ("another user is the administrator", user(allow(), arn=BOB), "high"),
    ("users were denied", {"users": DENIED}, "high"),
    ("a policy cannot be understood", user({"Effect": "Perhaps"}), "high"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in REACH])
def test_severity_follows_reach(facts: Json, expected: str) -> None:
    seen = findings(RULE, report(password_enabled=True, mfa_active=False) | facts)
    (found,) = (finding for finding in seen if finding.resource.arn == ARN)

    assert (found.status, found.severity) == ("fail", expected)
    evidence = found.evidence["material"]
    assert isinstance(evidence, list)
    assert ("administrator" in evidence) is (expected == "critical")


def used(**row: object) -> Json:
    return report(**{"password_enabled": True, "created": "2024-01-01T00:00:00Z", **row})


USES: list[Case] = [
    ("used 45 days ago", used(password_last_used="2026-10-06T12:00:00Z"), "pass"),
    ("used 45 days and a second ago", used(password_last_used="2026-10-06T11:59:59Z"), "fail"),
    (
        "used long ago, and set anew since by somebody else",
        used(password_last_used="2026-01-01T00:00:00Z", password_last_changed="2026-11-01T00:00:00Z"),
        "fail",
    ),
    ("never used, set 45 days ago", used(password_last_changed="2026-10-06T12:00:00Z"), "pass"),
    ("never used, set 46 days ago", used(password_last_changed="2026-10-05T12:00:00Z"), "fail"),
    ("never used, and not known when it was set", used(), "fail"),
    ("never used, a new user", used(created="2026-11-01T00:00:00Z"), "pass"),
    ("nothing is known of it", used(created=None), "unknown"),
    ("no password, unused", used(password_enabled=False, password_last_used="2020-01-01T00:00:00Z"), ""),
    (
        "the root user",
        used(user="<root_account>", arn=f"arn:aws:iam::{OWN}:root", password_last_used="2020-01-01T00:00:00Z"),
        "",
    ),
    ("the report does not say whether there is a password", used(password_enabled=None), "unknown"),
    (
        "a user of today is newer than the report",
        used(password_last_used="2026-11-01T00:00:00Z")
        | {"users": [{"name": "bob", "arn": BOB, "created": "2026-11-20T11:00:00Z"}]},
        "pass pass",
    ),
    (
        "an old user is not in the report",
        used(password_last_used="2026-11-01T00:00:00Z")
        | {"users": [{"name": "bob", "arn": BOB, "created": "2024-11-20T11:00:00Z"}]},
        "pass unknown",
    ),
    (
        "who is newer than the report was denied",
        used(password_last_used="2026-11-01T00:00:00Z") | {"users": DENIED},
        "pass unknown",
    ),
    ("the report was denied", {"credential_report": gap("iam:GetCredentialReport")}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in USES])
def test_use(facts: Json, expected: str) -> None:
    assert verdict(IDLE, facts) == expected


def test_an_unused_password_weighs_more_where_its_owner_is_privileged() -> None:
    unused = used(password_last_used="2026-01-01T00:00:00Z")

    assert [each.severity for each in findings(IDLE, unused | user(allow("s3:*")))] == ["medium"]
    (found,) = findings(IDLE, unused | user(allow("iam:PutUserPolicy")) | {"roles": []})

    assert (found.severity, found.evidence["holder"]) == ("high", "can become administrator")
    assert found.message.endswith("The user can become an administrator.")


def test_a_password_for_emergencies_is_meant_to_lie_unused_and_needs_mfa() -> None:
    facts = used(password_last_used="2026-01-01T00:00:00Z", mfa_active=False)

    assert verdict(IDLE, facts, declared={"break_glass": ["user/ann"]}) == "pass"
    assert verdict(RULE, facts, declared={"break_glass": ["user/ann"]}) == "fail"


def test_the_limit_is_a_parameter() -> None:
    facts = used(password_last_used="2026-11-10T12:00:00Z")

    assert (verdict(IDLE, facts, max_idle_days=9), verdict(IDLE, facts, max_idle_days=10)) == ("fail", "pass")


TABLES = {RULE: CASES, IDLE: USES}
