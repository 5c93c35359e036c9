"""Collect trails: what they record, and whether they record and deliver now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from scanner.collect.reader import Action, Reader, answered
from scanner.inventory import BasicSelector, EventSelectors, FieldCondition, Gap, Trail, TrailStatus

ACTIONS = (
    Action("cloudtrail:DescribeTrails"),
    Action("cloudtrail:GetTrailStatus"),
    Action("cloudtrail:GetEventSelectors"),
)

Listed = tuple[dict[str, Any], ...]
"""Trails as DescribeTrails lists them, shadows of other regions included."""

_OPERATORS = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")


def list_trails(reader: Reader) -> Listed | Gap:
    """The trails seen from a region."""

    def read() -> Listed:
        trails = reader.call("DescribeTrails")["trailList"]
        for trail in trails:
            trail["TrailARN"].split(":")[3]  # an answer whose trails have no ARN is malformed
        return tuple(trails)

    return answered(reader, "DescribeTrails", read)


def owners(listed: Mapping[str, Listed | Gap]) -> dict[str, list[dict[str, Any]]]:
    """Under which region each trail is kept, so that it is asked about once.

    A multi-region trail is listed in every region. It belongs to its home region, or to the first one that shows it
    where the home region was not listed.
    """
    found: dict[str, list[dict[str, Any]]] = {region: [] for region in listed}
    seen: set[str] = set()
    shown = [(region, trail) for region, trails in listed.items() if not isinstance(trails, Gap) for trail in trails]
    for region, trail in sorted(shown, key=lambda pair: (home_region(pair[1]) != pair[0], pair[0])):
        if trail["TrailARN"] not in seen:
            seen.add(trail["TrailARN"])
            found[region].append(trail)
    return found


def home_region(trail: dict[str, Any]) -> str:
    """The region in which the trail was created."""
    return str(trail.get("HomeRegion") or trail["TrailARN"].split(":")[3])


def read_trail(reader: Reader, trail: dict[str, Any]) -> Trail:
    """The trail with its status and selectors, asked by ARN, which shadows and organization trails need."""
    arn = trail["TrailARN"]
    return Trail(
        arn=arn,
        name=trail.get("Name", ""),
        home_region=home_region(trail),
        status=answered(reader, "GetTrailStatus", lambda: _status(reader.call("GetTrailStatus", Name=arn))),
        selectors=answered(
            reader, "GetEventSelectors", lambda: _selectors(reader.call("GetEventSelectors", TrailName=arn))
        ),
        bucket=trail.get("S3BucketName"),
        is_multi_region=bool(trail.get("IsMultiRegionTrail")),
        is_organization=bool(trail.get("IsOrganizationTrail")),
        validates_files=bool(trail.get("LogFileValidationEnabled")),
        kms_key=trail.get("KmsKeyId"),
        log_group=trail.get("CloudWatchLogsLogGroupArn"),
    )


def _status(answer: dict[str, Any]) -> TrailStatus:
    return TrailStatus(
        is_logging=bool(answer["IsLogging"]),
        latest_delivery=_instant(answer.get("LatestDeliveryTime")),
        latest_delivery_error=answer.get("LatestDeliveryError") or None,
        latest_digest_delivery=_instant(answer.get("LatestDigestDeliveryTime")),
        latest_digest_error=answer.get("LatestDigestDeliveryError") or None,
        started_logging=_instant(answer.get("StartLoggingTime")),
        stopped_logging=_instant(answer.get("StopLoggingTime")),
    )


def _instant(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value else None


def _selectors(answer: dict[str, Any]) -> EventSelectors:
    return EventSelectors(
        basic=tuple(_basic(selector) for selector in answer.get("EventSelectors") or ()),
        advanced=tuple(
            tuple(_field(field) for field in selector["FieldSelectors"])
            for selector in answer.get("AdvancedEventSelectors") or ()
        ),
    )


def _basic(selector: dict[str, Any]) -> BasicSelector:
    return BasicSelector(
        read_write=selector.get("ReadWriteType") or "All",
        management=bool(selector.get("IncludeManagementEvents", True)),
        excluded_sources=tuple(sorted(selector.get("ExcludeManagementEventSources") or ())),
        data_resource_types=tuple(sorted({data["Type"] for data in selector.get("DataResources") or ()})),
    )


def _field(field: dict[str, Any]) -> FieldCondition:
    operators = {name: tuple(field[name]) for name in _OPERATORS if field.get(name)}
    return FieldCondition(field["Field"], operators)
