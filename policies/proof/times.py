"""The cutoff of a proof: a moment, or a symbol of which only the order with other times matters.

Where documents hold the placeholder as the whole value of a date condition on ``aws:TokenIssueTime`` and nowhere else,
whether such a condition holds depends on nothing but whether a session was issued before, at or after the cutoff. One
moment then stands for all; two are tried nevertheless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from policies.cutoff import PLACEHOLDER, format_instant
from policies.placed import Placed
from scanner.iam.conditions import moment
from scanner.iam.documents import Condition, Statement, parse
from scanner.inventory import Account, Document

ISSUED = "aws:tokenissuetime"
"""The key that tells when the credentials of a session were issued."""

LONGEST_LEAD = timedelta(minutes=15)
"""So far ahead of the moment from which sessions must be dead a cutoff may lie; further, it locks everybody out."""

_SECOND = timedelta(seconds=1)
_LONGEST_SESSION = timedelta(hours=36)
_LATER = timedelta(hours=12)
_MUCH_LATER = timedelta(days=400, hours=5, minutes=7, seconds=11)


class Era(msgspec.Struct, frozen=True):
    """One cutoff, and the issue times that tell every condition of the documents apart.

    Attributes:
        cutoff: the moment before which sessions must be dead.
        text: what takes the place of the placeholder, or empty where none may occur.
    """

    cutoff: datetime
    text: str

    def old(self, limits: Iterable[datetime]) -> list[datetime]:
        """Issue times of old sessions: the oldest that may live, the last second, and around every other limit."""
        oldest, last = self.cutoff - _LONGEST_SESSION, self.cutoff - _SECOND
        return sorted({oldest, last, *(each for each in _around(limits) if oldest <= each <= last)})

    def begin(self, limits: Iterable[datetime]) -> datetime:
        """From when on a session is new: after the cutoff, and after that of each document."""
        return max([self.cutoff, *limits]) + _SECOND

    def new(self, limits: Iterable[datetime]) -> list[datetime]:
        """Issue times of new sessions."""
        begin = self.begin(limits)
        return [begin, begin + _LATER]

    def since(self, limits: Iterable[datetime]) -> list[datetime]:
        """Issue times at and after the cutoff, whatever the documents say."""
        first, last = self.cutoff, self.cutoff + _LATER
        return sorted({first, first + _SECOND, last, *(each for each in _around(limits) if first <= each <= last)})


def eras(account: Account, cutoff: datetime | None, placed: Iterable[Placed] = ()) -> tuple[Era, ...]:
    """The cutoffs to try: the one that is given, else two that come after the account was read.

    A cutoff that is in place is never lowered, so that none is tried from before those of the documents that are
    replaced.
    """
    if cutoff is not None:
        return (Era(cutoff.astimezone(UTC).replace(microsecond=0), ""),)
    taken = account.taken_at.astimezone(UTC).replace(microsecond=0)
    first = max([taken + timedelta(seconds=31), *(limit for each in placed for limit in _in_place(each))])
    found = (first, max(taken, first) + _MUCH_LATER)
    return tuple(Era(each, format_instant(each)) for each in found)


def _in_place(placed: Placed) -> Iterator[datetime]:
    """The cutoffs of the policy whose place a document takes, up to a whole second."""
    if placed.previous is None or not placed.previous.startswith("{"):
        return
    denies = (each for each in parse(Document(placed.previous.encode())).statements if not each.allows)
    for limit in limits_of(denies):
        yield limit.replace(microsecond=0) + (_SECOND if limit.microsecond else timedelta())


def limits_of(statements: Iterable[Statement]) -> tuple[datetime, ...]:
    """The times with which statements compare the issue time of a session."""
    found = {time for each in statements for condition in each.conditions for time in _times(condition)}
    return tuple(sorted(found))


def is_only_ordered(placed: Placed, statements: Iterable[Statement]) -> bool:
    """Whether the placeholder stands for issue times alone.

    The statements are those of the document as it is written, with the placeholder in it.
    """
    conditions = [condition for each in statements for condition in each.conditions]
    there = sum(
        value == PLACEHOLDER
        for condition in conditions
        if condition.key == ISSUED and condition.operator.startswith("date")
        for value in condition.values
    )
    return placed.document.count(PLACEHOLDER) == there


def _times(condition: Condition) -> Iterator[datetime]:
    if condition.key == ISSUED:
        yield from (time for value in condition.values if (time := moment(value)) is not None)


def _around(limits: Iterable[datetime]) -> Iterator[datetime]:
    for limit in limits:
        begun = limit.replace(microsecond=0)
        yield from (begun - _SECOND, begun, begun + _SECOND)
