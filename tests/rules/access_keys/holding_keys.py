"""Accounts with access keys."""

from __future__ import annotations

from tests.accounts import OWN, Json, allow, policy

ARN = f"arn:aws:iam::{OWN}:user/ci"


def key(created: str, status: str = "Active", **facts: object) -> Json:
    return {"id": "AKIA1", "user": "ci", "status": status, "created": created, **facts}


def keys(*found: Json) -> Json:
    return {"access_keys": [{"user": "ci", "keys": list(found)}]}


def user(*statements: Json, **facts: object) -> Json:
    """The user ``ci``, with all of IAM known."""
    inline = [{"name": "own", "document": policy(*statements)}] if statements else []
    found = {"name": "ci", "arn": ARN, "inline": inline, **facts}
    return {"users": [found], "groups": [], "roles": [], "policies": []}


def can_become_administrator() -> Json:
    """The user ``ci``, who may give itself any policy."""
    return user(allow("iam:PutUserPolicy"))
