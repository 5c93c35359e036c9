"""From one reviewed state to the next: what is other, and what a scan that saw less must not take away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from scanner.baseline.parts import by_kind, parts
from scanner.baseline.shelf import Shelf
from scanner.baseline.state import GLOBAL, Entry, MissingPart, State, in_order, renormalised
from scanner.baseline.stored import NotRead

Place = tuple[str, str]
"""A part and the region in which it was asked."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """By what two states of an account differ; entries by their names.

    Attributes:
        added: what is there now; only where it was read before.
        removed: what is gone; only where it is read now.
        changed: what is still there, and other.
        now_read: what was not read before.
        not_read: what is not read any more.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    now_read: tuple[str, ...]
    not_read: tuple[str, ...]


def changes(before: State, after: State) -> Changes:
    """What is other in a state than before."""
    old, new = _by_name(before), _by_name(after)
    unread_before, unread_after = set(_unread(before)), set(_unread(after))
    added = [name for name, entry in new.items() if name not in old and place_of(entry) not in unread_before]
    removed = [name for name, entry in old.items() if name not in new and place_of(entry) not in unread_after]
    return Changes(
        added=tuple(sorted(added)),
        removed=tuple(sorted(removed)),
        changed=tuple(sorted(name for name, entry in new.items() if name in old and old[name] != entry)),
        now_read=tuple(sorted(map(" ".join, unread_before - unread_after))),
        not_read=tuple(sorted(map(" ".join, unread_after - unread_before))),
    )


def with_what_was_read(before: State, after: State) -> State:
    """The later state, with what was known before wherever nothing was read now."""
    unread_before = set(_unread(before))
    kept_places = {place for place in _unread(after) if place not in unread_before and _had(before, place)}
    regions = after.regions
    if after.other_regions is not None:
        gone = set(before.regions) - set(after.regions)
        regions = tuple(sorted({*before.regions, *after.regions}))
        kept_places |= {(part.path, region) for part in parts() if part.is_regional for region in gone}
    documents = {**before.documents, **after.documents}
    old = _by_name(before)
    shelf = Shelf()
    entries = {}
    for family, now in after.entries.items():
        kept = [entry for entry in before.entries[family] if place_of(entry) in kept_places]
        merged = [*kept, *(with_fields(old.get(entry.entry), entry) for entry in now)]
        entries[family] = in_order(renormalised(entry, shelf) for entry in merged)
    return msgspec.structs.replace(
        after,
        regions=regions,
        other_regions=before.other_regions if after.other_regions is not None else None,
        entries=entries,
        not_read={
            family: _without(rows, kept_places) + _of_regions(before, family, set(regions) - set(after.regions))
            for family, rows in after.not_read.items()
        },
        documents={name: documents[name] for name in sorted(shelf.named)},
    )


def place_of(entry: Entry) -> Place:
    """The part and the region of an entry."""
    part = by_kind()[entry.__struct_config__.tag]
    return part.path, entry.region if part.is_regional else GLOBAL


def _by_name(state: State) -> dict[str, Entry]:
    return {entry.entry: entry for entries in state.entries.values() for entry in entries}


def _unread(state: State) -> Iterator[Place]:
    for rows in state.not_read.values():
        for row in rows:
            yield from ((row.part, region) for region in row.regions)


def _had(state: State, place: Place) -> bool:
    return place[1] == GLOBAL or place[1] in state.regions


def with_fields(before: Entry | None, now: Entry) -> Entry:
    """An entry with the fields that were read before and are not now, unless it is another thing of the same name."""
    if before is None or getattr(before, "id", None) != getattr(now, "id", None):
        return now
    kept: dict[str, Any] = {
        name: getattr(before, name)
        for name in now.__struct_fields__
        if isinstance(getattr(now, name), NotRead)
        and not isinstance(getattr(before, name), NotRead | msgspec.UnsetType)
    }
    return msgspec.structs.replace(now, **kept) if kept else now


def _without(rows: tuple[MissingPart, ...], places: set[Place]) -> tuple[MissingPart, ...]:
    found = []
    for row in rows:
        regions = tuple(region for region in row.regions if (row.part, region) not in places)
        if regions:
            found.append(msgspec.structs.replace(row, regions=regions))
    return tuple(sorted(found))


def _of_regions(state: State, family: str, regions: set[str]) -> tuple[MissingPart, ...]:
    found = []
    for row in state.not_read[family]:
        there = tuple(region for region in row.regions if region in regions)
        if there:
            found.append(msgspec.structs.replace(row, regions=there))
    return tuple(sorted(found))
