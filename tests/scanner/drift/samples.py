"""Pairs of accounts, and what is told of how they differ."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.drift import Change, Compared, Diff, Grant, compare
from scanner.drift.actions import named_by
from scanner.drift.comparing import Side
from scanner.inventory import Account
from tests.accounts import FOREIGN, OWN, Json, account, allow, deny, policy

LAMBDA: Json = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def arn(kind: str, name: str) -> str:
    """The ARN of a principal or a policy of the account."""
    return f"arn:aws:iam::{OWN}:{kind}/{name}"


def role(name: str = "app", document: Json | None = None, *, trust: Json = LAMBDA, **facts: object) -> Json:
    """A role with one inline policy, if any."""
    inline = [{"name": "own", "document": document}] if document is not None else []
    return {"name": name, "arn": arn("role", name), "trust": trust, "id": f"AROA{name}", "inline": inline, **facts}


def user(name: str, document: Json | None = None, **facts: object) -> Json:
    """A user with one inline policy, if any."""
    inline = [{"name": "own", "document": document}] if document is not None else []
    return {"name": name, "arn": arn("user", name), "id": f"AIDA{name}", "inline": inline, **facts}


def managed(name: str, *documents: Json, default: int = 1) -> Json:
    """A managed policy with these versions."""
    versions = [
        {"id": f"v{number}", "document": document, "is_default": number == default}
        for number, document in enumerate(documents, 1)
    ]
    return {"name": name, "arn": arn("policy", name), "versions": versions}


def attached(*names: str) -> list[Json]:
    """Managed policies as a principal holds them."""
    return [{"name": name, "arn": arn("policy", name)} for name in names]


def identity(*, roles: Iterable[Json] = (), users: Iterable[Json] = (), groups: Iterable[Json] = (),
             policies: Iterable[Json] = (), **more: object) -> Account:  # fmt: skip
    """An account of which principals and policies were read."""
    return account(
        {"roles": list(roles), "users": list(users), "groups": list(groups), "policies": list(policies), **more}
    )


def diff(old: Account, new: Account, *, consequences: bool = False) -> Diff:
    """How two accounts differ."""
    return compare(
        Side(account=old, told=Compared(source="old")),
        Side(account=new, told=Compared(source="new")),
        consequences=consequences,
    )


def only_change(old: Account, new: Account, *, consequences: bool = False) -> Change:
    """The change of a pair that has exactly one."""
    (found,) = diff(old, new, consequences=consequences).changes
    return found


def told(grants: Iterable[Grant]) -> set[str]:
    """The actions of grants."""
    return {name for grant in grants for name in named_by(grant.actions)}


def causes(change: Change) -> list[str]:
    """Its causes by kind."""
    return [each.kind for each in change.cause]


def with_scp(*names: str) -> Account:
    """A member of an organization in whose root these policies are attached."""
    documents = {
        "full": policy(allow()),
        "no-trails": policy(deny("cloudtrail:StopLogging")),
    }
    held = [
        {
            "id": f"p-{name}",
            "name": name,
            "type": "SERVICE_CONTROL_POLICY",
            "is_aws_managed": False,
            "content": {"kind": "policy-content", "document": documents[name]},
            "targets": ["r-1", OWN] if name == "full" else ["r-1"],
        }
        for name in names
    ]
    organization = {
        "membership": {"kind": "organization", "id": "o-1", "management_account": FOREIGN},
        "tree": {
            "kind": "organization-tree",
            "units": [],
            "roots": [{"id": "r-1", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}],
        },
        "accounts": [{"id": OWN, "name": "own", "state": "ACTIVE", "parent": "r-1"}],
        "policies": held,
    }
    return identity(roles=[role(document=policy(allow("cloudtrail:*")))], organization=organization)
