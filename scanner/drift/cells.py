"""Which resources have to be asked about, so that every pattern of some statements is told apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from scanner.drift.deciding import Layers
from scanner.iam.documents import Statement
from scanner.iam.globs import overlap
from scanner.iam.matching import matches
from scanner.iam.sources import Source
from scanner.iam.tally import patterns_of

_ANYTHING, _ONE = "guardrift-probe-4c1f", "~"
_MOST_PATTERNS, _MOST_PAIRS = 400, 600


class Cell(NamedTuple):
    """A pattern, or what two of them share, and one resource that stands for it."""

    label: str
    probe: str


def cells(speaking: Iterable[tuple[Layers, Source, Statement]]) -> list[Cell]:
    """The resources to ask about, the widest first."""
    patterns: set[str] = set()
    for layers, source, statement in speaking:
        if statement.not_resources:
            patterns.add("*")
        found = patterns_of(statement, layers.caller.context, has_variables=source.has_variables)
        patterns.update(statement.resources if found is None else found[0])
        if found is not None and found[1]:
            patterns.update(pattern for pattern in statement.resources if "${" in pattern)
    chosen = sorted(patterns, key=lambda each: (each != "*", len(each), each))[:_MOST_PATTERNS]
    alone = [Cell(pattern, _probe(pattern)) for pattern in chosen]
    return [*alone, *_shared(chosen)]


def _probe(pattern: str) -> str:
    return pattern if pattern == "*" else pattern.replace("*", _ANYTHING).replace("?", _ONE)


def _shared(patterns: list[str]) -> list[Cell]:
    """Examples of what two patterns share, where neither lies in the other."""
    found: list[Cell] = []
    globs = [each for each in patterns if each != "*" and ("*" in each or "?" in each)]
    for place, one in enumerate(globs):
        for other in globs[place + 1 :]:
            if len(found) >= _MOST_PAIRS:
                return found
            if matches(one, _probe(other)) or matches(other, _probe(one)):
                continue
            example = overlap(one, other)
            if example is not None:
                found.append(Cell(f"{one} & {other}", example))
    return found
