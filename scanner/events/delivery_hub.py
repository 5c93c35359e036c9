"""What becomes of a GuardDuty finding, also on the way through Security Hub, which has it from GuardDuty by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.engine.declared import Declared
from scanner.events.delivery import Routes, routes
from scanner.events.delivery_places import places_of
from scanner.events.delivery_ways import together, undecided
from scanner.inventory import Account, EventRule, Gap, Region, SecurityHub, SecurityHubV2, describe

_LABELS = ((9.0, "CRITICAL"), (7.0, "HIGH"), (4.0, "MEDIUM"))


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
    if isinstance(hub, SecurityHub):
        typed = {each.arn for each in _choosing_by_type(account, region)}
        reached = tuple(each for each in here.reached if each.rule not in typed)
        yield Routes(reached, tuple(each for each in here.broken if each.rule), here.open)
        yield from _elsewhere(account, region, imported, declared)
    elif not here.is_lost:
        yield undecided(f"A rule takes findings of Security Hub; whether it is on: {describe(hub)}")
    for rule in _choosing_by_type(account, region):
        yield undecided(f"The rule {rule.name} chooses findings of Security Hub by their types")
    yield from _by_new_hub(account, region)


def _elsewhere(account: Account, region: Region, imported: Mapping[str, Any], declared: Declared) -> Iterator[Routes]:
    """Security Hub can bring the findings of all regions into one, which is not collected."""
    for other in account.regions:
        if other.name == region.name or not isinstance(other.security_hub, SecurityHub):
            continue
        if routes(account, other.name, imported, declared).is_reached:
            yield undecided(f"Whether Security Hub brings the findings of {region.name} to {other.name} is not known")


def _choosing_by_type(account: Account, region: Region) -> Iterator[EventRule]:
    """How Security Hub calls the types of GuardDuty is not documented for all of them."""
    return (rule for rule in _hub_rules(account, region) if '"Types"' in (rule.pattern or ""))


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
        if rule.state.startswith("ENABLED") and "Findings" in (rule.pattern or ""):
            yield rule


def _imported(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event of Security Hub for a finding of GuardDuty."""
    detail = event["detail"]
    partition, region, account = detail["partition"], event["region"], detail["accountId"]
    product = f"arn:{partition}:securityhub:{region}::product/aws/guardduty"
    severity = float(detail["severity"])
    finding = {
        "SchemaVersion": "2018-10-08",
        "Id": detail["arn"],
        "ProductArn": product,
        "ProductName": "GuardDuty",
        "CompanyName": "Amazon",
        "Region": region,
        "GeneratorId": detail["arn"].partition("/finding/")[0],
        "AwsAccountId": account,
        "Types": [f"TTPs/{detail['type'].partition(':')[0]}/{detail['type'].replace('/', '-')}"],
        "Severity": {
            "Product": severity,
            "Label": next((label for least, label in _LABELS if severity >= least), "LOW"),
        },
        "Title": detail["title"],
        "Description": detail["description"],
        "ProductFields": {"aws/securityhub/ProductName": "GuardDuty", "aws/securityhub/CompanyName": "Amazon"},
        "Resources": [{"Type": "AwsIamAccessKey", "Partition": partition, "Region": region}],
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
