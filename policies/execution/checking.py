"""Whether lines are those of one journal: what is done by a journal that was changed since is done to an account."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from policies.execution.changes import Change
from policies.execution.records import Begun, Found, Intent, Line, Outcome, Settled
from scanner.errors import UsageError

ONLY = "Give the file that 'guardrift contain --execute' named."

_OF_PRINCIPALS = frozenset({
    "inline policy", "managed policy", "attachment", "boundary", "trust policy", "tag", "access key",
    "service credential",
})  # fmt: skip
_PRINCIPAL = re.compile(r"arn:[a-z0-9-]+:iam::[^:]+:(role|user)/.+", re.DOTALL)
_LONGEST = 10 * 366 * 24 * 3600
"""Nothing is needed for longer than some days; a number without bounds would be none that can be added to a time."""


def check_lines(lines: Sequence[Line], name: str) -> None:
    """Whether lines are those of a journal.

    Raises:
        UsageError: they are none, or some are missing, or were written by something else.
    """
    if not lines or not isinstance(lines[0], Begun) or any(isinstance(each, Begun) for each in lines[1:]):
        raise UsageError(f"{name} is no journal of a containment", ONLY)
    changes = [*lines[0].changes, *(each.change for each in lines if isinstance(each, Found))]
    for each in lines:
        if isinstance(each, Intent | Settled) and not 0 <= each.change < len(changes):
            raise UsageError(f"{name} names a change that it does not have", ONLY)
        if not _has_zone(each):
            raise UsageError(f"{name} has a time without its zone", ONLY)
    for change in changes:
        _check_change(change, name)
    _check_numbers(lines, name)


def _check_numbers(lines: Sequence[Line], name: str) -> None:
    """Calls are numbered without gaps, and what came of one is told once, after it."""
    last, unanswered = 0, set[int]()
    for each in lines:
        if isinstance(each, Intent):
            if each.number != last + 1:
                raise UsageError(f"{name} lacks a call before number {each.number}", ONLY)
            last = each.number
            unanswered.add(last)
        elif isinstance(each, Outcome):
            if each.number not in unanswered:
                raise UsageError(f"{name} tells what came of call {each.number}, and not what it was", ONLY)
            unanswered.discard(each.number)


def _has_zone(line: Line) -> bool:
    times: list[datetime | None] = [line.at, line.cutoff if isinstance(line, Settled) else None]
    return all(each is None or each.tzinfo is not None for each in times)


def _check_change(change: Change, name: str) -> None:
    if change.kind in _OF_PRINCIPALS and not _PRINCIPAL.fullmatch(change.principal):
        raise UsageError(f"{name} has a change of a principal, and {change.principal!r} is none", ONLY)
    if change.lasts is not None and not 0 <= change.lasts <= _LONGEST:
        raise UsageError(f"{name} has a change that is needed for {change.lasts} seconds", ONLY)
