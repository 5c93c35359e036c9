"""Collect trails and event data stores: what they record, and whether they record and deliver now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from scanner.collect.desk import Desk
from scanner.collect.reader import Reader
from scanner.collect.tasks import Task
from scanner.collect.values import as_list, flag
from scanner.inventory import (
    BasicSelector,
    DataResource,
    EventDataStore,
    EventDataStoreDetail,
    EventSelectors,
    FieldCondition,
    Gap,
    InsightSelector,
    Trail,
    TrailStatus,
)


class Listed(
    msgspec.Struct,
    frozen=True,
    rename={
        "arn": "TrailARN", "name": "Name", "home": "HomeRegion", "bucket": "S3BucketName",
        "prefix": "S3KeyPrefix",
        "is_multi_region": "IsMultiRegionTrail", "is_organization": "IsOrganizationTrail",
        "has_custom_selectors": "HasCustomEventSelectors", "has_insight_selectors": "HasInsightSelectors",
        "validates_files": "LogFileValidationEnabled", "kms_key": "KmsKeyId", "log_group": "CloudWatchLogsLogGroupArn",
    },
):  # fmt: skip
    """A trail as DescribeTrails lists it, be it at home or as a shadow in another region."""

    arn: str
    name: str = ""
    home: str | None = None
    bucket: str | None = None
    prefix: str | None = None
    is_multi_region: bool = False
    is_organization: bool = False
    has_custom_selectors: bool | None = None
    has_insight_selectors: bool | None = None
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


class _Place(NamedTuple):
    """Where a trail is asked about."""

    status: str
    selectors: str


class _Store(msgspec.Struct, frozen=True):
    """An event data store as it is listed."""

    arn: str
    name: str = ""


_READ_WRITE = {"All", "ReadOnly", "WriteOnly"}
_OPERATORS = {"Equals", "NotEquals", "StartsWith", "NotStartsWith", "EndsWith", "NotEndsWith"}
_NOT_OURS = ("EventDataStoreNotFoundException", "EventDataStoreARNInvalidException")


def list_trails(desk: Desk, region: str) -> tuple[Listed, ...] | Gap:
    """The trails seen from a region."""

    def read(reader: Reader) -> tuple[Listed, ...]:
        trails = msgspec.convert(reader.call("DescribeTrails")["trailList"], tuple[Listed, ...])
        for trail in trails:
            trail.arn.split(":")[4]  # an answer whose trails have no ARN is malformed
        return trails

    return desk.ask("cloudtrail", region, "DescribeTrails", read, tuple[Listed, ...])


def read_trails(
    desk: Desk, listed: Mapping[str, Task[tuple[Listed, ...] | Gap]], enabled: Sequence[str] | Gap
) -> dict[str, tuple[Trail, ...] | Gap]:
    """The trails by the region under which they are kept; a region whose list is a gap has that gap.

    Args:
        desk: where to ask.
        listed: what each region that is asked shows.
        enabled: the regions that can be asked.
    """
    shown = {region: task.result() for region, task in listed.items()}

    def begin(trail: Listed, seen_in: str) -> Task[Trail]:
        home = trail.home_region
        # The status can be asked wherever the trail is seen, the selectors at home only: asked for or not, if enabled.
        can_ask_home = isinstance(enabled, Gap) or home in enabled
        place = _Place(home if home in listed else seen_in, home if can_ask_home else seen_in)
        return desk.start(_read_trail, desk, trail, place)

    begun = {region: [begin(trail, region) for trail in trails] for region, trails in owners(shown).items()}
    found: dict[str, tuple[Trail, ...] | Gap] = {}
    for region, answer in shown.items():
        trails = sorted((task.result() for task in begun[region]), key=lambda trail: trail.arn)
        found[region] = answer if isinstance(answer, Gap) else tuple(trails)
    return found


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


def read_event_data_stores(desk: Desk, region: str) -> tuple[EventDataStore, ...] | Gap:
    """The event data stores of CloudTrail Lake that were created in a region.

    One that takes events from every region is listed in every region; it is kept where it was created, as its ARN
    says.
    """

    def read(reader: Reader) -> tuple[_Store, ...]:
        stores = [
            _Store(store["EventDataStoreArn"], store.get("Name") or "")
            for page in reader.linked("ListEventDataStores", MaxResults=1000)
            for store in as_list(page["EventDataStores"])
        ]
        for store in stores:
            store.arn.split(":")[4]  # an answer whose stores have no ARN is malformed
        at_home = {store.arn: store for store in stores if store.arn.split(":")[3] == region}
        return tuple(at_home[arn] for arn in sorted(at_home))

    listed = desk.ask("cloudtrail", region, "ListEventDataStores", read, tuple[_Store, ...])
    if isinstance(listed, Gap):
        return listed
    return tuple(desk.each(lambda store: _read_store(desk, region, store), listed))


def _read_trail(desk: Desk, trail: Listed, place: _Place) -> Trail:
    """The trail with what is asked about it by ARN, which shadows and organization trails need."""
    status = desk.start(_read_status, desk, trail, place.status)
    selectors = desk.start(_read_selectors, desk, trail, place.selectors)
    insights = desk.start(_read_insights, desk, trail, place.selectors)
    return Trail(
        arn=trail.arn,
        name=trail.name,
        home_region=trail.home_region,
        status=status.result(),
        selectors=selectors.result(),
        bucket=trail.bucket,
        prefix=trail.prefix or None,
        is_multi_region=trail.is_multi_region,
        is_organization=trail.is_organization,
        validates_files=trail.validates_files,
        kms_key=trail.kms_key,
        log_group=trail.log_group,
        insights=insights.result(),
    )


def _owner(desk: Desk, arn: str) -> str | None:
    """The account in an ARN, if it is another one."""
    account = arn.split(":")[4]
    return account if account != desk.account_id else None


def _read_status(desk: Desk, trail: Listed, region: str) -> TrailStatus | Gap:
    def read(reader: Reader) -> TrailStatus:
        return _status(reader.call("GetTrailStatus", Name=trail.arn))

    return desk.ask("cloudtrail", region, "GetTrailStatus", read, TrailStatus, subject=trail.arn)


def _read_selectors(desk: Desk, trail: Listed, region: str) -> EventSelectors | Gap:
    def read(reader: Reader) -> EventSelectors:
        return _selectors(reader.call("GetEventSelectors", TrailName=trail.arn))

    owner = _owner(desk, trail.arn)
    found = desk.ask("cloudtrail", region, "GetEventSelectors", read, EventSelectors, subject=trail.arn, owner=owner)
    if isinstance(found, Gap) and found.status == "elsewhere" and trail.has_custom_selectors is False:
        # A member may not ask an organization trail for its selectors, but sees that it has none of its own.
        return EventSelectors()
    return found


def _read_insights(desk: Desk, trail: Listed, region: str) -> tuple[InsightSelector, ...] | Gap:
    """What unusual activity a trail looks for; one that is listed without any need not be asked."""
    if trail.has_insight_selectors is False:
        return ()

    def read(reader: Reader) -> tuple[InsightSelector, ...]:
        answer = reader.find("GetInsightSelectors", TrailName=trail.arn) or {}
        found = [
            InsightSelector(selector["InsightType"], tuple(sorted(selector.get("EventCategories") or ())))
            for selector in answer.get("InsightSelectors") or ()
        ]
        return tuple(sorted(found, key=lambda selector: selector.type))

    owner, kind = _owner(desk, trail.arn), tuple[InsightSelector, ...]
    return desk.ask("cloudtrail", region, "GetInsightSelectors", read, kind, subject=trail.arn, owner=owner)


def _read_store(desk: Desk, region: str, store: _Store) -> EventDataStore:
    """An event data store with its settings; a delegate sees those of the organization's management account too."""

    def read(reader: Reader) -> EventDataStoreDetail:
        return _detail(reader.call("GetEventDataStore", EventDataStore=store.arn))

    detail = desk.ask(
        "cloudtrail",
        region,
        "GetEventDataStore",
        read,
        EventDataStoreDetail,
        subject=store.arn,
        owner=_owner(desk, store.arn),
        elsewhere=_NOT_OURS,
    )
    return EventDataStore(store.arn, store.name, detail)


