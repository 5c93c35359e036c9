"""Put verdicts and coverage together into a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from datetime import datetime

from scanner.engine.judge import Settings, judge
from scanner.engine.rule import Rule
from scanner.findings import PHASES, SEVERITIES, Finding, Severity, at_or_above
from scanner.inventory import Account
from scanner.report import Report, RuleResult, Run, Source, Summary
from scanner.snapshot import digest

WEIGHTS: dict[Severity, int] = {"critical": 8, "high": 4, "medium": 2, "low": 1, "info": 0}
"""How much a rule counts for the readiness, by its severity."""


def report_on(
    account: Account,
    rules: Sequence[Rule],
    *,
    at: datetime,
    settings: Settings,
    source: Source,
    tool_version: str,
    started_at: datetime,
    finished_at: datetime,
) -> Report:
    """Judge an account and tell the result; the same facts, rules and time give the same report but for ``run``."""
    results, findings = judge(account, rules, at, settings)
    return Report(
        run=Run(
            tool_version=tool_version,
            started_at=started_at,
            finished_at=finished_at,
            judged_at=at,
            source=source,
            snapshot_sha256=digest(account),
            accounts=(account.account_id,),
            regions=tuple(region.name for region in account.regions if region.was_asked),
        ),
        summary=_summary(account, results, findings),
        rules=results,
        findings=findings,
        coverage=account.coverage,
    )


def _summary(account: Account, results: Sequence[RuleResult], findings: Sequence[Finding]) -> Summary:
    fails = Counter(finding.severity for finding in findings if finding.status == "fail")
    uncounted = uncounted_rules(findings)
    return Summary(
        by_status={
            "fail": sum(result.failed for result in results),
            "pass": sum(result.passed for result in results),
            "unknown": sum(result.unknown for result in results),
        },
        by_severity={severity: fails[severity] for severity in SEVERITIES},
        readiness={
            phase: shown(exact_score([result for result in results if result.phase == phase], uncounted))
            for phase in PHASES
        },
        complete=is_complete(account, findings),
    )


def is_complete(account: Account, findings: Sequence[Finding]) -> bool:
    """Whether nothing was left unread that a verdict needs, or that AWS was asked for.

    What was not asked for, because no rule needs it, is not missing; where one does, its verdict is unknown.
    """
    unknown = any(finding.status == "unknown" and not _is_elsewhere(finding) for finding in findings)
    missing = any(row.is_refused for row in account.coverage)
    return not unknown and not missing


def _is_elsewhere(finding: Finding) -> bool:
    """Whether only another account can answer, so that no scan of this one would ever be complete."""
    missing = finding.evidence.get("not_collected")
    return isinstance(missing, dict) and missing.get("status") == "elsewhere"


def reaches(findings: Sequence[Finding], threshold: Severity) -> bool:
    """Whether some failed finding is as bad as the threshold."""
    return any(finding.status == "fail" and at_or_above(finding.severity, threshold) for finding in findings)


def uncounted_rules(findings: Iterable[Finding]) -> frozenset[str]:
    """The rules of which it is not known how many subjects they have."""
    return frozenset(finding.rule_id for finding in findings if finding.evidence.get("uncounted"))


def exact_score(results: Iterable[RuleResult], uncounted: Set[str]) -> float | None:
    """Each rule counts by its severity and by the share of its subjects that passed; unknown is not passed.

    Of a rule with uncounted subjects the share is zero: whatever passed elsewhere may be a small part of them, and a
    denied call must not make an account look more ready.
    """
    weight, passed = 0, 0.0
    for result in results:
        if result.evaluated:
            share = 0.0 if result.rule_id in uncounted else result.passed / result.evaluated
            weight += WEIGHTS[result.severity]
            passed += WEIGHTS[result.severity] * share
    return 100 * passed / weight if weight else None


def shown(score: float | None) -> int | None:
    """A score in whole points, never more than there is."""
    # Thirds of a weight need not add up to it.
    return None if score is None else int(score + 1e-9)
