"""Which rules, topics and alarms of an account are there to tell of an intruder, so that the rest is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scanner.events.delivery_places import places_of
from scanner.events.samples import EVASION, PERSISTENCE, api_call, as_event, credential_findings, health_exposed
from scanner.events.strangers import others_may
from scanner.inventory import Account, Alarm, EventRule, EventTarget, Gap, Region, Undetermined

_WATCHING = frozenset({
    "aws.guardduty", "aws.securityhub", "aws.access-analyzer", "aws.macie", "aws.inspector2", "aws.detective",
    "aws.security-ir",
})  # fmt: skip
"""Services whose events are there for security alone."""

_RECORD_FIELDS = ("$.eventName", "$.userIdentity", "$.eventSource", "$.errorCode", "$.additionalEventData")
"""Fields of CloudTrail's records, as metric filters of its log groups name them."""

FAILED = ("AWS/Events", "FailedInvocations")
"""The metric that counts what rules could not hand on."""


@dataclass(eq=False)
class Alerting:
    """The rules and alarms of one account that tell of an intruder."""

    account: Account

    @cached_property
    def rules(self) -> tuple[tuple[Region, EventRule], ...]:
        """The enabled rules that take findings, or calls by which intruders stay or hide, with their regions."""
        return tuple(
            (region, rule)
            for region in self.account.regions
            for rule in (() if isinstance(region.event_rules, Gap) else region.event_rules)
            if rule.state.startswith("ENABLED") and self._is_for_security(region, rule)
        )

    def has(self, rule: EventRule) -> bool:
        """Whether a rule is one of them."""
        return rule.arn in self._arns

    @cached_property
    def _arns(self) -> frozenset[str]:
        return frozenset(rule.arn for _, rule in self.rules)

    def is_fed(self, rule: EventRule) -> bool:
        """Whether rules of other regions, or other accounts, send events to the bus of a rule."""
        return (rule.arn.split(":")[3], rule.bus.rpartition("/")[2]) in self._fed

    def is_wanted_at(self, region: str, pattern: str) -> bool:
        """Whether an enabled rule on the default bus of a region has the same pattern."""
        return _canonical(pattern) in self._wanted.get(region, frozenset())

    @cached_property
    def _wanted(self) -> dict[str, frozenset[str]]:
        return {
            region.name: frozenset(
                _canonical(rule.pattern)
                for rule in (() if isinstance(region.event_rules, Gap) else region.event_rules)
                if rule.pattern and rule.state.startswith("ENABLED") and rule.bus.rpartition("/")[2] == "default"
            )
            for region in self.account.regions
        }

    @cached_property
    def _fed(self) -> frozenset[tuple[str, str]]:
        every = (
            (region.name, target.arn)
            for region in self.account.regions
            for rule in (() if isinstance(region.event_rules, Gap) else region.event_rules)
            for target in (() if isinstance(rule.targets, Gap) else rule.targets)
        )
        buses = ((name, arn.split(":")[3], arn.rpartition("/")[2]) for name, arn in every if ":event-bus/" in arn)
        by_region = {(region, bus) for name, region, bus in buses if region != name}
        return frozenset(by_region | set(self._open_buses()))

    def _open_buses(self) -> Iterator[tuple[str, str]]:
        """The buses whose policies let other accounts send."""
        for region in self.account.regions:
            for bus in () if isinstance(region.event_buses, Gap) else region.event_buses:
                if others_may(bus.policy, "events:PutEvents", bus.arn, self.account.account_id):
                    yield region.name, bus.name

    def _is_for_security(self, region: Region, rule: EventRule) -> bool:
        if rule.pattern is None or rule.managed_by:
            return False
        if sources_in(rule.pattern) & _WATCHING:
            return True
        pattern = places_of(self.account).pattern(rule.pattern)
        return pattern is not None and any(_matches(pattern, event) for event in self._events(region.name))

    def _events(self, region: str) -> tuple[dict[str, Any], ...]:
        if region not in self._by_region:
            self._by_region[region] = tuple(_events(self.account.partition, self.account.account_id, region))
        return self._by_region[region]

    @cached_property
    def _by_region(self) -> dict[str, tuple[dict[str, Any], ...]]:
        return {}

    @cached_property
    def alarms(self) -> tuple[tuple[Region, Alarm], ...]:
        """The alarms on what is searched for in the logs of CloudTrail, and on rules that fail, with their regions."""
        return tuple(
            (region, alarm)
            for region in self.account.regions
            for watched in (self._searched(region) | {FAILED},)
            for alarm in (() if isinstance(region.alarms, Gap) else region.alarms)
            if any(metric in watched for metric in alarm.metrics)
        )

    def failing(self, region: Region, rule: EventRule) -> tuple[Alarm, ...]:
        """The alarms of a region on what a rule, or any rule, could not hand on."""
        if region.name not in self._failing:
            self._failing[region.name] = _on_failures(() if isinstance(region.alarms, Gap) else region.alarms)
        found = self._failing[region.name]
        return (*found.get("", ()), *found.get(rule.name, ()))

    @cached_property
    def _failing(self) -> dict[str, dict[str, list[Alarm]]]:
        return {}

    @staticmethod
    def _searched(region: Region) -> frozenset[tuple[str, str]]:
        if isinstance(region.metric_filters, Gap):
            return frozenset()
        return frozenset(
            metric
            for found in region.metric_filters
            if any(field in found.pattern for field in _RECORD_FIELDS)
            for metric in found.metrics
        )

    @cached_property
    def targets(self) -> dict[str, tuple[tuple[EventRule, EventTarget], ...]]:
        """What the rules send to: by the ARN of the target the rules and targets that name it."""
        found: dict[str, list[tuple[EventRule, EventTarget]]] = {}
        for _, rule in self.rules:
            for target in () if isinstance(rule.targets, Gap) else rule.targets:
                found.setdefault(target.arn, []).append((rule, target))
        return {arn: tuple(each) for arn, each in sorted(found.items())}

    @cached_property
    def topics(self) -> dict[str, tuple[str, ...]]:
        """The topics to which they publish, each with the names of the rules and alarms."""
        found: dict[str, list[str]] = {}
        for arn, aims in self.targets.items():
            if arn.split(":")[2:3] == ["sns"]:
                found[arn] = [rule.name for rule, _ in aims]
        for _, alarm in self.alarms:
            for action in alarm.actions:
                if action.split(":")[2:3] == ["sns"]:
                    found.setdefault(action, []).append(alarm.name)
        return {arn: tuple(sorted(set(names))) for arn, names in sorted(found.items())}

    def gaps(self, *, of_targets: bool = True, of_alarms: bool = False) -> Iterator[tuple[Region, Gap]]:
        """Where rules could not be read, or their targets or the alarms, one gap for each region."""
        for region in self.account.regions:
            gap = next(self._gaps_of(region, of_targets, of_alarms), None)
            if gap is not None:
                yield region, gap

    def _gaps_of(self, region: Region, of_targets: bool, of_alarms: bool) -> Iterator[Gap]:
        parts = (region.event_rules, *((region.alarms, region.metric_filters) if of_alarms else ()))
        yield from (part for part in parts if isinstance(part, Gap) and part.status != "not_applicable")
        for place, rule in self.rules if of_targets else ():
            if place is region and isinstance(rule.targets, Gap):
                yield rule.targets


