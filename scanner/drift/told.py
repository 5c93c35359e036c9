"""What is told of drift: one document, from which every format is written."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from scanner.findings import SEVERITIES, Resource, Severity
from scanner.iam.formula import Verdict
from scanner.inventory import Outcome

Kind = Literal["added", "removed", "changed", "not_comparable"]
Direction = Literal["widens", "narrows", "neutral"]
SideName = Literal["old", "new", "both"]
CauseKind = Literal[
    "created", "deleted", "re-created", "policy attached", "policy detached", "inline policy added",
    "inline policy removed", "inline policy changed", "new default version", "policy changed", "group joined",
    "group left", "boundary set", "boundary removed", "boundary changed", "tags changed", "trust widened",
    "trust narrowed", "trust changed", "SCP attached", "SCP detached", "SCP changed", "Deny added", "Deny removed",
    "condition added", "condition dropped", "statement added", "statement removed", "statement changed",
]  # fmt: skip


class Actions(msgspec.Struct, frozen=True, order=True):
    """Actions of one service and access level.

    Attributes:
        service: the prefix; ``*`` where every known action is meant.
        level: AWS's class; ``*`` where every class is meant, ``Unknown`` for actions that the catalogue lacks.
        names: the actions; one pattern where all that are known of the service and the level are meant.
        count: how many known actions that is.
    """

    service: str
    level: str
    names: tuple[str, ...]
    count: int


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Requests that are decided otherwise than before.

    Attributes:
        actions: folded by service and access level.
        resources: patterns; two of them joined by ``&`` mean what matches both.
        but_not: narrower patterns, whose resources are not among it.
        before: the decision as it was; after: as it is.
        conditions_before: what it hung on, where it was ``only_if``.
        conditions: what it hangs on, where it is ``only_if``.
    """

    actions: tuple[Actions, ...]
    resources: tuple[str, ...]
    before: Verdict
    after: Verdict
    but_not: tuple[str, ...] = ()
    conditions_before: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


class Cause(msgspec.Struct, frozen=True, order=True):
    """Why something is other; ``text`` names the policy, the group or the statement."""

    kind: CauseKind
    text: str


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is other than before.

    Attributes:
        kind: ``not_comparable`` where one side did not see it, so that nothing can be said.
        direction: whether it widens access or takes away from what protects, narrows, or neither.
        severity: how bad it is; ``info`` for all that does not widen.
        resource: the thing; of what is not comparable the part of the account.
        what: what of it is other, such as ``trail stopped`` or a field.
        before: the old value; of documents the statements that are gone.
        after: the new value; of documents the statements that were added.
        gained: what a principal can do now and could not.
        lost: what it could do and cannot any more.
        cause: why.
        consequence: what follows from it, in sentences.
    """

    kind: Kind
    direction: Direction
    severity: Severity
    resource: Resource
    what: str
    before: Any = None
    after: Any = None
    gained: tuple[Grant, ...] = ()
    lost: tuple[Grant, ...] = ()
    cause: tuple[Cause, ...] = ()
    consequence: tuple[str, ...] = ()


class Unseen(msgspec.Struct, frozen=True, order=True):
    """An answer that one side, or both, did not have."""

    part: str
    api: str
    status: Outcome
    regions: tuple[str, ...]
    side: SideName


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One side: what it was read from, and when; None where a baseline does not say."""

    source: str
    taken_at: str | None = None


class Diff(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="guardrift/diff/1"):
    """Everything by which two states of an account differ in meaning.

    Attributes:
        complete: whether nothing was refused on either side, and both saw the same.
        summary: how many changes there are by direction, and how many are not comparable.
        changes: what widens first, from the worst; then what cannot be compared, what narrows, and what does neither.
        unseen: what was not read; what both sides were not asked for is no reason to call it incomplete.
    """

    account_id: str
    partition: str
    old: Compared
    new: Compared
    complete: bool
    summary: dict[str, int]
    changes: tuple[Change, ...]
    unseen: tuple[Unseen, ...]


def in_order(changes: list[Change]) -> tuple[Change, ...]:
    """Gains first, from the worst."""
    return tuple(sorted(changes, key=_rank))


def _rank(change: Change) -> tuple[object, ...]:
    place = 1 if change.kind == "not_comparable" else {"widens": 0, "narrows": 2, "neutral": 3}[change.direction]
    resource = change.resource
    severity = SEVERITIES.index(change.severity)
    return (
        place,
        severity,
        resource.type,
        resource.region or "",
        resource.arn,
        change.what,
        change.kind,
        _text(change),
    )


def _text(change: Change) -> bytes:
    return msgspec.json.encode((change.before, change.after), order="sorted")
