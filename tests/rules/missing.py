"""What an account looks like if one API action had been denied everywhere."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from scanner.inventory import Account, Gap, Region

DETAILS, REPORT = "iam:GetAccountAuthorizationDetails", "iam:GetCredentialReport"


def without(account: Account, api: str) -> Account:
    """The same account, had the action been denied; raises KeyError for an action that fills no part of it."""
    if api in _GLOBAL:
        return _GLOBAL[api](account)
    strip = _REGIONAL[api]
    return replace(account, regions=tuple(strip(region) for region in account.regions))


def _denied(api: str, region: str = "global") -> Gap:
    return Gap(api, "denied", region)


def _without_details(account: Account) -> Account:
    gap = _denied(DETAILS)
    # Keys are asked for user by user, so they go with the list of users.
    return replace(account, users=gap, groups=gap, roles=gap, policies=gap, access_keys=gap)


def _without_report(account: Account) -> Account:
    gap = _denied(REPORT)
    return replace(account, credential_report=gap, access_keys=gap)


def _without_keys(account: Account) -> Account:
    if isinstance(account.access_keys, Gap):
        return account
    gap = _denied("iam:ListAccessKeys")
    return replace(account, access_keys=tuple(replace(holder, keys=gap) for holder in account.access_keys))


def _without_last_use(account: Account) -> Account:
    if isinstance(account.access_keys, Gap):
        return account
    gap = _denied("iam:GetAccessKeyLastUsed")
    holders = [
        holder
        if isinstance(holder.keys, Gap)
        else replace(holder, keys=tuple(replace(key, last_used=gap) for key in holder.keys))
        for holder in account.access_keys
    ]
    return replace(account, access_keys=tuple(holders))


def _part(name: str, api: str) -> Callable[[Region], Region]:
    return lambda region: replace(region, **{name: _denied(api, region.name)})


def _of_trails(name: str, api: str) -> Callable[[Region], Region]:
    def strip(region: Region) -> Region:
        if isinstance(region.trails, Gap):
            return region
        gap = _denied(api, region.name)
        return replace(region, trails=tuple(replace(trail, **{name: gap}) for trail in region.trails))

    return strip


def _without_targets(region: Region) -> Region:
    if isinstance(region.event_rules, Gap):
        return region
    gap = _denied("events:ListTargetsByRule", region.name)
    return replace(region, event_rules=tuple(replace(rule, targets=gap) for rule in region.event_rules))


def _without_detail(region: Region) -> Region:
    if isinstance(region.detectors, Gap):
        return region
    gap = _denied("guardduty:GetDetector", region.name)
    return replace(region, detectors=tuple(replace(detector, detail=gap) for detector in region.detectors))


_GLOBAL: dict[str, Callable[[Account], Account]] = {
    DETAILS: _without_details,
    REPORT: _without_report,
    "iam:GenerateCredentialReport": _without_report,
    "iam:GetAccountSummary": lambda account: replace(account, summary=_denied("iam:GetAccountSummary")),
    "iam:ListAccessKeys": _without_keys,
    "iam:GetAccessKeyLastUsed": _without_last_use,
}

_REGIONAL: dict[str, Callable[[Region], Region]] = {
    "ec2:DescribeInstances": _part("instances", "ec2:DescribeInstances"),
    "ec2:DescribeLaunchTemplateVersions": _part("launch_templates", "ec2:DescribeLaunchTemplateVersions"),
    "ec2:DescribeImages": _part("images", "ec2:DescribeImages"),
    "ec2:GetInstanceMetadataDefaults": _part("imds_defaults", "ec2:GetInstanceMetadataDefaults"),
    "cloudtrail:DescribeTrails": _part("trails", "cloudtrail:DescribeTrails"),
    "cloudtrail:GetTrailStatus": _of_trails("status", "cloudtrail:GetTrailStatus"),
    "cloudtrail:GetEventSelectors": _of_trails("selectors", "cloudtrail:GetEventSelectors"),
    "events:ListRules": _part("event_rules", "events:ListRules"),
    "events:ListTargetsByRule": _without_targets,
    "guardduty:ListDetectors": _part("detectors", "guardduty:ListDetectors"),
    "guardduty:GetDetector": _without_detail,
}

APIS = (*_GLOBAL, *_REGIONAL)
"""Every action that fills a part of the account about which a rule asks."""
