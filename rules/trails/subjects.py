"""Trails as subjects, each once and at home, wherever it was seen."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.engine.subjects import in_regions, only, unlisted_regions
from scanner.findings import Resource
from scanner.inventory import Account, Gap, Region, Trail
from scanner.log_buckets import records

GUIDE = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/"
"""Where CloudTrail's user guide begins."""


def trail_resource(account: Account, _: Region, trail: Trail) -> Resource:
    """A trail at home, so that a finding is the same one whichever regions were asked."""
    return Resource(trail.arn, "AWS::CloudTrail::Trail", trail.name, account.account_id, trail.home_region)


every_trail = in_regions(lambda region: region.trails, trail_resource)
"""Every trail that is seen from the account."""

recording_trails = only(every_trail, lambda trail: records(trail) is not False)
"""The trails that record, or may."""


def unread_trails(account: Account) -> Iterator[Gap]:
    """The lists of trails that were not read, in which any trail may be."""
    yield from (unread.gap for unread in unlisted_regions(account))
    yield from (region.trails for region in account.regions if isinstance(region.trails, Gap))


def is_own(trail: Trail, account: Account) -> bool:
    """Whether the account can change the trail; that of an organization belongs to another one."""
    return trail.arn.split(":")[4] == account.account_id
