"""Recorders of AWS Config."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, regions, verdict

RECORDING, OF_IAM, ROLE = "config-not-recording", "config-iam-not-recorded", "config-role-not-service-linked"
LINKED = f"arn:aws:iam::{OWN}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"


def recorder(name: str = "default", **facts: object) -> Json:
    return {"name": name, "role": LINKED, "all_supported": True, **facts}


def state(name: str = "default", *, recording: bool = True, last: str | None = "SUCCESS", **facts: object) -> Json:
    return {"name": name, "is_recording": recording, "last_status": last, **facts}


CHANNEL: Json = {"name": "default", "bucket": "config-bucket"}


def configured(
    recorders: object, states: object = None, channels: object = (CHANNEL,), name: str = "eu-west-1"
) -> Json:
    told = [state()] if states is None else states
    return region(name, recorders=recorders, recorder_statuses=told, delivery_channels=channels)


def denied(operation: str, status: str = "denied") -> Json:
    return gap(f"config:{operation}", status, "eu-west-1")


NO_RECORDERS, NOT_THERE = (
    denied("DescribeConfigurationRecorders"),
    denied("DescribeConfigurationRecorders", "not_applicable"),
)
NO_STATES, NO_CHANNELS = denied("DescribeConfigurationRecorderStatus"), denied("DescribeDeliveryChannels")
FOR_A_SERVICE = recorder("AWSConfigurationRecorderForSecurityHub", service="securityhub.amazonaws.com")
SOME_TYPES = recorder(
    all_supported=False, strategy="INCLUSION_BY_RESOURCE_TYPES", resource_types=["AWS::EC2::Instance"]
)
ALL_BUT = recorder(
    all_supported=False, strategy="EXCLUSION_BY_RESOURCE_TYPES", excluded_types=["AWS::EC2::NetworkInterface"]
)

RECORDINGS: list[Case] = [
    ("records and delivers", regions(configured([recorder()])), "pass"),
    ("last status not told", regions(configured([recorder()], [state(last=None)])), "pass"),
    ("has not delivered yet", regions(configured([recorder()], [state(last="Pending")])), "pass"),
    ("no recorder", regions(configured([], [], [])), "fail"),
    ("only one of a service", regions(configured([FOR_A_SERVICE], [state(str(FOR_A_SERVICE["name"]))])), "fail"),
    ("stopped", regions(configured([recorder()], [state(recording=False)])), "fail"),
    ("failing, as answers have it", regions(configured([recorder()], [state(last="FAILURE")])), "fail"),
    ("failing, as the model has it", regions(configured([recorder()], [state(last="Failure")])), "fail"),
    ("no delivery channel", regions(configured([recorder()], channels=[])), "fail"),
    ("no delivery channel, status denied", regions(configured([recorder()], NO_STATES, [])), "fail"),
    ("some types only", regions(configured([SOME_TYPES])), "fail"),
    ("all types but some", regions(configured([ALL_BUT])), "pass"),
    ("status not told", regions(configured([recorder()], [])), "unknown"),
    ("status denied", regions(configured([recorder()], NO_STATES)), "unknown"),
    ("channels denied", regions(configured([recorder()], channels=NO_CHANNELS)), "unknown"),
    ("stopped, channels denied", regions(configured([recorder()], [state(recording=False)], NO_CHANNELS)), "fail"),
    ("no recorder, everything else denied", regions(configured([], NO_STATES, NO_CHANNELS)), "fail"),
    ("recorders denied", regions(configured(NO_RECORDERS)), "unknown"),
    ("not in the region", regions(configured(NOT_THERE)), "pass"),
    ("on in one of two", regions(configured([recorder()]), configured([], name="eu-west-3")), "fail pass"),
    ("no region was listed", regions(), "unknown"),
]

GLOBAL = recorder(global_types=True)
IAM_TYPES = ["AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"]

IAM: list[Case] = [
    (
        "one region of two has the global types",
        regions(configured([recorder()]), configured([GLOBAL], name="us-east-1")),
        "pass",
    ),
    ("no region has them", regions(configured([recorder()]), configured([recorder()], name="us-east-1")), "fail"),
    ("the region that has them is stopped", regions(configured([GLOBAL], [state(recording=False)])), "fail"),
    ("all types but those of others", regions(configured([ALL_BUT])), "pass"),
    ("all types but roles", regions(configured([{**ALL_BUT, "excluded_types": ["AWS::IAM::Role"]}])), "fail"),
    ("listed types with those of IAM", regions(configured([{**SOME_TYPES, "resource_types": IAM_TYPES}])), "pass"),
    ("listed types with some of IAM", regions(configured([{**SOME_TYPES, "resource_types": IAM_TYPES[:3]}])), "fail"),
    (
        "listed types, and a switch that has no effect",
        regions(configured([{**SOME_TYPES, "global_types": True}])),
        "fail",
    ),
    ("a recorder of a service", regions(configured([{**FOR_A_SERVICE, "global_types": True}])), "fail"),
    (
        "another recorder than the one that has them runs",
        regions(configured([GLOBAL], [state("other"), state(recording=False)])),
        "fail",
    ),
    ("no recorder", regions(configured([], [], [])), "fail"),
    ("denied in one region", regions(configured([recorder()]), configured(NO_RECORDERS, name="us-east-1")), "unknown"),
    (
        "denied in one region, recorded in another",
        regions(configured([GLOBAL]), configured(NO_RECORDERS, name="us-east-1")),
        "pass",
    ),
    ("not there in one region", regions(configured([recorder()]), configured(NOT_THERE, name="us-east-1")), "fail"),
    ("status denied", regions(configured([GLOBAL], NO_STATES)), "unknown"),
    ("status denied where it does not matter", regions(configured([recorder()], NO_STATES)), "fail"),
    (
        "other regions not known",
        {**regions(configured([recorder()])), "other_regions": gap("ec2:DescribeRegions")},
        "unknown",
    ),
    ("no region was listed", regions(), "unknown"),
]

OWN_ROLE = f"arn:aws:iam::{OWN}:role/config"
IMITATION = f"arn:aws:iam::{OWN}:role/AWSServiceRoleForConfig"

ROLES: list[Case] = [
    ("the service-linked role", regions(configured([recorder()])), "pass"),
    ("a role of the account", regions(configured([recorder(role=OWN_ROLE)])), "fail"),
    ("a role that is only called like it", regions(configured([recorder(role=IMITATION)])), "fail"),
    ("role not told", regions(configured([recorder(role=None)])), "unknown"),
    ("a recorder of a service", regions(configured([{**FOR_A_SERVICE, "role": OWN_ROLE}])), ""),
    ("no recorder", regions(configured([])), ""),
    ("denied", regions(configured(NO_RECORDERS)), "unknown"),
    ("not in the region", regions(configured(NOT_THERE)), ""),
    ("no region was listed", regions(), "unknown"),
]

TABLES = {RECORDING: RECORDINGS, OF_IAM: IAM, ROLE: ROLES}


@pytest.mark.parametrize(
    ("rule_id", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in TABLES.items() for case in cases],
)
def test_recorders(rule_id: str, facts: Json, expected: str) -> None:
    assert verdict(rule_id, facts) == expected


def test_each_fault_is_evidence_of_its_own() -> None:
    faults = [
        configured([], [], []),
        configured([recorder()], [state(recording=False)]),
        configured([recorder()], [state(last="FAILURE", last_error="NoSuchBucket")]),
        configured([recorder()], channels=[]),
        configured([SOME_TYPES]),
    ]
    found = [only_finding(RECORDING, regions(fault)) for fault in faults]

    assert [each.evidence["material"] for each in found] == [
        ["config:no-recorder"],
        ["config:stopped"],
        ["config:failing"],
        ["config:no-channel"],
        ["config:listed-types-only"],
    ]
    assert [each.severity for each in found] == ["medium"] * 4 + ["low"]
    assert "NoSuchBucket" in found[2].message


@pytest.mark.parametrize(
    ("rule_id", "facts", "reason"),
    [
        (RECORDING, configured([recorder()], []), "the status of the recorder default was not told"),
        (ROLE, configured([recorder(role=None)]), "the role of the recorder default was not told"),
    ],
)
def test_what_was_not_told_is_named(rule_id: str, facts: Json, reason: str) -> None:
    assert only_finding(rule_id, regions(facts)).message == f"Not decided: {reason}"


def test_a_stopped_recorder_can_be_started() -> None:
    found = only_finding(RECORDING, regions(configured([recorder()], [state(recording=False)])))

    assert found.remediation.commands == (
        "aws configservice start-configuration-recorder --configuration-recorder-name default --region=eu-west-1",
    )
