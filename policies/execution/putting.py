"""Putting one change in place: idempotent, never lowering a cutoff, and never overwriting what somebody else wrote.

IAM cannot compare and set. Between the read and the write, another run may write a later cutoff, which ours would then
lower. Whatever it wrote, it computed before our write was answered, so that it is no later than the least cutoff of
that moment. Ours is therefore written again until it is no earlier than that; cutoffs are whole steps of some seconds,
which makes it so the first time, mostly. Where AWS answers so slowly that it never would be, the cutoff is put further
ahead.
"""

from __future__ import annotations

from datetime import datetime

from botocore.exceptions import ClientError, HTTPClientError

from policies.execution.beside import beside
from policies.execution.changes import Change
from policies.execution.records import Intent, Outcome
from policies.execution.running import FAILURES, NotPut, Run, policy_of, told_of
from policies.execution.slots import slot_of
from policies.execution.slots.slot import code_of, is_overload, is_race
from policies.execution.standing import has_cutoff, is_satisfied, standing, wanted
from policies.execution.texts import latest_cutoff, least_cutoff, same

_TRIES = 20
_RACES = 8
_IN_TIME = 3
"""So often a cutoff is tried that lies ahead as usual."""
_SECOND = 1.0
_NOT_YET = {"attachment": "NoSuchEntity", "organization attachment": "PolicyNotFoundException"}
"""What AWS says of a policy that was made a moment ago."""


class _Taken(Exception):
    """Somebody else's policy is in the place."""


def attempt(run: Run, index: int, floor: datetime | None = None) -> None:
    """Make one change; that it fails keeps none of the others from being made.

    Args:
        run: the run.
        index: the place of the change.
        floor: its cutoff is no earlier than this.
    """
    change = run.journal.changes[index]
    run.on_progress(told_of(change))
    run.failed.pop(index, None)
    run.overloaded.discard(index)
    try:
        refused = run.refuses(change)
        if refused is not None:
            raise NotPut(f"it is never changed: {refused}")
        _put(run, index, change, floor)
    except _Taken:
        _attempt_beside(run, index, floor)
    except FAILURES as fault:
        run.failed[index] = str(fault)
        if is_overload(fault):
            run.overloaded.add(index)


def _attempt_beside(run: Run, index: int, floor: datetime | None) -> None:
    try:
        instead = beside(run, index)
    except FAILURES as fault:
        run.failed[index] = str(fault)
        return
    for each in instead:
        attempt(run, each, floor)


def _put(run: Run, index: int, change: Change, floor: datetime | None) -> None:
    slot = slot_of(change, run.api)
    races = 0
    for number in range(_TRIES):
        _check_attached(run, index)
        present = slot.read()
        there = standing(change, present)
        if there == "foreign":
            raise _Taken
        begun = run.api.now()
        text = wanted(change, present, begun, floor)
        if _is_enough(run, index, present, text):
            run.set_to[index] = present or ""
            return
        try:
            _write(run, index, present, text, is_artefact=there == "containment")
        except ClientError as fault:
            races += 1
            if races > _RACES or not _may_pass(fault, change):
                raise
            run.api.sleep(_SECOND)
            continue
        answered = run.api.now()
        run.set_to[index] = text
        if _closes(change, there, present, answered):
            run.closed = answered
        cutoff = latest_cutoff(text) if has_cutoff(change) else None
        if cutoff is None or cutoff >= least_cutoff(answered):
            return
        if number + 1 >= _IN_TIME:
            floor = max(filter(None, (floor, least_cutoff(answered + 2 * (answered - begun)))))
    raise NotPut("AWS answers too slowly for a cutoff that lies ahead, or somebody writes the same all the time")


def _check_attached(run: Run, index: int) -> None:
    """Whether a policy that is about to be attached is the containment: somebody may have put another in its place."""
    at = policy_of(run.journal, index)
    if at is None:
        return
    policy = run.journal.changes[at]
    present = slot_of(policy, run.api).read()
    for _ in range(_RACES if at in run.set_to else 0):
        if present is not None:
            break
        # It was made a moment ago.
        run.api.sleep(_SECOND)
        present = slot_of(policy, run.api).read()
    if standing(policy, present) != "containment":
        raise NotPut(f"{told_of(policy)} is not in place, or is not guardrift's, and is not attached")


def _is_enough(run: Run, index: int, present: str | None, text: str) -> bool:
    """Whether nothing is to be written."""
    change = run.journal.changes[index]
    if is_satisfied(change, present):
        # What another run attached is attached again, so that whoever undoes this run's policy can detach it.
        at = policy_of(run.journal, index)
        owns = at is not None and run.journal.standing_intents(at) and not run.journal.standing_intents(index)
        return not owns
    # Of a permission set, the text does not tell whether the accounts have it.
    return change.kind != "permission set policy" and same(text, present)


def _write(run: Run, index: int, present: str | None, text: str, *, is_artefact: bool) -> None:
    number = run.journal.next_number
    run.journal.append(
        Intent(
            number=number,
            at=run.api.now(),
            change=index,
            direction="contain",
            previous=present,
            is_artefact=is_artefact,
            wanted=text,
        )
    )
    try:
        slot_of(run.journal.changes[index], run.api).write(text)
    except HTTPClientError:
        # Nobody knows what came of it, so that nothing is claimed.
        raise
    except FAILURES as fault:
        run.journal.append(Outcome(number=number, at=run.api.now(), is_done=False, said=str(fault)))
        raise
    run.journal.append(Outcome(number=number, at=run.api.now(), is_done=True))


def _may_pass(fault: ClientError, change: Change) -> bool:
    """Whether a refusal is due to somebody who changed the same thing, or to a change that is not seen everywhere."""
    if is_race(fault) or code_of(fault) == _NOT_YET.get(change.kind):
        return True
    # Versions of a policy, of which another run made the fifth.
    return change.kind == "managed policy" and code_of(fault) in ("LimitExceeded", "DeleteConflict")


def _closes(change: Change, there: str, present: str | None, now: datetime) -> bool:
    """Whether sessions that had worked until now are denied from now on, or can no longer be had."""
    if change.kind == "tag":
        return False
    if there != "containment":
        return True
    before = latest_cutoff(present)
    return has_cutoff(change) and (before is None or before < now)
