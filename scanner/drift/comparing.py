"""Compare two states of an account: what is other, by meaning, and only where both sides looked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from scanner.baseline.state import Entry, State, normal_form
from scanner.baseline.stored import is_managed_by_aws
from scanner.drift.arrivals import appeared
from scanner.drift.of_aws import changed, is_policy, is_policy_of_aws, sentences
from scanner.drift.principals import Principals
from scanner.drift.pruning import without_common
from scanner.drift.scope import Place, Scope, scope_of
from scanner.drift.surroundings import Surroundings
from scanner.drift.things import altered, kind_of, place_of, resource_of
from scanner.drift.told import Change, Compared, Diff, in_order
from scanner.errors import UsageError
from scanner.findings import Resource
from scanner.inventory import Account

_MOST_ALIKE = 5
_KEYS = ("account.access_keys", "global")
_PRINCIPALS = frozenset({"user", "role"})
_PERMISSIONS = frozenset({"id", "attached", "inline", "boundary", "groups", "trust", "tags"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison.

    Attributes:
        account: as the IAM engine is asked about it.
        told: what it was read from.
        state: its normal form, where it is a baseline.
        unknown: ARNs of policies of AWS that a baseline names in a version whose document is not at hand. Where another
            version is, it stands in.
    """

    account: Account
    told: Compared
    state: State | None = None
    unknown: frozenset[str] = frozenset()


def compare(old: Side, new: Side, *, consequences: bool = True) -> Diff:
    """By what two states of one account differ.

    Args:
        old: the state before.
        new: the state after.
        consequences: whether the escalation graphs of both are asked what follows.

    Raises:
        UsageError: they are of different accounts.
    """
    if old.account.account_id != new.account.account_id:
        raise UsageError(
            f"the sides are of different accounts: {old.account.account_id} and {new.account.account_id}",
            "Compare two states of one account.",
        )
    before, after = _states(old, new)
    scope = scope_of(before, after)
    unknown = old.unknown | new.unknown
    around = Surroundings(old.account, before.documents), Surroundings(new.account, after.documents)
    things = folded(list(_of_things(before, after, scope, unknown, around)))
    changes = [*things, *_of_regions(before, after), *_of_scope(scope, new.account.account_id)]
    principals = _principals(old, new, scope)
    affected = principals.affected(*_touched(before, after, unknown))
    changes += principals.changes(affected)
    if consequences:
        # The graph is loaded only where somebody asks for it.
        from scanner.drift.consequences import with_consequences

        changes = with_consequences(old.account, new.account, changes, frozenset(affected))
    return Diff(
        account_id=new.account.account_id,
        partition=new.account.partition,
        old=old.told,
        new=new.told,
        complete=scope.is_complete and not any(each.kind == "not_comparable" for each in changes),
        summary=_summary(changes),
        changes=in_order(changes),
        unseen=scope.unseen,
    )


def _states(old: Side, new: Side) -> tuple[State, State]:
    """The normal forms; of two snapshots only of what they do not share."""
    if old.state is None and new.state is None:
        one, other = without_common(old.account, new.account)
        return normal_form(one), normal_form(other)
    return old.state or normal_form(old.account), new.state or normal_form(new.account)


def _by_name(state: State) -> dict[str, Entry]:
    return {entry.entry: entry for entries in state.entries.values() for entry in entries}


def _of_things(
    before: State, after: State, scope: Scope, unknown: frozenset[str], around: tuple[Surroundings, Surroundings]
) -> Iterator[Change]:
    old, new = _by_name(before), _by_name(after)
    for name, entry in new.items():
        if name not in old:
            if _is_seen(entry, scope.old_missing) and kind_of(entry) not in _PRINCIPALS:
                yield from appeared(entry, around[1], is_new=True)
        elif old[name] != entry:
            resource = resource_of(entry, after.account_id)
            in_force = changed(old[name], entry, resource, unknown) if is_policy(entry) else None
            if in_force is not None:
                yield in_force
            if not is_policy_of_aws(entry):
                found = altered(old[name], entry, *around)
                yield from (_told_once(entry, each, scope) for each in found if not _is_told_otherwise(entry, each))
    for name, entry in old.items():
        if name not in new and _is_seen(entry, scope.new_missing) and kind_of(entry) not in _PRINCIPALS:
            yield from appeared(entry, around[0], is_new=False)


