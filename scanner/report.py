"""The report: the one result of a run, from which every format is rendered."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

from scanner.comparison import Comparison
from scanner.findings import Finding, Phase, Severity
from scanner.inventory import CoverageRow, Instant

Source = Literal["live", "snapshot", "demo"]
NoticeKind = Literal["expired", "expiring", "unused", "too-wide"]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """When and on what the report was made; the only part that differs between two runs on the same facts.

    Attributes:
        judged_at: the time at which the facts were judged (ages, expiries).
        snapshot_sha256: digest of the canonical snapshot, in hexadecimal.
        regions: the enabled regions that were asked.
        expiries_at: the time at which it was decided which acceptances have expired; None where nobody asked.
        declared_sha256: digest of what the owner declares of the account; absent where that is not known.
    """

    tool_version: str
    started_at: Instant
    finished_at: Instant
    judged_at: Instant
    source: Source
    snapshot_sha256: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    expiries_at: Instant | None = None
    declared_sha256: str | msgspec.UnsetType = msgspec.UNSET


class SuppressionNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is to be said of a suppression.

    Attributes:
        kind: ``expired``, so that its findings count again; ``expiring`` within two weeks; ``unused``, since it is of
            no finding; or ``too-wide``.
        number: its place among the suppressions of the file, from 0.
        region: the only region that it is of; None where it is of all.
        findings: how many findings it is of.
    """

    kind: NoticeKind
    number: int
    rule_id: str
    resource: str
    account_id: str
    owner: str
    expires: date
    region: str | None = None
    findings: int = 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the findings, and the readiness by phase.

    Attributes:
        by_status: verdicts by ``fail``, ``pass`` and ``unknown``, without those that are accepted.
        by_severity: failed findings by severity, without those that are accepted.
        readiness: for each phase of an incident 0 to 100, weighted by severity; what could not be read counts as not
            passed, and what is accepted is still not passed. None where no rule found anything to judge.
        complete: whether everything that was asked for was read, but for what unknown verdicts wait for that are
            accepted.
        accepted: verdicts that are accepted by ``fail`` and ``unknown``; those whose acceptance has expired are not
            among them.
        suppression_notices: what is to be said of the suppressions of the account.
    """

    by_status: dict[str, int]
    by_severity: dict[str, int]
    readiness: dict[Phase, int | None]
    complete: bool
    accepted: dict[str, int] = {}
    suppression_notices: tuple[SuppressionNotice, ...] = ()


class RuleResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one rule did.

    Attributes:
        evaluated: the sum of ``failed``, ``passed`` and ``unknown``.
        failed, unknown: with those that are accepted.
        accepted: how many of those are, by ``fail`` and ``unknown``; absent where none is.
        met_by: by what its demand is met, where it can be met in several ways; at most 20 of them.
        parameters: those that differ from the rule's own; absent where none does.
    """

    rule_id: str
    title: str
    severity: Severity
    family: str
    phase: Phase
    evaluated: int
    failed: int
    passed: int
    unknown: int
    met_by: tuple[str, ...] = ()
    accepted: dict[str, int] = {}
    parameters: dict[str, Any] = {}


class Report(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="guardrift/report/1"):
    """The result of one run over one account.

    Attributes:
        comparison: what became of the findings of an earlier run; absent where there is none to compare with.
    """

    run: Run
    summary: Summary
    rules: tuple[RuleResult, ...]
    findings: tuple[Finding, ...]
    coverage: tuple[CoverageRow, ...]
    comparison: Comparison | msgspec.UnsetType = msgspec.UNSET
