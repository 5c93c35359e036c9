"""The normal form of an account: the same for every spelling and every order of the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from scanner.baseline.converting import converter
from scanner.baseline.parts import Part, by_kind, families, parts
from scanner.baseline.shelf import Shelf, ShelvedDocument
from scanner.baseline.stored import NotRead
from scanner.inventory import Account, CredentialReport, Gap, Instance, Outcome

Entry = Any
"""One thing; its type is the ``entry`` of its part, and every one has ``entry``, its name among all of them."""

GLOBAL = "global"
_GONE = frozenset({"shutting-down", "terminated"})


class MissingPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, order=True):
    """A part that was not read, so that nothing can be said of it: neither that it is there nor that it is not.

    Attributes:
        part: such as ``region.trails``.
        api: the API action that was not answered.
        status: how the call ended; ``not_applicable`` where the service does not exist there.
        regions: where; ``global`` for parts that are not of a region.
    """

    part: str
    api: str
    status: Outcome
    regions: tuple[str, ...]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The normal form of an account.

    Attributes:
        regions: every enabled region.
        other_regions: None where these are all; what was not read where the list is not known.
        entries: the things by file, in the order of their names.
        not_read: what was not read, by file.
        documents: policies and filters by digest.
    """

    account_id: str
    partition: str
    regions: tuple[str, ...]
    other_regions: NotRead | None
    entries: dict[str, tuple[Entry, ...]]
    not_read: dict[str, tuple[MissingPart, ...]]
    documents: dict[str, ShelvedDocument]


def normal_form(account: Account) -> State:
    """The normal form of an account."""
    shelf = Shelf()
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    gaps: defaultdict[tuple[str, str, Outcome], set[str]] = defaultdict(set)
    for part in parts():
        for region, answer in _answers(account, part):
            if isinstance(answer, Gap):
                gaps[part.path, answer.api, answer.status].add(region)
            else:
                found[part.family] += [_entry(part, region, item, shelf) for item in _items(part, answer)]
    missing = [
        MissingPart(part=path, api=api, status=status, regions=tuple(sorted(where)))
        for (path, api, status), where in gaps.items()
    ]
    family_of = {part.path: part.family for part in parts()}
    other = account.other_regions
    return State(
        account_id=account.account_id,
        partition=account.partition,
        regions=tuple(sorted(region.name for region in account.regions)),
        other_regions=None if other is None else converter(Gap)(other, shelf),
        entries={family: in_order(found[family]) for family in families()},
        not_read={
            family: tuple(sorted(each for each in missing if family_of[each.part] == family)) for family in families()
        },
        documents=dict(sorted(shelf.documents.items())),
    )


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries in the order of their names; of equal ones one, and different ones of the same name are numbered."""
    named: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        named[entry.entry].append(entry)
    found: list[Entry] = []
    for name in sorted(named):
        alike = named[name]
        if len(alike) > 1:
            by_text = {msgspec.json.encode(each, order="sorted"): each for each in alike}
            alike = [by_text[text] for text in sorted(by_text)]
            alike[1:] = [
                msgspec.structs.replace(each, entry=f"{name} #{number}") for number, each in enumerate(alike[1:], 2)
            ]
        found += alike
    return tuple(found)


def renormalised(entry: Entry, shelf: Shelf) -> Entry:
    """An entry with everything in its order, which is the same unless somebody changed it by hand.

    The documents that it names are noted in the shelf.
    """
    part = by_kind()[entry.__struct_config__.tag]
    if part.item is None:
        return msgspec.structs.replace(entry, values=tuple(sorted(set(entry.values))))
    stored = converter(part.item)(entry, shelf)
    return msgspec.structs.replace(entry, **{name: getattr(stored, name) for name in stored.__struct_fields__})


def name_of(part: Part, region: str, item: Any) -> str:
    """The name of an entry: its kind, its region, and what tells it apart there."""
    keys = (getattr(item, key) for key in part.keys)
    where = (region,) if part.is_regional else ()
    return " ".join((part.kind, *where, *(str(key) for key in keys if key is not None)))


def _answers(account: Account, part: Part) -> Iterator[tuple[str, Any]]:
    """The answers of a part by region."""
    if part.owner == "region":
        for region in account.regions:
            yield region.name, _answer(region, part.name)
    else:
        yield GLOBAL, _answer(account.organization if part.owner == "organization" else account, part.name)


def _answer(owner: Any, name: str) -> Any:
    answer = getattr(owner, name)
    return answer.rows if isinstance(answer, CredentialReport) else answer


def _items(part: Part, answer: Any) -> Iterable[Any]:
    if not part.keys:
        return () if answer is None else (answer,)
    if part.item is Instance:
        return [item for item in answer if item.state not in _GONE]
    return answer  # type: ignore[no-any-return]


def _entry(part: Part, region: str, item: Any, shelf: Shelf) -> Entry:
    where = {"region": region} if part.is_regional else {}
    name = name_of(part, region, item)
    if part.item is None:
        return part.entry(entry=name, **where, values=tuple(sorted(set(item))))
    stored = converter(part.item)(item, shelf)
    return part.entry(entry=name, **where, **{field: getattr(stored, field) for field in stored.__struct_fields__})
