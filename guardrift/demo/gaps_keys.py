"""The KMS keys of the demo account, answered in the emulator's place."""

from __future__ import annotations

from typing import Any, NamedTuple

from guardrift.demo.answers import Answers, Asked, RefusedError
from guardrift.demo.documents import Statement, document
from guardrift.demo.setting import (
    ACCOUNT_ID,
    ALERTS_KEY_ID,
    HOME,
    LOGS_KEY_ID,
    PARTITION,
    iam_arn,
    key_arn,
    regional_arn,
)


class Key(NamedTuple):
    """A customer's key in the home region, with what its policy lets services do; ``age`` is in days."""

    id: str
    what_for: str
    age: int
    services: tuple[Statement, ...]


def _service(name: str, actions: list[str], resource: str) -> Statement:
    return {
        "Sid": f"Let{name.title()}UseTheKey",
        "Effect": "Allow",
        "Principal": {"Service": f"{name}.amazonaws.com"},
        "Action": actions,
        "Resource": "*",
        "Condition": {"ArnLike": {"aws:SourceArn": regional_arn(name, HOME, resource)}},
    }


_ADMINISTRATION: Statement = {
    "Sid": "LetPoliciesOfTheAccountDecide",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:{PARTITION}:iam::{ACCOUNT_ID}:root"},
    "Action": "kms:*",
    "Resource": "*",
}

_READERS: Statement = {
    "Sid": "LetInvestigatorsDecrypt",
    "Effect": "Allow",
    "Principal": {"AWS": iam_arn("user", "platform-lead")},
    "Action": "kms:Decrypt",
    "Resource": "*",
}

KEYS = (
    Key(
        LOGS_KEY_ID, "Logs of the account's trail", 900,
        (
            _service("cloudtrail", ["kms:GenerateDataKey*", "kms:DescribeKey"], "trail/*"),
            _READERS,
        ),
    ),
    Key(
        ALERTS_KEY_ID, "Alerts of the security team", 400,
        (
            _service("events", ["kms:GenerateDataKey*", "kms:Decrypt"], "rule/*"),
            _service("cloudwatch", ["kms:GenerateDataKey*", "kms:Decrypt"], "alarm:*"),
        ),
    ),
)  # fmt: skip


def _find(asked: Asked) -> Key:
    for key in KEYS:
        if asked.region == HOME and asked.parameters["KeyId"] in {key.id, key_arn(key.id)}:
            return key
    raise RefusedError("NotFoundException", f"Key '{asked.parameters['KeyId']}' does not exist")


def _describe(asked: Asked) -> dict[str, Any]:
    key = _find(asked)
    return {
        "KeyMetadata": {
            "AWSAccountId": ACCOUNT_ID,
            "KeyId": key.id,
            "Arn": key_arn(key.id),
            "CreationDate": asked.ago(days=key.age),
            "Enabled": True,
            "Description": key.what_for,
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": "Enabled",
            "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER",
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "MultiRegion": False,
        }
    }


def _policy(asked: Asked) -> dict[str, Any]:
    return {"Policy": document(_ADMINISTRATION, *_find(asked).services), "PolicyName": "default"}


def _rotation(asked: Asked) -> dict[str, Any]:
    return {
        "KeyId": key_arn(_find(asked).id),
        "KeyRotationEnabled": True,
        "RotationPeriodInDays": 365,
        "NextRotationDate": asked.ago(days=-100),
    }


ANSWERS: Answers = {
    "kms:DescribeKey": _describe,
    "kms:GetKeyPolicy": _policy,
    "kms:GetKeyRotationStatus": _rotation,
}
