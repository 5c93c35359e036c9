"""Whether a response role can save the disk of an instance."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, allow, deny, gap, only_finding, region, verdict
from tests.rules.holding import DETAILS, arn_of, iam, named
from tests.rules.response.responding import ALONE, CALLS, DECLARED, in_organization, responder

RULE = "response-role-cannot-snapshot"
ABLE = allow([*CALLS, "ec2:CreateSnapshot", "ec2:ModifySnapshotAttribute"])
RUNNING: Json = {"id": "i-1", "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1", "state": "running"}
UNREAD = gap("ec2:DescribeInstances", region="eu-north-1")


def beside(role: Json | None, *instances: Json, **parts: object) -> Json:
    """An account with instances, and with a role if there is one."""
    found = {**ALONE, "regions": [region(instances=list(instances))], **parts}
    return iam(*([role] if role else []), **found)


CASES: list[Case] = [
    ("it may", beside(responder(ABLE), RUNNING), "pass"),
    ("it may contain alone", beside(responder(), RUNNING), "fail"),
    ("it may not share", beside(responder(allow([*CALLS, "ec2:CreateSnapshot"])), RUNNING), "fail"),
    ("of one disk", beside(responder(allow(CALLS), allow("ec2:*", "arn:aws:ec2:*:*:volume/vol-1")), RUNNING), "fail"),
    ("of disks, but no snapshots", beside(
        responder(allow(CALLS), allow("ec2:*", "arn:aws:ec2:*:*:volume/*")), RUNNING), "fail"),
    ("of disks with a tag", beside(responder(allow(CALLS), allow(
        "ec2:*", Condition={"StringEquals": {"aws:ResourceTag/forensics": "yes"}})), RUNNING), "fail"),
    ("elsewhere only", beside(responder(allow(CALLS), allow("ec2:*", Condition={
        "StringEquals": {"aws:RequestedRegion": "us-east-1"}})), RUNNING), "fail"),
    ("no instances", beside(responder()), "pass"),
    ("instances that are gone", beside(responder(), {**RUNNING, "state": "terminated"}), "pass"),
    ("no response role", beside(None, RUNNING), "pass"),
    ("the organization refuses it", beside(
        responder(ABLE), RUNNING, **in_organization(deny("ec2:ModifySnapshotAttribute"))), "fail"),
    ("the organization was not read", beside(
        responder(ABLE), RUNNING, **in_organization(tree=gap("organizations:ListRoots", "elsewhere"))), "unknown"),
    ("it may not, whatever the organization says", beside(
        responder(), RUNNING, **in_organization(tree=gap("organizations:ListRoots", "elsewhere"))), "fail"),
    ("another region was not read", beside(
        responder(), regions=[region(instances=[]), region("eu-north-1", instances=UNREAD)]), "unknown"),
    ("instances, and another region was not read", beside(
        responder(), regions=[region("eu-north-1", instances=UNREAD), region(instances=[RUNNING])]), "fail"),
    ("regions are not known", beside(responder(), other_regions=gap("ec2:DescribeRegions")), "unknown"),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_preserving(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_what_is_refused_is_told() -> None:
    found = only_finding(RULE, named(CASES, "it may not share"))

    assert "role/r-ir: ec2:ModifySnapshotAttribute: " in found.message
    assert "CreateSnapshot" not in found.message
    assert (found.severity, found.confidence) == ("low", "high")
    assert only_finding(RULE, named(CASES, "of disks with a tag")).confidence == "medium"


def test_a_document_of_the_role_missing_is_unknown() -> None:
    for statement in (ABLE, allow(CALLS)):
        facts = beside(responder(statement, attached=(arn_of("policy", "x"),)), RUNNING)
        assert verdict(RULE, facts, declared=DECLARED) == "unknown"


TABLES = {RULE: CASES}
