"""A fleet report in words: what the page and the terminal both say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reports.verdict import counted
from scanner.findings import PHASES, SEVERITIES, Phase, Severity
from scanner.fleet_report import AccountResult, FleetReport


class PhaseOfAll(NamedTuple):
    """How ready the accounts are in one phase: the lowest score, whose it is, and the one that half of them reach."""

    phase: Phase
    lowest: int
    account: AccountResult
    others: int
    median: int


def title(fleet: FleetReport) -> str:
    """Whose report it is, such as "Organization o-abc123, 60 accounts"."""
    return f"Organization {fleet.organization.id}, {counted(fleet.summary.accounts, 'account')}"


def sentence(fleet: FleetReport) -> str:
    """The verdict in a sentence; never that all is well where something is not known."""
    summary = fleet.summary
    parts = [_found(fleet)]
    stands = sum(summary.accepted.values())
    if stands:
        parts.append(f"{stands:,} accepted")
    if summary.failed:
        parts.append(f"{counted(summary.failed, 'account')} could not be scanned")
    if fleet.organization.unread:
        parts.append("the organization could not be read to the end")
    if summary.incomplete:
        parts.append(f"{counted(summary.incomplete, 'account')} could not be read to the end")
    return "; ".join(parts) + (": the scan is incomplete." if not summary.complete else ".")


def phases(fleet: FleetReport) -> Iterator[PhaseOfAll]:
    """The phases in which at least one account was judged."""
    for phase in PHASES:
        scored = sorted(
            ((score, account) for account in fleet.accounts if (score := account.readiness.get(phase)) is not None),
            key=lambda pair: pair[0],
        )
        if scored:
            lowest, account = scored[0]
            others = sum(score == lowest for score, _ in scored) - 1
            yield PhaseOfAll(phase, lowest, account, others, scored[len(scored) // 2][0])


def named(account_id: str, name: str) -> str:
    """An account as people know it: its name and its id."""
    return f"{name} ({account_id})" if name and name != account_id else account_id


def _found(fleet: FleetReport) -> str:
    counts = fleet.summary.by_severity
    worst: tuple[Severity, ...] = ("critical", "high")
    total = sum(counts.get(severity, 0) for severity in SEVERITIES)
    if not fleet.accounts:
        return "Nothing was scanned"
    if not total:
        return "No findings"
    found = [f"{counts[severity]:,} {severity}" for severity in worst if counts.get(severity)]
    if not found:
        return f"No critical or high findings, {total:,} of lower severity"
    last = next(counts[severity] for severity in reversed(worst) if counts.get(severity))
    hit = sum(any(account.by_severity.get(severity) for severity in worst) for account in fleet.accounts)
    what = " and ".join(found) + (" finding" if last == 1 else " findings")
    return f"{what} in {hit:,} of {counted(len(fleet.accounts), 'account')}"
