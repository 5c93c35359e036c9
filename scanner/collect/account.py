"""Collect an account: every collector over every region, many calls at once, each ending in facts or in a gap."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scanner.actions import ACTIONS, all_but_options, with_what_they_need
from scanner.collect.clients import Clients, Meter
from scanner.collect.desk import UNWANTED, Desk
from scanner.collect.journal import Journal
from scanner.collect.ledger import Ledger
from scanner.collect.pace import Pace
from scanner.collect.parts import GlobalPart, RegionalPart
from scanner.collect.regions import chosen_regions, enabled_regions, record_unasked, unasked
from scanner.collect.session import Caller, client_config, global_endpoint, identify
from scanner.collect.tasks import Tasks, threads
from scanner.errors import UsageError
from scanner.inventory import Account, Gap

_THREADS_PER_CALL = 2
"""Some threads wait for the results of others, and shall not keep calls from being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What to collect, and how.

    Attributes:
        regions: the regions to ask; empty means every enabled one.
        account_id: the account that the credentials must belong to.
        wanted: the API actions whose answers matter, and so those that they need; None means all but options.
        keys_of: the name or ARN of the one user whose access keys matter; they are asked for even where the credential
            report shows none, since it may be four hours old.
        log_buckets: names of buckets to which other accounts deliver logs; those that are this account's are read.
        concurrency: calls in flight.
        max_rate: requests a second at most, retries included; None for no limit.
        user_agent: how CloudTrail shall name us.
        on_progress: told after each part how many are done, and how many there are so far.
        journal: makes what remembers the collection, once the account and its partition are known.
        meter: is told how long things took.
    """

    regions: tuple[str, ...] = ()
    account_id: str | None = None
    wanted: frozenset[str] | None = None
    keys_of: str | None = None
    log_buckets: tuple[str, ...] = ()
    concurrency: int = 16
    max_rate: float | None = None
    user_agent: str = "guardrift"
    on_progress: Callable[[int, int], None] = lambda _done, _total: None
    pause: Callable[[float], None] = field(default=time.sleep)
    journal: Callable[[Caller], Journal] = lambda _caller: Journal()
    meter: Meter = field(default_factory=Meter)


def collect(session: Any, scope: Scope, *, now: datetime) -> Account:
    """Read the account that the session belongs to.

    Args:
        session: of the SDK.
        scope: what to collect.
        now: when the collection begins; one that continues another is as old as that.

    Raises:
        CollectError: AWS cannot be asked at all.
        UsageError: the account or a region is not the one named.
    """
    began = time.perf_counter()
    pace = Pace(scope.max_rate) if scope.max_rate else None
    config = client_config(scope.concurrency, scope.user_agent)
    clients = Clients(session, config, scope.concurrency, pace, scope.meter)
    caller = identified(clients, session.region_name, scope)
    scope.meter.starting = time.perf_counter() - began
    with threads(_THREADS_PER_CALL * scope.concurrency) as pool:
        account = _collected(clients, caller, session.region_name, scope, pool, now)
    scope.meter.collecting = time.perf_counter() - began - scope.meter.starting
    return account


def identified(clients: Clients, region: str, scope: Scope) -> Caller:
    """Who asks; raises ``UsageError`` if the account is not the one named."""
    caller = identify(clients, region)
    if scope.account_id is not None and scope.account_id != caller.account_id:
        raise UsageError(
            f"the credentials belong to account {caller.account_id}, not to {scope.account_id}",
            "Check --profile, --role-arn and --account.",
        )
    return caller


def _collected(
    clients: Clients, caller: Caller, session_region: str, scope: Scope, pool: ThreadPoolExecutor, now: datetime
) -> Account:
    wanted = all_but_options() if scope.wanted is None else with_what_they_need(scope.wanted)
    desk = Desk(
        clients=clients,
        ledger=Ledger(),
        caller=caller,
        global_region=global_endpoint(caller.partition, session_region),
        tasks=Tasks(pool, scope.on_progress),
        wanted=wanted,
        journal=scope.journal(caller),
    )
    try:
        return _read(desk, session_region, scope, now)
    finally:
        desk.journal.close()


def _read(desk: Desk, session_region: str, scope: Scope, now: datetime) -> Account:
    caller = desk.caller
    desk.ledger.record("sts:GetCallerIdentity", "global", "ok")
    enabled: tuple[str, ...] | Gap = Gap("ec2:DescribeRegions", "skipped")
    chosen: tuple[str, ...] = ()
    globally = GlobalPart(desk, scope.keys_of, scope.pause)
    if "ec2:DescribeRegions" in desk.wanted:
        enabled = enabled_regions(desk, session_region)
        chosen = chosen_regions(enabled, scope.regions, session_region)
    regionally = RegionalPart(desk, chosen, enabled, globally.membership, scope.log_buckets)
    found, regions = regionally.found(), regionally.regions()
    left_out = () if isinstance(enabled, Gap) else tuple(region for region in enabled if region not in chosen)
    _record_what_was_not_asked(desk, left_out)
    return Account(
        account_id=caller.account_id,
        partition=caller.partition,
        taken_at=desk.journal.began or now,
        caller=caller.arn,
        **globally.found(),
        **found,
        regions=tuple(sorted((*regions, *map(unasked, left_out)), key=lambda region: region.name)),
        other_regions=enabled if isinstance(enabled, Gap) else None,
        coverage=desk.ledger.rows(caller.account_id),
    )


def _record_what_was_not_asked(desk: Desk, left_out: tuple[str, ...]) -> None:
    for action in ACTIONS:
        if action.api not in desk.wanted and action.option is None:
            desk.ledger.skip(action.api, "*" if action.is_regional else "global", UNWANTED)
    for region in left_out:
        record_unasked(desk, region)
