"""The report: the one result of a run, from which every format is rendered."""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.findings import Finding, Phase, Severity
from scanner.inventory import CoverageRow, Instant

Source = Literal["live", "snapshot", "demo"]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """When and on what the report was made; the only part that differs between two runs on the same facts.

    Attributes:
        judged_at: the time at which the facts were judged (ages, expiries).
        snapshot_sha256: digest of the canonical snapshot, in hexadecimal.
        regions: the enabled regions that were asked.
    """

    tool_version: str
    started_at: Instant
    finished_at: Instant
    judged_at: Instant
    source: Source
    snapshot_sha256: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the findings, and the readiness by phase.

    Attributes:
        by_status: verdicts by ``fail``, ``pass`` and ``unknown``.
        by_severity: failed findings by severity.
        readiness: for each phase of an incident 0 to 100, weighted by severity; what could not be read counts as not
            passed. None where no rule found anything to judge.
        complete: whether everything that was asked for was read.
    """

    by_status: dict[str, int]
    by_severity: dict[str, int]
    readiness: dict[Phase, int | None]
    complete: bool


class RuleResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one rule did.

    Attributes:
        evaluated: the sum of ``failed``, ``passed`` and ``unknown``.
        met_by: by what its demand is met, where it can be met in several ways; at most 20 of them.
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


class Report(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="guardrift/report/1"):
    """The result of one run over one account."""

    run: Run
    summary: Summary
    rules: tuple[RuleResult, ...]
    findings: tuple[Finding, ...]
    coverage: tuple[CoverageRow, ...]