def _status(answer: dict[str, Any]) -> TrailStatus:
    return TrailStatus(
        is_logging=flag(answer["IsLogging"]),
        latest_delivery=_instant(answer.get("LatestDeliveryTime")),
        latest_delivery_error=answer.get("LatestDeliveryError") or None,
        latest_digest_delivery=_instant(answer.get("LatestDigestDeliveryTime")),
        latest_digest_error=answer.get("LatestDigestDeliveryError") or None,
        started_logging=_instant(answer.get("StartLoggingTime")),
        stopped_logging=_instant(answer.get("StopLoggingTime")),
        latest_logs_delivery=_instant(answer.get("LatestCloudWatchLogsDeliveryTime")),
        latest_logs_error=answer.get("LatestCloudWatchLogsDeliveryError") or None,
    )


def _instant(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value else None


def _detail(answer: dict[str, Any]) -> EventDataStoreDetail:
    return EventDataStoreDetail(
        status=answer.get("Status") or "",
        retention_days=answer.get("RetentionPeriod"),
        is_multi_region=flag(answer.get("MultiRegionEnabled", False)),
        is_organization=flag(answer.get("OrganizationEnabled", False)),
        is_protected=flag(answer.get("TerminationProtectionEnabled", False)),
        kms_key=answer.get("KmsKeyId") or None,
        selectors=_advanced(answer),
    )


def _selectors(answer: dict[str, Any]) -> EventSelectors:
    """What a trail records; an answer with neither kind of selectors is none, though it looks like the default."""
    if answer.get("EventSelectors") is None and answer.get("AdvancedEventSelectors") is None:
        raise KeyError("EventSelectors")
    basic = answer.get("EventSelectors")
    return EventSelectors(
        basic=tuple(_basic(selector) for selector in as_list(basic)) if basic is not None else (),
        advanced=_advanced(answer),
    )


def _basic(selector: dict[str, Any]) -> BasicSelector:
    """A selector; what CloudTrail always tells must be there, since what is left out would mean everything."""
    if selector["ReadWriteType"] not in _READ_WRITE:
        raise ValueError("an unknown ReadWriteType")
    return BasicSelector(
        read_write=selector["ReadWriteType"],
        management=flag(selector["IncludeManagementEvents"]),
        excluded_sources=tuple(sorted(as_list(selector.get("ExcludeManagementEventSources", [])))),
        data_resources=tuple(
            DataResource(data["Type"], tuple(sorted(map(str, as_list(data.get("Values", []))))))
            for data in as_list(selector.get("DataResources", []))
        ),
    )


def _advanced(answer: dict[str, Any]) -> tuple[tuple[FieldCondition, ...], ...]:
    found = answer.get("AdvancedEventSelectors")
    return tuple(
        tuple(_field(field) for field in as_list(selector["FieldSelectors"]))
        for selector in (as_list(found) if found is not None else ())
    )


def _field(field: dict[str, Any]) -> FieldCondition:
    """A field with its operators, those too that are not known here: they narrow what is recorded."""
    lists = {name: value for name, value in field.items() if name in _OPERATORS or isinstance(value, list)}
    return FieldCondition(field["Field"], {name: tuple(as_list(lists[name])) for name in sorted(lists) if lists[name]})
