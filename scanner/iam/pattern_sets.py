"""Sets of wildcard patterns: which pattern covers which, and where to look for those that cover one.

Patterns are compared as *shapes*: wildcards and policy variables are code points of the surrogate range, which no
document can contain, so that string functions of C speed cannot take them for letters. A variable stands for an unknown
text: only the same variable or ``*`` covers it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from scanner.inventory import Undetermined

STAR = "\ud800"
_ANY = "\ud801"
_OPEN = "\ud802"
_CLOSE = "\ud803"
_UNCLOSED = "\ud804"
_BYTE = 0xDC00

_WILDCARDS = re.compile(r"[*?]+")
_SPECIAL = re.compile("[\ud800-\udfff]")
_VARIABLE = re.compile(r"\$\{([^{}]*)\}|\$\{")
_VARIABLE_SHAPE = re.compile(f"{_OPEN}[^{_CLOSE}{_UNCLOSED}]*[{_CLOSE}{_UNCLOSED}]")
_TO_WRITE = re.compile(f"\\$(?={{)|[*?{STAR}{_ANY}]|{_VARIABLE_SHAPE.pattern}")
_RUN = re.compile(f"({_ANY}*){STAR}|({_ANY})")
_ESCAPES = "*?$"
_LONGEST_COUNTED = 300


class Effort:
    """What a comparison may cost, in steps of about a microsecond, so that no document takes unbounded time."""

    def __init__(self, limit: int = 3_000_000) -> None:
        self._left = limit
        self._compiled: set[str] = set()

    def spend(self, steps: int) -> None:
        """Count steps; raises ``Undetermined`` when there were too many."""
        self._left -= steps
        if self._left < 0:
            raise Undetermined("the document has too many patterns to compare them all")

    def compile(self, pattern: str) -> None:
        """Count, once, what it takes to compile a pattern with ``?`` when it is first compared."""
        if len(pattern) <= _LONGEST_COUNTED and pattern not in self._compiled:
            self._compiled.add(pattern)
            self.spend(40 * len(pattern))


def pattern_covers(wider: str, narrower: str, *, ignore_case: bool = False, variables: bool = True) -> bool:
    """Whether every text that ``narrower`` matches is matched by ``wider``.

    A yes is always right. A no may be wrong where the wider pattern has a ``?`` and more than 300 characters, or the
    other more than 30,000: no name in AWS is so long.

    Args:
        wider: a pattern with ``*`` and ``?``.
        narrower: another.
        ignore_case: whether letters of ASCII are compared without case, as in actions.
        variables: whether ``${...}`` is a policy variable, as in documents of version 2012-10-17.
    """
    if _SPECIAL.search(wider) or _SPECIAL.search(narrower):
        return wider == narrower
    if ignore_case:
        wider, narrower = lower(wider), lower(narrower)
    return covers(shape(wider, variables=variables), shape(narrower, variables=variables))


_LOWER = {ord(letter): ord(letter) + 32 for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def lower(text: str) -> str:
    """The text in lower case as AWS compares it: the letters of ASCII only."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def shape(pattern: str, *, variables: bool) -> str:
    """The shape of a pattern; patterns that differ only in the order or number of adjacent wildcards have the same."""
    if not variables or "${" not in pattern:
        return _WILDCARDS.sub(_run, pattern)
    parts = []
    at = 0
    for found in _VARIABLE.finditer(pattern):
        parts.append(_WILDCARDS.sub(_run, pattern[at : found.start()]))
        name: str | None = found.group(1)
        if name is None:
            # What IAM makes of a brace that is never closed is not documented, so nothing but * covers it.
            parts += [_OPEN, _hidden(pattern[found.end() :]), _UNCLOSED]
            return "".join(parts)
        parts += [name] if name and name in _ESCAPES else [_OPEN, _hidden(canonical_variable(name)), _CLOSE]
        at = found.end()
    parts.append(_WILDCARDS.sub(_run, pattern[at:]))
    return "".join(parts)


def _run(found: re.Match[str]) -> str:
    run = found.group(0)
    return _ANY * run.count("?") + (STAR if "*" in run else "")


def canonical_variable(name: str) -> str:
    """What stands between the braces of a variable, its condition key without case; a default value keeps its case."""
    key, comma, default = name.partition(",")
    return lower(key.strip()) + comma + default


def _hidden(text: str) -> str:
    return "".join(chr(_BYTE + byte) for byte in text.encode())


def _shown(hidden: str) -> str:
    return bytes(ord(character) - _BYTE for character in hidden).decode()


def written(pattern: str, *, variables: bool) -> str:
    """The pattern of a shape as a document has it."""

    def token(found: re.Match[str]) -> str:
        text = found.group(0)
        if text[0] == _OPEN:
            return "${" + _shown(text[1:-1]) + ("}" if text[-1] == _CLOSE else "")
        if text in (STAR, _ANY):
            return "*" if text == STAR else "?"
        return f"${{{text}}}" if variables else text

    return _TO_WRITE.sub(token, pattern)


