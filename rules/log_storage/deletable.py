"""Who could destroy the logs."""

from __future__ import annotations

from rules.frameworks import attack, csf, well_architected
from rules.log_storage.subjects import LISTED, S3, log_buckets, milder
from rules.trails.keys import Named, names_of
from scanner.engine import Hit, NotNegative, Scene, rule
from scanner.evidence_access import Change, Evidence, Way
from scanner.inventory import Account, Bucket, Undetermined, known
from scanner.log_buckets import BucketOfLogs, locked_days, log_files, owner_of, require_folders


class NamedHere(Named, frozen=True):
    """Parameters of ``trail-bucket-deletable``.

    ``most_named`` is how many principals are looked for and named, and ``min_days`` how long a lock has to keep logs to
    count as a protection.
    """

    min_days: NotNegative = 365


@rule(
    "trail-bucket-deletable",
    severity="high",
    phase="investigate",
    subjects=log_buckets,
    apis=(
        *LISTED, "s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:GetObjectLockConfiguration",
        "iam:GetAccountAuthorizationDetails", "organizations:DescribeOrganization",
    ),
    controls=(*csf("RS.AN-07", "PR.AA-05"), *well_architected("SEC04-BP02"), *attack(v18="T1485")),
    references=(f"{S3}object-lock.html", f"{S3}example-bucket-policies.html"),
    parameters=NamedHere,
)  # fmt: skip
def trail_bucket_deletable(found: BucketOfLogs, scene: Scene[NamedHere]) -> Hit | None:
    """Somebody who is no administrator can destroy logs for good.

    ## Why
    Asked is who can delete or overwrite what the bucket does not bring back (objects, with versioning the versions,
    under a lock of mode GOVERNANCE whoever may bypass it), who can let a lifecycle rule do it, and who can put another
    policy in the place of one that forbids it: users and roles of the account by their policies and that of the bucket,
    without MFA, and other accounts by the policy of the bucket. A lock counts if it lasts for a year: after it
    everything is as without one. Administrators can do it too, and have findings of their own.

    ## Fix
    Keep the logs in an account for logs alone, under object lock of mode COMPLIANCE. Until then deny these actions in
    the policy of the bucket to everybody but the role that manages it, s3:PutBucketPolicy and s3:DeleteBucketPolicy
    among them, without which the policy protects from nobody who may change it, and declare that role as an
    administrator.

    ## Breaks
    Jobs that tidy up buckets in general: exempt this bucket.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "s3", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}}]}],
     "regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs", "policy": null,
       "versioning": {"kind": "versioning", "status": "Enabled"}, "object_lock": null}}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "s3", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::app", "arn:aws:s3:::app/*"]}]}}]}],
     "regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs", "policy": null,
       "versioning": {"kind": "versioning", "status": "Enabled"}, "object_lock": null}}]}
    ```
    """
    bucket = found.bucket
    ways = _ways(bucket, scene.account, scene.parameters.min_days)
    if not ways:
        return None
    declared = scene.declared
    trusted = {*declared.accounts, *declared.log_archives}
    owner = owner_of(found.log, scene.account) or scene.account.account_id
    evidence = Evidence(
        scene.account, f"the bucket {bucket.name}", known(bucket.policy), ways, owner, _changes(bucket, scene.account)
    )
    strangers = evidence.strangers(lambda account: account in trusted)
    own = evidence.audience(declared.may_administrate, scene.parameters.most_named)
    able = (*strangers.able, *own.able)
    if not able:
        doubts = (*strangers.doubts, *own.doubts)
        if doubts:
            raise Undetermined(min(doubts))
        require_folders(bucket.name, scene.account)
        return None
    return Hit(
        f"Logs can be destroyed by {names_of(able, is_cut=own.is_cut)}.",
        material=tuple(f"destroys:{each.principal}" for each in able),
        details={"able": [{"principal": each.principal, "actions": list(each.actions)} for each in able]},
        severity=milder(found, "medium"),
        confidence="high" if any(each.certain for each in able) else "medium",
    )


def _ways(bucket: Bucket, account: Account, min_days: int) -> tuple[Way, ...]:
    """What destroys an object for good; nothing does under MFA delete, or a long retention that nobody can bypass."""
    lock, versioning = known(bucket.object_lock), known(bucket.versioning)
    files = log_files(bucket.name, account)
    is_kept = locked_days(lock) >= min_days
    if is_kept and lock is not None and lock.mode == "COMPLIANCE":
        return ()
    if is_kept:
        return tuple((("s3:DeleteObjectVersion", file), ("s3:BypassGovernanceRetention", file)) for file in files)
    if versioning.status == "Enabled" and versioning.mfa_delete == "Enabled":
        # Only the root user deletes a version then, with a code, and no lifecycle rule goes together with it.
        return ()
    # What was written without versions, or while they were suspended, is lost by either deletion, and by overwriting.
    without_versions = () if versioning.status == "Enabled" else ("s3:DeleteObject", "s3:PutObject")
    actions = ("s3:DeleteObjectVersion", *without_versions)
    deletions = tuple(((action, file),) for action in actions for file in files)
    return (*deletions, (("s3:PutLifecycleConfiguration", _itself(bucket, account)),))


def _changes(bucket: Bucket, account: Account) -> tuple[Change, ...]:
    """How the policy of the bucket is put out of the way."""
    itself = _itself(bucket, account)
    return (Change("s3:PutBucketPolicy", itself, lets_in=True), Change("s3:DeleteBucketPolicy", itself, lets_in=False))


def _itself(bucket: Bucket, account: Account) -> str:
    return f"arn:{account.partition}:s3:::{bucket.name}"
