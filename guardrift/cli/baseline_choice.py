"""Which findings a command accepts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from scanner.baseline import AcceptedFinding, by_fingerprint, compare
from scanner.errors import UsageError
from scanner.findings import Finding
from scanner.report import Report

_SHORTEST_PREFIX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which findings are to be accepted: those of the fingerprints, of a rule, or all."""

    fingerprints: tuple[str, ...] = ()
    rule: str | None = None
    every: bool = False


def open_findings(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that the configuration does not let stand."""
    return [finding for finding in findings if not finding.is_accepted]


def chosen_findings(
    report: Report, accepted: Sequence[AcceptedFinding], wanted: Wanted, today: date, *, with_unknown: bool
) -> tuple[list[Finding], int]:
    """The findings to accept, and how many of those meant are unknown and left out.

    Args:
        report: what is found now.
        accepted: what is accepted already.
        wanted: what is meant.
        today: the day on which it is decided what has expired.
        with_unknown: whether verdicts that could not be reached are accepted without being named.

    Raises:
        UsageError: a fingerprint or a rule is not in the report.
    """
    findings = report.findings
    if wanted.fingerprints:
        return [finding for text in wanted.fingerprints for finding in _named(text, findings)], 0
    if wanted.rule is not None and wanted.rule not in {result.rule_id for result in report.rules}:
        raise UsageError(f"rule {wanted.rule!r} was not asked", "'guardrift rules list' names the rules.")
    meant = [
        finding for finding in standing(findings, accepted, today) if wanted.every or finding.rule_id == wanted.rule
    ]
    chosen = [finding for finding in meant if finding.status == "fail" or with_unknown]
    return chosen, len(meant) - len(chosen)


def standing(findings: Iterable[Finding], accepted: Sequence[AcceptedFinding], today: date) -> list[Finding]:
    """The findings that nobody accepted, or not as they are now, or no longer."""
    known = {fingerprint: each for fingerprint, each in by_fingerprint(accepted).items() if not each.is_expired(today)}
    return [
        finding
        for finding in open_findings(findings)
        if compare(finding, known.get(finding.fingerprint)) != "unchanged"
    ]


def _named(text: str, findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a fingerprint, or of the beginning of one."""
    hits = [finding for finding in findings if finding.fingerprint.startswith(text.lower())]
    names = {finding.fingerprint for finding in hits}
    if len(text) < _SHORTEST_PREFIX or not hits:
        raise UsageError(
            f"there is no finding {text!r} now", "A report names the fingerprints: guardrift scan -o report.json"
        )
    if len(names) > 1:
        raise UsageError(f"{text!r} is the beginning of {len(names)} fingerprints", "Give more of it.")
    return hits
