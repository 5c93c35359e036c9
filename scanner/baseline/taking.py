"""Take into a reviewed state what some findings are about, so that what was accepted is not told as drift again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import Any

import msgspec

from scanner.baseline.shelf import Shelf
from scanner.baseline.state import Entry, State, in_order, renormalised
from scanner.baseline.updating import with_fields
from scanner.findings import Finding

_PRINCIPALS = frozenset({"user", "role"})
_SHARED = frozenset({"group", "policy"})


def taken(before: State, now: State, findings: Iterable[Finding]) -> State:
    """The state before, with the resources of the findings as they are now.

    With a user come its keys and passwords. A policy or a group comes along where all who hold it are among the
    resources, or where one of these holds it and the state does not know it: what it newly grants to others was not
    accepted with a finding of one, nor with its own. A finding of the account as a whole takes nothing along, although
    the account's ARN is that of its root user.
    """
    arns = {
        finding.resource.arn.partition("#")[0]
        for finding in findings
        if not finding.resource.type.startswith("AWS::Account")
    }
    wanted = set(_wanted(before, now, arns))
    if not wanted:
        return before
    wanted |= set(_named_by(before, now, wanted))
    shelf = Shelf()
    entries = {}
    for family, here in now.entries.items():
        old = {entry.entry: entry for entry in before.entries[family]}
        merged = old | {
            entry.entry: with_fields(old.get(entry.entry), entry) for entry in here if entry.entry in wanted
        }
        present = {entry.entry for entry in here}
        entries[family] = in_order(
            renormalised(entry, shelf) for name, entry in merged.items() if name not in wanted or name in present
        )
    documents = {**before.documents, **now.documents}
    return msgspec.structs.replace(
        before, entries=entries, documents={name: documents[name] for name in sorted(shelf.named)}
    )


def _wanted(before: State, now: State, arns: Set[str]) -> Iterator[str]:
    """The names of the entries to take; also of those that are gone now."""
    users, holders = set(), _holders(now)
    for entry in _every(before, now):
        is_shared = _kind(entry) in _SHARED
        if getattr(entry, "arn", None) in arns and not (is_shared and holders.get(entry.arn, set()) - arns):
            yield entry.entry
            if _kind(entry) == "user":
                users.add(entry.name)
    for entry in _every(before, now):
        if getattr(entry, "user", None) in users:
            yield entry.entry
    known = {entry.entry for entries in before.entries.values() for entry in entries}
    for entry in _every(now):
        if _kind(entry) in _SHARED and (held := holders.get(entry.arn)):
            is_new = entry.entry not in known
            if held <= arns or (is_new and held & arns):
                yield entry.entry


def _named_by(before: State, now: State, wanted: Set[str]) -> Iterator[str]:
    """The policies that what is taken names and the state does not know, without which nobody could tell its rights."""
    known = {entry.entry for entry in _every(before)}
    named = {
        held.arn
        for entry in _every(now)
        if entry.entry in wanted and _kind(entry) in (*_PRINCIPALS, "group")
        for held in entry.attached
    }
    for entry in _every(now):
        if _kind(entry) == "policy" and entry.arn in named and entry.entry not in known:
            yield entry.entry


def _holders(state: State) -> dict[str, set[str]]:
    """By the ARN of each policy and group the ARNs of the users and roles to which it matters."""
    found: dict[str, set[str]] = {}
    of_group: dict[str, list[str]] = {}
    groups = {entry.name: entry for entry in _every(state) if _kind(entry) == "group"}
    for entry in _every(state):
        if _kind(entry) not in _PRINCIPALS:
            continue
        mine = [*entry.attached, *(groups[name] for name in getattr(entry, "groups", ()) if name in groups)]
        for held in mine:
            found.setdefault(held.arn, set()).add(entry.arn)
        for name in getattr(entry, "groups", ()):
            of_group.setdefault(name, []).append(entry.arn)
        if isinstance(entry.boundary, str):
            found.setdefault(entry.boundary, set()).add(entry.arn)
    for name, group in groups.items():
        for held in group.attached:
            # Without members a group still holds it: whoever joins later will.
            found.setdefault(held.arn, set()).update(of_group.get(name, [group.arn]))
    return found


def _every(*states: State) -> Iterator[Any]:
    for state in states:
        for entries in state.entries.values():
            yield from entries


def _kind(entry: Entry) -> str:
    return str(entry.__struct_config__.tag)
