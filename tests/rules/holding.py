"""Accounts of users and roles, by the statements of their policies."""

from __future__ import annotations

import json

from tests.accounts import OWN, Case, Json, policy
from tests.rules.trusting import OWN_ROOT, admit

DETAILS = "iam:GetAccountAuthorizationDetails"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
CUTOFF = "2026-11-20T00:00:00Z"
REVOKED: Json = {"DateLessThan": {"aws:TokenIssueTime": CUTOFF}}


def arn_of(kind: str, name: str, path: str = "/") -> str:
    return f"arn:aws:iam::{OWN}:{kind}{path}{name}"


def user(name: str, *statements: Json, attached: tuple[str, ...] = (), **facts: object) -> Json:
    """A user who holds each statement in an inline policy of its own."""
    return _principal("user", name, statements, attached, facts)


def role(
    name: str, trust: Json | str | None, *statements: Json, attached: tuple[str, ...] = (), **facts: object
) -> Json:
    """A role that holds each statement in an inline policy of its own; it trusts a service, an ARN, or as stated."""
    if isinstance(trust, str):
        trust = admit({"AWS": trust} if ":" in trust or trust == "*" else {"Service": f"{trust}.amazonaws.com"})
    return _principal("role", name, statements, attached, facts) | {"trust": policy(*([trust] if trust else []))}


def _principal(
    kind: str, name: str, statements: tuple[Json, ...], attached: tuple[str, ...], facts: dict[str, object]
) -> Json:
    inline = [{"name": f"own-{place}", "document": policy(each)} for place, each in enumerate(statements)]
    names = [{"name": arn.rpartition("/")[2], "arn": arn} for arn in attached]
    arn = arn_of(kind, name, str(facts.get("path", "/")))
    return {"name": name, "arn": arn, "inline": inline, "attached": names, **facts}


def managed(name: str, *statements: Json) -> Json:
    """A managed policy of the customer's."""
    versions = [{"id": "v1", "document": policy(*statements), "is_default": True}]
    return {"arn": arn_of("policy", name), "name": name, "versions": versions}


def iam(*principals: Json, **parts: object) -> Json:
    """An account of which IAM is known in full, unless ``parts`` say otherwise."""
    users = [each for each in principals if ":user/" in str(each["arn"])]
    roles = [each for each in principals if ":role/" in str(each["arn"])]
    return {"users": users, "roles": roles, "groups": [], "policies": [], **parts}


def administrator(name: str, trust: Json | str | None = OWN_ROOT, **facts: object) -> Json:
    """A role that may do everything."""
    return role(name, trust, attached=(ADMINISTRATOR,), **facts)


def renamed(facts: Json, names: dict[str, str]) -> Json:
    """The same account, in which principals are called otherwise."""
    text = json.dumps(facts)
    for old, new in names.items():
        text = text.replace(old, new)
    found: Json = json.loads(text)
    return found


def named(cases: list[Case], name: str) -> Json:
    """The facts of a case."""
    (found,) = (facts for each, facts, _ in cases if each == name)
    return found
