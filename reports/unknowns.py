"""Why verdicts are unknown: the API answers that were not collected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from scanner.findings import Finding
from scanner.inventory import CoverageRow

_MOST_REGIONS = 3

FAILURES = {
    "denied": "denied",
    "throttled": "throttled to the end",
    "error": "failed",
    "skipped": "not asked for",
    "elsewhere": "readable only from another account",
    "not_applicable": "not available",
}
"""How a call ended that did not succeed, in words and from the worst."""


class Cause(NamedTuple):
    """What a verdict waits for: an API action and how it ended; without an action, ``reason`` says it all."""

    api: str
    status: str
    reason: str = ""


class Missing(NamedTuple):
    """One cause, the regions in which it arose, and the verdicts that are unknown because of it."""

    cause: Cause
    regions: tuple[str, ...]
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        if not self.cause.api:
            return self.cause.reason
        return f"{self.cause.api} {FAILURES.get(self.cause.status, self.cause.status)}{_places(self.regions)}"


def missing(findings: Iterable[Finding]) -> tuple[Missing, ...]:
    """The unknown verdicts among the findings, by cause; the cause with the most verdicts first."""
    groups: defaultdict[Cause, list[tuple[str, Finding]]] = defaultdict(list)
    for finding in findings:
        if finding.status == "unknown":
            cause, region = _cause(finding)
            groups[cause].append((region, finding))
    found = [
        Missing(cause, tuple(sorted({region for region, _ in pairs})), tuple(finding for _, finding in pairs))
        for cause, pairs in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.findings), one.cause)))


def unread(coverage: Iterable[CoverageRow]) -> tuple[CoverageRow, ...]:
    """The rows of the ledger whose calls did not succeed, the worst first."""
    worst = list(FAILURES)
    rows = [row for row in coverage if row.status != "ok"]
    return tuple(sorted(rows, key=lambda row: (worst.index(row.status), row.api, row.account_id, row.region)))


def unanswered(coverage: Iterable[CoverageRow]) -> tuple[str, ...]:
    """The calls that were made and got no answer, in words, each action once."""
    groups: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in coverage:
        if row.is_refused:
            groups[row.api, row.status].add(row.region)
    return tuple(
        f"{api} {FAILURES[status]}{_places(tuple(sorted(regions)))}"
        for (api, status), regions in sorted(groups.items())
    )


def _cause(finding: Finding) -> tuple[Cause, str]:
    """The cause as the engine wrote it into the evidence, and the region; without them, the reason in words."""
    gap = finding.evidence.get("not_collected")
    if isinstance(gap, dict):
        api, status, region = (gap.get(key) for key in ("api", "status", "region"))
        if isinstance(api, str) and isinstance(status, str) and isinstance(region, str):
            return Cause(api, status), region
    reason = finding.evidence.get("reason")
    return Cause("", "", reason if isinstance(reason, str) else finding.message), ""


def _places(regions: tuple[str, ...]) -> str:
    if regions == ("global",):
        return ""
    if "*" in regions:
        return " in any region"
    if len(regions) > _MOST_REGIONS:
        return f" in {regions[0]}, {regions[1]} and {len(regions) - 2} more regions"
    return f" in {', '.join(regions)}"
