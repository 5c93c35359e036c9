"""What leads to the resources on which logs and alerts depend, where it was not read: more of them may be hidden."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.engine import Unread
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.inventory import Account, Bucket, Gap, LogBucket, Queue, Region, Topic


def hidden(account: Account, *parts: object) -> Iterator[Unread]:
    """The regions, and the account, in which there may be topics, queues, functions and keys that are not known of.

    Each is named once; ``parts`` are further parts of the account that must have been read.
    """
    for region in account.regions:
        gap = next((each for each in _in_region(region) if _is_unread(each)), None)
        if isinstance(gap, Gap):
            yield Unread(account_resource(account, region.name), gap)
    unread = (each for each in _naming_keys(account) if _is_unread(each))
    unlisted = (each.gap for each in unlisted_regions(account))
    gap = next((each for each in (*parts, *unread, *unlisted) if isinstance(each, Gap)), None)
    if gap is not None:
        yield Unread(account_resource(account), gap)


def _is_unread(fact: object) -> bool:
    return isinstance(fact, Gap) and (fact.is_refused or fact.status == "skipped")


def _in_region(region: Region) -> Iterator[object]:
    yield from (region.event_buses, region.event_rules, region.trails, region.event_data_stores)
    for rule in () if isinstance(region.event_rules, Gap) else region.event_rules:
        # Rules that no event sets off are not asked for their targets.
        if not isinstance(rule.targets, Gap) or rule.targets.status != "skipped":
            yield rule.targets
    for store in () if isinstance(region.event_data_stores, Gap) else region.event_data_stores:
        yield store.detail


def _naming_keys(account: Account) -> Iterator[object]:
    """The key of a topic, a queue or a bucket is known by its settings."""
    for part in (account.topics, account.queues, account.log_buckets):
        found: tuple[Topic | Queue | LogBucket, ...] = () if isinstance(part, Gap) else part
        for each in found:
            yield each.bucket if isinstance(each, LogBucket) else each.detail
            if isinstance(each, LogBucket) and isinstance(each.bucket, Bucket):
                yield each.bucket.encryption
