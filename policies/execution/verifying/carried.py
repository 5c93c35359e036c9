"""What a journal says that is in place: each change with the last line that settled it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policies.execution.changes import Change
from policies.execution.records import Begun, Found, Line, Settled


@dataclass(frozen=True, slots=True)
class Held:
    """A change that was carried out, as it was read back then."""

    change: Change
    settled: Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What became of the changes of a journal.

    Attributes:
        held: those that are in place, in their order.
        left: those that were not touched.
        open: those of which the journal does not say that they were done with.
        undone: those that were taken back.
    """

    begun: Begun
    held: tuple[Held, ...]
    left: tuple[Held, ...]
    open: tuple[Change, ...]
    undone: tuple[Change, ...]


def carried(lines: Iterable[Line]) -> Carried | None:
    """What became of the changes; None where the first line is missing."""
    begun: Begun | None = None
    changes: list[Change] = []
    last: dict[int, Settled] = {}
    undone: set[int] = set()
    for line in lines:
        if isinstance(line, Begun) and begun is None:
            begun = line
            changes += line.changes
        elif isinstance(line, Found):
            changes.append(line.change)
        elif isinstance(line, Settled) and line.direction == "contain":
            last[line.change] = line
            undone.discard(line.change)
        elif isinstance(line, Settled) and line.result in ("restored", "gone already"):
            undone.add(line.change)
    if begun is None:
        return None
    settled = [Held(change, last[place]) for place, change in enumerate(changes) if place in last.keys() - undone]
    return Carried(
        begun=begun,
        held=tuple(each for each in settled if each.settled.result in ("set", "already")),
        left=tuple(each for each in settled if each.settled.result not in ("set", "already")),
        open=tuple(change for place, change in enumerate(changes) if place not in last and place not in undone),
        undone=tuple(change for place, change in enumerate(changes) if place in undone),
    )


def told(change: Change) -> str:
    """A change in a few words, which may hold account text."""
    named = {
        "tag": f"tag {change.name}",
        "boundary": "permissions boundary",
        "trust policy": "trust policy",
        "attachment": f"attachment of {change.name}",
        "organization attachment": f"attachment of {change.name}",
    }.get(change.kind, f"{change.kind} {change.name}".rstrip())
    whose = change.principal or change.target or change.region
    return f"{named} of {whose}" if whose else named
