"""Trails, event data stores, log buckets, keys and query tools of the small account, as AWS answers about them.

Of every kind there is one thing with all that AWS can tell, and one with as little as it may.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.collect import faulty
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import Asked, Refusal

STRANGER = "999988887777"
AT = datetime(2026, 11, 20, 11, 55, tzinfo=UTC)
AFTER = datetime(2027, 1, 2, tzinfo=UTC)


def absent(code: str) -> Refusal:
    """How AWS says that there is none."""
    return Refusal(code, 404, "there is none")


def of(answers: dict[str, Any], member: str) -> Callable[[Asked], Any]:
    """Answers by the value of one parameter."""
    return lambda asked: answers[asked.parameters[member]]


def key_arn(region: str, name: str, account: str = ACCOUNT_ID) -> str:
    """The ARN of a KMS key."""
    return f"arn:aws:kms:{region}:{account}:key/{name}"


LOG_KEY = key_arn(OTHER, "logs")
STORE_KEY = key_arn(HOME, "store")
QUEUE_KEY = key_arn(HOME, "1")

MAIN: dict[str, Any] = {
    **faulty.MAIN,
    "IsOrganizationTrail": False,
    "KmsKeyId": LOG_KEY,
    "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{OTHER}:{ACCOUNT_ID}:log-group:trail:*",
    "CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/trail",
    "HasCustomEventSelectors": True,
    "HasInsightSelectors": True,
}
OLD: dict[str, Any] = {**faulty.OLD, "S3BucketName": "old-logs"}
_STATUSES = {
    MAIN["TrailARN"]: {
        "IsLogging": True,
        "StartLoggingTime": faulty.MADE,
        "LatestDeliveryTime": AT,
        "LatestDeliveryError": "NoSuchBucket",
        "LatestDigestDeliveryTime": AT,
        "LatestDigestDeliveryError": "AccessDenied",
        "LatestCloudWatchLogsDeliveryTime": AT,
        "LatestCloudWatchLogsDeliveryError": "The log group does not exist",
        "TimeLoggingStarted": "2025-01-02T03:04:05Z",
    },
    OLD["TrailARN"]: {"IsLogging": False, "StopLoggingTime": faulty.MADE},
}
_INSIGHTS = {
    MAIN["TrailARN"]: {
        "TrailARN": MAIN["TrailARN"],
        "InsightSelectors": [
            {"InsightType": "ApiErrorRateInsight"},
            {"InsightType": "ApiCallRateInsight", "EventCategories": ["Management", "Data"]},
        ],
    },
    OLD["TrailARN"]: absent("InsightNotEnabledException"),
}


def store_arn(region: str, name: str, account: str = ACCOUNT_ID) -> str:
    """The ARN of an event data store."""
    return f"arn:aws:cloudtrail:{region}:{account}:eventdatastore/{name}"


EVERYWHERE, PLAIN = store_arn(HOME, "everywhere"), store_arn(OTHER, "plain")
_STORES: dict[str, dict[str, Any]] = {
    EVERYWHERE: {
        "EventDataStoreArn": EVERYWHERE,
        "Name": "everywhere",
        "Status": "ENABLED",
        "AdvancedEventSelectors": [
            {
                "Name": "all but decryption",
                "FieldSelectors": [
                    {"Field": "eventCategory", "Equals": ["Management"]},
                    {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]},
                ],
            }
        ],
        "MultiRegionEnabled": True,
        "OrganizationEnabled": True,
        "RetentionPeriod": 2557,
        "TerminationProtectionEnabled": True,
        "CreatedTimestamp": faulty.MADE,
        "KmsKeyId": STORE_KEY,
        "FederationRoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/federation",
    },
    PLAIN: {"EventDataStoreArn": PLAIN, "Status": "PENDING_DELETION"},
}
_LISTED_STORES = {
    HOME: [{"EventDataStoreArn": EVERYWHERE, "Name": "everywhere"}],
    OTHER: [{"EventDataStoreArn": PLAIN}, {"EventDataStoreArn": EVERYWHERE, "Name": "everywhere"}],
}

BUCKET_POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::logs/*",
        }
    ],
}
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def _bucket(full: dict[str, Any], bare: dict[str, Any] | Refusal) -> Callable[[Asked], Any]:
    return of({"logs": full, "old-logs": bare}, "Bucket")


_LIFECYCLE = [
    {
        "ID": "all",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": 400},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3},
        "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
    },
    {"Status": "Disabled", "Filter": {"Prefix": "AWSLogs/"}, "Expiration": {"Date": AFTER}},
    {"Status": "Enabled", "Filter": {"And": {"Prefix": "tmp/", "Tags": [{"Key": "k", "Value": "v"}]}}},
]

_STORAGE: dict[str, Any] = {
    "s3control:GetPublicAccessBlock": {
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        }
    },
    "s3:ListBuckets": {
        "Buckets": [
            {"Name": "logs", "BucketRegion": OTHER, "CreationDate": faulty.MADE},
            {"Name": "old-logs", "CreationDate": faulty.MADE},
            {"Name": "payroll", "BucketRegion": HOME, "CreationDate": faulty.MADE},
        ],
        "Owner": {"DisplayName": "someone", "ID": "owner"},
    },
    "s3:GetBucketLocation": {"LocationConstraint": "EU"},
    "s3:GetBucketPolicy": _bucket({"Policy": json.dumps(BUCKET_POLICY)}, absent("NoSuchBucketPolicy")),
    "s3:GetBucketPolicyStatus": {"PolicyStatus": {"IsPublic": True}},
    "s3:GetBucketVersioning": _bucket({"Status": "Enabled", "MFADelete": "Disabled"}, {}),
    "s3:GetObjectLockConfiguration": _bucket(
        {
            "ObjectLockConfiguration": {
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}},
            }
        },
        absent("ObjectLockConfigurationNotFoundError"),
    ),
    "s3:GetPublicAccessBlock": _bucket(
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "IgnorePublicAcls": False}},
        absent("NoSuchPublicAccessBlockConfiguration"),
    ),
    "s3:GetBucketLogging": _bucket({"LoggingEnabled": {"TargetBucket": "access", "TargetPrefix": "logs/"}}, {}),
    "s3:GetBucketEncryption": _bucket(
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": "alias/logs",
                        },
                        "BucketKeyEnabled": True,
                    }
                ]
            }
        },
        absent("ServerSideEncryptionConfigurationNotFoundError"),
    ),
    "s3:GetBucketLifecycleConfiguration": _bucket(
        {"Rules": _LIFECYCLE}, absent("NoSuchLifecycleConfiguration")
    ),
    "s3:GetBucketOwnershipControls": _bucket(
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        absent("OwnershipControlsNotFoundError"),
    ),
    "s3:GetBucketAcl": {
        "Owner": {"DisplayName": "someone", "ID": "owner"},
        "Grants": [
            {
                "Grantee": {"Type": "CanonicalUser", "ID": "owner", "DisplayName": "someone"},
                "Permission": "FULL_CONTROL",
            },
            {"Grantee": {"Type": "Group", "URI": ALL_USERS}, "Permission": "READ"},
        ],
    },
}  # fmt: skip


def described(arn: str, **more: object) -> dict[str, Any]:
    """A customer's key as KMS describes it."""
    return {
        "KeyMetadata": {
            "AWSAccountId": arn.split(":")[4],
            "KeyId": arn.rpartition("/")[2],
            "Arn": arn,
            "Description": "not kept",
            "KeyManager": "CUSTOMER",
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "Origin": "AWS_KMS",
            "MultiRegion": False,
            **more,
        }
    }


