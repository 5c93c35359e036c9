"""Read the account behind a session, and look at what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from rules import RULES
from scanner.collect.account import Scope, collect
from scanner.engine import Rule
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


def verdicts(
    account: Account, settings: Settings | None = None, rules: Sequence[Rule] = tuple(RULES.values())
) -> Verdicts:
    """What every rule says about every subject, those that pass included."""
    results, findings = judge(account, rules, NOW, settings or Settings())
    found: Verdicts = {}
    for rule in rules:
        try:
            resources = [subject.resource for subject in rule.subjects(account)]
        except Undetermined:
            continue
        found.update({(rule.id, resource): "pass" for resource in resources})
    found.update({(finding.rule_id, finding.resource): finding.status for finding in findings})
    told = Counter(rule_id for rule_id, _ in found)
    twice = {result.rule_id for result in results if result.evaluated != told[result.rule_id]}
    assert not twice, f"these have two verdicts on the same resource: {twice}"
    return found


def only_towards_unknown(before: Verdicts, after: Verdicts) -> None:
    """Assert that what is not known any more became unknown, and that nothing else changed."""
    for place, verdict in before.items():
        if place in after:
            assert after[place] in {verdict, "unknown"}, f"{place} was {verdict} and is {after[place]}"
        else:
            assert _stands_for(after, *place), f"{place} has gone, and nothing says that it may be there"
    assert {place: verdict for place, verdict in after.items() if place not in before and verdict != "unknown"} == {}


def _stands_for(found: Verdicts, rule_id: str, resource: Resource) -> bool:
    """Whether the rule says ``unknown`` of something that a vanished resource belongs to."""
    return any(
        verdict == "unknown" and other_rule == rule_id and _holds(other, resource)
        for (other_rule, other), verdict in found.items()
    )


def _holds(other: Resource, resource: Resource) -> bool:
    if other.type == "AWS::Account::Region":
        return resource.region in {None, other.region}
    return (
        other.type == "AWS::Account"
        or (other.type == "AWS::Organizations::Organization" and resource.type.startswith("AWS::Organizations::"))
        or (other.type == "AWS::GuardDuty::Detector" and other.region == resource.region)
        or (other.type == "AWS::IAM::User" and resource.arn.startswith(other.arn + "#"))
        # Without its details, the path of a role is not known.
        or (other.type, other.name) == (resource.type, resource.name)
    )
