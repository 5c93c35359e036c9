"""Roles that are administrators: by content, and with a severity that follows from who can become them."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, allow, deny, gap, only_finding, policy, verdict
from tests.rules.holding import (
    CUTOFF,
    DENY_ALL,
    DETAILS,
    REVOKED,
    administrator,
    arn_of,
    iam,
    managed,
    named,
    renamed,
    role,
)
from tests.rules.trusting import FOREIGN_ROOT, IN_ORGANIZATION, OWN_ROOT, admit, refuse

RULE = "iam-role-admin"
LINKED, SSO = "/aws-service-role/x.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/eu-west-1/"
NAMES = {"r-app": "ReadOnly", "r-b": "AdministratorAccess"}
POWER_USER: Json = {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}

CASES: list[Case] = [
    ("everything", iam(role("r-app", "ec2", allow())), "fail"),
    ("everything in S3", iam(role("r-app", "ec2", allow("s3:*"))), "pass"),
    ("everything, split", iam(role("r-app", "ec2", POWER_USER, allow("iam:*"))), "fail"),
    ("everything but IAM", iam(role("r-app", "ec2", POWER_USER)), "pass"),
    ("denied on one ARN", iam(role("r-app", "ec2", allow(), deny("*", "arn:aws:s3:::logs/*"))), "fail"),
    ("denied on everything in IAM", iam(role("r-app", "ec2", allow(), deny("iam:*", "*"))), "pass"),
    ("sessions revoked", iam(role("r-app", "ec2", allow(), deny(Condition=REVOKED))), "fail"),
    ("sessions revoked, of a reader", iam(role("r-app", "ec2", allow("s3:Get*"), deny(Condition=REVOKED))), "pass"),
    (
        "under a boundary",
        iam(role("r-app", "ec2", allow(), boundary=arn_of("policy", "cap")), policies=[managed("cap", allow("s3:*"))]),
        "pass",
    ),
    (
        "under a wide boundary",
        iam(role("r-app", "ec2", allow(), boundary=arn_of("policy", "cap")), policies=[managed("cap", allow())]),
        "fail",
    ),
    ("of a service", iam(role("r-app", "x", allow(), path=LINKED)), "pass"),
    ("of a service, by its name only", iam(role("AWSServiceRoleForX", "x", allow())), "fail"),
    ("a permission set", iam(role("r-app", None, allow(), path=SSO)), "fail"),
    ("a permission set that reads", iam(role("r-app", None, allow("s3:Get*"), path=SSO)), "pass"),
    ("a document missing", iam(role("r-app", "ec2", attached=(arn_of("policy", "x"),))), "unknown"),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_administrator(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected
    assert verdict(RULE, renamed(facts, NAMES)) == expected


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
SAML = {"Federated": f"arn:aws:iam::{OWN}:saml-provider/people"}
GITHUB = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"}
WEB = "sts:AssumeRoleWithWebIdentity"


def subject(value: str) -> Json:
    return {"StringLike": {"token.actions.githubusercontent.com:sub": value}}


def sso_roles() -> Json:
    return {
        "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_A_*"}
    }


ENTRIES = [
    ("anyone", [admit("*")], "critical"),
    ("anyone of the organization", [admit("*", StringEquals=IN_ORGANIZATION)], "high"),
    ("instances", [admit({"Service": "ec2.amazonaws.com"})], "high"),
    ("instances, refused", [admit({"Service": "ec2.amazonaws.com"}), refuse()], "low"),
    (
        "instances, another refused",
        [admit({"Service": "ec2.amazonaws.com"}), refuse({"Service": "a.amazonaws.com"})],
        "high",
    ),
    ("the account", [admit({"AWS": OWN_ROOT})], "high"),
    ("the account by its number", [admit({"AWS": OWN})], "high"),
    ("the account with MFA", [admit({"AWS": OWN_ROOT}, **MFA)], "medium"),
    ("the account, MFA if there is any", [admit({"AWS": OWN_ROOT}, BoolIfExists=MFA["Bool"])], "high"),
    (
        "the account, refused without MFA",
        [admit({"AWS": OWN_ROOT}), refuse(BoolIfExists={"aws:MultiFactorAuthPresent": "false"})],
        "medium",
    ),
    ("the account, permission sets", [admit({"AWS": OWN_ROOT}, **sso_roles())], "medium"),
    ("one user", [admit({"AWS": arn_of("user", "ann")})], "medium"),
    ("one user, and the account", [admit({"AWS": [arn_of("user", "ann"), OWN_ROOT]})], "high"),
    ("another account", [admit({"AWS": FOREIGN_ROOT})], "high"),
    (
        "another account with an external id",
        [admit({"AWS": FOREIGN_ROOT}, StringEquals={"sts:ExternalId": "x"})],
        "high",
    ),
    ("a role of another account", [admit({"AWS": f"arn:aws:iam::{FOREIGN}:role/ci"})], "high"),
    ("another account with MFA", [admit({"AWS": FOREIGN_ROOT}, **MFA)], "medium"),
    ("people by SAML", [admit(SAML, "sts:AssumeRoleWithSAML")], "medium"),
    ("everybody at GitHub", [admit(GITHUB, WEB)], "critical"),
    ("an organization at GitHub", [admit(GITHUB, WEB, **subject("repo:acme/*"))], "high"),
    ("an environment at GitHub", [admit(GITHUB, WEB, **subject("repo:acme/shop:environment:production"))], "medium"),
    ("somebody who was deleted", [admit({"AWS": "AIDAEXAMPLEEXAMPLE123"})], "low"),
    ("nobody", [], "low"),
]


@pytest.mark.parametrize(("trust", "severity"), [pytest.param(*entry[1:], id=entry[0]) for entry in ENTRIES])
def test_severity_follows_from_who_can_become_it(trust: list[Json], severity: str) -> None:
    found = only_finding(RULE, iam(role("r-app", None, allow()) | {"trust": policy(*trust)}))

    assert found.severity == severity
    assert ([entry["severity"] for entry in found.evidence["entries"]] or ["low"])[0] == severity
    assert all(entry["why"].endswith(".") for entry in found.evidence["entries"])


@pytest.mark.parametrize(
    ("statements", "severity", "words"),
    [
        ("oops", "high", "Who can assume it is not known: "),
        (
            [admit({"AWS": arn_of("user", "ann")}), {"Effect": "Perhaps"}],
            "high",
            "Who else can assume it is not known: ",
        ),
        ([admit("*"), {"Effect": "Perhaps"}], "critical", "Who else can assume it is not known: "),
        ([admit({"AWS": arn_of("user", "ann")})], "medium", ""),
        ([], "low", "Nobody can assume it at present."),
    ],
)
def test_a_trust_policy_that_is_not_understood_may_admit_anybody(statements: object, severity: str, words: str) -> None:
    trust = {"Version": "2012-10-17", "Statement": statements}
    found = only_finding(RULE, iam(role("r-app", None, allow()) | {"trust": trust}))

    assert found.severity == severity
    assert words in found.message
    assert ("is not known" in found.message) is ("not known" in words)


def test_a_service_of_another_account_is_told_as_such() -> None:
    linked = "arn:aws:iam::444455556666:role/aws-service-role/stacksets.cloudformation.amazonaws.com/X"
    found = only_finding(RULE, iam(administrator("r-app", admit({"AWS": linked}))))

    assert found.severity == "high"
    assert f"A service of AWS holds it, as {linked}" in found.message


def test_a_permission_set_of_an_administrator_is_for_information() -> None:
    assert only_finding(RULE, named(CASES, "a permission set")).severity == "info"
    assert only_finding(RULE, iam(role("AWSReservedSSO_x", "ec2", allow()))).severity == "high"


def test_who_can_become_it_is_told() -> None:
    found = only_finding(RULE, iam(administrator("r-app", admit({"Service": "ec2.amazonaws.com"}))))

    assert found.evidence["entries"] == [
        {
            "principal": "ec2.amazonaws.com",
            "severity": "high",
            "why": "Whatever runs under ec2.amazonaws.com holds it, without MFA.",
            "bound_by": [],
        }
    ]
    assert found.evidence["entries"][0]["why"] in found.message


def test_a_revocation_is_told_with_its_time_and_age_and_is_not_material() -> None:
    before = only_finding(RULE, named(CASES, "everything"))
    found = only_finding(RULE, named(CASES, "sessions revoked"))

    assert f"A revocation is active since {CUTOFF}, by inline policy own-1." in found.message
    assert found.evidence["incident"] == [
        {"kind": "session revocation", "source": "inline policy own-1", "cutoff": CUTOFF, "age_days": 0}
    ]
    assert found.evidence["material"] == before.evidence["material"]
    assert before.evidence["incident"] == []


def test_a_quarantine_is_told_without_an_age() -> None:
    found = only_finding(RULE, iam(role("r-app", "ec2", allow(), attached=(DENY_ALL,))))

    assert found.evidence["incident"] == [{"kind": "deny all", "source": f"policy {DENY_ALL}"}]
    assert f"held back by policy {DENY_ALL}" in found.message


def test_an_administrator_can_undo_its_quarantine() -> None:
    assert "iam:DeleteRolePolicy" in only_finding(RULE, named(CASES, "everything")).evidence["undoes_quarantine"]
    assert only_finding(RULE, named(CASES, "a permission set")).evidence["undoes_quarantine"] == []


TABLES = {RULE: CASES}
