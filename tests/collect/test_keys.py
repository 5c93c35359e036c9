"""Keys: each name is asked about once, where it means something, and what is known is not asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from scanner.collect.keys import read_keys
from scanner.inventory import (
    Bucket,
    CoverageRow,
    Encryption,
    EventDataStore,
    EventDataStoreDetail,
    Gap,
    KeyDetail,
    KeyRotation,
    KmsKey,
    LogBucket,
    Queue,
    QueueDetail,
    ResourcePolicy,
    Topic,
    TopicDetail,
    Trail,
    TrailStatus,
    known,
)
from tests.collect.answers_logs import (
    AFTER,
    ANSWERS,
    KEY_POLICY,
    LOG_KEY,
    STORE_KEY,
    STRANGER,
    described,
    key_arn,
    store_arn,
)
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import DENIED, Refusal, StandIn

Trails = Mapping[str, tuple[Trail, ...] | Gap]
Stores = Mapping[str, tuple[EventDataStore, ...] | Gap]

NO_TRAILS = Gap("cloudtrail:DescribeTrails", "denied", HOME)
NO_BUCKETS = Gap("s3:ListBuckets", "denied")
NO_TOPICS = Gap("sns:GetTopicAttributes", "denied", HOME)
NO_QUEUES = Gap("sqs:GetQueueAttributes", "denied", HOME)
NO_STORES = Gap("cloudtrail:ListEventDataStores", "error", OTHER)
USUAL = KeyDetail("CUSTOMER", "Enabled", "AWS_KMS", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")


@pytest.fixture(autouse=True)
def account(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def trail(key: str | None, region: str = OTHER) -> Trail:
    selectors = Gap("cloudtrail:GetEventSelectors", "skipped")
    arn = f"arn:aws:cloudtrail:{region}:{ACCOUNT_ID}:trail/t"
    return Trail(arn, "t", region, TrailStatus(is_logging=True), selectors, kms_key=key)


def bucket(key: str | None, region: str | None = OTHER) -> LogBucket:
    return LogBucket("logs", Bucket("logs", region, encryption=Encryption("aws:kms", key)), ACCOUNT_ID)


def topic(key: str | None, region: str = OTHER) -> Topic:
    return Topic(f"arn:aws:sns:{region}:{ACCOUNT_ID}:alarms", TopicDetail(kms_key=key))


def store(key: str | None, region: str = HOME) -> EventDataStore:
    return EventDataStore(store_arn(region, "s"), "s", EventDataStoreDetail("ENABLED", kms_key=key))


def queue(key: str | None, region: str = OTHER) -> Queue:
    return Queue(f"arn:aws:sqs:{region}:{ACCOUNT_ID}:alerts", QueueDetail(kms_key=key))


def read(
    session: Any,
    *,
    trails: Trails | None = None,
    buckets: tuple[LogBucket, ...] | Gap = (),
    topics: tuple[Topic, ...] | Gap = (),
    stores: Stores | None = None,
    queues: tuple[Queue, ...] | Gap = (),
    unwanted: tuple[str, ...] = (),
) -> tuple[tuple[KmsKey, ...] | Gap, dict[tuple[str, str], CoverageRow]]:
    with asking(session, unwanted=unwanted) as desk:
        found = read_keys(desk, trails or {}, buckets, topics, stores or {}, queues)
        return found, {(row.api, row.region): row for row in desk.ledger.rows(ACCOUNT_ID)}


def detail_of(key: KmsKey) -> KeyDetail:
    assert isinstance(key.detail, KeyDetail)
    return key.detail


def one(session: Any, **named: Any) -> KmsKey:
    (key,) = known(read(session, **named)[0])
    return key


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


def named_and_asked(aws: StandIn, api: str) -> list[tuple[str, str]]:
    return sorted((asked.region, asked.parameters["KeyId"]) for asked in aws.asked if asked.api == api)


def test_all_that_is_told_of_a_key(session: Any) -> None:
    key = one(session, trails={OTHER: (trail(LOG_KEY),)})

    assert isinstance(key.policy, ResourcePolicy)
    assert json.loads(bytes(key.policy.document)) == KEY_POLICY
    assert msgspec.structs.replace(key, policy=None) == KmsKey(
        LOG_KEY,
        OTHER,
        LOG_KEY,
        msgspec.structs.replace(USUAL, multi_region=True),
        None,
        KeyRotation(enabled=True, period_days=180),
    )


def test_as_little_as_may_be_told_of_a_key(session: Any) -> None:
    key = one(session, stores={HOME: (store(STORE_KEY),)})

    assert (key.region, key.arn, key.detail) == (HOME, STORE_KEY, KeyDetail("", ""))
    assert isinstance(key.policy, ResourcePolicy)
    assert key.rotation == KeyRotation(enabled=True, period_days=180)


def test_a_key_that_will_be_deleted(session: Any, aws: StandIn) -> None:
    aws.answer("kms:DescribeKey", described(LOG_KEY, KeyState="PendingDeletion", DeletionDate=AFTER))
    aws.answer("kms:GetKeyRotationStatus", {"KeyRotationEnabled": False})

    key = one(session, trails={OTHER: (trail(LOG_KEY),)})

    assert (detail_of(key).state, detail_of(key).deletion) == ("PendingDeletion", AFTER)
    assert key.rotation == KeyRotation(enabled=False)


def test_two_names_of_one_key_are_described_each_and_asked_about_once(session: Any, aws: StandIn) -> None:
    found, _ = read(
        session,
        trails={HOME: (trail(LOG_KEY, HOME),), OTHER: (trail(LOG_KEY), trail(LOG_KEY))},
        buckets=(bucket("alias/logs"),),
        topics=(topic("alias/logs"),),
        stores={OTHER: (store(LOG_KEY, OTHER),)},
    )

    assert [(key.named, key.arn) for key in known(found)] == [("alias/logs", LOG_KEY), (LOG_KEY, LOG_KEY)]
    assert known(found)[0].policy == known(found)[1].policy
    assert aws.requests == {
        ("kms:DescribeKey", OTHER): 2,
        ("kms:GetKeyPolicy", OTHER): 1,
        ("kms:GetKeyRotationStatus", OTHER): 1,
    }


def test_the_key_of_a_queue_is_asked_about(session: Any, aws: StandIn) -> None:
    by_alias = one(session, queues=(queue("alias/logs"), queue(None), Queue("arn:aws:sqs:x:1:gone", None)))

    assert (by_alias.named, by_alias.region, by_alias.arn) == ("alias/logs", OTHER, LOG_KEY)
    assert isinstance(by_alias.policy, ResourcePolicy)
    foreign = Queue(f"arn:aws:sqs:{OTHER}:{STRANGER}:alerts", QueueDetail(kms_key="alias/logs"))
    assert read(session, queues=(foreign,))[0] == ()


def test_a_key_is_asked_about_where_its_name_means_something(session: Any, aws: StandIn) -> None:
    def answer(asked: Any) -> Any:
        return described(key_arn(asked.region, "same"))

    aws.answer("kms:DescribeKey", answer)

    found, _ = read(
        session,
        trails={HOME: (trail(key_arn(OTHER, "x"), HOME),)},
        buckets=(bucket("alias/x", "eu-south-2"),),
        topics=(topic("x", HOME), topic("x", OTHER)),
    )

    assert named_and_asked(aws, "kms:DescribeKey") == [
        ("eu-south-2", "alias/x"),
        (HOME, "x"),
        (OTHER, key_arn(OTHER, "x")),
        (OTHER, "x"),
    ]
    assert [(key.region, key.named) for key in known(found)] == named_and_asked(aws, "kms:DescribeKey")


@pytest.mark.parametrize("name", ["alias/aws/sns", f"arn:aws:kms:{OTHER}:{ACCOUNT_ID}:alias/aws/sns"])
def test_a_key_that_aws_manages_by_its_name_is_not_asked_about(session: Any, aws: StandIn, name: str) -> None:
    found = one(session, topics=(topic(name),))

    assert found == KmsKey(name, OTHER, None, KeyDetail("AWS", "Enabled"), None, None)
    assert aws.asked == []


def test_a_key_that_aws_manages_by_its_description(session: Any, aws: StandIn) -> None:
    aws.answer("kms:DescribeKey", described(LOG_KEY, KeyManager="AWS"))

    key = one(session, trails={OTHER: (trail(LOG_KEY),)})

    assert (detail_of(key).manager, key.policy, key.rotation) == ("AWS", None, None)
    assert aws.requests == {("kms:DescribeKey", OTHER): 1}


def test_an_alias_that_only_looks_like_one_of_aws(session: Any, aws: StandIn) -> None:
    aws.answer("kms:DescribeKey", described(LOG_KEY))

    assert one(session, topics=(topic("alias/awsome"),)).detail == USUAL


@pytest.mark.parametrize(
    "unusual",
    [
        {"KeySpec": "RSA_2048"},
        {"KeyUsage": "GENERATE_VERIFY_MAC"},
        {"Origin": "EXTERNAL"},
        {"Origin": "AWS_CLOUDHSM"},
    ],
)
def test_keys_that_kms_does_not_rotate(session: Any, aws: StandIn, unusual: dict[str, str]) -> None:
    aws.answer("kms:DescribeKey", described(LOG_KEY, **unusual))

    key = one(session, trails={OTHER: (trail(LOG_KEY),)})

    assert key.rotation is None
    assert isinstance(key.policy, ResourcePolicy)
    assert ("kms:GetKeyRotationStatus", OTHER) not in aws.requests


def test_the_older_name_of_the_key_spec(session: Any, aws: StandIn) -> None:
    older = described(LOG_KEY, CustomerMasterKeySpec="SYMMETRIC_DEFAULT")
    del older["KeyMetadata"]["KeySpec"]
    aws.answer("kms:DescribeKey", older)

    assert one(session, trails={OTHER: (trail(LOG_KEY),)}).rotation == KeyRotation(enabled=True, period_days=180)


THEIRS = key_arn(OTHER, "theirs", STRANGER)


def test_a_key_of_another_account_that_lets_itself_be_described(session: Any, aws: StandIn) -> None:
    aws.answer("kms:DescribeKey", described(THEIRS))

    found, coverage = read(session, trails={OTHER: (trail(THEIRS),)})

    (key,) = known(found)
    assert (key.arn, key.detail, key.rotation) == (THEIRS, USUAL, KeyRotation(enabled=True, period_days=180))
    assert gap_of(key.policy) == ("kms:GetKeyPolicy", "elsewhere", OTHER)
    assert aws.requests == {("kms:DescribeKey", OTHER): 1, ("kms:GetKeyRotationStatus", OTHER): 1}
    row = coverage["kms:GetKeyPolicy", OTHER]
    assert (row.status, row.calls, row.message) == ("elsewhere", 0, f"readable only in account {STRANGER}")


@pytest.mark.parametrize("refusal", [Refusal("AccessDeniedException", 400), Refusal("NotFoundException", 400), DENIED])
def test_a_key_of_another_account_that_does_not(session: Any, aws: StandIn, refusal: Refusal) -> None:
    status = "denied" if refusal is DENIED else "elsewhere"
    aws.answer("kms:DescribeKey", refusal)

    key = one(session, trails={OTHER: (trail(THEIRS),)})

    assert gap_of(key.detail) == ("kms:DescribeKey", status, OTHER)
    assert gap_of(key.policy) == gap_of(key.rotation) == gap_of(key.detail)
    assert key.arn is None
    assert aws.requests == {("kms:DescribeKey", OTHER): 1}


def test_a_key_that_is_gone(session: Any, aws: StandIn) -> None:
    aws.answer("kms:DescribeKey", Refusal("NotFoundException", 400))

    found, coverage = read(session, trails={OTHER: (trail(LOG_KEY),)})

    assert known(found) == (KmsKey(LOG_KEY, OTHER, None, None, None, None),)
    assert {row.status for row in coverage.values()} == {"ok"}
    assert aws.requests == {("kms:DescribeKey", OTHER): 1}


def test_the_rotation_of_another_accounts_key(session: Any, aws: StandIn) -> None:
    aws.answer("kms:DescribeKey", described(THEIRS))
    aws.answer("kms:GetKeyRotationStatus", Refusal("AccessDeniedException", 400))

    key = one(session, trails={OTHER: (trail(THEIRS),)})

    assert gap_of(key.rotation) == ("kms:GetKeyRotationStatus", "elsewhere", OTHER)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(Refusal("AccessDeniedException", 400), "denied"), (Refusal("KMSInternalException", 500), "error")],
)
@pytest.mark.parametrize("api", ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"])
def test_an_own_key_that_cannot_be_read(session: Any, aws: StandIn, api: str, refusal: Refusal, status: str) -> None:
    aws.answer(api, refusal)

    found, coverage = read(session, trails={OTHER: (trail(LOG_KEY),)})

    (key,) = known(found)
    parts = {"kms:DescribeKey": key.detail, "kms:GetKeyPolicy": key.policy, "kms:GetKeyRotationStatus": key.rotation}
    assert gap_of(parts[api]) == (api, status, OTHER)
    assert {row.api: row.status for row in coverage.values() if row.status != "ok"} == {api: status}


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("kms:DescribeKey", {"KeyMetadata": {"KeyId": "logs"}}),
        ("kms:DescribeKey", {"KeyMetadata": {"KeyId": "logs", "Arn": "logs"}}),
        ("kms:DescribeKey", {}),
        ("kms:GetKeyPolicy", {"PolicyName": "default"}),
        ("kms:GetKeyRotationStatus", {}),
    ],
)
def test_an_answer_of_a_strange_shape_is_an_error(session: Any, aws: StandIn, api: str, answer: Any) -> None:
    aws.answer(api, answer)

    key = one(session, trails={OTHER: (trail(LOG_KEY),)})

    parts = {"kms:DescribeKey": key.detail, "kms:GetKeyPolicy": key.policy, "kms:GetKeyRotationStatus": key.rotation}
    assert gap_of(parts[api]) == (api, "error", OTHER)


@pytest.mark.parametrize("name", ["arn:", "arn:aws:kms", "arn:aws:kms:us-east-1:nobody:key/x", "arn:aws:s3:::x"])
def test_a_name_that_is_no_arn_is_put_to_kms_as_it_is(session: Any, aws: StandIn, name: str) -> None:
    aws.answer("kms:DescribeKey", Refusal("InvalidArnException"))

    key = one(session, topics=(topic(name, HOME),))

    assert named_and_asked(aws, "kms:DescribeKey") == [(HOME, name)]
    assert gap_of(key.detail) == ("kms:DescribeKey", "error", HOME)


def test_the_key_of_a_bucket_whose_region_is_not_known(session: Any, aws: StandIn) -> None:
    found, _ = read(session, buckets=(bucket("alias/logs", None), bucket(LOG_KEY, None)))

    lost, resolved = known(found)
    assert gap_of(lost.detail) == ("kms:DescribeKey", "skipped", "*")
    assert (resolved.region, resolved.arn) == (OTHER, LOG_KEY)
    assert named_and_asked(aws, "kms:DescribeKey") == [(OTHER, LOG_KEY)]


def test_what_names_no_key(session: Any, aws: StandIn) -> None:
    none = LogBucket("logs", Bucket("logs", OTHER, encryption=None), ACCOUNT_ID)
    foreign = LogBucket("log-archive", Gap("s3:GetBucketPolicy", "elsewhere"))
    unread = EventDataStore(store_arn(HOME, "s"), "s", Gap("cloudtrail:GetEventDataStore", "denied"))
    gone, dark = Topic("arn:aws:sns:x:1:gone", None), Topic("arn:aws:sns:x:1:dark", NO_TOPICS)

    found, _ = read(
        session,
        trails={OTHER: (trail(None),)},
        buckets=(none, foreign, bucket(None), LogBucket("logs", Bucket("logs"))),
        topics=(gone, dark, topic(None)),
        stores={HOME: (store(None), unread)},
    )

    assert found == ()
    assert aws.asked == []


@pytest.mark.parametrize(
    ("named", "gap"),
    [
        ({"trails": {HOME: NO_TRAILS, OTHER: ()}}, NO_TRAILS),
        ({"buckets": NO_BUCKETS}, NO_BUCKETS),
        ({"topics": NO_TOPICS}, NO_TOPICS),
        ({"queues": NO_QUEUES}, NO_QUEUES),
        ({"stores": {HOME: (), OTHER: NO_STORES}}, NO_STORES),
    ],
)
def test_where_nothing_is_known_the_gap_is_handed_on(session: Any, named: dict[str, Any], gap: Gap) -> None:
    assert read(session, **named)[0] is gap


def test_where_something_is_known_it_is_read(session: Any) -> None:
    found, _ = read(
        session,
        trails={HOME: NO_TRAILS, OTHER: (trail(LOG_KEY),)},
        buckets=NO_BUCKETS,
        topics=NO_TOPICS,
        stores={HOME: NO_STORES},
    )

    assert [key.named for key in known(found)] == [LOG_KEY]


def test_what_no_rule_needs_is_not_asked(session: Any, aws: StandIn) -> None:
    unwanted = ("kms:GetKeyPolicy", "kms:GetKeyRotationStatus")

    key = one(session, trails={OTHER: (trail(LOG_KEY),)}, unwanted=unwanted)

    assert gap_of(key.policy) == ("kms:GetKeyPolicy", "skipped", OTHER)
    assert gap_of(key.rotation) == ("kms:GetKeyRotationStatus", "skipped", OTHER)
    assert aws.requests == {("kms:DescribeKey", OTHER): 1}

    found, _ = read(session, trails={OTHER: (trail(LOG_KEY),)}, unwanted=("kms:DescribeKey", *unwanted))

    assert gap_of(found) == ("kms:DescribeKey", "skipped", "*")


def test_keys_in_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT_ID)
    with mock_aws():
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
        kms = session.client("kms")
        made = kms.create_key(Policy=json.dumps(KEY_POLICY))["KeyMetadata"]
        kms.create_alias(AliasName="alias/logs", TargetKeyId=made["KeyId"])
        kms.enable_key_rotation(KeyId=made["KeyId"])
        signing = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]

        found, coverage = read(session, topics=(topic("alias/logs", HOME), topic(signing, OTHER)))

    by_name = {key.named: key for key in known(found)}
    key = by_name["alias/logs"]
    assert {row.status for row in coverage.values()} == {"ok"}
    assert (key.arn, detail_of(key).state, detail_of(key).manager) == (made["Arn"], "Enabled", "CUSTOMER")
    assert isinstance(key.rotation, KeyRotation)
    assert key.rotation.enabled
    assert isinstance(key.policy, ResourcePolicy)
    assert json.loads(bytes(key.policy.document)) == KEY_POLICY
    assert by_name[signing].rotation is None
