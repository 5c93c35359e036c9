"""Whether what was put in place is there still: every change is read back from AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from policies.cutoff import format_instant
from policies.execution.api import Api
from policies.execution.changes import Change
from policies.execution.planned import EVERY
from policies.execution.records import Checked, Verdict
from policies.execution.slots import active_credentials
from policies.execution.tags import says_contained
from policies.execution.texts import latest_cutoff, same
from policies.execution.verifying.asking import Unanswered, answer
from policies.execution.verifying.carried import Carried, Held, told
from policies.execution.verifying.covering import policy_of, uncovered

Read = Callable[[Change], str | None]

_DOCUMENTS = frozenset({
    "inline policy", "managed policy", "trust policy", "organization policy", "permission set policy",
})  # fmt: skip
_CREDENTIALS = frozenset({"access key", "service credential"})


def stored(found: Carried, read: Read, api: Api) -> Iterator[Checked]:
    """One look for each change; those that were never carried out are unknown."""
    at = api.now()
    for held in found.held:
        verdict, said = _looked_at(held, read)
        yield Checked(at=at, name="stored", verdict=verdict, said=f"{told(held.change)}: {said}")
    for held in found.left:
        if not any(_is_instead(each.change, held.change) for each in found.held):
            said = f"{told(held.change)}: it was left as it was ({held.settled.said or 'no reason was noted'})"
            yield Checked(at=at, name="stored", verdict="unknown", said=said)
    for change in found.open:
        if found.undone and (not found.held or any(_is_instead(each, change) for each in found.undone)):
            continue
        if change.name == EVERY and change.kind in _CREDENTIALS:
            verdict, said = _of_every(change, api)
            yield Checked(
                at=at, name="stored", verdict=verdict, said=f"every {change.kind} of {change.principal}: {said}"
            )
        elif change.name != EVERY or not any(each.change.kind == change.kind for each in found.held):
            said = f"{told(change)}: the journal does not say that it was carried out; resume it"
            yield Checked(at=at, name="stored", verdict="unknown", said=said)
    if found.undone and not found.held:
        said = "The containment was taken back, so there is nothing that could hold."
        yield Checked(at=at, name="stored", verdict="unknown", said=said)


def _is_instead(held: Change, left: Change) -> bool:
    """Whether a change was made under another name, since somebody else's policy has the one that was planned."""
    return held.name != left.name and msgspec.structs.replace(held, name=left.name) == left


def _of_every(change: Change, api: Api) -> tuple[Verdict, str]:
    """Whether a credential is active that was not when the others were made inactive, or is so again."""
    try:
        active = answer(lambda: list(active_credentials(change, api)))
    except Unanswered as fault:
        return "unknown", f"which are active could not be read ({fault.reason})"
    if active:
        return "fails", f"active: {', '.join(active)}"
    return "holds", "none is active"


def _looked_at(held: Held, read: Read) -> tuple[Verdict, str]:
    try:
        present = answer(lambda: read(held.change))
    except Unanswered as fault:
        return "unknown", f"it could not be read ({fault.reason})"
    wanted = held.settled.stored
    if wanted is None:
        return "unknown", "the journal does not say what was put in place"
    if present is None:
        if held.change.kind in _CREDENTIALS:
            return "holds", "it was deleted"
        return "fails", "it is not there any more"
    if held.change.kind in _DOCUMENTS:
        return _compared(wanted, present)
    is_marked = held.change.kind == "tag" and says_contained(wanted) and says_contained(present)
    if is_marked or same(wanted, present):
        return "holds", "it is there"
    return "fails", f"it is {_short(present)} now, and was {_short(wanted)}"


def _compared(wanted: str, present: str) -> tuple[Verdict, str]:
    """Documents by what they deny: a later cutoff denies more, and nothing beside a Deny takes it back."""
    if same(wanted, present):
        return "holds", "it is there"
    then, now = policy_of(wanted), policy_of(present)
    if then is None or now is None:
        which = "the journal holds" if then is None else "is there now"
        return "unknown", f"it was changed, and what {which} is not understood"
    missing = uncovered(then, now)
    if missing:
        return "fails", f"it was changed, and does not deny any more what it denied{_cutoffs(wanted, present)}"
    if not any(not each.allows for each in then.statements):
        return "fails", "it was changed"
    return "holds", f"it was changed since, and denies no less{_cutoffs(wanted, present)}"


def _cutoffs(wanted: str, present: str) -> str:
    then, now = latest_cutoff(wanted), latest_cutoff(present)
    if then is None or then == now:
        return ""
    return f" (the cutoff was {format_instant(then)}, and is {format_instant(now) if now else 'gone'})"


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else f"{text[:117]}...")
