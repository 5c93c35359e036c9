"""Which resources have to be asked about, so that every pattern of some statements is told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from itertools import count
from typing import NamedTuple

from scanner.drift.deciding import Layers
from scanner.iam.documents import Statement
from scanner.iam.globs import ANY_ONE, ANY_RUN, overlap, tokens
from scanner.iam.matching import matches
from scanner.iam.sources import Source
from scanner.iam.tally import patterns_of
from scanner.iam.variables import matches_resolved

_MOST_PATTERNS, _MOST_PAIRS = 400, 600
_LONG = 40_000
_OVERLAP_FILL = "zq0"


class Cell(NamedTuple):
    """A pattern, or what two of them share, and one resource that stands for it."""

    parts: tuple[str, ...]
    probe: str

    @property
    def label(self) -> str:
        """The pattern, or both, for people."""
        return " & ".join(self.parts)

    def is_within(self, other: Cell) -> bool:
        """Whether everything that it means lies in another one."""
        return other.parts != self.parts and all(
            any(part == whole or _has(whole, part) for part in self.parts) for whole in other.parts
        )


class Cells(NamedTuple):
    """The resources to ask about, the widest first, and whether these are all."""

    asked: tuple[Cell, ...]
    is_whole: bool


def cells(speaking: Iterable[tuple[Layers, Source, Statement]], affected: Set[int]) -> Cells:
    """The resources on which the decision may be another.

    Args:
        speaking: the statements on an action.
        affected: the identities of those that are other; where no pattern of them matches, nothing changed.
    """
    touched: set[str] = set()
    others: set[str] = set()
    for layers, source, statement in speaking:
        (touched if id(statement) in affected else others).update(_patterns(layers, source, statement))
    fill = _unlike(touched | others)
    first = _in_order(touched)
    more = _in_order(others - touched)
    if len(first) < _MOST_PATTERNS and "*" not in touched:
        more = [each for each in more if _meets(each, first)]
    every = [*first, *more]
    chosen = every[:_MOST_PATTERNS]
    shared = list(_shared(chosen, fill))
    has_single = any("?" in pattern for pattern in every)
    alone = [
        Cell((pattern,), probe)
        for pattern in _in_order(chosen)
        for probe in _probes(pattern, fill, shortest=has_single)
    ]
    return Cells((*alone, *shared[:_MOST_PAIRS]), len(chosen) == len(every) and len(shared) <= _MOST_PAIRS)


def _patterns(layers: Layers, source: Source, statement: Statement) -> Iterator[str]:
    if statement.not_resources:
        yield "*"
    found = patterns_of(statement, layers.caller.context, has_variables=source.has_variables)
    yield from statement.resources if found is None else found[0]
    if found is not None and found[1]:
        yield from (pattern for pattern in statement.resources if "${" in pattern)


def _in_order(patterns: Iterable[str]) -> list[str]:
    return sorted(patterns, key=lambda each: (each != "*", len(each), each))


def _unlike(patterns: Iterable[str]) -> str:
    """A text that no pattern has a part of, and that is longer than what any of them has single places for.

    Whoever writes a policy could otherwise deny what stands for a wider pattern, and so hide the rest of it.
    """
    texts = list(patterns)
    used = set().union(*texts)
    character = next(each for each in map(chr, count(0xE000)) if each not in used)
    return character * (8 + max((text.count("?") for text in texts), default=0))


def _probes(pattern: str, fill: str, *, shortest: bool = False) -> tuple[str, ...]:
    """What stands for a pattern; where single places count, also what has nothing in place of stars."""
    if pattern == "*":
        # An action that takes no resource, and any resource.
        return pattern, fill
    found = [_filled(pattern, fill)]
    if shortest and "*" in pattern:
        found.append(_filled(pattern, "", fill))
    return tuple(found)


def _filled(pattern: str, fill: str, single: str = "") -> str:
    by_kind = {ANY_RUN: fill, ANY_ONE: (single or fill)[:1]}
    return "".join(by_kind.get(kind, character) for kind, character in tokens(pattern))


def _meets(pattern: str, others: list[str]) -> bool:
    # Of very long patterns it is not found out.
    return any(overlap(pattern, other) is not None or len(pattern) * len(other) > _LONG for other in others)


def _shared(patterns: list[str], fill: str) -> Iterator[Cell]:
    """Examples of what two patterns share, where neither lies in the other; one more than are asked about."""
    globs = [(each, _filled(each, fill)) for each in patterns if each != "*" and ("*" in each or "?" in each)]
    found = 0
    for at, (one, probe) in enumerate(globs):
        for other, its_probe in globs[at + 1 :]:
            if matches_resolved(one, its_probe) or matches_resolved(other, probe):
                continue
            example = overlap(one, other)
            if example is None:
                continue
            found += 1
            yield Cell(tuple(_in_order((one, other))), _disguised(example, one, other, fill))
            if found > _MOST_PAIRS:
                return


def _disguised(example: str, one: str, other: str, fill: str) -> str:
    """An example of two patterns that nobody can have written a pattern for."""
    better = example.replace(_OVERLAP_FILL, fill)
    return better if matches_resolved(one, better) and matches_resolved(other, better) else example


def _has(whole: str, part: str) -> bool:
    """Whether a pattern covers another one, whose stars are more than any single place."""
    return matches(whole, part) and matches(whole, part.replace("*", "\ue000" * (8 + whole.count("?"))))
