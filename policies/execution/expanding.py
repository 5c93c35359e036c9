"""Changes that are found when a plan is carried out: every key that is active now, every permission set there is."""

from __future__ import annotations

import msgspec

from policies.execution.api import Api
from policies.execution.changes import Change
from policies.execution.journal import Journal
from policies.execution.records import Found
from policies.execution.slots import active_credentials
from policies.execution.slots.organization import NotProvisioned, permission_sets


def expand(journal: Journal, index: int, api: Api) -> list[int]:
    """Add what a change stands for and is not among the changes yet; returns the places of what was added.

    Raises:
        NotProvisioned: of a permission set there is none, so that nobody was contained by it.
    """
    change, before = journal.changes[index], len(journal.changes)
    if change.kind == "permission set policy":
        found = [msgspec.structs.replace(change, name=at, target=arn) for at, arn in permission_sets(change, api)]
        if not found:
            where = f" in {change.region}" if change.region else ""
            raise NotProvisioned(f"no permission set is provisioned to account {change.target}{where}")
    else:
        found = [msgspec.structs.replace(change, name=each) for each in active_credentials(change, api)]
    return [place for each in found if (place := place_of(journal, each, api)) >= before]


def place_of(journal: Journal, change: Change, api: Api) -> int:
    """The place of a change, which is added unless it is there."""
    changes = journal.changes
    if change in changes:
        return changes.index(change)
    journal.append(Found(at=api.now(), change=change))
    return len(changes)
