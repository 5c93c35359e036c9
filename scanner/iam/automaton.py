"""Strings that tell patterns apart: one for every set of them that some string matches, and no other of them does.

All patterns are walked at once, as the bits of one integer: a bit for every place in every pattern, set where the
string so far may have come to. Each integer that is reached is a kind of string.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from scanner.iam.globs import ANY_RUN, LITERAL, Token, example, tokens
from scanner.iam.variables import MARK, unescaped

_MOST_STATES = 3000
_PRIVATE = 0xE000


class Row(NamedTuple):
    """A value of a condition: a ``text``, a ``glob``, or the ``arn`` whose six parts are globs of their own."""

    text: str
    kind: str
    ignores_case: bool = False

    @property
    def is_wild(self) -> bool:
        """Whether it is a pattern with wildcards."""
        return self.kind != "text" and any(kind != LITERAL for kind, _ in tokens(self.text))


def strings(rows: Sequence[Row]) -> tuple[tuple[str, ...], bool]:
    """One string for every combination of rows that can match together, and whether these are all there are."""
    automaton = _Automaton()
    for row in rows:
        automaton.add(row)
    found, complete = automaton.walk()
    if not complete:
        found = (*found, *filter(None, (example(row.text) for row in rows)))
    return found, complete


@dataclass(slots=True)
class _Automaton:
    """Places as bits: for each character those that go on by it, and those of ``*`` that stay."""

    size: int = 0
    starts: int = 0
    ends: int = 0
    runs: int = 0
    by_character: dict[str, int] = field(default_factory=dict)
    by_any: int = 0
    by_any_but_colon: int = 0

    def add(self, row: Row) -> None:
        """Put one more row beside the others."""
        self.starts |= 1 << self.size
        for (kind, character), in_part in _tokens_of(row):
            place = 1 << self.size
            if kind == LITERAL:
                for each in {character.lower(), character.upper()} if row.ignores_case else {character}:
                    self.by_character[each] = self.by_character.get(each, 0) | place
            elif in_part:
                self.by_any_but_colon |= place
            else:
                self.by_any |= place
            if kind == ANY_RUN:
                self.runs |= place
            self.size += 1
        self.ends |= 1 << self.size
        self.size += 1

    def walk(self) -> tuple[tuple[str, ...], bool]:
        """The strings by which every reachable set of ends is reached, and whether all places were visited."""
        fresh = _unused(self.by_character)
        steps = [(character, *self._step(character)) for character in sorted({*self.by_character, ":", fresh})]
        start = self._settled(self.starts)
        path: dict[int, tuple[int, str]] = {start: (start, "")}
        found: dict[int, int] = {}
        queue = [start]
        for state in queue:
            found.setdefault(state & self.ends, state)
            if len(path) > _MOST_STATES:
                break
            for character, going, staying in steps:
                following = self._settled((state & going) << 1 | state & staying)
                if following not in path:
                    path[following] = (state, character)
                    queue.append(following)
        return tuple(_spelt(path, state) for state in found.values()), len(path) <= _MOST_STATES

    def _step(self, character: str) -> tuple[int, int]:
        wild = self.by_any if character == ":" else self.by_any | self.by_any_but_colon
        return self.by_character.get(character, 0) | wild & ~self.runs, wild & self.runs

    def _settled(self, state: int) -> int:
        """With the places behind each ``*``, which may stand for nothing."""
        return state | (state & self.runs) << 1


def _tokens_of(row: Row) -> Iterator[tuple[Token, bool]]:
    """The places of a row, each with whether it must not take a colon."""
    if row.kind == "text":
        yield from (((LITERAL, character), False) for character in literal(row.text))
        return
    parts = row.text.split(":", 5) if row.kind == "arn" else [row.text]
    for place, part in enumerate(parts):
        if place:
            yield (LITERAL, ":"), False
        yield from ((token, place < len(parts) - 1) for token in tokens(part))


def literal(text: str) -> str:
    """The one text that equals a value in which variables may have left escapes."""
    return unescaped(text) or text if MARK in text else text


def _unused(characters: dict[str, int]) -> str:
    code = _PRIVATE
    while chr(code) in characters:
        code += 1
    return chr(code)


def _spelt(path: dict[int, tuple[int, str]], state: int) -> str:
    parts: list[str] = []
    while path[state][1]:
        state, character = path[state]
        parts.append(character)
    return "".join(reversed(parts))
