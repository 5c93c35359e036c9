"""What AWS answers about credentials, contacts and the organization; the account asked is the management account."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tests.collect.stand_in import Asked, Refusal

_ACCOUNT = "111122223333"
MEMBER = "444455556666"
NEWEST = "777788889999"
_MADE = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
_LATER = datetime(2027, 5, 6, tzinfo=UTC)


def _iam(rest: str) -> str:
    return f"arn:aws:iam::{_ACCOUNT}:{rest}"


ROLES: list[dict[str, Any]] = [
    {"RoleName": "open", "Arn": _iam("role/open"), "MaxSessionDuration": 43200, "Description": "not-to-be-kept"},
    {"RoleName": "app", "Arn": _iam("role/service/app")},
]

PASSWORD_POLICY: dict[str, Any] = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "ExpirePasswords": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 24,
    "HardExpiry": True,
}

MFA_DEVICES: list[dict[str, Any]] = [
    {
        "SerialNumber": _iam("mfa/root-account-mfa-device"),
        "User": {"UserId": _ACCOUNT, "Arn": _iam("root"), "CreateDate": _MADE},
        "EnableDate": _MADE,
        "Base32StringSeed": b"not-to-be-kept",
    },
    {"SerialNumber": _iam("mfa/orphan")},
]

CERTIFICATES: list[dict[str, Any]] = [
    {"ServerCertificateName": "shop", "Arn": _iam("server-certificate/shop"), "Path": "/", "Expiration": _LATER},
    {"ServerCertificateName": "old", "Arn": _iam("server-certificate/old"), "Path": "/"},
]

SERVICE_CREDENTIALS: list[dict[str, Any]] = [
    {
        "UserName": "BedrockAPIKey-x1",
        "Status": "Active",
        "ServiceCredentialAlias": "not-to-be-kept",
        "CreateDate": _MADE,
        "ExpirationDate": _LATER,
        "ServiceSpecificCredentialId": "ACCAEXAMPLE222222222",
        "ServiceName": "bedrock.amazonaws.com",
    },
    {
        "UserName": "ci",
        "Status": "Inactive",
        "ServiceUserName": "not-to-be-kept",
        "CreateDate": _MADE,
        "ServiceSpecificCredentialId": "ACCAEXAMPLE111111111",
        "ServiceName": "codecommit.amazonaws.com",
    },
]

SAML_PROVIDERS: list[dict[str, Any]] = [
    {"Arn": _iam("saml-provider/people"), "ValidUntil": _LATER, "CreateDate": _MADE},
    {"Arn": _iam("saml-provider/old")},
]

GITHUB = _iam("oidc-provider/token.actions.githubusercontent.com")
CLUSTER = _iam("oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC")
OIDC_PROVIDERS: dict[str, dict[str, Any]] = {
    GITHUB: {
        "Url": "token.actions.githubusercontent.com",
        "ClientIDList": ["sts.amazonaws.com", "another"],
        "ThumbprintList": ["f" * 40, "a" * 40],
        "CreateDate": _MADE,
        "Tags": [{"Key": "team", "Value": "not-to-be-kept"}],
    },
    CLUSTER: {},
}

SERVICES: list[dict[str, Any]] = [
    {
        "ServiceName": "Amazon S3",
        "ServiceNamespace": "s3",
        "LastAuthenticated": _MADE,
        "LastAuthenticatedRegion": "eu-west-1",
        "LastAuthenticatedEntity": _iam("user/ci"),
        "TotalAuthenticatedEntities": 1,
    },
    {"ServiceName": "Amazon EC2", "ServiceNamespace": "ec2", "TotalAuthenticatedEntities": 0},
]


def job_of(asked: Asked) -> dict[str, str]:
    """A job id of the proper length that ends in the name of its principal."""
    return {"JobId": asked.parameters["Arn"].rpartition("/")[2].rjust(36, "-")}


CONTACTS: dict[str, dict[str, Any]] = {
    "SECURITY": {
        "AlternateContactType": "SECURITY",
        "Name": "Not-To-Be-Kept",
        "Title": "Not-To-Be-Kept",
        "EmailAddress": "Security@Example.com",
        "PhoneNumber": "+49 30 5550000",
    },
    "BILLING": {"AlternateContactType": "BILLING"},
}

ORGANIZATION: dict[str, Any] = {
    "Id": "o-exampleorg1",
    "Arn": f"arn:aws:organizations::{_ACCOUNT}:organization/o-exampleorg1",
    "FeatureSet": "ALL",
    "MasterAccountArn": f"arn:aws:organizations::{_ACCOUNT}:account/o-exampleorg1/{_ACCOUNT}",
    "MasterAccountId": _ACCOUNT,
    "MasterAccountEmail": "not-to-be-kept@example.com",
}

ROOT = "r-abcd"
WORKLOADS, PRODUCTION, SANDBOX = "ou-abcd-workloads", "ou-abcd-production", "ou-abcd-sandbox00"
UNITS: dict[str, list[dict[str, Any]]] = {
    ROOT: [{"Id": WORKLOADS, "Name": "Workloads"}, {"Id": SANDBOX, "Name": "Sandbox"}],
    WORKLOADS: [{"Id": PRODUCTION, "Name": "Production"}],
}

ACCOUNTS: list[dict[str, Any]] = [
    {
        "Id": MEMBER,
        "Name": "shop",
        "Email": "not-to-be-kept@example.com",
        "State": "ACTIVE",
        "Status": "SUSPENDED",
        "Paths": [f"o-exampleorg1/{ROOT}/{WORKLOADS}/{PRODUCTION}/{MEMBER}/"],
        "JoinedTimestamp": _MADE,
    },
    {"Id": _ACCOUNT, "Name": "main", "Status": "ACTIVE"},
    {"Id": NEWEST},
]
PLACES = {ROOT: [_ACCOUNT], PRODUCTION: [MEMBER], SANDBOX: [NEWEST]}

POLICIES: dict[str, list[dict[str, Any]]] = {
    "SERVICE_CONTROL_POLICY": [
        {"Id": "p-leave", "Name": "stay", "Description": "-", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": False},
        {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": True},
    ],
    "RESOURCE_CONTROL_POLICY": [{"Id": "p-RCPFullAWSAccess"}],
}
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
CONTENTS = {
    "p-leave": {"Statement": {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}},
    "p-FullAWSAccess": ALLOW_ALL,
    "p-RCPFullAWSAccess": ALLOW_ALL,
}
TARGETS = {"p-leave": [SANDBOX, MEMBER], "p-FullAWSAccess": [ROOT], "p-RCPFullAWSAccess": []}
DECLARED = {"ec2_attributes": {"instance_metadata_defaults": {"http_tokens": "required"}}}
DELEGATION = {"Version": "2012-10-17", "Statement": []}


def _contact(asked: Asked) -> Any:
    found = CONTACTS.get(asked.parameters["AlternateContactType"])
    return {"AlternateContact": found} if found else Refusal("ResourceNotFoundException", 404, "not found")


def _policy(asked: Asked) -> dict[str, Any]:
    name = asked.parameters["PolicyId"]
    # As people write it, with space between the lines.
    return {"Policy": {"PolicySummary": {"Id": name}, "Content": json.dumps(CONTENTS[name], indent=2)}}


ANSWERS: dict[str, Any] = {
    "iam:ListRoles": {"Roles": ROLES, "IsTruncated": False},
    "iam:GetAccountPasswordPolicy": {"PasswordPolicy": PASSWORD_POLICY},
    "iam:ListVirtualMFADevices": {"VirtualMFADevices": MFA_DEVICES, "IsTruncated": False},
    "iam:ListServerCertificates": {"ServerCertificateMetadataList": CERTIFICATES, "IsTruncated": False},
    "iam:ListServiceSpecificCredentials": {"ServiceSpecificCredentials": SERVICE_CREDENTIALS, "IsTruncated": False},
    "iam:ListSAMLProviders": {"SAMLProviderList": SAML_PROVIDERS},
    "iam:ListOpenIDConnectProviders": {"OpenIDConnectProviderList": [{"Arn": arn} for arn in OIDC_PROVIDERS]},
    "iam:GetOpenIDConnectProvider": lambda asked: OIDC_PROVIDERS[asked.parameters["OpenIDConnectProviderArn"]],
    "iam:ListOrganizationsFeatures": {
        "OrganizationId": "o-exampleorg1",
        "EnabledFeatures": ["RootSessions", "RootCredentialsManagement"],
    },
    "iam:GenerateServiceLastAccessedDetails": job_of,
    "iam:GetServiceLastAccessedDetails": {"JobStatus": "COMPLETED", "ServicesLastAccessed": SERVICES},
    "account:GetAlternateContact": _contact,
    "account:GetContactInformation": {
        "ContactInformation": {
            "FullName": "Not-To-Be-Kept",
            "PhoneNumber": "+49 30 5550001",
            "AddressLine1": "Not-To-Be-Kept 1",
            "City": "Berlin",
            "PostalCode": "10115",
            "CountryCode": "DE",
        }
    },
    "organizations:DescribeOrganization": {"Organization": ORGANIZATION},
    "organizations:ListRoots": {
        "Roots": [
            {
                "Id": ROOT,
                "Name": "Root",
                "PolicyTypes": [
                    {"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"},
                    {"Type": "RESOURCE_CONTROL_POLICY", "Status": "ENABLED"},
                    {"Type": "TAG_POLICY", "Status": "ENABLED"},
                    {"Type": "GUARDDUTY_POLICY", "Status": "PENDING_ENABLE"},
                ],
            }
        ]
    },
    "organizations:ListOrganizationalUnitsForParent": lambda asked: {
        "OrganizationalUnits": UNITS.get(asked.parameters["ParentId"], [])
    },
    "organizations:ListAccounts": {"Accounts": ACCOUNTS},
    "organizations:ListAccountsForParent": lambda asked: {
        "Accounts": [{"Id": account} for account in PLACES.get(asked.parameters["ParentId"], [])]
    },
    "organizations:ListPolicies": lambda asked: {"Policies": POLICIES[asked.parameters["Filter"]]},
    "organizations:DescribePolicy": _policy,
    "organizations:ListTargetsForPolicy": lambda asked: {
        "Targets": [{"TargetId": target} for target in TARGETS[asked.parameters["PolicyId"]]]
    },
    "organizations:ListDelegatedAdministrators": {"DelegatedAdministrators": [{"Id": NEWEST}, {"Id": MEMBER}]},
    "organizations:ListDelegatedServicesForAccount": lambda asked: {
        "DelegatedServices": [
            {"ServicePrincipal": "guardduty.amazonaws.com"},
            {"ServicePrincipal": "config.amazonaws.com"},
        ]
        if asked.parameters["AccountId"] == MEMBER
        else []
    },
    "organizations:ListAWSServiceAccessForOrganization": {
        "EnabledServicePrincipals": [
            {"ServicePrincipal": "sso.amazonaws.com"},
            {"ServicePrincipal": "iam.amazonaws.com"},
        ]
    },
    "organizations:DescribeResourcePolicy": {"ResourcePolicy": {"Content": json.dumps(DELEGATION)}},
    "organizations:DescribeEffectivePolicy": {
        "EffectivePolicy": {"PolicyContent": json.dumps(DECLARED), "PolicyType": "DECLARATIVE_POLICY_EC2"}
    },
}
