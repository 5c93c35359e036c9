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


def test_the_right_spelling_is_told() -> None:
    found = only_finding(RULE, finding(type=[STOLEN]))

    assert found.message == (
        f"The rule findings: No finding has the type {STOLEN}, but {STOLEN}.InsideAWS or {STOLEN}.OutsideAWS."
    )
    assert found.evidence["material"] == [f"type:{STOLEN}"]
