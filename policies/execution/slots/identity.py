"""Policies, boundaries, trust policies and tags of roles and users.

Source: the API Reference of IAM: documents come URL-encoded (RFC 3986); ``NoSuchEntity`` says that there is none; a
managed policy has five versions at most, and is deleted when it has the default one alone and is attached to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from policies.execution.api import Api
from policies.execution.changes import Change
from policies.execution.slots.slot import NotRemovable, if_there, of_iam

ATTACHED = "attached"
"""What stands for an attachment that is there."""

_ABSENT = "NoSuchEntity"
_MOST_VERSIONS = 5


def kind_and_name(arn: str) -> tuple[str, str]:
    """``Role`` or ``User``, and the name without its path, of a principal."""
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    return kind.title(), name.rpartition("/")[2]


@dataclass(slots=True)
class _OfPrincipal:
    change: Change
    api: Api

    @property
    def kind(self) -> str:
        return kind_and_name(self.change.principal)[0]

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """A call of IAM about the principal; ``{}`` in the name of the operation stands for its kind."""
        kind, name = kind_and_name(self.change.principal)
        parameters[f"{kind}Name"] = name
        return self.api.call("iam", operation.format(kind), **parameters)

    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = self.call("Get{}")[self.kind]
        return found


class InlinePolicy(_OfPrincipal):
    """An inline policy."""

    def read(self) -> str | None:
        """Its text."""
        found = if_there(lambda: self.call("Get{}Policy", PolicyName=self.change.name), _ABSENT)
        return None if found is None else unquote(found["PolicyDocument"])

    def write(self, text: str) -> None:
        """Put it there."""
        self.call("Put{}Policy", PolicyName=self.change.name, PolicyDocument=text)

    def remove(self) -> None:
        """Delete it."""
        if_there(lambda: self.call("Delete{}Policy", PolicyName=self.change.name), _ABSENT)


class ManagedPolicy(_OfPrincipal):
    """The default version of a managed policy of the account; the name of the change is its ARN."""

    def read(self) -> str | None:
        """The text of the default version."""
        return if_there(self._default, _ABSENT)  # type: ignore[no-any-return]

    def _default(self) -> str:
        arn = self.change.name
        version = self.api.call("iam", "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = self.api.call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=version)["PolicyVersion"]
        return unquote(found["Document"])

    def write(self, text: str) -> None:
        """A new policy, or a new default version; where there are five, the oldest that is not the default goes."""
        arn = self.change.name
        if if_there(lambda: self.api.call("iam", "GetPolicy", PolicyArn=arn), _ABSENT) is None:
            self.api.call("iam", "CreatePolicy", PolicyName=arn.rpartition("/")[2], PolicyDocument=text)
            return
        versions = self._versions()
        if len(versions) >= _MOST_VERSIONS:
            self._drop(min((each for each in versions if not each["IsDefaultVersion"]), key=_number))
        self.api.call("iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    def remove(self) -> None:
        """Delete it with its versions."""
        if_there(self._delete, _ABSENT)

    def _delete(self) -> None:
        for each in self._versions():
            if not each["IsDefaultVersion"]:
                self._drop(each)
        self.api.call("iam", "DeletePolicy", PolicyArn=self.change.name)

    def _versions(self) -> list[dict[str, Any]]:
        listed = of_iam(self.api, "ListPolicyVersions", PolicyArn=self.change.name)
        return [each for page in listed for each in page["Versions"]]

    def _drop(self, version: dict[str, Any]) -> None:
        named = {"PolicyArn": self.change.name, "VersionId": version["VersionId"]}
        if_there(lambda: self.api.call("iam", "DeletePolicyVersion", **named), _ABSENT)


def _number(version: dict[str, Any]) -> int:
    """The number in the id of a version, such as ``v3``."""
    digits = str(version["VersionId"]).lstrip("v")
    return int(digits) if digits.isdecimal() else 0


class Attachment(_OfPrincipal):
    """A managed policy on a principal; the name of the change is its ARN."""

    def read(self) -> str | None:
        """``attached`` where it is."""
        kind, name = kind_and_name(self.change.principal)
        listed = of_iam(self.api, f"ListAttached{kind}Policies", **{f"{kind}Name": name})
        arns = {each["PolicyArn"] for page in listed for each in page["AttachedPolicies"]}
        return ATTACHED if self.change.name in arns else None

    def write(self, text: str) -> None:  # noqa: ARG002  (it is there, or not)
        """Attach it."""
        self.call("Attach{}Policy", PolicyArn=self.change.name)

    def remove(self) -> None:
        """Detach it."""
        if_there(lambda: self.call("Detach{}Policy", PolicyArn=self.change.name), _ABSENT)


class Boundary(_OfPrincipal):
    """The permissions boundary; the text is its ARN."""

    def read(self) -> str | None:
        """The ARN."""
        return (self.described().get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")

    def write(self, text: str) -> None:
        """Set it."""
        self.call("Put{}PermissionsBoundary", PermissionsBoundary=text)

    def remove(self) -> None:
        """Go without."""
        if_there(lambda: self.call("Delete{}PermissionsBoundary"), _ABSENT)


class TrustPolicy(_OfPrincipal):
    """The trust policy of a role, which every role has."""

    def read(self) -> str | None:
        """Its text."""
        return unquote(self.described()["AssumeRolePolicyDocument"])

    def write(self, text: str) -> None:
        """Put it there."""
        self.call("UpdateAssumeRolePolicy", PolicyDocument=text)

    def remove(self) -> None:
        """There is no role without one."""
        raise NotRemovable("a role has a trust policy always")


class Tag(_OfPrincipal):
    """A tag; the name of the change is its key, and the text its value."""

    def read(self) -> str | None:
        """The value."""
        found = self._found()
        return None if found is None else found["Value"]

    def write(self, text: str) -> None:
        """Set it, under the key as it is spelled there."""
        found = self._found()
        key = self.change.name if found is None else found["Key"]
        self.call("Tag{}", Tags=[{"Key": key, "Value": text}])

    def remove(self) -> None:
        """Take it away."""
        found = self._found()
        if found is not None:
            self.call("Untag{}", TagKeys=[found["Key"]])

    def _found(self) -> dict[str, str] | None:
        kind, name = kind_and_name(self.change.principal)
        listed = of_iam(self.api, f"List{kind}Tags", **{f"{kind}Name": name})
        # Keys of tags are compared without regard to case.
        wanted = self.change.name.casefold()
        return next((each for page in listed for each in page["Tags"] if each["Key"].casefold() == wanted), None)
