"""Undoing a run: in reverse, what it wrote itself and is still as it wrote it, and not before it is safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from policies.cutoff import format_instant
from policies.execution.api import Api
from policies.execution.carrying_out import settle_open
from policies.execution.changes import OF_ORGANIZATION
from policies.execution.guarding import Stop, Unasked, check_caller, check_identity
from policies.execution.journal import Journal
from policies.execution.records import Ended
from policies.execution.restoring import Undoing, leave, restore, why_not
from policies.execution.running import FAILURES, policy_of, told_of
from policies.execution.slots.slot import code_of, is_race
from policies.execution.texts import latest_cutoff

_RACES = 8
_SECOND = 1.0
_STILL_THERE = ("DeleteConflict", "PolicyInUseException")
"""What AWS says of a policy that was detached a moment ago, and of one that is attached elsewhere."""


def roll_back(
    journal: Journal, api: Api, *, force: bool = False, on_progress: Callable[[str], None] = lambda _: None
) -> Ended:
    """Undo what a run did.

    Args:
        journal: of the run.
        api: AWS.
        force: undo also what is needed still, or of which no time tells.
        on_progress: is told what is done.

    Raises:
        NotKept: the journal cannot be written; nothing is changed from then on.
    """
    undoing = Undoing(journal, api, force)
    try:
        check_caller(journal.begun, api, may_be_contained=True)
    except Stop as stop:
        return _ended(undoing, "failed" if isinstance(stop, Unasked) else "stopped", str(stop))
    settle_open(journal, api)
    for index in _in_reverse(journal):
        on_progress(told_of(journal.changes[index]))
        _undo(undoing, index)
    changes = journal.changes
    left = [f"{told_of(changes[at])}: {why}" for at, why in undoing.left.items()]
    if undoing.failed:
        failed = [f"{told_of(changes[at])}: {why}" for at, why in undoing.failed.items()]
        return _ended(undoing, "failed", "; ".join([*failed, *left]))
    if left:
        return _ended(undoing, "partly rolled back", "; ".join(left))
    return _ended(undoing, "rolled back", "")


def safe_from(journal: Journal, index: int) -> datetime | None:
    """The time from which on a change can be undone; None where no time tells."""
    change = journal.changes[index]
    if change.lasts is None:
        return None
    written = journal.standing_intents(index) or journal.intents(index)
    own = [cutoff for each in written if (cutoff := latest_cutoff(each.wanted)) is not None]
    settled = journal.settled(index)
    if settled is not None and settled.cutoff is not None:
        own.append(settled.cutoff)
    # An attachment or a tag has no cutoff: it stays as long as what it belongs to.
    latest = max(own or list(_cutoffs(journal)) or [each.at for each in written] or [journal.begun.at])
    try:
        return latest + timedelta(seconds=change.lasts)
    except OverflowError:
        return None


def _cutoffs(journal: Journal) -> Iterator[datetime]:
    for index in range(len(journal.changes)):
        for each in journal.intents(index):
            cutoff = latest_cutoff(each.wanted)
            if cutoff is not None:
                yield cutoff


def _in_reverse(journal: Journal) -> list[int]:
    """What is undone, in its order: tags after what they mark, and what is of the organization last."""
    changes = journal.changes
    found = [index for index in range(len(changes)) if journal.standing_intents(index)]
    ranks = {
        index: 2 if changes[index].kind in OF_ORGANIZATION else int(changes[index].kind == "tag") for index in found
    }
    return sorted(found, key=lambda index: (ranks[index], -index))


def _undo(undoing: Undoing, index: int) -> None:
    change = undoing.journal.changes[index]
    try:
        why = _needed_still(undoing, index) or _kept_by_others(undoing, index)
        if why:
            leave(undoing, index, why)
            return
        # A policy of the account is no part of its principal, and may outlive it.
        if change.principal and change.kind != "managed policy":
            check_identity(change.principal, change.unique_id, undoing.api)
        _patiently(undoing, index)
    except Unasked as fault:
        undoing.failed[index] = str(fault)
    except Stop as stop:
        leave(undoing, index, str(stop))
    except FAILURES as fault:
        undoing.failed[index] = str(fault)


def _patiently(undoing: Undoing, index: int) -> None:
    for _ in range(_RACES):
        try:
            restore(undoing, index)
        except ClientError as fault:
            if not is_race(fault) and code_of(fault) not in _STILL_THERE:
                raise
            undoing.api.sleep(_SECOND)
        else:
            return
    restore(undoing, index)


def _needed_still(undoing: Undoing, index: int) -> str:
    """Why it is too early."""
    if undoing.force:
        return ""
    at = safe_from(undoing.journal, index)
    keep = undoing.journal.changes[index].keep
    if at is None:
        return f"no time tells when it is safe ({keep}); --force takes it away all the same"
    if undoing.api.now() < at:
        return f"it is needed until {format_instant(at)}; --force takes it away all the same"
    return ""


def _kept_by_others(undoing: Undoing, index: int) -> str:
    """Why something is left that belongs to what is left: an attachment to its policy, a tag to what it marks."""
    journal = undoing.journal
    changes = journal.changes
    if changes[index].kind == "tag":
        kept = {changes[at].principal for at in (*undoing.left, *undoing.failed)}
        return "what it marks is left in place" if changes[index].principal in kept else ""
    at = policy_of(journal, index)
    if at is None or not journal.standing_intents(at):
        return ""
    why = why_not(undoing, at)
    return f"it belongs to a policy that is left ({why})" if why else ""


def _ended(undoing: Undoing, state: str, said: str) -> Ended:
    line = Ended(at=undoing.api.now(), state=state, said=said)  # type: ignore[arg-type]  # one of the states
    undoing.journal.append(line)
    return line


__all__ = ["roll_back", "safe_from"]
