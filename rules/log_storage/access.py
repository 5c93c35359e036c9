"""Whose the bucket of the logs is, and who can read it."""

from __future__ import annotations

from rules.frameworks import attack, csf, well_architected
from rules.log_storage.subjects import LISTED, S3, is_own, log_buckets, named_buckets
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.inventory import Account, Bucket, Gap, NotCollected, PublicAccessBlock, Undetermined
from scanner.log_buckets import BucketOfLogs
from scanner.shell import command, option

_GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": "everybody",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": "everybody with an AWS account",
}
_Block = PublicAccessBlock | Gap | None
_SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@rule(
    "trail-bucket-public",
    severity="critical",
    phase="investigate",
    subjects=log_buckets,
    apis=(
        *LISTED, "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus", "s3:GetBucketOwnershipControls", "s3:GetBucketAcl",
        "s3:GetPublicAccessBlock", "s3control:GetPublicAccessBlock",
    ),
    controls=(*csf("PR.DS-01"), *well_architected("SEC08-BP04"), *attack(v18="T1530")),
    references=(f"{S3}access-control-block-public-access.html",),
)  # fmt: skip
def trail_bucket_public(found: BucketOfLogs, scene: Scene[NoParameters]) -> Hit | None:
    """Everybody can get at the bucket of the logs.

    ## Why
    The logs tell who works with what, from which addresses, which roles there are and what is refused: a stranger plans
    with them, and a thief sees whether you are on to him. Where everybody may write too, the logs prove nothing.

    ## Fix
    Block public access for the bucket, and for the whole account if nothing in it has to be public. Then take the
    public statement out of the policy, or the public grants out of the access control list.

    ## Breaks
    Readers that came as strangers. Logs have none.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "public_access_block": null, "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs",
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": []}},
       "policy_status": {"kind": "policy-status", "is_public": true}, "public_access_block": null,
       "ownership": {"kind": "ownership", "object_ownership": "BucketOwnerEnforced"}, "grants": null}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "public_access_block": null, "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs",
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": []}},
       "policy_status": {"kind": "policy-status", "is_public": false}, "public_access_block": null,
       "ownership": {"kind": "ownership", "object_ownership": "BucketOwnerEnforced"}, "grants": null}}]}
    ```
    """
    bucket, of_account = found.bucket, _block_of_owner(found, scene.account)
    ways = (_by_policy(bucket, of_account), _by_list(bucket, of_account))
    told = [way for way in ways if isinstance(way, str) and way]
    if not told:
        gaps = [way for way in ways if isinstance(way, Gap)]
        if gaps:
            raise NotCollected(gaps[0])
        return None
    tokens = (("public:policy", ways[0]), ("public:acl", ways[1]))
    commands, undo = _blocking(bucket) if is_own(found, scene.account) else ((), ())
    return Hit(
        " ".join(told),
        material=tuple(token for token, way in tokens if isinstance(way, str) and way),
        commands=commands,
        undo=undo,
    )


def _block_of_owner(found: BucketOfLogs, account: Account) -> _Block:
    """The block of the whole account whose the bucket is; that of another account nobody read here."""
    if is_own(found, account):
        return account.public_access_block
    reason = f"readable only in account {found.log.account_id}"
    return Gap("s3control:GetPublicAccessBlock", "elsewhere", "global", reason)


def _by_policy(bucket: Bucket, of_account: _Block) -> str | Gap:
    """How the policy makes the bucket public; empty if it does not, a gap if that is not known."""
    if bucket.policy is None or bucket.policy_status is None:
        return ""
    if not isinstance(bucket.policy_status, Gap) and not bucket.policy_status.is_public:
        return ""
    restricted = _switched(bucket, of_account, "restrict_buckets")
    if restricted is True:
        return ""
    if isinstance(bucket.policy_status, Gap):
        return bucket.policy_status
    if isinstance(restricted, Gap):
        return restricted
    return "Its policy is public, and no public access block restricts it."


def _by_list(bucket: Bucket, of_account: _Block) -> str | Gap:
    """How the access control list makes the bucket public; empty if it does not, a gap if that is not known."""
    if bucket.grants is None:
        return ""
    grants = () if isinstance(bucket.grants, Gap) else bucket.grants
    public = sorted({(_GROUPS[grant.grantee], grant.permission) for grant in grants if grant.grantee in _GROUPS})
    if not public and not isinstance(bucket.grants, Gap):
        return ""
    ignored = _switched(bucket, of_account, "ignore_acls")
    if ignored is True:
        return ""
    if isinstance(bucket.grants, Gap):
        return bucket.grants
    if isinstance(ignored, Gap):
        return ignored
    return f"Its access control list gives {', '.join(f'{right} to {who}' for who, right in public)}."


