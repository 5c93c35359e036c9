"""Every API action that a scan may make; apart from the collectors, so that reading a file does not load an SDK."""

from __future__ import annotations

import msgspec


class Action(msgspec.Struct, frozen=True):
    """An API action that a collector calls; ``api`` is its IAM name, such as ``ec2:DescribeInstances``."""

    api: str
    is_regional: bool = True


ACTIONS: tuple[Action, ...] = (
    Action("sts:GetCallerIdentity", is_regional=False),
    Action("ec2:DescribeRegions", is_regional=False),
    Action("account:ListRegions", is_regional=False),
    Action("iam:GetAccountAuthorizationDetails", is_regional=False),
    Action("iam:GenerateCredentialReport", is_regional=False),
    Action("iam:GetCredentialReport", is_regional=False),
    Action("iam:GetAccountSummary", is_regional=False),
    Action("iam:ListAccessKeys", is_regional=False),
    Action("iam:GetAccessKeyLastUsed", is_regional=False),
    Action("iam:ListInstanceProfiles", is_regional=False),
    Action("ec2:DescribeInstances"),
    Action("ec2:DescribeLaunchTemplateVersions"),
    Action("ec2:GetInstanceMetadataDefaults"),
    Action("ec2:DescribeImages"),
    Action("cloudtrail:DescribeTrails"),
    Action("cloudtrail:GetTrailStatus"),
    Action("cloudtrail:GetEventSelectors"),
    Action("guardduty:ListDetectors"),
    Action("guardduty:GetDetector"),
    Action("events:ListRules"),
    Action("events:ListTargetsByRule"),
    Action("sns:ListSubscriptions"),
)

REGIONAL: dict[str, bool] = {action.api: action.is_regional for action in ACTIONS}
"""Whether an action is asked in each region, by its name."""
