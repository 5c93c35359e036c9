"""Accounts with a response role, and organizations with service control policies."""

from __future__ import annotations

from typing import Any

from tests.accounts import OWN, Json, allow, policy
from tests.rules.holding import iam, role
from tests.rules.trusting import OWN_ROOT, admit

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
CALLS = ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]
MANAGEMENT = "444455556666"
ALONE: Json = {"organization": {"membership": None}}
DECLARED: Json = {"response_roles": ["role/r-ir"]}


def responder(*statements: Json, trust: Json | None = None, name: str = "r-ir", **facts: Any) -> Json:
    """A role that can contain everybody, unless it holds other statements; people with MFA assume it."""
    return role(name, trust or admit({"AWS": OWN_ROOT}, **MFA), *(statements or (allow(CALLS),)), **facts)


def alone(*principals: Json, **parts: object) -> Json:
    """An account of which IAM is known, in no organization."""
    return iam(*principals, **ALONE, **parts)


def in_organization(*statements: Json, management: str = MANAGEMENT, **parts: object) -> Json:
    """The facts of an organization that allows everything but what the statements say, at the root."""
    full = {"id": "p-full", "name": "FullAWSAccess", "type": "SERVICE_CONTROL_POLICY", "is_aws_managed": True}
    own = {"id": "p-own", "name": "own", "type": "SERVICE_CONTROL_POLICY", "is_aws_managed": False}
    policies = [
        {**full, "content": {"kind": "policy-content", "document": policy(allow())}, "targets": ["r-1", OWN]},
        {**own, "content": {"kind": "policy-content", "document": policy(*statements)}, "targets": ["r-1"]},
    ]
    facts: Json = {
        "membership": {"kind": "organization", "id": "o-1", "management_account": management, "feature_set": "ALL"},
        "tree": {
            "kind": "organization-tree",
            "units": [],
            "roots": [{"id": "r-1", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}],
        },
        "accounts": [{"id": OWN, "name": "own", "state": "ACTIVE", "parent": "r-1"}],
        "policies": policies if statements else policies[:1],
        **parts,
    }
    return {"organization": facts}


def keys_of(user: str, *ids: str, status: str = "Active", created: str = "2026-10-01T00:00:00Z") -> Json:
    """The access keys of one user."""
    keys = [{"id": each, "user": user, "status": status, "created": created} for each in ids]
    return {"user": user, "keys": keys}
