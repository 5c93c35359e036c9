"""Whether somebody is told of a call: by an EventBridge rule, by an alarm on what a log is searched for, or by a SIEM.

All three begin at CloudTrail: a trail that logs and records the call. EventBridge too has events of the type
``AWS API Call via CloudTrail`` only where a trail is on.

Source: eventbridge/latest/userguide/eb-service-event-cloudtrail.html,
awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from scanner.engine.declared import Declared, is_named
from scanner.events.delivery import routes
from scanner.events.delivery_ways import Break, Route, Routes, together, undecided
from scanner.events.samples import as_event
from scanner.events.searching import Search
from scanner.inventory import Account, EventDataStore, EventSelectors, Gap, Region, Trail, describe
from scanner.trail_selectors import ManagementEvents, management_events

_NOTHING_DECLARED = Declared()


def watched(account: Account, record: Mapping[str, Any], declared: Declared = _NOTHING_DECLARED) -> Routes:
    """Who is told of a call, if it is made.

    Args:
        account: the account in which it is made.
        record: its CloudTrail record, such as ``scanner.events.samples`` makes.
        declared: what the owner says; what reaches a declared destination is seen.
    """
    return _watch_of(account, declared).over(record)


def watched_by_rules(account: Account, record: Mapping[str, Any], declared: Declared = _NOTHING_DECLARED) -> Routes:
    """Who is told of a call by EventBridge alone."""
    return _watch_of(account, declared).by_rules(record)


class _Recording(NamedTuple):
    """The trails that record a call, those that may with what is not known of them, and what was not read at all."""

    sure: tuple[Trail, ...]
    perhaps: tuple[tuple[Trail, Gap], ...]
    unread: tuple[Gap, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why there may be one more."""
        return tuple(dict.fromkeys(describe(gap) for gap in (*(gap for _, gap in self.perhaps), *self.unread)))


@dataclass(eq=False)
class _Watch:
    """What is asked of one account again and again."""

    account: Account
    declared: Declared
    _recording: dict[tuple[str, bool, str], _Recording] = field(default_factory=dict)

    @cached_property
    def search(self) -> Search:
        """What the account's log groups are searched for."""
        return Search(self.account, self.declared)

    @cached_property
    def trails(self) -> tuple[Trail, ...]:
        """Every trail that was seen, once."""
        parts = (region.trails for region in self.account.regions)
        return tuple({trail.arn: trail for part in parts if not isinstance(part, Gap) for trail in part}.values())

    @cached_property
    def unread(self) -> tuple[Gap, ...]:
        """Where there may be more trails."""
        parts = [region.trails for region in self.account.regions]
        gaps = [part for part in parts if isinstance(part, Gap) and part.status != "not_applicable"]
        if self.account.other_regions is not None:
            gaps.append(self.account.other_regions)
        return tuple(gaps)

    def over(self, record: Mapping[str, Any]) -> Routes:
        found: list[Routes] = []
        for ask in (self._by_siem, self._by_filters, self.by_rules):
            found.append(ask(record))
            if found[-1].is_reached:
                return found[-1]
        return together(found)

    def recording(self, record: Mapping[str, Any]) -> _Recording:
        """Which trails record a call."""
        asked = (record["awsRegion"], bool(record["readOnly"]), record["eventSource"])
        if asked not in self._recording:
            verdicts = [(trail, _records(trail, *asked)) for trail in self.trails]
            sure = tuple(trail for trail, verdict in verdicts if verdict is True)
            perhaps = tuple((trail, verdict) for trail, verdict in verdicts if isinstance(verdict, Gap))
            self._recording[asked] = _Recording(sure, perhaps, self.unread)
        return self._recording[asked]

    def by_rules(self, record: Mapping[str, Any]) -> Routes:
        """By EventBridge, which has no such event where no trail records it."""
        recording = self.recording(record)
        if not recording.sure and not recording.doubts:
            return _no_trail(record)
        found = routes(self.account, record["awsRegion"], as_event(dict(record)), self.declared)
        if recording.sure or not found.is_reached:
            return found
        return Routes(broken=found.broken, open=recording.doubts)

    def _by_filters(self, record: Mapping[str, Any]) -> Routes:
        """By metric filters of the log group that a trail delivers to, and the alarms on their metrics."""
        recording = self.recording(record)
        parts = [self.search.behind(trail, record) for trail in recording.sure]
        for trail, gap in recording.perhaps:
            behind = self.search.behind(trail, record)
            parts.append(behind if behind.is_lost else undecided(describe(gap)))
        parts += [undecided(describe(gap)) for gap in recording.unread]
        return together(parts) if parts else _no_trail(record)

    def _by_siem(self, record: Mapping[str, Any]) -> Routes:
        """By a system that the owner says reads what a trail or an event data store keeps."""
        if not self.declared.siem:
            return Routes()
        recording = self.recording(record)
        parts = [_kept(trail, self._destination(trail)) for trail in recording.sure]
        for trail, gap in recording.perhaps:
            if self._destination(trail):
                parts.append(undecided(describe(gap)))
        return together((*parts, *self._stores(record)))

    def _destination(self, trail: Trail) -> str:
        """Where a trail delivers to that the owner declares; empty if nowhere."""
        bucket = f"arn:{self.account.partition}:s3:::{trail.bucket}" if trail.bucket else ""
        groups = (trail.log_group or "", (trail.log_group or "").removesuffix(":*"))
        return next((arn for arn in (bucket, *groups) if arn and is_named(arn, self.declared.siem)), "")

    def _stores(self, record: Mapping[str, Any]) -> Iterator[Routes]:
        for region in self.account.regions:
            stores = region.event_data_stores
            if isinstance(stores, Gap):
                if stores.status != "not_applicable" and any("eventdatastore" in each for each in self.declared.siem):
                    yield undecided(describe(stores))
                continue
            for store in stores:
                if is_named(store.arn, self.declared.siem):
                    yield _stored(region, store, record)


