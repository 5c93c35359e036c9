"""From a finding to somebody who acts."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.events.samples import CREDENTIAL_FINDINGS
from tests.accounts import Case, findings, gap, only_finding, verdict
from tests.rules.alert_path.building import (
    AWAY,
    FINDINGS,
    HOME,
    QUEUE,
    ROLE,
    TOPIC,
    Json,
    arn,
    detector,
    event_rule,
    facts,
    function,
    may,
    pending,
    queue,
    region,
    role,
    subscription,
    target,
    topic,
)

RULE = "guardduty-findings-unrouted"
HUB = {"kind": "security-hub", "arn": arn("securityhub", "hub/default")}
IMPORTED = {"source": ["aws.securityhub"], "detail-type": ["Security Hub Findings - Imported"]}
ADMINISTRATOR = {"kind": "administrator", "account_id": "444455556666", "status": "Enabled"}


def watched(*rules: Json, detectors: object = None, topics: object = None, **parts: Any) -> Json:
    """The home region with a detector, its rules, and a topic with a mailbox."""
    listed = [detector()] if detectors is None else detectors
    parts = {"subscriptions": [subscription()], **parts}
    return facts(region(*rules, detectors=listed, **parts), topics=[topic()] if topics is None else topics)


def of_severity(least: float) -> Json:
    return event_rule(pattern={**FINDINGS, "detail": {"severity": [{"numeric": [">=", least]}]}})


def forwarded(*roles: Json) -> Json:
    """Two regions with detectors; the findings of the one go to the bus of the other, where somebody hears them."""
    bus = arn("events", "event-bus/default", AWAY)
    away = arn("sns", "security", AWAY)
    return facts(
        region(event_rule(target(bus, role=ROLE)), detectors=[detector()]),
        region(
            event_rule(target(away), region=AWAY),
            name=AWAY,
            detectors=[detector(AWAY)],
            subscriptions=[subscription(of=away)],
        ),
        roles=list(roles),
        topics=[topic(of=away)],
    )


OTHER_FILTER = {"source": ["aws.securityhub"], "detail": {"findings": {"ProductName": ["Inspector"]}}}


def hub_rule(**asked: object) -> Json:
    """A rule that asks something of what Security Hub has of GuardDuty."""
    return watched(event_rule(pattern={**IMPORTED, "detail": {"findings": asked}}), security_hub=HUB)


THERE = [{"exists": True}]
FIELDS: list[tuple[str, Json, str]] = [
    ("every number of severity", {"Severity": {"Normalized": [{"numeric": [">=", 1]}]}}, "pass"),
    ("numbers beyond all", {"Severity": {"Normalized": [{"numeric": [">", 90]}]}}, "fail"),
    (
        "labels of the provider",
        {"FindingProviderFields": {"Severity": {"Label": ["CRITICAL", "HIGH", "MEDIUM", "LOW"]}}},
        "pass",
    ),
    ("a label that none has", {"FindingProviderFields": {"Severity": {"Label": ["INFORMATIONAL"]}}}, "fail"),
    ("with any resource", {"Resources": {"Id": THERE}}, "pass"),
    ("with some resource", {"Resources": {"Id": [{"prefix": "arn:aws:iam"}]}}, "unknown"),
    ("with a name of the account", {"AwsAccountName": THERE}, "pass"),
    ("without a name of the account", {"AwsAccountName": [{"exists": False}]}, "fail"),
    ("that are not archived", {"ProductFields": {"aws/guardduty/service/archived": ["false"]}}, "pass"),
    ("that are archived", {"ProductFields": {"aws/guardduty/service/archived": ["true"]}}, "fail"),
    ("that are of no check", {"Compliance": {"Status": [{"exists": False}]}}, "pass"),
    ("by a field of which nothing is known", {"Sample": [False]}, "unknown"),
    ("by a field that may be there or not", {"Sample": [{"exists": False}]}, "unknown"),
    ("by such a field, of another product", {"Sample": [False], "ProductName": ["Inspector"]}, "fail"),
    ("by such a field or a known one", {"$or": [{"Sample": [False]}, {"ProductName": ["Inspector"]}]}, "unknown"),
    ("by two known ones", {"$or": [{"CompanyName": ["Other"]}, {"ProductName": ["Inspector"]}]}, "fail"),
]
TABLES: dict[str, list[Case]] = {
    RULE: [
        ("a rule for all findings, a mailbox", watched(event_rule()), "pass"),
        ("no rule", watched(), "fail"),
        ("no GuardDuty in the region", watched(detectors=[]), ""),
        ("a detector that is suspended",
         watched(detectors=[detector(detail={"kind": "detector", "status": "DISABLED"})]), ""),
        ("the detectors were not read", watched(detectors=gap("guardduty:ListDetectors")), "unknown"),
        ("GuardDuty does not exist there", watched(detectors=gap("guardduty:ListDetectors", "not_applicable")), ""),
        ("the rules were not read", facts(region(detectors=[detector()]) | {"event_rules": gap("events:ListRules")}),
         "unknown"),
        ("the mailbox never confirmed", watched(event_rule(), subscriptions=[pending()]), "fail"),
        ("a function in place of a mailbox",
         facts(region(event_rule(target(arn("lambda", "function:revoke"))), detectors=[detector()]),
               functions=[function()]), "pass"),
        ("a queue that nobody declared",
         facts(region(event_rule(target(QUEUE)), detectors=[detector()]), queues=[queue()]), "unknown"),
        ("another account administers it, and is not scanned",
         watched(detectors=[detector(administrator=ADMINISTRATOR)]), "unknown"),
        ("the same, but somebody hears them here too",
         watched(event_rule(), detectors=[detector(administrator=ADMINISTRATOR)]), "pass"),
        ("another account did, and does no more",
         watched(detectors=[detector(administrator={**ADMINISTRATOR, "status": "Removed"})]), "fail"),
        ("who administers it was not read",
         watched(detectors=[detector(administrator=gap("guardduty:GetAdministratorAccount"))]), "unknown"),
        ("sent on to a region where somebody hears them",
         forwarded(role(may("events:PutEvents"))), "pass pass"),
        ("sent on by a role that may not", forwarded(role(may("events:PutRule"))), "fail pass"),
        ("sent on by a role that was not read",
         forwarded() | {"roles": gap("iam:GetAccountAuthorizationDetails")}, "pass unknown"),
        ("heard by way of Security Hub", watched(event_rule(pattern=IMPORTED), security_hub=HUB), "pass"),
        ("Security Hub is off", watched(event_rule(pattern=IMPORTED)), "fail"),
        ("whether it is on was not read",
         watched(event_rule(pattern=IMPORTED), security_hub=gap("securityhub:DescribeHub")), "unknown"),
        ("whether it is on was not read, and nobody would hear", watched(security_hub=gap("securityhub:DescribeHub")),
         "fail"),
        ("a rule for what another product tells Security Hub",
         watched(event_rule(pattern=OTHER_FILTER), security_hub=HUB), "fail"),
        ("a rule that chooses by the types of Security Hub",
         watched(event_rule(pattern={**IMPORTED, "detail": {"findings": {"Types": [{"prefix": "TTPs"}]}}}),
                 security_hub=HUB), "unknown"),
        *((f"by way of Security Hub, {what}", hub_rule(**asked), expected) for what, asked, expected in FIELDS),
        ("by types that may be called so or not",
         watched(event_rule(pattern={**IMPORTED, "detail": {"findings": {"Types": ["Effects/Data Exposure"]}}}),
                 security_hub=HUB), "unknown"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("found", "expected"), [case[1:] for case in TABLES[RULE]], ids=[c[0] for c in TABLES[RULE]])
def test_verdicts(found: Json, expected: str) -> None:
    assert verdict(RULE, found) == expected


def test_every_type_is_told_with_its_link() -> None:
    found = only_finding(RULE, watched(event_rule(), subscriptions=[pending()]))

    assert found.severity == "critical"
    assert found.message.startswith(f"{len(CREDENTIAL_FINDINGS)} of {len(CREDENTIAL_FINDINGS)} types of findings")
    assert "The topic security has no confirmed subscription; 1 wait to be confirmed." in found.message
    lost = found.evidence["lost"]
    assert [each["type"] for each in lost] == [name for name, _ in CREDENTIAL_FINDINGS]
    assert lost[0]["links"] == ["topic:no-subscriber"]


@pytest.mark.parametrize(("least", "severity"), [(9, "critical"), (7, "high"), (4, "medium")])
def test_the_severity_is_that_of_the_worst_type_that_is_lost(least: float, severity: str) -> None:
    assert only_finding(RULE, watched(of_severity(least))).severity == severity


def test_numbers_of_severity_are_those_of_the_labels() -> None:
    numbers, labels = (
        hub_rule(Severity={"Normalized": [{"numeric": [">=", 70]}]}),
        hub_rule(Severity={"Label": ["HIGH", "CRITICAL"]}),
    )

    assert only_finding(RULE, numbers).severity == "high"
    assert only_finding(RULE, numbers).evidence["reached"] == only_finding(RULE, labels).evidence["reached"] != []


def test_a_rule_for_every_severity_loses_nothing() -> None:
    assert verdict(RULE, watched(of_severity(1))) == "pass"


def test_what_is_heard_is_told_too() -> None:
    kind = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
    found = only_finding(RULE, watched(event_rule(pattern={**FINDINGS, "detail": {"type": [kind]}})))

    assert found.evidence["reached"] == [kind]
    assert f"unrouted:{kind}" not in found.evidence["material"]
    assert len(found.evidence["material"]) == len(CREDENTIAL_FINDINGS) - 1


def test_families_are_named_with_what_is_broken() -> None:
    pattern = {**FINDINGS, "detail": {"type": [{"anything-but": {"prefix": "Recon:"}}]}}
    found = only_finding(RULE, watched(event_rule(pattern=pattern)))

    assert found.message == (
        "3 of 32 types of findings about credentials reach nobody in eu-west-1. Recon:IAMUser: No rule of eu-west-1 "
        "takes it."
    )


def test_a_type_without_its_suffix_is_noticed() -> None:
    pattern = {**FINDINGS, "detail": {"type": ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration"]}}

    assert len(only_finding(RULE, watched(event_rule(pattern=pattern))).evidence["lost"]) == len(CREDENTIAL_FINDINGS)


def test_a_destination_that_another_system_reads_is_enough() -> None:
    found = facts(region(event_rule(target(QUEUE)), detectors=[detector()]), queues=[queue()])

    assert verdict(RULE, found, declared={"siem": [QUEUE]}) == "pass"


@pytest.mark.parametrize(
    ("destinations", "expected"),
    [
        ([{"id": "d", "type": "S3", "status": "PUBLISHING"}], "unknown"),
        ([{"id": "d", "type": "S3", "status": "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY"}], "fail"),
        ([], "fail"),
        (gap("guardduty:ListPublishingDestinations"), "unknown"),
    ],
)
def test_a_bucket_that_another_system_reads_may_have_them(destinations: object, expected: str) -> None:
    found = watched(detectors=[detector(destinations=destinations)])

    assert verdict(RULE, found, declared={"siem": ["arn:aws:s3:::findings"]}) == expected
    assert verdict(RULE, found) == "fail"


def test_security_hub_may_gather_the_findings_of_all_regions() -> None:
    away = arn("sns", "security", AWAY)
    gathered = facts(
        region(detectors=[detector()], security_hub=HUB),
        region(event_rule(target(away), region=AWAY, pattern=IMPORTED), name=AWAY, security_hub=HUB,
               subscriptions=[subscription(of=away)]),
        topics=[topic(of=away)],
    )  # fmt: skip

    (found,) = findings(RULE, gathered)
    assert found.status == "unknown"
    assert f"brings the findings of {HOME} to {AWAY}" in found.message


def test_one_finding_for_each_region() -> None:
    found = findings(RULE, facts(region(detectors=[detector()]), region(name=AWAY, detectors=[detector(AWAY)])))

    assert sorted(each.resource.name for each in found) == sorted([HOME, AWAY])


def test_the_key_of_aws_on_the_topic_loses_everything() -> None:
    found = only_finding(RULE, watched(event_rule(), topics=[topic(kms_key="alias/aws/sns")]))

    assert {link for each in found.evidence["lost"] for link in each["links"]} == {"topic:aws-managed-key"}
    assert TOPIC not in found.message