def _canonical(pattern: str) -> str:
    """A pattern in one spelling for all that differ in spaces and order only."""
    try:
        return json.dumps(json.loads(pattern), sort_keys=True)
    except (ValueError, RecursionError):
        return pattern


def _on_failures(alarms: tuple[Alarm, ...]) -> dict[str, list[Alarm]]:
    """The alarms on failures by the name of their rule, which is empty for those on all rules."""
    found: dict[str, list[Alarm]] = {}
    for alarm in alarms:
        if FAILED in alarm.metrics:
            for name in {value for key, value in alarm.dimensions if key == "RuleName"} or {""}:
                found.setdefault(name, []).append(alarm)
    return found


def sources_in(pattern: str) -> frozenset[str]:
    """The sources that a pattern names as plain texts."""
    try:
        found = json.loads(pattern)
    except (ValueError, RecursionError):
        return frozenset()
    sources = found.get("source") if isinstance(found, dict) else None
    return frozenset(each for each in sources if isinstance(each, str)) if isinstance(sources, list) else frozenset()


def _matches(pattern: Any, event: dict[str, Any]) -> bool:
    try:
        return bool(pattern.matches(event))
    except Undetermined:
        return True


def _events(partition: str, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    yield from (sample.event for sample in credential_findings(partition, account_id, region))
    yield from (sample.event for sample in health_exposed(partition, account_id, region))
    for source, name in (*PERSISTENCE, *EVASION):
        yield as_event(api_call(partition, account_id, region, source, name))


_MOST_ACCOUNTS = 4
_known: dict[int, Alerting] = {}


def alerting_of(account: Account) -> Alerting:
    """The rules and alarms of an account, looked through once for all that ask."""
    found = _known.get(id(account))
    if found is None or found.account is not account:
        if len(_known) >= _MOST_ACCOUNTS:
            _known.clear()
        found = _known[id(account)] = Alerting(account)
    return found
