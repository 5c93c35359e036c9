"""Event patterns of alert rules that never match, or choose something else than was meant."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.alert_path.places import rule_resource
from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.events.lint import ELSEWHERE, Fault, excludes_archived, home_of_global, is_about_findings, lint
from scanner.events.reaching import alerting_of
from scanner.inventory import Account, EventRule, Gap, Undetermined, describe

_ACTING = ("lambda", "states", "ssm")


def _rules(account: Account) -> Iterator[Subject[EventRule] | Unread]:
    """Every enabled rule that takes security events, or is meant for findings and may take none."""
    for region in account.regions:
        if isinstance(region.event_rules, Gap):
            if region.event_rules.status != "not_applicable":
                yield Unread(account_resource(account, region.name), region.event_rules)
            continue
        for each in region.event_rules:
            if each.state.startswith("ENABLED") and not each.managed_by and _is_meant(account, each):
                yield Subject(rule_resource(account, region, each), each)
    yield from unlisted_regions(account)


def _is_meant(account: Account, found: EventRule) -> bool:
    pattern = found.pattern
    return pattern is not None and (
        is_about_findings(pattern) or _is_global(pattern) or alerting_of(account).has(found)
    )


def _is_global(pattern: str) -> bool:
    """Whether it is for calls on IAM or Organizations, which are told in one region only."""
    return "via CloudTrail" in pattern and ("aws.iam" in pattern or "aws.organizations" in pattern)


@rule(
    "alert-pattern-never-matches",
    severity="medium",
    phase="detect",
    subjects=_rules,
    apis=("events:ListRules", "events:ListTargetsByRule", "events:ListEventBuses"),
    controls=(*csf("DE.AE-06"), *well_architected("SEC04-BP04"), *attack(v18="T1078.004")),
    references=(
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html",
        "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-active.html",
    ),
)
def alert_pattern_never_matches(found: EventRule, scene: Scene[NoParameters]) -> Hit | None:
    r"""The pattern of an alert rule matches nothing, or not what was meant.

    ## Why
    EventBridge compares texts as they are, and says nothing about a rule that never matches: a type of finding without
    its suffix, a key in another spelling, the beginning of a type written as plain text, a severity as a single number,
    a call on IAM awaited in a region in which it is never told. The rule looks fine for years. It weighs less where the
    rule takes what it should, but other events too, or lets a function act on findings that somebody archived; and
    where a rule that waits in the wrong region stands in the right one as well. A bus to which other accounts send has
    their events of all regions.

    ## Fix
    Correct what the details name, and test the pattern against a sample finding (aws events test-event-pattern, or
    aws guardduty create-sample-findings). Match types by prefix, severities by numeric.

    ## Breaks
    Nothing; the rule begins to match.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "event_rules": [{"name": "exfiltration", "state": "ENABLED", "targets": [],
      "arn": "arn:aws:events:eu-west-1:111122223333:rule/exfiltration",
      "pattern": "{\"source\": [\"aws.guardduty\"], \"detail-type\": [\"GuardDuty finding\"]}"}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "event_rules": [{"name": "exfiltration", "state": "ENABLED", "targets": [],
      "arn": "arn:aws:events:eu-west-1:111122223333:rule/exfiltration",
      "pattern": "{\"source\": [\"aws.guardduty\"], \"detail-type\": [\"GuardDuty Finding\"]}"}]}]}
    ```
    """
    pattern = found.pattern or ""
    faults, buses = _faults(found, scene.account)
    if not faults:
        if buses is not None:
            raise Undetermined(f"Whether other accounts send to the bus of the rule: {describe(buses)}")
        if isinstance(found.targets, Gap) and is_about_findings(pattern) and not excludes_archived(pattern):
            raise Undetermined(f"Whether something acts on archived findings: {describe(found.targets)}")
        return None
    return Hit(
        f"The rule {found.name}: {' '.join(each.text for each in faults)}",
        severity="medium" if any(each.weight == "medium" for each in faults) else "low",
        material=tuple(each.token for each in faults),
        details={"faults": [msgspec.to_builtins(each) for each in faults], "pattern": pattern},
    )


def _faults(found: EventRule, account: Account) -> tuple[tuple[Fault, ...], Gap | None]:
    """What is wrong with a pattern; and why it is not known whether its rule waits in the wrong region, if it seems so.

    A rule that waits for calls in another region than that in which they are told weighs less where the same pattern
    stands there too: it is one too many, as where the same rules were rolled out to all regions.
    """
    pattern, alerting, region = found.pattern or "", alerting_of(account), found.arn.split(":")[3]
    faults = (
        *lint(pattern, account.partition, "" if alerting.is_fed(found) else region),
        *_acting_on_archived(found, pattern),
    )
    misplaced = [fault for fault in faults if fault.token == ELSEWHERE]
    if not misplaced:
        return faults, None
    others = tuple(fault for fault in faults if fault.token != ELSEWHERE)
    buses = next((each.event_buses for each in account.regions if each.name == region), ())
    if isinstance(buses, Gap) and buses.status != "not_applicable":
        return others, buses
    home = home_of_global(account.partition)
    if home and alerting.is_wanted_at(home, pattern):
        misplaced = [msgspec.structs.replace(fault, weight="low") for fault in misplaced]
    return (*others, *misplaced), None


def _acting_on_archived(found: EventRule, pattern: str) -> Iterator[Fault]:
    if not is_about_findings(pattern) or excludes_archived(pattern) or isinstance(found.targets, Gap):
        return
    acting = [target.arn for target in found.targets if target.arn.split(":")[2:3] in ([kind] for kind in _ACTING)]
    if acting:
        yield Fault(
            "archived:not-excluded",
            "It does not ask for findings that are not archived, and runs something that acts.",
            "low",
        )
