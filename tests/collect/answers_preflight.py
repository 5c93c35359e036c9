"""What AWS answers to the questions of a preflight, in an account that has one of everything, and in an empty one."""

from __future__ import annotations

from typing import Any

from scanner.actions import ACTIONS
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import Asked, Refusal

DRY = Refusal("DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set.")
KEY = "11111111-2222-3333-4444-555555555555"


def arn(service: str, region: str, rest: str, account: str = ACCOUNT_ID) -> str:
    """The ARN of something."""
    return f"arn:aws:{service}:{region}:{account}:{rest}"


def refused(permission: str, reason: str = "because no identity-based policy allows the {} action") -> Refusal:
    """How AWS refuses what a policy does not allow."""
    caller = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/scanner/night"
    said = f"User: {caller} is not authorized to perform: {permission} on resource: * {reason.format(permission)}"
    return Refusal("AccessDeniedException", 403, said)


_NOT_FOUND: dict[str, str] = {
    "iam:ListAccessKeys": "NoSuchEntity",
    "iam:GetAccessKeyLastUsed": "AccessDenied",
    "iam:GetOpenIDConnectProvider": "NoSuchEntity",
    "iam:GenerateServiceLastAccessedDetails": "NoSuchEntity",
    "iam:GetServiceLastAccessedDetails": "NoSuchEntity",
    "iam:GetCredentialReport": "ReportNotPresent",
    "iam:GetAccountPasswordPolicy": "NoSuchEntity",
    "account:GetAlternateContact": "ResourceNotFoundException",
    "organizations:DescribeOrganization": "AWSOrganizationsNotInUseException",
    "s3control:GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "elbv2:DescribeTargetHealth": "TargetGroupNotFound",
    "cloudtrail:GetTrailStatus": "TrailNotFoundException",
    "cloudtrail:GetEventSelectors": "TrailNotFoundException",
    "cloudtrail:GetInsightSelectors": "TrailNotFoundException",
    "cloudtrail:GetEventDataStore": "EventDataStoreNotFoundException",
    "securityhub:DescribeHub": "InvalidAccessException",
    "securityhub:DescribeSecurityHubV2": "ResourceNotFoundException",
    "securityhub:GetEnabledStandards": "InvalidAccessException",
    "events:ListTargetsByRule": "ResourceNotFoundException",
    "sns:GetSubscriptionAttributes": "NotFound",
    "sns:GetTopicAttributes": "NotFound",
    "lambda:GetFunctionConfiguration": "ResourceNotFoundException",
    "lambda:GetFunctionConcurrency": "ResourceNotFoundException",
    "lambda:GetPolicy": "ResourceNotFoundException",
    "sqs:GetQueueAttributes": "AWS.SimpleQueueService.NonExistentQueue",
    "kms:DescribeKey": "NotFoundException",
    "kms:GetKeyPolicy": "NotFoundException",
    "kms:GetKeyRotationStatus": "NotFoundException",
    "glue:GetTables": "EntityNotFoundException",
}
"""The error codes of AWS about what an empty account does not have."""

_LISTS = {
    "iam:ListOpenIDConnectProviders",
    "guardduty:ListDetectors",
    "guardduty:ListOrganizationAdminAccounts",
}


def _empty(api: str) -> Any:
    service = api.partition(":")[0]
    if api in _NOT_FOUND:
        status = 403 if _NOT_FOUND[api] == "AccessDenied" else 404
        return Refusal(_NOT_FOUND[api], status, "there is none")
    if service == "ec2" and api != "ec2:DescribeRegions":
        return DRY
    if service == "guardduty" and api not in _LISTS:
        return Refusal("BadRequestException", 400, "the input detectorId is not owned by the current account.")
    return {}


_REGIONS = {"Regions": [{"RegionName": name, "OptInStatus": "opted-in"} for name in (HOME, OTHER)]}
_CALLER = {
    "Account": ACCOUNT_ID,
    "Arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/scanner/night",
    "UserId": "AROA:night",
}

EMPTY: dict[str, Any] = {
    **{action.api: _empty(action.api) for action in ACTIONS},
    "sts:GetCallerIdentity": _CALLER,
    "ec2:DescribeRegions": _REGIONS,
    "account:ListRegions": {"Regions": [{"RegionName": name} for name in (HOME, OTHER)]},
}
"""An account without anything in it, in no organization."""


def _trails(asked: Asked) -> dict[str, Any]:
    foreign = {
        "TrailARN": arn("cloudtrail", HOME, "trail/org", "999988887777"),
        "S3BucketName": "elsewhere",
        "KmsKeyId": arn("kms", HOME, f"key/{KEY}", "999988887777"),
    }
    own = {
        "TrailARN": arn("cloudtrail", HOME, "trail/main"),
        "S3BucketName": "logs",
        "KmsKeyId": arn("kms", HOME, f"key/{KEY}"),
    }
    return {"trailList": [own, foreign] if asked.region == HOME else [foreign, own]}


def _subscriptions(asked: Asked) -> dict[str, Any]:
    topic = arn("sns", asked.region, "alarms")
    foreign = arn("sns", asked.region, "news", "999988887777")
    return {
        "Subscriptions": [
            {"SubscriptionArn": "PendingConfirmation", "TopicArn": foreign},
            {"SubscriptionArn": f"{topic}:{KEY}", "TopicArn": topic},
        ]
    }


FULL: dict[str, Any] = {
    **{api: {} if isinstance(answer, Refusal) and answer is not DRY else answer for api, answer in EMPTY.items()},
    "iam:GetAccountAuthorizationDetails": {"UserDetailList": [{"UserName": "ann"}], "IsTruncated": True},
    "iam:ListAccessKeys": {"AccessKeyMetadata": [{"AccessKeyId": "AKIAANN0000000000001"}]},
    "iam:ListOpenIDConnectProviders": {
        "OpenIDConnectProviderList": [{"Arn": arn("iam", "", "oidc-provider/token.example.com")}]
    },
    "organizations:DescribeOrganization": {
        "Organization": {"Id": "o-1", "MasterAccountId": ACCOUNT_ID, "FeatureSet": "ALL"}
    },
    "organizations:ListRoots": {"Roots": [{"Id": "r-real"}]},
    "s3:ListBuckets": {
        "Buckets": [
            {"Name": "aaa", "BucketRegion": OTHER},
            {"Name": "logs", "BucketRegion": HOME},
            {"Name": "zzz", "BucketRegion": OTHER},
        ]
    },
    "cloudtrail:DescribeTrails": _trails,
    "cloudtrail:ListEventDataStores": lambda asked: {
        "EventDataStores": [{"EventDataStoreArn": arn("cloudtrail", asked.region, f"eventdatastore/{KEY}")}]
    },
    "guardduty:ListDetectors": {"DetectorIds": ["d" * 32]},
    "elbv2:DescribeTargetGroups": lambda asked: {
        "TargetGroups": [{"TargetGroupArn": arn("elasticloadbalancing", asked.region, "targetgroup/web/1")}]
    },
    "events:ListRules": {"Rules": [{"Name": "alarm"}]},
    "sns:ListSubscriptions": _subscriptions,
    "glue:GetDatabases": {"DatabaseList": [{"Name": "logs"}]},
}
"""The management account of an organization, with something of every kind."""
