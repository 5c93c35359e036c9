"""Read the account behind a session, and look at what came of it."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, NamedTuple, TypeAlias

from rules import RULES
from scanner.collect.account import Scope, collect
from scanner.engine.judge import Settings, judge
from scanner.findings import Resource
from scanner.inventory import Account, CoverageRow, Undetermined
from tests.collect.faulty import NOW

Verdicts: TypeAlias = dict[tuple[str, Resource], Literal["pass", "fail", "unknown"]]
"""What each rule, by its id, says about each resource."""


class Read(NamedTuple):
    """An account, and what is said of it."""

    account: Account
    verdicts: Verdicts


def read(session: Any, *, regions: tuple[str, ...] = (), account_id: str | None = None) -> Account:
    """The account, read without waiting between questions about the credential report."""
    return collect(session, Scope(regions=regions, account_id=account_id, pause=lambda _: None), now=NOW)


def row(account: Account, api: str, region: str = "global") -> CoverageRow:
    """The one row of coverage for an action in a region."""
    (found,) = (row for row in account.coverage if (row.api, row.region) == (api, region))
    return found


def not_ok(account: Account) -> dict[tuple[str, str], str]:
    """The status of every row that is not ``ok``, by action and region."""
    return {(row.api, row.region): row.status for row in account.coverage if row.status != "ok"}


def verdicts(account: Account) -> Verdicts:
    """What every rule says about every subject, those that pass included."""
    results, findings = judge(account, list(RULES.values()), NOW, Settings())
    found: Verdicts = {}
    for rule in RULES.values():
        try:
            resources = [subject.resource for subject in rule.subjects(account)]
        except Undetermined:
            continue
        found.update({(rule.id, resource): "pass" for resource in resources})
    found.update({(finding.rule_id, finding.resource): finding.status for finding in findings})
    told = Counter(rule_id for rule_id, _ in found)
    twice = {result.rule_id for result in results if result.evaluated != told[result.rule_id]}
    assert not twice, "these have two verdicts on the same resource"
    return found
