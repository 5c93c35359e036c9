"""What becomes of a GuardDuty finding, also on the way through Security Hub, which has it from GuardDuty by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from scanner.engine.declared import Declared
from scanner.events.delivery import Routes, routes
from scanner.events.delivery_places import places_of
from scanner.events.delivery_ways import together, undecided
from scanner.inventory import Account, EventRule, Gap, Region, SecurityHub, SecurityHubV2, Undetermined, describe

_LEVELS = ((9.0, "CRITICAL", 90), (7.0, "HIGH", 70), (4.0, "MEDIUM", 40), (0.0, "LOW", 1))
"""From which severity of GuardDuty on, the label and the number that Security Hub derives from it."""

_FILLED = frozenset({
    "Id", "CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt", "ProcessedAt", "AwsAccountName", "Types",
    "GeneratorId", "FindingProviderFields.Types", "Resources.Id", "Resources.Type",
})  # fmt: skip
"""Fields that every such finding has, with values that are not known here."""

_NEVER = "Compliance"
"""A field that only the findings of checks have, with all that is in it."""


def finding_routes(account: Account, region: Region, event: Mapping[str, Any], declared: Declared) -> Routes:
    """What becomes of a GuardDuty finding of a region.

    That Security Hub has the findings of GuardDuty is taken as given where both are on, as it is unless somebody
    switched it off.
    """
    found = routes(account, region.name, event, declared)
    if found.is_reached:
        return found
    return together((found, *_by_hub(account, region, event, declared)))


def _by_hub(account: Account, region: Region, event: Mapping[str, Any], declared: Declared) -> Iterator[Routes]:
    hub = region.security_hub
    if hub is None or (isinstance(hub, Gap) and hub.status == "not_applicable"):
        yield from _by_new_hub(account, region)
        return
    imported = _imported(event)
    here = routes(account, region.name, imported, declared)
    unclear = tuple(_choosing_by_the_rest(account, region, imported))
    if isinstance(hub, SecurityHub):
        left_open = {each.arn for each in unclear}
        reached = tuple(each for each in here.reached if each.rule not in left_open)
        yield Routes(reached, tuple(each for each in here.broken if each.rule), here.open)
        yield from _elsewhere(account, region, imported, declared)
    elif not here.is_lost:
        yield undecided(f"A rule takes findings of Security Hub; whether it is on: {describe(hub)}")
    for rule in unclear:
        yield undecided(f"The rule {rule.name} chooses findings of Security Hub by what is not known of them")
    yield from _by_new_hub(account, region)


def _elsewhere(account: Account, region: Region, imported: Mapping[str, Any], declared: Declared) -> Iterator[Routes]:
    """Security Hub can bring the findings of all regions into one, which is not collected."""
    for other in account.regions:
        if other.name == region.name or not isinstance(other.security_hub, SecurityHub):
            continue
        if routes(account, other.name, imported, declared).is_reached:
            yield undecided(f"Whether Security Hub brings the findings of {region.name} to {other.name} is not known")


def _choosing_by_the_rest(account: Account, region: Region, imported: Mapping[str, Any]) -> Iterator[EventRule]:
    """The rules that ask for something that is not known of such a finding, and otherwise take it."""
    for rule in _hub_rules(account, region):
        weaker = _without_unknown(rule.pattern or "", _known_fields(imported["detail"]["findings"][0]))
        pattern = places_of(account).pattern(weaker) if weaker else None
        try:
            if pattern is not None and pattern.matches(imported):
                yield rule
        except Undetermined:
            yield rule


def _known_fields(finding: Mapping[str, Any]) -> frozenset[str]:
    """The paths of the values of a finding, as far as they are known."""
    return frozenset(_paths(finding, "")) - _FILLED


def _paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield from _paths(value[0], path)
    else:
        yield path


@lru_cache(maxsize=4096)
def _without_unknown(text: str, known: frozenset[str]) -> str:
    """A pattern without what it asks of fields that are not known; empty where it asks for known ones alone."""
    try:
        pattern = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    detail = pattern.get("detail") if isinstance(pattern, dict) else None
    asked = detail.get("findings") if isinstance(detail, dict) else None
    if not isinstance(detail, dict) or not isinstance(asked, dict):
        return ""
    kept = _kept(asked, "", known)
    if kept == asked:
        return ""
    rest = {key: value for key, value in pattern.items() if key != "detail"}
    others = {key: value for key, value in detail.items() if key != "findings"}
    inner = {**others, **({"findings": kept} if kept else {})}
    return json.dumps({**rest, **({"detail": inner} if inner else {})})


def _kept(asked: Mapping[str, Any], path: str, known: frozenset[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in asked.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            inner = _kept(value, here, known)
            if inner:
                kept[key] = inner
        elif _is_known(key, value, path, known):
            kept[key] = value
    return kept


def _is_known(key: str, value: Any, path: str, known: frozenset[str]) -> bool:
    """Whether it is known of what a key asks for, in the findings of GuardDuty; of alternatives all must be."""
    if key == "$or" and isinstance(value, list):
        return all(isinstance(each, dict) and _kept(each, path, known) == each for each in value)
    here = f"{path}.{key}" if path else key
    return here in known or here.partition(".")[0] == _NEVER or (here in _FILLED and _only_exists(value))


def _only_exists(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) and set(each) == {"exists"} for each in value)


def _by_new_hub(account: Account, region: Region) -> Iterator[Routes]:
    if region.security_hub_v2 is None or (
        not isinstance(region.security_hub_v2, SecurityHubV2) and region.security_hub_v2.status == "not_applicable"
    ):
        return
    for rule in _hub_rules(account, region):
        if "V2" in (rule.pattern or ""):
            yield undecided(f"What the rule {rule.name} takes of the new Security Hub is not known")


def _hub_rules(account: Account, region: Region) -> Iterator[EventRule]:
    for rule in places_of(account).rules(region.name, "default"):
        if rule.state.startswith("ENABLED") and "findings" in (rule.pattern or "").lower():
            yield rule


def _imported(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event of Security Hub for a finding of GuardDuty."""
    detail = event["detail"]
    partition, region, account = detail["partition"], event["region"], detail["accountId"]
    product = f"arn:{partition}:securityhub:{region}::product/aws/guardduty"
    severity = float(detail["severity"])
    label, normalized = next((label, number) for least, label, number in _LEVELS if severity >= least)
    types = [f"TTPs/{detail['type'].partition(':')[0]}/{detail['type'].replace('/', '-')}"]
    finding = {
        "SchemaVersion": "2018-10-08",
        "Id": detail["arn"],
        "ProductArn": product,
        "ProductName": "GuardDuty",
        "CompanyName": "Amazon",
        "Region": region,
        "GeneratorId": detail["arn"].partition("/finding/")[0],
        "AwsAccountId": account,
        "Types": types,
        "CreatedAt": detail["createdAt"],
        "UpdatedAt": detail["updatedAt"],
        "FirstObservedAt": detail["createdAt"],
        "LastObservedAt": detail["updatedAt"],
        "ProcessedAt": detail["updatedAt"],
        "AwsAccountName": "account",
        "Severity": {"Product": severity, "Label": label, "Normalized": normalized},
        "FindingProviderFields": {"Severity": {"Label": label}, "Types": types},
        "Title": detail["title"],
        "Description": detail["description"],
        "ProductFields": {
            "aws/guardduty/service/archived": "false",
            "aws/securityhub/ProductName": "GuardDuty",
            "aws/securityhub/CompanyName": "Amazon",
        },
        "Resources": [{"Type": "AwsIamAccessKey", "Id": detail["id"], "Partition": partition, "Region": region}],
        "WorkflowState": "NEW",
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
    }
    return {
        **event,
        "source": "aws.securityhub",
        "detail-type": "Security Hub Findings - Imported",
        "resources": [f"{product}/{detail['arn']}"],
        "detail": {"findings": [finding]},
    }
