"""The response role can do what `guardrift contain` asks of AWS, with and without `--execute`."""

from __future__ import annotations

import pytest

from guardrift.incident_facts import permissions_to_plan
from policies.documents.writing import serialise
from policies.preparation.language import PLAIN
from policies.preparation.response_role import permission_policy
from scanner.iam.documents import parse
from scanner.iam.matching import covers_action
from scanner.inventory import Document

CARRIED_OUT = (
    "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:GetUserPolicy", "iam:PutUserPolicy",
    "iam:DeleteUserPolicy", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:CreatePolicy", "iam:CreatePolicyVersion",
    "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:ListPolicyVersions", "iam:AttachRolePolicy",
    "iam:AttachUserPolicy", "iam:DetachRolePolicy", "iam:DetachUserPolicy", "iam:ListAttachedRolePolicies",
    "iam:ListAttachedUserPolicies", "iam:GetRole", "iam:GetUser", "iam:PutRolePermissionsBoundary",
    "iam:PutUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary",
    "iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:TagUser", "iam:UntagRole", "iam:UntagUser", "iam:ListRoleTags",
    "iam:ListUserTags", "iam:ListAccessKeys", "iam:UpdateAccessKey", "iam:ListServiceSpecificCredentials",
    "iam:UpdateServiceSpecificCredential", "ec2:DescribeInstances", "ec2:ModifyInstanceMetadataOptions",
    "iam:SimulatePrincipalPolicy", "cloudtrail:LookupEvents",
)  # fmt: skip


@pytest.mark.parametrize("action", sorted({*permissions_to_plan(), *CARRIED_OUT}))
def test_the_response_role_may_do_it(action: str) -> None:
    document = permission_policy(PLAIN, "guardrift-response", "guardrift-isolation")
    statements = parse(Document(serialise(document).encode())).statements

    assert any(each.allows and covers_action(each, action) for each in statements)
