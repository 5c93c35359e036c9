"""Collect the alert path: EventBridge rules with their targets, and SNS subscriptions."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from scanner.collect.reader import Reader, answered
from scanner.inventory import EventRule, EventTarget, Gap, Subscription


def read_rules(reader: Reader) -> tuple[EventRule, ...] | Gap:
    """The rules of the default bus, each with its targets."""

    def read() -> tuple[EventRule, ...]:
        rules = [
            rule for page in reader.pages("ListRules", PaginationConfig={"PageSize": 100}) for rule in page["Rules"]
        ]
        found = (_rule(reader, rule) for rule in rules)
        return tuple(sorted(found, key=lambda rule: rule.arn))

    return answered(reader, "ListRules", read)


def _rule(reader: Reader, rule: dict[str, Any]) -> EventRule:
    def read() -> tuple[EventTarget, ...]:
        pages = reader.pages("ListTargetsByRule", Rule=rule["Name"], PaginationConfig={"PageSize": 100})
        targets = (_target(target) for page in pages for target in page["Targets"])
        return tuple(sorted(targets, key=lambda target: target.id))

    return EventRule(
        name=rule["Name"],
        arn=rule["Arn"],
        state=rule.get("State", ""),
        targets=answered(reader, "ListTargetsByRule", read),
        pattern=rule.get("EventPattern") or None,
    )


def _target(target: dict[str, Any]) -> EventTarget:
    return EventTarget(
        id=target["Id"],
        arn=target["Arn"],
        role=target.get("RoleArn"),
        dead_letter_queue=(target.get("DeadLetterConfig") or {}).get("Arn"),
    )


def read_subscriptions(reader: Reader) -> tuple[Subscription, ...] | Gap:
    """Every subscription of the region, confirmed or not."""

    def read() -> tuple[Subscription, ...]:
        found = [
            _subscription(subscription)
            for page in reader.pages("ListSubscriptions")
            for subscription in page["Subscriptions"]
        ]
        return tuple(sorted(found, key=lambda item: (item.topic, item.arn, item.endpoint_sha256 or "")))

    return answered(reader, "ListSubscriptions", read)


def _subscription(answer: dict[str, Any]) -> Subscription:
    protocol, endpoint = answer.get("Protocol", ""), answer.get("Endpoint") or ""
    return Subscription(
        topic=answer["TopicArn"],
        protocol=protocol,
        arn=answer.get("SubscriptionArn", ""),
        endpoint=_place(protocol, endpoint),
        endpoint_sha256=hashlib.sha256(endpoint.encode()).hexdigest() if endpoint else None,
    )


def _place(protocol: str, endpoint: str) -> str | None:
    if protocol in {"http", "https"}:
        try:
            return urlsplit(endpoint).hostname
        except ValueError:
            return None
    if protocol.startswith("email"):
        _, at, domain = endpoint.rpartition("@")
        return domain if at else None
    return endpoint if endpoint.startswith("arn:") else None
