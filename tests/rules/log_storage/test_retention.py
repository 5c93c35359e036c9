"""Buckets of logs: do logs last, and is it told who touched them?"""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, regions, verdict
from tests.rules.trails.building import (
    KEY,
    NOT_LOGGING,
    bucket,
    foreign_bucket,
    in_state,
    joined_bucket,
    key,
    storing,
    trail,
)

UNPROTECTED, RETENTION = "trail-bucket-unprotected", "trail-bucket-retention"
ACCESS_LOGS, MFA_DELETE, ROTATION = (
    "trail-bucket-without-access-logs", "trail-bucket-mfa-delete-off", "log-key-rotation-off",
)  # fmt: skip


def versioning(status: str | None = None, mfa_delete: str | None = None) -> Json:
    return {"kind": "versioning", "status": status, "mfa_delete": mfa_delete}


def lock(mode: str | None = None, days: int | None = None, years: int | None = None) -> Json:
    return {"kind": "object-lock", "enabled": True, "mode": mode, "days": days, "years": years}


VERSIONING_DENIED, LOCK_DENIED = gap("s3:GetBucketVersioning"), gap("s3:GetObjectLockConfiguration")
PROTECTION: list[Case] = [
    ("versioned", storing(bucket()), "pass"),
    ("never versioned", storing(bucket(versioning=versioning())), "fail"),
    ("suspended", storing(bucket(versioning=versioning("Suspended"))), "fail"),
    ("locked", storing(bucket(versioning=versioning("Enabled"), object_lock=lock())), "pass"),
    ("locked, versioning denied", storing(bucket(versioning=VERSIONING_DENIED, object_lock=lock())), "pass"),
    ("versioned, lock denied", storing(bucket(object_lock=LOCK_DENIED)), "pass"),
    ("never versioned, lock denied", storing(bucket(versioning=versioning(), object_lock=LOCK_DENIED)), "unknown"),
    ("versioning denied", storing(bucket(versioning=VERSIONING_DENIED)), "unknown"),
    ("bucket of another account", storing(foreign_bucket()), "unknown"),
]


def expiring(*rules: Json, trails: tuple[Json, ...] | None = None, **facts: object) -> Json:
    return storing(bucket(lifecycle=[{"status": "Enabled", **each} for each in rules], **facts), trails=trails)


def filtered(prefix: str | None, days: int = 30, trails: tuple[Json, ...] | None = None) -> Json:
    return expiring({"expiration_days": days, "is_filtered": True, "prefix": prefix}, trails=trails)


LIFETIMES: list[Case] = [
    ("for ever", storing(bucket()), "pass"),
    ("a year", expiring({"expiration_days": 365}), "pass"),
    ("a day less", expiring({"expiration_days": 364}), "fail"),
    ("a rule that is off", storing(bucket(lifecycle=[{"status": "Disabled", "expiration_days": 1}])), "pass"),
    ("a rule that expires nothing", expiring({}), "pass"),
    ("the shortest of two", expiring({"expiration_days": 400}, {"expiration_days": 100}), "fail"),
    ("the logs", filtered("AWSLogs/"), "fail"),
    ("a beginning of the logs", filtered("AWS"), "fail"),
    ("the logs of one account", filtered("AWSLogs/111122223333/"), "fail"),
    ("the digests", filtered("AWSLogs/o-a1/111122223333/CloudTrail-Digest/"), "fail"),
    ("files of Insights", filtered("AWSLogs/o-a1/111122223333/CloudTrail-Insight/"), "pass"),
    ("the digests for a year", filtered("AWSLogs/o-a1/111122223333/CloudTrail-Digest/", 365), "pass"),
    ("the digests, locked for longer", expiring(
        {"expiration_days": 30, "is_filtered": True, "prefix": "AWSLogs/111122223333/CloudTrail-Digest/"},
        object_lock=lock("GOVERNANCE", days=365)), "pass"),
    ("the logs below a prefix", filtered(
        "audit/AWSLogs/111122223333/CloudTrail/", trails=(trail(prefix="audit"),)), "fail"),
    ("the logs below a prefix that only others may use", filtered(
        "audit/AWSLogs/111122223333/CloudTrail/", trails=()), "fail"),
    ("logs of another service", filtered("AWSLogs/111122223333/Config/"), "pass"),
    ("something else, or the prefix of a trail", filtered("audit/", trails=()), "unknown"),
    ("something else", filtered("audit/"), "pass"),
    ("what has a tag or a size", filtered(None), "unknown"),
    ("something else for a year", filtered("audit/", 365), "pass"),
    ("old versions after a month", expiring({"expiration_days": 400, "noncurrent_days": 30}), "pass"),
    ("old versions after a day", expiring({"expiration_days": 400, "noncurrent_days": 1}), "fail"),
    ("old versions after a day, where there are none", expiring(
        {"noncurrent_days": 1}, versioning=versioning()), "pass"),
    ("old versions after a day, while none are made", expiring(
        {"noncurrent_days": 1}, versioning=versioning("Suspended")), "fail"),
    ("old versions after a day, versioning denied", expiring(
        {"noncurrent_days": 1}, versioning=VERSIONING_DENIED), "unknown"),
    ("everything after a day, versioning denied", expiring(
        {"expiration_days": 1}, versioning=VERSIONING_DENIED), "fail"),
    ("on a day that was", expiring({"expiration_date": "2026-01-01T00:00:00Z"}), "fail"),
    ("on a day in two years", expiring({"expiration_date": "2028-11-20T12:00:00Z"}), "pass"),
    ("locked for longer", expiring({"expiration_days": 30}, object_lock=lock("GOVERNANCE", days=365)), "pass"),
    ("locked for years", expiring({"expiration_days": 30}, object_lock=lock("COMPLIANCE", years=1)), "pass"),
    ("locked for less", expiring({"expiration_days": 30}, object_lock=lock("COMPLIANCE", days=90)), "fail"),
    ("locked without a retention", expiring({"expiration_days": 30}, object_lock=lock()), "fail"),
    ("lock denied", expiring({"expiration_days": 30}, object_lock=LOCK_DENIED), "unknown"),
    ("a year, lock denied", expiring({"expiration_days": 365}, object_lock=LOCK_DENIED), "pass"),
    ("denied", storing(bucket(lifecycle=gap("s3:GetBucketLifecycleConfiguration"))), "unknown"),
    ("bucket of another account", storing(foreign_bucket()), "unknown"),
]  # fmt: skip

