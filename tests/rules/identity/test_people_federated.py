"""People with passwords, and the federation that they could come through."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, policy, verdict
from tests.rules.identity.people import DETAILS_DENIED, REPORT_DENIED, iam, report, root_row, row, user

RULE = "iam-users-sign-in-without-federation"
CORP = f"arn:aws:iam::{OWN}:saml-provider/corp"
PEOPLE = report(row("ann", password=True), row("bob", password=True), root_row(password_enabled=True))


def role(name: str, *statements: Json, path: str = "/") -> Json:
    return {"name": name, "arn": f"arn:aws:iam::{OWN}:role{path}{name}", "path": path, "trust": policy(*statements)}


def admitting(provider: str, effect: str = "Allow") -> Json:
    return role("dev", {"Effect": effect, "Action": "sts:AssumeRoleWithSAML", "Principal": {"Federated": provider}})


def account(*roles: Json, providers: object = ({"arn": CORP},), **parts: object) -> Json:
    return iam(roles=list(roles), saml_providers=providers, **parts) | PEOPLE


PERMISSION_SET = role("AWSReservedSSO_dev_0123456789abcdef", path="/aws-reserved/sso.amazonaws.com/")
PROVIDERS_DENIED = gap("iam:ListSAMLProviders")

CASES: list[Case] = [
    ("passwords only", account(providers=()), "fail"),
    ("a provider that no role trusts", account(), "fail"),
    ("a provider that a role trusts", account(admitting(CORP)), "pass"),
    ("a role trusts a provider that was deleted", account(admitting(CORP), providers=()), "fail"),
    ("a role refuses the provider", account(admitting(CORP, "Deny")), "fail"),
    ("a role of IAM Identity Center", account(PERMISSION_SET, providers=()), "pass"),
    ("a role that is called like one", account(role("AWSReservedSSO_dev"), providers=()), "fail"),
    (
        "tokens of workloads are no people",
        account(admitting(f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"), providers=()),
        "fail",
    ),
    ("the providers were denied, and no role trusts one", account(providers=PROVIDERS_DENIED), "fail"),
    (
        "the providers were denied, and a role trusts one",
        account(admitting(CORP), providers=PROVIDERS_DENIED),
        "unknown",
    ),
    ("the providers were denied, a permission set", account(PERMISSION_SET, providers=PROVIDERS_DENIED), "pass"),
    ("the roles were denied", account() | {"roles": DETAILS_DENIED}, "unknown"),
    ("nobody but root has a password", account(providers=()) | report(root_row(password_enabled=True)), "pass"),
    (
        "of a newer user it is not known",
        iam(user("eve"), saml_providers=[]) | report(row("ann", password=False)),
        "unknown",
    ),
    ("the report was denied", account(providers=()) | {"credential_report": REPORT_DENIED}, "unknown"),
    ("nothing was collected", {}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_federation(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_users_are_counted_without_those_for_emergencies() -> None:
    facts = account(providers=())

    assert only_finding(RULE, facts).evidence["users"] == ["ann", "bob"]
    found = only_finding(RULE, facts, declared={"break_glass": ["user/bob"]})
    assert (found.severity, found.evidence["users"], found.message[:13]) == ("info", ["ann"], "1 user signs ")
    assert verdict(RULE, facts, declared={"break_glass": ["user/ann", "user/bob"]}) == "pass"


TABLES = {RULE: CASES}
