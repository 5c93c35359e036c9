"""The summary of a report for a terminal or a CI log: plain text, at most about 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from reports.compared import changed, comparison_of, day, since_line, unseen
from reports.finding_lines import COLUMNS, MOST_LINES, clip, lines_of, rows_of
from reports.narrowed import in_short
from reports.readiness import readiness
from reports.suppressed import in_short as acceptances
from reports.unknowns import FAILURES, Missing, missing, unread
from reports.verdict import SOURCES, accepted, accounts, counted, counting, failures, moment, sentence
from reports.visible import inert, visible
from scanner.findings import SEVERITIES, Finding, Status, at_or_above, sort_key
from scanner.narrowing import Narrowing
from scanner.report import Report

_BAR = 20
_MOST_RESOLVED = 8
_MOST_REASONS = 6


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
        *_compared(report),
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
    yield from textwrap.wrap(since_line(report), COLUMNS, subsequent_indent="  ", break_on_hyphens=False)


def _compared(report: Report) -> Iterator[list[str]]:
    """What changed since the earlier run, what is resolved, and what was not looked at: a section each."""
    found = comparison_of(report)
    if found is None:
        return
    rows = [row for each in changed(report) for row in rows_of(each.findings, each.word)]
    if rows:
        yield ["Changed since then", *lines_of(rows)]
    if found.resolved:
        gone = [row for each in found.resolved for row in rows_of((each,), f"since {day(each.since)}")]
        yield ["Resolved", *lines_of(gone, _MOST_RESOLVED)]
    reasons = unseen(found.not_looked_at)
    if reasons:
        told = [
            f"  {clip(each.reason, 74)}: {counted(len(each.findings), 'finding')}" for each in reasons[:_MOST_REASONS]
        ]
        more = [f"  and {counted(len(reasons) - len(told), 'more reason')}"] if len(reasons) > len(told) else []
        yield ["Open when last seen, and not looked at now", *told, *more]


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
    yield from lines_of(rows_of(worst))


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
    for one in waiting[:MOST_LINES]:
        yield f"  {clip(str(one), 74)}: {counted(len(one.findings), 'verdict')} unknown"
    if len(waiting) > MOST_LINES:
        yield f"  and {counted(len(waiting) - MOST_LINES, 'more cause', 'more causes')}"


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
    yield f"  Mend the worst finding: {clip(worst.title, 44)} ({clip(worst.resource.name, 26)})"
    if worst.remediation.commands:
        yield from (f"    {line}" for line in worst.remediation.commands[0].split("\n"))
    else:
        advice = clip(worst.remediation.text.split("\n")[0], 600)
        yield from textwrap.wrap(
            advice, COLUMNS, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
        )


def _permit(waiting: Sequence[Missing], report: Report) -> Iterator[str]:
    rows = unread(report.coverage)
    pairs = {(row.api, row.status) for row in rows} | {(one.cause.api, one.cause.status) for one in waiting}
    denied = sorted(api for api, status in pairs if status == "denied")
    if denied:
        yield "  Allow the scanning role what was denied, in its policy and in the organization's, and scan again:"
        yield from (f"    {clip(api, 90)}" for api in denied[:MOST_LINES])
        if len(denied) > MOST_LINES:
            yield f"    and {len(denied) - MOST_LINES:,} more, in the coverage ledger of the report"
    if any(status in {"throttled", "error"} for _, status in pairs):
        yield "  Scan again: some calls were throttled to the end or failed, which may pass."
    if any(status == "skipped" for _, status in pairs):
        yield "  Scan all regions and services: some were not asked for."
