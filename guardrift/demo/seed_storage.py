"""Seeding of S3: the buckets to which logs go, one well kept and one not, and those beside them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from guardrift.demo.documents import Statement, document
from guardrift.demo.emulator import backend
from guardrift.demo.setting import ACCOUNT_ID, ARCHIVE, HOME, PARTITION, SUSPENDED, regional_arn

LOG_BUCKET = "demo-account-trail"
FORMER_LOG_BUCKET = "demo-former-trail"
LOST_LOG_BUCKET = "demo-archive-trail"
"""The buckets of the account's trail, of the stopped one, and of the one that delivers into the void."""

ACCESS_LOG_BUCKET = "demo-access-logs"
CONFIG_BUCKET = "demo-config-history"
EXPORTS_BUCKET = "demo-exports"
FINDINGS_BUCKET = "demo-findings"
FLOW_BUCKET = "demo-flow-logs"
LISTS_BUCKET = "demo-lists"
RESULTS_BUCKET = "demo-query-results"


class Store(NamedTuple):
    """A bucket, and what is set about the logs in it; the numbers are days.

    Attributes:
        trail: the trail that delivers to it; by its policy only that one may, or none.
        expires: after how many days objects are deleted.
        locked: for how many days nobody can delete an object.
        is_versioned: whether what is overwritten or deleted can be brought back.
        access_logs: the bucket that records who uses it.
    """

    name: str
    region: str = HOME
    trail: str | None = None
    expires: int | None = None
    locked: int | None = None
    is_versioned: bool = False
    access_logs: str | None = None


STORES = (
    Store(
        LOG_BUCKET, trail=regional_arn("cloudtrail", HOME, "trail/account-trail"), expires=400, locked=365,
        is_versioned=True, access_logs=ACCESS_LOG_BUCKET,
    ),
    Store(
        FORMER_LOG_BUCKET, SUSPENDED, trail=regional_arn("cloudtrail", SUSPENDED, "trail/former-trail"), expires=30
    ),
    Store(ACCESS_LOG_BUCKET, expires=400),
    Store(CONFIG_BUCKET, is_versioned=True),
    *map(Store, (FINDINGS_BUCKET, FLOW_BUCKET, LISTS_BUCKET, RESULTS_BUCKET, EXPORTS_BUCKET, "demo-shared")),
)  # fmt: skip

_AGE = timedelta(days=900)
_ALL_SWITCHES = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)


def seed_log_buckets() -> None:
    """Create the buckets that trails name, so that these can be created."""
    for name, region in ((LOG_BUCKET, HOME), (FORMER_LOG_BUCKET, SUSPENDED), (LOST_LOG_BUCKET, ARCHIVE)):
        backend("s3").create_bucket(name, region)


def seed_storage(session: Any, at: datetime) -> None:
    """Create the other buckets, set what is set about each, and lose the one of which nobody knows where it is."""
    state = backend("s3")
    state.delete_bucket(LOST_LOG_BUCKET)
    s3 = session.client("s3", region_name=HOME)
    for store in STORES:
        if store.name not in state.buckets:
            state.create_bucket(store.name, store.region)
        state.buckets[store.name].creation_date = at - _AGE
        _settle(s3, store)
    for store in STORES:
        if store.access_logs is not None:
            # Whoever delivers them needs a policy of the other bucket, which moto checks.
            s3.put_bucket_policy(Bucket=store.access_logs, Policy=_access_log_policy(store))
            s3.put_bucket_logging(
                Bucket=store.name,
                BucketLoggingStatus={
                    "LoggingEnabled": {"TargetBucket": store.access_logs, "TargetPrefix": f"{store.name}/"}
                },
            )


def _settle(s3: Any, store: Store) -> None:
    """What AWS sets about every new bucket, and what its owner set."""
    s3.put_public_access_block(Bucket=store.name, PublicAccessBlockConfiguration=_ALL_SWITCHES)
    s3.put_bucket_ownership_controls(
        Bucket=store.name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_encryption(
        Bucket=store.name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
        },
    )
    if store.is_versioned:
        s3.put_bucket_versioning(Bucket=store.name, VersioningConfiguration={"Status": "Enabled"})
    if store.locked is not None:
        s3.put_object_lock_configuration(
            Bucket=store.name,
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": store.locked}},
            },
        )
    if store.expires is not None:
        s3.put_bucket_lifecycle_configuration(Bucket=store.name, LifecycleConfiguration=_lifecycle(store))
    if store.trail is not None:
        s3.put_bucket_policy(Bucket=store.name, Policy=_trail_policy(store.name, store.trail))


def _lifecycle(store: Store) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "ID": "old-logs",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": store.expires},
    }
    if store.is_versioned:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": 90}
    return {"Rules": [rule]}


def _trail_policy(bucket: str, trail: str) -> str:
    """The policy that CloudTrail asks for: it alone writes, and only for that trail."""

    def granted(action: str, resource: str, **conditions: str) -> Statement:
        return {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": action,
            "Resource": resource,
            "Condition": {"StringEquals": {"aws:SourceArn": trail, **conditions}},
        }

    arn = f"arn:{PARTITION}:s3:::{bucket}"
    acl = {"s3:x-amz-acl": "bucket-owner-full-control"}
    return document(granted("s3:GetBucketAcl", arn), granted("s3:PutObject", f"{arn}/AWSLogs/{ACCOUNT_ID}/*", **acl))


def _access_log_policy(store: Store) -> str:
    statement: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:{PARTITION}:s3:::{store.access_logs}/{store.name}/*",
        "Condition": {
            "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:s3:::{store.name}"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        },
    }
    return document(statement)
