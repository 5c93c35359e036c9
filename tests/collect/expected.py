"""The faulty account as a snapshot has it: every field of every fact."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import unquote

from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER, QUARANTINE, WIDE, WIDE_TRUST, iam_arn

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

FIRST_REGION: dict[str, object] = {
    "name": HOME,
    "instances": [
        {
            "id": "i-bad",
            "arn": f"arn:aws:ec2:{HOME}:{ACCOUNT_ID}:instance/i-bad",
            "state": "running",
            "metadata": {
                "tokens": "optional",
                "endpoint": "enabled",
                "hop_limit": 2,
                "ipv6": "disabled",
                "tags": "disabled",
            },
            "instance_profile": iam_arn("instance-profile/app"),
            "image": "ami-1",
            "launched": MADE,
        }
    ],
    "launch_templates": [
        {
            "template_id": "lt-bad",
            "arn": f"arn:aws:ec2:{HOME}:{ACCOUNT_ID}:launch-template/lt-bad",
            "name": "bad",
            "version": 1,
            "is_default": True,
            "metadata": {"tokens": "optional"},
        },
        {
            "template_id": "lt-bad",
            "arn": f"arn:aws:ec2:{HOME}:{ACCOUNT_ID}:launch-template/lt-bad",
            "name": "bad",
            "version": 2,
            "is_latest": True,
            "metadata": {"tokens": "required"},
        },
        {
            "template_id": "lt-image",
            "arn": f"arn:aws:ec2:{HOME}:{ACCOUNT_ID}:launch-template/lt-image",
            "name": "by-image",
            "version": 3,
            "is_default": True,
            "is_latest": True,
            "instance_profile": "app",
            "image": "ami-2",
        },
    ],
    "images": [{"id": "ami-2", "imds_support": "v2.0"}],
    "imds_defaults": {"kind": "imds-defaults", "options": {}},
    "trails": [
        {
            "arn": TRAIL,
            "name": "old",
            "home_region": HOME,
            "status": {
                "kind": "trail-status",
                "is_logging": False,
                "latest_delivery": MADE,
                "stopped_logging": MADE,
            },
            "selectors": {
                "kind": "event-selectors",
                "advanced": [[{"field": "eventCategory", "operators": {"Equals": ["Management"]}}]],
            },
        }
    ],
    "detectors": [
        {
            "id": "d1",
            "arn": f"arn:aws:guardduty:{HOME}:{ACCOUNT_ID}:detector/d1",
            "detail": {
                "kind": "detector",
                "status": "ENABLED",
                "publishing_frequency": "SIX_HOURS",
                "features": [
                    {"name": "CLOUD_TRAIL", "status": "ENABLED"},
                    {"name": "S3_DATA_EVENTS", "status": "ENABLED"},
                ],
            },
        }
    ],
    "event_rules": [
        {
            "name": "alarm",
            "arn": f"arn:aws:events:{HOME}:{ACCOUNT_ID}:rule/alarm",
            "state": "ENABLED",
            "pattern": '{"source": ["aws.guardduty"]}',
            "targets": [{"id": "sns", "arn": TOPIC, "dead_letter_queue": f"arn:aws:sqs:{HOME}:{ACCOUNT_ID}:dead"}],
        }
    ],
    "subscriptions": [
        {
            "topic": TOPIC,
            "protocol": "https",
            "arn": "PendingConfirmation",
            "endpoint": "hooks.example.com",
            "endpoint_sha256": hashlib.sha256(b"https://hooks.example.com/x").hexdigest(),
        },
        {
            "topic": TOPIC,
            "protocol": "email",
            "arn": f"{TOPIC}:1",
            "endpoint": "example.com",
            "endpoint_sha256": hashlib.sha256(b"night.watch@example.com").hexdigest(),
        },
    ],
}

SECOND_REGION: dict[str, object] = {
    "name": OTHER,
    "instances": [
        {
            "id": "i-good",
            "arn": f"arn:aws:ec2:{OTHER}:{ACCOUNT_ID}:instance/i-good",
            "state": "stopped",
            "metadata": {"tokens": "required"},
        }
    ],
    "launch_templates": [],
    "images": [],
    "imds_defaults": {
        "kind": "imds-defaults",
        "options": {"tokens": "required"},
        "tokens_enforced": "enabled",
        "managed_by": "account",
    },
    "trails": [
        {
            "arn": f"arn:aws:cloudtrail:{OTHER}:{ACCOUNT_ID}:trail/main",
            "name": "main",
            "home_region": OTHER,
            "status": {
                "kind": "trail-status",
                "is_logging": True,
                "latest_delivery_error": "NoSuchBucket",
                "started_logging": MADE,
            },
            "selectors": {
                "kind": "event-selectors",
                "basic": [
                    {
                        "read_write": "WriteOnly",
                        "excluded_sources": ["kms.amazonaws.com"],
                        "data_resource_types": ["AWS::S3::Object"],
                    }
                ],
            },
            "bucket": "logs",
            "is_multi_region": True,
            "validates_files": True,
        }
    ],
    "detectors": [],
    "event_rules": [],
    "subscriptions": [],
}
