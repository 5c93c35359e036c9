"""Console users and their second factor."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, allow, findings, gap, policy, verdict

RULE = "iam-console-user-without-mfa"
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


TABLES = {RULE: CASES}
