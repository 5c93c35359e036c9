from __future__ import annotations

from itertools import permutations

import msgspec

from guardrift.fleet.accounts import Choice
from guardrift.fleet.summing import FleetSum, without_run
from scanner.findings import Phase, Severity
from scanner.fleet_report import (
    AccountResult,
    FailedAccount,
    FleetOrganization,
    FleetReport,
    FleetRun,
    SkippedAccount,
    TopFinding,
)
from scanner.report import RuleResult
from tests.fleet.scenes import ARCHIVE, CLOSED, LAB, MANAGEMENT, NOW, SHOP

RUN = FleetRun(
    tool_version="1", started_at=NOW, finished_at=NOW, engine="pool", judged_at=None, taken_at={}, resumed=()
)
ORGANIZATION = FleetOrganization(id="o-1", management_account=MANAGEMENT, listed_in=MANAGEMENT)
CHOICE = Choice((), (SkippedAccount(account_id=CLOSED, name="old", state="SUSPENDED"),), 3)


def result(account_id: str, name: str, readiness: int | None = 50, **counts: int) -> AccountResult:
    severities: dict[Severity, int] = {"critical": 0, "high": 0, "medium": 0, "low": 0, "info": 0}
    phases: dict[Phase, int | None] = {"detect": readiness, "contain": None}
    unknown = counts.pop("unknown", 0)
    for severity in severities:
        severities[severity] = counts.get(severity, 0)
    return AccountResult(
        account_id=account_id,
        name=name,
        place=("Root",),
        complete=not unknown,
        by_status={"fail": sum(severities.values()), "pass": 1, "unknown": unknown},
        by_severity=severities,
        readiness=phases,
        top=(TopFinding(rule_id="r", severity="high", title="A fault", resource="thing", count=2),),
        unread=(),
        folder=f"accounts/{account_id}",
    )


def rule(rule_id: str, severity: Severity, failed: int = 0, unknown: int = 0) -> RuleResult:
    return RuleResult(
        rule_id=rule_id,
        title=f"The fault {rule_id}",
        severity=severity,
        family="trails",
        phase="detect",
        evaluated=failed + unknown + 1,
        failed=failed,
        passed=1,
        unknown=unknown,
    )


ACCOUNTS = (
    (result(SHOP, "shop", high=2), (rule("a", "high", failed=2), rule("b", "critical"))),
    (result(LAB, "lab", 20, critical=1), (rule("a", "high"), rule("b", "critical", failed=1))),
    (result(ARCHIVE, "archive", high=2, unknown=1), (rule("a", "high", failed=2, unknown=1), rule("b", "critical"))),
)
FAILED = FailedAccount(account_id=MANAGEMENT, name="management", place=("Root",), stage="collect", message="denied")


def report(accounts: tuple[tuple[AccountResult, tuple[RuleResult, ...]], ...] = ACCOUNTS) -> FleetReport:
    total = FleetSum()
    for account, rules in accounts:
        total.add(account, rules)
    total.fail(FAILED)
    return total.report(RUN, ORGANIZATION, CHOICE, ())


def test_the_worst_account_comes_first() -> None:
    assert [account.account_id for account in report().accounts] == [LAB, ARCHIVE, SHOP]


def test_counts_over_all_accounts() -> None:
    summary = report().summary

    assert (summary.accounts, summary.scanned, summary.failed, summary.incomplete) == (4, 3, 1, 1)
    assert (summary.skipped, summary.left_out, summary.complete) == (1, 3, False)
    assert summary.by_severity == {"critical": 1, "high": 4, "medium": 0, "low": 0, "info": 0}
    assert summary.by_status == {"fail": 5, "pass": 3, "unknown": 1}
    assert summary.readiness == {"detect": 20, "contain": None, "investigate": None, "eradicate": None}


def test_rules_across_the_accounts() -> None:
    first, second = report().rules

    assert (first.rule_id, first.failing, first.failed, first.passed) == ("b", (LAB,), 1, 3)
    assert (second.rule_id, second.failing, second.undecided) == ("a", (ARCHIVE, SHOP), (ARCHIVE,))


def test_the_order_in_which_accounts_come_does_not_matter() -> None:
    assert len({without_run(report(order)) for order in permutations(ACCOUNTS)}) == 1


def test_an_account_that_failed_makes_the_fleet_incomplete() -> None:
    total = FleetSum()
    total.add(*ACCOUNTS[0])
    complete = total.report(RUN, ORGANIZATION, CHOICE, ())
    total.fail(FAILED)

    assert complete.summary.complete
    assert not total.report(RUN, ORGANIZATION, CHOICE, ()).summary.complete


def test_what_was_not_read_of_the_organization_makes_it_incomplete() -> None:
    total = FleetSum()
    total.add(result(SHOP, "shop"), ())
    unread = msgspec.structs.replace(ORGANIZATION, unread=("organizations:ListRoots denied",))

    assert total.report(RUN, ORGANIZATION, CHOICE, ()).summary.complete
    assert not total.report(RUN, unread, CHOICE, ()).summary.complete


def test_without_its_run_a_report_does_not_differ() -> None:
    later = msgspec.structs.replace(report(), run=msgspec.structs.replace(RUN, engine="dask"))

    assert without_run(later) == without_run(report())
    assert b'"run"' not in without_run(later)
