"""Collect the KMS keys that logs, topics and queues are encrypted with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, NamedTuple

import msgspec

from scanner.authorization_details import document
from scanner.collect.desk import UNWANTED, Desk
from scanner.collect.reader import Reader
from scanner.collect.tasks import Task
from scanner.collect.values import flag
from scanner.inventory import (
    Bucket,
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
)

_ARN = re.compile(r"arn:[a-z0-9-]+:kms:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):.+")
"""The ARN of a key or an alias. Names are what somebody wrote into a resource, and need not be one."""


class _Named(NamedTuple):
    """A key as a resource names it (by ARN, alias or id), and the region in which that names one, if it is known."""

    region: str
    name: str

    @property
    def account_id(self) -> str | None:
        """The account that the name tells, if it is an ARN."""
        arn = _ARN.fullmatch(self.name)
        return arn["account"] if arn else None

    @property
    def is_of_aws(self) -> bool:
        """Whether it is an alias that only AWS can make: it stands for a key that AWS manages."""
        return self.name.rpartition(":")[2].startswith("alias/aws/")


class _Described(msgspec.Struct, frozen=True):
    """A key as KMS describes it; without detail where there is no such key."""

    arn: str
    detail: KeyDetail | None


class _Rights(NamedTuple):
    """What is asked about a key by its ARN; None where the answer is known."""

    policy: Task[ResourcePolicy | Gap] | Gap | None = None
    rotation: Task[KeyRotation | Gap] | None = None


_MANAGED_BY_AWS = KeyDetail("AWS", "Enabled")


def read_keys(
    desk: Desk,
    trails: Mapping[str, tuple[Trail, ...] | Gap],
    buckets: tuple[LogBucket, ...] | Gap,
    topics: tuple[Topic, ...] | Gap,
    event_data_stores: Mapping[str, tuple[EventDataStore, ...] | Gap],
    queues: tuple[Queue, ...] | Gap,
) -> tuple[KmsKey, ...] | Gap:
    """The keys that trails, log buckets, topics, event data stores and queues name; each name is asked about once.

    Where what may name keys is not known, and what is known names none, its gap stands in place of an empty answer.
    """
    if "kms:DescribeKey" not in desk.wanted:
        return Gap("kms:DescribeKey", "skipped", "*", UNWANTED)
    given = (*_in_order(trails), buckets, topics, *_in_order(event_data_stores), queues)
    items = (item for part in given if not isinstance(part, Gap) for item in part)
    named = sorted({key for item in items for key in _of(item, desk.account_id)})
    if not named:
        return next((part for part in given if isinstance(part, Gap)), ())
    described = desk.each(lambda key: _describe(desk, key), named)
    begun: dict[str, _Rights] = {}
    for key, found in zip(named, described, strict=True):
        if not isinstance(found, Gap) and found.arn not in begun:
            begun[found.arn] = _begin(desk, key, found)
    return tuple(_key(key, found, begun) for key, found in zip(named, described, strict=True))


def _in_order(parts: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(parts[region] for region in sorted(parts))


def _of(item: Trail | LogBucket | Topic | EventDataStore | Queue, account_id: str) -> Iterator[_Named]:
    """The key that a resource names, if it names one and that is known.

    An id or an alias names a key of the account of the resource, and another account's cannot be asked for by that.
    """
    region, name = _region_and_name(item)
    if name is None:
        return
    arn = _ARN.fullmatch(name)
    if arn is None and not isinstance(item, LogBucket) and item.arn.split(":")[4] != account_id:
        return
    yield _Named(arn["region"] if arn else region or "", name)


def _region_and_name(item: Trail | LogBucket | Topic | EventDataStore | Queue) -> tuple[str | None, str | None]:
    match item:
        case Trail(home_region=region, kms_key=name):
            return region, name
        case LogBucket(bucket=Bucket(region=region, encryption=Encryption(kms_key=name))):
            return region, name
        case Topic(arn=arn, detail=TopicDetail(kms_key=name)):
            return arn.split(":")[3], name
        case Queue(arn=arn, detail=QueueDetail(kms_key=name)):
            return arn.split(":")[3], name
        case EventDataStore(arn=arn, detail=EventDataStoreDetail(kms_key=name)):
            return arn.split(":")[3], name
    return None, None


def _describe(desk: Desk, key: _Named) -> _Described | Gap:
    """The key; about one that AWS manages nothing is asked, since to describe its alias may create it."""
    if key.is_of_aws:
        return _Described("", _MANAGED_BY_AWS)
    if not key.region:
        return Gap(
            "kms:DescribeKey", "skipped", "*", "it is not known in which region the bucket is that names the key"
        )

    owner = key.account_id if key.account_id != desk.account_id else None

    def read(reader: Reader) -> _Described:
        # Of another account's key "not found" may mean that it is not ours to see.
        answer = (reader.find if owner is None else reader.call)("DescribeKey", KeyId=key.name)
        if answer is None:
            return _Described("", None)
        found = answer["KeyMetadata"]
        found["Arn"].split(":")[4]  # an answer without the ARN of a key is malformed
        return _Described(found["Arn"], _detail(found))

    return desk.ask(
        "kms",
        key.region,
        "DescribeKey",
        read,
        _Described,
        subject=key.name,
        owner=owner,
        elsewhere=("AccessDeniedException", "NotFoundException"),
    )


def _begin(desk: Desk, key: _Named, found: _Described) -> _Rights:
    """Ask about a key that AWS does not manage; the policy of another account's key is readable only there."""
    if found.detail is None or found.detail.manager == "AWS":
        return _Rights()
    rotation = desk.start(_read_rotation, desk, key.region, found.arn) if _can_be_rotated(found.detail) else None
    owner = found.arn.split(":")[4]
    if owner == desk.account_id:
        return _Rights(desk.start(_read_policy, desk, key.region, found.arn), rotation)
    reason = f"readable only in account {owner}"
    if "kms:GetKeyPolicy" in desk.wanted:
        desk.ledger.record("kms:GetKeyPolicy", key.region, "elsewhere", reason, calls=0)
    return _Rights(Gap("kms:GetKeyPolicy", "elsewhere", key.region, reason), rotation)


