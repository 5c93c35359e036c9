"""Sets of ARNs, as bits of one integer, and which of them a pattern or a condition selects.

Asking a set instead of each member is what keeps the graph from being quadratic in principals: a wildcard costs the
same for one target and for twenty thousand.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

import msgspec

from scanner.iam.conditions import truth
from scanner.iam.context import Context, Values
from scanner.iam.documents import Condition
from scanner.iam.variables import MARK, NEVER, matcher, unescaped

_WILD = "*?"
_WILDCARDS = re.compile(r"[*?]+")
_NARROW = 64
_COLONS = 5


class Selection(msgspec.Struct, frozen=True):
    """Members that certainly belong, and those that may; the certain ones are in both."""

    certain: int
    possible: int


NONE = Selection(0, 0)

Column = dict[Values | None, int]
"""For each value of a key the members that have it; None stands for an absent key."""


@dataclass(eq=False)
class Population:
    """ARNs in a fixed order; bit ``i`` stands for ``arns[i]``.

    Attributes:
        arns: sorted, without duplicates.
        columns: for each condition key that differs between members, its values; the key in lower case, or the
            beginning of a family of keys that ends in a slash.
    """

    arns: Sequence[str]
    columns: dict[str, Callable[[str], Column]] = field(default_factory=dict)
    _selected: dict[str, int] = field(default_factory=dict)
    _column_values: dict[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.all = (1 << len(self.arns)) - 1
        self._place = {arn: place for place, arn in enumerate(self.arns)}

    @cached_property
    def _reversed(self) -> list[tuple[str, int]]:
        """The members spelt backwards, sorted, with their places."""
        return sorted((arn[::-1], place) for place, arn in enumerate(self.arns))

    @cached_property
    def _head(self) -> str:
        """What all members begin with before the last of their colons, or an empty text."""
        heads = {arn.rpartition(":")[0] if arn.count(":") == _COLONS else "" for arn in self.arns}
        return heads.pop() if len(heads) == 1 else ""

    def place(self, arn: str) -> int | None:
        """The place of a member, or None where it is none."""
        return self._place.get(arn)

    def bit(self, arn: str) -> int:
        """The member as a set, empty where it is none."""
        place = self._place.get(arn)
        return 0 if place is None else 1 << place

    def bits(self, arns: Iterable[str]) -> int:
        """Some members as a set."""
        return bits_of(self._place[arn] for arn in arns)

    def members(self, bits: int) -> Iterator[str]:
        """The ARNs of a set, in order."""
        for place in places(bits):
            yield self.arns[place]

    def select(self, pattern: str) -> int:
        """The members that a resolved pattern matches."""
        if pattern == "*":
            return self.all
        found = self._selected.get(pattern)
        if found is None:
            found = self._selected[pattern] = self._search(pattern)
        return found

    def _search(self, pattern: str) -> int:
        if MARK in pattern:
            text = unescaped(pattern)
            if text is not None:
                return self.bit(text)
            if pattern == NEVER:
                return 0
            candidates: Iterable[int] = range(len(self.arns))
        else:
            literal = _WILDCARDS.split(pattern, 1)[0]
            if len(literal) == len(pattern):
                return self.bit(pattern)
            low, high = self._beginning_with(literal)
            if low == high:
                return 0
            pattern = self._narrowed(pattern)
            if pattern == NEVER:
                return 0
            first = next((place for place, character in enumerate(pattern) if character in _WILD), None)
            if first is None:
                return self.bit(pattern)
            if first == len(pattern) - 1 and pattern[first] == "*":
                low, high = self._beginning_with(pattern[:first])
                return (1 << high) - (1 << low)
            candidates = self._candidates(pattern, first)
        matched = matcher(pattern)
        arns = self.arns
        return bits_of([place for place in candidates if matched(arns[place])])

    def _narrowed(self, pattern: str) -> str:
        """The pattern with the beginning that all members share, where its wildcards stand for no colon.

        A pattern with as many colons as the members have matches part by part.
        """
        if not self._head or pattern.count(":") != _COLONS:
            return pattern
        head, _, rest = pattern.rpartition(":")
        parts = zip(head.split(":"), self._head.split(":"), strict=True)
        return f"{self._head}:{rest}" if all(matcher(part)(text) for part, text in parts) else NEVER

    def _candidates(self, pattern: str, first: int) -> Iterable[int]:
        """The members that share the literal beginning, the literal end or a literal part of a pattern."""
        suffix = pattern[max(pattern.rfind("*"), pattern.rfind("?")) + 1 :]
        low, high = self._beginning_with(pattern[:first])
        if not suffix:
            part = max(_WILDCARDS.split(pattern[first:]), key=len)
            few = high - low <= _NARROW or not part
            return range(low, high) if few else [place for place in self._containing(part) if low <= place < high]
        ending = suffix[::-1]
        start = bisect_left(self._reversed, (ending, -1))
        end = bisect_left(self._reversed, (ending + "\U0010ffff", -1))
        if end - start < high - low:
            return (place for _, place in self._reversed[start:end])
        return range(low, high)

    def _containing(self, part: str) -> Iterator[int]:
        """The members in which a text occurs; one search through all of them costs less than one in each."""
        text, starts = self._text
        at = text.find(part)
        while at >= 0:
            place = bisect_right(starts, at) - 1
            yield place
            at = text.find(part, starts[place + 1]) if place + 1 < len(starts) else -1

    @cached_property
    def _text(self) -> tuple[str, list[int]]:
        """All members in one text, and where each begins."""
        return "\n".join(self.arns), [0, *accumulate(len(arn) + 1 for arn in self.arns[:-1])]

    def _beginning_with(self, prefix: str) -> tuple[int, int]:
        return bisect_left(self.arns, prefix), bisect_left(self.arns, prefix + "\U0010ffff")

    def varies(self, key: str) -> bool:
        """Whether a key depends on the member."""
        return key in self.columns or key.partition("/")[0] + "/" in self.columns

    def satisfying(self, condition: Condition, context: Context, *, has_variables: bool) -> Selection:
        """The members for which a condition on a varying key holds, and for which it may."""
        certain = possible = 0
        for value, members in self._column(condition.key).items():
            known = {} if value is None else {condition.key: value}
            absent = frozenset({condition.key}) if value is None else frozenset()
            held = truth(condition, context.with_request(known, absent), has_variables=has_variables)
            if held is not False:
                possible |= members
                if held is True:
                    certain |= members
        return Selection(certain, possible)

    def _column(self, key: str) -> Column:
        found = self._column_values.get(key)
        if found is None:
            make = self.columns.get(key) or self.columns[key.partition("/")[0] + "/"]
            found = self._column_values[key] = make(key)
        return found


_MANY = 16


def places(bits: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    if bits.bit_count() > _MANY:
        # Taking bit after bit away copies a wide set each time.
        digits = bin(bits)[:1:-1]
        place = digits.find("1")
        while place >= 0:
            yield place
            place = digits.find("1", place + 1)
        return
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def bits_of(chosen: Iterable[int]) -> int:
    """The set of some places; one conversion, since setting bits one by one would copy the set each time."""
    found = chosen if isinstance(chosen, list) else list(chosen)
    if len(found) < _MANY:
        bits = 0
        for place in found:
            bits |= 1 << place
        return bits
    buffer = bytearray(max(found) // 8 + 1)
    for place in found:
        buffer[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(buffer, "little")
