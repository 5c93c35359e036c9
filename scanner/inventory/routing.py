"""How an alert travels: buses, rules, topics, functions, queues, metric filters and alarms."""

from __future__ import annotations

from scanner.inventory.documents import FilterPolicy, ResourcePolicy
from scanner.inventory.fact import Fact
from scanner.inventory.gap import Gap


class EventBus(Fact, frozen=True):
    """An event bus; ``policy`` None where AWS says that it has none, so that other accounts may not send to it."""

    name: str
    arn: str
    policy: ResourcePolicy | None = None


class EventTarget(Fact, frozen=True):
    """Where an EventBridge rule sends what it matches; inputs and headers are left out, since they may hold secrets.

    ``retries`` and ``max_age`` (seconds) are None where the service's own apply.
    """

    id: str
    arn: str
    role: str | None = None
    dead_letter_queue: str | None = None
    retries: int | None = None
    max_age: int | None = None
    transforms_input: bool = False


class EventRule(Fact, frozen=True):
    """An EventBridge rule; ``pattern`` is JSON text, None for rules that run by a schedule alone."""

    name: str
    arn: str
    state: str
    targets: tuple[EventTarget, ...] | Gap
    pattern: str | None = None
    bus: str = "default"
    managed_by: str | None = None


class SubscriptionSettings(Fact, frozen=True, tag_field="kind", tag="subscription-settings"):
    """What a subscription lets through; everything without a ``filter_policy``."""

    filter_policy: FilterPolicy | None = None
    filter_scope: str | None = None
    dead_letter_queue: str | None = None


class Subscription(Fact, frozen=True):
    """A subscription of an SNS topic.

    Of its endpoint only the domain (or the ARN of a queue or function) and a digest are kept: addresses are personal
    data, and the path of a webhook is a credential.

    Attributes:
        settings: None where nobody asks, since no alert goes to the topic or it is not confirmed.
    """

    topic: str
    protocol: str
    arn: str
    endpoint: str | None = None
    endpoint_sha256: str | None = None
    settings: SubscriptionSettings | Gap | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether messages reach the endpoint."""
        return self.arn.startswith("arn:")


class TopicDetail(Fact, frozen=True, tag_field="kind", tag="topic"):
    """The policy and the encryption of a topic.

    ``confirmed`` counts its subscriptions, those of other accounts too, which a list of subscriptions may leave out.
    """

    policy: ResourcePolicy | None = None
    kms_key: str | None = None
    confirmed: int | None = None


class Topic(Fact, frozen=True):
    """A topic that something sends alerts to; ``detail`` None where AWS says that it does not exist."""

    arn: str
    detail: TopicDetail | Gap | None


class FunctionDetail(Fact, frozen=True, tag_field="kind", tag="function"):
    """The settings of a function; of its environment nothing is kept."""

    state: str | None = None
    runtime: str | None = None
    package_type: str | None = None
    role: str | None = None
    last_update: str | None = None
    dead_letter_queue: str | None = None


class Concurrency(Fact, frozen=True, tag_field="kind", tag="concurrency"):
    """The concurrency reserved for a function; None where nothing is, 0 where it cannot run."""

    reserved: int | None = None


class Function(Fact, frozen=True):
    """A function that alerts are sent to; ``detail`` None where AWS says that it does not exist."""

    arn: str
    detail: FunctionDetail | Gap | None
    policy: ResourcePolicy | Gap | None
    concurrency: Concurrency | Gap | None


class QueueDetail(Fact, frozen=True, tag_field="kind", tag="queue"):
    """The policy and the encryption of a queue."""

    policy: ResourcePolicy | None = None
    kms_key: str | None = None
    uses_sqs_encryption: bool = False


class Queue(Fact, frozen=True):
    """A queue that alerts are sent to; ``detail`` None where AWS says that it does not exist."""

    arn: str
    detail: QueueDetail | Gap | None


class MetricFilter(Fact, frozen=True):
    """A metric filter of a log group; ``metrics`` are pairs of namespace and name."""

    name: str
    log_group: str
    pattern: str
    metrics: tuple[tuple[str, str], ...] = ()


class Alarm(Fact, frozen=True):
    """An alarm; a composite one has a rule in place of metrics, and one of ``type`` ``log`` neither."""

    name: str
    arn: str
    actions_enabled: bool
    actions: tuple[str, ...] = ()
    state: str | None = None
    metrics: tuple[tuple[str, str], ...] = ()
    rule: str | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    type: str = "metric"
