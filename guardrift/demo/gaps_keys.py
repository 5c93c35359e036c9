"""The KMS keys of the demo account, answered in the emulator's place."""

from __future__ import annotations

from typing import Any, NamedTuple

from guardrift.demo.answers import Answers, Asked, RefusedError
from guardrift.demo.documents import Statement, document
from guardrift.demo.setting import (
    ACCOUNT_ID,
    ALERTS_KEY_ID,
    ENFORCING,
    ENFORCING_ALERTS_KEY_ID,
    HOME,
    LOGS_KEY_ID,
    PARTITION,
    iam_arn,
    key_arn,
    regional_arn,
)


class Key(NamedTuple):
    """A customer's key, with what its policy says beside that the account decides; ``age`` is in days."""

    id: str
    region: str
    what_for: str
    age: int
    statements: tuple[Statement, ...]


def _service(name: str, actions: list[str], source: str | None = None) -> Statement:
    statement = {
        "Sid": f"Let{name.title()}UseTheKey",
        "Effect": "Allow",
        "Principal": {"Service": f"{name}.amazonaws.com"},
        "Action": actions,
        "Resource": "*",
    }
    return statement if source is None else {**statement, "Condition": {"ArnLike": {"aws:SourceArn": source}}}


_ADMINISTRATION: Statement = {
    "Sid": "LetPoliciesOfTheAccountDecide",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:{PARTITION}:iam::{ACCOUNT_ID}:root"},
    "Action": "kms:*",
    "Resource": "*",
}

_KEEPERS: Statement = {
    "Sid": "KeepTheKeyFromOthers",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"],
    "Resource": "*",
    "Condition": {"ArnNotLike": {"aws:PrincipalArn": iam_arn("user", "platform-lead")}},
}

# EventBridge does not tell a key for which rule it publishes, so that its statement can name none.
_PUBLISHERS = (
    _service("events", ["kms:GenerateDataKey*", "kms:Decrypt"]),
    _service("cloudwatch", ["kms:GenerateDataKey*", "kms:Decrypt"], regional_arn("cloudwatch", HOME, "alarm:*")),
)

KEYS = (
    Key(
        LOGS_KEY_ID, HOME, "Logs of the account's trail", 900,
        (
            _service(
                "cloudtrail", ["kms:GenerateDataKey*", "kms:DescribeKey"], regional_arn("cloudtrail", HOME, "trail/*")
            ),
            _KEEPERS,
        ),
    ),
    Key(ALERTS_KEY_ID, HOME, "Alerts of the security team", 400, _PUBLISHERS),
    Key(ENFORCING_ALERTS_KEY_ID, ENFORCING, "Alerts of the security team", 400, _PUBLISHERS[:1]),
)  # fmt: skip


def _find(asked: Asked) -> Key:
    for key in KEYS:
        if asked.region == key.region and asked.parameters["KeyId"] in {key.id, key_arn(key.id, key.region)}:
            return key
    raise RefusedError("NotFoundException", f"Key '{asked.parameters['KeyId']}' does not exist")


def _describe(asked: Asked) -> dict[str, Any]:
    key = _find(asked)
    return {
        "KeyMetadata": {
            "AWSAccountId": ACCOUNT_ID,
            "KeyId": key.id,
            "Arn": key_arn(key.id, key.region),
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
    return {"Policy": document(_ADMINISTRATION, *_find(asked).statements), "PolicyName": "default"}


def _rotation(asked: Asked) -> dict[str, Any]:
    key = _find(asked)
    return {
        "KeyId": key_arn(key.id, key.region),
        "KeyRotationEnabled": True,
        "RotationPeriodInDays": 365,
        "NextRotationDate": asked.ago(days=-100),
    }


ANSWERS: Answers = {
    "kms:DescribeKey": _describe,
    "kms:GetKeyPolicy": _policy,
    "kms:GetKeyRotationStatus": _rotation,
}
