"""A member account that its organization leaves to itself, as AWS answers about it: what contradicts other faults."""

from __future__ import annotations

import json
from typing import Any

from tests.collect import answers_alerts, answers_identity, neglected_identity, neglected_services, whole
from tests.collect.answers_identity import ACCOUNTS, ALLOW_ALL, ROOT
from tests.collect.answers_logs import MAIN, OLD, absent, described, key_arn
from tests.collect.faulty import ACCOUNT_ID, ADMINISTRATOR, HOME, MADE, document
from tests.collect.neglected_identity import allowing, role, settings
from tests.collect.neglected_services import instance
from tests.collect.stand_in import Asked

MANAGEMENT = "123412341234"
_CLOSED_KEY = key_arn(HOME, "closed")
_CONTAINING = allowing("iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey")


def _assumed_by(account: str, **condition: object) -> str:
    more = {"Condition": condition} if condition else {}
    return document(Principal={"AWS": f"arn:aws:iam::{account}:root"}, Action="sts:AssumeRole", **more)


ROLES = [
    role("admins", _assumed_by(ACCOUNT_ID), ADMINISTRATOR),
    role("editor", _assumed_by(ACCOUNT_ID), allowing("iam:DeleteRolePolicy", "kms:Decrypt")),
    role("responder", _assumed_by(ACCOUNT_ID, Bool={"aws:MultiFactorAuthPresent": "true"}), _CONTAINING),
    role("response", _assumed_by("999988887777"), _CONTAINING),
]
_IDENTITY: dict[str, Any] = {
    "iam:GetAccountAuthorizationDetails": {**neglected_identity.DETAILS, "RoleDetailList": ROLES},
    "iam:ListRoles": settings(ROLES),
    "iam:ListInstanceProfiles": {"IsTruncated": False, "InstanceProfiles": []},
    "iam:ListSAMLProviders": {"SAMLProviderList": []},
    "iam:ListOpenIDConnectProviders": {"OpenIDConnectProviderList": []},
    "account:GetAlternateContact": absent("ResourceNotFoundException"),
}

_ORGANIZATION_ARN = f"arn:aws:organizations::{MANAGEMENT}"
_GUARD = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "iam:Put*", "Resource": "arn:aws:iam::*:role/admins"}],
}


def _policies(asked: Asked) -> dict[str, Any]:
    found = {
        "SERVICE_CONTROL_POLICY": [
            {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": True},
            {"Id": "p-guard", "Name": "guard", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": False},
        ],
        "RESOURCE_CONTROL_POLICY": [
            {
                "Id": "p-RCPFullAWSAccess",
                "Name": "RCPFullAWSAccess",
                "Type": "RESOURCE_CONTROL_POLICY",
                "AwsManaged": True,
            }
        ],
    }
    return {"Policies": found[asked.parameters["Filter"]]}


def _content(asked: Asked) -> dict[str, Any]:
    name = asked.parameters["PolicyId"]
    of_resources = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    contents = {
        "p-FullAWSAccess": ALLOW_ALL,
        "p-guard": _GUARD,
        "p-RCPFullAWSAccess": {"Version": "2012-10-17", "Statement": [of_resources]},
    }
    return {"Policy": {"PolicySummary": {"Id": name}, "Content": json.dumps(contents[name])}}


_ORGANIZATION: dict[str, Any] = {
    "organizations:DescribeOrganization": {
        "Organization": {
            **answers_identity.ORGANIZATION,
            "Arn": f"{_ORGANIZATION_ARN}:organization/o-exampleorg1",
            "MasterAccountArn": f"{_ORGANIZATION_ARN}:account/o-exampleorg1/{MANAGEMENT}",
            "MasterAccountId": MANAGEMENT,
        }
    },
    "organizations:ListAccounts": {"Accounts": [*ACCOUNTS, {"Id": MANAGEMENT, "Name": "payer", "Status": "ACTIVE"}]},
    "organizations:ListAccountsForParent": lambda asked: {
        "Accounts": [{"Id": each} for each in (*answers_identity.PLACES.get(asked.parameters["ParentId"], []),)]
    },
    "organizations:ListPolicies": _policies,
    "organizations:DescribePolicy": _content,
    "organizations:ListTargetsForPolicy": {"Targets": [{"TargetId": ROOT}, {"TargetId": ACCOUNT_ID}]},
    "organizations:ListDelegatedAdministrators": {"DelegatedAdministrators": [{"Id": ACCOUNT_ID}]},
    "config:DescribeConfigurationAggregators": {"ConfigurationAggregators": []},
}

_TRAILS = [
    {**MAIN, "IsMultiRegionTrail": False, "KmsKeyId": None, "LogFileValidationEnabled": False},
    {**OLD, "KmsKeyId": _CLOSED_KEY},
]
_LOGGING = {"IsLogging": True, "StartLoggingTime": MADE, "LatestDeliveryError": "NoSuchBucket"}
_ONLY_THE_TRAIL = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
        }
    ],
}

_LOGS: dict[str, Any] = {
    "cloudtrail:DescribeTrails": lambda asked: {"trailList": _TRAILS[asked.region == HOME :][:1]},
    "cloudtrail:GetTrailStatus": _LOGGING,
    "cloudtrail:GetInsightSelectors": absent("InsightNotEnabledException"),
    "cloudtrail:ListEventDataStores": {"EventDataStores": []},
    "s3:ListBuckets": {"Buckets": [], "Owner": {"ID": "owner"}},
    "kms:DescribeKey": lambda asked: described(asked.parameters["KeyId"]),
    "kms:GetKeyPolicy": {"Policy": json.dumps(_ONLY_THE_TRAIL), "PolicyName": "default"},
    "glue:GetDatabases": {"DatabaseList": []},
}

_MACHINES: dict[str, Any] = {
    "ec2:DescribeInstances": {"Reservations": [{"Instances": [instance("i-bare", None, "ami-6", "sg-6")]}]},
}

UNGOVERNED: dict[str, Any] = {
    **whole.ANSWERS,
    **neglected_identity.ANSWERS,
    **neglected_services.ANSWERS,
    **{api: whole.ANSWERS[api] for api in answers_alerts.ANSWERS if api.startswith(("events:", "sns:"))},
    **_IDENTITY,
    **_ORGANIZATION,
    **_LOGS,
    **_MACHINES,
}
"""The member account; it is a delegate of the organization, so that it can read its policies."""
