"""Carrying out a plan: every guard, then every change, one cutoff for all, and a look whether it stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from policies.execution.api import Api
from policies.execution.beside import beside
from policies.execution.changes import Change
from policies.execution.expanding import expand
from policies.execution.guarding import Stop, Unasked, check_caller, check_identity, principals
from policies.execution.journal import Journal
from policies.execution.levelling import level
from policies.execution.planned import EVERY
from policies.execution.putting import attempt
from policies.execution.records import Ended, Outcome
from policies.execution.running import FAILURES, Run, policy_of, told_of
from policies.execution.slots import finish, slot_of
from policies.execution.slots.slot import is_overload
from policies.execution.standing import standing
from policies.execution.staying import wait
from policies.execution.texts import same

_ROUNDS = 3
_BREATH = 5.0
_ORDER = {
    "organization policy": 0,
    "organization attachment": 1,
    "permission set policy": 2,
    "access key": 3,
    "service credential": 3,
    "tag": 5,
    "metadata options": 6,
}
_USUAL = 4


def carry_out(
    journal: Journal,
    api: Api,
    *,
    refuses: Callable[[Change], str | None] = lambda _: None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Ended:
    """Make the changes of a journal, or go on with them.

    Args:
        journal: begun, or interrupted.
        api: AWS.
        refuses: why a change may never be made; None where it may.
        on_progress: is told what is done.

    Raises:
        NotKept: the journal cannot be written; nothing is changed from then on.
    """
    run = Run(journal, api, refuses, on_progress)
    try:
        _guard(run)
    except Stop as stop:
        return _ended(run, "failed" if isinstance(stop, Unasked) else "stopped", str(stop))
    settle_open(journal, api)
    _make(run)
    if run.failed:
        changes = journal.changes
        told = "; ".join(f"{told_of(changes[at])}: {why}" for at, why in sorted(run.failed.items()))
        return _ended(run, "failed", told)
    return _ended(run, "applied", "")


def settle_open(journal: Journal, api: Api) -> None:
    """Find out, from AWS, what came of calls whose answer nobody saw; what cannot be read stays open."""
    for intent in journal.open_intents():
        change = journal.changes[intent.change]
        try:
            is_done = same(slot_of(change, api).read(), intent.wanted)
            if is_done:
                finish(change, api)
        except FAILURES:
            continue
        said = "found so when it was taken up again"
        journal.append(Outcome(number=intent.number, at=api.now(), is_done=is_done, said=said))


def _ended(run: Run, state: str, said: str) -> Ended:
    line = Ended(at=run.api.now(), state=state, said=said)  # type: ignore[arg-type]  # one of the states
    run.journal.append(line)
    return line


def _guard(run: Run) -> None:
    """Every guard, before the first call that changes something.

    Raises:
        Stop: one of them fails.
    """
    journal, api = run.journal, run.api
    check_caller(journal.begun, api, journal.changes)
    for arn, unique_id in principals(journal.changes):
        check_identity(arn, unique_id, api)
    for change in journal.changes:
        why = run.refuses(change)
        if why is not None:
            raise Stop(f"{told_of(change)} is never changed: {why}")


def _make(run: Run) -> None:
    _look_up(run)
    begun = run.api.now()
    for index in _written(run):
        attempt(run, index)
    _once_more(run)
    _again(run)
    for _ in range(_ROUNDS):
        level(run, begun)
        closed = run.closed
        wait(run)
        if run.closed == closed:
            break
    else:
        level(run, begun)
    _check_still(run)


def _look_up(run: Run) -> None:
    """What changes stand for that are of every one, and other names for those that are taken."""
    for index, change in enumerate(run.journal.changes):
        try:
            if change.name == EVERY:
                _expanded(run, index)
            elif not run.is_left(index) and standing(change, slot_of(change, run.api).read()) == "foreign":
                beside(run, index)
        except FAILURES as fault:
            run.failed[index] = str(fault)


def _written(run: Run) -> Iterator[int]:
    """The changes that are written one by one, those that stand for every one having been looked up.

    What nobody in the account can take off comes first, then the credentials, then what lies on principals.
    """
    ordered = sorted(enumerate(run.journal.changes), key=lambda each: _ORDER.get(each[1].kind, _USUAL))
    for index, change in ordered:
        if change.name != EVERY and not run.is_left(index):
            yield index


def _once_more(run: Run) -> None:
    """What AWS was too busy for, and what hangs on it."""
    busy = set(run.overloaded)
    if busy:
        run.api.sleep(_BREATH)
    for index in _written(run):
        if index in busy or policy_of(run.journal, index) in busy:
            attempt(run, index)


def _expanded(run: Run, index: int) -> list[int]:
    """What a change stands for and was not known yet; AWS is asked once more where it was too busy."""
    try:
        return expand(run.journal, index, run.api)
    except FAILURES as fault:
        if not is_overload(fault):
            raise
    run.api.sleep(_BREATH)
    return expand(run.journal, index, run.api)


def _again(run: Run) -> None:
    """Credentials that were made active while the others were made inactive, until there are no more."""
    for index, change in enumerate(run.journal.changes):
        if change.name != EVERY or change.kind == "permission set policy":
            continue
        try:
            for _ in range(_ROUNDS):
                found = _expanded(run, index)
                run.failed.pop(index, None)
                for each in found:
                    attempt(run, each)
                if not found:
                    break
            else:
                run.failed[index] = "somebody makes further ones all the time"
        except FAILURES as fault:
            run.failed[index] = str(fault)


def _check_still(run: Run) -> None:
    """Whether the principals are those that were contained: one that was made anew has nothing on it."""
    for arn, unique_id in principals(run.journal.changes):
        try:
            check_identity(arn, unique_id, run.api)
        except Stop as stop:
            for index in run.held():
                if run.journal.changes[index].principal == arn:
                    run.failed[index] = str(stop)


__all__ = ["FAILURES", "carry_out", "settle_open", "told_of"]
