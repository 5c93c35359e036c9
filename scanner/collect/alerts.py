"""Collect the way of an alert: event buses, rules with their targets, and the subscriptions of topics."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from scanner.authorization_details import document
from scanner.collect.desk import Desk
from scanner.collect.reader import Reader
from scanner.inventory import (
    Alarm,
    Document,
    EventBus,
    EventRule,
    EventTarget,
    FilterPolicy,
    Gap,
    ResourcePolicy,
    Subscription,
    SubscriptionSettings,
)

_PAGE = {"PageSize": 100}
_TARGETS = "events:ListTargetsByRule"


def json_of(text: str) -> Document:
    """JSON text in normal form; raises ``ValueError`` for other text."""
    found = document(msgspec.Raw(msgspec.json.encode(text)))
    if not bytes(found).startswith(b"{"):
        raise ValueError("not a JSON object")
    return found


def policy_of(text: str | None) -> ResourcePolicy | None:
    """The policy of a resource, which AWS hands out as text; None where there is none."""
    return ResourcePolicy(json_of(text)) if text else None


def read_buses(desk: Desk, region: str) -> tuple[EventBus, ...] | Gap:
    """The event buses of the region with their policies."""

    def read(reader: Reader) -> tuple[EventBus, ...]:
        found = (
            EventBus(item["Name"], item["Arn"], policy_of(item.get("Policy")))
            for page in reader.linked("ListEventBuses", Limit=100)
            for item in page["EventBuses"]
        )
        return tuple(sorted(found, key=lambda bus: bus.arn))

    return desk.ask("events", region, "ListEventBuses", read, tuple[EventBus, ...])


def read_rules(desk: Desk, region: str, buses: tuple[EventBus, ...] | Gap) -> tuple[EventRule, ...] | Gap:
    """The rules of every bus, those that an event of AWS could match with their targets.

    Where the buses could not be listed, the rules of one of them alone would look like all.
    """
    if isinstance(buses, Gap):
        return buses
    names = {"default", *(bus.name for bus in buses)}
    found: list[EventRule] = []
    for listed in desk.each(partial(_list_rules, desk, region), sorted(names)):
        if isinstance(listed, Gap):
            return listed
        found += listed
    return tuple(sorted(desk.each(partial(_with_targets, desk, region), found), key=lambda rule: rule.arn))


def _list_rules(desk: Desk, region: str, bus: str) -> tuple[EventRule, ...] | Gap:
    def read(reader: Reader) -> tuple[EventRule, ...]:
        return tuple(
            EventRule(
                name=rule["Name"],
                arn=rule["Arn"],
                state=rule.get("State") or "",
                targets=Gap(_TARGETS, "skipped", region),
                pattern=rule.get("EventPattern") or None,
                bus=rule.get("EventBusName") or bus,
                managed_by=rule.get("ManagedBy"),
            )
            for page in reader.pages("ListRules", EventBusName=bus, PaginationConfig=_PAGE)
            for rule in page["Rules"]
        )

    return desk.ask("events", region, "ListRules", read, tuple[EventRule, ...], subject=bus)


def _with_targets(desk: Desk, region: str, rule: EventRule) -> EventRule:
    reason = _why_no_alert(rule)
    if reason and _TARGETS in desk.wanted:
        return msgspec.structs.replace(rule, targets=Gap(_TARGETS, "skipped", region, reason))

    def read(reader: Reader) -> tuple[EventTarget, ...]:
        pages = reader.pages("ListTargetsByRule", Rule=rule.name, EventBusName=rule.bus, PaginationConfig=_PAGE)
        found = (_target(target) for page in pages for target in page["Targets"])
        return tuple(sorted(found, key=lambda target: target.id))

    targets = desk.ask("events", region, "ListTargetsByRule", read, tuple[EventTarget, ...], subject=rule.arn)
    return msgspec.structs.replace(rule, targets=targets)


def _why_no_alert(rule: EventRule) -> str:
    """Why no event of AWS ever matches a rule; empty where one might."""
    if rule.pattern is None:
        return "the rule runs by a schedule alone"
    try:
        pattern = json.loads(rule.pattern)
    except (ValueError, RecursionError):
        return ""
    sources = pattern.get("source") if isinstance(pattern, dict) else None
    if (
        isinstance(sources, list)
        and sources
        and all(isinstance(source, str) and not source.startswith("aws.") for source in sources)
    ):
        return "the rule takes events of applications only"
    return ""


def _target(answer: dict[str, Any]) -> EventTarget:
    retry = answer.get("RetryPolicy") or {}
    return EventTarget(
        id=answer["Id"],
        arn=answer["Arn"],
        role=answer.get("RoleArn"),
        dead_letter_queue=(answer.get("DeadLetterConfig") or {}).get("Arn"),
        retries=retry.get("MaximumRetryAttempts"),
        max_age=retry.get("MaximumEventAgeInSeconds"),
        transforms_input=any(answer.get(member) for member in ("Input", "InputPath", "InputTransformer")),
    )


def list_subscriptions(desk: Desk, region: str) -> tuple[Subscription, ...] | Gap:
    """Every subscription that the account made in the region, confirmed or not."""

    def read(reader: Reader) -> tuple[Subscription, ...]:
        found = (_subscription(item) for page in reader.pages("ListSubscriptions") for item in page["Subscriptions"])
        return tuple(sorted(found, key=lambda item: (item.topic, item.arn, item.protocol, item.endpoint_sha256 or "")))

    return desk.ask("sns", region, "ListSubscriptions", read, tuple[Subscription, ...])


def _subscription(answer: dict[str, Any]) -> Subscription:
    protocol, endpoint = answer.get("Protocol") or "", answer.get("Endpoint") or ""
    return Subscription(
        topic=answer["TopicArn"],
        protocol=protocol,
        arn=answer.get("SubscriptionArn") or "",
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


def read_subscriptions(
    desk: Desk,
    region: str,
    listed: tuple[Subscription, ...] | Gap,
    rules: tuple[EventRule, ...] | Gap,
    alarms: tuple[Alarm, ...] | Gap,
) -> tuple[Subscription, ...] | Gap:
    """The subscriptions, those through which alerts pass with their settings.

    Where it is not known which topics alerts go to, a confirmed subscription has the reason in place of its settings.
    """
    if isinstance(listed, Gap):
        return listed
    topics = set(alert_receivers(rules, alarms))
    unknown = next(_missing(rules, alarms), None)

    def complete(subscription: Subscription) -> Subscription:
        if not subscription.is_confirmed:
            return subscription
        settings = _read_settings(desk, region, subscription.arn) if subscription.topic in topics else unknown
        return msgspec.structs.replace(subscription, settings=settings)

    return tuple(desk.each(complete, listed))


def alert_receivers(rules: tuple[EventRule, ...] | Gap, alarms: tuple[Alarm, ...] | Gap) -> Iterator[str]:
    """The ARNs that rules and alarms name, as far as they are known."""
    for rule in () if isinstance(rules, Gap) else rules:
        yield from () if isinstance(rule.targets, Gap) else (target.arn for target in rule.targets)
    for alarm in () if isinstance(alarms, Gap) else alarms:
        yield from alarm.actions


def _missing(rules: tuple[EventRule, ...] | Gap, alarms: tuple[Alarm, ...] | Gap) -> Iterator[Gap]:
    for answer in (rules, alarms):
        if isinstance(answer, Gap):
            yield answer
    for rule in () if isinstance(rules, Gap) else rules:
        if isinstance(rule.targets, Gap) and not _why_no_alert(rule):
            yield rule.targets


def _read_settings(desk: Desk, region: str, subscription: str) -> SubscriptionSettings | Gap:
    def read(reader: Reader) -> SubscriptionSettings:
        found = reader.call("GetSubscriptionAttributes", SubscriptionArn=subscription)["Attributes"]
        redrive = json.loads(found.get("RedrivePolicy") or "{}")
        return SubscriptionSettings(
            filter_policy=FilterPolicy(json_of(found["FilterPolicy"])) if found.get("FilterPolicy") else None,
            filter_scope=found.get("FilterPolicyScope"),
            dead_letter_queue=redrive.get("deadLetterTargetArn"),
        )

    return desk.ask("sns", region, "GetSubscriptionAttributes", read, SubscriptionSettings, subject=subscription)
