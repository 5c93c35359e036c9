"""Small accounts in the form of ``aws iam get-account-authorization-details``, and what the graph says of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.paths import Escalation, Paths, paths_of
from scanner.inventory import AccessKey, Account, CredentialReport, CredentialRow, UserKeys
from scanner.snapshot import decode
from tests.accounts import NOW, OWN, allow, policy

Json = dict[str, Any]

AWS = f"arn:aws:iam::{OWN}"
ROOT = f"{AWS}:root"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def arn(kind: str, name: str) -> str:
    """The ARN of a user, role, group or policy of the account."""
    return f"{AWS}:{kind}/{name}"


def inline(*statements: Json, name: str = "inline") -> Json:
    """An inline policy."""
    return {"PolicyName": name, "PolicyDocument": policy(*statements)}


def attached(*arns: str) -> list[Json]:
    """Attached managed policies."""
    return [{"PolicyName": each.rpartition("/")[2], "PolicyArn": each} for each in arns]


def bounded(boundary: str | None) -> Json:
    """The permissions boundary of a principal."""
    if boundary is None:
        return {}
    return {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}}


def user(
    name: str,
    *statements: Json,
    groups: Iterable[str] = (),
    managed: Iterable[str] = (),
    more: Iterable[Json] = (),
    boundary: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Json:
    """A user; the statements are its inline policy ``inline``, and ``more`` are further inline policies."""
    return {
        "UserName": name,
        "UserId": f"AIDA{name.upper()}",
        "Path": "/",
        "Arn": arn("user", name),
        "GroupList": list(groups),
        "UserPolicyList": [*([inline(*statements)] if statements else []), *more],
        "AttachedManagedPolicies": attached(*managed),
        "Tags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        **bounded(boundary),
    }


def trusting(*principals: str, action: object = "sts:AssumeRole", kind: str = "", **elements: object) -> Json:
    """A statement of a trust policy; what ends in ``.amazonaws.com`` is a service."""
    found: dict[str, list[str]] = {}
    for name in principals:
        sort = kind or ("Service" if name.endswith(".amazonaws.com") else "AWS")
        found.setdefault(sort, []).append(name)
    return {"Effect": "Allow", "Principal": found, "Action": action, **elements}


NOBODY = trusting("workmail.amazonaws.com")


def role(
    name: str,
    *statements: Json,
    trust: Iterable[Json] = (NOBODY,),
    managed: Iterable[str] = (),
    more: Iterable[Json] = (),
    boundary: str | None = None,
    tags: Mapping[str, str] | None = None,
    profile: bool = False,
) -> Json:
    """A role, by default one that only a service of little use trusts."""
    held = {"InstanceProfileName": name, "Arn": arn("instance-profile", name), "Roles": []}
    return {
        "RoleName": name,
        "RoleId": f"AROA{name.upper()}",
        "Path": "/",
        "Arn": arn("role", name),
        "AssumeRolePolicyDocument": policy(*trust),
        "RolePolicyList": [*([inline(*statements)] if statements else []), *more],
        "AttachedManagedPolicies": attached(*managed),
        "InstanceProfileList": [held] if profile else [],
        "Tags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        **bounded(boundary),
    }


def group(name: str, *statements: Json, managed: Iterable[str] = ()) -> Json:
    """A group."""
    return {
        "GroupName": name,
        "GroupId": f"AGPA{name.upper()}",
        "Path": "/",
        "Arn": arn("group", name),
        "GroupPolicyList": [inline(*statements)] if statements else [],
        "AttachedManagedPolicies": attached(*managed),
    }


def managed_policy(name: str, *versions: Json, default: int = 0) -> Json:
    """A customer-managed policy of these documents, of which one is the default version."""
    return {
        "PolicyName": name,
        "Arn": arn("policy", name),
        "PolicyVersionList": [
            {"VersionId": f"v{place + 1}", "IsDefaultVersion": place == default, "Document": document}
            for place, document in enumerate(versions)
        ],
    }


def details(*entities: Json) -> Json:
    """The answer of the API that holds these users, roles, groups and policies."""
    kinds = {"UserName": "UserDetailList", "RoleName": "RoleDetailList", "GroupName": "GroupDetailList"}
    found: dict[str, list[Json]] = {name: [] for name in (*kinds.values(), "Policies")}
    for entity in entities:
        found[next((name for key, name in kinds.items() if key in entity), "Policies")].append(entity)
    return found


def account(*entities: Json) -> Account:
    """The account that holds these users, roles, groups and policies."""
    return read(details(*entities))


def read(raw: object) -> Account:
    """The account of an answer of the API."""
    return decode(json.dumps(raw).encode(), now=NOW, actions={}, account_id=OWN)


def with_credentials(found: Account, *, keys: Mapping[str, int], passwords: Mapping[str, bool]) -> Account:
    """The account where access keys and passwords were collected: how many keys, and whether a password, by user."""
    held = tuple(
        UserKeys(name, tuple(AccessKey(f"AKIA{name}{place}", name, "Active", NOW) for place in range(count)))
        for name, count in keys.items()
    )
    rows = tuple(CredentialRow(name, arn("user", name), password_enabled=has) for name, has in passwords.items())
    return msgspec.structs.replace(found, access_keys=held, credential_report=CredentialReport(rows))


def target(name: str = "boss", *services: str, **elements: Any) -> Json:
    """A role with every right that these services may take."""
    return role(name, allow(), trust=[trusting(*services)] if services else [NOBODY], **elements)


def paths(*entities: Json) -> Paths:
    """The paths of an account."""
    return paths_of(account(*entities))


def escalation(name: str, *entities: Json, kind: str = "") -> Escalation | None:
    """How a principal of this name becomes an administrator."""
    found = paths(*entities)
    place = arn(kind or ("user" if any(each.get("UserName") == name for each in entities) else "role"), name)
    assert found.graph.place(place) is not None
    return found.escalation(place)


def methods(found: Escalation | None) -> set[str]:
    """The methods of the first steps."""
    return {path.steps[0].method for path in found.paths} if found else set()


def arcs(graph: Graph, place: str) -> set[str]:
    """The methods of all arcs from a principal as it is."""
    at = graph.place(place)
    assert at is not None
    return {arc.method.id for arc in graph.arcs[at] if arc.nodes or arc.administers}


def graph(*entities: Json) -> Graph:
    """The graph of an account."""
    return graph_of(account(*entities))
