"""What a run knows of itself while it contains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from policies.documents import NotWritable
from policies.execution.api import Api
from policies.execution.changes import Change, ChangeKind
from policies.execution.guarding import REFUSALS
from policies.execution.journal import Journal
from policies.execution.records import Settled
from policies.execution.slots.organization import NotProvisioned
from policies.execution.slots.slot import NotRemovable
from scanner.errors import UsageError

POLICY_OF: dict[ChangeKind, ChangeKind] = {
    "attachment": "managed policy",
    "organization attachment": "organization policy",
}
"""What it is that is attached."""


class NotPut(Exception):
    """A change that was given up; the text says why."""


FAILURES = (*REFUSALS, NotProvisioned, NotPut, NotRemovable, NotWritable, UsageError)
"""What keeps one change from being made, and none of the others."""


@dataclass(slots=True)
class Run:
    """A run that contains.

    Attributes:
        journal: of the run.
        api: AWS.
        refuses: why a change may never be made; None where it may.
        on_progress: is told what is done.
        failed: why, by the place of a change.
        overloaded: those of them that AWS may have been too busy for.
        set_to: what was written, or was there before and is enough.
        closed: when the last way to a session that is to be denied was closed.
    """

    journal: Journal
    api: Api
    refuses: Callable[[Change], str | None]
    on_progress: Callable[[str], None]
    failed: dict[int, str] = field(default_factory=dict)
    overloaded: set[int] = field(default_factory=set)
    set_to: dict[int, str] = field(default_factory=dict)
    closed: datetime | None = None

    def held(self) -> list[int]:
        """The changes that are in place as far as is known."""
        return [index for index in self.set_to if index not in self.failed]

    def leave(self, index: int, said: str) -> None:
        """Say of a change that its place is left as it is."""
        self.set_to.pop(index, None)
        self.journal.append(Settled(at=self.api.now(), change=index, direction="contain", result="left", said=said))

    def is_left(self, index: int) -> bool:
        """Whether something else was put in place instead of a change."""
        settled = self.journal.settled(index)
        return settled is not None and (settled.direction, settled.result) == ("contain", "left")


def told_of(change: Change) -> str:
    """A change, for people."""
    whom = change.principal.rpartition(":")[2] or change.target or change.region
    named = change.name.rpartition("/")[2] if change.name.startswith("arn:") else change.name
    return " ".join(filter(None, (change.kind, named, f"of {whom}" if whom else "")))


def policy_of(journal: Journal, index: int) -> int | None:
    """The place of the policy that an attachment attaches; None of other changes, or where it is none of the run."""
    changes = journal.changes
    change = changes[index]
    kind = POLICY_OF.get(change.kind)
    found = (at for at, each in enumerate(changes) if each.kind == kind and each.name == change.name)
    return next(found, None) if kind is not None else None
