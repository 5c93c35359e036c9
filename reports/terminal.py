"""The summary of a report for a terminal or a CI log: plain text, at most about 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reports.groups import Group, groups
from reports.narrowed import in_short
from reports.readiness import readiness
from reports.suppressed import in_short as acceptances
from reports.unknowns import FAILURES, Missing, missing, unread
from reports.verdict import SOURCES, accepted, accounts, counted, counting, failures, moment, sentence
from reports.visible import inert, visible
from scanner.findings import SEVERITIES, Finding, Severity, Status, at_or_above, sort_key
from scanner.narrowing import Narrowing
from scanner.report import Report

_COLUMNS = 100
_MOST_LINES = 15
_MOST_ROWS = 3
_BAR = 20


class _Row(NamedTuple):
    """One line of the list of the worst findings, which may stand for several."""

    severity: Severity
    title: str
    name: str
    region: str
    number: int


def render(report: Report, narrowed: Narrowing | None = None) -> str:
    """What was read, what failed, what is unknown and why, how ready the account is, and what to do next.

    Where rules were left out or changed, and it is given, that is said too.

    The text holds no control character but the line feed, and no line that a CI runner takes for a command.
    """
    open_ones = counting(report.findings)
    failed = sorted((finding for finding in open_ones if finding.status == "fail"), key=sort_key)
    waiting = missing(open_ones)
    sections = (
        _heading(report),
        (*_read(report), *_narrowed(narrowed)),
        _worst(failed, report),
        _unknown(waiting, report),
        _readiness(report),
        _next(failed, waiting, report),
    )
    lines = [line for section in sections for line in (*section, "")]
    return "\n".join(inert(visible(line)).rstrip() for line in lines[:-1]) + "\n"


def _heading(report: Report) -> Iterator[str]:
    yield f"guardrift: {accounts(report)}"
    yield sentence(report)


def _read(report: Report) -> Iterator[str]:
    calls = sum(row.calls for row in report.coverage)
    yield f"Read       {counted(len(report.run.regions), 'region')}, {counted(calls, 'API call')}; {_not_read(report)}"
    yield f"Judged     as of {moment(report.run.judged_at)}, from {SOURCES[report.run.source]}"
    counts = failures(report)
    yield "Findings   " + ", ".join(f"{counts[severity]:,} {severity}" for severity in SEVERITIES)
    told = acceptances(report)
    if told:
        yield f"Accepted   {told}"


def _narrowed(narrowed: Narrowing | None) -> Iterator[str]:
    told = in_short(narrowed) if narrowed is not None else ""
    if told:
        yield f"Narrowed   {told}; 'guardrift readiness' names them"


def _not_read(report: Report) -> str:
    rows = unread(report.coverage)
    if not rows:
        return f"all {counted(len(report.coverage), 'answer')} received" if report.coverage else "nothing was asked"
    statuses = [row.status for row in rows]
    parts = ", ".join(f"{statuses.count(status)} {FAILURES[status]}" for status in dict.fromkeys(statuses))
    return f"{len(rows):,} of {counted(len(report.coverage), 'answer')} missing ({parts})"


def _worst(failed: Sequence[Finding], report: Report) -> Iterator[str]:
    worst = [finding for finding in failed if at_or_above(finding.severity, "high")]
    if not worst:
        yield f"Nothing failed at high or above{_but_accepted(report, 'fail')}."
        return
    yield "High and above"
    rows = [row for group in groups(worst) for row in _rows(group)]
    shown = rows[:_MOST_LINES]
    names = _column([row.name for row in shown], 30)
    regions = _column([row.region for row in shown], 14)
    titles = _column([row.title for row in shown], _COLUMNS - len(f"  CRITICAL      {names[0]}{regions[0]}"))
    for row, *cells in zip(shown, titles, names, regions, strict=True):
        yield f"  {row.severity.upper():8}  {'  '.join(cells)}"
    if len(rows) > len(shown):
        yield f"  and {sum(row.number for row in rows[_MOST_LINES:]):,} more"


def _rows(group: Group) -> Iterator[_Row]:
    """A row for each finding of a small group, or one for all: the same fault everywhere must not hide the others."""
    shared, number = group.shared, len(group.findings)
    names = [finding.resource.name or finding.resource.arn for finding in group.findings]
    regions = [finding.resource.region or "global" for finding in group.findings]
    if number <= _MOST_ROWS:
        for name, region in zip(names, regions, strict=True):
            yield _Row(shared.severity, shared.title, name, region, 1)
        return
    places = sorted(set(regions))
    region = places[0] if len(places) == 1 else f"{len(places)} regions"
    others = f" and {number - 1:,} more"
    yield _Row(shared.severity, shared.title, _clip(names[0], 30 - len(others)) + others, region, number)


def _but_accepted(report: Report, status: Status) -> str:
    """A restriction where a verdict that would have to be told of is accepted; unknown ones have no severity."""
    found = any(
        finding.status == status and (status == "unknown" or at_or_above(finding.severity, "high"))
        for finding in accepted(report.findings)
    )
    return " but what is accepted" if found else ""


def _unknown(waiting: Sequence[Missing], report: Report) -> Iterator[str]:
    if not waiting:
        yield f"No verdict is unknown{_but_accepted(report, 'unknown')}."
        return
    yield "Unknown, and why"
    for one in waiting[:_MOST_LINES]:
        yield f"  {_clip(str(one), 74)}: {counted(len(one.findings), 'verdict')} unknown"
    if len(waiting) > _MOST_LINES:
        yield f"  and {counted(len(waiting) - _MOST_LINES, 'more cause', 'more causes')}"


def _readiness(report: Report) -> Iterator[str]:
    yield "Readiness"
    for phase in readiness(report):
        score = phase.score or 0
        bar = ("#" * (score * _BAR // 100)).ljust(_BAR, ".")
        value = "  -" if phase.score is None else f"{score:3}"
        yield f"  {phase.phase:12} {bar} {value}  {phase.word}"


def _next(failed: Sequence[Finding], waiting: Sequence[Missing], report: Report) -> Iterator[str]:
    yield "Next:"
    steps = [*(_mend(failed[0]) if failed else ()), *_permit(waiting, report)]
    if steps:
        yield from steps
    elif waiting:
        yield "  See above what the unknown verdicts wait for."
    elif accepted(report.findings):
        yield "  Nothing to do: whatever did not pass is accepted."
    elif any(rule.passed for rule in report.rules):
        yield "  Nothing to do: every verdict is a pass."
    else:
        yield "  Nothing was judged: check which rules and regions were asked for."


def _mend(worst: Finding) -> Iterator[str]:
    yield f"  Mend the worst finding: {_clip(worst.title, 44)} ({_clip(worst.resource.name, 26)})"
    if worst.remediation.commands:
        yield from (f"    {line}" for line in worst.remediation.commands[0].split("\n"))
    else:
        advice = _clip(worst.remediation.text.split("\n")[0], 600)
        yield from textwrap.wrap(
            advice, _COLUMNS, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
        )


def _permit(waiting: Sequence[Missing], report: Report) -> Iterator[str]:
    rows = unread(report.coverage)
    pairs = {(row.api, row.status) for row in rows} | {(one.cause.api, one.cause.status) for one in waiting}
    denied = sorted(api for api, status in pairs if status == "denied")
    if denied:
        yield "  Allow the scanning role what was denied, in its policy and in the organization's, and scan again:"
        yield from (f"    {_clip(api, 90)}" for api in denied[:_MOST_LINES])
        if len(denied) > _MOST_LINES:
            yield f"    and {len(denied) - _MOST_LINES:,} more, in the coverage ledger of the report"
    if any(status in {"throttled", "error"} for _, status in pairs):
        yield "  Scan again: some calls were throttled to the end or failed, which may pass."
    if any(status == "skipped" for _, status in pairs):
        yield "  Scan all regions and services: some were not asked for."


def _column(texts: Sequence[str], widest: int) -> list[str]:
    """The texts, clipped and padded to one width."""
    cells = [_clip(text, widest) for text in texts]
    width = max(map(len, cells))
    return [cell.ljust(width) for cell in cells]


def _clip(text: str, width: int) -> str:
    shown = visible(text)
    return shown if len(shown) <= width else shown[: width - 1] + "…"
