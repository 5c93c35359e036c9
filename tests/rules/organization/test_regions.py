"""Regions that the organization leaves open."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, allow, deny, gap, only_finding, policy, region, verdict
from tests.rules.organization.guarded import FULL, ROOT, attached, guarded, membership, only_in, tree

RULE = "organization-unused-regions-open"
UNKNOWN_UNIT = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorg/r-demo/ou-1/*"}}

CASES: list[Case] = [
    ("no region is closed", guarded(), "fail"),
    ("all but two are closed", guarded(only_in("us-east-1", "eu-west-1")), "pass"),
    (
        "closed but for a role that is exempt by name",
        guarded(only_in("eu-west-1", ArnNotLike={"aws:PrincipalArn": ["arn:aws:iam::*:role/pipeline"]})),
        "pass",
    ),
    (
        "closed for a service that nobody launches by",
        guarded(
            {
                "Effect": "Deny",
                "Action": "sagemaker:*",
                "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
            }
        ),
        "fail",
    ),
    ("closed under a condition that nobody knows", guarded(only_in("eu-west-1", **UNKNOWN_UNIT)), "unknown"),
    (
        "tags are demanded, which a thief writes",
        guarded(deny("ec2:RunInstances", Condition={"Null": {"aws:RequestTag/team": "true"}})),
        "fail",
    ),
    (
        "only small instances, which a thief launches",
        guarded(deny("ec2:RunInstances", Condition={"StringNotLike": {"ec2:InstanceType": "t3.*"}})),
        "fail",
    ),
    ("only one region is enabled", {**guarded(), "regions": [region("eu-west-1")]}, "pass"),
    ("no region was listed", {**guarded(), "regions": []}, "unknown"),
    ("other regions not known", {**guarded(), "other_regions": gap("ec2:DescribeRegions")}, "unknown"),
    (
        "other regions not known, one of the known is closed",
        {**guarded(only_in("eu-west-1")), "other_regions": gap("ec2:DescribeRegions")},
        "pass",
    ),
    (
        "the policy hangs on another account",
        guarded(policies=[attached(FULL), attached(FULL, OWN), attached(policy(only_in("eu-west-1")), "999900001111")]),
        "fail",
    ),
    (
        "a level allows nothing there",
        guarded(
            policies=[
                attached(policy(allow(Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))),
                attached(FULL, OWN),
            ]
        ),
        "pass",
    ),
    ("service control policies are off", guarded(only_in("eu-west-1"), tree=tree("RESOURCE_CONTROL_POLICY")), "fail"),
    (
        "they are off, and policies denied",
        guarded(tree=tree("RESOURCE_CONTROL_POLICY"), policies=gap("organizations:ListPolicies")),
        "fail",
    ),
    ("policies elsewhere", guarded(policies=gap("organizations:ListPolicies", "elsewhere")), "unknown"),
    ("text of a policy denied", guarded(policies=[attached(gap("organizations:DescribePolicy"))]), "unknown"),
    ("place of the account not known", guarded(accounts=[{"id": OWN, "name": "shop", "state": "ACTIVE"}]), "unknown"),
    ("the management account", guarded(membership=membership(OWN)), ""),
    ("a stand-alone account", guarded(membership=None, tree=None), ""),
    ("membership denied", guarded(membership=gap("organizations:DescribeOrganization")), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_regions(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


DECLARED = {"regions": ["eu-west-1", "us-east-1"]}


def test_what_is_declared_as_used_may_be_open_and_nothing_else() -> None:
    assert verdict(RULE, guarded(only_in("eu-west-1", "us-east-1")), declared=DECLARED) == "pass"
    found = only_finding(RULE, guarded(only_in("us-east-1", "eu-west-3")), declared=DECLARED)

    assert found.message.endswith("regions that are not in use: eu-west-3.")
    assert found.evidence["open"] == ["eu-west-3"]
    assert found.evidence["material"] == ["open:eu-west-3"]


def test_without_a_declaration_every_region_counts() -> None:
    found = only_finding(RULE, guarded())

    assert found.message.endswith("regions that are enabled, all that there are: us-east-1, eu-west-1, eu-west-3.")
    assert found.evidence["material"] == ["open:every-region"]


def test_an_open_region_is_told_although_others_are_not_known() -> None:
    unlisted = {"other_regions": gap("ec2:DescribeRegions")}

    assert verdict(RULE, {**guarded(), **unlisted}, declared=DECLARED) == "fail"
    assert verdict(RULE, {**guarded(only_in("eu-west-1")), **unlisted}, declared=DECLARED) == "unknown"


def test_all_regions_are_declared() -> None:
    assert verdict(RULE, guarded(), declared={"regions": ["eu-west-1", "eu-west-3", "us-east-1"]}) == "pass"


def test_a_policy_on_the_account_itself_counts() -> None:
    policies = [attached(FULL, ROOT), attached(FULL, OWN), attached(policy(only_in("eu-west-1")), OWN)]

    assert verdict(RULE, guarded(policies=policies)) == "pass"


TABLES = {RULE: CASES}
