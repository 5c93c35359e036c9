"""What the organization's policies keep an administrator from."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, deny, gap, only_finding, region, verdict
from tests.rules.organization.guarded import LEAVING, guarded, membership, only_in, tree

RULE = "organization-guardrails-missing"
OF_SECURITY = f"arn:aws:iam::{OWN}:role/responder"


def perimeter(*actions: str) -> Json:
    """A resource control policy that keeps strangers out."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(actions),
        "Resource": "*",
        "Condition": {
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorg"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    }


def excepting(key: str) -> Json:
    """The same with an exception."""
    found = perimeter("s3:*")
    return {
        **found,
        "Condition": {
            **conditions_of(found),
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorg", key: "true"},
        },
    }


def conditions_of(statement: Json) -> Json:
    conditions = statement["Condition"]
    assert isinstance(conditions, dict)
    return conditions


ROOT_USE = deny(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}})
QUARANTINE = deny(
    ["iam:DetachUserPolicy", "iam:DetachRolePolicy"],
    Condition={
        "ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine*"},
        "ArnNotLike": {"aws:PrincipalArn": OF_SECURITY},
    },
)
DETECTION = deny(["cloudtrail:StopLogging", "guardduty:DeleteDetector"])
ALL = (LEAVING, DETECTION, ROOT_USE, QUARANTINE)
PERIMETER = (perimeter("s3:*", "sts:AssumeRole"),)


def trail(account: str = OWN, name: str = "main", **facts: object) -> Json:
    arn = f"arn:aws:cloudtrail:eu-west-1:{account}:trail/{name}"
    skipped = gap("cloudtrail:GetTrailStatus", "skipped"), gap("cloudtrail:GetEventSelectors", "skipped")
    return {
        "arn": arn,
        "name": name,
        "home_region": "eu-west-1",
        "status": skipped[0],
        "selectors": skipped[1],
        **facts,
    }


def with_trails(facts: Json, trails: object) -> Json:
    return {**facts, "regions": [region("eu-west-1", trails=trails)]}


