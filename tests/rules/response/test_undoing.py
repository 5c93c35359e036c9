"""Who can undo its own quarantine where an organization has a say."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, allow, deny, gap, only_finding, verdict
from tests.rules.holding import administrator, arn_of, iam, named, user
from tests.rules.response.responding import in_organization

UNDO = "iam-can-undo-own-quarantine"
SELF = allow(["iam:DeleteUserPolicy", "iam:PutUserPolicy"], arn_of("user", "u-dev"))
IR = {"ArnNotLike": {"aws:PrincipalArn": arn_of("role", "r-ir")}}
DENIED = deny(["iam:Delete*Policy", "iam:Put*Policy"], Condition=IR)


def under(*statements: Json, **parts: object) -> Json:
    return iam(user("u-dev", SELF), **in_organization(*statements, **parts))  # type: ignore[arg-type]  # parts of it


CASES: list[Case] = [
    ("an organization that says nothing of it", under(deny("organizations:LeaveOrganization")), "fail"),
    ("one that keeps it to the responders", under(DENIED), "pass"),
    ("one that keeps the half of it", under(deny("iam:Delete*Policy", Condition=IR)), "fail"),
    ("one that keeps others from it", under(deny("iam:*", arn_of("user", "u-ops"))), "fail"),
    ("the management account", under(DENIED, management=OWN), "fail"),
    ("policies that were not read", under(DENIED, policies=gap("organizations:ListPolicies", "elsewhere")), "fail"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_undoing(facts: Json, expected: str) -> None:
    assert verdict(UNDO, facts) == expected


def test_only_what_is_left_is_told() -> None:
    found = only_finding(UNDO, named(CASES, "one that keeps the half of it"))

    assert [each["action"] for each in found.evidence["undoing"]] == ["iam:PutUserPolicy"]


def test_an_administrator_whom_the_organization_binds_undoes_nothing() -> None:
    facts = iam(administrator("r-adm", "ec2"), **in_organization(deny("iam:*", Condition=IR)))

    assert only_finding("iam-role-admin", facts).evidence["undoes_quarantine"] == []


TABLES = {UNDO: CASES}

ALSO_LOOKED_AT = {
    UNDO: {
        "organizations:DescribeOrganization",
        "organizations:ListRoots",
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListPolicies",
        "organizations:DescribePolicy",
        "organizations:ListTargetsForPolicy",
    }
}
