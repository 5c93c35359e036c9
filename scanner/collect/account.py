"""Collect an account: every collector over every region, many calls at once, each ending in facts or in a gap."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any, TypeVar

from scanner.authorization_details import Details
from scanner.collect import alerts, cloudtrail, ec2, guardduty, iam
from scanner.collect.actions import ACTIONS
from scanner.collect.reader import Clients, Ledger, Reader, answered
from scanner.collect.session import Caller, client_config, global_endpoint, identify
from scanner.errors import UsageError
from scanner.inventory import Account, CredentialReport, Gap, Region, Trail, UserKeys

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What to collect, and how.

    Attributes:
        regions: the regions to ask; empty means every enabled one.
        account_id: the account that the credentials must belong to.
        identity_only: leave the regions out, where only principals matter.
        concurrency: calls in flight.
        user_agent: how CloudTrail shall name us.
        on_progress: told after each part how many are done, and how many there are so far.
    """

    regions: tuple[str, ...] = ()
    account_id: str | None = None
    identity_only: bool = False
    concurrency: int = 16
    user_agent: str = "guardrift"
    on_progress: Callable[[int, int], None] = lambda _done, _total: None
    pause: Callable[[float], None] = field(default=time.sleep)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every task needs: the clients, the ledger, the caller."""

    clients: Clients
    ledger: Ledger
    caller: Caller
    global_region: str

    def everywhere(self, service: str) -> Reader:
        return Reader(self.clients, self.ledger, service, self.global_region, "global")

    def at(self, service: str, region: str) -> Reader:
        return Reader(self.clients, self.ledger, service, region, region)

    @property
    def owner(self) -> tuple[str, str]:
        return self.caller.partition, self.caller.account_id


class _Tasks:
    """A pool whose tasks are counted for the progress display."""

    def __init__(self, pool: ThreadPoolExecutor, on_progress: Callable[[int, int], None]) -> None:
        self._pool = pool
        self._on_progress = on_progress
        self._futures: list[Future[Any]] = []

    def start(self, task: Callable[..., T], *arguments: object) -> Future[T]:
        future = self._pool.submit(task, *arguments)
        self._futures.append(future)
        return future

    def wait(self) -> None:
        """Wait for everything started so far."""
        pending = [future for future in self._futures if not future.done()]
        for _ in as_completed(pending):
            done = sum(future.done() for future in self._futures)
            self._on_progress(done, len(self._futures))


def collect(session: Any, scope: Scope, *, now: datetime) -> Account:
    """Read the account that the session belongs to.

    Raises:
        CollectError: AWS cannot be asked at all.
        UsageError: the account or a region is not the one named.
    """
    clients = Clients(session, client_config(scope.concurrency, scope.user_agent))
    desk = _desk(clients, session.region_name, scope)
    enabled: tuple[str, ...] | Gap = Gap("ec2:DescribeRegions", "skipped")
    chosen: tuple[str, ...] = ()
    if not scope.identity_only:
        enabled = _enabled_regions(desk, session.region_name)
        chosen = _chosen(enabled, scope.regions, session.region_name)
    with ThreadPoolExecutor(scope.concurrency, thread_name_prefix="collect") as pool:
        tasks = _Tasks(pool, scope.on_progress)
        try:
            identity = _Identity(desk, tasks, scope.pause)
            regional = _Regional(desk, tasks, chosen)
            identity.follow_up()
            regional.follow_up()
            tasks.wait()
        except BaseException:
            # Ctrl-C must not wait for hundreds of queued calls.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        found = identity.found()
        regions = regional.found()
    left_out = () if isinstance(enabled, Gap) else tuple(region for region in enabled if region not in chosen)
    for region in left_out:
        _record_unasked(desk.ledger, region)
    return Account(
        account_id=desk.caller.account_id,
        partition=desk.caller.partition,
        taken_at=now,
        caller=desk.caller.arn,
        **found,
        regions=tuple(sorted((*regions, *map(_unasked, left_out)), key=lambda region: region.name)),
        other_regions=enabled if isinstance(enabled, Gap) else None,
        coverage=desk.ledger.rows(desk.caller.account_id),
    )


def _desk(clients: Clients, region: str, scope: Scope) -> _Desk:
    caller = identify(clients, region)
    if scope.account_id is not None and scope.account_id != caller.account_id:
        raise UsageError(
            f"the credentials belong to account {caller.account_id}, not to {scope.account_id}",
            "Check --profile, --role-arn and --account.",
        )
    desk = _Desk(clients, Ledger(), caller, global_endpoint(caller.partition, region))
    desk.ledger.record("sts:GetCallerIdentity", "global", "ok")
    return desk


def _enabled_regions(desk: _Desk, region: str) -> tuple[str, ...] | Gap:
    """The regions that are enabled for the account, from either of the two services that know them."""
    ec2_reader = Reader(desk.clients, desk.ledger, "ec2", region, "global")

    def described() -> tuple[str, ...]:
        answer = ec2_reader.call("DescribeRegions")["Regions"]
        return tuple(sorted(item["RegionName"] for item in answer if item.get("OptInStatus") != "not-opted-in"))

    def listed() -> tuple[str, ...]:
        pages = desk.everywhere("account").pages(
            "ListRegions", RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"]
        )
        return tuple(sorted(item["RegionName"] for page in pages for item in page["Regions"]))

    found = answered(ec2_reader, "DescribeRegions", described)
    if not isinstance(found, Gap):
        return found
    second = answered(desk.everywhere("account"), "ListRegions", listed)
    return found if isinstance(second, Gap) else second


def _chosen(enabled: tuple[str, ...] | Gap, wanted: tuple[str, ...], session_region: str) -> tuple[str, ...]:
    if isinstance(enabled, Gap):
        return tuple(sorted(set(wanted))) or (session_region,)
    for region in wanted:
        if region not in enabled:
            close = get_close_matches(region, enabled, 3) or enabled[:3]
            raise UsageError(
                f"the region {region!r} does not exist, or is not enabled for this account",
                f"Enabled are, among others: {', '.join(close)}",
            )
    return tuple(sorted(set(wanted))) or enabled


class _Identity:
    """The global part: IAM, whose access keys can be asked for only when users and credential report are known."""

    def __init__(self, desk: _Desk, tasks: _Tasks, pause: Callable[[float], None]) -> None:
        self._reader = desk.everywhere("iam")
        self._tasks = tasks
        self._report = tasks.start(iam.read_credential_report, self._reader, pause)
        self._details = tasks.start(iam.read_details, self._reader)
        self._summary = tasks.start(iam.read_summary, self._reader)
        self._profiles = tasks.start(iam.read_instance_profiles, self._reader)
        self._keys: list[Future[UserKeys]] | Gap = []

    def follow_up(self) -> None:
        details, report = self._details.result(), self._report.result()
        if isinstance(details.users, Gap):
            self._keys = details.users
        elif isinstance(report, Gap):
            self._keys = report
        else:
            rows = {row.user: row for row in report.rows}
            names = iam.users_with_keys(details.users, report)
            self._keys = [self._tasks.start(iam.read_keys, self._reader, name, rows.get(name)) for name in names]

    def found(self) -> dict[str, Any]:
        details: Details = self._details.result()
        report: CredentialReport | Gap = self._report.result()
        keys = self._keys if isinstance(self._keys, Gap) else tuple(future.result() for future in self._keys)
        return {
            **details._asdict(),
            "credential_report": report,
            "summary": self._summary.result(),
            "instance_profiles": self._profiles.result(),
            "access_keys": keys if isinstance(keys, Gap) else tuple(sorted(keys, key=lambda holder: holder.user)),
        }


class _Regional:
    """The regional part; trails can be asked about only when every region has listed its own."""

    def __init__(self, desk: _Desk, tasks: _Tasks, regions: Sequence[str]) -> None:
        self._desk, self._tasks = desk, tasks
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
        listed = {name: future.result() for name, future in self._listed.items()}
        for region, trails in cloudtrail.owners(listed).items():
            self._trails[region] = [self._start_trail(trail, region) for trail in trails]

    def _start_trail(self, trail: dict[str, Any], seen_in: str) -> Future[Trail]:
        home = cloudtrail.home_region(trail)
        reader = self._desk.at("cloudtrail", home if home in self._listed else seen_in)
        return self._tasks.start(cloudtrail.read_trail, reader, trail)

    def found(self) -> list[Region]:
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


def _unasked(name: str) -> Region:
    def gap(api: str) -> Gap:
        return Gap(api, "skipped", name)

    return Region(
        name=name,
        instances=gap("ec2:DescribeInstances"),
        launch_templates=gap("ec2:DescribeLaunchTemplateVersions"),
        images=gap("ec2:DescribeImages"),
        imds_defaults=gap("ec2:GetInstanceMetadataDefaults"),
        trails=gap("cloudtrail:DescribeTrails"),
        detectors=gap("guardduty:ListDetectors"),
        event_rules=gap("events:ListRules"),
        subscriptions=gap("sns:ListSubscriptions"),
    )


def _record_unasked(ledger: Ledger, region: str) -> None:
    for action in ACTIONS:
        if action.is_regional:
            ledger.record(action.api, region, "skipped", "the region was not asked for", calls=0)
