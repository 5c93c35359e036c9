"""The response role in the languages by which roles are made."""

from __future__ import annotations

from policies.preparation.language import (
    CLOUDFORMATION,
    LABEL,
    PLAIN,
    TERRAFORM,
    TERRAFORM_DATA,
    printed,
    required,
    variable,
)
from policies.preparation.response_role import POLICY_NAME, SESSION_SECONDS, permission_policy, trust_policy
from policies.preparation.wish import ISOLATION_ROLE, Wish
from policies.scanner_role import ACCOUNT_OR_ARN, ROLE_NAMES

_DESCRIPTION = "Contains stolen credentials. Unused until an incident; every use of it is an alarm."
_WITH_MFA = (
    "The account id, or the ARN of the user, that may assume the role with MFA. Not a role: its session has no sign of "
    "MFA, so nobody could assume this one; render the template anew with its ARN."
)
_WITHOUT_MFA = "The ARN of the role that may assume this one; it has to ask for MFA itself."


def _who(wish: Wish) -> str:
    return _WITH_MFA if wish.demands_mfa else _WITHOUT_MFA


def plain(wish: Wish) -> str:
    """The parameters of ``CreateRole`` and ``PutRolePolicy``; without a principal, the permission policy alone."""
    policy = permission_policy(PLAIN, wish.response_role, ISOLATION_ROLE)
    if wish.principal is None:
        return printed(policy)
    return printed(
        {
            "RoleName": wish.response_role,
            "Description": _DESCRIPTION,
            "MaxSessionDuration": SESSION_SECONDS,
            "AssumeRolePolicyDocument": trust_policy(wish.principal, mfa=wish.demands_mfa),
            "PolicyName": POLICY_NAME,
            "PolicyDocument": policy,
        }
    )


def cloudformation(wish: Wish) -> str:
    """A template for ``aws cloudformation deploy`` and for stack sets."""
    trusting = {"Type": "String", "Description": _who(wish), "AllowedPattern": f"^({ACCOUNT_OR_ARN})$"}
    role = {
        "RoleName": {"Ref": "RoleName"},
        "Description": _DESCRIPTION,
        "MaxSessionDuration": SESSION_SECONDS,
        "AssumeRolePolicyDocument": trust_policy({"Ref": "TrustedPrincipal"}, mfa=wish.demands_mfa),
        "Policies": [
            {
                "PolicyName": POLICY_NAME,
                "PolicyDocument": permission_policy(CLOUDFORMATION, "${RoleName}", ISOLATION_ROLE),
            }
        ],
    }
    return printed(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": _DESCRIPTION,
            "Parameters": {
                "TrustedPrincipal": trusting | ({} if wish.principal is None else {"Default": wish.principal}),
                "RoleName": {"Type": "String", "Default": wish.response_role, "AllowedPattern": f"^{ROLE_NAMES}$"},
            },
            "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}},
            "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
        }
    )


def terraform(wish: Wish) -> str:
    """A configuration in Terraform's JSON syntax (``.tf.json``)."""
    name, principal = f"{LABEL}_response_role_name", f"{LABEL}_responders"
    label = f"{LABEL}_response"
    return printed(
        {
            "terraform": required(),
            "variable": {
                principal: variable("string", _who(wish), ACCOUNT_OR_ARN, principal, wish.principal),
                name: variable("string", "The name of the role.", ROLE_NAMES, name, wish.response_role),
            },
            "data": {kind: TERRAFORM_DATA[kind] for kind in ("aws_partition", "aws_caller_identity")},
            "locals": {
                f"{label}_trust": trust_policy(f"${{var.{principal}}}", mfa=wish.demands_mfa),
                f"{label}_permissions": permission_policy(TERRAFORM, f"${{var.{name}}}", ISOLATION_ROLE),
            },
            "resource": {
                "aws_iam_role": {
                    label: {
                        "name": f"${{var.{name}}}",
                        "description": _DESCRIPTION,
                        "max_session_duration": SESSION_SECONDS,
                        "assume_role_policy": f"${{jsonencode(local.{label}_trust)}}",
                    }
                },
                "aws_iam_role_policy": {
                    label: {
                        "name": POLICY_NAME,
                        "role": f"${{aws_iam_role.{label}.id}}",
                        "policy": f"${{jsonencode(local.{label}_permissions)}}",
                    }
                },
            },
            "output": {f"{label}_role_arn": {"value": f"${{aws_iam_role.{label}.arn}}"}},
        }
    )
