"""How long logs last: whether what is deleted can be brought back, and after how many days they expire."""

from __future__ import annotations

from datetime import timedelta

from rules.frameworks import attack, csf, well_architected
from rules.log_storage.subjects import LISTED, S3, is_own, log_buckets, milder
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.findings import Severity
from scanner.inventory import Bucket, Gap, LifecycleRule, ObjectLock, Undetermined, Versioning, known
from scanner.log_buckets import DIGESTS, BucketOfLogs, holds_trail_logs, locked_days
from scanner.shell import command, option

_CONTROLS = (*csf("RS.AN-07"), *well_architected("SEC04-BP02"), *attack(v18="T1485"))
_DAYS_OF_YEAR = 365


@rule(
    "trail-bucket-unprotected",
    severity="high",
    phase="investigate",
    subjects=log_buckets,
    apis=(*LISTED, "s3:GetBucketVersioning", "s3:GetObjectLockConfiguration"),
    controls=_CONTROLS,
    references=(f"{S3}object-lock.html", f"{S3}Versioning.html"),
)
def trail_bucket_unprotected(found: BucketOfLogs, scene: Scene[NoParameters]) -> Hit | None:
    """Logs that somebody deletes or overwrites are gone at once.

    ## Why
    A thief who may delete objects erases the day of the theft. With versioning a deletion only hides an object until
    somebody deletes the version too, and object lock refuses even that until the time is over.

    ## Fix
    Switch on versioning at least; better object lock with a default retention, in mode COMPLIANCE where nobody at all
    shall be able to shorten it. Expire old versions by a lifecycle rule.

    ## Breaks
    Nothing; older versions cost storage. What is locked in mode COMPLIANCE can be deleted by nobody before its time.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs",
       "versioning": {"kind": "versioning"}, "object_lock": null}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs",
       "versioning": {"kind": "versioning", "status": "Enabled"}, "object_lock": null}}]}
    ```
    """
    bucket = found.bucket
    lock, versioning = bucket.object_lock, bucket.versioning
    # S3 locks objects in versioned buckets alone, whose versioning nobody can suspend.
    if isinstance(lock, ObjectLock) and lock.enabled:
        return None
    if isinstance(versioning, Versioning) and versioning.status == "Enabled":
        return None
    status = known(versioning).status
    known(lock)
    name, own = option("--bucket", bucket.name), is_own(found, scene.account)
    switch = f"{command('aws', 's3api', 'put-bucket-versioning')} {name} --versioning-configuration"
    return Hit(
        f"Versioning is {'suspended' if status == 'Suspended' else 'off'}, and there is no object lock.",
        material=("bucket:no-versions",),
        severity=milder(found, "medium"),
        commands=(f"{switch} Status=Enabled",) if own else (),
        undo=(f"{switch} Status=Suspended",) if own else (),
    )


class Retention(NoParameters, frozen=True):
    """Parameters of ``trail-bucket-retention``.

    ``min_days`` is how long logs have to be kept, and ``min_noncurrent_days`` how long what was deleted or overwritten.
    """

    min_days: NotNegative = _DAYS_OF_YEAR
    min_noncurrent_days: NotNegative = 30


