"""The rules of composite alarms: which alarms they name, and whether they hold when one of these goes off.

Source: AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from scanner.inventory import Alarm

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?P<name>"(?:[^"\\]|\\.)*"|'[^']*'|[^()"']*?)\s*\)
        | (?P<word>(?:AND|OR|NOT|TRUE|FALSE)\b|\(|\))
    )""",
    re.VERBOSE,
)
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'""")
_DEEPEST = 100

_Tokens = tuple[tuple[str, str], ...]


def goes_off(rule: str, alarm: Alarm) -> bool | None:
    """Whether a composite alarm goes off when one alarm does, whatever the others are; None where it depends on them.

    One that does not look at the alarm, or only whether it is quiet, does not go off because of it.

    Args:
        rule: the rule of the composite alarm.
        alarm: the alarm that goes off.
    """
    if not _names(rule) & {alarm.name, alarm.arn}:
        return False
    tokens = _tokens(rule)
    if tokens is None:
        return None
    try:
        return _Reading(tokens, frozenset({alarm.name, alarm.arn})).whole()
    except _NotUnderstoodError:
        return None


def by_name(alarms: Iterable[Alarm]) -> dict[str, tuple[Alarm, ...]]:
    """The composite alarms by each name or ARN that their rules mention."""
    found: dict[str, list[Alarm]] = {}
    for alarm in alarms:
        for name in sorted(_names(alarm.rule)) if alarm.rule else ():
            found.setdefault(name, []).append(alarm)
    return {name: tuple(each) for name, each in found.items()}


@lru_cache(maxsize=4096)
def _names(rule: str) -> frozenset[str]:
    """Every name in a rule, also in one that is not understood."""
    tokens = _tokens(rule)
    if tokens is not None:
        return frozenset(name for state, name in tokens if name)
    bare = re.split(r"[(),]", _QUOTED.sub("", rule))
    return frozenset((*map(_plain, _QUOTED.findall(rule)), *(each.strip() for each in bare))) - {""}


@lru_cache(maxsize=4096)
def _tokens(rule: str) -> _Tokens | None:
    """States with the names they are asked of, and words; None where something else stands there."""
    found: list[tuple[str, str]] = []
    place, end = 0, len(rule.rstrip())
    while place < end:
        token = _TOKEN.match(rule, place)
        if token is None:
            return None
        found.append((token["state"], _plain(token["name"])) if token["state"] else (token["word"], ""))
        place = token.end()
    return tuple(found)


def _plain(name: str) -> str:
    """A name without its quotes."""
    if name[:1] == name[-1:] == '"' and len(name) > 1:
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name[1:-1] if name[:1] == name[-1:] == "'" and len(name) > 1 else name


class _NotUnderstoodError(Exception):
    """A rule that CloudWatch takes, and that is not understood here."""


class _Reading:
    """One way through a rule: what is true, false or, as None, not known when an alarm goes off."""

    def __init__(self, tokens: _Tokens, alarm: frozenset[str]) -> None:
        self._tokens, self._alarm, self._place, self._depth = tokens, alarm, 0, 0
        self._negated = self._counts = False

    def whole(self) -> bool | None:
        found = self._either()
        if self._place < len(self._tokens):
            raise _NotUnderstoodError
        return found if self._counts else False

    def _next(self, word: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place] == (word, ""):
            self._place += 1
            return True
        return False

    def _either(self) -> bool | None:
        parts = [self._both()]
        while self._next("OR"):
            parts.append(self._both())
        return True if True in parts else None if None in parts else False

    def _both(self) -> bool | None:
        parts = [self._one()]
        while self._next("AND"):
            parts.append(self._one())
        return False if False in parts else None if None in parts else True

    def _one(self) -> bool | None:
        if self._place >= len(self._tokens) or self._depth > _DEEPEST:
            raise _NotUnderstoodError
        self._depth += 1
        found = self._inner()
        self._depth -= 1
        return found

    def _inner(self) -> bool | None:
        if self._next("NOT"):
            self._negated = not self._negated
            found = self._one()
            self._negated = not self._negated
            return None if found is None else not found
        if self._next("("):
            found = self._either()
            if not self._next(")"):
                raise _NotUnderstoodError
            return found
        if self._next("TRUE"):
            return True
        if self._next("FALSE"):
            return False
        state, name = self._tokens[self._place]
        if not name:
            raise _NotUnderstoodError
        self._place += 1
        if name not in self._alarm:
            return None
        self._counts |= (state == "ALARM") != self._negated
        return state == "ALARM"
