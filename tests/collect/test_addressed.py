"""Which topics, functions and queues something sends alerts to."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collect.receivers import Addressed, addressed, read_functions, read_queues, read_topics
from scanner.inventory import (
    Alarm,
    EventRule,
    EventTarget,
    Gap,
    Subscription,
)
from tests.collect.answers_alerts import (
    ANSWERS,
    CHANGES,
    DEAD,
    INBOX,
    RESPONDER,
    TOPIC,
)
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import StandIn

DENIED_RULES = Gap("events:ListRules", "denied", HOME)
SKIPPED = Gap("events:ListTargetsByRule", "skipped", HOME)


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def rule(*targets: str, dead: str | None = None) -> EventRule:
    found = tuple(EventTarget(str(number), arn, dead_letter_queue=dead) for number, arn in enumerate(targets))
    return EventRule("r", f"arn:aws:events:{HOME}:{ACCOUNT_ID}:rule/r", "ENABLED", found, "{}")


def alarm(*actions: str) -> Alarm:
    return Alarm("a", f"arn:aws:cloudwatch:{HOME}:{ACCOUNT_ID}:alarm:a", True, actions)


def subscribed(topic: str, endpoint: str, arn: str | None = None) -> Subscription:
    return Subscription(topic, endpoint.split(":")[2], arn or f"{topic}:1", endpoint)


def found_in(rules: Any = (), alarms: Any = (), subscriptions: Any = ()) -> Addressed:
    """What is addressed if these are the parts of the only region."""
    return found_everywhere({HOME: rules}, {HOME: alarms}, {HOME: subscriptions})


def found_everywhere(rules: dict[str, Any], alarms: dict[str, Any], subscriptions: dict[str, Any]) -> Addressed:
    return addressed({"event_rules": rules, "alarms": alarms, "subscriptions": subscriptions}.__getitem__)


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


def test_targets_actions_subscribers_and_dead_letter_queues() -> None:
    found = found_in(
        rules=(rule(TOPIC, RESPONDER, dead=DEAD), rule(f"arn:aws:kinesis:{HOME}:{ACCOUNT_ID}:stream/s")),
        alarms=(alarm(CHANGES, f"{RESPONDER}:live"), alarm("arn:aws:automate:eu-west-1:ec2:stop")),
        subscriptions=(
            subscribed(CHANGES, INBOX),
            subscribed(TOPIC, f"{RESPONDER}2"),
            subscribed(TOPIC, f"{RESPONDER}3", "PendingConfirmation"),
            subscribed(f"{TOPIC}-of-others", f"{RESPONDER}4"),
            Subscription(TOPIC, "email", f"{TOPIC}:9", "example.com"),
        ),
    )

    assert found == Addressed(
        topics=(TOPIC, CHANGES), functions=(RESPONDER, f"{RESPONDER}2", f"{RESPONDER}:live"), queues=(DEAD, INBOX)
    )


def test_a_topic_in_one_region_and_its_subscribers_in_another() -> None:
    topic = f"arn:aws:sns:{OTHER}:{ACCOUNT_ID}:central"

    found = found_everywhere(
        rules={HOME: (rule(topic),), OTHER: ()},
        alarms={HOME: (), OTHER: ()},
        subscriptions={HOME: (), OTHER: (subscribed(topic, RESPONDER),)},
    )

    assert found == Addressed(topics=(topic,), functions=(RESPONDER,))


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "alarms",
        f"arn:aws:sns:{HOME}::alarms",
        f"arn:aws:sns::{ACCOUNT_ID}:alarms",
        f"arn:aws:sns:{HOME}:1234:alarms",
        f"{TOPIC}:1",
        f"{TOPIC}\n",
        f"arn:aws:sns:{HOME}.example.com/:{ACCOUNT_ID}:alarms",
        f"arn:aws:lambda:{HOME}:{ACCOUNT_ID}:responder",
        f"arn:aws:lambda:{HOME}:{ACCOUNT_ID}:layer:responder",
        f"{RESPONDER}:1:2",
        f"arn:aws:sqs:{HOME}:{ACCOUNT_ID}:../x",
        f"arn:aws:events:{HOME}:{ACCOUNT_ID}:event-bus/central",
    ],
)
def test_what_is_no_receiver_is_left_out(arn: str) -> None:
    assert found_in(rules=(rule(arn, dead=arn),), alarms=(alarm(arn),)) == Addressed()


@pytest.mark.parametrize("arn", [f"{TOPIC}.fifo", "arn:aws-us-gov:sns:us-gov-west-1:111122223333:alarms"])
def test_unusual_topics(arn: str) -> None:
    assert found_in(rules=(rule(arn),)) == Addressed(topics=(arn,))


@pytest.mark.parametrize("arn", [f"{RESPONDER}:7", f"{RESPONDER}:$LATEST"])
def test_versions_of_functions(arn: str) -> None:
    assert found_in(rules=(rule(arn),)) == Addressed(functions=(arn,))


def test_what_could_be_read_counts() -> None:
    unread = EventRule("u", "arn:u", "ENABLED", SKIPPED, "{}")

    assert found_in(rules=(rule(TOPIC), unread), alarms=DENIED_RULES, subscriptions=DENIED_RULES) == Addressed(
        topics=(TOPIC,)
    )
    assert found_in(rules=DENIED_RULES, alarms=(alarm(TOPIC),)) == Addressed(topics=(TOPIC,))


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (found_in(rules=DENIED_RULES, alarms=SKIPPED), DENIED_RULES),
        (found_everywhere({}, {}, {}), Gap("events:ListRules", "skipped", "*")),
    ],
)
def test_where_nothing_is_known_nothing_is_missing(session: Any, aws: StandIn, found: Addressed, missing: Gap) -> None:
    with asking(session) as desk:
        for read in (read_topics, read_functions, read_queues):
            assert gap_of(read(desk, found)) == gap_of(missing)
    assert not aws.asked
