"""Regions that the organization closes, and regions that the owner does not use."""

from __future__ import annotations

import pytest

from tests.accounts import Case, Json, findings, gap, region, verdict
from tests.rules.organization.guarded import POLICY_ACTIONS, guarded, only_in

RULE = "guardduty-off"


def without_detectors(facts: Json) -> Json:
    return {**facts, "regions": [region("eu-west-1", detectors=[]), region("eu-west-3", detectors=[])]}


CASES: list[Case] = [
    ("an SCP closes one of two regions", without_detectors(guarded(only_in("eu-west-1"))), "fail pass"),
    ("no SCP closes one", without_detectors(guarded()), "fail fail"),
    (
        "an SCP closes it for all but a role, which nobody is by name",
        without_detectors(
            guarded(only_in("eu-west-1", ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::*:role/pipeline"}))
        ),
        "fail pass",
    ),
    (
        "an SCP closes it for some whom nobody knows",
        without_detectors(
            guarded(only_in("eu-west-1", StringEquals={"aws:PrincipalOrgPaths": "o-exampleorg/r-demo/ou-1/"}))
        ),
        "fail fail",
    ),
    (
        "an SCP closes it for instances only",
        without_detectors(guarded({**only_in("eu-west-1"), "NotAction": ["lambda:*", "iam:*"]})),
        "fail fail",
    ),
    (
        "an SCP closes it for all but instances",
        without_detectors(guarded({**only_in("eu-west-1"), "NotAction": ["ec2:*", "iam:*"]})),
        "fail fail",
    ),
    (
        "an SCP closes it for those who do not say who they are",
        without_detectors(
            guarded(only_in("eu-west-1", StringNotEquals={"aws:UserAgent": "x", "aws:RequestedRegion": "eu-west-1"}))
        ),
        "fail fail",
    ),
    (
        "the SCPs are known elsewhere only",
        without_detectors(guarded(policies=gap("organizations:ListPolicies", "elsewhere"))),
        "fail fail",
    ),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_closed_regions(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_a_region_that_is_not_in_use_weighs_less_and_is_still_told() -> None:
    found = findings(RULE, without_detectors({}), declared={"regions": ["eu-west-1"]})

    assert {each.resource.region: each.severity for each in found} == {"eu-west-1": "critical", "eu-west-3": "medium"}


TABLES = {RULE: CASES}
ALSO_LOOKED_AT = {RULE: POLICY_ACTIONS}
