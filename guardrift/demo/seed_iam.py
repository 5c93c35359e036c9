"""Seeding of IAM: policies, roles, groups, users and their credentials, with the ages they have at the demo's time."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any

from guardrift.demo.emulator import backend, model
from guardrift.demo.policies import seed_policies
from guardrift.demo.roles import ROLES, Part
from guardrift.demo.setting import HOME
from guardrift.demo.users import GROUPS, USERS, Key, Person

ACCOUNT_AGE = timedelta(days=1000)
"""How long the account, and what has no age of its own, has existed."""


def seed_iam(session: Any, at: datetime) -> None:
    """Create everything of IAM; all dates lie before ``at``."""
    iam = session.client("iam")
    seed_policies(iam, at - ACCOUNT_AGE)
    for role in ROLES:
        seed_role(iam, role)
    for name, attached in GROUPS.items():
        iam.create_group(GroupName=name)
        for arn in attached:
            iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    for person in USERS:
        _seed_user(iam, person)
        if person.key is not None:
            _seed_key(iam, person.name, person.key, at)
    iam.generate_credential_report()
    identify()
    _age(at)


def seed_role(iam: Any, role: Part) -> None:
    """Create a role with its policies and its instance profile."""
    iam.create_role(RoleName=role.name, Path=role.path, AssumeRolePolicyDocument=role.trust)
    if role.inline is not None:
        iam.put_role_policy(RoleName=role.name, PolicyName=role.name, PolicyDocument=role.inline)
    for arn in role.attached:
        iam.attach_role_policy(RoleName=role.name, PolicyArn=arn)
    if role.has_profile:
        iam.create_instance_profile(InstanceProfileName=role.name)
        iam.add_role_to_instance_profile(InstanceProfileName=role.name, RoleName=role.name)


def _seed_user(iam: Any, person: Person) -> None:
    iam.create_user(UserName=person.name, Tags=[{"Key": key, "Value": value} for key, value in person.tags])
    if person.inline is not None:
        iam.put_user_policy(UserName=person.name, PolicyName=person.name, PolicyDocument=person.inline)
    for arn in person.attached:
        iam.attach_user_policy(UserName=person.name, PolicyArn=arn)
    for group in person.groups:
        iam.add_user_to_group(GroupName=group, UserName=person.name)
    if person.console != "none":
        iam.create_login_profile(UserName=person.name, Password=f"{person.name}-of-the-demo")
    if person.console == "password and MFA":
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=person.name)["VirtualMFADevice"]
        iam.enable_mfa_device(
            UserName=person.name, SerialNumber=device["SerialNumber"], AuthenticationCode1="123456",
            AuthenticationCode2="654321",
        )  # fmt: skip


def _seed_key(iam: Any, user: str, key: Key, at: datetime) -> None:
    made = iam.create_access_key(UserName=user)["AccessKey"]
    if not key.active:
        iam.update_access_key(UserName=user, AccessKeyId=made["AccessKeyId"], Status="Inactive")
    (state,) = backend("iam").users[user].access_keys
    state.create_date = at - timedelta(days=key.age)
    if key.used is not None:
        state.last_used = model("iam", "AccessKeyLastUsed")(at - timedelta(days=key.used), key.service, key.region)


def identify() -> None:
    """Give unique ids the prefixes by which AWS tells kinds apart; moto does so for roles and keys only."""
    state = backend("iam")
    kinds = {"AIDA": state.users, "AGPA": state.groups, "AIPA": state.instance_profiles, "ANPA": state.managed_policies}
    for prefix, things in kinds.items():
        for thing in things.values():
            digest = hashlib.sha256(thing.arn.encode()).digest()
            thing.id = prefix + base64.b32encode(digest).decode()[:17]


def _age(at: datetime) -> None:
    state = backend("iam")
    begun = at - ACCOUNT_AGE
    for thing in (*state.groups.values(), *state.instance_profiles.values()):
        thing.create_date = begun
    for policy in state.managed_policies.values():
        policy.create_date = policy.update_date = begun
        for version in policy.versions:
            version.create_date = begun
    _age_users(state, at)
    for role in ROLES:
        age_role(role, at)


def _age_users(state: Any, at: datetime) -> None:
    for person in USERS:
        user = state.users[person.name]
        user.create_date = at - timedelta(days=person.age)
        user.password_last_used = at - timedelta(days=person.signed_in)
        for device in user.mfa_devices.values():
            virtual = state.virtual_mfa_devices[device.serial_number]
            device.enable_date = virtual.enable_date = user.create_date
            virtual.user_attribute |= {"UserId": user.id, "CreateDate": user.create_date}


def age_role(role: Part, at: datetime) -> None:
    """Date the making of a role, and its last use if it has one."""
    state = backend("iam").get_role(role.name)
    state.create_date = at - ACCOUNT_AGE
    if role.used is not None:
        state.last_used = at - timedelta(days=role.used)
        state.last_used_region = HOME
