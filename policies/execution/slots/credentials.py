"""Long-term credentials of a user, by their status: made inactive, and never deleted, since they are evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.execution.api import Api
from policies.execution.changes import Change
from policies.execution.slots.identity import kind_and_name
from policies.execution.slots.slot import NotRemovable, of_iam

INACTIVE = "Inactive"
_ACTIVE = "Active"


@dataclass(slots=True)
class AccessKey:
    """An access key; the text is its status."""

    change: Change
    api: Api

    def read(self) -> str | None:
        """``Active`` or ``Inactive``; None where it was deleted."""
        return _access_keys(self.change.principal, self.api).get(self.change.name)

    def write(self, text: str) -> None:
        """Set the status."""
        user = kind_and_name(self.change.principal)[1]
        self.api.call("iam", "UpdateAccessKey", UserName=user, AccessKeyId=self.change.name, Status=text)

    def remove(self) -> None:
        """Keys are not deleted."""
        raise NotRemovable("keys are evidence, and are not deleted")


@dataclass(slots=True)
class ServiceCredential:
    """A credential for one service, such as an API key of Bedrock; the text is its status."""

    change: Change
    api: Api

    def read(self) -> str | None:
        """``Active`` or ``Inactive``; None where it was deleted."""
        return _service_credentials(self.change.principal, self.api).get(self.change.name)

    def write(self, text: str) -> None:
        """Set the status."""
        self.api.call(
            "iam",
            "UpdateServiceSpecificCredential",
            UserName=kind_and_name(self.change.principal)[1],
            ServiceSpecificCredentialId=self.change.name,
            Status=text,
        )

    def remove(self) -> None:
        """They are not deleted."""
        raise NotRemovable("credentials are evidence, and are not deleted")


def active_credentials(change: Change, api: Api) -> Iterator[str]:
    """The ids of a user's credentials of the kind of a change that are active now."""
    listed = _access_keys if change.kind == "access key" else _service_credentials
    return (each for each, status in sorted(listed(change.principal, api).items()) if status == _ACTIVE)


def _access_keys(user: str, api: Api) -> dict[str, str]:
    listed = of_iam(api, "ListAccessKeys", UserName=kind_and_name(user)[1])
    return {each["AccessKeyId"]: each["Status"] for page in listed for each in page["AccessKeyMetadata"]}


def _service_credentials(user: str, api: Api) -> dict[str, str]:
    listed = of_iam(api, "ListServiceSpecificCredentials", UserName=kind_and_name(user)[1])
    return {
        each["ServiceSpecificCredentialId"]: each["Status"]
        for page in listed
        for each in page["ServiceSpecificCredentials"]
    }
