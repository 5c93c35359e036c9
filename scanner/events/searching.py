"""What log groups are searched for: metric filters, the metrics that these count, and the alarms on those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.engine.declared import Declared
from scanner.events.delivery import alarm_routes
from scanner.events.delivery_places import places_of
from scanner.events.delivery_ways import Break, Route, Routes, together, undecided
from scanner.events.log_filter import BadFilter, LogFilter, read_filter
from scanner.inventory import Account, Alarm, Gap, MetricFilter, Region, Trail, Undetermined, describe

_Read = tuple[MetricFilter, LogFilter | BadFilter]
"""A metric filter, and its pattern or why that cannot be read."""


@dataclass(eq=False)
class Search:
    """The log groups of one account, and who is told of what is found in them."""

    account: Account
    declared: Declared
    _told: dict[str, Routes] = field(default_factory=dict)
    _filters: dict[tuple[str, str], tuple[_Read, ...]] = field(default_factory=dict)
    # By the identity of the filter, which the account holds.
    _by_filter: dict[tuple[str, int], Routes] = field(default_factory=dict)
    _by_queries: dict[str, tuple[Routes, ...]] = field(default_factory=dict)

    def behind(self, trail: Trail, record: Mapping[str, Any]) -> Routes:
        """Who is told of a record that a trail delivers to its log group."""
        if not trail.log_group:
            text = f"The trail {trail.name} does not deliver to CloudWatch Logs."
            return Routes(broken=(Break("trail:no-log-group", text, trail.arn),))
        parts = trail.log_group.split(":")
        if len(parts) < 7:
            return undecided(f"The log group of the trail {trail.name} has no ARN that can be read")
        if parts[4] != self.account.account_id:
            return undecided(
                f"The trail {trail.name} delivers to a log group of account {parts[4]}, whose filters cannot be read"
            )
        if not isinstance(trail.status, Gap) and trail.status.latest_logs_error:
            text = f"The trail {trail.name} cannot deliver to CloudWatch Logs: {trail.status.latest_logs_error}."
            return Routes(broken=(Break("trail:logs-delivery-error", text, trail.arn, trail.log_group),))
        region = next((each for each in self.account.regions if each.name == parts[3]), None)
        if region is None:
            return undecided(f"The log group of the trail {trail.name} is in {parts[3]}, which was not listed")
        return self._in_group(region, trail, parts[6], record)

    def _in_group(self, region: Region, trail: Trail, group: str, record: Mapping[str, Any]) -> Routes:
        if isinstance(region.metric_filters, Gap):
            return undecided(describe(region.metric_filters))
        found = []
        for each, pattern in self._read(region.name, group, region.metric_filters):
            if isinstance(pattern, BadFilter):
                # CloudWatch Logs took the pattern, so that it is not known here what it means.
                found.append(self._if_reached(region, trail, each, str(pattern)))
                continue
            try:
                if pattern.matches(record):
                    found.append(self._counted(region, trail, each))
            except Undetermined as error:
                found.append(self._if_reached(region, trail, each, error.reason))
        if not found:
            text = f"No metric filter of the log group {group} looks for it."
            found.append(Routes(broken=(Break("filter:none", text, trail.arn, group),)))
        return together((*found, *self._log_alarms(region)))

    def _read(self, region: str, group: str, filters: tuple[MetricFilter, ...]) -> tuple[_Read, ...]:
        """The filters of a log group, each with its pattern: every call that is asked about meets all of them."""
        if (region, group) not in self._filters:
            self._filters[region, group] = tuple((each, _pattern(each)) for each in filters if each.log_group == group)
        return self._filters[region, group]

    def _if_reached(self, region: Region, trail: Trail, found: MetricFilter, reason: str) -> Routes:
        """A filter of which it is not known whether it matches, which matters only if somebody would be told."""
        counted = self._counted(region, trail, found)
        return counted if counted.is_lost else undecided(f"The metric filter {found.name}: {reason}")

    def _counted(self, region: Region, trail: Trail, found: MetricFilter) -> Routes:
        key = trail.arn, id(found)
        if key not in self._by_filter:
            self._by_filter[key] = self._count(region, trail, found)
        return self._by_filter[key]

    def _count(self, region: Region, trail: Trail, found: MetricFilter) -> Routes:
        """The alarms on the metrics that a filter counts."""
        if isinstance(region.alarms, Gap):
            return undecided(describe(region.alarms))
        alarms = [alarm for alarm in region.alarms if set(alarm.metrics) & set(found.metrics)]
        if not alarms:
            text = f"No alarm watches the metric of the metric filter {found.name}."
            return Routes(broken=(Break("alarm:none", text, trail.arn, found.name),))
        said = f"The metric filter {found.name} finds it."
        return together(_after(self._alarmed(region, alarm), trail, said) for alarm in alarms)

    def _alarmed(self, region: Region, alarm: Alarm) -> Routes:
        if alarm.arn not in self._told:
            parts = [alarm_routes(self.account, alarm, self.declared)]
            around = places_of(self.account).around(region, alarm)
            parts += [self._composed(alarm, other, goes_off) for other, goes_off in around]
            told = together(parts)
            if alarm.dimensions and not told.is_lost:
                told = undecided(f"Whether the metric filter counts in the dimensions of the alarm {alarm.name}")
            self._told[alarm.arn] = told
        return self._told[alarm.arn]

    def _composed(self, alarm: Alarm, composite: Alarm, goes_off: bool | None) -> Routes:
        """What a composite alarm adds that goes off with the alarm, or perhaps does."""
        told = alarm_routes(self.account, composite, self.declared)
        if told.is_lost or goes_off:
            return told
        return undecided(f"Whether the composite alarm {composite.name} goes off with the alarm {alarm.name}")

    def _log_alarms(self, region: Region) -> tuple[Routes, ...]:
        if region.name not in self._by_queries:
            self._by_queries[region.name] = tuple(self._on_queries(region))
        return self._by_queries[region.name]

    def _on_queries(self, region: Region) -> Iterator[Routes]:
        """Alarms on queries of logs, of which only the name is known."""
        for alarm in () if isinstance(region.alarms, Gap) else region.alarms:
            if alarm.type == "log" and not alarm_routes(self.account, alarm, self.declared).is_lost:
                yield undecided(f"What the alarm {alarm.name} searches logs for is not known")


def _pattern(found: MetricFilter) -> LogFilter | BadFilter:
    try:
        return read_filter(found.pattern)
    except BadFilter as error:
        return error


def _after(told: Routes, trail: Trail, said: str) -> Routes:
    """The ways of an alarm, as ways that begin at a trail."""
    return Routes(
        tuple(
            Route(trail.arn, way.target, way.receiver, way.kind, (way.rule, *way.by), (said, *way.proof))
            for way in told.reached
        ),
        told.broken,
        told.open,
    )
