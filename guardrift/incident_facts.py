"""What a plan of containment is made from: all that is asked of AWS in the minutes of an incident."""

from __future__ import annotations

from scanner.actions import DETAILS, ORGANIZATION_POLICIES, permission_of, with_what_they_need

_OF_PRINCIPALS = frozenset({
    DETAILS,
    # How long sessions of a role last, which GetAccountAuthorizationDetails does not tell.
    "iam:ListRoles",
    "iam:ListInstanceProfiles",
    # Whether a user has a password, and by which users access keys are held at all.
    "iam:GetCredentialReport",
    "iam:ListAccessKeys",
    "iam:ListServiceSpecificCredentials",
    # The quotas, and so how much room there is for a document.
    "iam:GetAccountSummary",
})  # fmt: skip

_OF_ORGANIZATION = ORGANIZATION_POLICIES | {"organizations:DescribeOrganization", "organizations:ListRoots"}

_OF_WORKLOADS = frozenset({
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplateVersions",
    # What the metadata service of instances to come answers is told by the launch, the image or the region's default.
    "ec2:DescribeImages",
    "ec2:GetInstanceMetadataDefaults",
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeLaunchConfigurations",
    "ssm:DescribeInstanceInformation",
    # The functions that are known are those that alerts reach.
    "lambda:GetFunctionConfiguration",
    "cloudwatch:DescribeAlarms",
    "sns:ListSubscriptions",
})  # fmt: skip

_OF_SIBLINGS = frozenset({"guardduty:ListDetectors"})

INCIDENT_FACTS: frozenset[str] = _OF_PRINCIPALS | _OF_ORGANIZATION | _OF_WORKLOADS | _OF_SIBLINGS
"""The API actions whose answers bear on a plan; plans made from them alone are those made from the whole account.

A few are asked in each region. What is not among them was not read, and counts as unknown.
"""

_TO_FIND_SIBLINGS = ("guardduty:ListFindings", "guardduty:GetFindings")


def permissions_to_plan() -> tuple[str, ...]:
    """The IAM actions that whoever plans an incident needs, sorted; they read, and one has a report made."""
    asked = {permission_of(api) for api in with_what_they_need(INCIDENT_FACTS)}
    return tuple(sorted((asked - {""}) | set(_TO_FIND_SIBLINGS)))