DENIED_TRAILS = gap("cloudtrail:DescribeTrails", region="eu-west-1")
SPARING_MAIN = deny("cloudtrail:StopLogging", "arn:aws:cloudtrail:*:*:trail/baseline-*")
BY_UNIT = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorg/r-demo/ou-1/*"}}

CASES: list[Case] = [
    ("FullAWSAccess only", guarded(), "fail"),
    ("everything is denied", guarded(*ALL, rcps=PERIMETER), "pass"),
    ("everything is denied, and a region closed", guarded(*ALL, only_in("eu-west-1"), rcps=PERIMETER), "pass"),
    ("all but leaving", guarded(DETECTION, ROOT_USE, QUARANTINE, rcps=PERIMETER), "fail"),
    (
        "a perimeter with an exception by a tag of the resource",
        guarded(*ALL, rcps=(excepting("aws:ResourceTag/open"),)),
        "pass",
    ),
    (
        "a perimeter with an exception by a tag of the caller, who writes it",
        guarded(*ALL, rcps=(excepting("aws:PrincipalTag/ours"),)),
        "fail",
    ),
    ("no resource control policy", guarded(*ALL), "fail"),
    ("one that closes another service only", guarded(*ALL, rcps=(perimeter("sqs:*"),)), "fail"),
    (
        "one of a type that is not switched on",
        guarded(*ALL, rcps=PERIMETER, tree=tree("SERVICE_CONTROL_POLICY")),
        "fail",
    ),
    ("closed regions are no guardrail", guarded(only_in("eu-west-1")), "fail"),
    ("many policies that deny nothing of it", guarded(deny("aws-portal:*"), deny("ec2:RunInstances")), "fail"),
    (
        "leaving is denied under a condition that nobody knows",
        guarded(deny("organizations:LeaveOrganization", Condition=BY_UNIT), *ALL[1:], rcps=PERIMETER),
        "unknown",
    ),
    ("its own trail may be stopped", with_trails(guarded(*ALL, rcps=PERIMETER), [trail()]), "pass"),
    (
        "only another trail is protected",
        with_trails(guarded(LEAVING, SPARING_MAIN, deny("guardduty:*"), *ALL[2:], rcps=PERIMETER), [trail()]),
        "fail",
    ),
    (
        "its own trail is the protected one",
        with_trails(
            guarded(LEAVING, SPARING_MAIN, deny("guardduty:*"), *ALL[2:], rcps=PERIMETER), [trail(name="baseline-1")]
        ),
        "pass",
    ),
    (
        "the trail is the organization's, which it cannot stop",
        with_trails(
            guarded(LEAVING, deny("guardduty:*"), *ALL[2:], rcps=PERIMETER),
            [trail("777788889999", is_organization=True)],
        ),
        "pass",
    ),
    ("trails denied", with_trails(guarded(*ALL, rcps=PERIMETER), DENIED_TRAILS), "unknown"),
    ("trails denied, leaving allowed", with_trails(guarded(*ALL[1:], rcps=PERIMETER), DENIED_TRAILS), "fail"),
    (
        "other regions not known",
        {**guarded(*ALL, rcps=PERIMETER), "other_regions": gap("ec2:DescribeRegions")},
        "unknown",
    ),
    (
        "other regions not known, its own trail protected",
        {**with_trails(guarded(*ALL, rcps=PERIMETER), [trail()]), "other_regions": gap("ec2:DescribeRegions")},
        "pass",
    ),
    ("no region listed", {**guarded(*ALL, rcps=PERIMETER), "regions": []}, "unknown"),
    ("policies elsewhere", guarded(policies=gap("organizations:ListPolicies", "elsewhere")), "unknown"),
    ("tree denied", guarded(*ALL, rcps=PERIMETER, tree=gap("organizations:ListRoots")), "unknown"),
    ("consolidated billing only", guarded(policies=[], tree=tree("TAG_POLICY")), "fail"),
    ("the management account, which no policy binds", guarded(membership=membership(OWN)), ""),
    ("a stand-alone account", guarded(membership=None, tree=None), ""),
    ("membership denied", guarded(membership=gap("organizations:DescribeOrganization")), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_guardrails(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_nothing_denied_weighs_more_than_something_missing() -> None:
    bare, partly = only_finding(RULE, guarded()), only_finding(RULE, guarded(*ALL))

    assert (bare.severity, partly.severity) == ("medium", "low")
    assert partly.evidence["material"] == ["allowed:admit-outsiders"]
    assert partly.message == "Whoever becomes its administrator may share its data with anyone outside."


@pytest.mark.parametrize(
    ("left_out", "name"),
    [
        (LEAVING, "leave-organization"),
        (DETECTION, "delete-detector"),
        (ROOT_USE, "use-root"),
        (QUARANTINE, "lift-quarantine"),
    ],
)
def test_each_guardrail_is_asked_for_by_its_effect(left_out: Json, name: str) -> None:
    found = only_finding(RULE, guarded(*(each for each in ALL if each is not left_out), rcps=PERIMETER))

    assert found.evidence["allowed"] == [name]


def test_several_are_listed() -> None:
    message = only_finding(RULE, guarded(*ALL[2:], rcps=PERIMETER)).message

    assert message.endswith(" may take the account out of the organization and delete its GuardDuty detectors.")


def test_a_guardrail_that_nobody_wants_is_not_missed() -> None:
    facts = guarded(LEAVING, DETECTION)

    assert verdict(RULE, facts, guardrails=["leave-organization", "delete-detector"]) == "pass"
    assert verdict(RULE, facts, guardrails=["leave-organization", "use-root"]) == "fail"


def test_an_unknown_guardrail_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid enum value"):
        verdict(RULE, guarded(), guardrails=["leave-organisation"])


TABLES = {RULE: CASES}
