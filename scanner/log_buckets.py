"""The buckets of logs: which trails lead to them, and what of a bucket is logs of CloudTrail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from scanner.inventory import (
    Account,
    Bucket,
    Gap,
    KmsKey,
    LogBucket,
    ObjectLock,
    Organization,
    Trail,
    Undetermined,
    known,
)

_LOGS = "AWSLogs/"
_SERVICE = "CloudTrail"
_DAYS_OF_YEAR = 365

DIGESTS = "CloudTrail-Digest"
"""The folder of the digest files, by which log files are proven to be whole."""


class BucketOfLogs(msgspec.Struct, frozen=True):
    """A bucket of logs with the trails that lead to it.

    Attributes:
        log: the bucket as it was collected.
        trails: those of the account that name it; none where only other accounts deliver to it.
    """

    log: LogBucket
    trails: tuple[Trail, ...] = ()

    @property
    def name(self) -> str:
        """The name of the bucket."""
        return self.log.name

    @property
    def bucket(self) -> Bucket:
        """What is known of the bucket; raises ``NotCollected`` where that is nothing."""
        return known(self.log.bucket)

    @property
    def is_gone(self) -> bool:
        """Whether there is no such bucket, as the last delivery of a trail found out."""
        statuses = (trail.status for trail in self.trails if isinstance(self.log.bucket, Gap))
        return any(not isinstance(told, Gap) and told.latest_delivery_error == "NoSuchBucket" for told in statuses)

    @property
    def is_history(self) -> bool:
        """Whether nothing new comes: every trail that leads here is known to be stopped."""
        return bool(self.trails) and all(records(trail) is False for trail in self.trails)


def owner_of(log: LogBucket, account: Account) -> str | None:
    """Whose the bucket is, which a scan of the organization may tell of another account's; None where nobody knows."""
    return log.account_id or (None if isinstance(log.bucket, Gap) else account.account_id)


def records(trail: Trail) -> bool | None:
    """Whether a trail is recording now; None where that is not known."""
    return None if isinstance(trail.status, Gap) else trail.status.is_logging


def listed_trails(account: Account) -> Iterator[Trail]:
    """The trails of every region whose list was read."""
    for region in account.regions:
        if not isinstance(region.trails, Gap):
            yield from region.trails


def buckets_of_logs(account: Account) -> tuple[BucketOfLogs, ...] | Gap:
    """Every bucket of logs that was collected."""
    if isinstance(account.log_buckets, Gap):
        return account.log_buckets
    leading: dict[str, list[Trail]] = {}
    for trail in listed_trails(account):
        leading.setdefault(trail.bucket or "", []).append(trail)
    return tuple(BucketOfLogs(log, tuple(leading.get(log.name, ()))) for log in account.log_buckets)


def holds_trail_logs(prefix: str, trails: Iterable[Trail] = (), folder: str = _SERVICE) -> bool | None:
    """Whether logs of CloudTrail lie under a prefix of a bucket of logs; None where that is not known.

    CloudTrail writes to ``AWSLogs/``, with a prefix before it that the owner of the trail may choose.

    Args:
        prefix: of names in the bucket.
        trails: all that lead to the bucket; none where these are not known.
        folder: the one that is asked about: that of the log files, or ``DIGESTS``. That of Insights holds no record.
    """
    places = [f"{trail.prefix.strip('/')}/{_LOGS}" if trail.prefix else _LOGS for trail in trails]
    if any(place.startswith(prefix) for place in places or [_LOGS]):
        return True
    if places and not any(prefix.startswith(place) for place in places):
        return False
    _, found, rest = f"/{prefix}".partition(f"/{_LOGS}")
    if not found:
        return None
    # Below it come the account, or the organization and the account, and then the service.
    services = [part for part in rest.split("/")[1:] if part and not part.isdigit()]
    if not services:
        return True
    is_whole = len(services) > 1 or prefix.endswith("/")
    return services[0] == folder if is_whole else folder.startswith(services[0])


def locked_days(lock: ObjectLock | None) -> int:
    """For how many days object lock keeps every version of what is written; 0 where it does not by itself."""
    if lock is None or not (lock.enabled and lock.mode):
        return 0
    return (lock.days or 0) + (lock.years or 0) * _DAYS_OF_YEAR


def key_named(name: str, account: Account) -> KmsKey:
    """The key that a resource names; raises ``Undetermined`` where nobody asked about it."""
    for key in known(account.keys):
        if key.named == name:
            return key
    raise Undetermined(f"nothing is known of the key {name}")


def log_files(bucket: str, account: Account) -> tuple[str, ...]:
    """The ARNs that log files of the account have in a bucket, for questions about log files: one for each trail.

    A trail of all regions has one for each region. CloudTrail writes to
    ``[prefix/]AWSLogs/[organization/]account/CloudTrail/region/year/month/day/``; see
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html.
    """
    folders = {folder for trail in _delivering(bucket, account) for folder in _folders(trail, account)}
    usual = f"{_LOGS}{account.account_id}/{_SERVICE}/"
    return tuple(f"arn:{account.partition}:s3:::{bucket}/{folder}log.json.gz" for folder in sorted(folders) or [usual])


def require_folders(bucket: str, account: Account) -> None:
    """Refuse to say that log files are safe where it is not known in which folder they lie.

    Raises:
        NotCollected: a trail of the organization delivers there, and the organization, whose id the folder is named
            after, was not read.
    """
    if any(trail.is_organization for trail in _delivering(bucket, account)):
        known(account.organization.membership)


def _delivering(bucket: str, account: Account) -> list[Trail]:
    return [trail for trail in listed_trails(account) if trail.bucket == bucket]


def _folders(trail: Trail, account: Account) -> Iterator[str]:
    membership = account.organization.membership
    organization = f"{membership.id}/" if trail.is_organization and isinstance(membership, Organization) else ""
    before = f"{trail.prefix.strip('/')}/" if trail.prefix else ""
    regions = {region.name for region in account.regions} if trail.is_multi_region else set()
    for region in {trail.home_region, *regions}:
        yield f"{before}{_LOGS}{organization}{account.account_id}/{_SERVICE}/{region}/2026/01/01/"
