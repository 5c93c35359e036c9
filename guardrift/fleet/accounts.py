"""Which accounts of an organization are scanned."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from guardrift.fleet.membership import path_to
from scanner.errors import CollectError, UsageError
from scanner.fleet_report import SkippedAccount
from scanner.inventory import Gap, MemberAccount, OrganizationalUnit, OrganizationFacts, OrganizationTree, describe

_IN_USE = "ACTIVE"
_ID = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which accounts are chosen; what is empty leaves none out.

    Attributes:
        units: ids, names, or paths of names such as ``Workloads/Production``; with all that lies below them.
        only: ids of accounts.
        skip: ids of accounts that are left out.
        tags: keys and values that an account must carry, all of them.
    """

    units: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which accounts are scanned.

    Attributes:
        chosen: the accounts to scan.
        skipped: those that were chosen but are not in use.
        left_out: how many were not chosen.
        tags: of the accounts, where something asks for them.
    """

    chosen: tuple[MemberAccount, ...]
    skipped: tuple[SkippedAccount, ...]
    left_out: int
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


TagsOf = Callable[[Iterable[str]], Mapping[str, Mapping[str, str]]]


def choose(facts: OrganizationFacts, filters: Filters, tags_of: TagsOf, *, wants_tags: bool = False) -> Choice:
    """The accounts to scan, sorted by id.

    Args:
        facts: of the organization, from an account that may read them.
        filters: which of them.
        tags_of: reads the tags of accounts; called only if tags are asked for.
        wants_tags: whether somebody else asks for them.

    Raises:
        CollectError: the accounts are not all known, so that some would silently not be scanned.
        UsageError: a filter names what does not exist, or no account is left.
    """
    accounts = _known_accounts(facts)
    _check_ids(filters, {account.id for account in accounts})
    units = {_unit_id(name, facts) for name in filters.units}
    found = [
        account
        for account in accounts
        if (not filters.only or account.id in filters.only)
        and account.id not in filters.skip
        and (not units or units & set(_path(facts, account)))
    ]
    tags = tags_of([account.id for account in found]) if filters.tags or wants_tags else {}
    if filters.tags:
        found = [account for account in found if all(tags[account.id].get(key) == value for key, value in filters.tags)]
    chosen = tuple(sorted((account for account in found if account.state == _IN_USE), key=lambda account: account.id))
    if not chosen:
        raise UsageError("no account is left to scan", "Widen --ou, --only-account, --skip-account and --account-tag.")
    skipped = tuple(
        SkippedAccount(account_id=account.id, name=account.name, state=account.state)
        for account in sorted(found, key=lambda account: account.id)
        if account.state != _IN_USE
    )
    return Choice(chosen, skipped, len(accounts) - len(found), tags)


def _known_accounts(facts: OrganizationFacts) -> tuple[MemberAccount, ...]:
    if facts.membership is None:
        raise UsageError(
            "the account is in no organization", "Leave out --organization, or use a profile of the management account."
        )
    if isinstance(facts.accounts, Gap):
        which = "" if isinstance(facts.membership, Gap) else f" ({facts.membership.management_account})"
        hint = (
            f"Use a profile of the management account{which} or of a delegated administrator, and allow "
            "organizations:ListAccounts."
        )
        raise CollectError(
            f"the accounts of the organization cannot be listed: {describe(facts.accounts)}",
            "AWS is busy, or cannot be reached: try again later."
            if facts.accounts.status in {"throttled", "error"}
            else hint,
        )
    return facts.accounts


def _check_ids(filters: Filters, known: set[str]) -> None:
    for option, named in (("--only-account", filters.only), ("--skip-account", filters.skip)):
        for account_id in named:
            if account_id not in known:
                raise UsageError(
                    f"{option}: the organization has no account {account_id}", "An account id is twelve digits."
                )


def _path(facts: OrganizationFacts, account: MemberAccount) -> tuple[str, ...]:
    path = path_to(facts, account.id)
    if path is None:
        raise CollectError(
            f"it is not known to which unit account {account.id} belongs, so --ou cannot choose",
            "Allow organizations:ListRoots, ListOrganizationalUnitsForParent and ListAccountsForParent.",
        )
    return path


def _unit_id(name: str, facts: OrganizationFacts) -> str:
    tree = facts.tree
    if isinstance(tree, Gap) or tree is None or isinstance(tree.units, Gap):
        what = tree if isinstance(tree, Gap) else tree.units if tree is not None else None
        raise CollectError(
            "the units of the organization cannot be listed" + (f": {describe(what)}" if isinstance(what, Gap) else ""),
            "Allow organizations:ListRoots and organizations:ListOrganizationalUnitsForParent.",
        )
    named = _named(tree, tree.units)
    found = sorted(unit_id for unit_id, names in named.items() if name in names or name == unit_id)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"--ou: several units are named {name!r}", f"Give one of the ids {', '.join(found)}.")
    close = get_close_matches(name, sorted({one for names in named.values() for one in names}), 3)
    hint = f"Did you mean {', '.join(close)}?" if close and not _ID.fullmatch(name) else "Give an id, a name or a path."
    raise UsageError(f"--ou: the organization has no unit {name!r}", hint)


def _named(tree: OrganizationTree, units: tuple[OrganizationalUnit, ...]) -> dict[str, set[str]]:
    """The names of each root and unit: its own, and its path with and without the root."""
    paths: dict[str, tuple[str, ...]] = {root.id: (root.name or root.id,) for root in tree.roots}
    waiting = list(units)
    while waiting:
        hung = [unit for unit in waiting if unit.parent in paths]
        if not hung:
            break
        for unit in hung:
            paths[unit.id] = (*paths[unit.parent], unit.name)
        waiting = [unit for unit in waiting if unit.id not in paths]
    names = {unit_id: {path[-1], "/".join(path), "/".join(path[1:])} - {""} for unit_id, path in paths.items()}
    return {**{unit.id: {unit.name} for unit in waiting}, **names}
