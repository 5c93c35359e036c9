"""The report as Markdown that fits a comment on a pull request and a step summary, whatever the account holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reports.compared import changed, comparison_of, day, since_line, unseen
from reports.drift_findings import Weighed
from reports.gate_markdown import beside_findings
from reports.gate_words import facts, headline, standing
from reports.groups import Group, groups
from reports.lines import FEW, Told, told_apart, why_accepted
from reports.markdown_text import code, plain
from reports.readiness import readiness
from reports.suppressed import in_short, sentences
from reports.unknowns import missing, unread
from reports.verdict import SOURCES, accounts, counted, moment, sentence
from reports.visible import inert
from scanner.comparison import Comparison
from scanner.findings import SEVERITIES, Accepted, Finding
from scanner.gate import Gate
from scanner.report import Report

LARGEST = 60_000
"""Bytes; GitHub takes comments of 65,536 characters, and step summaries of 1 MiB."""

_MOST_FINDINGS = 200
_MOST_ACCEPTED = 50
_MOST_CAUSES = 30
_MOST_NOTICES = 20
_MOST_RESOLVED = 30
_MOST_REASONS = 20
_ROOM = {"findings": 38_000, "accepted": 8_000, "unknown": 6_000, "notices": 4_000, "resolved": 4_000, "unseen": 2_000}


def render(report: Report, gate: Gate | None = None) -> str:
    """The verdict, then tables of the worst findings, of what is unknown and why, and of what was accepted.

    Of a gate it is the gate's verdict, and the drift has a section, for which the findings leave room.
    """
    told = told_apart(report.findings)
    drift = "\n".join(map(inert, beside_findings(gate))) if gate else ""
    sections = (
        _head(report, told, gate),
        drift.split("\n") if drift else (),
        _findings(report, told.failed, gate, len(drift.encode())),
        _gone(comparison_of(report)),
        _unknown(told.unknown),
        _accepted(report, told.accepted),
        _readiness(report),
    )
    texts = ["\n".join(map(inert, section)) for section in sections]
    return "\n\n".join(text for text in texts if text) + "\n"


def _head(report: Report, told: Told, gate: Gate | None) -> Iterator[str]:
    yield f"# guardrift: {plain(accounts(report), 200)}"
    yield ""
    yield f"**{plain(headline(gate) if gate else sentence(report), 500)}**"
    yield ""
    if gate:
        yield f"{plain(facts(gate), 300)}, against {code(gate.baseline, 200)}. {plain(standing(gate), 500)}"
        yield ""
    if comparison_of(report):
        yield f"**{plain(since_line(report), 600)}**"
        yield ""
    calls = sum(row.calls for row in report.coverage)
    gaps = len(unread(report.coverage))
    yield (
        f"{counted(len(report.run.regions), 'region')} and {counted(calls, 'API call')}, {counted(gaps, 'answer')} "
        f"missing; judged as of {moment(report.run.judged_at)}, from {SOURCES[report.run.source]}."
    )
    yield ""
    counts = Counter(finding.severity for finding in told.failed)
    numbers = [*(counts[severity] for severity in SEVERITIES), len(told.unknown), len(told.accepted)]
    yield f"| {' | '.join((*SEVERITIES, 'unknown', 'accepted'))} |"
    yield "|" + "---:|" * len(numbers)
    yield f"| {' | '.join(f'{number:,}' for number in numbers)} |"


def _findings(report: Report, failed: Sequence[Finding], gate: Gate | None, taken: int) -> Iterator[str]:
    if not failed:
        return
    yield "## Findings"
    yield ""
    compared = any(isinstance(finding.state, str) for finding in failed)
    yield from _table(("Severity", *(("State",) if compared else ()), "Finding", "Resource", "Region", "Seen", "Id"))
    words = {id(finding): each.word for each in changed(report) for finding in each.findings}
    parts = [part for group in groups(failed) for part in _parts(group, words)]
    parts = sorted(parts, key=lambda part: id(part[0]) not in words)[:_MOST_FINDINGS]
    less = taken + (_ROOM["resolved"] + _ROOM["unseen"] if comparison_of(report) else 0)
    weighed = Weighed(gate, report) if gate else None
    shown = _fitting((_finding(part, words, weighed, compared=compared) for part in parts), "findings", less)
    yield from shown
    told = {id(finding) for part in parts[: len(shown)] for finding in part}
    left = Counter(finding.severity for finding in failed if id(finding) not in told)
    if left:
        numbers = ", ".join(f"{left[severity]:,} {severity}" for severity in SEVERITIES if left[severity])
        yield ""
        yield f"And {left.total():,} more, which the report in another format lists: {numbers}."


def _parts(group: Group, words: Mapping[int, str]) -> Iterator[tuple[Finding, ...]]:
    """What has a row: each finding of a small group, else all that are in one state."""
    if len(group.findings) <= FEW:
        yield from ((finding,) for finding in group.findings)
        return
    by_state: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in group.findings:
        state = f"{words.get(id(finding), finding.state)} {day(finding.since)}"
        by_state[f"{state} {why_accepted(finding)}"].append(finding)
    yield from map(tuple, by_state.values())


def _finding(part: Sequence[Finding], words: Mapping[int, str], weighed: Weighed | None, *, compared: bool) -> str:
    finding, regions = part[0], sorted({each.resource.region or "global" for each in part})
    more = f" and {len(part) - 1:,} more" if len(part) > 1 else ""
    seen = code(finding.message, 240)
    if isinstance(finding.accepted, Accepted):
        seen += f" (was {plain(why_accepted(finding), 200)})"
    if weighed is not None and weighed.why_not(finding):
        seen += f" ({plain(weighed.why_not(finding), 200)})"
    state = (_state(finding, words),) if compared else ()
    return _row(
        finding.severity,
        *state,
        f"{plain(finding.title, 120)} {code(finding.rule_id, 80)}",
        code(finding.resource.name or finding.resource.arn, 100) + more,
        code(regions[0], 30) if len(regions) == 1 else f"{len(regions)} regions",
        seen,
        code(finding.fingerprint, 32) + more,
    )


def _state(finding: Finding, words: Mapping[int, str]) -> str:
    """What became of a finding, and since when it is open where that is another time than now."""
    if id(finding) in words and finding.state != "worse":
        return words[id(finding)]
    state = finding.state if isinstance(finding.state, str) else "-"
    return f"{state}, open since {day(finding.since)}" if day(finding.since) else state


def _gone(found: Comparison | None) -> Iterator[str]:
    """What is resolved, and what was not looked at."""
    if found is None or not (found.resolved or found.not_looked_at):
        return
    if found.resolved:
        yield "## Resolved"
        yield ""
        yield from _table(("Severity", "Finding", "Resource", "Region", "Open since"))
        shown = _fitting((_resolved(finding) for finding in found.resolved[:_MOST_RESOLVED]), "resolved")
        yield from shown
        if len(found.resolved) > len(shown):
            yield ""
            yield f"And {len(found.resolved) - len(shown):,} more."
    if found.not_looked_at:
        yield from ["", "## Not looked at"] if found.resolved else ["## Not looked at"]
        yield ""
        yield from _table(("Open when last seen, and now", "Findings"))
        reasons = unseen(found.not_looked_at)
        rows = (_row(code(each.reason, 200), f"{len(each.findings):,}") for each in reasons[:_MOST_REASONS])
        shown = _fitting(rows, "unseen")
        yield from shown
        if len(reasons) > len(shown):
            yield ""
            yield f"And {counted(len(reasons) - len(shown), 'more reason')}."


def _resolved(finding: Finding) -> str:
    return _row(
        finding.severity,
        f"{plain(finding.title, 100)} {code(finding.rule_id, 80)}",
        code(finding.resource.name or finding.resource.arn, 100),
        code(finding.resource.region or "global", 30),
        day(finding.since) or "-",
    )


def _unknown(unknown: Sequence[Finding]) -> Iterator[str]:
    causes = missing(unknown)
    if not causes:
        return
    yield "## Unknown"
    yield ""
    yield from _table(("Not known, because", "Verdicts"))
    rows = (_row(code(str(one), 160), f"{len(one.findings):,}") for one in causes[:_MOST_CAUSES])
    shown = _fitting(rows, "unknown")
    yield from shown
    if len(causes) > len(shown):
        yield ""
        yield f"And {counted(len(causes) - len(shown), 'more cause', 'more causes')}."


def _accepted(report: Report, accepted: Sequence[Finding]) -> Iterator[str]:
    said = in_short(report)
    if not said and not accepted:
        return
    yield "## Accepted"
    yield ""
    yield f"{plain(said, 300)}."
    if accepted:
        yield ""
        yield from _table(("Severity", "Finding", "Resource", "Accepted"))
        shown = _fitting((_acceptance(finding) for finding in accepted[:_MOST_ACCEPTED]), "accepted")
        yield from shown
        if len(accepted) > len(shown):
            yield ""
            yield f"And {len(accepted) - len(shown):,} more."
    at = report.run.expiries_at
    notices = sentences(report.summary.suppression_notices, at) if at is not None else []
    if notices:
        yield ""
        shown = _fitting((f"- {plain(notice, 400)}" for notice in notices[:_MOST_NOTICES]), "notices")
        yield from shown
        if len(notices) > len(shown):
            yield f"- and {len(notices) - len(shown):,} more"


def _acceptance(finding: Finding) -> str:
    return _row(
        finding.severity,
        f"{plain(finding.title, 100)} {code(finding.rule_id, 80)}",
        code(finding.resource.name or finding.resource.arn, 100),
        code(why_accepted(finding), 240),
    )


def _readiness(report: Report) -> Iterator[str]:
    phases = readiness(report)
    yield "## Readiness"
    yield ""
    yield from _table([phase.phase for phase in phases])
    yield _row(*("-" if phase.score is None else f"{phase.score} of 100" for phase in phases))


def _table(heads: Sequence[str]) -> Iterator[str]:
    yield _row(*heads)
    yield "|" + "---|" * len(heads)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _fitting(lines: Iterable[str], section: str, less: int = 0) -> list[str]:
    """As many of the lines as there is room for in a section, which may have to leave some to others."""
    room, shown = _ROOM[section] - less, []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        shown.append(line)
    return shown
