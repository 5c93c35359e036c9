"""Alarms that tell nobody, and buses that everybody may write to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import OWN, Case, gap, only_finding, verdict
from tests.rules.alert_path.building import (
    FOREIGN,
    TOPIC,
    Json,
    arn,
    event_rule,
    facts,
    heard,
    region,
)

SILENT, OPEN = "alarm-without-action", "event-bus-open"
BUS = arn("events", "event-bus/default")
FAILED: list[list[str]] = [["AWS/Events", "FailedInvocations"]]
ROOT: list[list[str]] = [["Security", "RootUse"]]
SEARCH = {"name": "root", "log_group": "trail", "pattern": '{ $.userIdentity.type = "Root" }', "metrics": ROOT}
CHANGES = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}
ORGANIZATION = {"kind": "organization", "id": "o-abcde12345", "management_account": "444455556666"}


def alarm(name: str = "root", enabled: bool = True, actions: object = (TOPIC,), **parts: object) -> Json:
    found = {"name": name, "arn": arn("cloudwatch", f"alarm:{name}"), "actions_enabled": enabled, "actions": actions}
    return {**found, "metrics": ROOT, **parts}


def of(*alarms: Json, **parts: Any) -> Json:
    listed: dict[str, Any] = {"alarms": list(alarms), "metric_filters": [SEARCH], **parts}
    return facts(region(**listed))


def around(text: str, **parts: object) -> Json:
    """A composite alarm."""
    return alarm("all", rule=text, metrics=[], type="composite", **parts)  # type: ignore[arg-type]


MUTE = alarm(enabled=False)


def taken(state: str = "ENABLED", **parts: Any) -> Json:
    """A rule takes the changes of alarms to a mailbox."""
    return heard(event_rule(pattern=CHANGES, state=state), alarms=[MUTE], metric_filters=[SEARCH], **parts)


def bus(*statements: Json, name: str = "default") -> Json:
    policy = {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": list(statements)}}
    return facts(region(event_buses=[{"name": name, "arn": BUS, **({"policy": policy} if statements else {})}]))


def lets(principal: object, action: object = "events:PutEvents", **elements: object) -> Json:
    found = {"Sid": "s", "Effect": "Allow", "Principal": principal, "Action": action, "Resource": BUS}
    return {**found, **elements}


def in_organization(organization: str) -> Json:
    return {"Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}}}


def member(found: Json, **parts: object) -> Json:
    return found | {"organization": {"membership": ORGANIZATION, **parts}}


OTHER = {"AWS": f"arn:aws:iam::{FOREIGN}:root"}
TABLES: dict[str, list[Case]] = {
    SILENT: [
        ("it has an action", of(alarm()), "pass"),
        ("its actions are off", of(MUTE), "fail"),
        ("it has no action", of(alarm(actions=())), "fail"),
        ("an alarm on rules that fail", of(alarm(enabled=False, metrics=FAILED)), "fail"),
        ("an alarm of an application", of(alarm(enabled=False, metrics=[["Shop", "Latency"]])), ""),
        ("a filter on the log of an application", of(MUTE, metric_filters=[SEARCH | {"pattern": "ERROR"}]), ""),
        ("part of an alarm that tells somebody", of(MUTE, around('ALARM("root") OR ALARM("other")')), "pass"),
        ("part of one by its ARN", of(MUTE, around(f'ALARM("{arn("cloudwatch", "alarm:root")}")')), "pass"),
        ("part of one that tells nobody", of(MUTE, around('ALARM("root")', enabled=False)), "fail"),
        ("an alarm about others", of(MUTE, around('ALARM("root-of-trust")')), "fail"),
        ("a rule takes its changes to somebody", taken(), "pass"),
        ("a rule that is switched off", taken(state="DISABLED"), "fail"),
        ("a rule takes them to a topic that nobody hears", taken(subscriptions=[]), "fail"),
        ("the rules were not read", of(MUTE) | {"regions": [
            region(alarms=[MUTE], metric_filters=[SEARCH]) | {"event_rules": gap("events:ListRules")}]}, "unknown"),
        ("the alarms were not read", of(alarms=gap("cloudwatch:DescribeAlarms")), "unknown"),
        ("what is searched for was not read", of(alarm(), metric_filters=gap("logs:DescribeMetricFilters")), "unknown"),
    ],
    OPEN: [
        ("no policy", bus(), "pass"),
        ("everybody", bus(lets("*")), "fail"),
        ("everybody of one's organization", member(bus(lets("*", **in_organization("o-abcde12345")))), "pass"),
        ("everybody of another organization", bus(lets("*", **in_organization("o-fghij67890"))), "fail"),
        ("a foreign account", bus(lets(OTHER)), "fail"),
        ("a foreign account by its number", bus(lets({"AWS": FOREIGN})), "fail"),
        ("the account itself", bus(lets({"AWS": f"arn:aws:iam::{OWN}:root"})), "pass"),
        ("an account of the organization",
         member(bus(lets(OTHER)), accounts=[{"id": FOREIGN, "name": "x", "state": "ACTIVE"}]), "pass"),
        ("an account that is not of the organization", member(bus(lets(OTHER)), accounts=[]), "fail"),
        ("an account of an organization whose accounts were not read", member(bus(lets(OTHER))), "unknown"),
        ("whether there is an organization was not read", bus(lets(OTHER)) | {"organization": {}}, "unknown"),
        ("everybody, whatever was not read", bus(lets("*")) | {"organization": {}}, "fail"),
        ("a service of AWS", bus(lets({"Service": "events.amazonaws.com"})), "pass"),
        ("a foreign account that may look", bus(lets(OTHER, "events:DescribeEventBus")), "pass"),
        ("the buses were not read", facts(region(event_buses=gap("events:ListEventBuses"))), "unknown"),
    ],
}  # fmt: skip

ALSO_LOOKED_AT = {
    OPEN: {
        "organizations:DescribeOrganization",
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
    }
}
CASES = [(rule_id, *case) for rule_id, cases in TABLES.items() for case in cases]


@pytest.mark.parametrize(("rule_id", "_what", "found", "expected"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES])
def test_verdicts(rule_id: str, _what: str, found: Json, expected: str) -> None:
    assert verdict(rule_id, found) == expected


def test_switching_on_is_a_command() -> None:
    found = only_finding(SILENT, of(MUTE))

    assert found.remediation.commands == ("aws cloudwatch enable-alarm-actions --alarm-names=root --region=eu-west-1",)
    assert only_finding(SILENT, of(alarm(actions=()))).remediation.commands == ()


def test_declared_accounts_may_write() -> None:
    assert verdict(OPEN, bus(lets(OTHER)), declared={"accounts": [FOREIGN]}) == "pass"


def test_declared_organizations_may_write() -> None:
    found = bus(lets("*", **in_organization("o-fghij67890")))

    assert only_finding(OPEN, found).evidence["material"] == ["foreign:o-fghij67890"]
    assert verdict(OPEN, found, declared={"organizations": ["o-fghij67890"]}) == "pass"


def test_who_may_make_rules_reads_all() -> None:
    found = only_finding(OPEN, bus(lets("*", ["events:PutEvents", "events:PutRule"])))

    assert found.evidence["material"] == ["public:events:PutEvents", "public:events:PutRule"]
    assert found.remediation.commands == (
        "aws events remove-permission --statement-id=s --event-bus-name=default --region=eu-west-1",
    )
