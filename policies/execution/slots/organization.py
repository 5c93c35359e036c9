"""Policies of the organization, and of permission sets; asked with the credentials for the management account.

Sources: the API References of AWS Organizations (names of policies are unique; a policy that is attached cannot be
deleted) and of IAM Identity Center (a permission set has one inline policy, which works once it is provisioned).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from policies.execution.api import Api
from policies.execution.changes import Change
from policies.execution.slots.identity import ATTACHED
from policies.execution.slots.slot import if_there, pages

_SCP, _RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
_GONE = ("PolicyNotFoundException", "PolicyNotAttachedException")
_WAITS = 60
_SECONDS = 2.0


class NotProvisioned(Exception):
    """A permission set whose policy did not reach its accounts."""


@dataclass(slots=True)
class _OfOrganization:
    change: Change
    api: Api

    @property
    def type(self) -> str:
        return _RCP if self.change.template.startswith("rcp-") else _SCP

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.api.call("organizations", operation, organization=True, **parameters)

    def listed(self, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The policies of the type, page by page."""
        found = pages(
            self.api, "organizations", operation, takes="NextToken", gives="NextToken", organization=True,
            Filter=self.type, **parameters,
        )  # fmt: skip
        return (each for page in found for each in page["Policies"])

    def id(self) -> str | None:
        """The id of the policy of this name."""
        return next((each["Id"] for each in self.listed("ListPolicies") if each["Name"] == self.change.name), None)


class OrganizationPolicy(_OfOrganization):
    """A policy of the organization, by its name."""

    def read(self) -> str | None:
        """Its content."""
        found = self.id()
        if found is None:
            return None
        answer = if_there(lambda: self.call("DescribePolicy", PolicyId=found), *_GONE)
        return None if answer is None else answer["Policy"]["Content"]

    def write(self, text: str) -> None:
        """Make it, or give it another content."""
        found = self.id()
        if found is not None:
            self.call("UpdatePolicy", PolicyId=found, Content=text)
            return
        self.call("CreatePolicy", Name=self.change.name, Type=self.type, Description="guardrift", Content=text)

    def remove(self) -> None:
        """Delete it; AWS refuses while it is attached somewhere."""
        found = self.id()
        if found is not None:
            if_there(lambda: self.call("DeletePolicy", PolicyId=found), *_GONE)


class OrganizationAttachment(_OfOrganization):
    """A policy of the organization on an account."""

    def read(self) -> str | None:
        """``attached`` where it is."""
        on_target = self.listed("ListPoliciesForTarget", TargetId=self.change.target)
        return ATTACHED if any(each["Name"] == self.change.name for each in on_target) else None

    def write(self, text: str) -> None:  # noqa: ARG002  (it is there, or not)
        """Attach it."""
        found = self.id()
        if found is None:
            raise NotProvisioned(f"there is no policy {self.change.name} to attach")
        try:
            self.call("AttachPolicy", PolicyId=found, TargetId=self.change.target)
        except ClientError as fault:
            if fault.response.get("Error", {}).get("Code") != "DuplicatePolicyAttachmentException":
                raise

    def remove(self) -> None:
        """Detach it."""
        found = self.id()
        if found is not None:
            if_there(lambda: self.call("DetachPolicy", PolicyId=found, TargetId=self.change.target), *_GONE)


@dataclass(slots=True)
class PermissionSetPolicy:
    """The inline policy of a permission set; the target of the change is its ARN, the name that of the instance."""

    change: Change
    api: Api

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """A call about the instance of IAM Identity Center."""
        where = {"InstanceArn": self.change.name, **parameters}
        return self.api.call("sso-admin", operation, region=self.change.region, organization=True, **where)

    def read(self) -> str | None:
        """Its text; AWS has an empty one where there is none."""
        found = self.call("GetInlinePolicyForPermissionSet", PermissionSetArn=self.change.target)
        return found.get("InlinePolicy") or None

    def write(self, text: str) -> None:
        """Put it there, and in the accounts."""
        self.call("PutInlinePolicyToPermissionSet", PermissionSetArn=self.change.target, InlinePolicy=text)
        self.provision()

    def remove(self) -> None:
        """Delete it, in the accounts, too."""
        self.call("DeleteInlinePolicyFromPermissionSet", PermissionSetArn=self.change.target)
        self.provision()

    def provision(self) -> None:
        """Have the accounts get the policy as it is now.

        Raises:
            NotProvisioned: they did not get it.
        """
        begun = self.call(
            "ProvisionPermissionSet", PermissionSetArn=self.change.target, TargetType="ALL_PROVISIONED_ACCOUNTS"
        )["PermissionSetProvisioningStatus"]
        for _ in range(_WAITS):
            if begun["Status"] != "IN_PROGRESS":
                break
            self.api.sleep(_SECONDS)
            begun = self.call(
                "DescribePermissionSetProvisioningStatus", ProvisionPermissionSetRequestId=begun["RequestId"]
            )["PermissionSetProvisioningStatus"]
        if begun["Status"] != "SUCCEEDED":
            raise NotProvisioned(begun.get("FailureReason") or f"provisioning is {begun['Status'].lower()}")


def permission_sets(change: Change, api: Api) -> Iterator[tuple[str, str]]:
    """The instance and the ARN of each permission set that is provisioned to an account.

    A Deny for one person changes nothing for others, so that all of them get it.
    """
    instances = pages(
        api, "sso-admin", "ListInstances", takes="NextToken", gives="NextToken", organization=True, region=change.region
    )
    for instance in (each["InstanceArn"] for page in instances for each in page["Instances"]):
        sets = pages(
            api, "sso-admin", "ListPermissionSetsProvisionedToAccount", takes="NextToken", gives="NextToken",
            organization=True, region=change.region, InstanceArn=instance, AccountId=change.target,
        )  # fmt: skip
        yield from ((instance, each) for page in sets for each in page.get("PermissionSets") or ())


__all__ = [
    "NotProvisioned",
    "OrganizationAttachment",
    "OrganizationPolicy",
    "PermissionSetPolicy",
    "permission_sets",
]
