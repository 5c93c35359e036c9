"""The fleet report, grown account by account; what is kept of each is small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from guardrift.fleet.accounts import Choice
from scanner.findings import PHASES, SEVERITIES, Phase
from scanner.fleet_report import (
    AccountResult,
    FailedAccount,
    FleetOrganization,
    FleetReport,
    FleetRule,
    FleetRun,
    FleetSummary,
    UnreadBucket,
)
from scanner.report import RuleResult


@dataclass(slots=True)
class _RuleSum:
    """What one rule said so far."""

    rule: RuleResult
    counts: Counter[str] = field(default_factory=Counter)
    failing: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)


class FleetSum:
    """Adds up what is said about each account, in whatever order that comes."""

    def __init__(self) -> None:
        self._accounts: list[AccountResult] = []
        self._failed: list[FailedAccount] = []
        self._rules: dict[str, _RuleSum] = {}

    def add(self, result: AccountResult, rules: Iterable[RuleResult]) -> None:
        """An account that was judged."""
        self._accounts.append(result)
        for rule in rules:
            known = self._rules.setdefault(rule.rule_id, _RuleSum(rule))
            failed, unknown = (rule.accepted.get(status, 0) for status in ("fail", "unknown"))
            known.counts.update(failed=rule.failed, passed=rule.passed, unknown=rule.unknown, accepted=failed + unknown)
            if rule.failed > failed:
                known.failing.append(result.account_id)
            if rule.unknown > unknown:
                known.undecided.append(result.account_id)

    def fail(self, failed: FailedAccount) -> None:
        """An account that could not be scanned."""
        self._failed.append(failed)

    def report(
        self, run: FleetRun, organization: FleetOrganization, choice: Choice, buckets: tuple[UnreadBucket, ...]
    ) -> FleetReport:
        """The report on all of them; the order in which they came does not matter."""
        return FleetReport(
            run=run,
            organization=organization,
            summary=self._summary(choice, is_known=not organization.unread),
            failed=tuple(sorted(self._failed, key=lambda account: account.account_id)),
            accounts=tuple(sorted(self._accounts, key=worst_first)),
            rules=tuple(sorted((_told(rule) for rule in self._rules.values()), key=_rule_order)),
            skipped=choice.skipped,
            unread_buckets=buckets,
        )

    def _summary(self, choice: Choice, *, is_known: bool) -> FleetSummary:
        statuses, severities, accepted = Counter[str](), Counter[str](), Counter[str]()
        for account in self._accounts:
            statuses.update(account.by_status)
            severities.update(account.by_severity)
            accepted.update(account.accepted)
        incomplete = sum(not account.complete for account in self._accounts)
        return FleetSummary(
            accounts=len(self._accounts) + len(self._failed),
            scanned=len(self._accounts),
            failed=len(self._failed),
            incomplete=incomplete,
            skipped=len(choice.skipped),
            left_out=choice.left_out,
            by_status={status: statuses[status] for status in ("fail", "pass", "unknown")},
            by_severity={severity: severities[severity] for severity in SEVERITIES},
            readiness={phase: self._lowest(phase) for phase in PHASES},
            complete=is_known and not self._failed and not incomplete,
            accepted={status: accepted[status] for status in ("fail", "unknown")},
        )

    def _lowest(self, phase: Phase) -> int | None:
        scores = (account.readiness.get(phase) for account in self._accounts)
        return min((score for score in scores if score is not None), default=None)


def worst_first(account: AccountResult) -> tuple[object, ...]:
    """Order of accounts: by their findings, from the worst severity on, then by what is unknown, then by readiness."""
    findings = tuple(-account.by_severity.get(severity, 0) for severity in SEVERITIES)
    scores = sum(score for score in account.readiness.values() if score is not None)
    return (*findings, -account.by_status.get("unknown", 0), scores, account.account_id)


def _told(known: _RuleSum) -> FleetRule:
    rule = known.rule
    return FleetRule(
        rule_id=rule.rule_id,
        title=rule.title,
        severity=rule.severity,
        family=rule.family,
        phase=rule.phase,
        failed=known.counts["failed"],
        passed=known.counts["passed"],
        unknown=known.counts["unknown"],
        failing=tuple(sorted(known.failing)),
        undecided=tuple(sorted(known.undecided)),
        accepted=known.counts["accepted"],
    )


def _rule_order(rule: FleetRule) -> tuple[object, ...]:
    """The worst first: rules that failed by severity and by the number of accounts, then those that did not."""
    return (not rule.failing, SEVERITIES.index(rule.severity), -len(rule.failing), -len(rule.undecided), rule.rule_id)


def without_run(report: FleetReport) -> bytes:
    """The report as JSON without what differs between two runs on the same facts."""
    content = msgspec.to_builtins(report)
    del content["run"]
    return msgspec.json.encode(content, order="sorted")
