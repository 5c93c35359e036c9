"""The gate of a change: findings and drift since the reviewed baseline, weighed to one verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from scanner.baseline import AcceptedFinding, Baseline, by_fingerprint, material_of
from scanner.baseline.accepted import WARNING_DAYS, Seen
from scanner.drift.told import Change, Compared, Diff
from scanner.engine.assemble import missing_answers, open_unknowns
from scanner.findings import SEVERITIES, Accepted, Finding, Resource, Severity, Status, at_or_above
from scanner.report import Report

Why = Literal["new", "worse", "expired", "new_rule"]
Verdict = Literal["passed", "failed", "incomplete"]
ProposedKind = Literal["acceptance", "facts", "rules", "state", "suppression", "threshold"]


class GatedFinding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A finding that is not as it was accepted.

    Attributes:
        why: ``new``; ``worse`` than it was accepted; ``expired``, as it was accepted but for too long; ``new_rule``
            where the baseline was written before its rule was asked.
        grew: by what a finding is worse: a higher severity, or a failure in place of an unknown verdict, and then the
            facts that were not accepted.
        place: the line of its entry in the committed files, for people.
        blocks: whether the gate fails for it.
        accepted_by_change: by what the change under review itself would let it stand.
    """

    why: Why
    blocks: bool
    fingerprint: str
    rule_id: str
    status: Status
    severity: Severity
    title: str
    message: str
    resource: Resource
    place: str = ""
    grew: tuple[str, ...] = ()
    accepted_by_change: str = ""


