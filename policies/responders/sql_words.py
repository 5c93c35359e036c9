"""SQL as words: comments left out, texts kept whole, statements and clauses told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<text>'(?:[^']|'')*'?)"
    r"|(?P<quoted>\"[^\"]*\"?|`[^`]*`?)"
    r"|(?P<word>[A-Za-z_][A-Za-z_0-9$]*)"
    r"|(?P<number>[0-9][0-9.]*)"
    r"|(?P<symbol>.)",
    re.DOTALL,
)
_ENDS = frozenset({"group", "order", "limit", "having", "union", "window", "offset"})


class Word(NamedTuple):
    """One token.

    Attributes:
        kind: ``text``, ``quoted``, ``word``, ``number`` or ``symbol``.
        value: without quotation marks; words in lower case.
        line: where it stands.
    """

    kind: str
    value: str
    line: int

    def is_word(self, *values: str) -> bool:
        """Whether it is one of these words, bare or as a quoted name."""
        return self.kind in {"word", "quoted"} and self.value in values


def words_of(text: str) -> list[Word]:
    """The tokens of a text."""
    found = []
    line = 1
    for match in _TOKEN.finditer(text):
        kind, value = match.lastgroup or "symbol", match[0]
        if kind == "text":
            found.append(Word(kind, value[1:].removesuffix("'").replace("''", "'"), line))
        elif kind == "quoted":
            found.append(Word(kind, value[1:].removesuffix(value[0]).lower(), line))
        elif kind != "space":
            found.append(Word(kind, value.lower(), line))
        line += value.count("\n")
    return found


def statements_of(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The statements between semicolons, without empty ones."""
    found: list[Word] = []
    for word in words:
        if word.kind == "symbol" and word.value == ";":
            if found:
                yield found
            found = []
        else:
            found.append(word)
    if found:
        yield found


def clause(words: Sequence[Word], beginning: str, *ends: str) -> list[Word]:
    """The words of the first clause that begins with a word, up to one of the ends at its own depth."""
    stops = frozenset(ends) or _ENDS
    found: list[Word] = []
    depth, inside = 0, False
    for word in words:
        if word.kind == "symbol":
            depth += {"(": 1, ")": -1}.get(word.value, 0)
        if not inside:
            inside = word.kind == "word" and word.value == beginning
            depth = 0 if inside else depth
        elif depth < 0 or (depth == 0 and word.kind == "word" and word.value in stops):
            break
        else:
            found.append(word)
    return found


def items_of(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The parts between commas that no parenthesis holds."""
    found: list[Word] = []
    depth = 0
    for word in words:
        if word.kind == "symbol":
            depth += {"(": 1, ")": -1}.get(word.value, 0)
            if word.value == "," and depth == 0:
                yield found
                found = []
                continue
        found.append(word)
    yield found


def compared(words: Sequence[Word], name: str) -> Iterator[tuple[str, tuple[str, ...], Word]]:
    """What a column is compared with: the operator, the texts, and where.

    The operators are ``=``, ``in``, ``like`` and ``regexp_like``; negations are left out.
    """
    for at, word in enumerate(words):
        if not word.is_word(name):
            continue
        rest = at + 1
        while rest < len(words) and words[rest].value == ")":
            rest += 1
        operator = words[rest].value if rest < len(words) else ""
        following = words[rest + 1] if rest + 1 < len(words) else _NOTHING
        if operator in {"=", "like"} and following.kind == "text":
            yield operator, (following.value,), word
        elif operator == "in" and following.value == "(":
            yield operator, tuple(each.value for each in _listed(words, rest + 2) if each.kind == "text"), word
        elif operator == "," and _is_searched(words, at) and following.kind == "text":
            yield "regexp_like", (following.value,), word


_NOTHING = Word("symbol", "", 0)


def _listed(words: Sequence[Word], start: int) -> Iterator[Word]:
    for at in range(start, len(words)):
        if words[at].value == ")" and words[at].kind == "symbol":
            return
        yield words[at]


def _is_searched(words: Sequence[Word], at: int) -> bool:
    return any(words[before].is_word("regexp_like") for before in range(max(0, at - 4), at))
