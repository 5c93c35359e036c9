"""Calls by which intruders stay or blind their watchers, and whether somebody is told."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, verdict
from tests.rules.detection.telling import (
    GROUP,
    HOME,
    alarm,
    chain,
    event_rule,
    home,
    metric_filter,
    place,
    searched,
    telling,
    trail,
)

PERSISTENCE, EVASION = "persistence-events-unwatched", "evasion-events-unwatched"
IAM: Json = {"source": ["aws.iam"], "detail-type": ["AWS API Call via CloudTrail"]}
WRITES: Json = {"detail-type": ["AWS API Call via CloudTrail"], "detail": {"readOnly": [False]}}
BENCHMARK = "{ " + " || ".join(
    f"($.eventName={verb}{kind}Policy)" for verb in ("Delete", "Put", "Attach", "Detach") for kind in ("Role", "User")
) + " }"  # fmt: skip


def away(*rules: Json) -> Json:
    """Two regions, with the rules in the other one."""
    return telling(place(trails=[trail()]), place("eu-west-1", event_rules=list(rules)))


PERSISTENCE_CASES: list[Case] = [
    *chain("{ $.eventSource = iam.amazonaws.com }", IAM),
    ("the filter of the benchmark misses keys and users", searched(BENCHMARK), "fail"),
    ("a rule in another region", away(event_rule(IAM, "eu-west-1")), "fail"),
    ("another region is not known", home() | {"other_regions": gap("ec2:DescribeRegions")}, "unknown"),
    (
        "a rule, though another region is not known",
        home(event_rules=[event_rule(IAM)]) | {"other_regions": gap("ec2:DescribeRegions")},
        "pass",
    ),
    (
        "a rule on the calls of users alone",
        home(event_rules=[event_rule({**IAM, "detail": {"userIdentity": {"type": ["IAMUser"]}}})]),
        "fail",
    ),
    (
        "a rule on the calls of roles alone",
        home(event_rules=[event_rule({**IAM, "detail": {"userIdentity": {"type": ["AssumedRole"]}}})]),
        "fail",
    ),
    ("the region of IAM was not listed", telling(place("eu-west-1", trails=[trail()])), "unknown"),
    ("in the partition of China", telling(place("cn-north-1")) | {"partition": "aws-cn"}, "fail"),
    ("in a partition that is not known", telling(place("x-1")) | {"partition": "aws-x"}, "unknown"),
    (
        "a trail of the region of IAM alone",
        home(trails=[trail(is_multi_region=False)], event_rules=[event_rule(IAM)]),
        "pass",
    ),
    (
        "a trail of another region alone",
        home(trails=[trail(is_multi_region=False, home_region="eu-west-1")], event_rules=[event_rule(IAM)]),
        "fail",
    ),
    (
        "two rules that take all calls together",
        home(
            event_rules=[
                event_rule({**IAM, "detail": {"eventName": [{"prefix": "C"}]}}),
                event_rule({**IAM, "detail": {"eventName": [{"anything-but": {"prefix": "C"}}]}}),
            ]
        ),
        "pass",
    ),
]

EVASION_CASES: list[Case] = [
    *chain('{ $.readOnly IS FALSE || $.eventName = "Nothing" }', WRITES),
    ("a rule in one of two regions", away(event_rule(WRITES, "eu-west-1")), "fail pass"),
    (
        "one filter for all regions",
        telling(
            place(
                trails=[trail(log_group=GROUP)],
                metric_filters=[metric_filter("{ $.readOnly IS FALSE }")],
                alarms=[alarm()],
            ),
            place("eu-west-1"),
        ),
        "pass pass",
    ),
    ("another region is not known", home() | {"other_regions": gap("ec2:DescribeRegions")}, "unknown unknown"),
    (
        "detectors that are updated only where they are switched off, filters only where they archive",
        home(
            event_rules=[
                event_rule({**WRITES, "source": [{"anything-but": "aws.guardduty"}]}),
                event_rule({"detail": {"eventName": [{"anything-but": ["UpdateDetector", "CreateFilter"]}]}}),
                event_rule({"detail": {"requestParameters": {"enable": [False]}}}),
                event_rule({"detail": {"requestParameters": {"action": ["ARCHIVE"]}}}),
            ]
        ),
        "pass",
    ),
]

TABLES = {PERSISTENCE: PERSISTENCE_CASES, EVASION: EVASION_CASES}


@pytest.mark.parametrize(
    ("rule_id", "facts", "expected"),
    [pytest.param(rule_id, *case[1:], id=f"{rule_id}: {case[0]}") for rule_id in TABLES for case in TABLES[rule_id]],
)
def test_cases(rule_id: str, facts: Json, expected: str) -> None:
    assert verdict(rule_id, facts) == expected


def test_the_finding_names_the_calls_and_the_broken_link() -> None:
    found = only_finding(PERSISTENCE, searched(BENCHMARK, alarms=[alarm(actions=[])]))

    assert found.severity == "high"
    assert found.message.startswith("Nobody is told of AddUserToGroup, AttachGroupPolicy, AttachRolePolicy and ")
    assert "CreateAccessKey" in found.evidence["unwatched"]
    assert "The alarm calls tells nobody. It has no action." in found.evidence["broken"]
    assert {"alarm:no-action", "filter:none", "rule:none"} == set(found.evidence["broken_links"])
    assert "event:CreateAccessKey" in found.evidence["material"]
    assert f"region:{HOME}" in found.evidence["material"]


def test_what_somebody_is_told_of_is_left_out() -> None:
    found = only_finding(PERSISTENCE, searched(BENCHMARK))

    assert "PutRolePolicy" not in found.evidence["unwatched"]
    assert "PutGroupPolicy" in found.evidence["unwatched"]


@pytest.mark.parametrize(
    ("parts", "severity"),
    [
        ({}, "high"),
        ({"detectors": [], "recorders": [], "analyzers": []}, "low"),
        ({"detectors": [], "recorders": [], "analyzers": [], "event_rules": [event_rule({"source": ["x"]})]}, "high"),
        ({"detectors": [], "recorders": [], "analyzers": [], "trails": [trail()]}, "high"),
        ({"detectors": [], "recorders": [], "analyzers": [], "trails": [trail(home_region="eu-west-1")]}, "low"),
    ],
)
def test_where_nothing_watches_there_is_less_to_switch_off(parts: Json, severity: str) -> None:
    assert only_finding(EVASION, telling(place(HOME, **parts))).severity == severity


STORE = f"arn:aws:cloudtrail:{HOME}:{OWN}:eventdatastore/0a"


def store(**detail: object) -> Json:
    management = [{"field": "eventCategory", "operators": {"Equals": ["Management"]}}]
    found = {"kind": "event-data-store", "status": "ENABLED", "is_multi_region": True, "selectors": [management]}
    return {"arn": STORE, "name": "all", "detail": {**found, **detail}}


SIEM: list[tuple[str, Json, list[str], str]] = [
    ("the bucket of the trail is read", home(), ["records"], "pass"),
    ("another bucket is read", home(), ["arn:aws:s3:::other"], "fail"),
    ("the log group is read", home(trails=[trail(log_group=GROUP)]), ["log-group:trail"], "pass"),
    ("the trail is stopped", home(trails=[trail({"is_logging": False})]), ["records"], "fail"),
    ("the trail cannot deliver", home(trails=[trail({"latest_delivery_error": "x"})]), ["records"], "fail"),
    (
        "it is not known whether the trail logs",
        home(trails=[trail() | {"status": gap("cloudtrail:GetTrailStatus")}]),
        ["records"],
        "unknown",
    ),
    (
        "it is not known whether the trail logs, which delivers elsewhere",
        home(trails=[trail() | {"status": gap("cloudtrail:GetTrailStatus")}]),
        ["other"],
        "fail",
    ),
    ("an event data store", home(trails=[], event_data_stores=[store()]), [STORE], "pass"),
    (
        "an event data store that was stopped",
        home(trails=[], event_data_stores=[store(status="STOPPED_INGESTION")]),
        [STORE],
        "fail",
    ),
    ("an event data store of data", home(event_data_stores=[store(selectors=[[]])]), [STORE], "fail"),
    ("an event data store that is not read", home(event_data_stores=[store()]), ["eventdatastore/other"], "fail"),
    ("event data stores denied", home(), ["eventdatastore/0a"], "unknown"),
    (
        "an event data store that could not be read",
        home(event_data_stores=[{**store(), "detail": gap("cloudtrail:GetEventDataStore")}]),
        [STORE],
        "unknown",
    ),
]


@pytest.mark.parametrize(("facts", "siem", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SIEM])
def test_what_another_system_reads_is_seen(facts: Json, siem: list[str], expected: str) -> None:
    assert verdict(PERSISTENCE, facts, declared={"siem": siem}) == expected