KEY_POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
_KEYS = {
    LOG_KEY: described(LOG_KEY, MultiRegion=True),
    "alias/logs": described(LOG_KEY, MultiRegion=True),
    QUEUE_KEY: described(QUEUE_KEY),
    STORE_KEY: {"KeyMetadata": {"KeyId": "store", "Arn": STORE_KEY}},
}

_TABLES: dict[str, list[dict[str, Any]]] = {
    "audit": [
        {
            "Name": "trail",
            "DatabaseName": "audit",
            "StorageDescriptor": {"Location": f"s3://logs/AWSLogs/{ACCOUNT_ID}/CloudTrail/", "Columns": []},
            "PartitionKeys": [{"Name": "region", "Type": "string"}, {"Name": "day", "Type": "string"}],
            "Parameters": {"projection.enabled": "true"},
        },
        {"Name": "elsewhere", "StorageDescriptor": {"Location": "s3://logs-of-others/AWSLogs/"}},
        {"Name": "plain", "StorageDescriptor": {"Location": "s3a://old-logs"}},
        {"Name": "view", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "not kept"},
    ],
    "empty": [],
}
_WORK_GROUPS = {
    "primary": {"Name": "primary", "State": "ENABLED"},
    "response": {
        "Name": "response",
        "State": "DISABLED",
        "Description": "not kept",
        "Configuration": {
            "ResultConfiguration": {"OutputLocation": "s3://results/response/"},
            "EnforceWorkGroupConfiguration": True,
        },
    },
}

ANSWERS: dict[str, Any] = {
    "cloudtrail:DescribeTrails": lambda asked: {"trailList": [MAIN, OLD] if asked.region == HOME else [MAIN]},
    "cloudtrail:GetTrailStatus": of(_STATUSES, "Name"),
    "cloudtrail:GetEventSelectors": of(faulty.SELECTORS, "TrailName"),
    "cloudtrail:GetInsightSelectors": of(_INSIGHTS, "TrailName"),
    "cloudtrail:ListEventDataStores": lambda asked: {"EventDataStores": _LISTED_STORES[asked.region]},
    "cloudtrail:GetEventDataStore": of(_STORES, "EventDataStore"),
    **_STORAGE,
    "kms:DescribeKey": of(_KEYS, "KeyId"),
    "kms:GetKeyPolicy": {"Policy": json.dumps(KEY_POLICY), "PolicyName": "default"},
    "kms:GetKeyRotationStatus": {"KeyRotationEnabled": True, "RotationPeriodInDays": 180},
    "athena:ListWorkGroups": {
        "WorkGroups": [
            {"Name": "response", "State": "DISABLED", "Description": "not kept"},
            {"Name": "primary", "State": "ENABLED"},
        ]
    },
    "athena:GetWorkGroup": lambda asked: {"WorkGroup": _WORK_GROUPS[asked.parameters["WorkGroup"]]},
    "glue:GetDatabases": lambda asked: {
        "DatabaseList": [{"Name": "empty"}, {"Name": "audit", "Description": "not kept"}]
        if asked.region == OTHER
        else []
    },
    "glue:GetTables": lambda asked: {"TableList": _TABLES[asked.parameters["DatabaseName"]]},
}
