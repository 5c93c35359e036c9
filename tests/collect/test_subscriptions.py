"""Subscriptions: where they lead to, and what those that alerts pass through let through."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from scanner.collect.alerts import list_subscriptions, read_subscriptions
from scanner.inventory import (
    Alarm,
    Document,
    EventRule,
    EventTarget,
    FilterPolicy,
    Gap,
    Subscription,
    SubscriptionSettings,
    known,
)
from tests.collect.answers_alerts import (
    ANSWERS,
    CHANGES,
    DEAD,
    INBOX,
    RESPONDER,
    ROLE,
    TOPIC,
)
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME
from tests.collect.stand_in import DENIED, StandIn

EVENTS = f"arn:aws:events:{HOME}:{ACCOUNT_ID}"
ALARM = (
    EventTarget("function", RESPONDER, ROLE, retries=0, max_age=60, transforms_input=True),
    EventTarget("sns", TOPIC, dead_letter_queue=DEAD),
)
UNREAD = Gap("events:ListTargetsByRule", "skipped", HOME)
NOT_READ = Gap("cloudwatch:DescribeAlarms", "throttled", HOME)


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def listed(session: Any, region: str = HOME) -> tuple[Subscription, ...] | Gap:
    with asking(session) as desk:
        return list_subscriptions(desk, region)


def completed(
    session: Any,
    found: tuple[EventRule, ...] | Gap,
    alarms: tuple[Alarm, ...] | Gap = (),
    unwanted: Iterable[str] = (),
) -> dict[str, Subscription]:
    with asking(session, unwanted=unwanted) as desk:
        subscriptions = read_subscriptions(desk, HOME, list_subscriptions(desk, HOME), found, alarms)
        return {subscription.arn: subscription for subscription in known(subscriptions)}


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


def digest(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


def rule(targets: tuple[EventTarget, ...] | Gap, pattern: str | None = "{}") -> EventRule:
    return EventRule("r", f"{EVENTS}:rule/r", "ENABLED", targets, pattern)


def test_subscriptions_as_they_are_listed(session: Any, aws: StandIn) -> None:
    assert listed(session) == (
        Subscription(TOPIC, "https", "PendingConfirmation", "hooks.example.com", digest("https://hooks.example.com/x")),
        Subscription(TOPIC, "email", f"{TOPIC}:1", "example.com", digest("night.watch@example.com")),
        Subscription(TOPIC, "lambda", f"{TOPIC}:2", RESPONDER, digest(RESPONDER)),
        Subscription(CHANGES, "sqs", f"{CHANGES}:3", INBOX, digest(INBOX)),
    )
    assert aws.requests == {("sns:ListSubscriptions", HOME): 1}


@pytest.mark.parametrize(
    ("protocol", "endpoint", "place"),
    [
        ("sms", "+15550100", None),
        ("email-json", "nobody", None),
        ("http", "http://user:word@hooks.example.com:8080/x", "hooks.example.com"),
        ("https", "https://[", None),
        ("firehose", "arn:aws:firehose:eu-west-1:1:deliverystream/x", "arn:aws:firehose:eu-west-1:1:deliverystream/x"),
        ("sqs", "", None),
    ],
)
def test_of_an_endpoint_only_its_place_is_kept(
    session: Any, aws: StandIn, protocol: str, endpoint: str, place: str | None
) -> None:
    aws.answer(
        "sns:ListSubscriptions", {"Subscriptions": [{"TopicArn": "t", "Protocol": protocol, "Endpoint": endpoint}]}
    )

    (found,) = known(listed(session))

    assert (found.endpoint, found.endpoint_sha256) == (place, digest(endpoint) if endpoint else None)


def test_settings_of_what_alerts_pass_through(session: Any, aws: StandIn) -> None:
    found = completed(session, (rule(ALARM),))

    assert found[f"{TOPIC}:1"].settings == SubscriptionSettings(
        FilterPolicy(Document(b'{"severity":[{"numeric":[">=",7]}]}')), "MessageBody", DEAD
    )
    assert found[f"{TOPIC}:2"].settings == SubscriptionSettings()
    assert found["PendingConfirmation"].settings is None
    assert found[f"{CHANGES}:3"].settings is None
    assert aws.requests == {("sns:ListSubscriptions", HOME): 1, ("sns:GetSubscriptionAttributes", HOME): 2}


def test_settings_survive_a_snapshot(session: Any) -> None:
    found = tuple(completed(session, (rule(ALARM),)).values())

    assert msgspec.json.decode(msgspec.json.encode(found), type=tuple[Subscription, ...]) == found


def test_topics_that_alarms_name_count_too(session: Any, aws: StandIn) -> None:
    aws.answer("sns:GetSubscriptionAttributes", {"Attributes": {}})

    found = completed(session, (), (Alarm("a", "arn:a", False, (CHANGES, "arn:aws:automate:eu-west-1:ec2:stop")),))

    assert {arn for arn, subscription in found.items() if subscription.settings} == {f"{CHANGES}:3"}


@pytest.mark.parametrize(
    ("found", "alarms", "missing"),
    [
        ((rule(ALARM),), NOT_READ, NOT_READ),
        (Gap("events:ListRules", "denied", HOME), (), Gap("events:ListRules", "denied", HOME)),
        ((rule(ALARM), rule(UNREAD)), (), UNREAD),
    ],
)
def test_where_alerts_go_to_may_be_unknown(
    session: Any, found: tuple[EventRule, ...] | Gap, alarms: tuple[Alarm, ...] | Gap, missing: Gap
) -> None:
    subscriptions = completed(session, found, alarms)

    assert gap_of(subscriptions[f"{CHANGES}:3"].settings) == gap_of(missing)
    assert subscriptions["PendingConfirmation"].settings is None
    if not isinstance(found, Gap):
        assert isinstance(subscriptions[f"{TOPIC}:2"].settings, SubscriptionSettings)


def test_rules_without_alerts_leave_nothing_unknown(session: Any) -> None:
    found = completed(session, (rule(UNREAD, None), rule(UNREAD, '{"source": ["x"]}')))

    assert [subscription.settings for subscription in found.values()] == [None] * 4


def test_settings_that_are_denied(session: Any, aws: StandIn) -> None:
    aws.answer("sns:GetSubscriptionAttributes", DENIED)

    found = completed(session, (rule(ALARM),))

    assert gap_of(found[f"{TOPIC}:1"].settings) == ("sns:GetSubscriptionAttributes", "denied", HOME)


def test_settings_that_nothing_needs(session: Any, aws: StandIn) -> None:
    found = completed(session, (rule(ALARM),), unwanted=["sns:GetSubscriptionAttributes"])

    assert gap_of(found[f"{TOPIC}:1"].settings) == ("sns:GetSubscriptionAttributes", "skipped", HOME)
    assert aws.requests == {("sns:ListSubscriptions", HOME): 1}


@pytest.mark.parametrize(
    "attributes",
    [
        {"FilterPolicy": "everything"},
        {"FilterPolicy": "[]"},
        {"RedrivePolicy": "elsewhere"},
        {"RedrivePolicy": '{"deadLetterTargetArn": 5}'},
        "all",
    ],
)
def test_settings_of_a_strange_shape(session: Any, aws: StandIn, attributes: Any) -> None:
    aws.answer("sns:GetSubscriptionAttributes", {"Attributes": attributes})

    found = completed(session, (rule(ALARM),))

    assert gap_of(found[f"{TOPIC}:1"].settings) == ("sns:GetSubscriptionAttributes", "error", HOME)


def test_subscriptions_that_cannot_be_listed(session: Any, aws: StandIn) -> None:
    aws.answer("sns:ListSubscriptions", DENIED)

    with asking(session) as desk:
        found = read_subscriptions(desk, HOME, list_subscriptions(desk, HOME), (rule(ALARM),), ())

    assert gap_of(found) == ("sns:ListSubscriptions", "denied", HOME)
    assert aws.requests == {("sns:ListSubscriptions", HOME): 1}