@rule(
    "trail-bucket-retention",
    severity="medium",
    phase="investigate",
    subjects=log_buckets,
    apis=(
        *LISTED, "s3:GetBucketLifecycleConfiguration", "s3:GetObjectLockConfiguration", "s3:GetBucketVersioning",
    ),
    controls=_CONTROLS,
    references=(f"{S3}lifecycle-expire-general-considerations.html", f"{S3}intro-lifecycle-rules.html"),
    parameters=Retention,
)  # fmt: skip
def trail_bucket_retention(found: BucketOfLogs, scene: Scene[Retention]) -> Hit | None:
    """Logs are deleted before anybody may ask for them.

    ## Why
    Stolen credentials are often found months after the theft, and the first use is what one looks for. A lifecycle rule
    deletes silently, and to shorten it is a quiet way to destroy evidence: no call to delete any object is recorded.
    Without its digest file a log file can be read, but no longer be proven to be whole.

    ## Fix
    Let the lifecycle rule keep logs for a year at least, in a cheaper storage class if need be, and what was deleted
    for a month. If nobody remembers why the rule is so short, look for PutBucketLifecycle in the logs.

    ## Breaks
    Nothing; storage costs more.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs", "object_lock": null,
       "lifecycle": [{"status": "Enabled", "expiration_days": 30, "is_filtered": true, "prefix": "AWSLogs/"}]}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs", "object_lock": null,
       "lifecycle": [{"status": "Enabled", "expiration_days": 400, "noncurrent_days": 90},
                     {"status": "Disabled", "expiration_days": 1}]}}]}
    ```
    """
    bucket, limits = found.bucket, scene.parameters
    short = [each for each in known(bucket.lifecycle) or () if _is_short(each, bucket, scene)]
    certain = [each for each in short if _concerns_logs(each, found)]
    doubtful = [each for each in short if _concerns_logs(each, found) is None]
    digests = [days for each in short if (days := _days_of_digests(each, found, scene)) is not None]
    if not certain and not doubtful and not digests:
        return None
    if _kept_by_lock(bucket, limits.min_days):
        return None
    if not certain and doubtful:
        raise Undetermined(
            f"it is not known whether a lifecycle rule for {doubtful[0].prefix or 'some objects'} deletes logs"
        )
    known(bucket.object_lock)
    current = [days for each in certain if (days := _days(each, scene)) is not None and days < limits.min_days]
    if not current and not digests:
        known(bucket.versioning)
    dropping = [] if isinstance(bucket.versioning, Gap) or _never_had_versions(bucket) else certain
    noncurrent = [each.noncurrent_days or 0 for each in dropping if _drops_versions(each, limits)]
    parts = [f"Logs are deleted after {min(current)} days."] if current else []
    parts += [f"What was deleted or overwritten is lost after {min(noncurrent)} days."] if noncurrent else []
    parts += (
        [f"Digest files, which prove that logs are whole, are deleted after {min(digests)} days."] if digests else []
    )
    return Hit(
        " ".join(parts),
        material=(
            *(("expires:early",) if current else ()), *(("expires:versions",) if noncurrent else ()),
            *(("expires:digests",) if digests else ()),
        ),
        details={"days": min(current, default=None), "min_days": limits.min_days},
        severity=milder(found, "low") or _severity(current),
    )  # fmt: skip


def _severity(current: list[int]) -> Severity | None:
    if not current:
        return "low"
    return "high" if min(current) < 90 else None


def _is_short(each: LifecycleRule, bucket: Bucket, scene: Scene[Retention]) -> bool:
    if each.status != "Enabled":
        return False
    days = _days(each, scene)
    if days is not None and days < scene.parameters.min_days:
        return True
    return not _never_had_versions(bucket) and _drops_versions(each, scene.parameters)


def _never_had_versions(bucket: Bucket) -> bool:
    return isinstance(bucket.versioning, Versioning) and not bucket.versioning.status


def _drops_versions(each: LifecycleRule, limits: Retention) -> bool:
    return each.noncurrent_days is not None and each.noncurrent_days < limits.min_noncurrent_days


def _days(each: LifecycleRule, scene: Scene[Retention]) -> int | None:
    """After how many days the rule deletes; one with a date deletes everything that is older from that day on."""
    if each.expiration_days is not None:
        return each.expiration_days
    if each.expiration_date is not None:
        return max(0, (each.expiration_date - scene.at) // timedelta(days=1))
    return None


def _days_of_digests(each: LifecycleRule, found: BucketOfLogs, scene: Scene[Retention]) -> int | None:
    """After how many days a rule deletes digest files early, where it leaves the log files alone."""
    days = _days(each, scene)
    if (
        days is None
        or days >= scene.parameters.min_days
        or each.prefix is None
        or _concerns_logs(each, found) is not False
    ):
        return None
    return days if holds_trail_logs(each.prefix, found.trails, DIGESTS) else None


def _concerns_logs(each: LifecycleRule, found: BucketOfLogs) -> bool | None:
    if not each.is_filtered:
        return True
    return None if each.prefix is None else holds_trail_logs(each.prefix, found.trails)


def _kept_by_lock(bucket: Bucket, min_days: int) -> bool:
    """Whether object lock keeps every version for the time; an expiry then only hides it."""
    lock = bucket.object_lock
    return not isinstance(lock, Gap) and locked_days(lock) >= min_days
