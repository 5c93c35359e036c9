"""Ask, for every action that a scan would call, whether the present credentials may call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scanner.actions import REGIONAL, all_but_options, with_what_they_need
from scanner.collect.account import Scope, identified
from scanner.collect.clients import Clients
from scanner.collect.desk import Desk
from scanner.collect.journal import Journal
from scanner.collect.ledger import Ledger
from scanner.collect.pace import Pace
from scanner.collect.probing import ask_place, status_of, told
from scanner.collect.probing_organization import ABOUT_ORGANIZATION, NO_ORGANIZATION, Membership, ask_organization
from scanner.collect.regions import chosen_regions, enabled_regions
from scanner.collect.session import Caller, client_config, global_endpoint
from scanner.collect.tasks import Task, Tasks, threads
from scanner.preflight import OF_REGIONS, Answer

_DETECTION_ADMINS = "guardduty:ListOrganizationAdminAccounts"
_DETECTION_OF_MEMBERS = "guardduty:DescribeOrganizationConfiguration"


@dataclass(frozen=True, slots=True)
class Found:
    """What a preflight has found: who asked, the regions, and every answer, by action and region."""

    caller: Caller
    regions: tuple[str, ...]
    answers: tuple[Answer, ...]


def preflight(session: Any, scope: Scope) -> Found:
    """Ask about every wanted action once, in each region that would be scanned.

    Args:
        session: of the SDK.
        scope: what a scan would collect; nothing is remembered in its journal.

    Raises:
        CollectError: AWS cannot be asked at all, or the credentials expire meanwhile.
        UsageError: the account or a region is not the one named.
    """
    pace = Pace(scope.max_rate) if scope.max_rate else None
    config = client_config(scope.concurrency, scope.user_agent)
    clients = Clients(session, config, scope.concurrency, pace, scope.meter)
    caller = identified(clients, session.region_name, scope)
    with threads(2 * scope.concurrency) as pool:
        desk = Desk(
            clients=clients,
            ledger=Ledger(),
            caller=caller,
            global_region=global_endpoint(caller.partition, session.region_name),
            tasks=Tasks(pool, scope.on_progress),
            wanted=all_but_options() if scope.wanted is None else with_what_they_need(scope.wanted),
            journal=Journal(),
        )
        regions, answers = _asked(desk, session.region_name, scope.regions)
    found = (told("sts:GetCallerIdentity", "global", "readable"), *answers)
    return Found(caller, regions, tuple(sorted(found, key=lambda answer: (answer.api, answer.region))))


def _asked(desk: Desk, session_region: str, wanted: tuple[str, ...]) -> tuple[tuple[str, ...], list[Answer]]:
    apis = desk.wanted - OF_REGIONS - {"sts:GetCallerIdentity"}
    regional = frozenset(api for api in apis if REGIONAL[api])
    of_buckets = frozenset(api for api in apis if api.startswith("s3:"))
    of_organization = apis & ABOUT_ORGANIZATION
    regions: tuple[str, ...] = ()
    organization = desk.start(ask_organization, desk, of_organization)
    globally = desk.start(ask_place, desk, "global", apis - regional - of_buckets - of_organization)
    if regional:
        regions = chosen_regions(enabled_regions(desk, session_region), wanted, session_region)
    found = desk.each(lambda region: _ask_region(desk, region, regional, organization), regions)
    log_buckets = sorted({names["log_bucket"] for _, names in found if "log_bucket" in names})
    # Which bucket to ask about is known only when every region has told where its trails deliver to.
    buckets, _ = ask_place(desk, "global", of_buckets, log_buckets=" ".join(log_buckets))
    answers = [*_of_ledger(desk), *globally.result()[0], *organization.result()[0], *buckets]
    return regions, answers + [answer for place, _ in found for answer in place]


def _of_ledger(desk: Desk) -> list[Answer]:
    """What was asked to find out which regions there are."""
    return [told(entry.api, entry.region, status_of(entry.status), entry.message) for entry in desk.ledger.entries()]


def _ask_region(
    desk: Desk, region: str, apis: frozenset[str], organization: Task[tuple[list[Answer], Membership]]
) -> tuple[list[Answer], dict[str, str]]:
    """The actions in one region; those about the organization only where a scan would call them."""
    membership = organization.result()[1]
    left_out: dict[str, Answer] = {}
    if membership.kind == "none":
        left_out = {
            api: told(api, region, "not_applicable", NO_ORGANIZATION)
            for api in apis & {_DETECTION_ADMINS, _DETECTION_OF_MEMBERS}
        }
    elif membership.kind == "member":
        left_out = {api: told(api, region, "elsewhere", membership.only_in) for api in apis & {_DETECTION_ADMINS}}
    answers, names = ask_place(desk, region, apis - left_out.keys())
    return [*answers, *left_out.values()], names
