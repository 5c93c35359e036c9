"""The verdict of a report in a sentence, and the counts behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from scanner.findings import Finding, Severity
from scanner.report import Report

SOURCES = {"live": "a live scan", "snapshot": "a snapshot", "demo": "the demo account"}
"""Where the facts came from, in words."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun, such as "1 finding" or "1,200 findings"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def moment(when: datetime) -> str:
    """A point in time to the second, in UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def accounts(report: Report) -> str:
    """The accounts of the report, such as "AWS account 123456789012"."""
    return ("AWS account " if len(report.run.accounts) == 1 else "AWS accounts ") + ", ".join(report.run.accounts)


def counting(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that nobody accepted, or no longer."""
    return [finding for finding in findings if not finding.is_accepted]


def accepted(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that somebody accepted, as far as that still counts."""
    return [finding for finding in findings if finding.is_accepted]


def failures(report: Report) -> Counter[Severity]:
    """How many findings failed, by severity; unknown verdicts, and what is accepted, are not among them."""
    return Counter(finding.severity for finding in counting(report.findings) if finding.status == "fail")


def unknowns(report: Report) -> int:
    """How many verdicts are unknown, without those that are accepted."""
    return sum(finding.status == "unknown" for finding in counting(report.findings))


def sentence(report: Report) -> str:
    """The verdict in a sentence, such as "1 critical finding; 2 verdicts unknown: the scan is incomplete."."""
    unknown, stands = unknowns(report), len(accepted(report.findings))
    parts = [_failed(failures(report)) if any(failures(report).values()) else _clean(report)]
    if stands:
        parts.append(f"{stands:,} accepted")
    if unknown:
        parts.append(f"{counted(unknown, 'verdict')} unknown")
    if report.summary.complete:
        return "; ".join(parts) + "."
    return "; ".join(parts) + (": " if unknown else "; ") + "the scan is incomplete."


def nothing_failed(report: Report) -> str:
    """What to say where the list of findings is empty; never that all is well where something is not known."""
    judged, unknown = sum(rule.passed for rule in report.rules), sum(rule.unknown for rule in report.rules)
    stands = len(accepted(report.findings))
    if stands:
        left = f" {counted(unknowns(report), 'subject')} could not be judged." if unknowns(report) else ""
        return f"No findings but {stands:,} that {'is' if stands == 1 else 'are'} accepted, and shown below.{left}"
    if unknown:
        return f"No findings among the {counted(judged, 'subject')} that could be judged; {unknown:,} could not be."
    if not judged:
        return "No findings, because nothing was judged."
    return f"No findings. {_all_passed(judged)}."


def _failed(counts: Counter[Severity]) -> str:
    worst: tuple[Severity, ...] = ("critical", "high")
    named = [f"{counts[severity]:,} {severity}" for severity in worst if counts[severity]]
    if not named:
        return f"No critical or high findings, {counts.total():,} of lower severity"
    last = next(counts[severity] for severity in reversed(worst) if counts[severity])
    return " and ".join(named) + (" finding" if last == 1 else " findings")


def _clean(report: Report) -> str:
    passed = sum(rule.passed for rule in report.rules)
    if not passed:
        return "Nothing could be judged" if report.rules else "Nothing was judged"
    if any(rule.unknown or rule.failed for rule in report.rules):
        return "No findings"
    return f"No findings: {_all_passed(passed).lower()}"


def _all_passed(number: int) -> str:
    return "The one subject passed" if number == 1 else f"All {number:,} subjects passed"
