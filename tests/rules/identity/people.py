"""Accounts with users, and what the credential report says of them."""

from __future__ import annotations

from tests.accounts import OWN, Json, gap, policy

REPORT_DENIED = gap("iam:GetCredentialReport")
DETAILS_DENIED = gap("iam:GetAccountAuthorizationDetails")


def arn(name: str) -> str:
    return f"arn:aws:iam::{OWN}:user/{name}"


def user(name: str, *statements: Json, **facts: object) -> Json:
    """A user with one inline policy of these statements."""
    inline = [{"name": "own", "document": policy(*statements)}] if statements else []
    return {"name": name, "arn": arn(name), "inline": inline, **facts}


def iam(*users: Json, **parts: object) -> Json:
    """An account of which IAM is known in full."""
    return {"users": list(users), "groups": [], "roles": [], "policies": [], **parts}


def row(name: str, *, password: bool | None = None, **facts: object) -> Json:
    return {"user": name, "arn": arn(name), **({} if password is None else {"password_enabled": password}), **facts}


def root_row(**facts: object) -> Json:
    return {"user": "<root_account>", "arn": f"arn:aws:iam::{OWN}:root", **facts}


def report(*rows: Json) -> Json:
    return {"credential_report": {"kind": "credential-report", "rows": list(rows)}}


def keys(name: str, *found: Json) -> Json:
    """The active keys of one user; nobody else has any."""
    listed = [
        {"id": "AKIA1", "user": name, "status": "Active", "created": "2026-11-01T00:00:00Z", **key} for key in found
    ]
    return {"access_keys": [{"user": name, "keys": listed}]}
