"""How bad it is to gain something: what reads secrets, runs code elsewhere or destroys for good is told apart."""

from __future__ import annotations

import pytest

from tests.accounts import Json, allow, policy
from tests.scanner.drift.samples import identity, only_change, role

_REGION = "eu-west-1:111122223333"

CASES = [
    ("secretsmanager:GetSecretValue", "*", "high"),
    ("secretsmanager:Get*", "*", "high"),
    ("secretsmanager:*", "arn:aws:secretsmanager:*:*:secret:*", "high"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*", "high"),
    ("secretsmanager:GetSecretValue", "arn:*:secret:*", "high"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{_REGION}:secret:*", "high"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{_REGION}:secret:?*", "high"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{_REGION}:secret:app-*", "low"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:secret:app-*", "low"),
    ("secretsmanager:GetSecretValue", "arn:aws:s3:::*", "low"),
    ("secretsmanager:ListSecrets", "*", "low"),
    ("ssm:GetParameter*", "*", "high"),
    ("ssm:GetParametersByPath", f"arn:aws:ssm:{_REGION}:parameter/*", "high"),
    ("ssm:GetParameter", f"arn:aws:ssm:{_REGION}:parameter/app/*", "low"),
    ("kms:Decrypt", "*", "high"),
    ("kms:Decrypt", f"arn:aws:kms:{_REGION}:key/*", "high"),
    ("kms:Decrypt", f"arn:aws:kms:{_REGION}:key/1234", "medium"),
    ("s3:GetObject", "*", "medium"),
    ("s3:GetObject*", "arn:aws:s3:::*", "medium"),
    ("s3:GetObject", "arn:aws:s3:::*/*", "medium"),
    ("s3:GetObject", "arn:aws:s3:::reports/*", "low"),
    ("ssm:SendCommand", "*", "high"),
    ("ssm:StartSession", "arn:aws:ec2:*:*:instance/*", "high"),
    ("ssm:StartSession", f"arn:aws:ec2:{_REGION}:instance/i-1", "medium"),
    ("ec2-instance-connect:SendSSHPublicKey", "*", "high"),
    ("lambda:UpdateFunctionCode", "*", "high"),
    ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{_REGION}:function:app", "medium"),
    ("ecs:ExecuteCommand", "*", "high"),
    ("kms:ScheduleKeyDeletion", f"arn:aws:kms:{_REGION}:key/1234", "high"),
    ("s3:DeleteBucket", "*", "high"),
    ("backup:DeleteRecoveryPoint", "*", "high"),
    ("s3:PutObject", "*", "medium"),
    ("s3:ListBucket", "*", "low"),
]


@pytest.mark.parametrize(("action", "resource", "severity"), CASES, ids=[f"{case[0]} on {case[1]}" for case in CASES])
def test_what_is_gained_weighs_by_what_can_be_done_with_it(action: str, resource: str, severity: str) -> None:
    new = identity(roles=[role(document=policy(allow(action, resource)))])
    found = only_change(identity(roles=[role()]), new)

    assert (found.direction, found.severity) == ("widens", severity)


def test_all_but_a_few_secrets_are_all_secrets() -> None:
    spared: Json = {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:root-*"}
    document = policy(allow("secretsmanager:GetSecretValue"), spared)
    found = only_change(identity(roles=[role()]), identity(roles=[role(document=document)]))

    assert found.severity == "high"