def _can_be_rotated(detail: KeyDetail) -> bool:
    """Whether KMS may rotate such a key by itself: a symmetric one for encryption, whose material it made."""
    usual = ((detail.spec, "SYMMETRIC_DEFAULT"), (detail.usage, "ENCRYPT_DECRYPT"), (detail.origin, "AWS_KMS"))
    return all(told is None or told == expected for told, expected in usual)


def _read_policy(desk: Desk, region: str, arn: str) -> ResourcePolicy | Gap:
    def read(reader: Reader) -> ResourcePolicy:
        answer = reader.call("GetKeyPolicy", KeyId=arn, PolicyName="default")
        return ResourcePolicy(document(msgspec.Raw(msgspec.json.encode(answer["Policy"]))))

    return desk.ask("kms", region, "GetKeyPolicy", read, ResourcePolicy, subject=arn)


def _read_rotation(desk: Desk, region: str, arn: str) -> KeyRotation | Gap:
    def read(reader: Reader) -> KeyRotation:
        answer = reader.call("GetKeyRotationStatus", KeyId=arn)
        return KeyRotation(flag(answer["KeyRotationEnabled"]), answer.get("RotationPeriodInDays"))

    account = arn.split(":")[4]
    return desk.ask(
        "kms",
        region,
        "GetKeyRotationStatus",
        read,
        KeyRotation,
        subject=arn,
        owner=account if account != desk.account_id else None,
        elsewhere=("AccessDeniedException",),
    )


def _detail(found: dict[str, Any]) -> KeyDetail:
    deletion = found.get("DeletionDate")
    return KeyDetail(
        manager=found.get("KeyManager") or "",
        state=found.get("KeyState") or "",
        origin=found.get("Origin") or None,
        spec=found.get("KeySpec") or found.get("CustomerMasterKeySpec") or None,
        usage=found.get("KeyUsage") or None,
        multi_region=flag(found.get("MultiRegion", False)),
        deletion=deletion.astimezone(UTC) if deletion else None,
    )


def _key(key: _Named, found: _Described | Gap, begun: Mapping[str, _Rights]) -> KmsKey:
    """A key whose description is a gap has that gap for its policy and its rotation too."""
    if isinstance(found, Gap):
        return KmsKey(key.name, key.region, None, found, found, found)
    policy, rotation = begun[found.arn]
    return KmsKey(
        key.name,
        key.region,
        found.arn or None,
        found.detail,
        policy.result() if isinstance(policy, Task) else policy,
        rotation.result() if rotation else None,
    )
