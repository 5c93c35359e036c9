"""The keys of trails: can those decrypt who have to read the logs?"""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, allow, gap, only_finding, policy, verdict
from tests.rules.holding import DETAILS, administrator, arn_of, iam, role, user
from tests.rules.trails.building import KEY, encrypted, key

CLOSED = "trail-key-closed-to-responders"
DECRYPT = allow("kms:Decrypt")
CLOUDTRAIL: Json = {
    "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*",
    "Resource": "*",
}  # fmt: skip
BY_IAM: Json = {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "kms:*", "Resource": "*"}


def to(principal: str, **elements: object) -> Json:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:Decrypt", "Resource": "*", **elements}


def opened(*principals: Json, by: tuple[Json, ...] = (CLOUDTRAIL, BY_IAM)) -> Json:
    return encrypted(key(policy(*by))) | iam(*principals)


RESPONDER = role("ir", "ec2")
FOR_TRAILS: Json = {"Null": {"kms:EncryptionContext:aws:cloudtrail:arn": "false"}}
CASES: list[Case] = [
    ("somebody, by IAM", opened(user("lead", DECRYPT)), "pass"),
    ("an administrator", opened(administrator("admin")), "pass"),
    ("nobody, by IAM", opened(user("lead", allow("s3:*"))), "fail"),
    ("nobody, by the key", opened(user("lead", DECRYPT), administrator("admin"), by=(CLOUDTRAIL,)), "fail"),
    ("somebody, by the key", opened(RESPONDER, by=(CLOUDTRAIL, to(arn_of("role", "ir")))), "pass"),
    ("somebody, for log files", opened(RESPONDER, by=(to(arn_of("role", "ir"), Condition=FOR_TRAILS),)), "pass"),
    ("somebody, with MFA", opened(user("lead", allow("kms:Decrypt", Condition={
        "Bool": {"aws:MultiFactorAuthPresent": "true"}}))), "pass"),
    ("another account alone", opened(RESPONDER, by=(CLOUDTRAIL, to(FOREIGN))), "fail"),
    ("a policy that was not read", opened(user("lead", attached=(arn_of("policy", "lost"),))), "unknown"),
    ("a boundary that was not read", opened(user("lead", DECRYPT, boundary=arn_of("policy", "lost"))), "unknown"),
    ("IAM denied", opened() | {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
    ("policy of the key denied", encrypted(key(policy=gap("kms:GetKeyPolicy"))) | iam(), "unknown"),
    ("key of another account", encrypted(
        key(policy=gap("kms:GetKeyPolicy", "elsewhere"), arn=KEY.replace(OWN, FOREIGN))) | iam(), ""),
    ("keys denied", opened() | {"keys": gap("kms:DescribeKey")}, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_readers(facts: Json, expected: str) -> None:
    assert verdict(CLOSED, facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (opened(user("lead", DECRYPT), RESPONDER), "fail"),
        (opened(user("lead"), role("ir", "ec2", DECRYPT)), "pass"),
        (opened(role("ir", "ec2", DECRYPT), role("ir-2", "ec2")), "fail"),
        (opened(role("ir", "ec2", attached=(arn_of("policy", "lost"),))), "unknown"),
        (opened(user("lead", DECRYPT)), "pass"),
    ],
    ids=["closed", "open", "one of two", "not read", "none of them is here"],
)
def test_the_response_roles_that_are_declared_count(facts: Json, expected: str) -> None:
    assert verdict(CLOSED, facts, declared={"response_roles": ["role/ir*"]}) == expected


def test_the_role_that_is_shut_out_is_named() -> None:
    found = only_finding(CLOSED, opened(RESPONDER), declared={"response_roles": ["role/ir"]})

    assert found.message == "It cannot be used by role/ir to decrypt."
    assert found.evidence["material"] == [f"closed-to:{arn_of('role', 'ir')}"]


TABLES = {CLOSED: CASES}
