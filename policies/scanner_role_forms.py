"""The scanning role in the languages by which roles are made: CloudFormation, Terraform, and plain policies.

All three are JSON, which CloudFormation and Terraform (``.tf.json``) read as well as their own, so that no text needs
quoting by hand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from policies.scanner_role import (
    ACCOUNT_OR_ARN,
    EXTERNAL_IDS,
    LONGEST_EXTERNAL_ID,
    ROLE_NAME,
    ROLE_NAMES,
    permission_policy,
    sends,
    trust_policy,
)

_DESCRIPTION = "Read-only role for guardrift: reads how the account is set up, and none of the data in it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What kind of role it shall be; the texts are checked by ``policies.scanner_role``.

    Attributes:
        role_name: how it is called.
        principal: the account id or ARN that may assume it; None leaves it open where the form can.
        external_id: what whoever assumes it must send.
        last_accessed: whether it reads which services each principal used last.
        organization: whether it may assume the roles of its own name in the other accounts of the organization.
    """

    role_name: str = ROLE_NAME
    principal: str | None = None
    external_id: str | None = None
    last_accessed: bool = False
    organization: bool = False


def plain(wish: Wish) -> str:
    """The bare permission policy; with a principal, the parameters of ``CreateRole`` and ``PutRolePolicy``."""
    # Which partition it will be in is not known here, and IAM takes a wildcard for it.
    policy = permission_policy(
        last_accessed=wish.last_accessed,
        member_roles=f"arn:*:iam::*:role/{wish.role_name}" if wish.organization else None,
    )
    if wish.principal is None:
        return _text(policy)
    condition = None if wish.external_id is None else sends(wish.external_id)
    return _text(
        {
            "RoleName": wish.role_name,
            "AssumeRolePolicyDocument": trust_policy(wish.principal, condition),
            "PolicyName": ROLE_NAME,
            "PolicyDocument": policy,
        }
    )


def cloudformation(wish: Wish) -> str:
    """A template for ``aws cloudformation deploy`` and for stack sets."""
    policy = permission_policy(
        last_accessed=wish.last_accessed,
        member_roles={"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/${RoleName}"} if wish.organization else None,
    )
    condition = {"Fn::If": ["HasExternalId", sends({"Ref": "ExternalId"}), {"Ref": "AWS::NoValue"}]}
    role = {
        "RoleName": {"Ref": "RoleName"},
        "Description": _DESCRIPTION,
        "AssumeRolePolicyDocument": trust_policy({"Ref": "TrustedPrincipal"}, condition),
        "Policies": [{"PolicyName": ROLE_NAME, "PolicyDocument": policy}],
    }
    return _text(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": _DESCRIPTION,
            "Parameters": _parameters(wish),
            "Conditions": {"HasExternalId": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExternalId"}, ""]}]}},
            "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}},
            "Outputs": {
                "RoleArn": {"Description": "For --role-arn.", "Value": {"Fn::GetAtt": ["Role", "Arn"]}},
            },
        }
    )


def _parameters(wish: Wish) -> dict[str, object]:
    principal = {
        "Type": "String",
        "Description": "The account id, or the ARN of the role or user, that may assume the role.",
        "AllowedPattern": f"^({ACCOUNT_OR_ARN})$",
    }
    return {
        "TrustedPrincipal": principal | ({} if wish.principal is None else {"Default": wish.principal}),
        "ExternalId": {
            "Type": "String",
            "Description": "What whoever assumes the role must send; empty for nothing.",
            "Default": wish.external_id or "",
            "AllowedPattern": f"^({EXTERNAL_IDS})?$",
            "MaxLength": LONGEST_EXTERNAL_ID,
        },
        "RoleName": {"Type": "String", "Default": wish.role_name, "AllowedPattern": f"^{ROLE_NAMES}$"},
    }


def terraform(wish: Wish) -> str:
    """A configuration in Terraform's JSON syntax (``.tf.json``); its names begin with ``guardrift``."""
    local = f"{_LABEL}_permissions"
    role = {
        "name": "${var.guardrift_role_name}",
        "description": _DESCRIPTION,
        "assume_role_policy": f"${{jsonencode(local.{_LABEL}_trust)}}",
    }
    policy = {
        "name": ROLE_NAME,
        "role": f"${{aws_iam_role.{_LABEL}.id}}",
        "policy": f"${{jsonencode(local.{local})}}",
    }
    output = {"description": "For --role-arn.", "value": f"${{aws_iam_role.{_LABEL}.arn}}"}
    return _text(
        {
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
            "variable": _variables(wish),
            **({"data": {"aws_partition": {_LABEL: {}}}} if wish.organization else {}),
            "locals": {local: _terraform_permissions(wish), f"{_LABEL}_trust": _TERRAFORM_TRUST},
            "resource": {"aws_iam_role": {_LABEL: role}, "aws_iam_role_policy": {_LABEL: policy}},
            "output": {"guardrift_role_arn": output},
        }
    )


_LABEL = "guardrift_scanner"

# A statement without external id must lack the condition, which an object of Terraform can only if it is merged.
_TERRAFORM_STATEMENT = (
    '${merge({Effect = "Allow", Principal = {AWS = var.guardrift_trusted_principal}, Action = "sts:AssumeRole"}, '
    '{for id in compact([var.guardrift_external_id]) : "Condition" => {StringEquals = {"sts:ExternalId" = id}}})}'
)
_TERRAFORM_TRUST = {"Version": "2012-10-17", "Statement": [_TERRAFORM_STATEMENT]}


def _terraform_permissions(wish: Wish) -> object:
    """The policy as Terraform reads it: what IAM shall fill in is told apart from what Terraform shall."""
    roles = "ROLES-OF-MEMBERS"
    policy = permission_policy(last_accessed=wish.last_accessed, member_roles=roles if wish.organization else None)
    text = json.dumps(policy).replace("${", "$${").replace("%{", "%%{")
    arn = f"arn:${{data.aws_partition.{_LABEL}.partition}}:iam::*:role/${{var.guardrift_role_name}}"
    return json.loads(text.replace(roles, arn))


def _variables(wish: Wish) -> dict[str, object]:
    return {
        "guardrift_trusted_principal": _variable(
            "trusted_principal",
            "The account id, or the ARN of the role or user, that may assume the role.",
            ACCOUNT_OR_ARN,
            {} if wish.principal is None else {"default": wish.principal},
        ),
        "guardrift_external_id": _variable(
            "external_id",
            "What whoever assumes the role must send; empty for nothing.",
            f"({EXTERNAL_IDS})?",
            {"default": wish.external_id or ""},
        ),
        "guardrift_role_name": _variable("role_name", "The name of the role.", ROLE_NAMES, {"default": wish.role_name}),
    }


def _variable(name: str, description: str, pattern: str, default: dict[str, str]) -> dict[str, object]:
    condition = f'${{can(regex("^({pattern})$", var.guardrift_{name}))}}'
    fault = f"The value of guardrift_{name} is not of the form that IAM takes."
    return {
        "type": "string",
        "description": description,
        **default,
        "validation": [{"condition": condition, "error_message": fault}],
    }


def _text(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"
