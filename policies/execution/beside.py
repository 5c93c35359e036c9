"""Another name for a policy whose own is taken by a policy of somebody else, which stays as it is."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policies.execution.changes import Change
from policies.execution.expanding import place_of
from policies.execution.running import POLICY_OF, NotPut, Run, told_of
from policies.execution.slots import slot_of
from policies.execution.standing import standing

_LONGEST = 128
_MARK = "-guardrift"


def beside(run: Run, index: int) -> list[int]:
    """Put a policy beside the one that has its name, and attach it where that would have been; returns their places.

    The last name that is tried cannot be foreseen, so that nobody takes it before.

    Raises:
        NotPut: every name is taken.
    """
    change = run.journal.changes[index]
    for name in _names(change, run.journal.begun.run):
        instead = msgspec.structs.replace(change, name=name)
        if standing(instead, slot_of(instead, run.api).read()) != "foreign":
            break
    else:
        raise NotPut("a policy of somebody else has its name, and every other one, too; none is overwritten")
    places = [place_of(run.journal, instead, run.api)]
    attached = [
        at
        for at, each in enumerate(run.journal.changes)
        if POLICY_OF.get(each.kind) == change.kind and each.name == change.name
    ]
    for at in attached:
        moved = msgspec.structs.replace(run.journal.changes[at], name=instead.name)
        places.append(place_of(run.journal, moved, run.api))
    said = f"a policy of somebody else has this name and stays; {told_of(instead)} is put beside it"
    for at in (index, *attached):
        run.leave(at, said)
    return places


def _names(change: Change, run: str) -> Iterator[str]:
    """Names beside that of a change, none of which was tried before it."""
    start, mark, tried = change.name.partition(_MARK)
    head, slash, last = start.rpartition("/")
    endings = [_MARK, f"{_MARK}-{run[-8:]}"]
    for ending in endings[endings.index(mark + tried) + 1 if mark + tried in endings else 0 :]:
        yield f"{head}{slash}{last[: _LONGEST - len(ending)]}{ending}"
