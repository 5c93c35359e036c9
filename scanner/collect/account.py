"""Collect an account: every collector over every region, many calls at once, each ending in facts or in a gap."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scanner.collect.desk import Desk, Tasks, calls_in_flight
from scanner.collect.identity_part import DetailsPart, IdentityPart
from scanner.collect.reader import Clients, Ledger
from scanner.collect.regional_part import RegionalPart
from scanner.collect.regions import chosen_regions, enabled_regions, record_unasked, unasked
from scanner.collect.session import client_config, global_endpoint, identify
from scanner.errors import UsageError
from scanner.inventory import Account, Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What to collect, and how.

    Attributes:
        regions: the regions to ask; empty means every enabled one.
        account_id: the account that the credentials must belong to.
        identity_only: leave the regions out, where only principals matter.
        details_only: of IAM, leave out everything but principals and policies.
        keys_of: the name or ARN of the one user whose access keys matter; they are asked for even where the credential
            report shows none, since it may be four hours old.
        concurrency: calls in flight.
        user_agent: how CloudTrail shall name us.
        on_progress: told after each part how many are done, and how many there are so far.
    """

    regions: tuple[str, ...] = ()
    account_id: str | None = None
    identity_only: bool = False
    details_only: bool = False
    keys_of: str | None = None
    concurrency: int = 16
    user_agent: str = "guardrift"
    on_progress: Callable[[int, int], None] = lambda _done, _total: None
    pause: Callable[[float], None] = field(default=time.sleep)


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
        enabled = enabled_regions(desk, session.region_name)
        chosen = chosen_regions(enabled, scope.regions, session.region_name)
    with calls_in_flight(scope.concurrency) as pool:
        tasks = Tasks(pool, scope.on_progress)
        identity: IdentityPart | DetailsPart = (
            DetailsPart(desk, tasks) if scope.details_only else IdentityPart(desk, tasks, scope.keys_of, scope.pause)
        )
        regional = RegionalPart(desk, tasks, chosen, enabled)
        identity.follow_up()
        regional.follow_up()
        tasks.wait()
        found = identity.found()
        regions = regional.found()
    left_out = () if isinstance(enabled, Gap) else tuple(region for region in enabled if region not in chosen)
    for region in left_out:
        record_unasked(desk.ledger, region)
    return Account(
        account_id=desk.caller.account_id,
        partition=desk.caller.partition,
        taken_at=now,
        caller=desk.caller.arn,
        **found,
        regions=tuple(sorted((*regions, *map(unasked, left_out)), key=lambda region: region.name)),
        other_regions=enabled if isinstance(enabled, Gap) else None,
        coverage=desk.ledger.rows(desk.caller.account_id),
    )


def _desk(clients: Clients, region: str, scope: Scope) -> Desk:
    caller = identify(clients, region)
    if scope.account_id is not None and scope.account_id != caller.account_id:
        raise UsageError(
            f"the credentials belong to account {caller.account_id}, not to {scope.account_id}",
            "Check --profile, --role-arn and --account.",
        )
    desk = Desk(clients, Ledger(), caller, global_endpoint(caller.partition, region))
    desk.ledger.record("sts:GetCallerIdentity", "global", "ok")
    return desk
