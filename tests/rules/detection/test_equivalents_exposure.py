"""AWS Health about leaked keys, and trails whose records alarms can search."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, verdict
from tests.rules.detection.telling import GROUP, HOME, event_rule, home, place, subscription, telling, trail

HEALTH, LOGS = "health-exposure-unrouted", "trail-not-in-cloudwatch-logs"

EXPOSED: Json = {
    "source": ["aws.health"],
    "detail-type": ["AWS Health Event"],
    "detail": {
        "service": ["RISK"],
        "eventTypeCode": ["AWS_RISK_CREDENTIALS_EXPOSED", "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED"],
    },
}
ONE: Json = {"detail": {"eventTypeCode": ["AWS_RISK_CREDENTIALS_EXPOSED"]}}
DENIED_RULES = gap("events:ListRules", region=HOME)


def told(*rules: Json, **parts: object) -> Json:
    return telling(place(HOME, **{"event_rules": list(rules), **parts}))


def with_backup(*rules: Json) -> Json:
    """The rules are in the second region of AWS Health alone."""
    return telling(place(), place("us-west-2", event_rules=list(rules)))


HEALTH_CASES: list[Case] = [
    ("no rule", told(), "fail"),
    ("a rule for both codes", told(event_rule(EXPOSED)), "pass"),
    ("a rule for all of Health, without any trail", told(event_rule({"source": ["aws.health"]})), "pass"),
    ("a rule for one code", told(event_rule(ONE)), "fail"),
    ("a rule for scheduled changes", told(event_rule({"detail": {"eventTypeCategory": ["scheduledChange"]}})), "fail"),
    ("a rule that is off", told(event_rule(EXPOSED, state="DISABLED")), "fail"),
    ("a rule without target", told(event_rule(EXPOSED, targets=[])), "fail"),
    ("nobody confirmed", told(event_rule(EXPOSED), subscriptions=[subscription(confirmed=False)]), "fail"),
    ("rules denied", told(event_rules=DENIED_RULES), "unknown"),
    (
        "targets denied",
        told(event_rule(EXPOSED, targets=gap("events:ListTargetsByRule", region=HOME))),
        "unknown",
    ),
    ("a rule elsewhere", telling(place(), place("eu-west-1", event_rules=[event_rule(EXPOSED, "eu-west-1")])), "fail"),
    ("a rule in the second region of Health alone", with_backup(event_rule(EXPOSED, "us-west-2")), "unknown"),
    ("a rule there that is off", with_backup(event_rule(EXPOSED, "us-west-2", "DISABLED")), "fail"),
    ("the global region was not listed", telling(place("eu-west-1")), "unknown"),
    ("in GovCloud", telling(place("us-gov-west-1")) | {"partition": "aws-us-gov"}, "fail"),
]

RECENT, OLD = "2026-11-20T11:00:00Z", "2026-11-19T11:00:00Z"


def delivering(status: Json | None = None, **facts: object) -> Json:
    return home(trails=[trail({"latest_logs_delivery": RECENT, **(status or {})}, **{"log_group": GROUP, **facts})])


LOGS_CASES: list[Case] = [
    ("it delivers", delivering(), "pass"),
    ("no trail", home(trails=[]), "fail"),
    ("no log group", delivering(log_group=None), "fail"),
    ("a trail of one region", delivering(is_multi_region=False), "fail"),
    ("a stopped trail", delivering({"is_logging": False}), "fail"),
    ("an error", delivering({"latest_logs_error": "AccessDenied"}), "fail"),
    ("more than a day ago", delivering({"latest_logs_delivery": OLD}), "fail"),
    ("never, as far as is said", delivering({"latest_logs_delivery": None}), "unknown"),
    ("the trail of an organization", delivering(log_group=GROUP.replace(OWN, "999988887777")), "pass"),
    ("one of two trails", home(trails=[trail(), *delivering()["regions"][0]["trails"]]), "pass"),  # type: ignore[index]
    ("trails denied", home(trails=gap("cloudtrail:DescribeTrails", region=HOME)), "unknown"),
    ("no CloudTrail there", home(trails=gap("cloudtrail:DescribeTrails", "not_applicable", HOME)), "fail"),
    ("status denied", home(trails=[trail() | {"status": gap("cloudtrail:GetTrailStatus")}]), "unknown"),
    ("other regions are not known", home() | {"other_regions": gap("ec2:DescribeRegions")}, "unknown"),
]

TABLES = {HEALTH: HEALTH_CASES, LOGS: LOGS_CASES}


@pytest.mark.parametrize(
    ("rule_id", "facts", "expected"),
    [pytest.param(rule_id, *case[1:], id=f"{rule_id}: {case[0]}") for rule_id in TABLES for case in TABLES[rule_id]],
)
def test_cases(rule_id: str, facts: Json, expected: str) -> None:
    assert verdict(rule_id, facts) == expected


@pytest.mark.parametrize(
    ("membership", "confidence"),
    [
        (None, "high"),
        ({"kind": "organization", "id": "o-1", "management_account": OWN}, "medium"),
        (gap("organizations:DescribeOrganization"), "medium"),
    ],
)
def test_in_an_organization_another_account_may_be_told(membership: Json | None, confidence: str) -> None:
    found = only_finding(HEALTH, told() | {"organization": {"membership": membership}})

    assert found.confidence == confidence
    assert found.evidence["unrouted"] == ["AWS_RISK_CREDENTIALS_EXPOSED", "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED"]


def test_the_code_that_nobody_is_told_of_is_named() -> None:
    assert only_finding(HEALTH, told(event_rule(ONE))).evidence["material"] == [
        "event:AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED"
    ]


def test_a_siem_that_reads_the_bucket_needs_no_log_group() -> None:
    assert verdict(LOGS, home(), declared={"siem": ["arn:aws:s3:::records"]}) == "pass"
    assert verdict(LOGS, home(), declared={"siem": ["arn:aws:s3:::other"]}) == "fail"


def test_with_event_rules_for_what_matters_it_is_information() -> None:
    everything = event_rule({"detail-type": ["AWS API Call via CloudTrail"]})
    part = event_rule({"source": ["aws.iam"]})

    assert only_finding(LOGS, home(event_rules=[everything])).severity == "info"
    assert only_finding(LOGS, home(event_rules=[part])).severity == "low"
    assert only_finding(LOGS, home()).severity == "low"
    two = telling(place(trails=[trail()], event_rules=[everything]), place("eu-west-1"))
    assert only_finding(LOGS, two).severity == "low"


def test_in_a_partition_that_is_not_known_it_is_no_information() -> None:
    everything = event_rule({"detail-type": ["AWS API Call via CloudTrail"]})

    assert only_finding(LOGS, home(event_rules=[everything]) | {"partition": "aws-x"}).severity == "low"


def test_the_message_says_why() -> None:
    found = only_finding(LOGS, delivering({"latest_logs_error": "AccessDenied"}))

    assert found.message == "The trail main cannot deliver to CloudWatch Logs: AccessDenied."
