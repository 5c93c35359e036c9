"""Put verdicts and coverage together into a report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime

import msgspec

from scanner.engine.judge import Settings, judge
from scanner.engine.rule import Rule
from scanner.findings import PHASES, SEVERITIES, Finding, Severity, Status, at_or_above
from scanner.inventory import Account, CoverageRow
from scanner.report import Report, RuleResult, Run, Source, Summary, SuppressionNotice
from scanner.snapshot import digest
from scanner.suppression import Suppression, accepted, notices

WEIGHTS: dict[Severity, int] = {"critical": 8, "high": 4, "medium": 2, "low": 1, "info": 0}
"""How much a rule counts for the readiness, by its severity."""

STATUSES: tuple[Status, ...] = ("fail", "unknown")


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
        summary=_summary(results, findings, account.coverage),
        rules=results,
        findings=findings,
        coverage=account.coverage,
    )


def suppressed(report: Report, suppressions: Sequence[Suppression], at: datetime) -> Report:
    """The report with what the configuration lets stand marked so, as of a time."""
    findings = accepted(report.findings, suppressions, at)
    said = notices(
        suppressions,
        findings,
        account_id=report.run.accounts[0],
        asked={result.rule_id for result in report.rules},
        at=at,
    )
    return with_accepted(report, findings, at, (*report.summary.suppression_notices, *said))


def with_accepted(
    report: Report, findings: Sequence[Finding], at: datetime, said: tuple[SuppressionNotice, ...] = ()
) -> Report:
    """The report with the same findings, some of them accepted, and with what follows from that.

    Args:
        report: the report before.
        findings: its findings, in the same order.
        at: the time at which it was decided what is accepted.
        said: what is to be said of suppressions.
    """
    by_rule: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        if finding.is_accepted:
            by_rule[finding.rule_id][finding.status] += 1
    results = tuple(
        msgspec.structs.replace(result, accepted=dict(by_rule.get(result.rule_id, {}))) for result in report.rules
    )
    summary = _summary(results, findings, report.coverage)
    return msgspec.structs.replace(
        report,
        run=msgspec.structs.replace(report.run, expiries_at=at),
        summary=msgspec.structs.replace(summary, suppression_notices=said),
        rules=results,
        findings=tuple(findings),
    )


def _summary(results: Sequence[RuleResult], findings: Sequence[Finding], coverage: Sequence[CoverageRow]) -> Summary:
    counting = [finding for finding in findings if not finding.is_accepted]
    statuses = Counter(finding.status for finding in counting)
    every = Counter(finding.status for finding in findings)
    fails = Counter(finding.severity for finding in counting if finding.status == "fail")
    uncounted = uncounted_rules(findings)
    return Summary(
        by_status={
            "fail": statuses["fail"],
            "pass": sum(result.passed for result in results),
            "unknown": statuses["unknown"],
        },
        by_severity={severity: fails[severity] for severity in SEVERITIES},
        readiness={
            phase: shown(exact_score([result for result in results if result.phase == phase], uncounted))
            for phase in PHASES
        },
        complete=is_complete(coverage, findings),
        accepted={status: every[status] - statuses[status] for status in STATUSES},
    )


def is_complete(
    coverage: Iterable[CoverageRow], findings: Sequence[Finding], set_aside: Set[str] = frozenset()
) -> bool:
    """Whether nothing was left unread that a verdict needs, or that AWS was asked for.

    What was not asked for, because no rule needs it, is not missing; where one does, its verdict is unknown. Nor is
    that missing which no other verdict waits for than those that are accepted.

    Args:
        coverage: how the calls ended.
        findings: of all rules.
        set_aside: rules whose unknown verdicts count as accepted.
    """
    return not open_unknowns(findings, set_aside) and not missing_answers(coverage, findings, set_aside)


def open_unknowns(findings: Iterable[Finding], set_aside: Set[str] = frozenset()) -> list[Finding]:
    """The unknown verdicts that make a scan incomplete: nobody accepted them, and this account could answer."""
    return [
        finding
        for finding in findings
        if finding.status == "unknown" and not _is_waived(finding, set_aside) and not _is_elsewhere(finding)
    ]


def missing_answers(
    coverage: Iterable[CoverageRow], findings: Iterable[Finding], set_aside: Set[str] = frozenset()
) -> list[CoverageRow]:
    """The calls that failed, but for those that only accepted verdicts wait for."""
    waived = {
        _waits_for(finding) for finding in findings if finding.status == "unknown" and _is_waived(finding, set_aside)
    }
    return [row for row in coverage if row.is_refused and (row.api, row.region) not in waived]


def _is_waived(finding: Finding, set_aside: Set[str]) -> bool:
    return finding.is_accepted or finding.rule_id in set_aside


def _is_elsewhere(finding: Finding) -> bool:
    """Whether only another account can answer, so that no scan of this one would ever be complete."""
    return _not_collected(finding).get("status") == "elsewhere"


def _waits_for(finding: Finding) -> tuple[object, object]:
    """The API action, and the region, whose answer an unknown verdict waits for."""
    missing = _not_collected(finding)
    return missing.get("api"), missing.get("region")


def _not_collected(finding: Finding) -> Mapping[str, object]:
    missing = finding.evidence.get("not_collected")
    return missing if isinstance(missing, dict) else {}


def reaches(findings: Sequence[Finding], threshold: Severity) -> bool:
    """Whether some failed finding that nobody accepted is as bad as the threshold."""
    return any(
        finding.status == "fail" and not finding.is_accepted and at_or_above(finding.severity, threshold)
        for finding in findings
    )


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
