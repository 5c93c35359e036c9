"""What AWS does and moto does not: by hooks of the SDK, so that our own code is asked as it is."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

import boto3
from botocore.exceptions import ClientError

_LIMITS = {"Role": 10_240, "User": 2_048}
_PROTECTED = ("/aws-service-role/", "/aws-reserved/")
_READS = {
    "GetRolePolicy": ("PutRolePolicy", "DeleteRolePolicy"),
    "GetUserPolicy": ("PutUserPolicy", "DeleteUserPolicy"),
    "ListAccessKeys": ("UpdateAccessKey",),
}


class _Answered:
    status_code = 200
    headers: Mapping[str, str] = MappingProxyType({})


@cache
def _iam() -> Any:
    return boto3.client("iam", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")


@dataclass
class Lacking:
    """Hooks for one account.

    Attributes:
        services: credentials of users for single services, with their status.
        boundaries: of users.
        stale: so many reads after a write still tell what was there before.
        refused: error codes by the name of an operation, which it is refused with.
    """

    services: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    boundaries: dict[str, str] = field(default_factory=dict)
    stale: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    _late: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    _seen: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __call__(self, client: Any) -> None:
        """Hook a client."""
        events = client.meta.events
        events.register("provide-client-params", self._refuse)
        if client.meta.service_model.service_name != "iam":
            return
        for operation in ("ListServiceSpecificCredentials", "UpdateServiceSpecificCredential"):
            events.register(f"before-call.iam.{operation}", self._services)
        for operation in ("PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"):
            events.register(f"before-call.iam.{operation}", self._bound)
        events.register("after-call.iam.GetUser", self._with_boundary)
        events.register("after-call.iam", self._with_delay)

    def forget(self) -> None:
        """Let reads tell what is there."""
        self._late.clear()
        self._seen.clear()

    def _refuse(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        name = model.name
        if name in self.refused:
            raise refusal(self.refused[name], name)
        if name == "DeletePolicy" and model.service_model.service_name == "iam":
            held = _iam().list_entities_for_policy(PolicyArn=params["PolicyArn"])
            if held["PolicyRoles"] or held["PolicyUsers"]:
                raise refusal("DeleteConflict", name)
        kind = next((kind for kind in _LIMITS if name == f"Put{kind}Policy"), None)
        if kind is not None:
            self._check_room(kind, params, name)

    def _check_room(self, kind: str, params: dict[str, Any], operation: str) -> None:
        iam = _iam()
        named = {f"{kind}Name": params[f"{kind}Name"]}
        if kind == "Role" and iam.get_role(**named)["Role"]["Path"].startswith(_PROTECTED):
            raise refusal("UnmodifiableEntity", operation)
        used = len("".join(params["PolicyDocument"].split()))
        for each in getattr(iam, f"list_{kind.lower()}_policies")(**named)["PolicyNames"]:
            if each != params["PolicyName"]:
                document = getattr(iam, f"get_{kind.lower()}_policy")(**named, PolicyName=each)["PolicyDocument"]
                used += len(json.dumps(document, separators=(",", ":")))
        if used > _LIMITS[kind]:
            raise refusal("LimitExceeded", operation)

    def _services(self, params: dict[str, Any], model: Any, **_: Any) -> Any:
        asked = _body(params)
        held = self.services[asked["UserName"]]
        if model.name.startswith("Update"):
            held[asked["ServiceSpecificCredentialId"]] = asked["Status"]
            return _Answered, {}
        listed = [{"ServiceSpecificCredentialId": id_, "Status": status} for id_, status in held.items()]
        return _Answered, {"ServiceSpecificCredentials": listed, "IsTruncated": False}

    def _bound(self, params: dict[str, Any], model: Any, **_: Any) -> Any:
        asked = _body(params)
        if model.name.startswith("Put"):
            self.boundaries[asked["UserName"]] = asked["PermissionsBoundary"]
        else:
            self.boundaries.pop(asked["UserName"], None)
        return _Answered, {}

    def _with_boundary(self, parsed: dict[str, Any], **_: Any) -> None:
        name = parsed.get("User", {}).get("UserName")
        if name in self.boundaries:
            parsed["User"]["PermissionsBoundary"] = {"PermissionsBoundaryArn": self.boundaries[name]}

    def _with_delay(self, http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        """After a write, the reads of the same thing tell for a while what they told last."""
        if not self.stale:
            return
        name = model.name
        for reading, writing in _READS.items():
            if name in writing:
                for place, told in self._seen.items():
                    if place[0] == reading:
                        self._late[place] = [told] * self.stale
        if name in _READS:
            place = (name, "")
            late = self._late.get(place)
            if late:
                http_response.status_code, told = late.pop()
                parsed.clear()
                parsed.update(json.loads(told))
            else:
                self._seen[place] = (http_response.status_code, json.dumps(parsed, default=str))


def refusal(code: str, operation: str) -> ClientError:
    """A refusal of AWS."""
    status = 400 if code != "AccessDenied" else 403
    return ClientError(
        {"Error": {"Code": code, "Message": f"{code} by AWS"}, "ResponseMetadata": {"HTTPStatusCode": status}},
        operation,
    )


def _body(params: dict[str, Any]) -> dict[str, str]:
    found = params["body"]
    return {name: str(value) for name, value in found.items()}
