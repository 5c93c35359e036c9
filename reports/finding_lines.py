"""Findings as lines for a terminal: one each, or one for many that share all but their resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reports.groups import Group, groups
from reports.visible import visible
from scanner.findings import Finding, Severity

COLUMNS = 100
MOST_LINES = 15
_MOST_ROWS = 3


class Row(NamedTuple):
    """One line, which may stand for several findings; ``mark`` says something of it in a column of its own."""

    severity: Severity
    title: str
    name: str
    region: str
    number: int
    mark: str = ""


def rows_of(findings: Iterable[Finding], mark: str = "") -> list[Row]:
    """A row for each finding of a small group, or one for all: the same fault everywhere must not hide the others."""
    return [row._replace(mark=mark) for group in groups(findings) for row in _rows(group)]


def _rows(group: Group) -> Iterator[Row]:
    shared, number = group.shared, len(group.findings)
    names = [finding.resource.name or finding.resource.arn for finding in group.findings]
    regions = [finding.resource.region or "global" for finding in group.findings]
    if number <= _MOST_ROWS:
        for name, region in zip(names, regions, strict=True):
            yield Row(shared.severity, shared.title, name, region, 1)
        return
    places = sorted(set(regions))
    region = places[0] if len(places) == 1 else f"{len(places)} regions"
    others = f" and {number - 1:,} more"
    yield Row(shared.severity, shared.title, clip(names[0], 30 - len(others)) + others, region, number)


def lines_of(rows: Sequence[Row], most: int = MOST_LINES) -> Iterator[str]:
    """The first rows in columns, and how many findings the others stand for."""
    shown = rows[:most]
    if not shown:
        return
    names = column([row.name for row in shown], 30)
    regions = column([row.region for row in shown], 14)
    marks = column([row.mark for row in shown], 16)
    room = COLUMNS - len(f"  CRITICAL      {names[0]}{regions[0]}") - (len(marks[0]) + 2 if marks[0] else 0)
    titles = column([row.title for row in shown], room)
    for row, mark, *cells in zip(shown, marks, titles, names, regions, strict=True):
        yield f"  {row.severity.upper():8}  {f'{mark}  ' if mark else ''}{'  '.join(cells)}"
    if len(rows) > len(shown):
        yield f"  and {sum(row.number for row in rows[most:]):,} more"


def column(texts: Sequence[str], widest: int) -> list[str]:
    """The texts, clipped and padded to one width."""
    cells = [clip(text, widest) for text in texts]
    width = max(map(len, cells))
    return [cell.ljust(width) for cell in cells]


def clip(text: str, width: int) -> str:
    """The text on one line of at most so many characters."""
    shown = visible(text)
    return shown if len(shown) <= width else shown[: width - 1] + "…"
