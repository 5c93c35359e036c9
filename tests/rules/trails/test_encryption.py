"""Trails: is there a key, does it work, and who can take it away?"""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, allow, deny, gap, only_finding, policy, region, regions, verdict
from tests.rules.holding import DETAILS, administrator, arn_of, iam, role, user
from tests.rules.trails.building import (
    KEY,
    LIST_DENIED,
    NOT_LOGGING,
    STATUS_DENIED,
    encrypted,
    in_state,
    key,
    recorded,
    trail,
)

UNENCRYPTED, UNUSABLE, GUARD = "trail-unencrypted", "trail-key-unusable", "trail-key-weak-guard"
DESCRIBE_DENIED = gap("kms:DescribeKey", region="eu-west-1")
POLICY_ELSEWHERE = gap("kms:GetKeyPolicy", "elsewhere", "eu-west-1")

ENCRYPTION: list[Case] = [
    ("no key", recorded(trail()), "fail"),
    ("a key", recorded(trail(kms_key=KEY)), "pass"),
    ("no key, stopped", recorded(trail(status=NOT_LOGGING)), ""),
    ("status denied", recorded(trail(status=STATUS_DENIED)), "unknown"),
    ("list denied", regions(region(trails=LIST_DENIED)), "unknown"),
]

WORKING: list[Case] = [
    ("enabled", encrypted(), "pass"),
    ("being updated", encrypted(in_state("Updating")), "pass"),
    ("disabled", encrypted(in_state("Disabled")), "fail"),
    ("to be deleted", encrypted(in_state("PendingDeletion", deletion="2026-11-27T00:00:00Z")), "fail"),
    ("without its material", encrypted(in_state("PendingImport")), "fail"),
    ("its store is cut off", encrypted(in_state("Unavailable")), "fail"),
    ("being made", encrypted(in_state("Creating")), "unknown"),
    ("there is none", encrypted(key(detail=None, arn=None, policy=None, rotation=None)), "fail"),
    ("denied", encrypted(key(detail=DESCRIBE_DENIED)), "unknown"),
    ("another key", encrypted(key(named="alias/other")), "unknown"),
    ("keys denied", encrypted() | {"keys": DESCRIBE_DENIED}, "unknown"),
    ("no key is named", recorded(trail(), keys=[]), ""),
    ("list denied", regions(region(trails=LIST_DENIED)) | {"keys": []}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in ENCRYPTION])
def test_encryption(facts: Json, expected: str) -> None:
    assert verdict(UNENCRYPTED, facts) == expected


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in WORKING])
def test_working(facts: Json, expected: str) -> None:
    assert verdict(UNUSABLE, facts) == expected


def test_a_key_that_waits_for_deletion_is_kept_and_enabled() -> None:
    found = only_finding(UNUSABLE, encrypted(in_state("PendingDeletion", deletion="2026-11-27T00:00:00Z")))

    assert found.severity == "critical"
    assert found.evidence["deletion"] == "2026-11-27T00:00:00Z"
    assert found.evidence["material"] == ["trail-key:PendingDeletion"]
    assert found.remediation.commands == (
        f"aws kms cancel-key-deletion --key-id={KEY} --region=eu-west-1",
        f"aws kms enable-key --key-id={KEY} --region=eu-west-1",
    )


def test_the_key_of_a_stopped_trail_opens_old_logs_only() -> None:
    facts = recorded(trail(kms_key=KEY, status=NOT_LOGGING), keys=[in_state("Disabled")])

    assert only_finding(UNUSABLE, facts).severity == "high"


ALL_OF_KMS = allow("kms:*")
EVERYTHING_BY_IAM: Json = {
    "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}, "Action": "kms:*", "Resource": "*",
}  # fmt: skip


