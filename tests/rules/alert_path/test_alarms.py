"""Alarms that tell nobody, and buses that everybody may write to."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.events.composites import by_name
from scanner.events.reaching import Alerting
from scanner.inventory import Region
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


ROLES_OF_ALL = "arn:aws:iam::*:role/sender"
CONDITIONS = [
    ("StringEquals", "aws:PrincipalAccount", FOREIGN, "fail"),
    ("StringEquals", "aws:PrincipalAccount", OWN, "pass"),
    ("StringNotEquals", "aws:PrincipalAccount", "444455556666", "fail"),
    ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{FOREIGN}:root", "fail"),
    ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OWN}:*", "pass"),
    ("StringLike", "aws:PrincipalArn", f"arn:*:iam::{OWN}:role/*", "pass"),
    ("StringLike", "aws:PrincipalArn", ROLES_OF_ALL, "fail"),
    ("ArnLike", "aws:PrincipalArn", ROLES_OF_ALL, "fail"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-fghij67890/*", "fail"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-abcde12345/r-ab12/*", "pass"),
    ("StringEqualsIgnoreCase", "aws:PrincipalOrgID", "o-fghij67890", "fail"),
    ("StringEqualsIgnoreCase", "aws:PrincipalOrgID", "o-abcde12345", "pass"),
    ("StringLike", "aws:PrincipalOrgID", "o-*", "fail"),
    ("StringEqualsIfExists", "aws:PrincipalOrgID", "o-abcde12345", "fail"),
    ("Null", "aws:PrincipalOrgID", "true", "fail"),
    ("StringEquals", "events:source", "shop.orders", "fail"),
    ("StringEquals", "events:detail-type", "order", "fail"),
    ("StringEquals", "aws:PrincipalTag/team", "security", "fail"),
    ("IpAddress", "aws:SourceIp", "0.0.0.0/0", "fail"),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24", "pass"),
    ("StringEquals", "aws:SourceVpce", "vpce-1", "pass"),
    ("StringLike", "aws:SourceVpce", "vpce-*", "fail"),
    ("Null", "aws:SourceVpce", "false", "fail"),
    ("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8", "fail"),
    ("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z", "unknown"),
]
"""Conditions under which everybody is named, and whether they keep strangers out."""

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
        ("the same name in an ARN that goes on",
         of(MUTE, around(f'ALARM("{arn("cloudwatch", "alarm:root")}-2")')), "fail"),
        ("one that goes off when it is quiet", of(MUTE, around('OK("root")')), "fail"),
        ("one that goes off unless it does", of(MUTE, around('NOT ALARM("root")')), "fail"),
        ("one in which only the name stands", of(MUTE, around('ALARM("all") AND OK("root")')), "fail"),
        ("one with both, of which it suffices", of(MUTE, around('(OK("root") OR ALARM("root"))')), "pass"),
        ("one that needs another alarm too", of(MUTE, around('ALARM("root") AND NOT ALARM("work")')), "unknown"),
        ("one that is not understood", of(MUTE, around('AT_LEAST(1, ALARM, ("root", "other"))')), "unknown"),
        ("one that is not understood, about others", of(MUTE, around('AT_LEAST(1, ALARM, ("roots"))')), "fail"),
        ("a name with spaces", of(alarm("Root use", enabled=False), around('ALARM("Root use")')), "pass"),
        ("a name with spaces, alone", of(alarm("Root use", enabled=False), around('ALARM("Root  use")')), "fail"),
        ("an ARN of another region", of(MUTE | {"arn": arn("cloudwatch", "alarm:root", "us-west-2")}), "fail"),
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
        ("another organization, and the accounts of the own one were not read",
         member(bus(lets("*", **in_organization("o-fghij67890")))), "fail"),
        ("an organization, and whether it is the own one was not read",
         bus(lets("*", **in_organization("o-fghij67890"))) | {"organization": {}}, "unknown"),
        ("whether there is an organization was not read", bus(lets(OTHER)) | {"organization": {}}, "unknown"),
        ("everybody, whatever was not read", bus(lets("*")) | {"organization": {}}, "fail"),
        ("a service of AWS", bus(lets({"Service": "events.amazonaws.com"})), "pass"),
        ("a foreign account that may look", bus(lets(OTHER, "events:DescribeEventBus")), "pass"),
        *((f"under {key} {value}: {expected}",
           member(bus(lets("*", Condition={operator: {key: value}})), accounts=[]), expected)
          for operator, key, value, expected in CONDITIONS),
        ("a foreign account, but only of one's organization",
         member(bus(lets(OTHER, **in_organization("o-abcde12345"))), accounts=[]), "pass"),
        ("a foreign account that a Deny keeps out",
         bus(lets(OTHER), lets(OTHER, Effect="Deny")), "pass"),
        ("a foreign account of which a Deny keeps one role out",
         bus(lets(OTHER), lets({"AWS": f"arn:aws:iam::{FOREIGN}:role/x"}, Effect="Deny")), "fail"),
        ("everybody, and a Deny for all but the organization",
         member(bus(lets("*"), lets("*", Effect="Deny", Condition={
             "StringNotEquals": {"aws:PrincipalOrgID": "o-abcde12345"}})), accounts=[]), "pass"),
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


def test_who_is_named_in_a_condition_is_told() -> None:
    found = bus(lets("*", Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{FOREIGN}:role/*"}}))

    assert only_finding(OPEN, found).evidence["material"] == [f"foreign:{FOREIGN}"]
    assert verdict(OPEN, found, declared={"accounts": [FOREIGN]}) == "pass"


def test_what_the_sender_writes_keeps_nobody_out() -> None:
    found = bus(lets("*", Condition={"StringEquals": {"events:source": "shop.orders"}}))

    assert only_finding(OPEN, found).evidence["material"] == ["public:events:PutEvents"]


def test_many_alarms_are_judged_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {"searched": 0, "composites": 0}
    searched = Alerting._searched

    def counted_search(place: Region) -> frozenset[tuple[str, str]]:
        calls["searched"] += 1
        return searched(place)

    def counted_index(alarms: Any) -> Any:
        calls["composites"] += 1
        return by_name(alarms)

    monkeypatch.setattr(Alerting, "_searched", staticmethod(counted_search))
    monkeypatch.setattr("scanner.events.delivery_places.by_name", counted_index)
    many = [alarm(f"root-{number}", enabled=False) for number in range(30)]

    assert verdict(SILENT, of(*many, around('ALARM("root-7")'))).split() == ["fail"] * 29 + ["pass"]
    assert calls == {"searched": 1, "composites": 1}
