"""The faulty account as a snapshot has it: every field of every fact."""

from __future__ import annotations

import json
from urllib.parse import unquote

from tests.collect.faulty import ACCOUNT_ID, HOME, QUARANTINE, WIDE, WIDE_TRUST, iam_arn

MADE = "2025-01-02T03:04:05Z"
TRAIL = f"arn:aws:cloudtrail:{HOME}:{ACCOUNT_ID}:trail/old"
TOPIC = f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:alarms"


def allow(**statement: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


ADMINISTRATOR = allow(Action="*", Resource="*")
READER = allow(Action="s3:Get*", Resource="*")


def principal(kind: str, name: str, path: str = "/", **more: object) -> dict[str, object]:
    arn = iam_arn(f"{kind}{path}{name}")
    return {"name": name, "arn": arn, "id": f"AID{name.upper()}", "path": path, "created": MADE, **more}


IDENTITY: dict[str, object] = {
    "users": [
        principal("user", "ann", attached=[{"name": "cap", "arn": iam_arn("policy/cap")}]),
        principal("user", "batch", attached=[{"name": QUARANTINE.rpartition("/")[2], "arn": QUARANTINE}]),
        principal("user", "ci"),
        principal("user", "newcomer"),
        principal(
            "user",
            "root-like",
            groups=["staff"],
            inline=[{"name": "all", "document": ADMINISTRATOR}],
            boundary=iam_arn("policy/cap"),
            tags=[{"key": "team", "value": "ops"}],
        ),
    ],
    "groups": [principal("group", "staff", inline=[{"name": "read", "document": READER}])],
    "roles": [
        principal(
            "role",
            "chief",
            trust=allow(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole"),
            inline=[{"name": "all", "document": ADMINISTRATOR}],
        ),
        principal("role", "open", trust=allow(Principal="*", Action="sts:AssumeRole")),
        principal(
            "role",
            "app",
            path="/service/",
            trust=allow(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole"),
            attached=[{"name": "AWSDenyAll", "arn": "arn:aws:iam::aws:policy/AWSDenyAll"}],
            inline=[{"name": "read", "document": READER}],
            instance_profiles=["app"],
            last_used="2026-11-19T00:00:00Z",
            last_used_region=HOME,
        ),
        principal(
            "role",
            "vendor",
            trust=allow(Principal={"AWS": "arn:aws:iam::999988887777:root"}, Action="sts:AssumeRole"),
        ),
        principal(
            "role",
            "wide",
            trust=json.loads(unquote(WIDE_TRUST)),
            inline=[{"name": "wide", "document": json.loads(unquote(WIDE))}],
        ),
    ],
    "policies": [
        {
            "arn": iam_arn("policy/cap"),
            "name": "cap",
            "versions": [
                {"id": "v1", "document": READER, "created": MADE},
                {"id": "v2", "document": ADMINISTRATOR, "is_default": True, "created": MADE},
            ],
            "attachments": 1,
            "boundary_uses": 1,
        },
        {"arn": "arn:aws:iam::aws:policy/AWSDenyAll", "name": "AWSDenyAll", "versions": []},
    ],
    "instance_profiles": [{"name": "app", "arn": iam_arn("instance-profile/app"), "roles": ["app"]}],
    "summary": {"kind": "account-summary", "counters": {"AccountAccessKeysPresent": 1, "Users": 5}},
    "credential_report": {
        "kind": "credential-report",
        "generated": "2026-11-20T12:00:00Z",
        "rows": [
            {
                "user": "<root_account>",
                "arn": iam_arn("root"),
                "created": MADE,
                "mfa_active": True,
            },
            {
                "user": "ann",
                "arn": iam_arn("user/ann"),
                "created": MADE,
                "password_enabled": True,
                "password_last_changed": MADE,
                "mfa_active": True,
            },
            {
                "user": "batch",
                "arn": iam_arn("user/batch"),
                "created": MADE,
                "password_enabled": False,
                "mfa_active": False,
                "key_1_active": True,
                "key_1_rotated": MADE,
            },
            {
                "user": "ci",
                "arn": iam_arn("user/ci"),
                "created": MADE,
                "password_enabled": False,
                "mfa_active": False,
                "key_1_active": True,
                "key_1_rotated": MADE,
                "key_1_last_used": "2026-11-01T00:00:00Z",
                "key_1_last_used_service": "s3",
                "key_1_last_used_region": "eu-west-1",
                "key_2_rotated": "2025-06-01T00:00:00Z",
            },
            {
                "user": "root-like",
                "arn": iam_arn("user/root-like"),
                "created": MADE,
                "password_enabled": True,
                "password_last_used": "2026-11-01T00:00:00Z",
                "password_last_changed": MADE,
                "mfa_active": False,
            },
        ],
    },
    "access_keys": [
        {
            "user": "batch",
            "keys": [{"id": "AKIABATCH00000000001", "user": "batch", "status": "Active", "created": MADE}],
        },
        {
            "user": "ci",
            "keys": [
                {
                    "id": "AKIACI00000000000001",
                    "user": "ci",
                    "status": "Active",
                    "created": MADE,
                    "last_used": "2026-11-01T00:00:00Z",
                    "last_used_service": "s3",
                    "last_used_region": "eu-west-1",
                },
                {
                    "id": "AKIACI00000000000002",
                    "user": "ci",
                    "status": "Inactive",
                    "created": "2025-06-01T00:00:00Z",
                },
            ],
        },
        {
            "user": "newcomer",
            "keys": [
                {
                    "id": "AKIANEWCOMER00000001",
                    "user": "newcomer",
                    "status": "Active",
                    "created": "2026-09-01T00:00:00Z",
                    "last_used": "2026-11-20T11:30:00Z",
                    "last_used_service": "sts",
                    "last_used_region": "us-east-1",
                }
            ],
        },
    ],
}
