"""Further protection of the buckets of logs: who touched them is recorded, and deletion asks for a second factor."""

from __future__ import annotations

from rules.frameworks import attack, cis, csf, well_architected
from rules.log_storage.subjects import LISTED, S3, log_buckets
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.inventory import Gap, Versioning, known
from scanner.log_buckets import BucketOfLogs, locked_days


@rule(
    "trail-bucket-without-access-logs",
    severity="low",
    phase="investigate",
    subjects=log_buckets,
    apis=(*LISTED, "s3:GetBucketLogging"),
    controls=(
        *cis(v7="4.4", v5="3.4"), *csf("PR.PS-04"), *well_architected("SEC04-BP01"),
        *attack(v18="T1562.008", v19="T1685.002"),
    ),
    references=(f"{S3}ServerLogs.html",),
)  # fmt: skip
def trail_bucket_without_access_logs(found: BucketOfLogs, _: Scene[NoParameters]) -> Hit | None:
    """It is not recorded who reads or deletes logs.

    ## Why
    Whether a thief looked into the logs, or took some away, is told by no management event. Data events of a trail that
    writes into the same bucket feed on themselves, so that access logs of S3 are the usual answer.

    ## Fix
    Switch on server access logging, into another bucket that lets the log delivery of S3 write.

    ## Breaks
    Nothing; they arrive late and cost storage.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs",
       "logging": {"kind": "access-logging"}}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs",
       "logging": {"kind": "access-logging", "target_bucket": "access-logs"}}}]}
    ```
    """
    if known(found.bucket.logging).target_bucket:
        return None
    return Hit("Server access logging is off.", material=("bucket:no-access-logs",))


class LongLock(NoParameters, frozen=True):
    """Parameters of ``trail-bucket-mfa-delete-off``: ``min_days`` is how long a lock has to keep logs to suffice."""

    min_days: NotNegative = 365


@rule(
    "trail-bucket-mfa-delete-off",
    severity="low",
    phase="investigate",
    subjects=log_buckets,
    apis=(*LISTED, "s3:GetBucketVersioning", "s3:GetObjectLockConfiguration"),
    controls=(*csf("PR.DS-01"), *well_architected("SEC04-BP02"), *attack(v18="T1485")),
    references=(f"{S3}MultiFactorAuthenticationDelete.html", f"{S3}object-lock.html"),
    parameters=LongLock,
)
def trail_bucket_mfa_delete_off(found: BucketOfLogs, scene: Scene[LongLock]) -> Hit | None:
    """Nothing but a permission is needed to delete a version of a log for good.

    ## Why
    Versioning protects from a deletion, but not from somebody who deletes the versions as well. MFA delete asks the
    root user for a code, and object lock with a retention refuses, as long as that lasts.

    ## Fix
    Prefer object lock with a default retention of a year. MFA delete can be switched on by the root user alone, and
    does not go together with lifecycle rules, without which nothing ever expires.

    ## Breaks
    With MFA delete, lifecycle rules. With object lock, jobs that delete logs early.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs",
       "versioning": {"kind": "versioning", "status": "Enabled"}, "object_lock": null}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs",
       "versioning": {"kind": "versioning", "status": "Enabled"},
       "object_lock": {"kind": "object-lock", "enabled": true, "mode": "GOVERNANCE", "days": 365}}}]}
    ```
    """
    lock, versioning = found.bucket.object_lock, found.bucket.versioning
    locked = 0 if isinstance(lock, Gap) else locked_days(lock)
    if locked >= scene.parameters.min_days:
        return None
    if isinstance(versioning, Versioning) and versioning.mfa_delete == "Enabled":
        return None
    known(versioning)
    known(lock)
    return Hit(
        f"There is neither MFA delete nor object lock that keeps logs for {scene.parameters.min_days} days by default.",
        material=("bucket:no-mfa-delete",),
        details={"locked_days": locked, "min_days": scene.parameters.min_days},
    )
