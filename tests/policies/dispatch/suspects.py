"""Accounts in which a credential was stolen, and what is said of it."""

from __future__ import annotations

from datetime import timedelta

from policies.dispatch import Circumstances, Resolved, Verdict, resolve
from policies.subjects import Subject, SubjectKind
from scanner.inventory import Account
from tests.accounts import NOW, OWN, Json, account, policy, region

ROLE_ID, OLD_ROLE_ID, USER_ID = "AROAEXAMPLEROLE000001", "AROAEXAMPLEROLE000000", "AIDAEXAMPLEUSER000001"
KEY, OTHER_KEY, SESSION_KEY = "AKIAEXAMPLEKEY000001", "AKIAEXAMPLEKEY000009", "ASIAEXAMPLEKEY000001"
INSTANCE, OTHER_INSTANCE = "i-0123456789abcdef0", "i-0fedcba9876543210"
PROFILE = f"arn:aws:iam::{OWN}:instance-profile/web"

EC2: Json = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
OWN_ACCOUNT: Json = policy(
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}, "Action": "sts:AssumeRole"}
)
MEMBER: Json = {
    "membership": {
        "kind": "organization", "id": "o-a1b2c3d4e5", "management_account": "444455556666", "feature_set": "ALL",
    },
    "tree": {
        "kind": "organization-tree",
        "roots": [{"id": "r-1", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}],
        "units": [],
    },
}  # fmt: skip
MANAGEMENT: Json = MEMBER | {
    "membership": {"kind": "organization", "id": "o-a1b2c3d4e5", "management_account": OWN, "feature_set": "ALL"}
}


def role(name: str = "app", trust: Json = EC2, /, **parts: object) -> Json:
    return role_with({"name": name, "trust": trust, **parts})


def role_with(parts: Json) -> Json:
    """A role of which some parts are other ones."""
    whole: Json = {"name": "app", "path": "/", "id": ROLE_ID, "trust": EC2, **parts}
    return {"arn": f"arn:aws:iam::{OWN}:role{whole['path']}{whole['name']}", **whole}


def user(name: str = "alice", **parts: object) -> Json:
    return {"name": name, "arn": f"arn:aws:iam::{OWN}:user/{name}", "id": USER_ID, **parts}


def keys(*ids: str, of: str = "alice") -> Json:
    held = [{"id": each, "user": of, "status": "Active", "created": "2026-01-01T00:00:00Z"} for each in ids]
    return {"user": of, "keys": held}


def instances(*ids: str) -> Json:
    """A region with instances that carry the profile ``web``."""
    found = [
        {"id": each, "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/{each}", "state": "running",
         "instance_profile": PROFILE, "metadata": {"tokens": "required", "endpoint": "enabled"}}
        for each in ids
    ]  # fmt: skip
    return region(instances=found, launch_templates=[], launch_configurations=[], scaling_groups=[])


def facts(**parts: object) -> Account:
    """An account with the role ``app`` on two instances and the user ``alice`` with a key."""
    usual: Json = {
        "caller": f"arn:aws:sts::{OWN}:assumed-role/guardrift-scanner/session",
        "roles": [role()],
        "users": [user()],
        "groups": [],
        "policies": [],
        "access_keys": [keys(KEY)],
        "service_credentials": [],
        "instance_profiles": [{"name": "web", "arn": PROFILE, "roles": ["app"]}],
        "functions": [],
        "regions": [instances(INSTANCE, OTHER_INSTANCE)],
        "organization": MEMBER,
        "taken_at": (NOW - timedelta(hours=1)).isoformat(),
    }
    return account({**usual, **parts})


def told(kind: SubjectKind, **parts: object) -> Subject:
    """A subject of this account."""
    return Subject(**{"kind": kind, "account_id": OWN, **parts})  # type: ignore[arg-type]


def circumstances(**parts: object) -> Circumstances:
    return Circumstances(**{"at": NOW, "is_finding": True, **parts})  # type: ignore[arg-type]


def resolved(subject: Subject, found: Account | None = None, /, **parts: object) -> Resolved:
    """What comes of a subject that a finding names, unless the circumstances say otherwise."""
    return resolve(subject, found if found is not None else facts(), circumstances(**parts))


def verdicts(found: Resolved, wanted: Verdict) -> set[str]:
    """The guards of a verdict."""
    return {guard.name for guard in found.guards if guard.verdict == wanted}


APP = told("role", name="app", unique_id=ROLE_ID)
ALICE = told("user", name="alice", unique_id=USER_ID)
