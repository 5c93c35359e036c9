"""What each side saw: nothing is said to be gone, or new, where the other side did not look."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.baseline.parts import parts
from scanner.baseline.state import GLOBAL, MissingPart, State
from scanner.drift.told import SideName, Unseen
from scanner.inventory import REFUSED, Outcome

Place = tuple[str, str]
"""A part of the account and the region in which it was asked."""

_NO_REASON: frozenset[Outcome] = frozenset({"elsewhere", "not_applicable"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Where two sides can be compared.

    Attributes:
        unseen: what one or both sides did not read.
        old_missing: the places that the old side did not see.
        new_missing: those of the new side.
    """

    unseen: tuple[Unseen, ...]
    old_missing: frozenset[Place]
    new_missing: frozenset[Place]

    @property
    def one_sided(self) -> frozenset[Place]:
        """The places that one side saw and the other did not."""
        return self.old_missing ^ self.new_missing

    @property
    def is_complete(self) -> bool:
        """Whether both sides saw the same, and nothing was refused."""
        return not any(
            row.status not in _NO_REASON and (row.side != "both" or row.status in REFUSED) for row in self.unseen
        )


def scope_of(old: State, new: State) -> Scope:
    """What the sides saw; that a service does not exist in a region is an answer."""
    before, after = _missing(old, new), _missing(new, old)
    found: dict[tuple[str, str, Outcome, SideName], set[str]] = {}
    for place in before.keys() | after.keys():
        side: SideName = "both" if place in before and place in after else "old" if place in before else "new"
        api, status = after.get(place) or before[place]
        found.setdefault((place[0], api, status, side), set()).add(place[1])
    unseen = (
        Unseen(part, api, status, tuple(sorted(where)), side) for (part, api, status, side), where in found.items()
    )
    return Scope(tuple(sorted(unseen)), frozenset(before), frozenset(after))


def _missing(state: State, other: State) -> dict[Place, tuple[str, Outcome]]:
    rows = (row for family in state.not_read.values() for row in family)
    found = {(row.part, region): (row.api, row.status) for row in rows if _counts(row) for region in row.regions}
    unlisted = state.other_regions
    if unlisted is not None:
        for part in parts():
            if part.is_regional:
                for region in set(other.regions) - set(state.regions):
                    found[part.path, region] = unlisted.api, unlisted.status
        found["account.regions", GLOBAL] = unlisted.api, unlisted.status
    return found


def _counts(row: MissingPart) -> bool:
    return row.status != "not_applicable"
