"""Collect the buckets that logs are delivered to: who may do what with them, and how long they keep what they have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any, NamedTuple, TypeVar

import msgspec

from scanner.authorization_details import document
from scanner.collect.desk import UNWANTED, Desk
from scanner.collect.reader import Reader
from scanner.collect.tasks import Task
from scanner.collect.values import as_list, flag
from scanner.inventory import (
    AccessLogging,
    Bucket,
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
    Versioning,
)

T = TypeVar("T")

_NOT_OURS = "it is no bucket of this account: it belongs to another one, or it was deleted"


def read_account_block(desk: Desk) -> PublicAccessBlock | Gap | None:
    """The public access block of the whole account; None where none is set."""

    def read(reader: Reader) -> PublicAccessBlock | None:
        answer = reader.find("GetPublicAccessBlock", AccountId=desk.account_id)
        return _block(answer) if answer is not None else None

    return desk.ask("s3control", "global", "GetPublicAccessBlock", read, PublicAccessBlock | None)


def read_log_buckets(
    desk: Desk, trails: Mapping[str, tuple[Trail, ...] | Gap], more: Sequence[str]
) -> tuple[LogBucket, ...] | Gap:
    """The buckets that trails deliver to, and those of this account to which other accounts deliver.

    Whose a bucket is, only the list of our own buckets tells: where it cannot be read, nothing is asked, since S3
    refuses questions about a foreign bucket in the same words as questions that we may not put.

    Args:
        desk: where to ask.
        trails: the trails by region. Of those that are not known the buckets are not known either, so that the gap of
            their region stands in place of an empty answer.
        more: the names of buckets to which other accounts deliver; those that this account does not own are left out.
    """
    if "s3:ListBuckets" not in desk.wanted:
        return Gap("s3:ListBuckets", "skipped", "global", UNWANTED)
    known = [trail for found in trails.values() if not isinstance(found, Gap) for trail in found]
    delivered_to = {trail.bucket for trail in known if trail.bucket}
    names = sorted(delivered_to.union(more))
    if not names:
        return next((found for _, found in sorted(trails.items()) if isinstance(found, Gap)), ())
    owned = _owned(desk)
    if isinstance(owned, Gap):
        return owned
    if delivered_to - owned.keys() and "s3:GetBucketPolicy" in desk.wanted:
        desk.ledger.record("s3:GetBucketPolicy", "global", "elsewhere", _NOT_OURS, calls=0)

    def read(name: str) -> LogBucket:
        if name in owned:
            return LogBucket(name, _read_bucket(desk, name, owned[name]), desk.account_id)
        return LogBucket(name, Gap("s3:GetBucketPolicy", "elsewhere", "global", _NOT_OURS))

    return tuple(desk.each(read, [name for name in names if name in owned or name in delivered_to]))


def _owned(desk: Desk) -> dict[str, str | None] | Gap:
    """The account's buckets with the region of each, where S3 tells: it does so only if asked for a page size."""

    def read(reader: Reader) -> dict[str, str | None]:
        return {
            bucket["Name"]: bucket.get("BucketRegion") or None
            for page in reader.pages("ListBuckets", PaginationConfig={"PageSize": 10_000})
            for bucket in as_list(page["Buckets"])
        }

    return desk.ask("s3", "global", "ListBuckets", read, dict[str, str | None])


class _Place(NamedTuple):
    """A bucket, the region as coverage names it, and the region whose endpoint is asked."""

    bucket: str
    region: str
    endpoint: str


def _read_bucket(desk: Desk, name: str, listed: str | None) -> Bucket:
    region = listed or _located(desk, name)
    # A bucket whose region is not known is asked at the global endpoint: the SDK follows where S3 sends it.
    place = _Place(name, region or "global", region or desk.global_region)

    def start(operation: str, take: Callable[[Any], T], kind: Any) -> Task[T | Gap]:
        return desk.start(_read, desk, place, operation, take, kind)

    policy = start("GetBucketPolicy", _optional(_policy), ResourcePolicy | None)
    ownership = start("GetBucketOwnershipControls", _optional(_ownership), Ownership | None)
    versioning = start("GetBucketVersioning", _versioning, Versioning)
    lock = start("GetObjectLockConfiguration", _optional(_lock), ObjectLock | None)
    block = start("GetPublicAccessBlock", _optional(_block), PublicAccessBlock | None)
    logging = start("GetBucketLogging", _logging, AccessLogging)
    encryption = start("GetBucketEncryption", _optional(_encryption), Encryption | None)
    lifecycle = start("GetBucketLifecycleConfiguration", _optional(_lifecycle), tuple[LifecycleRule, ...] | None)
    # A bucket without a policy has no status of one, and lists that have no effect need not be read.
    has_policy = policy.result() is not None
    status = start("GetBucketPolicyStatus", _optional(_policy_status), PolicyStatus | None) if has_policy else None
    grants = start("GetBucketAcl", _grants, tuple[Grant, ...]) if _uses_lists(ownership.result()) else None
    return Bucket(
        name,
        region,
        policy=policy.result(),
        policy_status=status.result() if status else None,
        versioning=versioning.result(),
        object_lock=lock.result(),
        public_access_block=block.result(),
        logging=logging.result(),
        encryption=encryption.result(),
        lifecycle=lifecycle.result(),
        ownership=ownership.result(),
        grants=grants.result() if grants else None,
    )


