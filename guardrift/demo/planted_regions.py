"""What is wrong in the regions of the demo account: metadata services, trails and the buckets of their logs."""

from __future__ import annotations

from guardrift.demo.place import ACCOUNT, Place, Planted, Seed, Twin
from guardrift.demo.seed_storage import FORMER_LOG_BUCKET, LOG_BUCKET, LOST_LOG_BUCKET
from guardrift.demo.setting import ARCHIVE, ENFORCING, HOME, REGIONS, SUSPENDED

_GUIDE: Seed = "guide-credential-breach"


def _region(name: str) -> Place:
    return Place("region", name, name)


def _template(name: str, region: str = HOME) -> Place:
    return Place("launch-template", name, region)


_METADATA = (
    Planted(
        "imds-v1-instance",
        "an instance that a load balancer opens to the internet hands out a wide role without a session token",
        "workshop-0-instance-credential-exfiltration",
        Place("instance", "web-legacy", HOME),
        (
            Twin(Place("instance", "web-modern", HOME), "it requires session tokens, and no balancer leads to it"),
            Twin(Place("instance", "web-retired", HOME), "it allowed IMDSv1 too, but is terminated"),
        ),
        rule_id="imds-v1-instance",
    ),
    Planted(
        "imds-v1-launch-template",
        "the default version of a launch template allows IMDSv1, although an older one did not",
        "workshop-0-instance-credential-exfiltration",
        _template("web-fleet"),
        (
            Twin(_template("batch-fleet"), "its default version requires tokens, although an older one did not"),
            Twin(_template("cache-fleet"), "it says nothing, but its image has ImdsSupport v2.0"),
            Twin(_template("edge-fleet", ENFORCING), "it says nothing, but the region's default requires tokens"),
        ),
        rule_id="imds-v1-launch-template",
    ),
    *(
        Planted(
            f"imds-not-enforced-{region}",
            f"whoever asks for IMDSv1 in {region} gets it",
            "workshop-0-instance-credential-exfiltration",
            _region(region),
            (Twin(_region(ENFORCING), "a launch that asks for it is refused there"),),
            rule_id="imds-not-enforced",
        )
        for region in REGIONS
        if region != ENFORCING
    ),
    *(
        Planted(
            f"imds-default-{region}",
            f"new instances in {region} answer IMDSv1 unless whoever launches them says otherwise",
            "workshop-0-instance-credential-exfiltration",
            _region(region),
            (Twin(_region(ENFORCING), "the account's default requires tokens there, and is enforced"),),
            rule_id="imds-account-default",
        )
        for region in REGIONS
        if region != ENFORCING
    ),
)  # fmt: skip

_ACCOUNT_TRAIL = Place("trail", "account-trail", HOME)

_TRAILS = (
    Planted(
        "trail-stopped",
        "someone stopped a trail",
        _GUIDE,
        Place("trail", "former-trail", SUSPENDED),
        (Twin(_ACCOUNT_TRAIL, "it records all regions"),),
        rule_id="trail-stopped",
    ),
    Planted(
        "trail-delivery-failing",
        "a trail records, but its bucket is gone",
        _GUIDE,
        Place("trail", "archive-trail", ARCHIVE),
        (Twin(_ACCOUNT_TRAIL, "it delivered four minutes ago"),),
        rule_id="trail-delivery-failing",
    ),
    Planted(
        "trail-unencrypted",
        "whoever may read the bucket of a trail can read its files",
        _GUIDE,
        Place("trail", "archive-trail", ARCHIVE),
        (Twin(_ACCOUNT_TRAIL, "it encrypts with a key of the account"),),
        rule_id="trail-unencrypted",
    ),
    Planted(
        "trail-without-digests",
        "nobody could prove that the files of a trail are as they were written",
        _GUIDE,
        Place("trail", "archive-trail", ARCHIVE),
        (Twin(_ACCOUNT_TRAIL, "its digests arrive every hour"),),
        rule_id="trail-validation-off",
    ),
    Planted(
        "reads-unrecorded",
        "nobody could tell what was read in the bucket with the data of customers",
        "scenario-compromised-iam-user",
        ACCOUNT,
        (Twin(_ACCOUNT_TRAIL, "it records who writes there"),),
        rule_id="trail-data-events-s3-read",
    ),
    Planted(
        "trail-within-reach",
        "whoever takes over the account can stop its only complete record",
        _GUIDE,
        ACCOUNT,
        (),
        rule_id="trail-not-organization",
    ),
)

_FORMER, _KEPT = Place("bucket", FORMER_LOG_BUCKET, SUSPENDED), Place("bucket", LOG_BUCKET, HOME)


def _of_former_logs(name: str, what: str, good: str, rule_id: str) -> Planted:
    """A fault of the bucket of the stopped trail, with the bucket of the account's trail as its twin."""
    return Planted(name, what, _GUIDE, _FORMER, (Twin(_KEPT, good),), rule_id=rule_id)


_LOGS = (
    _of_former_logs(
        "logs-deleted-early",
        "the bucket of the stopped trail deletes logs after 30 days",
        "it keeps logs for 400 days",
        "trail-bucket-retention",
    ),
    _of_former_logs(
        "logs-unversioned",
        "what is overwritten in that bucket is gone",
        "it is versioned and locked",
        "trail-bucket-unprotected",
    ),
    _of_former_logs(
        "logs-deleted-without-mfa",
        "nothing more than one permission is needed to delete from it",
        "its lock keeps logs for a year, whoever asks",
        "trail-bucket-mfa-delete-off",
    ),
    _of_former_logs(
        "logs-deletable",
        "a web server and an operator can destroy the logs in it",
        "nobody can while the lock holds",
        "trail-bucket-deletable",
    ),
    _of_former_logs(
        "logs-read-unnoticed",
        "nobody knows who read it",
        "another bucket records who uses it",
        "trail-bucket-without-access-logs",
    ),
    Planted(
        "logs-bucket-missing",
        "the bucket to which a trail delivers is gone, so that anybody can make one of that name and get the logs",
        _GUIDE,
        Place("bucket", LOST_LOG_BUCKET),
        (Twin(_KEPT, "it is there, and belongs to the account"),),
        rule_id="trail-bucket-missing",
    ),
)

IN_REGIONS: tuple[Planted, ...] = (*_METADATA, *_TRAILS, *_LOGS)