def _is_told_otherwise(entry: Entry, change: Change) -> bool:
    """Whether a field is told of by grants and causes, or by the version in force."""
    if kind_of(entry) in _PRINCIPALS:
        return _root_field(change.what) in _PERMISSIONS
    return is_policy(entry) and change.what.startswith("versions.is_default")


def _told_once(entry: Entry, change: Change, scope: Scope) -> Change:
    """The change; that a key is active weighs where the lists of keys say it, which the report repeats."""
    is_repeated = kind_of(entry) == "credential-row" and change.what in ("key active", "key inactive")
    if not is_repeated or _KEYS in scope.old_missing | scope.new_missing:
        return change
    return msgspec.structs.replace(change, direction="neutral", severity="info")


def _root_field(what: str) -> str:
    return what.partition(".")[0].partition("[")[0]


def _is_seen(entry: Entry, missing: frozenset[Place]) -> bool:
    return place_of(entry) not in missing


def _of_scope(scope: Scope, account_id: str) -> Iterator[Change]:
    """One change for each part that one side did not see, in whatever regions."""
    for row in scope.unseen:
        if row.side == "both":
            continue
        where = f" in {', '.join(row.regions)}" if row.regions != ("global",) else ""
        yield Change(
            kind="not_comparable",
            direction="neutral",
            severity="info",
            resource=Resource(
                row.part, "part", row.part, account_id, row.regions[0] if len(row.regions) == 1 else None
            ),
            what=f"{row.api} {row.status} on the {row.side} side{where}",
        )


def _of_regions(before: State, after: State) -> Iterator[Change]:
    """The regions that were switched on or off, where both sides know them all."""
    if before.other_regions is not None or after.other_regions is not None:
        return
    for region in sorted(set(before.regions) ^ set(after.regions)):
        is_new = region in after.regions
        yield Change(
            kind="added" if is_new else "removed",
            direction="neutral",
            severity="info",
            resource=Resource(f"region {region}", "region", region, after.account_id, region),
            what="region enabled" if is_new else "region disabled",
        )


def folded(changes: list[Change]) -> list[Change]:
    """The changes, those that cannot be compared for the same reason as one where there are many of them."""
    alike: defaultdict[tuple[str, str, str | None], list[Change]] = defaultdict(list)
    for each in changes:
        if each.kind == "not_comparable":
            alike[each.resource.type, each.what, each.resource.region].append(each)
    many = {key: found for key, found in alike.items() if len(found) > _MOST_ALIKE}
    kept = [
        each
        for each in changes
        if each.kind != "not_comparable" or (each.resource.type, each.what, each.resource.region) not in many
    ]
    for (kind, what, region), found in many.items():
        resource = Resource(kind, "part", f"{len(found)} of kind {kind}", found[0].resource.account_id, region)
        kept.append(msgspec.structs.replace(found[0], resource=resource, what=what))
    return kept


def _principals(old: Side, new: Side, scope: Scope) -> Principals:
    missing = scope.old_missing | scope.new_missing
    return Principals(
        old.account,
        new.account,
        of_users=("account.users", "global") not in missing,
        of_roles=("account.roles", "global") not in missing,
        unknown=sentences(old.unknown),
    )


def _touched(
    before: State, after: State, unknown: frozenset[str]
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The principals, groups and policies that are other; of unknown ones the same document stands on both sides."""
    old, new = _by_name(before), _by_name(after)
    different = [name for name in old.keys() | new.keys() if old.get(name) != new.get(name)]
    found: dict[str, set[str]] = {"principal": set(), "group": set(), "policy": set()}
    for name in different:
        entry = new.get(name) or old[name]
        kind = kind_of(entry)
        if kind in _PRINCIPALS:
            found["principal"].add(entry.arn)
        elif kind == "group":
            found["group"].add(entry.name)
        elif kind == "policy" and _in_force(old.get(name)) != _in_force(new.get(name)) and entry.arn not in unknown:
            found["policy"].add(entry.arn)
    return frozenset(found["principal"]), frozenset(found["group"]), frozenset(found["policy"])


def _in_force(policy: Any) -> object:
    if policy is None:
        return None
    is_of_aws = is_managed_by_aws(policy.arn)
    return [version.id if is_of_aws else version.document for version in policy.versions if version.is_default]


def _summary(changes: list[Change]) -> dict[str, int]:
    counts = Counter("not_comparable" if each.kind == "not_comparable" else each.direction for each in changes)
    return {name: counts[name] for name in ("narrows", "neutral", "not_comparable", "widens")}
