"""How a value that is other is weighed: which of two values protects, and what the change is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from scanner.drift.fields import Difference
from scanner.drift.told import Direction
from scanner.findings import Severity


class Weighed(msgspec.Struct, frozen=True):
    """What a change is: its direction, how bad it is if it widens, and in words."""

    direction: Direction
    severity: Severity
    what: str


Weigh = Callable[[Difference], Weighed | None]
"""Weighs a difference of one field; None where it is neutral."""


def _turned(worse: bool, better: bool, severity: Severity, bad: str, good: str) -> Weighed | None:
    if worse == better:
        return None
    return Weighed("widens", severity, bad) if worse else Weighed("narrows", severity, good)


def protects(good: object, severity: Severity, bad_words: str, good_words: str) -> Weigh:
    """One value protects, every other one does not."""

    def weigh(found: Difference) -> Weighed | None:
        return _turned(found.before == good, found.after == good, severity, bad_words, good_words)

    return weigh


def endangers(bad: object, severity: Severity, bad_words: str, good_words: str) -> Weigh:
    """One value is dangerous, every other one is not."""

    def weigh(found: Difference) -> Weighed | None:
        return _turned(found.after == bad, found.before == bad, severity, bad_words, good_words)

    return weigh


def there(severity: Severity, bad_words: str, good_words: str) -> Weigh:
    """That there is something protects; another value is another matter."""

    def weigh(found: Difference) -> Weighed | None:
        return _turned(bool(found.before) > bool(found.after), bool(found.before) < bool(found.after), severity,
                       bad_words, good_words)  # fmt: skip

    return weigh


def more_is_worse(severity: Severity, bad_words: str, good_words: str, default: float = 0) -> Weigh:
    """The greater number is the worse one."""

    def weigh(found: Difference) -> Weighed | None:
        before, after = _number(found.before, default), _number(found.after, default)
        return _turned(after > before, after < before, severity, bad_words, good_words)

    return weigh


def less_is_worse(severity: Severity, bad_words: str, good_words: str, default: float = 0) -> Weigh:
    """The smaller number is the worse one."""

    def weigh(found: Difference) -> Weighed | None:
        before, after = _number(found.before, default), _number(found.after, default)
        return _turned(after < before, after > before, severity, bad_words, good_words)

    return weigh


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default


def each_widens(severity: Severity, bad_words: str, good_words: str) -> Weigh:
    """Of a set, whatever is more is worse; a set of which something went and something came is worse."""

    def weigh(found: Difference) -> Weighed | None:
        come, gone = _beyond(found)
        if come:
            return Weighed("widens", severity, bad_words)
        return Weighed("narrows", severity, good_words) if gone else None

    return weigh


def each_protects(severity: Severity, bad_words: str, good_words: str) -> Weigh:
    """Of a set, whatever is gone is missing."""

    def weigh(found: Difference) -> Weighed | None:
        come, gone = _beyond(found)
        if gone:
            return Weighed("widens", severity, bad_words)
        return Weighed("narrows", severity, good_words) if come else None

    return weigh


def _beyond(found: Difference) -> tuple[bool, bool]:
    """Whether something came to a set, and whether something went; a thing of a list by itself counts whole."""
    before, after = _members(found.before), _members(found.after)
    return any(each not in before for each in after), any(each not in after for each in before)


def _members(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def other(severity: Severity, words: str) -> Weigh:
    """Another value than the reviewed one is bad whichever it is: records go elsewhere, say."""

    def weigh(_: Difference) -> Weighed | None:
        return Weighed("widens", severity, words)

    return weigh


def elsewhere(severity: Severity, words: str, gone: Weigh | None = None) -> Weigh:
    """Another place than the reviewed one is bad whichever it is; that there is none any more is another matter."""

    def weigh(found: Difference) -> Weighed | None:
        if found.before and found.after:
            return Weighed("widens", severity, words)
        return gone(found) if gone is not None else None

    return weigh
