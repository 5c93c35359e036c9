"""The languages by which resources are made, as far as the same policy is written in each.

All are JSON, which CloudFormation and Terraform (``.tf.json``) read as well as their own, so that no text needs quoting
by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal

import msgspec

Form = Literal["json", "cloudformation", "terraform"]

LABEL = "guardrift"
"""What the names within a Terraform configuration are, or begin with."""


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """How a text is written that holds what is known only where it is deployed.

    Attributes:
        partition: stands for the partition.
        account: stands for the id of the account.
        region: stands for the region.
        text: makes a value of a text that holds these.
    """

    partition: str
    account: str
    region: str
    text: Callable[[str], object]

    def arn(self, rest: str) -> object:
        """An ARN in this partition; the rest begins with the service."""
        return self.text(f"arn:{self.partition}:{rest}")

    def iam(self, resource: str) -> object:
        """The ARN of something of IAM in this account."""
        return self.arn(f"iam::{self.account}:{resource}")


def _substituted(text: str) -> object:
    return {"Fn::Sub": text}


def _as_it_is(text: str) -> object:
    return text


CLOUDFORMATION = Language(
    partition="${AWS::Partition}", account="${AWS::AccountId}", region="${AWS::Region}", text=_substituted
)

TERRAFORM = Language(
    partition=f"${{data.aws_partition.{LABEL}.partition}}",
    account=f"${{data.aws_caller_identity.{LABEL}.account_id}}",
    region=f"${{data.aws_region.{LABEL}.region}}",
    text=_as_it_is,
)

# IAM takes wildcards for both, and where the policy will lie is not known here.
PLAIN = Language(partition="*", account="*", region="*", text=_as_it_is)

TERRAFORM_DATA: dict[str, dict[str, dict[str, object]]] = {
    kind: {LABEL: {}} for kind in ("aws_partition", "aws_caller_identity", "aws_region")
}
"""What the texts of Terraform refer to."""


def required(version: str = ">= 6.0") -> dict[str, object]:
    """The block that asks Terraform for the provider; since version 6 each resource can name its region."""
    return {"required_providers": {"aws": {"source": "hashicorp/aws", "version": version}}}


def printed(document: object) -> str:
    """A document for people and for files."""
    return json.dumps(document, indent=2) + "\n"


def variable(kind: str, description: str, pattern: str, name: str, default: object = None) -> dict[str, object]:
    """A Terraform variable that is held to a pattern; without a default it has to be given."""
    return {
        "type": kind,
        "description": description,
        **({} if default is None else {"default": default}),
        "validation": [
            {
                "condition": f'${{can(regex("^({pattern})$", var.{name}))}}',
                "error_message": f"The value of {name} is not of the form that AWS takes.",
            }
        ],
    }
