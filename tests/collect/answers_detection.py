"""What the services that watch answer: GuardDuty, Access Analyzer, Config, Security Hub."""

from __future__ import annotations

from typing import Any

from tests.collect.faulty import ACCOUNT_ID, HOME
from tests.collect.stand_in import Asked, Refusal

NOT_SUBSCRIBED = Refusal("InvalidAccessException", 401, f"Account {ACCOUNT_ID} is not subscribed to AWS Security Hub")
NO_SUCH_HUB = Refusal("ResourceNotFoundException", 404, "no hub")

DETECTOR: dict[str, Any] = {
    "Status": "ENABLED",
    "ServiceRole": f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/guardduty.amazonaws.com/GuardDuty",
    "FindingPublishingFrequency": "SIX_HOURS",
    "Features": [
        {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"},
        {"Name": "CLOUD_TRAIL", "Status": "ENABLED"},
        {
            "Name": "RUNTIME_MONITORING",
            "Status": "DISABLED",
            "AdditionalConfiguration": [
                {"Name": "EKS_ADDON_MANAGEMENT", "Status": "ENABLED"},
                {"Name": "ECS_FARGATE_AGENT_MANAGEMENT", "Status": "DISABLED"},
                {"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"},
            ],
        },
    ],
}

FILTERS: dict[str, dict[str, Any]] = {
    "quiet": {
        "Name": "quiet",
        "Action": "ARCHIVE",
        "Rank": 1,
        "FindingCriteria": {
            "Criterion": {"type": {"Equals": ["Recon:EC2/Portscan"]}, "severity": {"LessThanOrEqual": 4}}
        },
    },
    "view": {"Name": "view", "Action": "NOOP", "FindingCriteria": {}},
}

SETS: dict[str, dict[str, Any]] = {
    "office": {
        "Name": "office",
        "Status": "ACTIVE",
        "Format": "TXT",
        "Location": "s3://lists/office.txt",
        "Tags": {"owner": "somebody"},
    },
    "old": {"Name": "old", "Status": "INACTIVE"},
}

FINDINGS: list[dict[str, Any]] = [
    {
        "Id": "f2",
        "Type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        "Severity": 8,
        "AccountId": ACCOUNT_ID,
        "Title": "Credentials were used from 198.51.100.7",
        "UpdatedAt": "2026-11-19T10:20:30.456Z",
        "Resource": {
            "ResourceType": "AccessKey",
            "AccessKeyDetails": {"AccessKeyId": "ASIAEXAMPLE", "UserName": "app", "PrincipalId": "AROAEXAMPLE:i-1"},
            "InstanceDetails": {"InstanceId": "i-1"},
        },
    },
    {
        "Id": "f1",
        "Type": "Discovery:S3/AnomalousBehavior",
        "Severity": 7.5,
        "Resource": {"ResourceType": "S3Bucket", "S3BucketDetails": [{"Name": "logs"}, {"Name": "more"}]},
    },
    {"Id": "f3", "Type": "AttackSequence:IAM/CompromisedCredentials", "Severity": 9.0},
]


def _set(asked: Asked) -> dict[str, Any]:
    (name,) = (value for member, value in asked.parameters.items() if member != "DetectorId")
    return SETS[name]


ANSWERS: dict[str, Any] = {
    "guardduty:ListDetectors": lambda asked: {"DetectorIds": ["d1"] if asked.region == HOME else []},
    "guardduty:GetDetector": DETECTOR,
    "guardduty:ListFilters": {"FilterNames": ["view", "quiet"]},
    "guardduty:GetFilter": lambda asked: FILTERS[asked.parameters["FilterName"]],
    "guardduty:ListIPSets": {"IpSetIds": ["old", "office"]},
    "guardduty:GetIPSet": _set,
    "guardduty:ListTrustedEntitySets": {"TrustedEntitySetIds": ["office"]},
    "guardduty:GetTrustedEntitySet": _set,
    "guardduty:ListThreatIntelSets": {"ThreatIntelSetIds": ["old"]},
    "guardduty:GetThreatIntelSet": _set,
    "guardduty:ListThreatEntitySets": {"ThreatEntitySetIds": ["old"]},
    "guardduty:GetThreatEntitySet": _set,
    "guardduty:ListPublishingDestinations": {
        "Destinations": [
            {"DestinationId": "p2", "DestinationType": "S3", "Status": "PUBLISHING"},
            {"DestinationId": "p1", "DestinationType": "S3", "Status": "STOPPED"},
        ]
    },
    "guardduty:GetAdministratorAccount": {},
    "guardduty:ListMembers": {
        "Members": [
            {
                "AccountId": "444455556666",
                "MasterId": ACCOUNT_ID,
                "Email": "night.watch@example.com",
                "RelationshipStatus": "Enabled",
                "UpdatedAt": "2026-01-01T00:00:00Z",
            },
            {"AccountId": "222233334444", "Email": "day.watch@example.com", "RelationshipStatus": "Removed"},
        ]
    },
    "guardduty:DescribeOrganizationConfiguration": {
        "AutoEnable": True,
        "AutoEnableOrganizationMembers": "NEW",
        "MemberAccountLimitReached": True,
        "Features": [
            {"Name": "S3_DATA_EVENTS", "AutoEnable": "ALL"},
            {"Name": "LAMBDA_NETWORK_LOGS", "AutoEnable": "NONE", "AdditionalConfiguration": []},
        ],
    },
    "guardduty:ListOrganizationAdminAccounts": {
        "AdminAccounts": [{"AdminAccountId": "444455556666", "AdminStatus": "ENABLED"}]
    },
    "guardduty:ListFindings": {"FindingIds": ["f2", "f1", "f3"]},
    "guardduty:GetFindings": {"Findings": FINDINGS},
    "accessanalyzer:ListAnalyzers": lambda asked: {
        "analyzers": [
            {
                "arn": f"arn:aws:access-analyzer:{HOME}:{ACCOUNT_ID}:analyzer/unused",
                "name": "unused",
                "type": "ACCOUNT_UNUSED_ACCESS",
                "status": "FAILED",
            },
            {
                "arn": f"arn:aws:access-analyzer:{HOME}:{ACCOUNT_ID}:analyzer/outside",
                "name": "outside",
                "type": "ACCOUNT",
                "status": "ACTIVE",
                "managedBy": "securityhub.amazonaws.com",
                "tags": {"owner": "somebody"},
            },
        ]
        if asked.region == HOME
        else []
    },
    "config:DescribeConfigurationRecorders": lambda asked: {
        "ConfigurationRecorders": [
            {
                "name": "default",
                "roleARN": f"arn:aws:iam::{ACCOUNT_ID}:role/config",
                "recordingGroup": {
                    "allSupported": True,
                    "includeGlobalResourceTypes": True,
                    "resourceTypes": ["AWS::S3::Bucket", "AWS::IAM::Role"],
                    "exclusionByResourceTypes": {"resourceTypes": ["AWS::EC2::Volume", "AWS::EC2::Subnet"]},
                    "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
                },
                "servicePrincipal": "config.amazonaws.com",
            },
            {"name": "bare"},
        ]
        if asked.region == HOME
        else []
    },
    "config:DescribeConfigurationRecorderStatus": lambda asked: {
        "ConfigurationRecordersStatus": [
            {
                "name": "default",
                "recording": True,
                "lastStatus": "Failure",
                "lastErrorCode": "AccessDenied",
                "lastErrorMessage": "the bucket of somebody",
            },
            {"name": "bare", "recording": False},
        ]
        if asked.region == HOME
        else []
    },
    "config:DescribeDeliveryChannels": lambda asked: {
        "DeliveryChannels": [
            {
                "name": "default",
                "s3BucketName": "config-history",
                "snsTopicARN": f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:changes",
            },
            {"name": "bare"},
        ]
        if asked.region == HOME
        else []
    },
    "config:DescribeConfigurationAggregators": lambda asked: {
        "ConfigurationAggregators": [
            {
                "ConfigurationAggregatorName": "two",
                "AccountAggregationSources": [{"AccountIds": ["444455556666"], "AwsRegions": [HOME]}],
            },
            {
                "ConfigurationAggregatorName": "all",
                "OrganizationAggregationSource": {"RoleArn": "arn:aws:iam::1:role/x", "AllAwsRegions": True},
            },
        ]
        if asked.region == HOME
        else []
    },
    "securityhub:DescribeHub": lambda asked: (
        {
            "HubArn": f"arn:aws:securityhub:{HOME}:{ACCOUNT_ID}:hub/default",
            "AutoEnableControls": True,
        }
        if asked.region == HOME
        else NOT_SUBSCRIBED
    ),
    "securityhub:GetEnabledStandards": {
        "StandardsSubscriptions": [
            {
                "StandardsSubscriptionArn": f"arn:aws:securityhub:{HOME}:{ACCOUNT_ID}:subscription/cis",
                "StandardsArn": "arn:aws:securityhub:::standards/cis",
                "StandardsInput": {},
                "StandardsStatus": "READY",
            },
            {
                "StandardsSubscriptionArn": f"arn:aws:securityhub:{HOME}:{ACCOUNT_ID}:subscription/aws",
                "StandardsArn": "arn:aws:securityhub:::standards/aws",
                "StandardsInput": {},
                "StandardsStatus": "INCOMPLETE",
            },
        ]
    },
    "securityhub:DescribeSecurityHubV2": lambda asked: (
        {
            "HubV2Arn": f"arn:aws:securityhub:{HOME}:{ACCOUNT_ID}:hubv2/1",
        }
        if asked.region == HOME
        else NO_SUCH_HUB
    ),
}
"""By API action, for both regions; GuardDuty and the rest are on at home only."""
