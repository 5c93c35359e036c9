"""Accounts with trails, their buckets and their keys."""

from __future__ import annotations

from tests.accounts import FOREIGN, OWN, Json, gap, policy, region, regions

LOGGING: Json = {
    "kind": "trail-status", "is_logging": True, "latest_delivery": "2026-11-20T11:55:00Z",
    "latest_digest_delivery": "2026-11-20T11:10:00Z", "started_logging": "2024-01-01T00:00:00Z",
}  # fmt: skip
NOT_LOGGING: Json = {"kind": "trail-status", "is_logging": False, "stopped_logging": "2026-11-19T01:02:03Z"}
STATUS_DENIED = gap("cloudtrail:GetTrailStatus", region="eu-west-1")
SELECTORS_DENIED = gap("cloudtrail:GetEventSelectors", region="eu-west-1")
LIST_DENIED = gap("cloudtrail:DescribeTrails", region="eu-west-3")
ELSEWHERE = gap("s3:GetBucketPolicy", "elsewhere")
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
MEMBER: Json = {"membership": {"kind": "organization", "id": "o-a1", "management_account": FOREIGN}}
ALONE: Json = {"membership": None}

Fields = dict[str, dict[str, list[str]]]


def trail(name: str = "main", owner: str = OWN, home: str = "eu-west-1", **facts: object) -> Json:
    arn = f"arn:aws:cloudtrail:{home}:{owner}:trail/{name}"
    usual = {"is_multi_region": True, "status": LOGGING, "selectors": basic(), "bucket": "logs"}
    return {"arn": arn, "name": name, "home_region": home, **usual, **facts}


def basic(*selectors: Json) -> Json:
    return {"kind": "event-selectors", "basic": list(selectors)}


def advanced(*selectors: Fields) -> Json:
    fields = [[{"field": name, "operators": found} for name, found in each.items()] for each in selectors]
    return {"kind": "event-selectors", "advanced": fields}


def recorded(*trails: Json, **parts: object) -> Json:
    """An account with these trails in one region."""
    return regions(region(trails=list(trails))) | parts


def bucket(name: str = "logs", /, **facts: object) -> Json:
    """A bucket of the account, about which nothing is wrong unless ``facts`` say so."""
    usual: Json = {
        "kind": "bucket", "name": name, "region": "eu-west-1", "policy": None, "policy_status": None,
        "versioning": {"kind": "versioning", "status": "Enabled"}, "object_lock": None, "public_access_block": None,
        "logging": {"kind": "access-logging", "target_bucket": "access"}, "encryption": None, "lifecycle": None,
        "ownership": {"kind": "ownership", "object_ownership": "BucketOwnerEnforced"}, "grants": None,
    }  # fmt: skip
    return {"name": name, "account_id": OWN, "bucket": {**usual, **facts}}


def foreign_bucket(name: str = "logs", /, **facts: object) -> Json:
    """A bucket that is none of the account's."""
    return {"name": name, "bucket": ELSEWHERE, **facts}


def joined_bucket(name: str = "logs", /, **facts: object) -> Json:
    """A bucket of another account, of which a scan of the organization told."""
    return {**bucket(name, **facts), "account_id": FOREIGN}


def storing(*buckets: Json, trails: tuple[Json, ...] | None = None, **parts: object) -> Json:
    """An account whose trails deliver to these buckets."""
    leading = trails if trails is not None else tuple(trail(str(each["name"]), bucket=each["name"]) for each in buckets)
    return recorded(*leading, log_buckets=list(buckets), public_access_block=None, **parts)


def key(policy_document: Json | None = None, /, **facts: object) -> Json:
    """The key of the trails; its policy leaves the decision to IAM unless another is given."""
    statement: Json = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    usual: Json = {
        "named": KEY, "region": "eu-west-1", "arn": KEY,
        "detail": {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"},
        "policy": {"kind": "policy", "document": policy_document or policy(statement)},
        "rotation": {"kind": "key-rotation", "enabled": True},
    }  # fmt: skip
    return {**usual, **facts}


def in_state(state: str, deletion: str | None = None, **facts: object) -> Json:
    detail = {"kind": "key-detail", "manager": "CUSTOMER", "state": state, "deletion": deletion}
    return key(detail=detail, **facts)


def encrypted(found: Json | None = None, **parts: object) -> Json:
    """An account with a trail that encrypts with the key."""
    return recorded(trail(kms_key=KEY), keys=[found or key()]) | parts
