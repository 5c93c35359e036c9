"""Texts that patterns match: one for a pattern, and one for two patterns together."""

from __future__ import annotations

import re
from functools import lru_cache

from scanner.iam.matching import matches

_TOKEN = re.compile(r"\$\{([*?$])\}|(.)", re.DOTALL)
Token = tuple[str, str]
"""The kind of a place in a pattern, and its character if it is a literal."""

LITERAL, ANY_RUN, ANY_ONE = "literal", "any run", "any one"

_FILL = "zq0"
_MOST_STEPS = 40_000


def tokens(pattern: str) -> list[Token]:
    """The places of a pattern: a literal, ``?`` or ``*``; escapes such as ``${*}`` are literals."""
    found: list[Token] = []
    for match in _TOKEN.finditer(pattern):
        escape, character = match.groups()
        if escape:
            found.append((LITERAL, escape))
        elif character == "*":
            if not found or found[-1][0] != ANY_RUN:
                found.append((ANY_RUN, ""))
        elif character == "?":
            found.append((ANY_ONE, ""))
        else:
            found.append((LITERAL, character))
    return found


@lru_cache(maxsize=8192)
def example(pattern: str) -> str | None:
    """A text that the pattern matches and that looks like nobody's, or None where the pattern matches nothing."""
    if pattern == "${}":
        return None
    fills = {ANY_RUN: _FILL, ANY_ONE: "q"}
    return "".join(fills.get(kind, character) for kind, character in tokens(pattern))


@lru_cache(maxsize=16384)
def overlap(one: str, other: str) -> str | None:
    """A text that both patterns match, with wildcards of both filled by something unusual, or None if there is none.

    None too where the patterns are so long that the search would take more than a moment; both are then hostile.
    """
    if one == "*" or one == other:
        return example(other)
    if other == "*":
        return example(one)
    if _ends_differ(one, other):
        return None
    if "${" not in one and "${" not in other:
        for pattern, wider in ((one, other), (other, one)):
            text = example(pattern)
            if text is not None and matches(wider, text):
                return text
    first, second = tokens(one), tokens(other)
    if "${}" in (one, other) or len(first) * len(second) > _MOST_STEPS:
        return None
    return _walk(first, second)


def _ends_differ(one: str, other: str) -> bool:
    """Whether the literal beginnings or ends alone show that no text fits both."""
    if "${" in one or "${" in other:
        return False
    shared = min(_literal(one), _literal(other))
    ending = min(_literal(one[::-1]), _literal(other[::-1]))
    return one[:shared] != other[:shared] or (ending > 0 and one[-ending:] != other[-ending:])


def _literal(pattern: str) -> int:
    return next((place for place, character in enumerate(pattern) if character in "*?"), len(pattern))


def _walk(first: list[tuple[str, str]], second: list[tuple[str, str]]) -> str | None:
    """Depth-first over the places in both patterns; each pair of places is visited once."""
    start = (0, 0)
    reached: dict[tuple[int, int], tuple[tuple[int, int], str]] = {start: (start, "")}
    stack = [start]
    end = (len(first), len(second))
    while stack:
        here = stack.pop()
        if here == end:
            return _text(reached, here)
        # The last one pushed is tried first: both advance on a literal before a star swallows it.
        for there, character in reversed(list(_moves(here, first, second))):
            if there not in reached:
                reached[there] = (here, character)
                stack.append(there)
    return None


def _moves(
    here: tuple[int, int], first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> list[tuple[tuple[int, int], str]]:
    i, j = here
    one = first[i] if i < len(first) else ("end", "")
    two = second[j] if j < len(second) else ("end", "")
    if one[0] == ANY_RUN and two[0] == ANY_RUN:
        return [((i + 1, j + 1), _FILL), ((i + 1, j), ""), ((i, j + 1), "")]
    if one[0] == ANY_RUN:
        swallowed = [((i, j + 1), two[1] or "q")] if two[0] != "end" else []
        return [*swallowed, ((i + 1, j), "")]
    if two[0] == ANY_RUN:
        swallowed = [((i + 1, j), one[1] or "q")] if one[0] != "end" else []
        return [*swallowed, ((i, j + 1), "")]
    if "end" in (one[0], two[0]):
        return []
    if one[0] == ANY_ONE or two[0] == ANY_ONE or one[1] == two[1]:
        return [((i + 1, j + 1), one[1] or two[1] or "q")]
    return []


def _text(reached: dict[tuple[int, int], tuple[tuple[int, int], str]], here: tuple[int, int]) -> str:
    parts: list[str] = []
    while here != (0, 0):
        here, character = reached[here]
        parts.append(character)
    return "".join(reversed(parts))
