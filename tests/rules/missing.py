"""What an account looks like if one API action had been denied everywhere."""

from __future__ import annotations

import typing
from collections.abc import Set
from functools import cache

import msgspec
from msgspec.structs import replace

from scanner.actions import ACTIONS, BY_API
from scanner.inventory import Account, Gap, Region

_NAMED: dict[str, str] = {
    "AccessKey.last_used": "iam:GetAccessKeyLastUsed",
    "DelegatedAdministrator.services": "organizations:ListDelegatedServicesForAccount",
    "Detector.detail": "guardduty:GetDetector",
    "EventDataStore.detail": "cloudtrail:GetEventDataStore",
    "EventRule.targets": "events:ListTargetsByRule",
    "FindingFilter.detail": "guardduty:GetFilter",
    "Function.concurrency": "lambda:GetFunctionConcurrency",
    "Function.detail": "lambda:GetFunctionConfiguration",
    "Function.policy": "lambda:GetPolicy",
    "KmsKey.detail": "kms:DescribeKey",
    "KmsKey.policy": "kms:GetKeyPolicy",
    "KmsKey.rotation": "kms:GetKeyRotationStatus",
    "LastAccessed.services": "iam:GetServiceLastAccessedDetails",
    "LogBucket.bucket": "s3:GetBucketLocation",
    "OidcProvider.detail": "iam:GetOpenIDConnectProvider",
    "OrganizationPolicy.content": "organizations:DescribePolicy",
    "OrganizationPolicy.targets": "organizations:ListTargetsForPolicy",
    "OrganizationTree.units": "organizations:ListOrganizationalUnitsForParent",
    "Queue.detail": "sqs:GetQueueAttributes",
    "QueryTools.tables": "glue:GetTables",
    "QueryTools.work_groups": "athena:ListWorkGroups",
    "Subscription.settings": "sns:GetSubscriptionAttributes",
    "TargetGroup.targets": "elbv2:DescribeTargetHealth",
    "Topic.detail": "sns:GetTopicAttributes",
    "Trail.selectors": "cloudtrail:GetEventSelectors",
    "Trail.status": "cloudtrail:GetTrailStatus",
    "UserKeys.keys": "iam:ListAccessKeys",
    "WorkGroup.detail": "athena:GetWorkGroup",
    "threat_entities.detail": "guardduty:GetThreatEntitySet",
    "threat_ips.detail": "guardduty:GetThreatIntelSet",
    "trusted_entities.detail": "guardduty:GetTrustedEntitySet",
    "trusted_ips.detail": "guardduty:GetIPSet",
}
"""The action that fills a part, where the default of the part does not say it; by type or by the part it lies in."""

_REGIONS = "ec2:DescribeRegions"

_WITH = {
    "guardduty:GetFindings": "guardduty:ListFindings",
    "organizations:ListAccountsForParent": "organizations:ListAccounts",
}
"""Actions that fill a part together with another one, which is named by the part."""


def without(account: Account, api: str) -> Account:
    """The same account, had the action been denied; raises KeyError for an action that does not exist.

    What the collectors would then not have asked for is missing too, since nothing said what to ask.
    """
    if api == _REGIONS:
        return replace(account, regions=(), other_regions=Gap(api, "denied", "*"))
    gone = {action.api for action in ACTIONS if api in _needed(action.api)} | {_WITH.get(BY_API[api].api, api)}
    stripped = _stripped(account, gone, "global", "")
    if not isinstance(stripped, Account):
        raise TypeError
    return stripped


@cache
def _needed(api: str) -> frozenset[str]:
    found = {api}
    for other in BY_API[api].after:
        found |= _needed(other)
    return frozenset(found)


def _stripped(value: object, gone: Set[str], region: str, within: str) -> object:
    if isinstance(value, tuple):
        return tuple(_stripped(each, gone, region, within) for each in value)
    if not isinstance(value, msgspec.Struct) or isinstance(value, Gap):
        return value
    if isinstance(value, Region):
        region = value.name
    found: dict[str, object] = {}
    for name, sources in _sources(type(value)).items():
        held = getattr(value, name)
        source = sources.get(within, sources.get("", ""))
        if source in gone and not isinstance(held, Gap):
            found[name] = Gap(source, "denied", region)
        else:
            found[name] = _stripped(held, gone, region, name)
    return replace(value, **found)


@cache
def _sources(kind: type[msgspec.Struct]) -> dict[str, dict[str, str]]:
    """For each field of a type the action that fills it, by the field that the value lies in if that matters."""
    found: dict[str, dict[str, str]] = {}
    for field in msgspec.structs.fields(kind):
        found[field.name] = {}
        if isinstance(field.default, Gap):
            found[field.name][""] = field.default.api
        for place, api in _NAMED.items():
            owner, _, name = place.partition(".")
            if name == field.name and owner == kind.__name__:
                found[field.name][""] = api
            elif name == field.name and owner.islower() and kind.__name__ == "FindingSet":
                found[field.name][owner] = api
    return found


def _all_sources(kind: type[msgspec.Struct], seen: set[type]) -> set[str]:
    if kind in seen:
        return set()
    seen.add(kind)
    found = {api for sources in _sources(kind).values() for api in sources.values()}
    for hint in typing.get_type_hints(kind).values():
        for part in _parts(hint):
            if isinstance(part, type) and issubclass(part, msgspec.Struct) and part is not Gap:
                found |= _all_sources(part, seen)
    return found


def _parts(hint: object) -> list[object]:
    return [hint, *(part for each in typing.get_args(hint) for part in _parts(each))]


_FILLING = _all_sources(Account, set())

APIS = (
    _REGIONS,
    *(
        action.api
        for action in ACTIONS
        if action.api in _WITH or any(action.api in _needed(source) for source in _FILLING)
    ),
)
"""Every action on which some part of the account depends."""
