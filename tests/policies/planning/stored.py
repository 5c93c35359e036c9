"""An account in moto like the one of a snapshot, and what of it can be seen."""

from __future__ import annotations

import json
from typing import Any

import boto3

from scanner.inventory import Account, Gap, Role, User

PROFILE = "/"


def build(account: Account) -> dict[str, str]:
    """Make roles and users in moto as they are in an account; returns the ids of keys as moto has them."""
    iam = boto3.client("iam", region_name="eu-west-1")
    for role in account.roles if not isinstance(account.roles, Gap) else ():
        if not role.path.startswith("/aws"):
            iam.create_role(
                RoleName=role.name, Path=role.path, AssumeRolePolicyDocument=bytes(role.trust).decode(),
                **({"PermissionsBoundary": role.boundary} if role.boundary else {}),
            )  # fmt: skip
            _policies(iam, "role", role)
    for user in account.users if not isinstance(account.users, Gap) else ():
        iam.create_user(
            UserName=user.name, Path="/", **({"PermissionsBoundary": user.boundary} if user.boundary else {})
        )
        _policies(iam, "user", user)
    return {}


def _policies(iam: Any, kind: str, principal: Role | User) -> None:
    named = {f"{kind.title()}Name": principal.name}
    for policy in principal.inline:
        put = getattr(iam, f"put_{kind}_policy")
        put(**named, PolicyName=policy.name, PolicyDocument=bytes(policy.document).decode())
    for tag in principal.tags:
        getattr(iam, f"tag_{kind}")(**named, Tags=[{"Key": tag.key, "Value": tag.value}])


def seen() -> str:
    """Everything of IAM that a containment touches, as text, apart from when it was made."""
    iam = boto3.client("iam", region_name="eu-west-1")
    details = iam.get_account_authorization_details(Filter=["Role", "User", "LocalManagedPolicy"])
    found: dict[str, Any] = {key: details[key] for key in ("RoleDetailList", "UserDetailList", "Policies")}
    found["keys"] = {
        user["UserName"]: [
            (key["AccessKeyId"], key["Status"])
            for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        ]
        for user in details["UserDetailList"]
    }
    # Moto tells the tags of roles and users elsewhere.
    found["tags"] = {
        **{role["RoleName"]: iam.list_role_tags(RoleName=role["RoleName"])["Tags"] for role in found["RoleDetailList"]},
        **{user["UserName"]: iam.list_user_tags(UserName=user["UserName"])["Tags"] for user in found["UserDetailList"]},
    }
    found["boundaries"] = {
        role["RoleName"]: iam.get_role(RoleName=role["RoleName"])["Role"].get("PermissionsBoundary")
        for role in found["RoleDetailList"]
    }
    return json.dumps(found, default=str, sort_keys=True)
