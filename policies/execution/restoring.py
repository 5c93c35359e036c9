"""Putting back what was in one place before a run, if what is there is what the run wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from botocore.exceptions import HTTPClientError

from policies.cutoff import format_instant
from policies.execution.api import Api
from policies.execution.changes import Change
from policies.execution.journal import Journal
from policies.execution.records import Intent, Outcome, Settled
from policies.execution.running import FAILURES, NotPut
from policies.execution.slots import finish, slot_of
from policies.execution.standing import standing, to_restore
from policies.execution.texts import latest_cutoff, same

_ROUNDS = 60
_GOOD_READS = 3
_SECOND = 1.0
_LATE = timedelta(minutes=2)
"""A read may tell what was there before a write for some seconds; after this time it does not."""


@dataclass(slots=True)
class Undoing:
    """A run that is undone.

    Attributes:
        journal: of the run.
        api: AWS.
        force: undo also what is needed still, or of which no time tells.
        left: why, by the place of a change.
        failed: likewise.
    """

    journal: Journal
    api: Api
    force: bool
    left: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)


def restore(undoing: Undoing, index: int) -> None:
    """Put back what was there before, or say why it is left as it is.

    Raises what keeps a change from being made.
    """
    journal = undoing.journal
    change = journal.changes[index]
    previous = _previous(journal, index)
    present = _read(undoing, index, previous)
    if same(present, previous) and (present == previous or not _is_original(journal, index, previous)):
        if _was_begun(journal, index):
            finish(change, undoing.api)
        _settle(undoing, index, "gone already", present)
        return
    # What says the same in other letters, such as a policy that went through the hands of another run, is put back too.
    why = "" if same(present, previous) else _why_left(journal, index, present)
    if why:
        leave(undoing, index, why)
        return
    _write(undoing, index, change, present, previous)
    _wait(undoing, index, change, previous)


def why_not(undoing: Undoing, index: int) -> str:
    """Why a change would be left as it is, at present; empty where it would not."""
    present = _read(undoing, index, _previous(undoing.journal, index))
    return "" if same(present, _previous(undoing.journal, index)) else _why_left(undoing.journal, index, present)


def leave(undoing: Undoing, index: int, said: str) -> None:
    """Leave a change as it is, and say why."""
    undoing.left[index] = said
    line = Settled(at=undoing.api.now(), change=index, direction="undo", result="left", said=said)
    undoing.journal.append(line)


def _previous(journal: Journal, index: int) -> str | None:
    """What was there before the run wrote first; what it found later, such as what a thief put there, is not."""
    return to_restore(journal.changes[index], journal.standing_intents(index)[0].previous)


def _is_original(journal: Journal, index: int, previous: str | None) -> bool:
    """Whether that is what was there to the letter, and not what is left of it without the Deny of another run."""
    return previous == journal.standing_intents(index)[0].previous


def _read(undoing: Undoing, index: int, previous: str | None) -> str | None:
    """What is there; right after a write, that it is gone is believed when it was read several times."""
    slot = slot_of(undoing.journal.changes[index], undoing.api)
    present = slot.read()
    last = undoing.journal.standing_intents(index)[-1].at
    for _ in range(_GOOD_READS - 1):
        if not same(present, previous) or abs(undoing.api.now() - last) > _LATE:
            break
        undoing.api.sleep(_SECOND)
        present = slot.read()
    return present


def _was_begun(journal: Journal, index: int) -> bool:
    """Whether it was being undone already, when the process ended or AWS refused."""
    return any(
        isinstance(each, Intent) and (each.change, each.direction) == (index, "undo")
        for each in journal.lines[journal.undone_at(index) + 1 :]
    )


def _why_left(journal: Journal, index: int, present: str | None) -> str:
    change, intents = journal.changes[index], journal.standing_intents(index)
    if any(same(present, each.wanted) for each in intents):
        return ""
    if present is None:
        return "somebody took it away already, and what was there before was not put back: do that by hand"
    mine = max((cutoff for each in intents if (cutoff := latest_cutoff(each.wanted)) is not None), default=None)
    there = latest_cutoff(present)
    if standing(change, present) == "containment" and mine is not None and there is not None and there > mine:
        return f"another run raised its cutoff to {format_instant(there)}: roll that one back"
    return "it is not what this run wrote: somebody changed it since"


def _write(undoing: Undoing, index: int, change: Change, present: str | None, previous: str | None) -> None:
    journal, api = undoing.journal, undoing.api
    number = journal.next_number
    journal.append(
        Intent(number=number, at=api.now(), change=index, direction="undo", previous=present, wanted=previous)
    )
    slot = slot_of(change, api)
    try:
        if previous is None:
            slot.remove()
        else:
            slot.write(previous)
    except HTTPClientError:
        # Nobody knows what came of it, so that nothing is claimed.
        raise
    except FAILURES as fault:
        journal.append(Outcome(number=number, at=api.now(), is_done=False, said=str(fault)))
        raise
    journal.append(Outcome(number=number, at=api.now(), is_done=True))


def _wait(undoing: Undoing, index: int, change: Change, previous: str | None) -> None:
    """Read it until it stays."""
    good = 0
    for _ in range(_ROUNDS):
        present = slot_of(change, undoing.api).read()
        good = good + 1 if same(present, previous) else 0
        if good == _GOOD_READS:
            _settle(undoing, index, "restored", present)
            return
        undoing.api.sleep(_SECOND)
    raise NotPut("it was put back, and did not stay")


def _settle(undoing: Undoing, index: int, result: str, present: str | None) -> None:
    undoing.journal.append(
        Settled(at=undoing.api.now(), change=index, direction="undo", result=result, stored=present)  # type: ignore[arg-type]  # one of its results
    )
