"""Every API action that a scan may make, declared by the collectors that make them."""

from __future__ import annotations

from scanner.collect import alerts, cloudtrail, ec2, guardduty, iam
from scanner.collect.reader import Action

ACTIONS: tuple[Action, ...] = (
    Action("sts:GetCallerIdentity", is_regional=False),
    Action("ec2:DescribeRegions", is_regional=False),
    Action("account:ListRegions", is_regional=False),
    *iam.ACTIONS,
    *ec2.ACTIONS,
    *cloudtrail.ACTIONS,
    *guardduty.ACTIONS,
    *alerts.ACTIONS,
)

REGIONAL: dict[str, bool] = {action.api: action.is_regional for action in ACTIONS}
"""Whether an action is asked in each region, by its name."""
