"""The fleet report: the one result of a run over the accounts of an organization."""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.findings import Phase, Severity
from scanner.inventory import Instant
from scanner.report import SuppressionNotice

Stage = Literal["collect", "judge"]
Engine = Literal["pool", "dask"]


class FleetRun(msgspec.Struct, frozen=True, kw_only=True):
    """When and how the report was made; the only part that differs between two runs on the same facts.

    Attributes:
        engine: whether processes of one machine did the work, or a Dask cluster.
        judged_at: the time at which the accounts were judged; None where each was judged as of its own reading.
        taken_at: when each account was read, by account.
        resumed: the accounts that were not read again, since an earlier run had read them.
    """

    tool_version: str
    started_at: Instant
    finished_at: Instant
    engine: Engine
    judged_at: Instant | None
    taken_at: dict[str, Instant]
    resumed: tuple[str, ...]


class FleetOrganization(msgspec.Struct, frozen=True, kw_only=True):
    """The organization, and the account in which its accounts were listed.

    Attributes:
        unread: what that account asked of the organization, and got no answer to, in words.
    """

    id: str
    management_account: str
    listed_in: str
    unread: tuple[str, ...] = ()


class FleetSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over all accounts.

    Attributes:
        accounts: how many accounts were chosen, and are in use: ``scanned`` and ``failed`` together.
        incomplete: of those scanned, how many have something that was not read.
        skipped: how many chosen accounts are not in use.
        left_out: how many accounts of the organization were not chosen.
        by_status: verdicts by ``fail``, ``pass`` and ``unknown``, without those that are accepted.
        by_severity: failed findings by severity, without those that are accepted.
        readiness: for each phase the lowest score of an account; None where no account was judged.
        complete: whether the organization was read, and every chosen account was scanned and read to the end.
        accepted: verdicts that are accepted, by ``fail`` and ``unknown``.
    """

    accounts: int
    scanned: int
    failed: int
    incomplete: int
    skipped: int
    left_out: int
    by_status: dict[str, int]
    by_severity: dict[Severity, int]
    readiness: dict[Phase, int | None]
    complete: bool
    accepted: dict[str, int] = {}


class TopFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule found in an account: its worst severity, on how many resources, and the first of them."""

    rule_id: str
    severity: Severity
    title: str
    resource: str
    count: int


class AccountResult(msgspec.Struct, frozen=True, kw_only=True):
    """One account that was scanned.

    Attributes:
        place: the names of the root and the units above it; empty where that is not known.
        complete: whether everything was read that was asked for.
        top: the worst of its findings, one entry for each rule.
        unread: the API answers that most verdicts wait for, then others that are missing, in words.
        folder: where its snapshot and reports are, from the folder of the fleet report.
        accepted: how many of its verdicts are accepted, by ``fail`` and ``unknown``; no other count has them.
        suppression_notices: what is to be said of the suppressions of the account.
    """

    account_id: str
    name: str
    place: tuple[str, ...]
    complete: bool
    by_status: dict[str, int]
    by_severity: dict[Severity, int]
    readiness: dict[Phase, int | None]
    top: tuple[TopFinding, ...]
    unread: tuple[str, ...]
    folder: str
    accepted: dict[str, int] = {}
    suppression_notices: tuple[SuppressionNotice, ...] = ()


class FailedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that could not be scanned: everything about it is unknown."""

    account_id: str
    name: str
    place: tuple[str, ...]
    stage: Stage
    message: str


class SkippedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that was chosen but is not in use; ``state`` is that of Organizations, such as ``SUSPENDED``."""

    account_id: str
    name: str
    state: str


class FleetRule(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule said across the accounts.

    Attributes:
        failed, passed, unknown: how many subjects, over all accounts, with those whose verdicts are accepted.
        failing: the accounts with findings that nobody accepted.
        undecided: the accounts in which something could not be judged, and nobody accepted that.
        accepted: how many verdicts are accepted, over all accounts.
    """

    rule_id: str
    title: str
    severity: Severity
    family: str
    phase: Phase
    failed: int
    passed: int
    unknown: int
    failing: tuple[str, ...]
    undecided: tuple[str, ...]
    accepted: int = 0


class UnreadBucket(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket to which accounts deliver logs, and which no scanned account has."""

    name: str
    accounts: tuple[str, ...]


class FleetReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="guardrift/fleet/1"):
    """The result of one run over many accounts; ``accounts`` has the worst first."""

    run: FleetRun
    organization: FleetOrganization
    summary: FleetSummary
    failed: tuple[FailedAccount, ...]
    accounts: tuple[AccountResult, ...]
    rules: tuple[FleetRule, ...]
    skipped: tuple[SkippedAccount, ...]
    unread_buckets: tuple[UnreadBucket, ...]
