"""Buses, rules and targets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from scanner.collect.alerts import list_subscriptions, read_buses, read_rules, read_subscriptions
from scanner.iam.documents import parse
from scanner.inventory import (
    Document,
    EventBus,
    EventRule,
    EventTarget,
    FilterPolicy,
    Gap,
    ResourcePolicy,
    Subscription,
    SubscriptionSettings,
    known,
)
from tests.collect.answers_alerts import (
    ANSWERS,
    BUSES,
    DEAD,
    INBOX,
    RESPONDER,
    ROLE,
    RULES,
    TARGETS,
    TOPIC,
    policy,
)
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import DENIED, Asked, StandIn

EVENTS = f"arn:aws:events:{HOME}:{ACCOUNT_ID}"
DEFAULT = EventBus("default", f"{EVENTS}:event-bus/default")
APPS = EventBus("apps", f"{EVENTS}:event-bus/apps")
ALARM = (
    EventTarget("function", RESPONDER, ROLE, retries=0, max_age=60, transforms_input=True),
    EventTarget("sns", TOPIC, dead_letter_queue=DEAD),
)
SKIPPED = ("events:ListTargetsByRule", "skipped", HOME)


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def buses(session: Any, region: str = HOME) -> tuple[EventBus, ...] | Gap:
    with asking(session) as desk:
        return read_buses(desk, region)


def rules(
    session: Any,
    found: tuple[EventBus, ...] | Gap = (DEFAULT, APPS),
    region: str = HOME,
    unwanted: Iterable[str] = (),
) -> tuple[EventRule, ...] | Gap:
    with asking(session, unwanted=unwanted) as desk:
        return read_rules(desk, region, found)


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


def patterned(aws: StandIn, pattern: str | None) -> None:
    """Let the default bus have one rule."""
    found = {**RULES["default"][0], "EventPattern": pattern}
    aws.answer("events:ListRules", {"Rules": [{name: value for name, value in found.items() if value is not None}]})


def test_buses_with_their_policies(session: Any, aws: StandIn) -> None:
    apps, default = known(buses(session))

    assert default == DEFAULT
    assert (apps.name, apps.arn) == (APPS.name, APPS.arn)
    assert isinstance(apps.policy, ResourcePolicy)
    assert json.loads(bytes(apps.policy.document)) == json.loads(policy("events:PutEvents"))
    assert parse(apps.policy.document).statements
    assert [asked.parameters for asked in aws.asked] == [{"Limit": 100}]


def test_buses_on_several_pages(session: Any, aws: StandIn) -> None:
    usual = buses(session)
    pages: list[dict[str, Any]] = [
        {"EventBuses": BUSES[:1], "NextToken": "1"},
        {"EventBuses": [], "NextToken": "2"},
        {"EventBuses": BUSES[1:]},
    ]
    aws.answer("events:ListEventBuses", lambda asked: pages[int(asked.parameters.get("NextToken", 0))])

    assert buses(session) == usual


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"EventBuses": [{"Name": "default"}]},
        {"EventBuses": [{**BUSES[0], "Policy": "anybody may send"}]},
        {"EventBuses": [{**BUSES[0], "Policy": '"anybody"'}]},
        {"EventBuses": [{**BUSES[0], "Policy": ["x"]}]},
    ],
)
def test_buses_of_a_strange_shape(session: Any, aws: StandIn, answer: dict[str, Any]) -> None:
    aws.answer("events:ListEventBuses", answer)

    assert gap_of(buses(session)) == ("events:ListEventBuses", "error", HOME)


def test_buses_that_are_denied(session: Any, aws: StandIn) -> None:
    aws.answer("events:ListEventBuses", DENIED)

    assert gap_of(buses(session)) == ("events:ListEventBuses", "denied", HOME)


def test_rules_of_every_bus(session: Any, aws: StandIn) -> None:
    alarm, forwarded, orders, nightly = known(rules(session))

    assert alarm == EventRule(
        "alarm", f"{EVENTS}:rule/alarm", "ENABLED", ALARM, '{"source": ["aws.guardduty"]}', "default"
    )
    assert forwarded == EventRule(
        "forwarded",
        f"{EVENTS}:rule/apps/forwarded",
        "DISABLED",
        (EventTarget("queue", INBOX),),
        '{"detail-type": ["GuardDuty Finding"]}',
        "apps",
        "inspector2.amazonaws.com",
    )
    assert (nightly.pattern, orders.bus, orders.state) == (None, "apps", "ENABLED")
    assert gap_of(nightly.targets) == SKIPPED
    assert gap_of(orders.targets) == SKIPPED
    assert aws.requests == {("events:ListRules", HOME): 2, ("events:ListTargetsByRule", HOME): 2}


def test_secrets_of_targets_are_not_kept(session: Any) -> None:
    assert b"a secret" not in msgspec.json.encode(rules(session))


def test_targets_are_asked_for_on_the_bus_of_their_rule(session: Any, aws: StandIn) -> None:
    rules(session)

    asked = [dict(asked.parameters) for asked in aws.asked if asked.api == "events:ListTargetsByRule"]
    assert sorted(asked, key=str) == [
        {"Rule": "alarm", "EventBusName": "default", "Limit": 100},
        {"Rule": "forwarded", "EventBusName": "apps", "Limit": 100},
    ]


def test_the_default_bus_is_asked_in_any_case(session: Any, aws: StandIn) -> None:
    assert [rule.name for rule in known(rules(session, ()))] == ["alarm", "nightly"]


def test_the_rules_of_one_bus_are_not_taken_for_all(session: Any, aws: StandIn) -> None:
    buses = Gap("events:ListEventBuses", "denied", HOME)

    assert gap_of(rules(session, buses)) == ("events:ListEventBuses", "denied", HOME)
    assert not aws.asked


def test_a_region_without_rules(session: Any, aws: StandIn) -> None:
    assert rules(session, (DEFAULT,), OTHER) == ()
    assert aws.requests == {("events:ListRules", OTHER): 1}


def test_rules_of_one_bus_that_are_denied(session: Any, aws: StandIn) -> None:
    aws.answer(
        "events:ListRules",
        lambda asked: DENIED if asked.parameters["EventBusName"] == "apps" else {"Rules": RULES["default"]},
    )

    assert gap_of(rules(session)) == ("events:ListRules", "denied", HOME)


def test_targets_of_one_rule_that_are_denied(session: Any, aws: StandIn) -> None:
    aws.answer(
        "events:ListTargetsByRule",
        lambda asked: DENIED if asked.parameters["Rule"] == "alarm" else {"Targets": TARGETS["forwarded"]},
    )

    alarm, forwarded, *_ = known(rules(session))

    assert gap_of(alarm.targets) == ("events:ListTargetsByRule", "denied", HOME)
    assert known(forwarded.targets) == (EventTarget("queue", INBOX),)


def test_targets_that_nothing_needs(session: Any, aws: StandIn) -> None:
    found = known(rules(session, unwanted=["events:ListTargetsByRule"]))

    assert {gap_of(rule.targets) for rule in found} == {SKIPPED}
    assert aws.requests == {("events:ListRules", HOME): 2}


def test_rules_and_targets_on_several_pages(session: Any, aws: StandIn) -> None:
    usual = msgspec.json.encode(rules(session))

    def turned(asked: Asked) -> dict[str, Any]:
        member = "Rules" if asked.api == "events:ListRules" else "Targets"
        answer: dict[str, Any] = ANSWERS[asked.api](asked)
        return answer if asked.parameters.get("NextToken") else {member: [], "NextToken": "more"}

    aws.reset({**ANSWERS, "events:ListRules": turned, "events:ListTargetsByRule": turned})

    assert msgspec.json.encode(rules(session)) == usual
    assert aws.requests == {("events:ListRules", HOME): 4, ("events:ListTargetsByRule", HOME): 4}


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (None, "the rule runs by a schedule alone"),
        ('{"source": ["com.example.orders", "awsome"]}', "the rule takes events of applications only"),
        ('{"source": ["com.example.orders"], "detail": {"x": [1]}}', "the rule takes events of applications only"),
    ],
)
def test_rules_that_no_event_of_aws_matches(session: Any, aws: StandIn, pattern: str | None, why: str) -> None:
    patterned(aws, pattern)

    (found,) = known(rules(session, (DEFAULT,)))

    assert isinstance(found.targets, Gap)
    assert (found.targets.status, found.targets.reason) == ("skipped", why)
    assert ("events:ListTargetsByRule", HOME) not in aws.requests


@pytest.mark.parametrize(
    "pattern",
    [
        '{"source": ["com.example.orders", "aws.health"]}',
        '{"source": [{"prefix": ""}]}',
        '{"source": [{"anything-but": "aws.ec2"}]}',
        '{"source": []}',
        '{"source": "com.example.orders"}',
        '{"detail-type": ["AWS API Call via CloudTrail"]}',
        '{"$or": [{"source": ["com.example.orders"]}, {"source": ["aws.iam"]}]}',
        "[]",
        "not JSON",
        "[" * 100_000,
    ],
)
def test_rules_that_an_event_of_aws_may_match(session: Any, aws: StandIn, pattern: str) -> None:
    patterned(aws, pattern)

    (found,) = known(rules(session, (DEFAULT,)))

    assert (found.pattern, found.targets) == (pattern, ALARM)


@pytest.mark.parametrize("member", ["Input", "InputPath", "InputTransformer"])
def test_what_a_target_is_given_may_be_changed(session: Any, aws: StandIn, member: str) -> None:
    value: Any = {"InputTemplate": "x"} if member == "InputTransformer" else "x"
    aws.answer("events:ListTargetsByRule", {"Targets": [{"Id": "t", "Arn": TOPIC, member: value}]})

    assert known(known(rules(session, ()))[0].targets) == (EventTarget("t", TOPIC, transforms_input=True),)


def test_through_the_real_parsers() -> None:
    with mock_aws():
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
        events, sns, sqs = (session.client(service) for service in ("events", "sns", "sqs"))
        events.create_event_bus(Name="apps")
        queue = sqs.get_queue_attributes(
            QueueUrl=sqs.create_queue(QueueName="inbox")["QueueUrl"], AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        topic = sns.create_topic(Name="alarms")["TopicArn"]
        events.put_rule(Name="alarm", EventBusName="apps", EventPattern='{"source": ["aws.guardduty"]}')
        events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
        events.put_targets(
            Rule="alarm",
            EventBusName="apps",
            Targets=[{"Id": "t", "Arn": topic, "DeadLetterConfig": {"Arn": queue}, "InputPath": "$.detail"}],
        )
        subscription = sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=queue,
            Attributes={"FilterPolicy": '{"x": ["y"]}', "FilterPolicyScope": "MessageBody"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]

        with asking(session) as desk:
            found = read_rules(desk, HOME, read_buses(desk, HOME))
            alarm, nightly = known(found)
            (subscribed,) = known(read_subscriptions(desk, HOME, list_subscriptions(desk, HOME), found, ()))

    assert (alarm.bus, known(alarm.targets)) == (
        "apps",
        (EventTarget("t", topic, dead_letter_queue=queue, transforms_input=True),),
    )
    assert (nightly.pattern, nightly.bus) == (None, "default")
    assert subscribed == Subscription(
        topic,
        "sqs",
        subscription,
        queue,
        hashlib.sha256(queue.encode()).hexdigest(),
        SubscriptionSettings(FilterPolicy(Document(b'{"x":["y"]}')), "MessageBody"),
    )