def _no_trail(record: Mapping[str, Any]) -> Routes:
    text = f"No trail that logs records {record['eventSource']} in {record['awsRegion']}."
    return Routes(broken=(Break("trail:none", text),))


def _records(trail: Trail, region: str, reads: bool, source: str) -> bool | Gap:
    if not trail.is_multi_region and trail.home_region != region:
        return False
    if isinstance(trail.status, Gap):
        return trail.status
    if not trail.status.is_logging:
        return False
    if isinstance(trail.selectors, Gap):
        return trail.selectors
    return _includes(management_events(trail.selectors), reads, source)


def _includes(events: ManagementEvents, reads: bool, source: str) -> bool:
    return (events.reads if reads else events.writes) and source not in events.excluded_sources


def _kept(trail: Trail, destination: str) -> Routes:
    if not destination:
        return Routes()
    if ":s3:" in destination and not isinstance(trail.status, Gap) and trail.status.latest_delivery_error:
        text = f"The trail {trail.name} cannot deliver: {trail.status.latest_delivery_error}."
        return Routes(broken=(Break("trail:delivery-error", text, trail.arn, destination),))
    proof = f"The trail {trail.name} delivers to {destination}, which is declared to be read."
    return Routes(reached=(Route(trail.arn, destination, destination, "siem", (), (proof,)),))


def _stored(region: Region, store: EventDataStore, record: Mapping[str, Any]) -> Routes:
    detail = store.detail
    if isinstance(detail, Gap):
        return undecided(describe(detail))
    is_there = detail.is_multi_region or region.name == record["awsRegion"]
    events = management_events(EventSelectors(advanced=detail.selectors))
    if detail.status != "ENABLED" or not is_there or not _includes(events, record["readOnly"], record["eventSource"]):
        text = f"The event data store {store.name} does not record it."
        return Routes(broken=(Break("store:does-not-record", text, store.arn),))
    proof = f"The event data store {store.name} records it, and is declared to be read."
    return Routes(reached=(Route(store.arn, store.arn, store.arn, "siem", (), (proof,)),))


_MOST_ACCOUNTS = 4
_known: dict[int, dict[Declared, _Watch]] = {}


def _watch_of(account: Account, declared: Declared) -> _Watch:
    found = _known.get(id(account))
    if found is None or any(watch.account is not account for watch in found.values()):
        if len(_known) >= _MOST_ACCOUNTS:
            _known.clear()
        found = _known[id(account)] = {}
    if declared not in found:
        found[declared] = _Watch(account, declared)
    return found[declared]
