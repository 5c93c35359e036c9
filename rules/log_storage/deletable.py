"""Who could destroy the logs."""

from __future__ import annotations

from rules.frameworks import attack, csf, well_architected
from rules.log_storage.subjects import LISTED, S3, log_buckets, milder
from rules.trails.keys import Named, names_of
from scanner.engine import Hit, Scene, rule
from scanner.evidence_access import Evidence, Way
from scanner.inventory import Account, Bucket, Undetermined, known
from scanner.log_buckets import BucketOfLogs, an_object, owner_of


class NamedHere(Named, frozen=True):
    """Parameters of ``trail-bucket-deletable``: ``most_named`` is how many principals are looked for and named."""


@rule(
    "trail-bucket-deletable",
    severity="high",
    phase="investigate",
    subjects=log_buckets,
    apis=(
        *LISTED, "s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:GetObjectLockConfiguration",
        "iam:GetAccountAuthorizationDetails",
    ),
    controls=(*csf("RS.AN-07", "PR.AA-05"), *well_architected("SEC04-BP02"), *attack(v18="T1485")),
    references=(f"{S3}object-lock.html", f"{S3}example-bucket-policies.html"),
    parameters=NamedHere,
)  # fmt: skip
def trail_bucket_deletable(found: BucketOfLogs, scene: Scene[NamedHere]) -> Hit | None:
    """Somebody who is no administrator can destroy logs for good.

    ## Why
    Asked is who can delete what the bucket does not bring back (objects, with versioning the versions, under a lock of
    mode GOVERNANCE whoever may bypass it), and who can let a lifecycle rule do it: users and roles of the account by
    their policies and that of the bucket, without MFA, and other accounts by the policy of the bucket. Administrators
    can do it too, and have findings of their own.

    ## Fix
    Keep the logs in an account for logs alone, under object lock of mode COMPLIANCE. Until then deny these actions in
    the policy of the bucket to everybody but the role that manages it, and declare that role as an administrator.

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
    ways = _ways(bucket, scene.account)
    if not ways:
        return None
    declared = scene.declared
    trusted = {*declared.accounts, *declared.log_archives}
    owner = owner_of(found.log, scene.account) or scene.account.account_id
    evidence = Evidence(scene.account, f"the bucket {bucket.name}", known(bucket.policy), ways, owner)
    strangers = evidence.strangers(lambda account: account in trusted)
    own = evidence.audience(declared.may_administrate, scene.parameters.most_named)
    able = (*strangers.able, *own.able)
    if not able:
        doubts = (*strangers.doubts, *own.doubts)
        if doubts:
            raise Undetermined(min(doubts))
        return None
    return Hit(
        f"Logs can be destroyed by {names_of(able, is_cut=own.is_cut)}.",
        material=tuple(f"destroys:{each.principal}" for each in able),
        details={"able": [{"principal": each.principal, "actions": list(each.actions)} for each in able]},
        severity=milder(found, "medium"),
        confidence="high" if any(each.certain for each in able) else "medium",
    )


def _ways(bucket: Bucket, account: Account) -> tuple[Way, ...]:
    """What destroys an object for good; nothing does under MFA delete, or a retention that nobody can bypass."""
    lock, versioning = known(bucket.object_lock), known(bucket.versioning)
    thing = an_object(bucket.name, account)
    if lock is not None and lock.enabled and lock.mode == "COMPLIANCE":
        return ()
    if lock is not None and lock.enabled and lock.mode:
        return ((("s3:DeleteObjectVersion", thing), ("s3:BypassGovernanceRetention", thing)),)
    if versioning.status == "Enabled" and versioning.mfa_delete == "Enabled":
        # Only the root user deletes a version then, with a code, and no lifecycle rule goes together with it.
        return ()
    delete = "s3:DeleteObjectVersion" if versioning.status == "Enabled" else "s3:DeleteObject"
    shorten = ("s3:PutLifecycleConfiguration", f"arn:{account.partition}:s3:::{bucket.name}")
    return (((delete, thing),), (shorten,))
