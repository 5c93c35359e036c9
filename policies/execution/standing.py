"""What is in a place, as against what a containment wants there."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal

from policies.documents.holding import freeze_trust
from policies.documents.quotas import TRUST_AT_MOST
from policies.documents.writing import with_deny
from policies.execution.changes import Change
from policies.execution.slots.credentials import INACTIVE
from policies.execution.tags import says_contained, value_at
from policies.execution.texts import (
    filled,
    is_like,
    is_timed,
    latest_cutoff,
    least_cutoff,
    names_all_of,
    same,
    with_all_principals,
)

Standing = Literal["absent", "containment", "replaced", "foreign"]
"""Nothing is there; a containment is; something is that is saved and replaced; or what nobody may overwrite."""

_WRITTEN_BY_US = frozenset({"inline policy", "managed policy", "organization policy"})
_STATUSES = frozenset({"access key", "service credential"})


def standing(change: Change, present: str | None) -> Standing:
    """What is in the place of a change."""
    if present is None:
        return "absent"
    if change.kind in _WRITTEN_BY_US:
        return "containment" if is_like(present, change.document) else "foreign"
    if change.kind == "tag":
        return "containment" if says_contained(present) else "replaced"
    if change.kind == "permission set policy":
        return "replaced" if same(without(change.document, present), present) else "containment"
    return "containment" if same(wanted(change, present), present) else "replaced"


def wanted(change: Change, present: str | None, now: datetime | None = None, floor: datetime | None = None) -> str:
    """The text that belongs in the place of a change.

    Args:
        change: what is set.
        present: what is there; a later cutoff of it stays, and so do further principals.
        now: the time; needed where there is a cutoff.
        floor: the cutoff is no earlier than this.

    Raises:
        NotWritable: what is there cannot be added to.
    """
    if change.kind == "trust policy":
        return freeze_trust(present or "", TRUST_AT_MOST.characters)
    if change.kind == "tag":
        return value_at(now) if now is not None and not says_contained(present) else present or ""
    if change.kind == "permission set policy":
        return _merged(change.document, present, now, floor)
    if change.kind in _WRITTEN_BY_US:
        document = with_all_principals(change.document, present)
        return filled(document, _cutoff(present, now, floor)) if is_timed(document) else document
    return change.document


def is_satisfied(change: Change, present: str | None) -> bool:
    """Whether nothing is to be done: a credential that is gone needs not be made inactive."""
    if change.kind in _STATUSES:
        return present in (None, INACTIVE)
    return not has_cutoff(change) and standing(change, present) == "containment"


def has_cutoff(change: Change) -> bool:
    """Whether a change has a time that is computed when it is made."""
    return is_timed(change.document)


def is_at_least(change: Change, present: str | None, set_to: str) -> bool:
    """Whether what is there contains no less than what was written."""
    if present is None:
        return change.kind in _STATUSES
    if same(present, set_to):
        return True
    if standing(change, present) != "containment":
        return False
    if not names_all_of(present, set_to):
        return False
    if not has_cutoff(change):
        return True
    there, mine = latest_cutoff(present), latest_cutoff(set_to)
    return there is not None and mine is not None and there >= mine


def to_restore(change: Change, previous: str | None) -> str | None:
    """What is put back: what was there before, but never containment: what that took the place of, nobody knows."""
    if change.kind == "permission set policy":
        return without(change.document, previous)
    return None if standing(change, previous) == "containment" else previous


def without(document: str, present: str | None) -> str | None:
    """The policy of a permission set without our Denies for the person of a document; None where nothing is left."""
    if present is None:
        return None
    try:
        policy = json.loads(present)
    except (ValueError, RecursionError):
        return present
    found = policy.get("Statement")
    listed = found if isinstance(found, list) else [found]
    kept = [each for each in listed if not is_like(json.dumps({"Statement": [each]}), document)]
    if len(kept) == len(listed):
        return present
    return json.dumps({**policy, "Statement": kept}, separators=(",", ":")) if kept else None


def _cutoff(present: str | None, now: datetime | None, floor: datetime | None) -> datetime:
    least = least_cutoff(now) if now is not None else None
    return max(each for each in (latest_cutoff(present), least, floor) if each is not None)


def _merged(document: str, present: str | None, now: datetime | None, floor: datetime | None) -> str:
    """The policy of a permission set with our Deny in it, in place of an earlier one for the same person."""
    (statement,) = json.loads(document)["Statement"]
    bare = without(document, present)
    ours = present if not same(bare, present) else None
    mine = json.loads(filled(json.dumps(statement), _cutoff(ours, now, floor)))
    if bare is None:
        return json.dumps({"Version": "2012-10-17", "Statement": [mine]}, separators=(",", ":"))
    return with_deny(bare, mine.pop("Sid"), mine)
