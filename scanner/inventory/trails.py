"""CloudTrail: what a trail records, and whether it records and delivers."""

from __future__ import annotations

from scanner.inventory.fact import Fact, Instant
from scanner.inventory.gap import Gap


class DataResource(Fact, frozen=True):
    """Resources of one type whose data events are recorded: those whose ARNs have one of the beginnings."""

    type: str
    beginnings: tuple[str, ...] = ()


class BasicSelector(Fact, frozen=True):
    """An event selector of the older form."""

    read_write: str = "All"
    management: bool = True
    excluded_sources: tuple[str, ...] = ()
    data_resources: tuple[DataResource, ...] = ()


class FieldCondition(Fact, frozen=True):
    """One field of an advanced event selector, with its operators as CloudTrail names them."""

    field: str
    operators: dict[str, tuple[str, ...]]


class EventSelectors(Fact, frozen=True, tag_field="kind", tag="event-selectors"):
    """What a trail records; both lists empty is CloudTrail's default: all management events."""

    basic: tuple[BasicSelector, ...] = ()
    advanced: tuple[tuple[FieldCondition, ...], ...] = ()


class TrailStatus(Fact, frozen=True, tag_field="kind", tag="trail-status"):
    """Whether a trail records and delivers."""

    is_logging: bool
    latest_delivery: Instant | None = None
    latest_delivery_error: str | None = None
    latest_digest_delivery: Instant | None = None
    latest_digest_error: str | None = None
    started_logging: Instant | None = None
    stopped_logging: Instant | None = None
    latest_logs_delivery: Instant | None = None
    latest_logs_error: str | None = None


class InsightSelector(Fact, frozen=True):
    """A kind of unusual activity that is looked for, with the categories of events that it is looked for in."""

    type: str
    categories: tuple[str, ...] = ()


class Trail(Fact, frozen=True):
    """A trail, listed once, under the region in which it was asked about.

    Attributes:
        prefix: what stands before ``AWSLogs/`` in the names of its files; None where nothing does.
        insights: empty where none are on.
    """

    arn: str
    name: str
    home_region: str
    status: TrailStatus | Gap
    selectors: EventSelectors | Gap
    bucket: str | None = None
    prefix: str | None = None
    is_multi_region: bool = False
    is_organization: bool = False
    validates_files: bool = False
    kms_key: str | None = None
    log_group: str | None = None
    insights: tuple[InsightSelector, ...] | Gap = Gap("cloudtrail:GetInsightSelectors", "skipped")
