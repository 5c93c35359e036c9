"""Roles for IAM Roles Anywhere, and whose certificates become them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, policy, verdict
from tests.rules.holding import DETAILS, administrator, iam, named, role
from tests.rules.trusting import OWN_ROOT, admit, refuse

RULE = "iam-role-trust-roles-anywhere"
SERVICE = {"Service": "rolesanywhere.amazonaws.com"}
ACTIONS = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
ANCHORS = f"arn:aws:rolesanywhere:eu-central-1:{OWN}:trust-anchor/"
ANCHOR = f"{ANCHORS}0a1b2c3d-0000-4000-8000-000000000000"
SUBJECT = "aws:PrincipalTag/x509Subject/CN"


def trusting(*statements: Json) -> Json:
    return iam(role("r-plant", None) | {"trust": policy(*statements)})


def anywhere(**conditions: Any) -> Json:
    return admit(SERVICE, ACTIONS, **conditions)


IN_OWN = anywhere(StringEquals={"aws:SourceOrgID": "o-a1b2c3d4e5"})
MEMBER: Json = {
    "organization": {"membership": {"kind": "organization", "id": "o-a1b2c3d4e5", "management_account": "444455556666"}}
}

CASES: list[Case] = [
    ("nothing is asked", trusting(anywhere()), "fail"),
    ("the account alone", trusting(anywhere(StringEquals={"aws:SourceAccount": OWN})), "fail"),
    ("the own organization", trusting(IN_OWN) | MEMBER, "fail"),
    ("the own organization, as far as is known", trusting(IN_OWN), "fail"),
    ("an organization, and the account is in none", trusting(IN_OWN) | {"organization": {"membership": None}}, "pass"),
    ("the anchor", trusting(anywhere(ArnEquals={"aws:SourceArn": ANCHOR})), "pass"),
    ("every anchor", trusting(anywhere(ArnLike={"aws:SourceArn": f"arn:aws:rolesanywhere:*:{OWN}:*"})), "fail"),
    ("every anchor as a string", trusting(anywhere(StringLike={"aws:SourceArn": "arn:aws:rolesanywhere:*"})), "fail"),
    ("every anchor of a region", trusting(anywhere(ArnLike={"aws:SourceArn": f"{ANCHORS}*"})), "fail"),
    ("the subject", trusting(anywhere(StringEquals={SUBJECT: "press-7"})), "pass"),
    ("some subjects", trusting(anywhere(StringLike={SUBJECT: "press-*"})), "pass"),
    ("every subject", trusting(anywhere(StringLike={SUBJECT: "*"})), "fail"),
    ("the issuer", trusting(anywhere(StringEquals={"aws:PrincipalTag/x509Issuer/OU": "plant"})), "pass"),
    ("the name of the session", trusting(anywhere(StringEquals={"sts:SourceIdentity": "CN=press-7"})), "pass"),
    (
        "refused to other anchors",
        trusting(anywhere(), refuse(SERVICE, ArnNotEquals={"aws:SourceArn": ANCHOR})),
        "pass",
    ),
    (
        "one of two statements asks",
        trusting(anywhere(ArnEquals={"aws:SourceArn": ANCHOR}), anywhere()),
        "fail",
    ),
    ("frozen", trusting(anywhere(), refuse(SERVICE, "sts:*")), "pass"),
    ("tags only", trusting(admit(SERVICE, "sts:TagSession")), "pass"),
    ("another service", iam(role("r-app", "ec2")), "pass"),
    ("people", iam(role("r-app", OWN_ROOT)), "pass"),
    ("malformed", trusting(anywhere(), {"Effect": "Perhaps"}), "unknown"),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_certificates(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_an_administrator_is_worse() -> None:
    plain = only_finding(RULE, named(CASES, "nothing is asked"))
    grave = only_finding(RULE, iam(administrator("r-plant", anywhere())))

    assert (plain.severity, grave.severity) == ("medium", "high")
    assert "The role is an administrator." in grave.message


TABLES = {RULE: CASES}

# Where it is not known, the organization that the trust policy names is taken for the account's own.
ALSO_LOOKED_AT = {RULE: {"organizations:DescribeOrganization"}}