def _switched(bucket: Bucket, of_account: _Block, switch: str) -> bool | Gap:
    """Whether a switch is on for the bucket or the account; a gap if none is known to be on, but may be."""
    blocks = (bucket.public_access_block, of_account)
    if any(isinstance(block, PublicAccessBlock) and getattr(block, switch) for block in blocks):
        return True
    return next((block for block in blocks if isinstance(block, Gap)), False)


def _blocking(bucket: Bucket) -> tuple[tuple[str, ...], tuple[str, ...]]:
    name, before = option("--bucket", bucket.name), bucket.public_access_block
    put = command("aws", "s3api", "put-public-access-block")

    def configuration(values: tuple[bool, ...]) -> str:
        text = ",".join(f"{switch}={str(value).lower()}" for switch, value in zip(_SWITCHES, values, strict=True))
        return f"{put} {name} {option('--public-access-block-configuration', text)}"

    block = configuration((True, True, True, True))
    if isinstance(before, Gap):
        return (block,), ()
    if before is None:
        return (block,), (f"{command('aws', 's3api', 'delete-public-access-block')} {name}",)
    values = (before.block_acls, before.ignore_acls, before.block_policy, before.restrict_buckets)
    return (block,), (configuration(values),)


@rule(
    "trail-bucket-missing",
    severity="high",
    phase="investigate",
    subjects=named_buckets,
    apis=("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "s3:ListBuckets"),
    controls=(*csf("PR.DS-01", "RS.AN-07"), *well_architected("SEC04-BP02"), *attack(v18="T1485")),
    references=(f"{S3}bucket-owner-condition.html", f"{S3}BucketRestrictions.html"),
)
def trail_bucket_missing(found: BucketOfLogs, scene: Scene[NoParameters]) -> Hit | None:
    """The bucket of a trail does not exist, or belongs to somebody who is not known.

    ## Why
    The name of a bucket that was deleted is free for anybody. Whoever makes a bucket of that name, with a policy that
    lets CloudTrail write, gets your logs from then on, and the trail looks healthy again.

    ## Fix
    Make the bucket again under an account of yours, or let the trail deliver to another one. If somebody else has the
    name, change the trail at once. Declare the accounts that keep your logs in log_archives.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "bucket": "logs", "selectors": {"kind": "event-selectors"},
       "status": {"kind": "trail-status", "is_logging": true, "latest_delivery_error": "NoSuchBucket"}}]}],
     "log_buckets": [
      {"name": "logs", "bucket": {"kind": "gap", "api": "s3:GetBucketPolicy", "status": "elsewhere"}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "bucket": "logs", "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors"}}]}],
     "log_buckets": [{"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs"}}]}
    ```
    """
    owner, bucket = found.log.account_id, found.log.bucket
    if owner == scene.account.account_id or not isinstance(bucket, Gap):
        return None
    if owner:
        return _owned_by(owner, scene)
    told = [(trail.name, trail.status) for trail in found.trails]
    lost = sorted(
        name for name, status in told if not isinstance(status, Gap) and status.latest_delivery_error == "NoSuchBucket"
    )
    if not lost:
        # It is there or may be, and whose it is only its owner can say.
        raise NotCollected(next((status for _, status in told if isinstance(status, Gap)), bucket))
    return Hit(
        f"There is no such bucket, and anybody can make it: {', '.join(lost)} delivers to it.",
        material=("bucket:missing",),
        details={"trails": lost},
        severity="medium" if found.is_history else None,
    )


def _owned_by(owner: str, scene: Scene[NoParameters]) -> Hit | None:
    declared, accounts = scene.declared, scene.account.organization.accounts
    trusted = {*declared.log_archives, *declared.accounts}
    if owner in trusted or (not isinstance(accounts, Gap) and owner in {member.id for member in accounts}):
        return None
    if not declared.log_archives and isinstance(accounts, Gap):
        raise Undetermined(f"the bucket belongs to account {owner}, and no log_archives are declared")
    return Hit(
        f"It belongs to account {owner}, which nobody declared as one that keeps logs.",
        material=(f"bucket:of:{owner}",),
        details={"owner": owner},
    )
