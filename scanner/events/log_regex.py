r"""The regular expressions of CloudWatch Logs filter patterns, which stand between percent signs.

They have no groups: alternatives of characters, classes and ``.``, each with ``? * + {m,n}``, and the anchors ``^`` and
``$`` at the ends. All ways to match are followed at once, so that no expression takes long.

Source: AmazonCloudWatch/latest/logs/regex-expressions.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

_MOST_STEPS = 1000
_QUANTIFIER = re.compile(r"([?*+])|\{(\d{1,4})(?:(,)(\d{0,4}))?\}")
_ATOM = re.compile(
    r"\\x(?P<hex>[0-9A-Fa-f]{2})|\\(?P<escaped>.)|\[(?P<negated>\^?)(?P<members>\]?(?:[^\]\\]|\\.)*)\]|(?P<plain>[^\\\[\](){}?*+|^$])",
    re.DOTALL,
)
_MEMBER = re.compile(r"(?P<class>\\[dDsSwW])|(?P<from>\\?.)(?:-(?P<to>\\?[^\]]))?", re.DOTALL)
_SHORTHANDS: dict[str, Callable[[str], bool]] = {
    "d": lambda character: character.isascii() and character.isdigit(),
    "s": str.isspace,
    "w": lambda character: character.isascii() and (character.isalnum() or character == "_"),
}


class BadRegex(ValueError):
    """An expression that is not one of CloudWatch Logs."""


class _Step(NamedTuple):
    accepts: Callable[[str], bool]
    optional: bool
    repeats: bool


@dataclass(frozen=True, slots=True)
class _Branch:
    """A row of steps; the places between them, to which a text so far may have come, are the bits of an integer."""

    steps: tuple[_Step, ...]
    at_start: bool
    at_end: bool

    def found_in(self, text: str) -> bool:
        optional = _bits(step.optional for step in self.steps)
        repeats = _bits(step.repeats for step in self.steps)
        accepting: dict[str, int] = {}
        end = 1 << len(self.steps)
        places = _with_skips(1, optional)
        for character in text:
            if places & end and not self.at_end:
                return True
            if character not in accepting:
                accepting[character] = _bits(step.accepts(character) for step in self.steps)
            passed = places & accepting[character]
            stayed = passed & repeats
            places = _with_skips((passed ^ stayed) << 1 | stayed | (not self.at_start), optional)
        return bool(places & end)


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def _with_skips(places: int, optional: int) -> int:
    """The places, and those that are reached from them by leaving out optional steps."""
    while (more := places | (places & optional) << 1) != places:
        places = more
    return places


@dataclass(frozen=True, slots=True)
class LogRegex:
    """An expression, as the alternatives that it consists of."""

    branches: tuple[_Branch, ...]

    def found_in(self, text: str) -> bool:
        """Whether some part of the text is matched."""
        return any(branch.found_in(text) for branch in self.branches)


def read_regex(text: str) -> LogRegex:
    """The expression between the percent signs.

    Raises:
        BadRegex: it has something that CloudWatch Logs does not support.
    """
    branches = tuple(_branch(part) for part in _alternatives(text))
    if sum(len(branch.steps) for branch in branches) > _MOST_STEPS:
        raise BadRegex("it is too long")
    return LogRegex(branches)


def _alternatives(text: str) -> list[str]:
    """The parts between bars that are neither escaped nor in a class."""
    parts, at, in_class = [""], 0, False
    while at < len(text):
        character = text[at : at + 2] if text[at] == "\\" else text[at]
        if character == "|" and not in_class:
            parts.append("")
        else:
            in_class = character == "[" or (in_class and character != "]")
            parts[-1] += character
        at += len(character)
    return parts


def _branch(text: str) -> _Branch:
    at_start = text.startswith("^")
    at = 1 if at_start else 0
    steps: list[_Step] = []
    while at < len(text) and text[at:] != "$":
        atom = _ATOM.match(text, at)
        if atom is None:
            raise BadRegex(f"{text[at]!r} is not supported there")
        at = atom.end()
        quantifier = _QUANTIFIER.match(text, at)
        least, most = _bounds(quantifier)
        at = quantifier.end() if quantifier else at
        accepts = _accepting(atom)
        steps += [_Step(accepts, optional=False, repeats=False)] * least
        if most is None:
            steps.append(_Step(accepts, optional=True, repeats=True))
        else:
            steps += [_Step(accepts, optional=True, repeats=False)] * (most - least)
        if len(steps) > _MOST_STEPS:
            raise BadRegex("it is too long")
    return _Branch(tuple(steps), at_start, at < len(text))


def _bounds(quantifier: re.Match[str] | None) -> tuple[int, int | None]:
    if quantifier is None:
        return 1, 1
    sign, least, comma, most = quantifier.groups()
    if sign:
        return {"?": (0, 1), "*": (0, None), "+": (1, None)}[sign]
    if not comma:
        return int(least), int(least)
    if most and int(most) < int(least):
        raise BadRegex("a range of repetitions is empty")
    return int(least), int(most) if most else None


def _accepting(atom: re.Match[str]) -> Callable[[str], bool]:
    found = atom.groupdict()
    if found["hex"]:
        return chr(int(found["hex"], 16)).__eq__
    if found["escaped"]:
        return _shorthand(found["escaped"]) or found["escaped"].__eq__
    if found["members"] is not None:
        members = _members(found["members"])
        negated = bool(found["negated"])
        return lambda character: any(accepts(character) for accepts in members) != negated
    plain = found["plain"]
    return (lambda _: True) if plain == "." else plain.__eq__


def _shorthand(letter: str) -> Callable[[str], bool] | None:
    accepts = _SHORTHANDS.get(letter.lower())
    if accepts is None or letter.islower():
        return accepts
    return lambda character: not accepts(character)


def _members(text: str) -> list[Callable[[str], bool]]:
    """The characters, ranges and shorthands of a class."""
    found: list[Callable[[str], bool]] = []
    for match in _MEMBER.finditer(text):
        shorthand = match["class"] and _shorthand(match["class"][1])
        if shorthand:
            found.append(shorthand)
            continue
        first = match["from"][-1]
        last = match["to"][-1] if match["to"] else first
        found.append(lambda character, first=first, last=last: first <= character <= last)  # type: ignore[misc]
    return found
