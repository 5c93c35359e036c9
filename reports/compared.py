"""What became of the findings since an earlier run, in words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from reports.verdict import counted, counting
from scanner.comparison import Comparison, ComparisonCounts, NotLookedAt
from scanner.findings import Finding, Severity, sort_key
from scanner.report import Report

_GRAVE: tuple[Severity, ...] = ("critical", "high")


class Changed(NamedTuple):
    """Failed findings that became the same since the earlier run, the worst first.

    Attributes:
        word: what they became, such as "new".
    """

    word: str
    findings: tuple[Finding, ...]


class Unseen(NamedTuple):
    """Findings that nobody could look at for one reason."""

    reason: str
    findings: tuple[Finding, ...]


def comparison_of(report: Report) -> Comparison | None:
    """The comparison, where the report holds one."""
    return report.comparison if isinstance(report.comparison, Comparison) else None


def minute(when: datetime) -> str:
    """A point in time to the minute, in UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(when: object) -> str:
    """The day of a point in time, in UTC; empty where there is none."""
    return when.astimezone(UTC).strftime("%Y-%m-%d") if isinstance(when, datetime) else ""


def since_line(report: Report) -> str:
    """What became of the findings, in a line such as "Since 2026-11-20 06:00 UTC: 2 new (1 critical), 3 resolved."."""
    found = comparison_of(report)
    if found is None:
        return ""
    counts, later = found.counts, found.previous.judged_at > report.run.judged_at
    start = "Compared with the later run of" if later else "Since"
    parts = [*_changes(report, counts), *_rest(report, counts)]
    return f"{start} {minute(found.previous.judged_at)}: {', '.join(parts)}.{_otherwise(found, report)}"


def _changes(report: Report, counts: ComparisonCounts) -> Iterable[str]:
    by_word = {each.word: each.findings for each in changed(report)}
    said = [(counts.new, "new"), (counts.worse, "worse"), (counts.open_again, "open again")]
    if not any(number for number, _ in said):
        yield "nothing new or worse found"
    for number, word in said:
        if number:
            yield f"{number:,} {word}{_graves(by_word.get(word, ()))}"
    if counts.new_rule:
        yield f"{counts.new_rule:,} of rules that were not asked then{_graves(by_word.get('new rule', ()))}"
    if counts.first_look:
        yield f"{counts.first_look:,} where it was not looked then{_graves(by_word.get('first look', ()))}"


def _rest(report: Report, counts: ComparisonCounts) -> Iterable[str]:
    if counts.resolved:
        yield f"{counts.resolved:,} resolved"
    if counts.still_open:
        oldest = _oldest(report)
        yield f"{counts.still_open:,} still open" + (f" (the oldest since {oldest})" if oldest else "")
    if counts.not_looked_at:
        yield f"{counts.not_looked_at:,} not looked at"
    if counts.newly_unknown:
        yield f"{counted(counts.newly_unknown, 'verdict')} newly unknown"
    if counts.no_longer_unknown:
        yield f"{counts.no_longer_unknown:,} no longer unknown"


def _otherwise(found: Comparison, report: Report) -> str:
    said = []
    if found.declared_otherwise:
        said.append("the configuration declares something else of the account than then")
    if found.previous.tool_version != report.run.tool_version:
        said.append(f"guardrift {found.previous.tool_version} judged then")
    return f" Not every change need be one of the account: {'; '.join(said)}." if said else ""


def _graves(findings: Sequence[Finding]) -> str:
    number = Counter(finding.severity for finding in findings)
    said = [f"{number[severity]:,} {severity}" for severity in _GRAVE if number[severity]]
    return f" ({', '.join(said)})" if said else ""


def _oldest(report: Report) -> str:
    standing = [each.since for each in _failed(report) if each.state == "unchanged"]
    return day(min((each for each in standing if isinstance(each, datetime)), default=None))


def _failed(report: Report) -> list[Finding]:
    return sorted((each for each in counting(report.findings) if each.status == "fail"), key=sort_key)


def changed(report: Report) -> tuple[Changed, ...]:
    """The failed findings that are not as they were; what need be no change of the account comes last."""
    found = comparison_of(report)
    if found is None:
        return ()
    first = {each.fingerprint: "new rule" if each.why == "new_rule" else "first look" for each in found.first_looks}
    again = set(found.open_again)
    kinds: dict[str, list[Finding]] = {word: [] for word in ("new", "worse", "open again", "new rule", "first look")}
    for finding in _failed(report):
        if finding.fingerprint in again:
            kinds["open again"].append(finding)
        elif finding.state == "worse":
            kinds["worse"].append(finding)
        elif finding.state == "new":
            kinds[first.get(finding.fingerprint, "new")].append(finding)
    return tuple(Changed(word, tuple(findings)) for word, findings in kinds.items() if findings)


def unseen(entries: Iterable[NotLookedAt]) -> tuple[Unseen, ...]:
    """What was not looked at, by the reason; the reason of the most findings first."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for each in entries:
        groups[each.reason].append(each.finding)
    found = [Unseen(reason, tuple(findings)) for reason, findings in groups.items()]
    return tuple(sorted(found, key=lambda each: (-len(each.findings), each.reason)))


def not_looked_at(report: Report) -> tuple[Finding, ...]:
    """What was not looked at as unknown verdicts, but for those that are among the findings anyway.

    They are for programs that take whatever is not in a report for mended.
    """
    found = comparison_of(report)
    here = {finding.fingerprint for finding in report.findings}
    return tuple(
        msgspec.structs.replace(
            each.finding,
            status="unknown",
            state="unchanged",
            message=f"Not looked at: {each.reason}. When it was last seen: {each.finding.message}",
        )
        for each in (found.not_looked_at if found else ())
        if each.finding.fingerprint not in here
    )
