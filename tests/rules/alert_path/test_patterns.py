"""Patterns that match nothing, or not what was meant."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import Case, gap, only_finding, verdict
from tests.rules.alert_path.building import (
    AWAY,
    FINDINGS,
    FUNCTION,
    ROLE,
    Json,
    arn,
    event_rule,
    facts,
    region,
    target,
)

RULE = "alert-pattern-never-matches"
STOLEN = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration"
AS_IN_THE_GUIDES: Json = {"source": ["aws.guardduty"], "detail": {"type": [f"{STOLEN}.OutsideAWS"]}}
CALLS: Json = {"source": ["aws.iam"], "detail-type": ["AWS API Call via CloudTrail"]}
NOT_ARCHIVED = {"service": {"archived": [False]}}


def of(pattern: object, *targets: Json, **parts: Any) -> Json:
    return facts(region(event_rule(*targets, pattern=pattern, **parts)))


def finding(**detail: object) -> Json:
    return of({**FINDINGS, "detail": detail})


def forwarding() -> Json:
    """Calls on IAM are sent from the region in which they are told to the bus of the home region."""
    bus = arn("events", "event-bus/default")
    return facts(
        region(event_rule(pattern=CALLS)),
        region(event_rule(target(bus, role=ROLE), pattern=CALLS, region=AWAY), name=AWAY),
    )


HOME_BUS = arn("events", "event-bus/default")
ORGANIZATION: Json = {"StringEquals": {"aws:PrincipalOrgID": "o-abcde12345"}}


def at_bus(principal: object, action: str = "events:PutEvents", name: str = "default", **elements: object) -> Json:
    """Calls on IAM are awaited in the home region, on whose bus somebody may do something."""
    statement: Json = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": HOME_BUS, **elements}
    policy = {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [statement]}}
    return facts(region(event_rule(pattern=CALLS), event_buses=[{"name": name, "arn": HOME_BUS, "policy": policy}]))


def rolled_out(state: str = "ENABLED", pattern: object = CALLS) -> Json:
    """The same rule in the home region and in that in which calls on IAM are told."""
    away = event_rule(pattern=pattern, region=AWAY, state=state)
    return facts(region(event_rule(pattern=CALLS)), region(away, name=AWAY))


NO_BUSES = gap("events:ListEventBuses")
TABLES: dict[str, list[Case]] = {
    RULE: [
        ("all findings", of(FINDINGS), "pass"),
        ("a type by its prefix", finding(type=[{"prefix": STOLEN}]), "pass"),
        ("a type with its suffix", finding(type=[f"{STOLEN}.OutsideAWS"]), "pass"),
        ("a type without its suffix", finding(type=[STOLEN]), "fail"),
        ("a type that has both forms", finding(type=["Recon:IAMUser/MaliciousIPCaller"]), "pass"),
        ("a type of which nothing is known", finding(type=["Recon:EC2/SomethingNew"]), "pass"),
        ("a family as plain text", finding(type=["UnauthorizedAccess:IAMUser/"]), "fail"),
        ("a star as plain text", finding(type=["UnauthorizedAccess:IAMUser/*"]), "fail"),
        ("a star with its operator", finding(type=[{"wildcard": "UnauthorizedAccess:IAMUser/*"}]), "pass"),
        ("single severities", finding(severity=[7, 8]), "fail"),
        ("severities by a comparison", finding(severity=[{"numeric": [">=", 7]}]), "pass"),
        ("every tenth of a severity", finding(severity=[tenth / 10 for tenth in range(40, 91)]), "pass"),
        ("every tenth, as it was done before there were critical ones",
         finding(severity=[tenth / 10 for tenth in range(40, 90)]), "fail"),
        ("a severity as text", finding(severity=["HIGH"]), "fail"),
        ("the detail type in other letters", of({**FINDINGS, "detail-type": ["GuardDuty Findings"]}), "fail"),
        ("the source in other letters", of({**FINDINGS, "source": ["aws.GuardDuty"]}), "fail"),
        ("a key in other letters", of({"source": ["aws.guardduty"], "detailType": ["GuardDuty Finding"]}), "fail"),
        ("a key of the detail in other letters", finding(Severity=[{"numeric": [">=", 7]}]), "fail"),
        ("no detail type, as in the guides", of(AS_IN_THE_GUIDES), "fail"),
        ("a function acts on archived findings too", of(FINDINGS, target(FUNCTION)), "fail"),
        ("a function acts on others only", of({**FINDINGS, "detail": NOT_ARCHIVED}, target(FUNCTION)), "pass"),
        ("what acts was not read", facts(region(event_rule() | {"targets": gap("events:ListTargetsByRule")})),
         "unknown"),
        ("what acts was not read, but the type is wrong",
         facts(region(event_rule(pattern={**FINDINGS, "detail": {"type": [STOLEN]}})
                      | {"targets": gap("events:ListTargetsByRule")})), "fail"),
        ("calls on IAM where they are told", facts(region(event_rule(pattern=CALLS, region=AWAY), name=AWAY)), "pass"),
        ("calls on IAM where they are not", of(CALLS), "fail"),
        ("calls on IAM that are sent there", forwarding(), "pass pass"),
        ("calls on IAM, to which another account may send",
         at_bus({"AWS": "arn:aws:iam::999988887777:root"}), "pass"),
        ("calls on IAM, to which the organization may send", at_bus("*", Condition=ORGANIZATION), "pass"),
        ("calls on IAM, to which the account itself may send",
         at_bus({"AWS": "arn:aws:iam::111122223333:root"}), "fail"),
        ("calls on IAM, where another account may look", at_bus("*", "events:DescribeEventBus"), "fail"),
        ("calls on IAM, to another bus of which others may send", at_bus("*", name="other"), "fail"),
        ("calls on IAM, and the buses were not read", facts(region(event_rule(pattern=CALLS), event_buses=NO_BUSES)),
         "unknown"),
        ("the buses were not read, and something else is wrong", facts(region(event_rule(
            pattern={**CALLS, "detail": {"eventName": ["createuser"]}}), event_buses=NO_BUSES)), "fail"),
        ("the buses were not read where that does not matter",
         facts(region(event_rule(pattern=FINDINGS), event_buses=NO_BUSES)), "pass"),
        ("findings of GuardDuty in Security Hub, with a function",
         of({"source": ["aws.securityhub"], "detail": {"findings": {"ProductName": ["GuardDuty"]}}}, target(FUNCTION)),
         "pass"),
        ("calls in other letters",
         of({"source": ["aws.cloudtrail"], "detail-type": CALLS["detail-type"],
             "detail": {"eventName": ["StopLogging", "deleteTrail"]}}), "fail"),
        ("Security Hub writes its findings with capitals",
         of({"source": ["aws.securityhub"], "detail": {"findings": {"Severity": {"Label": ["HIGH"]}}}}), "pass"),
        ("a rule that is switched off", of({**FINDINGS, "detail": {"type": [STOLEN]}}, state="DISABLED"), ""),
        ("a rule of an application", of({"source": ["shop.orders"], "Detail": {"x": [1]}}), ""),
        ("the rules were not read", facts(region() | {"event_rules": gap("events:ListRules")}), "unknown"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("found", "expected"), [case[1:] for case in TABLES[RULE]], ids=[c[0] for c in TABLES[RULE]])
def test_verdicts(found: Json, expected: str) -> None:
    assert verdict(RULE, found) == expected


def test_what_takes_what_it_should_weighs_less() -> None:
    assert only_finding(RULE, of(AS_IN_THE_GUIDES)).severity == "low"
    assert only_finding(RULE, of(FINDINGS, target(FUNCTION))).severity == "low"
    assert only_finding(RULE, finding(type=[STOLEN])).severity == "medium"


def test_a_rule_that_was_rolled_out_to_all_regions_weighs_less() -> None:
    assert only_finding(RULE, rolled_out()).severity == "low"
    assert only_finding(RULE, rolled_out(state="DISABLED")).severity == "medium"
    assert only_finding(RULE, rolled_out(pattern={**CALLS, "source": ["aws.sts"]})).severity == "medium"


def test_the_right_spelling_is_told() -> None:
    found = only_finding(RULE, finding(type=[STOLEN]))

    assert found.message == (
        f"The rule findings: No finding has the type {STOLEN}, but {STOLEN}.InsideAWS or {STOLEN}.OutsideAWS."
    )
    assert found.evidence["material"] == [f"type:{STOLEN}"]