def by_policy(principal: object, actions: object = "kms:*", **elements: object) -> Json:
    return {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*", **elements}


def guarded(*principals: Json, by: Json | None = None, **parts: object) -> Json:
    return encrypted(key(by)) | iam(*principals, **parts)


KEEPER = arn_of("role", "keeper")
GUARDS: list[Case] = [
    ("nobody", guarded(role("app", "ec2", allow("kms:Decrypt"))), "pass"),
    ("all of KMS", guarded(role("app", "ec2", ALL_OF_KMS)), "fail"),
    ("one action on all keys", guarded(user("dev", allow("kms:ScheduleKeyDeletion"))), "fail"),
    ("one action on another key", guarded(user("dev", allow("kms:ScheduleKeyDeletion", KEY[:-1] + "0"))), "pass"),
    ("an administrator", guarded(administrator("admin")), "pass"),
    ("a service-linked role", guarded(role("linked", "eks", ALL_OF_KMS, path="/aws-service-role/eks.amazonaws.com/")),
     "pass"),
    ("denied to it", guarded(role("app", "ec2", ALL_OF_KMS, deny(["kms:Disable*", "kms:Schedule*", "kms:Put*"]))),
     "pass"),
    ("denied to it in part", guarded(role("app", "ec2", ALL_OF_KMS, deny("kms:ScheduleKeyDeletion"))), "fail"),
    ("denied by the key", guarded(role("app", "ec2", ALL_OF_KMS), by=policy(EVERYTHING_BY_IAM, {
        "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": KEEPER}}})), "pass"),
    ("the key does not leave it to IAM", guarded(role("app", "ec2", ALL_OF_KMS), by=policy(
        by_policy({"AWS": KEEPER}))), "pass"),
    ("named by the key alone", guarded(role("keeper", "ec2"), by=policy(by_policy({"AWS": KEEPER}))), "fail"),
    ("named to decrypt", guarded(role("keeper", "ec2"), by=policy(by_policy({"AWS": KEEPER}, "kms:Decrypt"))), "pass"),
    ("only with MFA", guarded(user("dev", allow("kms:*", Condition={
        "Bool": {"aws:MultiFactorAuthPresent": "true"}}))), "pass"),
    ("only from a network", guarded(user("dev", allow("kms:*", Condition={
        "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))), "fail"),
    ("through another service only", guarded(user("dev", allow("kms:*", Condition={
        "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}))), "pass"),
    ("another account", guarded(by=policy(EVERYTHING_BY_IAM, by_policy({"AWS": f"arn:aws:iam::{FOREIGN}:root"}))),
     "fail"),
    ("another account to encrypt", guarded(by=policy(EVERYTHING_BY_IAM, by_policy(
        {"AWS": FOREIGN}, "kms:GenerateDataKey*"))), "pass"),
    ("CloudTrail to encrypt", guarded(by=policy(EVERYTHING_BY_IAM, by_policy(
        {"Service": "cloudtrail.amazonaws.com"}, "kms:GenerateDataKey*"))), "pass"),
    ("a policy that was not read", guarded(user("dev", attached=(arn_of("policy", "lost"),))), "unknown"),
    ("a policy that was not read, and another user", guarded(
        user("dev", attached=(arn_of("policy", "lost"),)), user("ops", ALL_OF_KMS)), "fail"),
    ("a boundary that was not read", guarded(user("dev", ALL_OF_KMS, boundary=arn_of("policy", "lost"))), "unknown"),
    ("IAM denied", guarded() | {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
    ("roles denied, a user", guarded(user("ops", ALL_OF_KMS)) | {"roles": gap(DETAILS)}, "fail"),
    ("policy of the key denied", encrypted(key(policy=gap("kms:GetKeyPolicy"))) | iam(), "unknown"),
    ("key of another account", encrypted(key(policy=POLICY_ELSEWHERE)) | iam(), "unknown"),
    ("key not described", encrypted(key(detail=DESCRIBE_DENIED, policy=DESCRIBE_DENIED)) | iam(), "unknown"),
    ("key of AWS", encrypted(key(policy=None, detail={
        "kind": "key-detail", "manager": "AWS", "state": "Enabled"})), ""),
    ("keys denied", encrypted() | {"keys": DESCRIBE_DENIED}, "unknown"),
    ("key of something else", recorded(trail(), keys=[key()]) | iam(user("ops", ALL_OF_KMS)), ""),
    ("a malformed policy of the key", guarded(by={"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}),
     "unknown"),
]  # fmt: skip


THEIR_KEY = KEY.replace(OWN, FOREIGN)


def their_key(*principals: Json, to: str) -> Json:
    """A key of another account, of which a scan of the organization told."""
    found = key(policy(by_policy({"AWS": to})), arn=THEIR_KEY, named=THEIR_KEY)
    return recorded(trail(kms_key=THEIR_KEY), keys=[found]) | iam(*principals)


GUARDS += [
    ("key of another account, for this one", their_key(user("dev", ALL_OF_KMS), to=f"arn:aws:iam::{OWN}:root"), "fail"),
    ("key of another account, for itself", their_key(user("dev", ALL_OF_KMS), to=f"arn:aws:iam::{FOREIGN}:root"),
     "pass"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in GUARDS])
def test_guards(facts: Json, expected: str) -> None:
    assert verdict(GUARD, facts) == expected


def test_who_keeps_the_key_is_declared() -> None:
    facts = guarded(role("keeper", "ec2"), by=policy(by_policy({"AWS": KEEPER})))

    assert verdict(GUARD, facts, declared={"administrators": ["role/keeper"]}) == "pass"
    assert verdict(GUARD, facts, declared={"administrators": ["role/other"]}) == "fail"


def test_an_account_that_keeps_logs_is_declared() -> None:
    facts = guarded(by=policy(EVERYTHING_BY_IAM, by_policy({"AWS": FOREIGN})))

    assert verdict(GUARD, facts, declared={"log_archives": [FOREIGN]}) == "pass"


def test_who_can_take_the_key_is_named() -> None:
    found = only_finding(GUARD, guarded(*(user(f"dev-{place}", ALL_OF_KMS) for place in range(5))))

    assert found.message.startswith("user/dev-0, user/dev-1, user/dev-2 and 2 more can ")
    assert found.evidence["material"] == [f"takes-key:{arn_of('user', f'dev-{place}')}" for place in range(5)]
    assert found.confidence == "high"


def test_no_more_are_looked_for_than_are_named() -> None:
    facts = guarded(*(user(f"dev-{place}", ALL_OF_KMS) for place in range(5)))
    found = only_finding(GUARD, facts, most_named=2)

    assert found.evidence["material"] == [f"takes-key:{arn_of('user', f'dev-{place}')}" for place in range(2)]


TABLES = {UNENCRYPTED: ENCRYPTION, UNUSABLE: WORKING, GUARD: GUARDS}