def _located(desk: Desk, name: str) -> str | None:
    """The region of a bucket whose listing does not tell; None where it cannot be found out."""

    def read(reader: Reader) -> str:
        answer = reader.call("GetBucketLocation", Bucket=name, ExpectedBucketOwner=desk.account_id)
        return _FORMER_NAMES.get(found := answer.get("LocationConstraint") or "", found)

    found = desk.ask("s3", "global", "GetBucketLocation", read, str, subject=name)
    return None if isinstance(found, Gap) else found


_FORMER_NAMES = {"": "us-east-1", "US": "us-east-1", "EU": "eu-west-1"}


def _read(desk: Desk, place: _Place, operation: str, take: Callable[[Any], T], kind: Any) -> T | Gap:
    def read(reader: Reader) -> T:
        # The owner is named so that a bucket that changes hands meanwhile is refused, and not taken for ours.
        return take(reader.find(operation, Bucket=place.bucket, ExpectedBucketOwner=desk.account_id))

    return desk.ask("s3", place.region, operation, read, kind, subject=place.bucket, endpoint=place.endpoint)


def _optional(take: Callable[[dict[str, Any]], T]) -> Callable[[dict[str, Any] | None], T | None]:
    return lambda answer: None if answer is None else take(answer)


def _uses_lists(ownership: Ownership | Gap | None) -> bool:
    """Whether access control lists may have an effect: they do not where the bucket's owner owns every object."""
    return not isinstance(ownership, Ownership) or ownership.object_ownership != "BucketOwnerEnforced"


def _policy(answer: dict[str, Any]) -> ResourcePolicy:
    return ResourcePolicy(document(msgspec.Raw(msgspec.json.encode(answer["Policy"]))))


def _policy_status(answer: dict[str, Any]) -> PolicyStatus:
    return PolicyStatus(flag(answer["PolicyStatus"]["IsPublic"]))


def _versioning(answer: dict[str, Any]) -> Versioning:
    return Versioning(answer.get("Status") or None, answer.get("MFADelete") or None)


def _lock(answer: dict[str, Any]) -> ObjectLock:
    found = answer["ObjectLockConfiguration"]
    retention = (found.get("Rule") or {}).get("DefaultRetention") or {}
    return ObjectLock(
        found.get("ObjectLockEnabled") == "Enabled",
        retention.get("Mode") or None,
        retention.get("Days") or None,
        retention.get("Years") or None,
    )


def _block(answer: dict[str, Any]) -> PublicAccessBlock:
    found = answer["PublicAccessBlockConfiguration"]
    return PublicAccessBlock(
        block_acls=flag(found.get("BlockPublicAcls", False)),
        ignore_acls=flag(found.get("IgnorePublicAcls", False)),
        block_policy=flag(found.get("BlockPublicPolicy", False)),
        restrict_buckets=flag(found.get("RestrictPublicBuckets", False)),
    )


def _logging(answer: dict[str, Any]) -> AccessLogging:
    return AccessLogging((answer.get("LoggingEnabled") or {}).get("TargetBucket") or None)


def _encryption(answer: dict[str, Any]) -> Encryption | None:
    for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]:
        found = rule.get("ApplyServerSideEncryptionByDefault")
        if found:
            return Encryption(found["SSEAlgorithm"], found.get("KMSMasterKeyID") or None)
    return None


def _ownership(answer: dict[str, Any]) -> Ownership | None:
    rules = answer["OwnershipControls"]["Rules"]
    return Ownership(rules[0]["ObjectOwnership"]) if rules else None


def _lifecycle(answer: dict[str, Any]) -> tuple[LifecycleRule, ...]:
    return tuple(sorted((_rule(rule) for rule in as_list(answer["Rules"])), key=msgspec.json.encode))


def _rule(rule: dict[str, Any]) -> LifecycleRule:
    """A rule; the older form has its prefix outside of a filter, and an empty prefix is for every object."""
    whole = rule.get("Filter") or {}
    parts = {"Prefix": rule.get("Prefix"), **whole, **(whole.get("And") or {})}
    prefix = parts.pop("Prefix", None) or None
    parts.pop("And", None)
    expiration, noncurrent = rule.get("Expiration") or {}, rule.get("NoncurrentVersionExpiration") or {}
    date = expiration.get("Date")
    others = [part for part in parts.values() if part is not None]
    return LifecycleRule(
        rule["Status"],
        expiration_days=expiration.get("Days"),
        expiration_date=date.astimezone(UTC) if date else None,
        noncurrent_days=noncurrent.get("NoncurrentDays"),
        is_filtered=bool(prefix or others),
        prefix=None if others else prefix,
    )


def _grants(answer: dict[str, Any]) -> tuple[Grant, ...]:
    """The entries of the access control list; of a grantee never the e-mail address or the display name."""
    found = {
        Grant(grantee.get("URI") or grantee.get("ID") or "", grant.get("Permission") or "")
        for grant in as_list(answer["Grants"])
        if (grantee := grant.get("Grantee") or {})
    }
    return tuple(sorted(found, key=msgspec.json.encode))
