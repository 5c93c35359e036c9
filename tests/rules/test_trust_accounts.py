"""Trust in foreign accounts, and what is demanded of their callers."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, gap, only_finding, verdict
from tests.rules.trusting import FOREIGN_ROOT, IN_ORGANIZATION, OWN_ROOT, admit, refuse, trusting

ACCOUNT = "iam-role-trust-foreign-account"
VENDOR = {"AWS": FOREIGN_ROOT}

ACCOUNTS: list[Case] = [
    ("root", trusting(admit(VENDOR)), "fail"),
    ("twelve digits", trusting(admit({"AWS": FOREIGN})), "fail"),
    ("a role", trusting(admit({"AWS": f"arn:aws:iam::{FOREIGN}:role/team/deploy"})), "fail"),
    ("a user", trusting(admit({"AWS": f"arn:aws:iam::{FOREIGN}:user/ann"})), "fail"),
    ("a session", trusting(admit({"AWS": f"arn:aws:sts::{FOREIGN}:assumed-role/deploy/x"})), "fail"),
    ("own and foreign", trusting(admit({"AWS": [OWN, FOREIGN]})), "fail"),
    ("China", trusting(admit({"AWS": f"arn:aws-cn:iam::{FOREIGN}:root"}), partition="aws-cn"), "fail"),
    ("GovCloud", trusting(admit({"AWS": f"arn:aws-us-gov:iam::{FOREIGN}:root"}), partition="aws-us-gov"), "fail"),
    ("own root", trusting(admit({"AWS": OWN_ROOT})), "pass"),
    ("own digits", trusting(admit({"AWS": OWN})), "pass"),
    ("own role", trusting(admit({"AWS": f"arn:aws:iam::{OWN}:role/deploy"})), "pass"),
    ("own, in China", trusting(admit({"AWS": f"arn:aws-cn:iam::{OWN}:root"}), partition="aws-cn"), "pass"),
    ("external id", trusting(admit(VENDOR, StringEquals={"sts:ExternalId": "b7c1"})), "pass"),
    ("the beginning of an external id", trusting(admit(VENDOR, StringLike={"sts:ExternalId": "b7c1*"})), "pass"),
    ("source identity", trusting(admit(VENDOR, StringEquals={"aws:SourceIdentity": "ann"})), "pass"),
    ("a tag that it sets itself", trusting(admit(VENDOR, StringEquals={"aws:PrincipalTag/team": "x"})), "fail"),
    (
        "a tag and an external id",
        trusting(admit(VENDOR, StringEquals={"aws:PrincipalTag/team": "x", "sts:ExternalId": "b7c1"})),
        "pass",
    ),
    ("any source identity", trusting(admit(VENDOR, StringLike={"aws:SourceIdentity": "*"})), "fail"),
    ("any external id", trusting(admit(VENDOR, StringLike={"sts:ExternalId": "*"})), "fail"),
    ("some external id", trusting(admit(VENDOR, Null={"sts:ExternalId": "false"})), "fail"),
    ("external id if there is one", trusting(admit(VENDOR, StringEqualsIfExists={"sts:ExternalId": "b7c1"})), "fail"),
    (
        "Deny unless external id",
        trusting(admit(VENDOR), refuse(StringNotEquals={"sts:ExternalId": "b7c1"})),
        "pass",
    ),
    ("MFA", trusting(admit(VENDOR, Bool={"aws:MultiFactorAuthPresent": "true"})), "pass"),
    ("MFA as a boolean", trusting(admit(VENDOR, Bool={"aws:MultiFactorAuthPresent": True})), "pass"),
    ("MFA of an hour", trusting(admit(VENDOR, NumericLessThan={"aws:MultiFactorAuthAge": 3600})), "pass"),
    ("MFA older than an hour", trusting(admit(VENDOR, NumericGreaterThan={"aws:MultiFactorAuthAge": "3600"})), "fail"),
    (
        "MFA if there is a word on it",
        trusting(admit(VENDOR, BoolIfExists={"aws:MultiFactorAuthPresent": "true"})),
        "fail",
    ),
    ("no MFA", trusting(admit(VENDOR, Bool={"aws:MultiFactorAuthPresent": "false"})), "fail"),
    (
        "Deny without MFA, which long-term keys escape",
        trusting(admit(VENDOR), refuse(Bool={"aws:MultiFactorAuthPresent": "false"})),
        "fail",
    ),
    (
        "Deny without MFA, also where nothing is said",
        trusting(admit(VENDOR), refuse(BoolIfExists={"aws:MultiFactorAuthPresent": "false"})),
        "pass",
    ),
    ("organization", trusting(admit(VENDOR, StringEquals=IN_ORGANIZATION)), "pass"),
    ("addresses", trusting(admit(VENDOR, IpAddress={"aws:SourceIp": "192.0.2.0/24"})), "pass"),
    ("every machine at a provider", trusting(admit(VENDOR, IpAddress={"aws:SourceIp": "3.0.0.0/8"})), "fail"),
    ("every address", trusting(admit(VENDOR, IpAddress={"aws:SourceIp": "0.0.0.0/0"})), "fail"),
    ("its own account once more", trusting(admit(VENDOR, StringEquals={"aws:PrincipalAccount": FOREIGN})), "fail"),
    (
        "one role of it",
        trusting(admit(VENDOR, ArnEquals={"aws:PrincipalArn": f"arn:aws:iam::{FOREIGN}:role/deploy"})),
        "pass",
    ),
    (
        "every role of it",
        trusting(admit(VENDOR, ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{FOREIGN}:role/*"})),
        "fail",
    ),
    (
        "one role of it, or every role",
        trusting(
            admit(
                VENDOR,
                ArnLike={"aws:PrincipalArn": [f"arn:aws:iam::{FOREIGN}:role/deploy", f"arn:aws:iam::{FOREIGN}:role/*"]},
            )
        ),
        "fail",
    ),
    (
        "Deny of it unless external id",
        trusting(admit(VENDOR), refuse(VENDOR, StringNotEquals={"sts:ExternalId": "b7c1"})),
        "pass",
    ),
    (
        "Deny of own unless external id",
        trusting(admit(VENDOR), refuse({"AWS": OWN}, StringNotEquals={"sts:ExternalId": "b7c1"})),
        "fail",
    ),
    (
        "Deny unless one role of it",
        trusting(admit(VENDOR), refuse(ArnNotEquals={"aws:PrincipalArn": f"arn:aws:iam::{FOREIGN}:role/deploy"})),
        "pass",
    ),
    (
        "Deny unless of the organization or of that account",
        trusting(admit(VENDOR), refuse(StringNotEquals=IN_ORGANIZATION | {"aws:PrincipalAccount": FOREIGN})),
        "fail",
    ),
    ("a tag", trusting(admit(VENDOR, StringEquals={"aws:PrincipalTag/team": "a"})), "fail"),
    ("any tag", trusting(admit(VENDOR, StringLike={"aws:PrincipalTag/team": "*"})), "fail"),
    ("everyone of that account", trusting(admit(StringEquals={"aws:PrincipalAccount": FOREIGN})), "fail"),
    (
        "everyone of that account, with external id",
        trusting(admit(StringEquals={"aws:PrincipalAccount": FOREIGN, "sts:ExternalId": "b7c1"})),
        "pass",
    ),
    (
        "everyone of own and that account",
        trusting(admit(StringEquals={"aws:PrincipalAccount": [OWN, FOREIGN]})),
        "fail",
    ),
    (
        "everyone of both accounts at once, which is nobody",
        trusting(
            admit(
                StringEquals={"aws:PrincipalAccount": OWN},
                ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{FOREIGN}:role/*"},
            )
        ),
        "pass",
    ),
    (
        "Deny that own account or one foreign role escapes",
        trusting(
            admit(),
            refuse(
                StringNotEquals={"aws:PrincipalAccount": OWN},
                ArnNotLike={"aws:PrincipalArn": f"arn:aws:iam::{FOREIGN}:role/deploy"},
            ),
        ),
        "fail",
    ),
    (
        "everyone, Deny unless of the organization or of that account",
        trusting(admit(), refuse(StringNotEquals=IN_ORGANIZATION | {"aws:PrincipalAccount": FOREIGN})),
        "fail",
    ),
    (
        "everyone, Deny unless of the organization or of own account",
        trusting(admit(), refuse(StringNotEquals=IN_ORGANIZATION | {"aws:PrincipalAccount": OWN})),
        "pass",
    ),
    (
        "own account demanded of it, which is nobody",
        trusting(admit(VENDOR, StringEquals={"aws:PrincipalAccount": OWN})),
        "pass",
    ),
    ("everyone", trusting(admit()), "pass"),
    ("frozen", trusting(admit(VENDOR), refuse()), "pass"),
    ("frozen by a list", trusting(admit(VENDOR), refuse({"AWS": ["*"]}, ["sts:*"])), "pass"),
    ("frozen for AssumeRole, the only way in", trusting(admit(VENDOR, "sts:*"), refuse()), "pass"),
    ("refused by name", trusting(admit(VENDOR), refuse(VENDOR)), "pass"),
    ("refused by digits", trusting(admit(VENDOR), refuse({"AWS": FOREIGN})), "pass"),
    ("another role refused", trusting(admit(VENDOR), refuse({"AWS": f"arn:aws:iam::{FOREIGN}:role/a"})), "fail"),
    (
        "frozen until a date",
        trusting(admit(VENDOR), refuse(DateLessThan={"aws:TokenIssueTime": "2026-11-20T00:00:00Z"})),
        "fail",
    ),
    (
        "all but another refused",
        trusting(admit(VENDOR), {"Effect": "Deny", "NotPrincipal": VENDOR, "Action": "*"}),
        "fail",
    ),
    ("TagSession only", trusting(admit(VENDOR, "sts:TagSession")), "pass"),
    ("every action of sts", trusting(admit(VENDOR, "sts:*")), "fail"),
    ("EC2 without SourceAccount", trusting(admit({"Service": "ec2.amazonaws.com"})), "pass"),
    ("services", trusting(admit({"Service": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]})), "pass"),
    (
        "OIDC",
        trusting(admit({"Federated": f"arn:aws:iam::{FOREIGN}:oidc-provider/x"}, "sts:AssumeRoleWithWebIdentity")),
        "pass",
    ),
    ("SAML", trusting(admit({"Federated": f"arn:aws:iam::{OWN}:saml-provider/x"}, "sts:AssumeRoleWithSAML")), "pass"),
    ("a deleted principal", trusting(admit({"AWS": "AIDAEXAMPLEID"})), "pass"),
    ("of no known form", trusting(admit({"AWS": "vendor"})), "unknown"),
    ("of no known form, and a foreign one", trusting(admit({"AWS": ["vendor", FOREIGN]})), "fail"),
    ("malformed", trusting(admit(VENDOR), admit("ann")), "unknown"),
    ("denied", {"roles": gap("iam:GetAccountAuthorizationDetails")}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in ACCOUNTS])
def test_foreign_account(facts: Json, expected: str) -> None:
    assert verdict(ACCOUNT, facts) == expected


def test_known_accounts_are_ours() -> None:
    facts = trusting(admit({"AWS": [FOREIGN, "444455556666"]}))

    assert verdict(ACCOUNT, facts, known_accounts=[FOREIGN]) == "fail"
    assert only_finding(ACCOUNT, facts, known_accounts=[FOREIGN]).evidence["accounts"] == ["444455556666"]
    assert verdict(ACCOUNT, facts, known_accounts=[FOREIGN, "444455556666"]) == "pass"


def test_each_account_is_material() -> None:
    one = only_finding(ACCOUNT, trusting(admit({"AWS": FOREIGN})))
    two = only_finding(ACCOUNT, trusting(admit({"AWS": FOREIGN}), admit({"AWS": "444455556666"})))

    assert one.fingerprint == two.fingerprint
    assert one.evidence["material"] == [f"trusts:{FOREIGN}"]
    assert two.evidence["material"] == ["trusts:444455556666", f"trusts:{FOREIGN}"]


TABLES = {ACCOUNT: ACCOUNTS}
