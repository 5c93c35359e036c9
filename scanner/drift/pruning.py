"""Two snapshots without what is the same in both, byte for byte: nothing has to be understood of that."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from scanner.baseline.parts import Part, parts
from scanner.inventory import Account, CredentialReport, Gap, NotCollected, OrganizationFacts, Region

_ENCODER = msgspec.json.Encoder()


def without_common(old: Account, new: Account) -> tuple[Account, Account]:
    """Both accounts, their lists without the things that both hold; answers and gaps stay what they are."""
    facts_old, facts_new = _of_owner("account", old, new)
    parts_old, parts_new = _of_owner("organization", old.organization, new.organization)
    others = {region.name: region for region in new.regions}
    regions_old: list[Region] = []
    for region in old.regions:
        other = others.get(region.name)
        if other is None:
            regions_old.append(region)
            continue
        here, there = _of_owner("region", region, other)
        regions_old.append(msgspec.structs.replace(region, **here))
        others[region.name] = msgspec.structs.replace(other, **there)
    return (
        _with(old, facts_old, parts_old, tuple(regions_old)),
        _with(new, facts_new, parts_new, tuple(others[region.name] for region in new.regions)),
    )


def _with(
    account: Account, facts: dict[str, Any], organization: dict[str, Any], regions: tuple[Region, ...]
) -> Account:
    held: OrganizationFacts = msgspec.structs.replace(account.organization, **organization)
    return msgspec.structs.replace(account, **facts, organization=held, regions=regions)


def _of_owner(name: str, old: Any, new: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    here: dict[str, Any] = {}
    there: dict[str, Any] = {}
    for part in parts():
        if part.owner != name:
            continue
        found = _pair(part, getattr(old, part.name), getattr(new, part.name))
        if found is not None:
            here[part.name], there[part.name] = found
    return here, there


def _pair(part: Part, old: Any, new: Any) -> tuple[Any, Any] | None:
    if isinstance(old, Gap) or isinstance(new, Gap) or not part.keys:
        return None
    if isinstance(old, CredentialReport):
        rows = _different(old.rows, new.rows)
        return msgspec.structs.replace(old, rows=rows[0]), msgspec.structs.replace(new, rows=rows[1])
    return _different(old, new)


def _different(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    old, new = _out_of_place(old, new)
    before, after = [_ENCODER.encode(each) for each in old], [_ENCODER.encode(each) for each in new]
    common = Counter(before) & Counter(after)
    return _beyond(old, before, Counter(common)), _beyond(new, after, common)


def _out_of_place(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Both lists without what is the same at their beginnings and ends, and if they are as long as each other between.

    Nothing has to be written down of these, and of two snapshots of one account they are most things.
    """
    start, least = 0, min(len(old), len(new))
    while start < least and _is_same(old[start], new[start]):
        start += 1
    end = 0
    while end < least - start and _is_same(old[-1 - end], new[-1 - end]):
        end += 1
    here, there = old[start : len(old) - end], new[start : len(new) - end]
    if len(here) != len(there):
        return here, there
    pairs = [(one, other) for one, other in zip(here, there, strict=True) if not _is_same(one, other)]
    return tuple(one for one, _ in pairs), tuple(other for _, other in pairs)


def _is_same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except NotCollected:
        # What was not read equals nothing; how it was written decides.
        return False


def _beyond(items: tuple[Any, ...], texts: list[bytes], common: Counter[bytes]) -> tuple[Any, ...]:
    kept = []
    for item, text in zip(items, texts, strict=True):
        if common[text] > 0:
            common[text] -= 1
        else:
            kept.append(item)
    return tuple(kept)
