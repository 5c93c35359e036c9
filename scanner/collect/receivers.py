"""Collect what alerts are sent to: topics, functions and queues."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from scanner.collect.alerts import alert_receivers, policy_of
from scanner.collect.desk import Desk
from scanner.collect.outcome import ABSENT
from scanner.collect.reader import Reader
from scanner.inventory import (
    Concurrency,
    Function,
    FunctionDetail,
    Gap,
    Queue,
    QueueDetail,
    ResourcePolicy,
    Topic,
    TopicDetail,
)

T = TypeVar("T")

_REFUSALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"}
_QUEUE_ATTRIBUTES = ["KmsMasterKeyId", "Policy", "QueueArn", "SqsManagedSseEnabled"]
"""What is asked about a queue; every queue has an ARN, so that an answer without attributes is none."""
_ARN = re.compile(
    r"arn:[a-z-]+:"
    r"(?:(?P<topics>sns)|(?P<queues>sqs)|(?P<functions>lambda))"
    r":[a-z]+(?:-[a-z]+)+-[0-9]+:[0-9]{12}:"
    r"(?(functions)function:[A-Za-z0-9_-]+(?::[A-Za-z0-9_.$-]+)?|[A-Za-z0-9_-]+(?:\.fifo)?)"
)
"""The ARN of a topic, a queue or a function, which may have a version or an alias."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """What something sends alerts to, by ARN and sorted.

    Attributes:
        gap: why nothing is known; None as soon as one region tells something.
    """

    topics: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    gap: Gap | None = None


def addressed(every: Callable[[str], dict[str, Any]]) -> Addressed:
    """The topics, functions and queues that rules and alarms of all regions lead to, as far as these could be read.

    That are targets and their dead-letter queues, actions of alarms, and what is subscribed to the topics among them.
    What is no ARN of such a thing is left out, since nothing can be delivered to it.

    Args:
        every: gives a part of every region, by the region's name.
    """
    rules, alarms, subscriptions = every("event_rules"), every("alarms"), every("subscriptions")
    parts = [answer for found in (rules, alarms) for answer in found.values()]
    if all(isinstance(answer, Gap) for answer in parts):
        return Addressed(gap=next(iter(parts), Gap("events:ListRules", "skipped", "*")))
    named = {arn for region in rules for arn in alert_receivers(rules[region], alarms.get(region, ()))}
    named |= set(_dead_letter_queues(rules.values()))
    for answer in subscriptions.values():
        if not isinstance(answer, Gap):
            named |= {item.endpoint for item in answer if item.topic in named and item.is_confirmed and item.endpoint}
    kinds = {arn: match.lastgroup for arn in sorted(named) if (match := _ARN.fullmatch(arn))}
    topics, functions, queues = (
        tuple(arn for arn, found in kinds.items() if found == kind) for kind in ("topics", "functions", "queues")
    )
    return Addressed(topics, functions, queues)


def _dead_letter_queues(answers: Iterable[Any]) -> Iterator[str]:
    for rules in answers:
        for rule in () if isinstance(rules, Gap) else rules:
            for target in () if isinstance(rule.targets, Gap) else rule.targets:
                if target.dead_letter_queue:
                    yield target.dead_letter_queue


def _ask(desk: Desk, arn: str, operation: str, read: Callable[[Reader, bool], T], kind: Any) -> T | Gap:
    """One unit about something in the region of its ARN; ``read`` is told whether the account owns it.

    In other accounts AWS does not tell what is not there from what may not be read, so that both are ``elsewhere``.
    """
    _, _, service, region, account, _ = arn.split(":", 5)
    is_own = account == desk.account_id
    return desk.ask(
        service,
        region,
        operation,
        lambda reader: read(reader, is_own),
        kind,
        subject=arn,
        owner=None if is_own else account,
        elsewhere=_REFUSALS | ABSENT.get(f"{service}:{operation}", frozenset()),
    )


def _answer(reader: Reader, is_own: bool, operation: str, **parameters: object) -> dict[str, Any] | None:
    return reader.find(operation, **parameters) if is_own else reader.call(operation, **parameters)


def read_topics(desk: Desk, found: Addressed) -> tuple[Topic, ...] | Gap:
    """The topics that alerts are sent to."""
    if found.gap is not None:
        return found.gap
    return tuple(map(Topic, found.topics, desk.each(partial(_read_topic, desk), found.topics)))


def _read_topic(desk: Desk, arn: str) -> TopicDetail | Gap | None:
    def read(reader: Reader, is_own: bool) -> TopicDetail | None:
        answer = _answer(reader, is_own, "GetTopicAttributes", TopicArn=arn)
        if answer is None:
            return None
        attributes = answer["Attributes"]
        confirmed = attributes.get("SubscriptionsConfirmed")
        return TopicDetail(
            policy_of(attributes.get("Policy")),
            attributes.get("KmsMasterKeyId") or None,
            None if confirmed is None else int(confirmed),
        )

    return _ask(desk, arn, "GetTopicAttributes", read, TopicDetail | None)


def read_functions(desk: Desk, found: Addressed) -> tuple[Function, ...] | Gap:
    """The functions that alerts are sent to, each version or alias that is named on its own."""
    if found.gap is not None:
        return found.gap
    details = dict(zip(found.functions, desk.each(partial(_read_configuration, desk), found.functions), strict=True))
    # Of what does not exist, or shows itself to its own account only, nothing more is asked.
    there = [arn for arn, detail in details.items() if not _is_out_of_sight(detail)]
    policies = dict(zip(there, desk.each(partial(_read_policy, desk), there), strict=True))
    bare = sorted(set(map(_unqualified, there)))
    reserved = dict(zip(bare, desk.each(partial(_read_concurrency, desk), bare), strict=True))
    functions = []
    for arn, detail in details.items():
        absent = detail if isinstance(detail, Gap) else None
        policy, concurrency = policies.get(arn, absent), reserved.get(_unqualified(arn), absent)
        functions.append(Function(arn, detail, policy, concurrency))
    return tuple(functions)


def _is_out_of_sight(detail: FunctionDetail | Gap | None) -> bool:
    return detail is None or (isinstance(detail, Gap) and detail.status == "elsewhere")


def _unqualified(arn: str) -> str:
    """The ARN of a function without its version or alias, by which alone its concurrency is told."""
    return ":".join(arn.split(":")[:7])


def _read_configuration(desk: Desk, arn: str) -> FunctionDetail | Gap | None:
    def read(reader: Reader, is_own: bool) -> FunctionDetail | None:
        answer = _answer(reader, is_own, "GetFunctionConfiguration", FunctionName=arn)
        if answer is None:
            return None
        answer["FunctionArn"]  # an answer about no function is malformed
        return FunctionDetail(
            state=answer.get("State"),
            runtime=answer.get("Runtime"),
            package_type=answer.get("PackageType"),
            role=answer.get("Role"),
            last_update=answer.get("LastUpdateStatus"),
            dead_letter_queue=(answer.get("DeadLetterConfig") or {}).get("TargetArn") or None,
        )

    return _ask(desk, arn, "GetFunctionConfiguration", read, FunctionDetail | None)


def _read_policy(desk: Desk, arn: str) -> ResourcePolicy | Gap | None:
    def read(reader: Reader, is_own: bool) -> ResourcePolicy | None:
        answer = _answer(reader, is_own, "GetPolicy", FunctionName=arn)
        return None if answer is None else policy_of(answer["Policy"])

    return _ask(desk, arn, "GetPolicy", read, ResourcePolicy | None)


def _read_concurrency(desk: Desk, arn: str) -> Concurrency | Gap:
    def read(reader: Reader, _: bool) -> Concurrency:
        answer = reader.call("GetFunctionConcurrency", FunctionName=arn)
        return Concurrency(answer.get("ReservedConcurrentExecutions"))

    return _ask(desk, arn, "GetFunctionConcurrency", read, Concurrency)


def read_queues(desk: Desk, found: Addressed) -> tuple[Queue, ...] | Gap:
    """The queues that alerts, or those that could not be delivered, are sent to."""
    if found.gap is not None:
        return found.gap
    return tuple(map(Queue, found.queues, desk.each(partial(_read_queue, desk), found.queues)))


def _read_queue(desk: Desk, arn: str) -> QueueDetail | Gap | None:
    def read(reader: Reader, is_own: bool) -> QueueDetail | None:
        answer = _answer(
            reader, is_own, "GetQueueAttributes", QueueUrl=_url(reader, arn), AttributeNames=_QUEUE_ATTRIBUTES
        )
        if answer is None:
            return None
        attributes = answer["Attributes"]
        return QueueDetail(
            policy=policy_of(attributes.get("Policy")),
            kms_key=attributes.get("KmsMasterKeyId") or None,
            uses_sqs_encryption=attributes.get("SqsManagedSseEnabled") == "true",
        )

    return _ask(desk, arn, "GetQueueAttributes", read, QueueDetail | None)


def _url(reader: Reader, arn: str) -> str:
    """The URL of a queue, at the address that is asked: SQS refuses one at another address."""
    account, name = arn.split(":")[4:]
    address = reader.clients.get(reader.service, reader.endpoint).meta.endpoint_url
    return f"{address.rstrip('/')}/{account}/{name}"
