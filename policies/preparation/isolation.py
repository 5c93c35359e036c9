"""The role and instance profile without rights, to be swapped onto an instance that was broken into.

The metadata service then hands out credentials that are good for nothing, and the instance goes on running, with what
is in its memory. The swap does not touch credentials that were stolen before: revoke those.

Source: "IAM roles for Amazon EC2" in the Amazon EC2 User Guide; "AWSDenyAll" in the AWS Managed Policy Reference.
"""

from __future__ import annotations

from policies.documents.writing import PolicyDocument, document
from policies.preparation.language import CLOUDFORMATION, LABEL, TERRAFORM, TERRAFORM_DATA, printed, required
from policies.preparation.wish import ISOLATION_ROLE

_DESCRIPTION = "Without any right: for instances that were broken into."
_DENY_ALL = "iam::aws:policy/AWSDenyAll"
_LABEL = f"{LABEL}_isolation"


def trust_policy() -> PolicyDocument:
    """EC2 alone may assume the role."""
    return document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


def plain() -> str:
    """The parameters of ``CreateRole``, ``AttachRolePolicy`` and ``CreateInstanceProfile``."""
    return printed(
        {
            "RoleName": ISOLATION_ROLE,
            "Description": _DESCRIPTION,
            "AssumeRolePolicyDocument": trust_policy(),
            "PolicyArn": f"arn:aws:{_DENY_ALL}",
            "InstanceProfileName": ISOLATION_ROLE,
        }
    )


def cloudformation() -> str:
    """A template for ``aws cloudformation deploy`` and for stack sets, once in an account."""
    role = {
        "RoleName": ISOLATION_ROLE,
        "Description": _DESCRIPTION,
        "AssumeRolePolicyDocument": trust_policy(),
        "ManagedPolicyArns": [CLOUDFORMATION.arn(_DENY_ALL)],
    }
    profile = {"InstanceProfileName": ISOLATION_ROLE, "Roles": [{"Ref": "Role"}]}
    return printed(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": _DESCRIPTION,
            "Resources": {
                "Role": {"Type": "AWS::IAM::Role", "Properties": role},
                "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": profile},
            },
            "Outputs": {"InstanceProfileArn": {"Value": {"Fn::GetAtt": ["Profile", "Arn"]}}},
        }
    )


def terraform() -> str:
    """A configuration in Terraform's JSON syntax (``.tf.json``)."""
    role = {
        "name": ISOLATION_ROLE,
        "description": _DESCRIPTION,
        "assume_role_policy": f"${{jsonencode(local.{_LABEL}_trust)}}",
    }
    attached = {"role": f"${{aws_iam_role.{_LABEL}.name}}", "policy_arn": TERRAFORM.arn(_DENY_ALL)}
    return printed(
        {
            "terraform": required(),
            "data": {"aws_partition": TERRAFORM_DATA["aws_partition"]},
            "locals": {f"{_LABEL}_trust": trust_policy()},
            "resource": {
                "aws_iam_role": {_LABEL: role},
                "aws_iam_role_policy_attachment": {_LABEL: attached},
                "aws_iam_instance_profile": {
                    _LABEL: {"name": ISOLATION_ROLE, "role": f"${{aws_iam_role.{_LABEL}.name}}"}
                },
            },
            "output": {f"{_LABEL}_instance_profile_arn": {"value": f"${{aws_iam_instance_profile.{_LABEL}.arn}}"}},
        }
    )
