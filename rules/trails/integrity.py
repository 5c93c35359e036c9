"""Whether the record can be trusted: signed by digests, and out of reach of whoever holds the account."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.trails.subjects import GUIDE, is_own, recording_trails, unread_trails
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.engine.subjects import the_account
from scanner.inventory import Account, Gap, NotCollected, Trail, Undetermined, known
from scanner.log_buckets import listed_trails, owner_of, records
from scanner.shell import command, option


class Digests(NoParameters, frozen=True):
    """Parameters of ``trail-validation-off``: ``max_age_hours`` is how old the latest digest may be."""

    max_age_hours: NotNegative = 24


@rule(
    "trail-validation-off",
    severity="medium",
    phase="investigate",
    subjects=recording_trails,
    apis=("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"),
    controls=(
        *cis(v7="4.2", v5="3.2"), *csf("RS.AN-07"), *well_architected("SEC04-BP02"), *attack(v18="T1565.001"),
    ),
    references=(f"{GUIDE}cloudtrail-log-file-validation-intro.html",),
    parameters=Digests,
)  # fmt: skip
def trail_validation_off(trail: Trail, scene: Scene[Digests]) -> Hit | None:
    """Nothing would prove that the log files of a trail were changed or deleted.

    ## Why
    Whoever can write to the bucket can take single events out of a file, or a file out of the bucket. Each hour a
    signed digest names the files of that hour and the digest before it; without that chain nobody can tell afterwards,
    and the logs are worth less as evidence.

    ## Fix
    Switch on log file validation. If it is on and digests do not arrive, mend the policy of the bucket as for the log
    files, and note from when to when the chain has a hole.

    ## Breaks
    Nothing. Files from before are not covered.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "validates_files": true, "selectors": {"kind": "event-selectors"},
       "status": {"kind": "trail-status", "is_logging": true, "latest_digest_delivery": "2026-11-20T11:05:00Z"}}]}]}
    ```
    """
    if not trail.validates_files:
        known(trail.status)
        place = (option("--name", trail.arn), option("--region", trail.home_region))
        own = is_own(trail, scene.account)
        switch = command("aws", "cloudtrail", "update-trail")
        return Hit(
            "Log file validation is off.",
            material=("trail:validation-off",),
            commands=(" ".join((switch, *place, "--enable-log-file-validation")),) if own else (),
            undo=(" ".join((switch, *place, "--no-enable-log-file-validation")),) if own else (),
        )
    status = known(trail.status)
    if status.latest_digest_error:
        return Hit(
            f"The latest digest could not be delivered: {status.latest_digest_error}.",
            material=(f"trail:digest-error:{status.latest_digest_error}",),
            details={"bucket": trail.bucket, "latest_digest": msgspec.to_builtins(status.latest_digest_delivery)},
        )
    since = status.latest_digest_delivery or status.started_logging
    if since is None:
        raise Undetermined("CloudTrail says neither when it delivered a digest nor since when it records")
    if scene.at - since <= timedelta(hours=scene.parameters.max_age_hours):
        return None
    if status.latest_digest_delivery is None:
        raise Undetermined("CloudTrail does not say when it delivered a digest")
    return Hit(
        f"No digest was delivered for {(scene.at - since) // timedelta(hours=1)} hours, although one is due each hour.",
        material=("trail:digest-late",),
        details={"latest_digest": msgspec.to_builtins(since)},
        confidence="medium",
    )


@rule(
    "trail-not-organization",
    severity="high",
    phase="investigate",
    subjects=the_account,
    apis=(
        "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "organizations:DescribeOrganization",
        "s3:ListBuckets",
    ),
    controls=(
        *csf("PR.PS-04"), *well_architected("SEC04-BP02"), *attack(v18="T1562.008", v19="T1685.002"),
    ),
    references=(f"{GUIDE}creating-trail-organization.html", f"{GUIDE}best-practices-security.html"),
)  # fmt: skip
def trail_not_organization(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """Whoever takes over the account can also take away its record.

    ## Why
    A trail of the account itself can be stopped, and a bucket in the account can be emptied, by whoever becomes its
    administrator. A trail of the organization can be changed by no member, and logs that lie in another account outlive
    the loss of this one. The account that keeps the logs is the one exception: declare it in log_archives.

    ## Fix
    Make an organization trail for all regions in the management account, or in its delegate, that delivers to a bucket
    in an account for logs alone. An account without an organization delivers to a bucket of another account.

    ## Breaks
    Nothing here. The trail that the account has until then costs money for a second copy; keep its bucket.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-a1", "management_account": "999988887777"}},
     "log_buckets": [{"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs"}}],
     "regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "bucket": "logs", "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-a1", "management_account": "999988887777"}},
     "log_buckets": [{"name": "org", "bucket": {"kind": "gap", "api": "s3:GetBucketPolicy", "status": "elsewhere"}}],
     "regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:999988887777:trail/org", "name": "org", "home_region": "us-east-1",
       "is_multi_region": true, "is_organization": true, "bucket": "org",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}]}
    ```
    """
    trails = [trail for trail in listed_trails(account) if trail.is_multi_region and records(trail) is not False]
    is_archive = account.account_id in scene.declared.log_archives
    faults = [_faults(trail, account, is_archive=is_archive) for trail in trails if records(trail)]
    if any(isinstance(found, frozenset) and not found for found in faults):
        return None
    doubts = [*(found for found in faults if isinstance(found, Gap)), *unread_trails(account)]
    doubts += [trail.status for trail in trails if isinstance(trail.status, Gap)]
    if doubts:
        raise NotCollected(min(doubts, key=lambda gap: (gap.api, gap.region)))
    told = [found for found in faults if isinstance(found, frozenset)]
    in_organization = known(account.organization.membership) is not None
    if not told:
        return Hit(
            "No multi-region trail records what happens in it.",
            material=("trail:none",),
            severity=None if in_organization else "medium",
        )
    best = min(told, key=lambda found: (len(found), sorted(found)))
    return Hit(
        " ".join(_SENTENCES[fault] for fault in sorted(best)),
        material=tuple(best),
        severity=None if in_organization and _IN_REACH in best else "medium",
    )


_IN_REACH = "trail:bucket-in-own-account"
_NOT_OF_ORGANIZATION = "trail:not-of-organization"
_SENTENCES = {
    _IN_REACH: "Its logs lie in the account that they tell of.",
    _NOT_OF_ORGANIZATION: "No trail of the organization covers it, although it is a member.",
}


def _faults(trail: Trail, account: Account, *, is_archive: bool) -> frozenset[str] | Gap:
    """What is wrong with where a recording trail and its logs are; a gap if that is not known."""
    found = set()
    if not trail.is_organization:
        membership = account.organization.membership
        if isinstance(membership, Gap):
            return membership
        found |= {_NOT_OF_ORGANIZATION} if membership is not None else set()
    if is_archive:
        return frozenset(found)
    if isinstance(account.log_buckets, Gap):
        return account.log_buckets
    for log in account.log_buckets:
        if log.name == trail.bucket:
            owner = owner_of(log, account)
            if owner == account.account_id:
                return frozenset(found | {_IN_REACH})
            if owner is None and isinstance(log.bucket, Gap) and log.bucket.status != "elsewhere":
                return log.bucket
            # A bucket that the list of our own does not hold lies elsewhere, whoever's it is.
            return frozenset(found)
    return Gap("s3:ListBuckets", "skipped", "global", "it is not known whose the bucket of the trail is")
