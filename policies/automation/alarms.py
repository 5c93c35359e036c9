"""What tells that alerts fail: events that were not handed over, a queue that is not empty, a function with errors.

Sources: "Monitoring Amazon EventBridge" in the EventBridge User Guide, "Available CloudWatch metrics for Amazon SQS" in
the SQS Developer Guide, "Types of metrics for Lambda functions" in the Lambda Developer Guide. An alarm acts on topics
of its own region alone ("Using Amazon CloudWatch alarms" in the CloudWatch User Guide).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from policies.automation.names import ALERTING, ELSEWHERE
from policies.documents.protecting import RESPONDER

PERIOD = 300
"""Over how many seconds each alarm looks."""


class Metric(NamedTuple):
    """One metric, as CloudWatch names it."""

    namespace: str
    name: str
    dimension: str
    value: str
    statistic: str


class Alarm(NamedTuple):
    """An alarm that goes off as soon as the sum of its metrics is above nothing."""

    name: str
    says: str
    metrics: tuple[Metric, ...]


def alarms(rules: Iterable[str], *, home: bool, function: bool) -> Iterator[Alarm]:
    """The alarms of a region.

    Args:
        rules: the names of its rules.
        home: whether it is the home region.
        function: whether there is a function.
    """
    start = ALERTING if home else ELSEWHERE
    queue = Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", ALERTING, "Maximum")
    yield Alarm(f"{start}-queue", "Alerts that could not be handed over wait in the queue.", (queue,))
    failed = tuple(Metric("AWS/Events", "FailedInvocations", "RuleName", each, "Sum") for each in rules)
    yield Alarm(f"{start}-failed", "EventBridge could not hand alerts over.", failed)
    if home and function:
        errors = Metric("AWS/Lambda", "Errors", "FunctionName", RESPONDER, "Sum")
        yield Alarm(f"{start}-errors", "The function failed.", (errors,))