class GatedDrift(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the account that widens access, or takes away from what protects.

    Attributes:
        blocks: whether the gate fails for it.
    """

    blocks: bool
    change: Change


class Proposed(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """Something that the change under review itself adds, so that the gate would see less after it.

    Attributes:
        fingerprint: of the finding that it would let stand; empty for what is of none, or of several.
    """

    kind: ProposedKind
    text: str
    fingerprint: str = ""


class Gate(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="guardrift/gate/1"):
    """The verdict on an account against its baseline.

    Attributes:
        baseline: the folder, and the commit where one is trusted.
        commit: the whole name of the trusted commit; empty where there is none.
        facts: what the account was read from, and when.
        exit_code: 0 passed, 1 failed, 3 incomplete.
        fail_on: from which severity on something blocks; None where nothing does.
        strict: whether findings of rules that the baseline does not know block, too.
        proposed: what the change under review adds; it is weighed nowhere else.
        after_change: with which code the gate would end if the baseline and the configuration were those of the
            change under review; None where they are the same.
        findings: what is not as it was accepted, what blocks first.
        drift: what widens, what blocks first.
        not_comparable: what one side did not see.
        missing: what could not be read, or decided.
        fixed: accepted findings that are gone.
        expiring: accepted findings that expire within two weeks.
        counts: how many findings are as they were accepted, or suppressed; and changes that narrow or do neither.
    """

    account_id: str
    baseline: str
    commit: str = ""
    facts: Compared
    verdict: Verdict
    exit_code: int
    fail_on: Severity | None
    strict: bool
    proposed: tuple[Proposed, ...] = ()
    after_change: int | None = None
    findings: tuple[GatedFinding, ...]
    drift: tuple[GatedDrift, ...]
    not_comparable: tuple[Change, ...]
    missing: tuple[str, ...]
    fixed: tuple[AcceptedFinding, ...]
    expiring: tuple[AcceptedFinding, ...]
    counts: dict[str, int]

    @property
    def blocking(self) -> int:
        """How many findings and changes the gate fails for."""
        return sum(each.blocks for each in self.findings) + sum(each.blocks for each in self.drift)


def gate(
    report: Report,
    diff: Diff,
    baseline: Baseline,
    *,
    place: str,
    fail_on: Severity | None,
    strict: bool,
    today: date,
    where: Callable[[Finding], str] = lambda _: "",
    doubts: Sequence[str] = (),
) -> Gate:
    """Weigh what is found now, and by what the account differs, against what was reviewed.

    Args:
        report: its findings marked by the baseline.
        diff: from the baseline to the account.
        baseline: what was reviewed.
        place: where that is, for people.
        fail_on: from which severity on something blocks.
        strict: whether findings of rules that the baseline does not know block, too.
        today: the day on which it is decided what has expired.
        where: finds the line of a finding in the committed files.
        doubts: why the facts do not count as complete, beside what the report says.
    """
    unknown_rules = frozenset(result.rule_id for result in report.rules) - frozenset(baseline.versions.rules)
    aside = frozenset() if strict else unknown_rules
    known = by_fingerprint(baseline.accepted)
    findings = [
        msgspec.structs.replace(
            _gated(finding, known.get(finding.fingerprint), unknown_rules, fail_on, strict=strict),
            place=where(finding),
        )
        for finding in report.findings
        if not finding.is_accepted
    ]
    drift = [
        GatedDrift(blocks=_reaches(change.severity, fail_on), change=change)
        for change in diff.changes
        if change.direction == "widens"
    ]
    not_comparable = tuple(change for change in diff.changes if change.kind == "not_comparable")
    missing = (*doubts, *_missing(report, aside))
    blocks = any(each.blocks for each in findings) or any(each.blocks for each in drift)
    verdict: Verdict = "failed" if blocks else "incomplete" if missing or not_comparable else "passed"
    return Gate(
        account_id=diff.account_id,
        baseline=place,
        facts=diff.new,
        verdict=verdict,
        exit_code={"passed": 0, "failed": 1, "incomplete": 3}[verdict],
        fail_on=fail_on,
        strict=strict,
        findings=tuple(sorted(findings, key=_rank)),
        drift=tuple(sorted(drift, key=lambda each: not each.blocks)),
        not_comparable=not_comparable,
        missing=missing,
        fixed=_fixed(report, baseline.accepted),
        expiring=tuple(each for each in baseline.accepted if 0 <= each.days_left(today) <= WARNING_DAYS),
        counts={
            "accepted": sum(_by(finding) == "baseline" for finding in report.findings if finding.is_accepted),
            "suppressed": sum(_by(finding) == "config" for finding in report.findings if finding.is_accepted),
            "narrows": diff.summary.get("narrows", 0),
            "neutral": diff.summary.get("neutral", 0),
        },
    )


def with_commit(found: Gate, commit: str) -> Gate:
    """The verdict with the commit that was trusted."""
    return msgspec.structs.replace(found, commit=commit)


def with_change(found: Gate, proposed: Sequence[Proposed], after: Gate | None, letting: dict[str, str]) -> Gate:
    """The verdict, with what the change under review adds and what would come of it.

    Args:
        found: the verdict by what is trusted; it stays.
        proposed: what the change adds.
        after: the verdict by what the change brings; None where that is the same.
        letting: by what the change would let findings stand, by fingerprint.
    """
    # What would let something stand that is there comes first, however much else the change brings along.
    present = {each.fingerprint for each in found.findings}
    return msgspec.structs.replace(
        found,
        proposed=tuple(sorted(proposed, key=lambda each: (each.fingerprint not in present, each))),
        after_change=None if after is None else after.exit_code,
        findings=tuple(
            msgspec.structs.replace(each, accepted_by_change=letting.get(each.fingerprint, ""))
            for each in found.findings
        ),
    )


def _gated(
    finding: Finding,
    accepted: AcceptedFinding | None,
    unknown_rules: frozenset[str],
    fail_on: Severity | None,
    *,
    strict: bool,
) -> GatedFinding:
    why = _why(finding, unknown_rules)
    is_failure = finding.status == "fail" and _reaches(finding.severity, fail_on)
    grew = () if accepted is None or why != "worse" else tuple(_grown(finding, accepted))
    return GatedFinding(
        why=why,
        blocks=is_failure and (why != "new_rule" or strict),
        fingerprint=finding.fingerprint,
        rule_id=finding.rule_id,
        status=finding.status,
        severity=finding.severity,
        title=finding.title,
        message=finding.message,
        resource=finding.resource,
        grew=grew,
    )


def _grown(finding: Finding, accepted: AcceptedFinding) -> Iterable[str]:
    """By what a finding is worse than it was accepted."""
    if SEVERITIES.index(finding.severity) < SEVERITIES.index(accepted.severity):
        yield f"severity {accepted.severity} -> {finding.severity}"
    if finding.status != accepted.status:
        yield f"status {accepted.status} -> {finding.status}"
    yield from sorted(material_of(finding) - set(accepted.material))


def _why(finding: Finding, unknown_rules: frozenset[str]) -> Why:
    if finding.state == "worse":
        return "worse"
    if isinstance(finding.accepted, Accepted):
        return "expired"
    return "new_rule" if finding.rule_id in unknown_rules else "new"


def _missing(report: Report, set_aside: frozenset[str]) -> Iterable[str]:
    for row in missing_answers(report.coverage, report.findings, set_aside):
        yield f"{row.api} in {row.region}: {row.status}"
    waiting = open_unknowns(report.findings, set_aside)
    if waiting:
        yield f"{len(waiting):,} {'verdict' if len(waiting) == 1 else 'verdicts'} unknown and not accepted"


def _fixed(report: Report, accepted: Iterable[AcceptedFinding]) -> tuple[AcceptedFinding, ...]:
    present, seen = {finding.fingerprint for finding in report.findings}, Seen(report)
    return tuple(each for each in accepted if each.fingerprint not in present and seen.looked_at(each))


def _by(finding: Finding) -> str:
    return finding.accepted.by if isinstance(finding.accepted, Accepted) else ""


def _reaches(severity: Severity, fail_on: Severity | None) -> bool:
    return fail_on is not None and at_or_above(severity, fail_on)


def _rank(found: GatedFinding) -> tuple[object, ...]:
    resource = found.resource
    return (
        not found.blocks, found.status == "unknown", SEVERITIES.index(found.severity), found.rule_id,
        resource.region or "", resource.arn, found.fingerprint,
    )  # fmt: skip