LOGGING_DENIED = gap("s3:GetBucketLogging")
ACCESSES: list[Case] = [
    ("on", storing(bucket()), "pass"),
    ("off", storing(bucket(logging={"kind": "access-logging"})), "fail"),
    ("denied", storing(bucket(logging=LOGGING_DENIED)), "unknown"),
]

DELETIONS: list[Case] = [
    ("versioned", storing(bucket()), "fail"),
    ("with MFA", storing(bucket(versioning=versioning("Enabled", "Enabled"))), "pass"),
    ("without", storing(bucket(versioning=versioning("Enabled", "Disabled"))), "fail"),
    ("locked", storing(bucket(object_lock=lock("GOVERNANCE", days=365))), "pass"),
    ("locked for a year by years", storing(bucket(object_lock=lock("COMPLIANCE", years=1))), "pass"),
    ("locked for a day", storing(bucket(object_lock=lock("COMPLIANCE", days=1))), "fail"),
    ("locked for a day, with MFA", storing(bucket(
        versioning=versioning("Enabled", "Enabled"), object_lock=lock("COMPLIANCE", days=1))), "pass"),
    ("locked without a retention", storing(bucket(object_lock=lock())), "fail"),
    ("versioning denied", storing(bucket(versioning=VERSIONING_DENIED)), "unknown"),
    ("lock denied", storing(bucket(object_lock=LOCK_DENIED)), "unknown"),
    ("locked, versioning denied", storing(
        bucket(versioning=VERSIONING_DENIED, object_lock=lock("COMPLIANCE", days=365))), "pass"),
]  # fmt: skip


LEADING: Json = {"event_data_stores": [], "event_buses": [], "event_rules": []}


def rotating(*keys: Json, place: Json | None = None, **parts: object) -> Json:
    read: Json = {"keys": list(keys), "topics": [], "queues": [], "log_buckets": []}
    here = region("eu-west-1", **{"trails": [trail(kms_key=KEY)], **LEADING, **(place or {})})
    return regions(here) | read | parts


def store(**facts: object) -> Json:
    return {"arn": f"arn:aws:cloudtrail:eu-west-1:{OWN}:eventdatastore/1", "name": "lake", **facts}


