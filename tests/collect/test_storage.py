"""Log buckets: whose they are, and all that is asked about those that are ours."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from scanner.collect.storage import read_account_block, read_log_buckets
from scanner.iam.documents import parse
from scanner.inventory import (
    AccessLogging,
    Bucket,
    CoverageRow,
    Encryption,
    Gap,
    Grant,
    LifecycleRule,
    LogBucket,
    ObjectLock,
    Ownership,
    PolicyStatus,
    PublicAccessBlock,
    ResourcePolicy,
    Trail,
    TrailStatus,
    Versioning,
    known,
)
from tests.collect.answers_logs import AFTER, ALL_USERS, ANSWERS, BUCKET_POLICY, absent
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn

Trails = Mapping[str, tuple[Trail, ...] | Gap]

ABOUT_A_BUCKET = (
    "GetBucketPolicy", "GetBucketPolicyStatus", "GetBucketVersioning", "GetObjectLockConfiguration",
    "GetPublicAccessBlock", "GetBucketLogging", "GetBucketEncryption", "GetBucketLifecycleConfiguration",
    "GetBucketOwnershipControls", "GetBucketAcl",
)  # fmt: skip
NOT_READ = Gap("cloudtrail:DescribeTrails", "denied", OTHER)


@pytest.fixture(autouse=True)
def account(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def trail_to(bucket: str | None, region: str = OTHER) -> Trail:
    status = TrailStatus(is_logging=True)
    skipped = Gap("cloudtrail:GetEventSelectors", "skipped")
    return Trail(f"arn:aws:cloudtrail:{region}:{ACCOUNT_ID}:trail/t", "t", region, status, skipped, bucket)


def trails_to(*buckets: str | None) -> Trails:
    return {OTHER: tuple(trail_to(bucket) for bucket in buckets)}


def read(
    session: Any, trails: Trails, more: Sequence[str] = (), unwanted: Sequence[str] = ()
) -> tuple[tuple[LogBucket, ...] | Gap, dict[tuple[str, str], CoverageRow]]:
    with asking(session, unwanted=unwanted) as desk:
        found = read_log_buckets(desk, trails, more)
        return found, {(row.api, row.region): row for row in desk.ledger.rows(ACCOUNT_ID)}


def one(session: Any, name: str, unwanted: Sequence[str] = ()) -> Bucket:
    (found,) = known(read(session, trails_to(name), unwanted=unwanted)[0])
    return known(found.bucket)


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


def test_the_block_of_the_account(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        assert read_account_block(desk) == PublicAccessBlock(True, True, True, True)
    assert [(asked.api, asked.region, asked.parameters) for asked in aws.asked] == [
        ("s3control:GetPublicAccessBlock", OTHER, {"AccountId": ACCOUNT_ID})
    ]


def test_an_account_without_a_block(session: Any, aws: StandIn) -> None:
    aws.answer("s3control:GetPublicAccessBlock", absent("NoSuchPublicAccessBlockConfiguration"))
    with asking(session) as desk:
        assert read_account_block(desk) is None


@pytest.mark.parametrize(("answer", "status"), [(DENIED, "denied"), ({}, "error")])
def test_a_block_that_cannot_be_read(session: Any, aws: StandIn, answer: Any, status: str) -> None:
    aws.answer("s3control:GetPublicAccessBlock", answer)
    with asking(session) as desk:
        assert gap_of(read_account_block(desk)) == ("s3control:GetPublicAccessBlock", status, "global")


def test_all_that_is_told_of_a_bucket(session: Any) -> None:
    ((log,), _) = read(session, trails_to("logs"))
    bucket = known(log.bucket)
    policy = bucket.policy

    assert (log.name, log.account_id) == ("logs", ACCOUNT_ID)
    assert isinstance(policy, ResourcePolicy)
    assert json.loads(bytes(policy.document)) == BUCKET_POLICY
    assert parse(policy.document).statements[0].actions == ("s3:PutObject",)
    assert msgspec.structs.replace(bucket, policy=None) == Bucket(
        "logs",
        OTHER,
        policy=None,
        policy_status=PolicyStatus(is_public=True),
        versioning=Versioning("Enabled", "Disabled"),
        object_lock=ObjectLock(enabled=True, mode="COMPLIANCE", days=365),
        public_access_block=PublicAccessBlock(block_acls=True),
        logging=AccessLogging("access"),
        encryption=Encryption("aws:kms", "alias/logs"),
        lifecycle=(
            LifecycleRule("Disabled", expiration_date=AFTER, is_filtered=True, prefix="AWSLogs/"),
            LifecycleRule("Enabled", expiration_days=400, noncurrent_days=30),
            LifecycleRule("Enabled", is_filtered=True),
        ),
        ownership=Ownership("BucketOwnerEnforced"),
        grants=None,
    )


def test_a_bucket_with_nothing_set(session: Any) -> None:
    assert one(session, "old-logs") == Bucket(
        "old-logs",
        HOME,
        policy=None,
        policy_status=None,
        versioning=Versioning(),
        object_lock=None,
        public_access_block=None,
        logging=AccessLogging(),
        encryption=None,
        lifecycle=None,
        ownership=None,
        grants=(Grant(ALL_USERS, "READ"), Grant("owner", "FULL_CONTROL")),
    )


def test_each_bucket_costs_nine_calls_where_it_lies(session: Any, aws: StandIn) -> None:
    read(session, {HOME: (trail_to("old-logs", HOME),), OTHER: (trail_to("logs"), trail_to("logs"))})

    expected = Counter({("s3:ListBuckets", OTHER): 1, ("s3:GetBucketLocation", OTHER): 1})
    expected.update((f"s3:{name}", OTHER) for name in ABOUT_A_BUCKET if name != "GetBucketAcl")
    expected.update((f"s3:{name}", HOME) for name in ABOUT_A_BUCKET if name != "GetBucketPolicyStatus")
    assert aws.requests == expected
    about = [asked for asked in aws.asked if asked.api != "s3:ListBuckets"]
    assert all(asked.parameters["ExpectedBucketOwner"] == ACCOUNT_ID for asked in about)


@pytest.mark.parametrize("operation", ABOUT_A_BUCKET)
def test_each_answer_can_be_denied_alone(session: Any, aws: StandIn, operation: str) -> None:
    aws.answer("s3:GetBucketOwnershipControls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}})
    aws.answer(f"s3:{operation}", DENIED)

    ((log,), coverage) = read(session, trails_to("logs"))

    bucket = known(log.bucket)
    gaps = [gap_of(part) for part in map(bucket.__getattribute__, bucket.__struct_fields__) if isinstance(part, Gap)]
    assert gaps == [(f"s3:{operation}", "denied", OTHER)]
    assert {row.api for row in coverage.values() if row.status != "ok"} == {f"s3:{operation}"}


@pytest.mark.parametrize(
    "operation",
    ["GetBucketPolicy", "GetBucketPolicyStatus", "GetObjectLockConfiguration", "GetPublicAccessBlock",
     "GetBucketEncryption", "GetBucketOwnershipControls"],
)  # fmt: skip
def test_an_answer_of_a_strange_shape_is_an_error(session: Any, aws: StandIn, operation: str) -> None:
    aws.answer(f"s3:{operation}", {"Unheard": "of"})

    bucket = one(session, "logs")

    gaps = [gap_of(part) for part in map(bucket.__getattribute__, bucket.__struct_fields__) if isinstance(part, Gap)]
    assert gaps == [(f"s3:{operation}", "error", OTHER)]


@pytest.mark.parametrize(
    ("ownership", "is_asked"),
    [("BucketOwnerEnforced", False), ("BucketOwnerPreferred", True), ("ObjectWriter", True), ("Unheard", True)],
)
def test_lists_are_read_where_they_may_have_an_effect(
    session: Any, aws: StandIn, ownership: str, is_asked: bool
) -> None:
    aws.answer("s3:GetBucketOwnershipControls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}})

    bucket = one(session, "logs")

    assert bucket.ownership == Ownership(ownership)
    assert (("s3:GetBucketAcl", OTHER) in aws.requests) is is_asked
    assert (bucket.grants is not None) is is_asked


def test_of_a_grantee_only_the_address_or_the_id_is_kept(session: Any, aws: StandIn) -> None:
    grants = [
        {"Grantee": {"Type": "AmazonCustomerByEmail", "EmailAddress": "night@example.com"}, "Permission": "READ"},
        {"Grantee": {"Type": "CanonicalUser", "ID": "c", "DisplayName": "night"}},
        {"Permission": "READ"},
    ]
    aws.answer("s3:GetBucketAcl", {"Grants": grants})

    assert one(session, "old-logs").grants == (Grant("", "READ"), Grant("c", ""))


@pytest.mark.parametrize(
    ("rule", "is_filtered", "prefix"),
    [
        ({}, False, None),
        ({"Filter": {}}, False, None),
        ({"Prefix": ""}, False, None),
        ({"Prefix": "old/"}, True, "old/"),
        ({"Filter": {"Prefix": "new/"}}, True, "new/"),
        ({"Filter": {"Tag": {"Key": "k", "Value": "v"}}}, True, None),
        ({"Filter": {"ObjectSizeGreaterThan": 0}}, True, None),
        ({"Filter": {"ObjectSizeLessThan": 5}}, True, None),
        ({"Filter": {"And": {"Prefix": "a/", "ObjectSizeGreaterThan": 5}}}, True, None),
        ({"Filter": {"And": {"Prefix": "", "Tags": [{"Key": "k", "Value": "v"}]}}}, True, None),
        ({"Filter": {"And": {"Prefix": "a/"}}}, True, "a/"),
    ],
)
def test_for_which_objects_a_lifecycle_rule_is(
    session: Any, aws: StandIn, rule: dict[str, Any], is_filtered: bool, prefix: str | None
) -> None:
    rules = [{"Status": "Enabled", "Expiration": {"ExpiredObjectDeleteMarker": True}, **rule}]
    aws.answer("s3:GetBucketLifecycleConfiguration", {"Rules": rules})

    assert one(session, "logs").lifecycle == (LifecycleRule("Enabled", is_filtered=is_filtered, prefix=prefix),)


def test_encryption_without_a_default(session: Any, aws: StandIn) -> None:
    configuration = {"Rules": [{"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}]}
    aws.answer("s3:GetBucketEncryption", {"ServerSideEncryptionConfiguration": configuration})

    assert one(session, "logs").encryption is None


def test_encryption_with_the_key_of_aws(session: Any, aws: StandIn) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    aws.answer("s3:GetBucketEncryption", {"ServerSideEncryptionConfiguration": {"Rules": [rule]}})

    assert one(session, "logs").encryption == Encryption("aws:kms")


def test_object_lock_without_a_default(session: Any, aws: StandIn) -> None:
    aws.answer("s3:GetObjectLockConfiguration", {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}})

    assert one(session, "logs").object_lock == ObjectLock(enabled=True)


@pytest.mark.parametrize(
    ("constraint", "region"),
    [(None, "us-east-1"), ("", "us-east-1"), ("EU", "eu-west-1"), ("eu-south-2", "eu-south-2")],
)
def test_where_a_bucket_lies(session: Any, aws: StandIn, constraint: str | None, region: str) -> None:
    aws.answer("s3:GetBucketLocation", {"LocationConstraint": constraint})

    assert one(session, "old-logs").region == region
    assert aws.requests["s3:GetBucketVersioning", region] == 1


def test_a_bucket_that_cannot_be_located_is_asked_at_the_global_endpoint(session: Any, aws: StandIn) -> None:
    aws.answer("s3:GetBucketLocation", DENIED)

    found, coverage = read(session, trails_to("old-logs"))

    (log,) = known(found)
    assert known(log.bucket).region is None
    assert known(known(log.bucket).versioning) == Versioning()
    assert aws.requests["s3:GetBucketVersioning", OTHER] == 1
    assert coverage["s3:GetBucketVersioning", "global"].status == "ok"
    assert coverage["s3:GetBucketLocation", "global"].status == "denied"


def test_every_page_of_the_list_of_buckets_is_read(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        assert asked.parameters["MaxBuckets"] == 10_000
        if asked.number == 2:
            return {"Buckets": [{"Name": "logs", "BucketRegion": HOME}]}
        assert asked.parameters.get("ContinuationToken") == (None if asked.number == 0 else "page-1")
        return {"Buckets": [], "ContinuationToken": f"page-{asked.number + 1}"}

    aws.answer("s3:ListBuckets", answer)

    assert one(session, "logs").region == HOME
    assert aws.requests["s3:ListBuckets", OTHER] == 3


def test_a_bucket_that_is_not_ours(session: Any, aws: StandIn) -> None:
    found, coverage = read(session, trails_to("log-archive"))

    (log,) = known(found)
    assert (log.name, log.account_id) == ("log-archive", None)
    assert gap_of(log.bucket) == ("s3:GetBucketPolicy", "elsewhere", "global")
    assert isinstance(log.bucket, Gap)
    assert "belongs to another one, or it was deleted" in log.bucket.reason
    assert aws.requests == {("s3:ListBuckets", OTHER): 1}
    row = coverage["s3:GetBucketPolicy", "global"]
    assert (row.status, row.calls, row.message) == ("elsewhere", 0, log.bucket.reason)


def test_buckets_to_which_others_deliver(session: Any) -> None:
    found, coverage = read(session, trails_to("log-archive"), ["old-logs", "log-archive", "of-a-stranger"])

    assert [log.name for log in known(found)] == ["log-archive", "old-logs"]
    assert coverage["s3:GetBucketPolicy", "global"].status == "elsewhere"

    found, coverage = read(session, {}, ["old-logs", "of-a-stranger"])

    assert [log.name for log in known(found)] == ["old-logs"]
    assert ("s3:GetBucketPolicy", "global") not in coverage


def test_nothing_is_delivered_anywhere(session: Any, aws: StandIn) -> None:
    for trails in ({}, {HOME: ()}, trails_to(None)):
        assert read(session, trails)[0] == ()
    assert aws.asked == []


def test_where_trails_are_not_known_the_others_count(session: Any, aws: StandIn) -> None:
    found, _ = read(session, {HOME: (trail_to("logs"),), OTHER: NOT_READ})

    assert [log.name for log in known(found)] == ["logs"]

    aws.asked.clear()
    assert read(session, {HOME: (), OTHER: NOT_READ})[0] is NOT_READ
    assert aws.asked == []


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (DENIED, "denied"),
        ({}, "error"),
        ({"Buckets": [{"BucketRegion": OTHER}]}, "error"),
        (Refusal("Down", 500), "error"),
    ],
)
def test_without_the_list_of_buckets_nobody_knows_whose_they_are(
    session: Any, aws: StandIn, answer: Any, status: str
) -> None:
    aws.answer("s3:ListBuckets", answer)

    assert gap_of(read(session, trails_to("logs"))[0]) == ("s3:ListBuckets", status, "global")
    assert {api for api, _ in aws.requests} == {"s3:ListBuckets"}


def test_what_no_rule_needs_is_not_asked(session: Any, aws: StandIn) -> None:
    unwanted = ("s3:GetBucketAcl", "s3:GetBucketPolicy", "s3:GetBucketLocation")

    bucket = one(session, "old-logs", unwanted)

    assert bucket.region is None
    assert gap_of(bucket.grants) == ("s3:GetBucketAcl", "skipped", "global")
    assert gap_of(bucket.policy) == ("s3:GetBucketPolicy", "skipped", "global")
    assert not {api for api, _ in aws.requests}.intersection(unwanted)

    found, _ = read(session, trails_to("logs"), unwanted=("s3:ListBuckets",))

    assert gap_of(found) == ("s3:ListBuckets", "skipped", "global")


def test_no_name_of_another_bucket_is_kept(session: Any) -> None:
    found, _ = read(session, trails_to("logs", "old-logs"))

    assert b"payroll" not in msgspec.json.encode(found)


def _seed(s3: Any) -> None:
    s3.create_bucket(
        Bucket="trail-logs", CreateBucketConfiguration={"LocationConstraint": HOME}, ObjectLockEnabledForBucket=True
    )
    s3.put_object_lock_configuration(
        Bucket="trail-logs",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 1}},
        },
    )
    s3.put_bucket_policy(Bucket="trail-logs", Policy=json.dumps(BUCKET_POLICY))
    s3.put_bucket_lifecycle_configuration(
        Bucket="trail-logs",
        LifecycleConfiguration={
            "Rules": [
                {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 90}},
                {
                    "ID": "b",
                    "Status": "Enabled",
                    "Filter": {"And": {"Prefix": "x/", "Tags": [{"Key": "k", "Value": "v"}]}},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
                },
            ]
        },
    )
    s3.put_bucket_encryption(
        Bucket="trail-logs",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}}]
        },
    )
    s3.put_bucket_ownership_controls(
        Bucket="trail-logs", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )


def test_a_bucket_in_moto() -> None:
    with mock_aws():
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
        _seed(session.client("s3"))

        found, coverage = read(session, trails_to("trail-logs", "log-archive"))

    archive, logs = known(found)
    assert gap_of(archive.bucket)[1] == "elsewhere"
    bucket = known(logs.bucket)
    assert {row.api: row.status for row in coverage.values() if row.status not in ("ok", "elsewhere")} == {}
    assert bucket.region == HOME
    assert known(bucket.policy) is not None
    assert known(bucket.policy_status) == PolicyStatus(is_public=False)
    assert known(bucket.versioning) == Versioning("Enabled")
    assert known(bucket.object_lock) == ObjectLock(enabled=True, mode="GOVERNANCE", years=1)
    assert known(bucket.logging) == AccessLogging()
    assert known(bucket.encryption) == Encryption("aws:kms", "k")
    assert known(bucket.ownership) == Ownership("BucketOwnerPreferred")
    assert known(bucket.lifecycle) == (
        LifecycleRule("Enabled", expiration_days=90),
        LifecycleRule("Enabled", noncurrent_days=7, is_filtered=True),
    )
    assert [grant.permission for grant in known(bucket.grants) or ()] == ["FULL_CONTROL"]


def test_an_answer_without_rules_is_not_a_lifecycle_without_any(session: Any, aws: StandIn) -> None:
    aws.answer("s3:GetBucketLifecycleConfiguration", {})

    assert gap_of(one(session, "logs").lifecycle)[:2] == ("s3:GetBucketLifecycleConfiguration", "error")
