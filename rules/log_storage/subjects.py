"""Buckets of logs as subjects."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.engine import Subject, Unread
from scanner.engine.subjects import account_resource, only, unlisted_regions
from scanner.findings import Resource, Severity
from scanner.inventory import Account, Gap
from scanner.log_buckets import BucketOfLogs, buckets_of_logs, listed_trails, owner_of

S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
"""Where the user guide of S3 begins."""

LISTED = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "s3:ListBuckets", "s3:GetBucketLocation")
"""The actions that tell which buckets there are."""


def named_buckets(account: Account) -> Iterator[Subject[BucketOfLogs] | Unread]:
    """The buckets that trails deliver to, be there such or not, and those to which other accounts deliver."""
    unread = list(unlisted_regions(account))
    unread += [
        Unread(account_resource(account, region.name), region.trails)
        for region in account.regions
        if isinstance(region.trails, Gap)
    ]
    found = buckets_of_logs(account)
    if isinstance(found, Gap):
        # Where the trails are missing too, they are the reason.
        names = any(trail.bucket for trail in listed_trails(account))
        unread += [Unread(account_resource(account), found)] if names or not unread else []
        yield from {each.resource: each for each in unread}.values()
        return
    yield from unread
    for each in found:
        yield Subject(bucket_resource(account, each), each)


log_buckets = only(named_buckets, lambda found: not found.is_gone)
"""The buckets of logs that exist, or may."""


def bucket_resource(account: Account, found: BucketOfLogs) -> Resource:
    """A bucket, which the account may only deliver to; without its region, which is not always read, as its ARN."""
    arn = f"arn:{account.partition}:s3:::{found.name}"
    return Resource(arn, "AWS::S3::Bucket", found.name, account.account_id)


def is_own(found: BucketOfLogs, account: Account) -> bool:
    """Whether the account can change the bucket."""
    return owner_of(found.log, account) == account.account_id


def milder(found: BucketOfLogs, severity: Severity) -> Severity | None:
    """The severity for a bucket to which nothing new comes, None for any other."""
    return severity if found.is_history else None
