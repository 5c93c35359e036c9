"""What the demo account is a part of, whom AWS would call about it, and what IAM holds that the emulator lacks."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from guardrift.demo.answers import Answers, Asked, RefusedError
from guardrift.demo.setting import ACCOUNT_ID, MANAGEMENT_ACCOUNT_ID, ORGANIZATION_ID, PARTITION

CONTACTS = {"BILLING": "accounts@example.com", "OPERATIONS": "on-call@example.net"}
"""Whom AWS would tell what; nobody is named for security."""

CREDENTIAL_USER = "build-agent"
SERVICE_CREDENTIALS = {CREDENTIAL_USER: "Active", "report-agent": "Inactive"}
"""The passwords for Git repositories by user; an active one stays valid when access keys are deactivated."""


def _organization(_asked: Asked) -> dict[str, Any]:
    prefix = f"arn:{PARTITION}:organizations::{MANAGEMENT_ACCOUNT_ID}"
    return {
        "Organization": {
            "Id": ORGANIZATION_ID,
            "Arn": f"{prefix}:organization/{ORGANIZATION_ID}",
            "FeatureSet": "ALL",
            "MasterAccountArn": f"{prefix}:account/{ORGANIZATION_ID}/{MANAGEMENT_ACCOUNT_ID}",
            "MasterAccountId": MANAGEMENT_ACCOUNT_ID,
            "MasterAccountEmail": "aws-management@example.com",
            "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }
    }


def _no_member(_asked: Asked) -> dict[str, Any]:
    raise RefusedError("AccessDeniedException", "You don't have permissions to access this resource.")


def _no_effective_policy(_asked: Asked) -> dict[str, Any]:
    raise RefusedError("EffectivePolicyNotFoundException", "There is no effective policy of this type.")


def _alternate_contact(asked: Asked) -> dict[str, Any]:
    role = asked.parameters["AlternateContactType"]
    if role not in CONTACTS:
        raise RefusedError(
            "ResourceNotFoundException",
            "No contact of this type was found.",
            HTTPStatus.NOT_FOUND,
        )
    return {
        "AlternateContact": {
            "Name": f"The people of {role.lower()}",
            "Title": "Team",
            "EmailAddress": CONTACTS[role],
            "PhoneNumber": "+353 20 915 0100",
            "AlternateContactType": role,
        }
    }


def _contact_information(_asked: Asked) -> dict[str, Any]:
    return {
        "ContactInformation": {
            "FullName": "The demo account",
            "AddressLine1": "1 Example Street",
            "City": "Dublin",
            "PostalCode": "D01 X000",
            "CountryCode": "IE",
            "PhoneNumber": "+353 20 915 0101",
        }
    }


def _no_features(_asked: Asked) -> dict[str, Any]:
    raise RefusedError(
        "AccountNotManagementOrDelegatedAdministratorException",
        "The account is neither the management account nor a delegated administrator.",
        HTTPStatus.FORBIDDEN,
    )


def _service_credentials(asked: Asked) -> dict[str, Any]:
    wanted = asked.parameters.get("UserName")
    return {
        "ServiceSpecificCredentials": [
            {
                "UserName": user,
                "Status": status,
                "ServiceUserName": f"{user}-at-{ACCOUNT_ID}",
                "CreateDate": asked.ago(days=190),
                "ServiceSpecificCredentialId": f"ACCADEMO4CODECOMMIT0{number}",
                "ServiceName": "codecommit.amazonaws.com",
            }
            for number, (user, status) in enumerate(SERVICE_CREDENTIALS.items(), start=1)
            if wanted in (None, user)
        ],
        "IsTruncated": False,
    }


ANSWERS: Answers = {
    "organizations:DescribeOrganization": _organization,
    "organizations:DescribeEffectivePolicy": _no_effective_policy,
    **dict.fromkeys(
        (
            "organizations:ListRoots",
            "organizations:ListAccounts",
            "organizations:ListOrganizationalUnitsForParent",
            "organizations:ListAccountsForParent",
            "organizations:ListPolicies",
            "organizations:DescribePolicy",
            "organizations:ListTargetsForPolicy",
            "organizations:ListDelegatedAdministrators",
            "organizations:ListDelegatedServicesForAccount",
            "organizations:ListAWSServiceAccessForOrganization",
            "organizations:DescribeResourcePolicy",
        ),
        _no_member,
    ),
    "account:GetAlternateContact": _alternate_contact,
    "account:GetContactInformation": _contact_information,
    "iam:ListOrganizationsFeatures": _no_features,
    "iam:ListServiceSpecificCredentials": _service_credentials,
}
