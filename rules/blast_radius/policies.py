"""The policies of resources that were collected: those on which logs and alerts depend."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from rules.leading import hidden
from rules.trails.keys import is_own_key, key_resource
from scanner.engine import Subject, Unread
from scanner.findings import Resource
from scanner.inventory import Account, Bucket, Gap, QueueDetail, ResourcePolicy, TopicDetail


class Policed(msgspec.Struct, frozen=True):
    """A resource of the account, and its policy.

    Attributes:
        service: the prefix of its actions.
        policy: None where it has none, or where the resource does not exist.
    """

    arn: str
    service: str
    policy: ResourcePolicy | Gap | None


_Found = Iterator[Subject[Policed]]
_KINDS = {"lambda": "AWS::Lambda::Function", "sns": "AWS::SNS::Topic", "sqs": "AWS::SQS::Queue"}


def working(account: Account) -> Iterator[Subject[Policed] | Unread]:
    """Queues, functions and encryption keys; lists that are missing are said once."""
    yield from hidden(account, account.queues, account.functions, account.keys)
    yield from _once(account, _queues, _functions, _keys)


def every_policy(account: Account) -> Iterator[Subject[Policed] | Unread]:
    """Queues, functions, keys, topics, buckets of logs and event buses; lists that are missing are said once."""
    yield from hidden(account, account.queues, account.functions, account.keys, account.topics, account.log_buckets)
    yield from _once(account, _queues, _functions, _keys, _topics, _buckets)
    for region in account.regions:
        for bus in () if isinstance(region.event_buses, Gap) else region.event_buses:
            resource = Resource(bus.arn, "AWS::Events::EventBus", bus.name, account.account_id, region.name)
            yield Subject(resource, Policed(bus.arn, "events", bus.policy))


def _once(account: Account, *kinds: Callable[[Account], _Found]) -> _Found:
    """The resources of this account; a key may be named in several ways."""
    seen: set[str] = set()
    for kind in kinds:
        for found in kind(account):
            if found.item.arn not in seen:
                seen.add(found.item.arn)
                yield found


def _of_arn(account: Account, arn: str, policy: ResourcePolicy | Gap | None) -> _Found:
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[4] == account.account_id:
        name = parts[5].rpartition("/")[2].removeprefix("function:")
        yield Subject(
            Resource(arn, _KINDS[parts[2]], name, account.account_id, parts[3]), Policed(arn, parts[2], policy)
        )


def _queues(account: Account) -> _Found:
    for each in () if isinstance(account.queues, Gap) else account.queues:
        yield from _of_arn(
            account, each.arn, each.detail.policy if isinstance(each.detail, QueueDetail) else each.detail
        )


def _topics(account: Account) -> _Found:
    for each in () if isinstance(account.topics, Gap) else account.topics:
        yield from _of_arn(
            account, each.arn, each.detail.policy if isinstance(each.detail, TopicDetail) else each.detail
        )


def _functions(account: Account) -> _Found:
    for each in () if isinstance(account.functions, Gap) else account.functions:
        yield from _of_arn(account, each.arn, each.policy)


def _keys(account: Account) -> _Found:
    for each in () if isinstance(account.keys, Gap) else account.keys:
        if is_own_key(each, account):
            yield Subject(key_resource(account, each), Policed(each.arn or each.named, "kms", each.policy))


def _buckets(account: Account) -> _Found:
    for each in () if isinstance(account.log_buckets, Gap) else account.log_buckets:
        if each.account_id in (None, account.account_id):
            arn = f"arn:{account.partition}:s3:::{each.name}"
            policy = each.bucket.policy if isinstance(each.bucket, Bucket) else each.bucket
            yield Subject(Resource(arn, "AWS::S3::Bucket", each.name, account.account_id), Policed(arn, "s3", policy))
