"""Synthetic events have the fields by which people choose events."""

from __future__ import annotations

import json

import pytest

from scanner.events.pattern import read_pattern
from scanner.events.samples import (
    CREDENTIAL_FINDINGS,
    EVASION,
    PERSISTENCE,
    api_call,
    as_event,
    console_sign_in,
    credential_findings,
    health_exposed,
)

PLACE = ("aws-us-gov", "111122223333", "us-gov-west-1")
FINDINGS = credential_findings(*PLACE)


def test_every_type_of_finding_is_there_once() -> None:
    assert [sample.name for sample in FINDINGS] == [kind for kind, _ in CREDENTIAL_FINDINGS]
    assert len({kind for kind, _ in CREDENTIAL_FINDINGS}) == len(CREDENTIAL_FINDINGS)
    assert all(sample.event["detail"]["type"] == sample.name for sample in FINDINGS)


USUAL = {
    "source": ["aws.guardduty"],
    "detail-type": ["GuardDuty Finding"],
    "account": ["111122223333"],
    "region": ["us-gov-west-1"],
    "detail": {
        "accountId": ["111122223333"],
        "severity": [{"numeric": [">=", 1]}],
        "service": {"archived": [False], "additionalInfo": {"sample": [{"exists": False}]}},
        "arn": [{"prefix": "arn:aws-us-gov:guardduty:"}],
    },
}


@pytest.mark.parametrize("sample", FINDINGS, ids=[sample.name for sample in FINDINGS])
def test_a_usual_rule_takes_every_finding(sample: object) -> None:
    assert isinstance(sample, tuple)
    assert read_pattern(json.dumps(USUAL)).matches(sample[1])


def test_findings_of_users_name_the_key() -> None:
    by_key = read_pattern('{"detail": {"resource": {"accessKeyDetails": {"accessKeyId": [{"exists": true}]}}}}')

    assert {sample.name for sample in FINDINGS if by_key.matches(sample.event)} == {
        kind for kind, _ in CREDENTIAL_FINDINGS if ":IAMUser/" in kind
    }


@pytest.mark.parametrize(("source", "name"), [*PERSISTENCE, *EVASION])
def test_calls_become_events_of_their_service(source: str, name: str) -> None:
    event = as_event(api_call(*PLACE, source, name))

    assert event["source"] == "aws." + source.split(".")[0]
    assert event["detail-type"] == "AWS API Call via CloudTrail"
    assert event["detail"]["eventName"] == name
    assert not event["detail"]["readOnly"]


def test_who_calls_and_what_is_refused() -> None:
    root = api_call(*PLACE, "iam.amazonaws.com", "CreateUser", identity="root")
    refused = api_call(*PLACE, "s3.amazonaws.com", "ListBuckets", read_only=True, error="AccessDenied", identity="role")

    assert root["userIdentity"]["arn"] == "arn:aws-us-gov:iam::111122223333:root"
    assert "errorCode" not in root
    assert (refused["errorCode"], refused["readOnly"], refused["userIdentity"]["type"]) == (
        "AccessDenied",
        True,
        "AssumedRole",
    )
    assert api_call(*PLACE, "a.amazonaws.com", "B", eventType="AwsServiceEvent")["eventType"] == "AwsServiceEvent"


def test_sign_in_is_an_event_of_its_own() -> None:
    event = as_event(console_sign_in(*PLACE, mfa=False, succeeds=False))

    assert (event["source"], event["detail-type"]) == ("aws.signin", "AWS Console Sign In via CloudTrail")
    assert event["detail"]["additionalEventData"]["MFAUsed"] == "No"
    assert event["detail"]["responseElements"] == {"ConsoleLogin": "Failure"}
    assert event["detail"]["errorMessage"] == "Failed authentication"


def test_health_tells_of_exposed_keys() -> None:
    assert [sample.event["detail"]["eventTypeCode"] for sample in health_exposed(*PLACE)] == [
        "AWS_RISK_CREDENTIALS_EXPOSED",
        "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED",
    ]
    assert all(sample.event["source"] == "aws.health" for sample in health_exposed(*PLACE))
