"""Collect trails: what they record, and whether they record and deliver now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from scanner.collect.reader import Reader, answered
from scanner.inventory import BasicSelector, EventSelectors, FieldCondition, Gap, Trail, TrailStatus


class Listed(
    msgspec.Struct,
    frozen=True,
    rename={
        "arn": "TrailARN", "name": "Name", "home": "HomeRegion", "bucket": "S3BucketName",
        "is_multi_region": "IsMultiRegionTrail", "is_organization": "IsOrganizationTrail",
        "has_custom_selectors": "HasCustomEventSelectors", "validates_files": "LogFileValidationEnabled",
        "kms_key": "KmsKeyId", "log_group": "CloudWatchLogsLogGroupArn",
    },
):  # fmt: skip
    """A trail as DescribeTrails lists it, be it at home or as a shadow in another region."""

    arn: str
    name: str = ""
    home: str | None = None
    bucket: str | None = None
    is_multi_region: bool = False
    is_organization: bool = False
    has_custom_selectors: bool | None = None
    validates_files: bool = False
    kms_key: str | None = None
    log_group: str | None = None

    @property
    def account_id(self) -> str:
        """The account that owns the trail: for an organization trail the management account or its delegate."""
        return self.arn.split(":")[4]

    @property
    def home_region(self) -> str:
        """The region in which the trail was created."""
        return self.home or self.arn.split(":")[3]


_OPERATORS = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")


def list_trails(reader: Reader) -> tuple[Listed, ...] | Gap:
    """The trails seen from a region."""

    def read() -> tuple[Listed, ...]:
        trails = msgspec.convert(reader.call("DescribeTrails")["trailList"], tuple[Listed, ...])
        for trail in trails:
            trail.arn.split(":")[4]  # an answer whose trails have no ARN is malformed
        return trails

    return answered(reader, "DescribeTrails", read)


def owners(listed: Mapping[str, tuple[Listed, ...] | Gap]) -> dict[str, list[Listed]]:
    """Under which region each trail is kept, so that it is asked about once.

    A multi-region trail is listed in every region. It belongs to its home region, or to the first one that shows it
    where the home region was not listed.
    """
    found: dict[str, list[Listed]] = {region: [] for region in listed}
    seen: set[str] = set()
    shown = [(region, trail) for region, trails in listed.items() if not isinstance(trails, Gap) for trail in trails]
    for region, trail in sorted(shown, key=lambda pair: (pair[1].home_region != pair[0], pair[0])):
        if trail.arn not in seen:
            seen.add(trail.arn)
            found[region].append(trail)
    return found


def read_trail(status: Reader, selectors: Reader, trail: Listed) -> Trail:
    """The trail with its status and selectors, asked by ARN, which shadows and organization trails need."""
    return Trail(
        arn=trail.arn,
        name=trail.name,
        home_region=trail.home_region,
        status=answered(status, "GetTrailStatus", lambda: _status(status.call("GetTrailStatus", Name=trail.arn))),
        selectors=_read_selectors(selectors, trail),
        bucket=trail.bucket,
        is_multi_region=trail.is_multi_region,
        is_organization=trail.is_organization,
        validates_files=trail.validates_files,
        kms_key=trail.kms_key,
        log_group=trail.log_group,
    )


def _read_selectors(reader: Reader, trail: Listed) -> EventSelectors | Gap:
    def read() -> EventSelectors:
        return _selectors(reader.call("GetEventSelectors", TrailName=trail.arn))

    found = answered(reader, "GetEventSelectors", read)
    if isinstance(found, Gap) and found.status == "elsewhere" and trail.has_custom_selectors is False:
        # A member may not ask an organization trail for its selectors, but sees that it has none of its own.
        return EventSelectors()
    return found


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
