"""A small account in which much fails and much passes, as AWS answers about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.collect.stand_in import Asked

ACCOUNT_ID = "111122223333"
HOME = "eu-west-1"
OTHER = "us-east-1"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MADE = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def document(*others: object, **statement: object) -> str:
    """A policy document, URL-encoded as IAM sends it: one Allow statement, then whatever else is given whole."""
    return quote(json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}, *others]}))


def trusts(principal: object) -> str:
    """A trust policy that admits one principal."""
    return document(Principal=principal, Action="sts:AssumeRole")


ADMINISTRATOR = document(Action="*", Resource="*")
READER = document(Action="s3:Get*", Resource="*")


def iam_arn(rest: str) -> str:
    """The ARN of something of IAM in the account."""
    return f"arn:aws:iam::{ACCOUNT_ID}:{rest}"


QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
_REVOKED = {"DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}
_GITHUB = iam_arn("oidc-provider/token.actions.githubusercontent.com")

# A role with every fault of a trust policy, and with rights that let it escalate, hide and stay.
WIDE_TRUST = document(
    {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithSAML",
        "Principal": {"Federated": iam_arn("saml-provider/people")},
    },
    {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": _GITHUB}},
    Action="sts:AssumeRole",
    Principal={"AWS": [iam_arn("role/wide"), "AROAEXAMPLEEXAMPLE123"]},
)
WIDE = document(
    {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": _REVOKED},
    Action=["sqs:*", "cloudtrail:StopLogging", "iam:PutRolePolicy"],
    Resource="*",
)


def _principal(kind: str, name: str, **more: object) -> dict[str, Any]:
    path = str(more.pop("path", "/"))
    return {
        f"{kind}Name": name,
        "Arn": iam_arn(f"{kind.lower()}{path}{name}"),
        f"{kind}Id": f"AID{name.upper()}",
        "Path": path,
        "CreateDate": MADE,
        **({"RoleLastUsed": {}} if kind == "Role" else {}),
        **more,
    }


DETAILS: dict[str, Any] = {
    "IsTruncated": False,
    "UserDetailList": [
        _principal(
            "User",
            "root-like",
            GroupList=["staff"],
            UserPolicyList=[{"PolicyName": "all", "PolicyDocument": ADMINISTRATOR}],
            PermissionsBoundary={"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": iam_arn("policy/cap")},
            Tags=[{"Key": "team", "Value": "ops"}],
        ),
        _principal("User", "ci", GroupList=[]),
        _principal(
            "User",
            "batch",
            AttachedManagedPolicies=[{"PolicyName": QUARANTINE.rpartition("/")[2], "PolicyArn": QUARANTINE}],
        ),
        _principal("User", "newcomer"),
        _principal("User", "ann", AttachedManagedPolicies=[{"PolicyName": "cap", "PolicyArn": iam_arn("policy/cap")}]),
    ],
    "GroupDetailList": [
        _principal("Group", "staff", GroupPolicyList=[{"PolicyName": "read", "PolicyDocument": READER}])
    ],
    "RoleDetailList": [
        _principal("Role", "open", AssumeRolePolicyDocument=trusts("*")),
        _principal(
            "Role",
            "chief",
            AssumeRolePolicyDocument=trusts({"Service": "ec2.amazonaws.com"}),
            RolePolicyList=[{"PolicyName": "all", "PolicyDocument": ADMINISTRATOR}],
        ),
        _principal(
            "Role",
            "wide",
            AssumeRolePolicyDocument=WIDE_TRUST,
            RolePolicyList=[{"PolicyName": "wide", "PolicyDocument": WIDE}],
        ),
        _principal("Role", "vendor", AssumeRolePolicyDocument=trusts({"AWS": "arn:aws:iam::999988887777:root"})),
        _principal(
            "Role",
            "app",
            path="/service/",
            AssumeRolePolicyDocument=trusts({"Service": "ec2.amazonaws.com"}),
            AttachedManagedPolicies=[{"PolicyName": "AWSDenyAll", "PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"}],
            RolePolicyList=[{"PolicyName": "read", "PolicyDocument": READER}],
            InstanceProfileList=[{"InstanceProfileName": "app", "Arn": iam_arn("instance-profile/app")}],
            RoleLastUsed={"LastUsedDate": datetime(2026, 11, 19, tzinfo=UTC), "Region": HOME},
        ),
    ],
    "Policies": [
        {
            "Arn": iam_arn("policy/cap"),
            "DefaultVersionId": "v2",
            "AttachmentCount": 1,
            "PermissionsBoundaryUsageCount": 1,
            "PolicyVersionList": [
                {"VersionId": "v2", "IsDefaultVersion": True, "Document": ADMINISTRATOR, "CreateDate": MADE},
                {"VersionId": "v1", "IsDefaultVersion": False, "Document": READER, "CreateDate": MADE},
            ],
        },
        {"Arn": "arn:aws:iam::aws:policy/AWSDenyAll", "PolicyVersionList": []},
        {"Arn": "arn:aws:iam::aws:policy/NobodyHasIt", "PolicyVersionList": []},
    ],
}

COLUMNS = (
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
    "mfa_active", "access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date",
    "access_key_1_last_used_region", "access_key_1_last_used_service", "access_key_2_active",
    "access_key_2_last_rotated", "access_key_2_last_used_date", "access_key_2_last_used_region",
    "access_key_2_last_used_service",
)  # fmt: skip


def report_of(*rows: str) -> bytes:
    """A credential report as CSV; missing columns at the end of a row are filled up with ``N/A``."""
    lines = [row.split(",") for row in rows]
    return "\n".join(
        [",".join(COLUMNS), *(",".join(line + ["N/A"] * (len(COLUMNS) - len(line))) for line in lines)]
    ).encode()


_MADE = "2025-01-02T03:04:05+00:00"
_USED = "2026-11-01T00:00:00+00:00"
REPORT = report_of(
    f"<root_account>,{iam_arn('root')},{_MADE},not_supported,no_information,not_supported,true,false",
    f"root-like,{iam_arn('user/root-like')},{_MADE},true,{_USED},{_MADE},false,false",
    f"ci,{iam_arn('user/ci')},{_MADE},false,N/A,N/A,false,true,{_MADE},{_USED},eu-west-1,s3,false,2025-06-01T00:00:00Z",
    f"batch,{iam_arn('user/batch')},{_MADE},false,N/A,N/A,false,true,{_MADE},N/A",
    f"ann,{iam_arn('user/ann')},{_MADE},true,no_information,{_MADE},true,false",
)


def _key(user: str, number: int, status: str = "Active", created: datetime = MADE) -> dict[str, Any]:
    return {
        "UserName": user,
        "AccessKeyId": f"AKIA{user.upper():0<15}{number}",
        "Status": status,
        "CreateDate": created,
    }


KEYS: dict[str, list[dict[str, Any]]] = {
    "ci": [_key("ci", 2, "Inactive", datetime(2025, 6, 1, tzinfo=UTC)), _key("ci", 1)],
    "batch": [_key("batch", 1)],
    "newcomer": [_key("newcomer", 1, created=datetime(2026, 9, 1, tzinfo=UTC))],
}

_INSTANCES = {
    HOME: [
        {
            "InstanceId": "i-bad",
            "State": {"Code": 16, "Name": "running"},
            "ImageId": "ami-1",
            "LaunchTime": MADE,
            "IamInstanceProfile": {"Arn": iam_arn("instance-profile/app"), "Id": "AIP"},
            "MetadataOptions": {
                "State": "applied",
                "HttpTokens": "optional",
                "HttpEndpoint": "enabled",
                "HttpPutResponseHopLimit": 2,
                "HttpProtocolIpv6": "disabled",
                "InstanceMetadataTags": "disabled",
            },
        }
    ],
    OTHER: [
        {"InstanceId": "i-good", "State": {"Name": "stopped"}, "MetadataOptions": {"HttpTokens": "required"}},
    ],
}

_TEMPLATES = {
    HOME: [
        {
            "LaunchTemplateId": "lt-image",
            "LaunchTemplateName": "by-image",
            "VersionNumber": 3,
            "DefaultVersion": True,
            "LaunchTemplateData": {"ImageId": "ami-2", "IamInstanceProfile": {"Name": "app"}},
        },
        {
            "LaunchTemplateId": "lt-bad",
            "LaunchTemplateName": "bad",
            "VersionNumber": 1,
            "DefaultVersion": True,
            "LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "optional"}},
        },
        {
            "LaunchTemplateId": "lt-bad",
            "LaunchTemplateName": "bad",
            "VersionNumber": 2,
            "DefaultVersion": False,
            "LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "required"}},
        },
    ],
    OTHER: [],
}

MAIN: dict[str, Any] = {
    "Name": "main",
    "TrailARN": f"arn:aws:cloudtrail:{OTHER}:{ACCOUNT_ID}:trail/main",
    "HomeRegion": OTHER,
    "S3BucketName": "logs",
    "IsMultiRegionTrail": True,
    "LogFileValidationEnabled": True,
}
OLD: dict[str, Any] = {
    "Name": "old",
    "TrailARN": f"arn:aws:cloudtrail:{HOME}:{ACCOUNT_ID}:trail/old",
    "HomeRegion": HOME,
    "IsMultiRegionTrail": False,
}
STATUSES: dict[str, dict[str, Any]] = {
    MAIN["TrailARN"]: {"IsLogging": True, "LatestDeliveryError": "NoSuchBucket", "StartLoggingTime": MADE},
    OLD["TrailARN"]: {"IsLogging": False, "StopLoggingTime": MADE, "LatestDeliveryTime": MADE},
}
SELECTORS: dict[str, dict[str, Any]] = {
    MAIN["TrailARN"]: {
        "EventSelectors": [
            {
                "ReadWriteType": "WriteOnly",
                "IncludeManagementEvents": True,
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
            }
        ]
    },
    OLD["TrailARN"]: {
        "AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]
    },
}

_RULE = f"arn:aws:events:{HOME}:{ACCOUNT_ID}:rule/alarm"
_TOPIC = f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:alarms"

ANSWERS: dict[str, Any] = {
    "sts:GetCallerIdentity": {
        "Account": ACCOUNT_ID,
        "Arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/scanner/night",
        "UserId": "AROA:night",
    },
    "ec2:DescribeRegions": {
        "Regions": [
            {"RegionName": OTHER, "OptInStatus": "opt-in-not-required"},
            {"RegionName": HOME, "OptInStatus": "opted-in"},
            {"RegionName": "me-south-1", "OptInStatus": "not-opted-in"},
        ]
    },
    "account:ListRegions": {
        "Regions": [
            {"RegionName": OTHER, "RegionOptStatus": "ENABLED_BY_DEFAULT"},
            {"RegionName": HOME, "RegionOptStatus": "ENABLED"},
        ]
    },
    "iam:GetAccountAuthorizationDetails": DETAILS,
    "iam:GenerateCredentialReport": {"State": "COMPLETE"},
    "iam:GetCredentialReport": {"Content": REPORT, "ReportFormat": "text/csv", "GeneratedTime": NOW},
    "iam:GetAccountSummary": {"SummaryMap": {"Users": 5, "AccountAccessKeysPresent": 1}},
    "iam:ListInstanceProfiles": {
        "IsTruncated": False,
        "InstanceProfiles": [
            {
                "InstanceProfileName": "app",
                "Arn": iam_arn("instance-profile/app"),
                "Roles": [{"RoleName": "app"}],
            }
        ],
    },
    "iam:ListAccessKeys": lambda asked: {
        "IsTruncated": False,
        "AccessKeyMetadata": KEYS[asked.parameters["UserName"]],
    },
    "iam:GetAccessKeyLastUsed": {
        "AccessKeyLastUsed": {
            "LastUsedDate": datetime(2026, 11, 20, 11, 30, tzinfo=UTC),
            "ServiceName": "sts",
            "Region": "us-east-1",
        }
    },
    "ec2:DescribeInstances": lambda asked: {
        "Reservations": [{"OwnerId": ACCOUNT_ID, "Instances": _INSTANCES[asked.region]}]
    },
    "ec2:DescribeLaunchTemplateVersions": lambda asked: {"LaunchTemplateVersions": _TEMPLATES[asked.region]},
    "ec2:GetInstanceMetadataDefaults": lambda asked: {
        "AccountLevel": {"HttpTokens": "required", "HttpTokensEnforced": "enabled", "ManagedBy": "account"}
        if asked.region == OTHER
        else {}
    },
    "ec2:DescribeImages": {"Images": [{"ImageId": "ami-2", "ImdsSupport": "v2.0"}]},
    "cloudtrail:DescribeTrails": lambda asked: {"trailList": [MAIN, OLD] if asked.region == HOME else [MAIN]},
    "cloudtrail:GetTrailStatus": lambda asked: STATUSES[asked.parameters["Name"]],
    "cloudtrail:GetEventSelectors": lambda asked: SELECTORS[asked.parameters["TrailName"]],
    "guardduty:ListDetectors": lambda asked: {"DetectorIds": ["d1"] if asked.region == HOME else []},
    "guardduty:GetDetector": {
        "Status": "ENABLED",
        "FindingPublishingFrequency": "SIX_HOURS",
        "Features": [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}, {"Name": "CLOUD_TRAIL", "Status": "ENABLED"}],
    },
    "events:ListRules": lambda asked: {
        "Rules": [{"Name": "alarm", "Arn": _RULE, "State": "ENABLED", "EventPattern": '{"source": ["aws.guardduty"]}'}]
        if asked.region == HOME
        else []
    },
    "events:ListTargetsByRule": {
        "Targets": [{"Id": "sns", "Arn": _TOPIC, "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{HOME}:{ACCOUNT_ID}:dead"}}]
    },
    "sns:ListSubscriptions": lambda asked: {
        "Subscriptions": [
            {
                "TopicArn": _TOPIC,
                "Protocol": "email",
                "Endpoint": "night.watch@example.com",
                "SubscriptionArn": f"{_TOPIC}:1",
            },
            {
                "TopicArn": _TOPIC,
                "Protocol": "https",
                "Endpoint": "https://hooks.example.com/x",
                "SubscriptionArn": "PendingConfirmation",
            },
        ]
        if asked.region == HOME
        else []
    },
}


def page_number(asked: Asked, name: str) -> int:
    """The number of the page that a request asks for, where the tokens are numbers."""
    return int(asked.parameters.get(name, 0))
