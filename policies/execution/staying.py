"""Reading back what was written until it stays; what is lower, or gone, by then is written again."""

from __future__ import annotations

from datetime import datetime, timedelta

from policies.cutoff import format_instant
from policies.execution.putting import attempt
from policies.execution.records import Settled
from policies.execution.running import FAILURES, Run
from policies.execution.slots import slot_of
from policies.execution.slots.slot import is_overload
from policies.execution.standing import is_at_least
from policies.execution.texts import latest_cutoff

_ROUNDS = 60
_GOOD_READS = 3
_PATIENCE = 8
"""So many wrong reads are taken for late ones, before the text is written again."""
_RAISES = 3
_SECOND = 1.0
_FAR = timedelta(hours=1)


def wait(run: Run) -> None:
    """Read everything until it stays, and say so in the journal."""
    good: dict[int, int] = {}
    bad: dict[int, int] = {}
    for _ in range(_ROUNDS):
        for index in _unsure(run, good):
            _look(run, index, good, bad)
        if not _unsure(run, good):
            return
        run.api.sleep(_SECOND)
    for index in _unsure(run, good):
        run.failed.setdefault(index, "it was written, and was not seen to stay: somebody takes it away, or AWS is busy")


def _unsure(run: Run, good: dict[int, int]) -> list[int]:
    return [index for index in run.held() if good.get(index, 0) < _GOOD_READS]


def _look(run: Run, index: int, good: dict[int, int], bad: dict[int, int]) -> None:
    change = run.journal.changes[index]
    try:
        present = slot_of(change, run.api).read()
        is_good = is_at_least(change, present, run.set_to[index])
    except FAILURES as fault:
        if not is_overload(fault):
            run.failed[index] = f"it was written, and cannot be read back: {fault}"
        return
    if is_good:
        good[index] = good.get(index, 0) + 1
        if good[index] == _GOOD_READS:
            _settle(run, index, present)
        return
    good[index] = 0
    bad[index] = bad.get(index, 0) + 1
    if bad[index] % _PATIENCE == 0 and bad[index] <= _PATIENCE * _RAISES:
        attempt(run, index, latest_cutoff(run.set_to[index]))


def _settle(run: Run, index: int, present: str | None) -> None:
    cutoff = latest_cutoff(present)
    run.journal.append(
        Settled(
            at=run.api.now(),
            change=index,
            direction="contain",
            result="set" if run.journal.standing_intents(index) else "already",
            stored=present,
            cutoff=cutoff,
            said=_far_ahead(cutoff, run.api.now()),
        )
    )


def _far_ahead(cutoff: datetime | None, now: datetime) -> str:
    """That nobody can work for long, where a cutoff says so that was there before."""
    if cutoff is None or cutoff - now < _FAR:
        return ""
    return (
        f"its cutoff was {format_instant(cutoff)} before, and is not lowered: new sessions are denied until then, too; "
        "look who wrote it"
    )
