"""Wildcards of the policy language: ``*`` any run of characters, ``?`` any single one."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from scanner.iam.documents import Statement


@lru_cache(maxsize=65536)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """A regular expression that takes time proportional to pattern times text.

    The earliest place for each part between two stars is as good as any later one, so an atomic group may keep it; with
    plain groups a hostile pattern such as ``*?*?*?...`` would be tried in exponentially many ways.
    """
    parts = [
        "".join("." if character == "?" else re.escape(character) for character in part)
        for part in re.split(r"\*+", pattern)
    ]
    first, *middle = parts
    last = ".*" + middle.pop() if middle else ""
    text = first + "".join(f"(?>.*?{part})" for part in middle) + last
    # AWS compares the letters of ASCII; without the flag the Kelvin sign would equal a K.
    return re.compile(text, re.DOTALL | (re.IGNORECASE | re.ASCII if ignore_case else 0))


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole value is matched; resources are compared with case, actions without."""
    if pattern == "*":
        return True
    if not ignore_case:
        return bool(matcher(pattern)(value))
    if pattern.isascii() and value.isascii():
        return bool(matcher(pattern.lower())(value.lower()))
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=65536)
def matcher(pattern: str) -> Callable[[str], object]:
    """A test whether a pattern matches a whole value, with case, for many values.

    Stars alone need no regular expression, whose compilation would cost more than most accounts have values.
    """
    if "?" in pattern:
        return _compiled(pattern, False).fullmatch
    first, *middle = pattern.split("*")
    if not middle:
        return pattern.__eq__
    last = middle.pop()
    least = len(first) + len(last) + sum(map(len, middle))
    if not middle:

        def test_ends(value: str) -> bool:
            return len(value) >= least and value.startswith(first) and value.endswith(last)

        return test_ends if last else lambda value: value.startswith(first)

    def test(value: str) -> bool:
        if len(value) < least or not value.startswith(first) or not value.endswith(last):
            return False
        at, end = len(first), len(value) - len(last)
        for part in middle:
            at = value.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return at <= end

    return test


def covers_action(statement: Statement, action: str) -> bool:
    """Whether the statement speaks of the action."""
    patterns = statement.actions
    if action in patterns or "*" in patterns:
        return not statement.not_actions
    # Most patterns are for other services, which their first two letters tell.
    own = action[:2].lower()
    found = any(
        matches(pattern, action, ignore_case=True)
        for pattern in patterns
        if (first := pattern[:2]) == own or not first.isascii() or not first.isalnum() or first.lower() == own
    )
    return found != statement.not_actions


def covers_resource(statement: Statement, resource: str) -> bool:
    """Whether the statement speaks of the resource."""
    return _any(statement.resources, resource, ignore_case=False) != statement.not_resources


def _any(patterns: tuple[str, ...], value: str, *, ignore_case: bool) -> bool:
    if value in patterns or "*" in patterns:
        return True
    return any(matches(pattern, value, ignore_case=ignore_case) for pattern in patterns)
