"""The scorecard of readiness: how far an account could detect, contain, investigate and eradicate tonight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from scanner.engine.assemble import WEIGHTS, exact_score, shown, uncounted_rules
from scanner.findings import PHASES, Finding, Phase, Severity, sort_key
from scanner.inventory.fact import Instant
from scanner.narrowing import Narrowing
from scanner.report import Report, RuleResult

_MOST_STEPS = 3
_MOST_PLACES = 3


class PhaseScore(msgspec.Struct, frozen=True, kw_only=True):
    """How ready the account is for one phase of an incident.

    Attributes:
        score: 0 to 100, weighted by severity; what could not be read counts as not passed. None where nothing was
            judged.
        at_best: the score if everything unknown turned out well.
        is_narrowed: whether the configuration or the options leave out, or weigh otherwise, something that bears on it.
        rules: how many rules were asked.
        failed_rules: the ids of those with a finding, the gravest first.
        unknown_rules: the ids of those that could not decide everything.
    """

    phase: Phase
    score: int | None
    at_best: int | None
    is_narrowed: bool
    rules: int
    failed_rules: tuple[str, ...]
    unknown_rules: tuple[str, ...]


class NextStep(msgspec.Struct, frozen=True, kw_only=True):
    """Something that would help: a rule whose findings, once mended, raise the readiness.

    Attributes:
        gain: by how many points the score of its phase would rise, before it is rounded down.
        score: what the phase's score would then be.
        failed: how many findings it has.
        places: some of the resources.
        fix: what to do.
    """

    rule_id: str
    title: str
    phase: Phase
    severity: Severity
    gain: float
    score: int
    failed: int
    places: tuple[str, ...]
    fix: str


class UnknownPart(msgspec.Struct, frozen=True, kw_only=True):
    """Why verdicts are unknown, and how many hang on it.

    Attributes:
        reason: the API action and how it ended, or the reason in words.
        api: the action; empty where it is none.
        status: how its calls ended; empty where it is none.
    """

    reason: str
    api: str = ""
    status: str = ""
    verdicts: int
    rules: tuple[str, ...]


class Scorecard(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="guardrift/readiness/1"):
    """The readiness of one account.

    Attributes:
        complete: whether everything that was asked for was read.
        narrowed: what was left out or weighed otherwise than guardrift does by itself.
        next_steps: the few things that would help most.
        unknown: why verdicts are unknown, the most frequent reason first.
    """

    account_id: str
    judged_at: Instant
    tool_version: str
    complete: bool
    narrowed: Narrowing
    phases: tuple[PhaseScore, ...]
    next_steps: tuple[NextStep, ...]
    unknown: tuple[UnknownPart, ...]


def scorecard(report: Report, narrowed: Narrowing) -> Scorecard:
    """The scorecard of a report, and what was left out of it."""
    (account_id,) = report.run.accounts
    return Scorecard(
        account_id=account_id,
        judged_at=report.run.judged_at,
        tool_version=report.run.tool_version,
        complete=report.summary.complete,
        narrowed=narrowed,
        phases=tuple(_phase(report, phase, is_narrowed=phase in narrowed.phases) for phase in PHASES),
        next_steps=_steps(report),
        unknown=_unknown(report.findings),
    )


def _phase(report: Report, phase: Phase, *, is_narrowed: bool) -> PhaseScore:
    asked = [result for result in report.rules if result.phase == phase]
    judged = [result for result in asked if result.evaluated]
    worst_first = sorted(judged, key=lambda result: (-WEIGHTS[result.severity], result.rule_id))
    weight = sum(WEIGHTS[result.severity] for result in judged)
    best = sum(WEIGHTS[result.severity] * (result.passed + result.unknown) / result.evaluated for result in judged)
    return PhaseScore(
        phase=phase,
        score=report.summary.readiness.get(phase),
        at_best=shown(100 * best / weight) if weight else None,
        is_narrowed=is_narrowed,
        rules=len(asked),
        failed_rules=tuple(result.rule_id for result in worst_first if result.failed),
        unknown_rules=tuple(result.rule_id for result in worst_first if result.unknown),
    )


def _steps(report: Report) -> tuple[NextStep, ...]:
    """The rules whose findings cost the most points, the gravest first among equals."""
    failed: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(report.findings, key=sort_key):
        if finding.status == "fail":
            failed[finding.rule_id].append(finding)
    uncounted = uncounted_rules(report.findings)
    found = []
    for phase in PHASES:
        results = [result for result in report.rules if result.phase == phase]
        before = exact_score(results, uncounted) or 0.0
        for result in results:
            after = exact_score([_mended(each) if each is result else each for each in results], uncounted)
            # Where subjects could not even be counted, no mending helps before they can be read.
            if after is not None and after > before:
                found.append((after - before, _step(result, failed[result.rule_id], before, after)))
    ordered = sorted(found, key=lambda each: (-each[0], -WEIGHTS[each[1].severity], each[1].rule_id))
    return tuple(step for _, step in ordered[:_MOST_STEPS])


def _mended(result: RuleResult) -> RuleResult:
    return msgspec.structs.replace(result, passed=result.passed + result.failed, failed=0)


def _step(result: RuleResult, findings: Sequence[Finding], before: float, after: float) -> NextStep:
    names = dict.fromkeys(finding.resource.name or finding.resource.arn for finding in findings)
    return NextStep(
        rule_id=result.rule_id,
        title=result.title,
        phase=result.phase,
        severity=findings[0].severity,
        gain=round(after - before, 2),
        score=shown(after) or 0,
        failed=result.failed,
        places=tuple(names)[:_MOST_PLACES],
        fix=findings[0].remediation.text,
    )


def _unknown(findings: Iterable[Finding]) -> tuple[UnknownPart, ...]:
    by_reason: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for finding in findings:
        if finding.status == "unknown":
            by_reason[_reason(finding)].append(finding.rule_id)
    found = [
        UnknownPart(reason=reason, api=api, status=status, verdicts=len(rules), rules=tuple(sorted(set(rules))))
        for (reason, api, status), rules in by_reason.items()
    ]
    return tuple(sorted(found, key=lambda part: (-part.verdicts, part.reason)))


def _reason(finding: Finding) -> tuple[str, str, str]:
    """The same for all regions in which the same action was not answered."""
    gap = finding.evidence.get("not_collected")
    if isinstance(gap, dict):
        api, status = str(gap.get("api")), str(gap.get("status"))
        return f"{api} {status}", api, status
    return str(finding.evidence.get("reason", finding.message)), "", ""
