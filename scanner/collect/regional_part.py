"""The regional part of a collection: every service of every region that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from scanner.collect import alerts, cloudtrail, ec2, guardduty
from scanner.collect.desk import Desk, Tasks
from scanner.collect.reader import Reader
from scanner.inventory import Gap, Region, Trail


class RegionalPart:
    """The regional part; trails can be asked about only when every region has listed its own."""

    def __init__(self, desk: Desk, tasks: Tasks, regions: Sequence[str], enabled: Sequence[str] | Gap) -> None:
        self._desk, self._tasks, self._enabled = desk, tasks, enabled
        self._listed = {name: tasks.start(cloudtrail.list_trails, desk.at("cloudtrail", name)) for name in regions}
        self._parts = {name: self._start(name) for name in regions}
        self._trails: dict[str, list[Future[Trail]]] = {}

    def _start(self, name: str) -> dict[str, Future[Any]]:
        desk, start = self._desk, self._tasks.start
        return {
            "compute": start(_compute, desk.at("ec2", name), *desk.owner),
            "instances": start(ec2.read_instances, desk.at("ec2", name), *desk.owner),
            "detectors": start(guardduty.read_detectors, desk.at("guardduty", name), *desk.owner),
            "event_rules": start(alerts.read_rules, desk.at("events", name)),
            "subscriptions": start(alerts.read_subscriptions, desk.at("sns", name)),
        }

    def follow_up(self) -> None:
        """Start what had to wait for the first answers."""
        listed = {name: future.result() for name, future in self._listed.items()}
        for region, trails in cloudtrail.owners(listed).items():
            self._trails[region] = [self._start_trail(trail, region) for trail in trails]

    def _start_trail(self, trail: cloudtrail.Listed, seen_in: str) -> Future[Trail]:
        home = trail.home_region
        owner = trail.account_id if trail.account_id != self._desk.caller.account_id else None
        # The status can be asked wherever the trail is seen, the selectors at home only: asked for or not, if enabled.
        can_ask_home = isinstance(self._enabled, Gap) or home in self._enabled
        status = self._desk.at("cloudtrail", home if home in self._listed else seen_in)
        selectors = replace(self._desk.at("cloudtrail", home if can_ask_home else seen_in), owner=owner)
        return self._tasks.start(cloudtrail.read_trail, status, selectors, trail)

    def found(self) -> list[Region]:
        """The regions; waits for them."""
        return [self._region(name, parts) for name, parts in self._parts.items()]

    def _region(self, name: str, parts: dict[str, Future[Any]]) -> Region:
        listed = self._listed[name].result()
        trails = sorted((future.result() for future in self._trails[name]), key=lambda trail: trail.arn)
        return Region(
            name=name,
            trails=listed if isinstance(listed, Gap) else tuple(trails),
            **parts["compute"].result(),
            **{part: future.result() for part, future in parts.items() if part != "compute"},
        )


def _compute(reader: Reader, partition: str, account_id: str) -> dict[str, Any]:
    """Launch templates, account defaults, and the images that decide where neither does."""
    templates = ec2.read_launch_templates(reader, partition, account_id)
    defaults = ec2.read_defaults(reader)
    return {
        "launch_templates": templates,
        "imds_defaults": defaults,
        "images": ec2.read_images(reader, templates, defaults),
    }
