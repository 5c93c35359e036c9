"""The account in which the five known scenarios of stolen credentials take place, and their findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from scanner.inventory import Account
from scanner.snapshot import encode
from tests.accounts import NOW, OWN, account, allow, policy, region, regions
from tests.policies.findings.samples import event, finding, instance_details, key_details
from tests.policies.planning_cases import organization, role, service, user

Json = dict[str, Any]

ROLE, INSTANCE, OTHER_INSTANCE = "GDWorkshop-EC2-Compromised", "i-0a1b2c3d4e5f60718", "i-0fedcba9876543210"
ROLE_ARN = f"arn:aws:iam::{OWN}:role/{ROLE}"
ROLE_ID = "AROAGDWORKSHOPEC200001"
SESSION_KEY, NEXT_SESSION_KEY = "ASIAEXAMPLESESSION01", "ASIAEXAMPLESESSION02"
SIMULATED, SIMULATED_ID, SIMULATED_KEY = (
    "GuardDuty-Example-Compromised-Simulated", "AIDASIMULATED00000001", "AKIAEXAMPLESIMULATED",
)  # fmt: skip
SECOND_KEY = "AKIAEXAMPLESECONDKEY"
TEST_ID, TEST_KEY = "AIDATESTUSER000000001", "AKIAEXAMPLETESTUSER1"
CALLER = "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"
AT = NOW
_PROFILE = f"arn:aws:iam::{OWN}:instance-profile/web"
_ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def instance(name: str, **more: object) -> Json:
    """An instance that carries the role."""
    arn = f"arn:aws:ec2:eu-west-1:{OWN}:instance/{name}"
    return {
        "id": name, "arn": arn, "state": "running", "instance_profile": _PROFILE,
        "metadata": {"tokens": "optional", "endpoint": "enabled", "hop_limit": 1}, **more,
    }  # fmt: skip


def compromised_role(**more: Any) -> Json:
    """The role of the instances."""
    return role(ROLE, service("ec2"), id=ROLE_ID, instance_profiles=["web"], **more)


def held(of: str, *ids: str) -> Json:
    """The access keys of a user."""
    return {
        "user": of,
        "keys": [{"id": each, "user": of, "status": "Active", "created": "2026-01-01T00:00:00Z"} for each in ids],
    }


def scenario(**more: object) -> Account:
    """The account: a role of instances with a namesake among the users, a user whose key leaked, an administrator."""
    admin = {
        "arn": _ADMIN, "name": "AdministratorAccess",
        "versions": [{"id": "v1", "document": policy(allow()), "is_default": True}],
    }  # fmt: skip
    facts: Json = {
        "roles": [compromised_role()],
        "users": [
            user(ROLE),
            user(SIMULATED, id=SIMULATED_ID),
            user("test", id=TEST_ID, attached=[{"name": "AdministratorAccess", "arn": _ADMIN}]),
        ],
        "groups": [],
        "policies": [admin],
        "access_keys": [held(ROLE), held(SIMULATED, SIMULATED_KEY, SECOND_KEY), held("test", TEST_KEY)],
        "credential_report": {
            "kind": "credential-report",
            "rows": [{"user": "test", "arn": f"arn:aws:iam::{OWN}:user/test", "password_enabled": True}],
        },
        "service_credentials": [],
        "instance_profiles": [{"name": "web", "arn": _PROFILE, "roles": [ROLE]}],
        "organization": organization(),
        **regions(region("eu-west-1", instances=[instance(INSTANCE)])),
        **more,
    }
    return account(facts)


def write_snapshot(path: Path, found: Account, **more: object) -> Path:
    """The account as a snapshot that was made at ``AT``."""
    path.write_bytes(encode(msgspec.structs.replace(found, taken_at=AT, **more)))
    return path


def write(path: Path, document: object) -> Path:
    """A document as a file."""
    path.write_text(json.dumps(document))
    return path


def exfiltrated(**details: Any) -> Json:
    """The finding of workshop 0, as EventBridge hands it on."""
    told = key_details(principalId=f"{ROLE_ID}:{INSTANCE}", userName=ROLE, **details)
    resource = {"resourceType": "AccessKey", "accessKeyDetails": told, "instanceDetails": instance_details()}
    return event(finding(resource))


def of_role(identifier: str, key: str = SESSION_KEY, session: str = INSTANCE, **said: Any) -> Json:
    """A finding of GuardDuty about a key of the role, without the instance."""
    told = key_details(accessKeyId=key, principalId=f"{ROLE_ID}:{session}", userName=ROLE)
    return finding({"resourceType": "AccessKey", "accessKeyDetails": told}, id=identifier, type=CALLER, **said)


def of_user(name: str, unique_id: str, key: str, **said: Any) -> Json:
    """A finding of GuardDuty about a key of a user."""
    told = key_details(accessKeyId=key, principalId=unique_id, userName=name, userType="IAMUser")
    return finding({"resourceType": "AccessKey", "accessKeyDetails": told}, type=CALLER, **said)


def of_instance(identifier: str, name: str, key: str = SESSION_KEY, **said: Any) -> Json:
    """A finding of GuardDuty about the credentials of one instance, which it describes."""
    told = key_details(accessKeyId=key, principalId=f"{ROLE_ID}:{name}", userName=ROLE)
    resource = {
        "resourceType": "AccessKey", "accessKeyDetails": told, "instanceDetails": instance_details(instanceId=name),
    }  # fmt: skip
    return finding(resource, id=identifier, **said)
