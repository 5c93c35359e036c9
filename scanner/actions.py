"""Every API action that a scan may make, with what each presupposes; it loads no SDK, so that files are read quickly.

The names are those of the SDK: ``service:Operation``. Where IAM calls the permission differently, ``permission`` says
how (the Service Authorization Reference lists both).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Action(msgspec.Struct, frozen=True):
    """An API action that a collector calls.

    Attributes:
        api: such as ``ec2:DescribeInstances``.
        is_regional: whether every region is asked.
        after: the actions without whose answers there is nothing to ask for.
        permission: the IAM action that allows it, if it has another name; empty where none is needed.
        option: the option of a scan without which it is not called.
    """

    api: str
    is_regional: bool = True
    after: tuple[str, ...] = ()
    permission: str | None = None
    option: str | None = None


def _globally(api: str, *after: str, permission: str | None = None, option: str | None = None) -> Action:
    return Action(api, is_regional=False, after=after, permission=permission, option=option)


def _regionally(api: str, *after: str, permission: str | None = None) -> Action:
    return Action(api, after=after, permission=permission)


DETAILS = "iam:GetAccountAuthorizationDetails"
_REPORT = "iam:GetCredentialReport"
_ORGANIZATION = "organizations:DescribeOrganization"
_INSTANCES = "ec2:DescribeInstances"
_TRAILS = "cloudtrail:DescribeTrails"
_DETECTORS = "guardduty:ListDetectors"
_TARGETS = "events:ListTargetsByRule"
_BUCKETS = "s3:ListBuckets"
LAST_ACCESSED = "last-accessed"

ACTIONS: tuple[Action, ...] = (
    _globally("sts:GetCallerIdentity", permission=""),
    _globally("ec2:DescribeRegions"),
    _globally("account:ListRegions"),
    _globally(DETAILS),
    _globally("iam:ListRoles"),
    _globally("iam:GenerateCredentialReport"),
    _globally(_REPORT, "iam:GenerateCredentialReport"),
    _globally("iam:GetAccountSummary"),
    _globally("iam:GetAccountPasswordPolicy"),
    _globally("iam:ListVirtualMFADevices"),
    _globally("iam:ListServerCertificates"),
    _globally("iam:ListServiceSpecificCredentials"),
    _globally("iam:ListAccessKeys", DETAILS, _REPORT),
    _globally("iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"),
    _globally("iam:ListInstanceProfiles"),
    _globally("iam:ListSAMLProviders"),
    _globally("iam:ListOpenIDConnectProviders"),
    _globally("iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders"),
    _globally("iam:ListOrganizationsFeatures", _ORGANIZATION),
    _globally("iam:GenerateServiceLastAccessedDetails", DETAILS, option=LAST_ACCESSED),
    _globally(
        "iam:GetServiceLastAccessedDetails", "iam:GenerateServiceLastAccessedDetails", option=LAST_ACCESSED
    ),
    _globally("account:GetAlternateContact"),
    _globally("account:GetContactInformation"),
    _globally(_ORGANIZATION),
    _globally("organizations:ListRoots", _ORGANIZATION),
    _globally("organizations:ListAccounts", _ORGANIZATION),
    _globally("organizations:ListOrganizationalUnitsForParent", "organizations:ListRoots"),
    _globally(
        "organizations:ListAccountsForParent",
        "organizations:ListAccounts",
        "organizations:ListOrganizationalUnitsForParent",
    ),
    _globally("organizations:ListPolicies", "organizations:ListRoots"),
    _globally("organizations:DescribePolicy", "organizations:ListPolicies"),
    _globally("organizations:ListTargetsForPolicy", "organizations:ListPolicies"),
    _globally("organizations:DescribeEffectivePolicy", _ORGANIZATION),
    _globally("organizations:ListDelegatedAdministrators", _ORGANIZATION),
    _globally("organizations:ListDelegatedServicesForAccount", "organizations:ListDelegatedAdministrators"),
    _globally("organizations:ListAWSServiceAccessForOrganization", _ORGANIZATION),
    _globally("organizations:DescribeResourcePolicy", _ORGANIZATION),
    _globally("s3control:GetPublicAccessBlock", permission="s3:GetAccountPublicAccessBlock"),
    _globally(_BUCKETS, _TRAILS, permission="s3:ListAllMyBuckets"),
    _globally("s3:GetBucketLocation", _BUCKETS),
    _globally("s3:GetBucketPolicy", _BUCKETS),
    _globally("s3:GetBucketPolicyStatus", _BUCKETS),
    _globally("s3:GetBucketVersioning", _BUCKETS),
    _globally("s3:GetObjectLockConfiguration", _BUCKETS, permission="s3:GetBucketObjectLockConfiguration"),
    _globally("s3:GetPublicAccessBlock", _BUCKETS, permission="s3:GetBucketPublicAccessBlock"),
    _globally("s3:GetBucketLogging", _BUCKETS),
    _globally("s3:GetBucketEncryption", _BUCKETS, permission="s3:GetEncryptionConfiguration"),
    _globally("s3:GetBucketLifecycleConfiguration", _BUCKETS, permission="s3:GetLifecycleConfiguration"),
    _globally("s3:GetBucketOwnershipControls", _BUCKETS),
    _globally("s3:GetBucketAcl", _BUCKETS, "s3:GetBucketOwnershipControls"),
    _regionally(_INSTANCES),
    _regionally("ec2:DescribeLaunchTemplateVersions"),
    _regionally("ec2:GetInstanceMetadataDefaults"),
    _regionally("ec2:DescribeImages"),
    _regionally("ec2:DescribeSecurityGroups", _INSTANCES),
    _regionally("ec2:DescribeRouteTables", _INSTANCES),
    _regionally("ec2:DescribeVpcEndpoints"),
    _regionally("ec2:DescribeFlowLogs"),
    _regionally("autoscaling:DescribeAutoScalingGroups"),
    _regionally("autoscaling:DescribeLaunchConfigurations"),
    _regionally("elbv2:DescribeLoadBalancers", _INSTANCES, permission="elasticloadbalancing:DescribeLoadBalancers"),
    _regionally(
        "elbv2:DescribeTargetGroups", "elbv2:DescribeLoadBalancers",
        permission="elasticloadbalancing:DescribeTargetGroups",
    ),
    _regionally(
        "elbv2:DescribeTargetHealth", "elbv2:DescribeTargetGroups",
        permission="elasticloadbalancing:DescribeTargetHealth",
    ),
    _regionally("elb:DescribeLoadBalancers", _INSTANCES, permission="elasticloadbalancing:DescribeLoadBalancers"),
    _regionally("ssm:DescribeInstanceInformation", _INSTANCES),
    _regionally("ssm:GetServiceSetting"),
    _regionally(_TRAILS),
    _regionally("cloudtrail:GetTrailStatus", _TRAILS),
    _regionally("cloudtrail:GetEventSelectors", _TRAILS),
    _regionally("cloudtrail:GetInsightSelectors", _TRAILS),
    _regionally("cloudtrail:ListEventDataStores"),
    _regionally("cloudtrail:GetEventDataStore", "cloudtrail:ListEventDataStores"),
    _regionally(_DETECTORS),
    _regionally("guardduty:GetDetector", _DETECTORS),
    _regionally("guardduty:ListFilters", _DETECTORS),
    _regionally("guardduty:GetFilter", "guardduty:ListFilters"),
    _regionally("guardduty:ListIPSets", _DETECTORS),
    _regionally("guardduty:GetIPSet", "guardduty:ListIPSets"),
    _regionally("guardduty:ListTrustedEntitySets", _DETECTORS),
    _regionally("guardduty:GetTrustedEntitySet", "guardduty:ListTrustedEntitySets"),
    _regionally("guardduty:ListThreatIntelSets", _DETECTORS),
    _regionally("guardduty:GetThreatIntelSet", "guardduty:ListThreatIntelSets"),
    _regionally("guardduty:ListThreatEntitySets", _DETECTORS),
    _regionally("guardduty:GetThreatEntitySet", "guardduty:ListThreatEntitySets"),
    _regionally("guardduty:ListPublishingDestinations", _DETECTORS),
    _regionally("guardduty:GetAdministratorAccount", _DETECTORS),
    _regionally("guardduty:ListMembers", "guardduty:GetAdministratorAccount"),
    _regionally("guardduty:DescribeOrganizationConfiguration", "guardduty:ListMembers", _ORGANIZATION),
    _regionally("guardduty:ListOrganizationAdminAccounts", _ORGANIZATION),
    _regionally("guardduty:ListFindings", _DETECTORS),
    _regionally("guardduty:GetFindings", "guardduty:ListFindings"),
    _regionally("accessanalyzer:ListAnalyzers", permission="access-analyzer:ListAnalyzers"),
    _regionally("config:DescribeConfigurationRecorders"),
    _regionally("config:DescribeConfigurationRecorderStatus"),
    _regionally("config:DescribeDeliveryChannels"),
    _regionally("config:DescribeConfigurationAggregators"),
    _regionally("securityhub:DescribeHub"),
    _regionally("securityhub:DescribeSecurityHubV2"),
    _regionally("securityhub:GetEnabledStandards", "securityhub:DescribeHub"),
    _regionally("events:ListEventBuses"),
    _regionally("events:ListRules", "events:ListEventBuses"),
    _regionally(_TARGETS, "events:ListRules"),
    _regionally("sns:ListSubscriptions"),
    _regionally("sns:GetSubscriptionAttributes", "sns:ListSubscriptions", _TARGETS),
    _regionally("sns:GetTopicAttributes", _TARGETS),
    _regionally("lambda:GetFunctionConfiguration", _TARGETS),
    _regionally("lambda:GetFunctionConcurrency", _TARGETS),
    _regionally("lambda:GetPolicy", _TARGETS),
    _regionally("sqs:GetQueueAttributes", _TARGETS),
    _regionally("cloudwatch:DescribeAlarms"),
    _regionally("logs:DescribeMetricFilters"),
    _regionally("kms:DescribeKey", _TRAILS),
    _regionally("kms:GetKeyPolicy", "kms:DescribeKey"),
    _regionally("kms:GetKeyRotationStatus", "kms:DescribeKey"),
    _regionally("athena:ListWorkGroups", _TRAILS),
    _regionally("athena:GetWorkGroup", "athena:ListWorkGroups"),
    _regionally("glue:GetDatabases", _TRAILS),
    _regionally("glue:GetTables", "glue:GetDatabases"),
)  # fmt: skip

BY_API: dict[str, Action] = {action.api: action for action in ACTIONS}

REGIONAL: dict[str, bool] = {action.api: action.is_regional for action in ACTIONS}
"""Whether an action is asked in each region, by its name."""


IDENTITY: frozenset[str] = frozenset({
    DETAILS, "iam:GetCredentialReport", "iam:GetAccountSummary", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed",
    "iam:ListInstanceProfiles",
})  # fmt: skip
"""What matters where only principals and their credentials do."""


ORGANIZATION_POLICIES: frozenset[str] = frozenset({
    "organizations:ListAccounts", "organizations:ListAccountsForParent", "organizations:DescribePolicy",
    "organizations:ListTargetsForPolicy",
})  # fmt: skip
"""What tells which policies of the organization are in force for an account."""


_REGIONS = ("ec2:DescribeRegions", "account:ListRegions")


def permission_of(api: str) -> str:
    """The IAM action that allows an API action; empty where none is needed."""
    action = BY_API.get(api)
    return api if action is None or action.permission is None else action.permission


def all_but_options(*options: str) -> frozenset[str]:
    """Every action, of those that belong to an option only the given ones."""
    return frozenset(action.api for action in ACTIONS if action.option is None or action.option in options)


def with_what_they_need(apis: Iterable[str]) -> frozenset[str]:
    """The actions, and every one whose answer says what to ask them for; raises ``KeyError`` for an unknown one."""
    found: set[str] = set()
    waiting = list(apis)
    while waiting:
        api = waiting.pop()
        if api not in found:
            found.add(api)
            waiting += BY_API[api].after
    if _REGIONS[0] in found or any(REGIONAL[api] for api in found):
        found |= set(_REGIONS)
    return frozenset(found | {"sts:GetCallerIdentity"})