def variables_of(pattern: str) -> frozenset[str]:
    """The policy variables in a shape."""
    return frozenset(_VARIABLE_SHAPE.findall(pattern)) if _OPEN in pattern else frozenset()


def covers(wider: str, narrower: str) -> bool:
    """Whether every text of one shape is of another, as far as it can be seen in time linear in their lengths."""
    if wider in (STAR, narrower):
        return True
    if _ANY in wider:
        return _covers_counting(wider, narrower)
    first, *rest = wider.split(STAR)
    if not rest:
        return False
    *middle, last = rest
    at, end = len(first), len(narrower) - len(last)
    if at > end or not narrower.startswith(first) or not narrower.endswith(last):
        return False
    for part in middle:
        at = narrower.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _covers_counting(wider: str, narrower: str) -> bool:
    if len(wider) > _LONGEST_COUNTED or len(narrower) > 100 * _LONGEST_COUNTED:
        return False
    return _compiled(wider).fullmatch(narrower) is not None


@lru_cache(maxsize=4096)
def _compiled(wider: str) -> re.Pattern[str]:
    """A regular expression over shapes.

    ``?`` takes a letter or a ``?``. A star with question marks takes any run of at least so many; a star or a variable
    in it may be empty and counts for nothing. Atomic groups keep the time proportional to the product of the lengths.
    """
    one = f"[^{STAR}{_OPEN}-\udfff]"
    empty = f"[{STAR}{_OPEN}-\udfff]*+"
    runs: list[tuple[str, str]] = [("", "")]
    at = 0
    for found in _RUN.finditer(wider):
        gap, text = runs[-1]
        text += re.escape(wider[at : found.start()])
        if found.group(2):
            runs[-1] = (gap, text + one)
        else:
            runs[-1] = (gap, text)
            runs.append((f"(?>(?:{empty}{one}){{{len(found.group(1))}}})", ""))
        at = found.end()
    gap, text = runs[-1]
    runs[-1] = (gap, text + re.escape(wider[at:]))
    (_, first), *rest = runs
    middle = "".join(f"(?>{gap}.*?{text})" for gap, text in rest[:-1])
    last = "".join(f"{gap}.*{text}" for gap, text in rest[-1:])
    return re.compile(first + middle + last, re.DOTALL)


def disjoint(one: str, other: str) -> bool:
    """Whether no text is of both shapes; a yes is always right, a no may be wrong."""
    for literal, pattern in ((one, other), (other, one)):
        if not _SPECIAL.search(literal) and _OPEN not in pattern:
            return not covers(pattern, literal)
    heads, tails = (_head(one), _head(other)), (_tail(one), _tail(other))
    shared = min(map(len, heads))
    ending = min(map(len, tails))
    return heads[0][:shared] != heads[1][:shared] or (
        tails[0][len(tails[0]) - ending :] != tails[1][len(tails[1]) - ending :]
    )


def _head(pattern: str) -> str:
    found = _SPECIAL.search(pattern)
    return pattern[: found.start()] if found else pattern


def _tail(pattern: str) -> str:
    return _head(pattern[::-1])[::-1]


class PatternIndex:
    """Shapes, found by what they cover: the letters before the first wildcard of the wider one begin the other too."""

    def __init__(self, patterns: Iterable[str], effort: Effort) -> None:
        self._patterns = frozenset(patterns)
        self._effort = effort
        self._by_head: defaultdict[str, list[str]] = defaultdict(list)
        for pattern in self._patterns:
            if STAR in pattern or _ANY in pattern:
                effort.spend(1)
                if _ANY in pattern:
                    effort.compile(pattern)
                self._by_head[_head(pattern)].append(pattern)
        self._lengths = sorted({len(head) for head in self._by_head})

    def __contains__(self, pattern: object) -> bool:
        return pattern in self._patterns

    def wider(self, pattern: str) -> Iterator[str]:
        """The other patterns that cover one, which need not be in the index."""
        longest = len(_head(pattern)) if self._lengths else 0
        for length in self._lengths:
            if length > longest:
                return
            candidates = self._by_head.get(pattern[:length], ())
            self._effort.spend(1 + (length >> 10) + len(candidates) * (1 + (len(pattern) >> 10)))
            yield from (each for each in candidates if each != pattern and covers(each, pattern))

    def covers(self, pattern: str) -> bool:
        """Whether one pattern of the index covers another."""
        return pattern in self._patterns or any(True for _ in self.wider(pattern))


def fewest(patterns: Collection[str], effort: Effort, *, keep_variables: bool = False) -> tuple[str, ...]:
    """The patterns that no other covers, sorted; together they match what all do.

    With ``keep_variables``, those with a variable stay, because where it has no value the statement does not match.
    """
    index = PatternIndex(patterns, effort)
    return tuple(
        sorted(
            pattern
            for pattern in set(patterns)
            if (keep_variables and _OPEN in pattern) or not any(True for _ in index.wider(pattern))
        )
    )
