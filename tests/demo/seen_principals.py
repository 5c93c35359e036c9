"""What is wrong with principals of the demo account, found without the rules, in the account as the scanner sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from guardrift.demo.configuration import CONFIGURATION
from guardrift.demo.policies import ADMINISTRATOR, BROWSER_ONLY
from guardrift.demo.setting import ACCOUNT_ID
from scanner.inventory import Account, CredentialRow, Role, User, known
from tests.demo.reading import AT

Seen = set[tuple[str, str | None]]
THE_ACCOUNT: Seen = {(ACCOUNT_ID, None)}


def users_with_administrators_key(account: Account) -> Seen:
    active = {key.user for held in known(account.access_keys) for key in known(held.keys) if key.is_active}
    return {(user.name, None) for user in _administrators(account) if user.name in active}


def users_whose_key_reaches_administrators(account: Account) -> Seen:
    roles = {role.arn: role for role in known(account.roles)}
    escalating = {
        arn for arn, role in roles.items() if any(s["Action"] == "iam:AttachRolePolicy" for s in _statements(role))
    }
    return users_with_administrators_key(account) | {
        (user.name, None)
        for user in known(account.users)
        for statement in _statements(user)
        if statement["Action"] == "sts:AssumeRole" and statement["Resource"] in escalating
        if user.arn.encode() in bytes(roles[statement["Resource"]].trust)
    }


def held_back(account: Account) -> Seen:
    return {
        (user.name, None)
        for user in known(account.users)
        for statement in _statements(user)
        if (statement["Effect"], statement["Action"]) == ("Deny", "*")
    }


def unused_administrators(account: Account) -> Seen:
    rows = _rows(account)
    idle = {name for name, row in rows.items() if not row.password_enabled and row.key_1_rotated is None}
    quiet = {name for name, row in rows.items() if _is_long_ago(row)}
    return {
        (user.name, None)
        for user in _administrators(account)
        if user.name in idle | quiet and f"user/{user.name}" not in CONFIGURATION
    }


def _is_long_ago(row: CredentialRow) -> bool:
    return row.password_last_used is not None and AT - row.password_last_used > timedelta(days=90)


def able_to_sign_in_from_the_command_line(account: Account) -> Seen:
    rows = _rows(account)
    groups = {group.name: {each.arn for each in group.attached} for group in known(account.groups)}
    return {
        (user.name, None)
        for user in _administrators(account)
        if rows[user.name].password_enabled and not any(BROWSER_ONLY in groups[name] for name in user.groups)
    }


def with_policies_of_their_own(account: Account) -> Seen:
    return {(user.name, None) for user in known(account.users) if user.attached or user.inline}


def active_service_credentials(account: Account) -> Seen:
    return {(found.user, None) for found in known(account.service_credentials) if found.status == "Active"}


def owners_of_every_object(account: Account) -> Seen:
    return {
        (role.name, None)
        for role in known(account.roles)
        for statement in _statements(role)
        if "s3:*" in statement["Action"] and statement["Resource"] == "*"
    }


def readers_of_every_parameter(account: Account) -> Seen:
    """Of the roles of instances; those that own every object have the service of parameters too."""
    reading = {
        policy.arn
        for policy in known(account.policies)
        for version in policy.versions
        if version.is_default and b"ssm:GetParameter" in bytes(version.document)
    }
    carrying: Seen = {
        (role.name, None)
        for role in known(account.roles)
        if role.instance_profiles and reading & {each.arn for each in role.attached}
    }
    return carrying - owners_of_every_object(account)


def roles_of_a_confused_deputy(account: Account) -> Seen:
    return {
        (role.name, None)
        for role in known(account.roles)
        if b"states.amazonaws.com" in bytes(role.trust) and b"aws:SourceAccount" not in bytes(role.trust)
    }


def unused_profiles(account: Account) -> Seen:
    used = {
        each.instance_profile
        for region in account.regions
        for each in known(region.instances)
        if each.state == "running"
    }
    return {(found.name, None) for found in known(account.instance_profiles) if found.arn not in used}


def editable_response_role(account: Account) -> Seen:
    wide = [
        role
        for role in known(account.roles)
        for statement in _statements(role)
        if "iam:AttachRolePolicy" in statement["Action"] and statement["Resource"] == "*"
        if "Condition" not in statement
    ]
    return THE_ACCOUNT if wide else set()


def _administrators(account: Account) -> Iterator[User]:
    """Users that may do everything, or may when a quarantine goes: without those that lack IAM or have a boundary."""
    groups = {group.name: {each.arn for each in group.attached} for group in known(account.groups)}
    for user in known(account.users):
        held = {each.arn for each in user.attached}.union(*(groups[name] for name in user.groups))
        said = {(statement["Effect"], statement["Action"]) for statement in _statements(user)}
        may = ADMINISTRATOR in held or ("Allow", "*:*") in said
        if may and ("Deny", "iam:*") not in said and user.boundary is None:
            yield user


def _rows(account: Account) -> dict[str, CredentialRow]:
    return {row.user: row for row in known(account.credential_report).rows}


def _statements(principal: User | Role) -> list[dict[str, Any]]:
    found = [json.loads(bytes(policy.document))["Statement"] for policy in principal.inline]
    return [
        {**statement, "Action": _one(statement["Action"]), "Resource": _one(statement["Resource"])}
        for statements in found
        for statement in statements
    ]


def _one(value: Any) -> Any:
    """The only element of a list that has no other."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