TOPIC, QUEUE = f"arn:aws:sns:eu-west-1:{OWN}:alarms", f"arn:aws:sqs:eu-west-1:{OWN}:alarms"
OFF: Json = {"kind": "key-rotation", "enabled": False}
ROTATIONS: list[Case] = [
    ("on", rotating(key()), "pass"),
    ("off", rotating(key(rotation=OFF)), "fail"),
    ("named twice", rotating(key(rotation=OFF), key(named="alias/logs", rotation=OFF)), "fail"),
    ("of AWS", rotating(key(detail={"kind": "key-detail", "manager": "AWS", "state": "Enabled"}, rotation=None)), ""),
    ("to be deleted", rotating(in_state("PendingDeletion", rotation=OFF)), ""),
    ("there is none", rotating(key(arn=None, detail=None, policy=None, rotation=None)), ""),
    ("denied", rotating(key(rotation=gap("kms:GetKeyRotationStatus"))), "unknown"),
    ("of another account", rotating(key(rotation=gap("kms:GetKeyRotationStatus", "elsewhere"))), "unknown"),
    ("not described", rotating(key(detail=gap("kms:DescribeKey"), rotation=gap("kms:DescribeKey"))), "unknown"),
    ("keys denied", rotating() | {"keys": gap("kms:DescribeKey")}, "unknown"),
    ("no key", rotating(), ""),
    (
        "stores denied",
        rotating(key(), place={"event_data_stores": gap("cloudtrail:ListEventDataStores")}),
        "pass unknown",
    ),
    (
        "settings of a store denied",
        rotating(place={"event_data_stores": [store(detail=gap("cloudtrail:GetEventDataStore"))]}),
        "unknown",
    ),
    (
        "no Lake in the region",
        rotating(key(), place={"event_data_stores": gap("cloudtrail:ListEventDataStores", "not_applicable")}),
        "pass",
    ),
    (
        "encryption of a bucket denied",
        rotating(log_buckets=[bucket(encryption=gap("s3:GetBucketEncryption"))]),
        "unknown",
    ),
    ("bucket of another account", rotating(key(), log_buckets=[foreign_bucket()]), "pass"),
    ("a topic denied", rotating(topics=[{"arn": TOPIC, "detail": gap("sns:GetTopicAttributes")}]), "unknown"),
    ("a topic that is gone", rotating(topics=[{"arn": TOPIC, "detail": None}]), ""),
    (
        "a queue denied",
        rotating(key(), queues=[{"arn": QUEUE, "detail": gap("sqs:GetQueueAttributes")}]),
        "pass unknown",
    ),
    ("a region not listed", rotating(key(), other_regions=gap("ec2:DescribeRegions")), "pass unknown"),
]

TABLES = {
    UNPROTECTED: PROTECTION, RETENTION: LIFETIMES, ACCESS_LOGS: ACCESSES, MFA_DELETE: DELETIONS, ROTATION: ROTATIONS,
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule_id", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in TABLES.items() for case in cases],
)
def test_verdict(rule_id: str, facts: Json, expected: str) -> None:
    assert verdict(rule_id, facts) == expected


@pytest.mark.parametrize(
    ("facts", "severity", "material"),
    [
        (expiring({"expiration_days": 89}), "high", ["expires:early"]),
        (expiring({"expiration_days": 90}), "medium", ["expires:early"]),
        (expiring({"noncurrent_days": 1}), "low", ["expires:versions"]),
        (expiring({"expiration_days": 90, "noncurrent_days": 1}), "medium", ["expires:early", "expires:versions"]),
        (expiring({"expiration_days": 90, "noncurrent_days": 1}, versioning=versioning()), "medium", ["expires:early"]),
        (filtered("AWSLogs/111122223333/CloudTrail-Digest/", 1), "low", ["expires:digests"]),
        (filtered("AWSLogs/111122223333/CloudTrail", 1), "high", ["expires:early"]),
    ],
    ids=["less than 90 days", "90 days", "versions", "both", "no versions", "digests", "logs and digests"],
)
def test_severity_follows_how_early(facts: Json, severity: str, material: list[str]) -> None:
    found = only_finding(RETENTION, facts)

    assert (found.severity, found.evidence["material"]) == (severity, material)


@pytest.mark.parametrize(
    ("rule_id", "facts", "severities"),
    [
        (RETENTION, bucket(lifecycle=[{"status": "Enabled", "expiration_days": 30}]), ("low", "high")),
        (UNPROTECTED, bucket(versioning=versioning()), ("medium", "high")),
    ],
)
def test_a_bucket_to_which_nothing_new_comes_is_milder(rule_id: str, facts: Json, severities: tuple[str, str]) -> None:
    stopped = trail(status=NOT_LOGGING)

    assert only_finding(rule_id, storing(facts, trails=(stopped,))).severity == severities[0]
    assert only_finding(rule_id, storing(facts, trails=(stopped, trail("second")))).severity == severities[1]
    assert only_finding(rule_id, storing(facts, trails=())).severity == severities[1]


def test_limits_are_parameters() -> None:
    facts = expiring({"expiration_days": 120, "noncurrent_days": 7})

    assert verdict(RETENTION, facts, min_days=120, min_noncurrent_days=7) == "pass"


def test_only_the_owner_of_a_bucket_gets_commands() -> None:
    found = only_finding(UNPROTECTED, storing(joined_bucket(versioning=versioning())))

    assert (found.remediation.commands, found.remediation.undo) == ((), ())


def test_versions_are_switched_on_and_suspended_again() -> None:
    found = only_finding(UNPROTECTED, storing(bucket(versioning=versioning())))
    put = "aws s3api put-bucket-versioning --bucket=logs --versioning-configuration"

    assert found.message == "Versioning is off, and there is no object lock."
    assert found.remediation.commands == (f"{put} Status=Enabled",)
    assert found.remediation.undo == (f"{put} Status=Suspended",)


def test_a_key_is_rotated_by_its_arn() -> None:
    found = only_finding(ROTATION, rotating(key(rotation=OFF)))

    assert found.resource.arn == KEY
    assert found.remediation.commands == (f"aws kms enable-key-rotation --key-id={KEY} --region=eu-west-1",)
