"""Whether credentials of instances are bound to their network."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, verdict
from tests.rules.organization.guarded import guarded, membership, only_in

RULE = "organization-credential-binding-missing"


def bound(actions: object = "*", element: str = "Action", **conditions: object) -> Json:
    """AWS's own form: the VPC of the request has to be the one for which the credentials were issued."""
    usual: Json = {
        "Null": {"ec2:SourceInstanceARN": "false"},
        "BoolIfExists": {"aws:ViaAWSService": "false"},
        "StringNotEquals": {"aws:SourceVpc": "${aws:Ec2InstanceSourceVpc}"},
    }
    return {"Effect": "Deny", element: actions, "Resource": "*", "Condition": {**usual, **conditions}}


BY_ADDRESS: Json = {
    "Null": {"ec2:SourceInstanceARN": "false", "aws:SourceVpc": "true"},
    "BoolIfExists": {"aws:ViaAWSService": "false"},
    "NotIpAddressIfExists": {"aws:SourceIp": ["198.51.100.0/24"]},
}
OF_INSTANCES: Json = {"Null": {"ec2:SourceInstanceARN": "false"}, "BoolIfExists": {"aws:ViaAWSService": "false"}}
WITHIN_VPC: Json = {
    "Null": {"ec2:SourceInstanceARN": "false", "aws:SourceVpc": "false"},
    "StringNotEquals": {"aws:Ec2InstanceSourceVpc": "${aws:SourceVpc}"},
}


def denied(condition: Json) -> Json:
    return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


CASES: list[Case] = [
    ("nothing binds them", guarded(), "fail"),
    ("bound to their VPC", guarded(bound()), "pass"),
    ("bound but for services without endpoints", guarded(bound(["dax:*", "kafka-cluster:*"], "NotAction")), "pass"),
    ("bound to addresses, and to the VPC within one", guarded(denied(WITHIN_VPC), denied(BY_ADDRESS)), "pass"),
    (
        "bound only where a request comes by an endpoint, which the thief leaves out",
        guarded(denied(WITHIN_VPC)),
        "fail",
    ),
    (
        "bound by both, with the variables of the request, as AWS shows it",
        guarded(
            denied({**OF_INSTANCES, "StringNotEquals": {"aws:Ec2InstanceSourceVpc": "${aws:SourceVpc}"}}),
            denied({**OF_INSTANCES, "StringNotEquals": {"aws:Ec2InstanceSourcePrivateIPv4": "${aws:VpcSourceIp}"}}),
        ),
        "unknown",
    ),
    (
        "bound to a variable that the request lacks, for one service",
        guarded(
            {
                **denied({**OF_INSTANCES, "StringNotEquals": {"aws:Ec2InstanceSourceVpc": "${ aws:sourcevpc }"}}),
                "Action": "s3:*",
            }
        ),
        "fail",
    ),
    (
        "denied where it is equal to a variable that the request lacks",
        guarded(denied({**OF_INSTANCES, "StringEquals": {"aws:Ec2InstanceSourceVpc": "${aws:SourceVpc}"}})),
        "fail",
    ),
    (
        "a variable that the request lacks, and credentials by IMDSv1",
        guarded(
            denied(
                {
                    "NumericLessThan": {"ec2:RoleDelivery": "2.0"},
                    "StringNotEquals": {"aws:Ec2InstanceSourceVpc": "${aws:SourceVpc}"},
                }
            )
        ),
        "fail",
    ),
    (
        "bound by the private address, with IfExists, which an absent key meets",
        guarded(
            denied(
                {
                    "Null": {"ec2:SourceInstanceARN": "false"},
                    "StringNotEqualsIfExists": {"aws:VpcSourceIp": "${aws:Ec2InstanceSourcePrivateIPv4}"},
                }
            )
        ),
        "pass",
    ),
    (
        "bound to a VPC with StringEquals, which an absent key does not meet",
        guarded(denied({"StringEquals": {"aws:SourceVpc": "vpc-1"}})),
        "fail",
    ),
    (
        "every caller has to come from known addresses",
        guarded(denied({"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}, "Bool": {"aws:ViaAWSService": "false"}})),
        "pass",
    ),
    ("bound for one service only", guarded(bound("s3:*")), "fail"),
    (
        "bound for roles with a tag, which few have",
        guarded(bound(StringEquals={"aws:PrincipalTag/bound": "true"})),
        "fail",
    ),
    (
        "credentials by IMDSv1 are refused, those by IMDSv2 are not",
        guarded(denied({"NumericLessThan": {"ec2:RoleDelivery": "2.0"}})),
        "fail",
    ),
    ("a closed region is no binding", guarded(only_in("eu-west-3")), "fail"),
    (
        "bound under a condition that nobody knows",
        guarded(
            bound("*", "Action", **{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorg/r-demo/ou-1/*"}})
        ),
        "unknown",
    ),
    ("policies elsewhere", guarded(policies=gap("organizations:ListPolicies", "elsewhere")), "unknown"),
    ("the management account, which no policy binds", guarded(bound(), membership=membership(OWN)), ""),
    ("a stand-alone account", guarded(membership=None, tree=None), ""),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_binding(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_an_account_without_instances_weighs_less() -> None:
    running = {"id": "i-0a", "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-0a", "state": "running"}
    empty = only_finding(RULE, {**guarded(), "regions": [region(instances=[])]})
    used = only_finding(RULE, {**guarded(), "regions": [region(instances=[running])]})
    unread = only_finding(RULE, {**guarded(), "regions": [region(instances=gap("ec2:DescribeInstances"))]})

    assert [each.severity for each in (empty, used, unread)] == ["medium", "high", "high"]
    assert empty.message.endswith(" There are no instances at present.")
    assert used.message.endswith(" would get through.")


def test_what_gets_through_is_named() -> None:
    found = only_finding(RULE, guarded(bound("s3:*")))

    assert "s3:GetObject" in str(found.evidence["denied"])
    assert "unbound:secretsmanager:GetSecretValue" in str(found.evidence["material"])


TABLES = {RULE: CASES}
