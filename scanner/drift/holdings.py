"""Users and roles as changes tell of them: what they are called, and what they hold by name."""

from __future__ import annotations

from typing import Any

from scanner.findings import Resource
from scanner.iam.caller import Caller, role_caller, user_caller
from scanner.iam.sources import AccountPolicies
from scanner.inventory import Role, User

Principal = User | Role


def caller_of(principal: Principal) -> Caller:
    """The principal as the sender of requests."""
    return user_caller(principal) if isinstance(principal, User) else role_caller(principal)


def resource_of(principal: Principal | None, account_id: str) -> Resource:
    """The principal as what a change is about."""
    if principal is None:
        raise LookupError("a principal of neither side")
    kind = "user" if isinstance(principal, User) else "role"
    return Resource(principal.arn, kind, principal.name, account_id)


def words(old: Principal | None, new: Principal | None) -> str:
    """What happened to a principal."""
    found = new or old
    kind = "user" if isinstance(found, User) else "role"
    if old is None:
        return f"{kind} created"
    if new is None:
        return f"{kind} deleted"
    return f"{kind} re-created" if is_made_anew(old, new) else "permissions"


def is_made_anew(old: Principal | None, new: Principal | None) -> bool:
    """Whether a principal has the ARN of another one that is gone, so that whoever holds it is not whom it was."""
    return old is not None and new is not None and bool(old.id and new.id) and old.id != new.id


def held(principal: Principal, other: Principal | None) -> dict[str, Any]:
    """What a principal holds by name, as far as the other side holds something else."""
    others = {} if other is None else _facts(other)
    return {name: value for name, value in _facts(principal).items() if other is None or others.get(name) != value}


def _facts(principal: Principal) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": principal.id,
        "attached": sorted(each.arn for each in principal.attached),
        "inline": sorted(each.name for each in principal.inline),
        "boundary": principal.boundary,
        "tags": {tag.key: tag.value for tag in principal.tags},
    }
    return facts | ({"groups": sorted(principal.groups)} if isinstance(principal, User) else {})


def find(policies: AccountPolicies, arn: str) -> Principal | None:
    """The user or role of an ARN."""
    return policies.users.get(arn) or policies.roles.get(arn)
