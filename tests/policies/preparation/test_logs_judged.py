"""What the log stack makes of an account, judged by our own rules."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from policies.preparation import Wish, render_stack
from tests.accounts import OWN, Json, allow, policy, verdict

REGION = "eu-west-1"
MANAGER = f"arn:aws:iam::{OWN}:role/deployment"
_RESOURCES: dict[str, Any] = json.loads(render_stack("preparation-logs", "cloudformation", Wish()))["Resources"]
_VALUES = {"AWS::Partition": "aws", "AWS::AccountId": OWN, "AWS::Region": REGION}


def deployed(value: Any) -> Any:
    """A value of the template, filled in."""
    if isinstance(value, list):
        return [deployed(member) for member in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return MANAGER
    if set(value) == {"Fn::Sub"}:
        return re.sub(r"\$\{([A-Za-z:]+)\}", lambda found: _VALUES[found[1]], value["Fn::Sub"])
    return {name: deployed(member) for name, member in value.items()}


BUCKET = deployed(_RESOURCES["Bucket"]["Properties"]["BucketName"])
KEY = f"arn:aws:kms:{REGION}:{OWN}:key/logs"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{OWN}:trail/guardrift"


def account(mode: str = "GOVERNANCE") -> Json:
    made = _RESOURCES["Trail"]["Properties"]
    tidy = {
        "name": "tidy", "arn": f"arn:aws:iam::{OWN}:role/tidy", "id": "AROA1", "trust": policy(),
        "inline": [{"name": "s3", "document": policy(allow(["s3:Delete*", "s3:PutLifecycle*", "s3:Bypass*"]))}],
    }  # fmt: skip
    trail = {
        "arn": TRAIL, "name": made["TrailName"], "home_region": REGION, "bucket": BUCKET, "kms_key": KEY,
        "is_multi_region": made["IsMultiRegionTrail"], "is_organization": False,
        "validates_files": made["EnableLogFileValidation"],
        "status": {"kind": "trail-status", "is_logging": made["IsLogging"],
                   "latest_digest_delivery": "2026-11-20T11:55:00Z"},
        "selectors": {
            "kind": "event-selectors",
            "advanced": [[{"field": "eventCategory", "operators": {"Equals": ["Management"]}}]],
        },
    }  # fmt: skip
    bucket = {
        "kind": "bucket", "name": BUCKET, "region": REGION,
        "policy": {"kind": "policy", "document": deployed(_RESOURCES["BucketPolicy"]["Properties"]["PolicyDocument"])},
        "policy_status": {"kind": "policy-status", "is_public": False},
        "versioning": {"kind": "versioning", "status": "Enabled"},
        "object_lock": {"kind": "object-lock", "enabled": True, "mode": mode, "days": 365},
        "public_access_block": {"kind": "public-access-block", "block_acls": True, "ignore_acls": True,
                                "block_policy": True, "restrict_buckets": True},
        "lifecycle": [{"status": "Enabled", "expiration_days": 730, "noncurrent_days": 730}],
        "ownership": {"kind": "ownership", "object_ownership": "BucketOwnerEnforced"},
    }  # fmt: skip
    return {
        "users": [], "groups": [], "policies": [], "roles": [tidy], "organization": {"membership": None},
        "regions": [{"name": REGION, "trails": [trail]}],
        "log_buckets": [{"name": BUCKET, "account_id": OWN, "bucket": bucket}],
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
@pytest.mark.parametrize(
    "rule",
    [
        "trail-no-multi-region", "trail-validation-off", "trail-unencrypted", "trail-stopped", "trail-bucket-deletable",
        "trail-bucket-public", "trail-bucket-open-puts", "trail-bucket-unprotected", "trail-bucket-retention",
        "trail-bucket-mfa-delete-off",
    ],
)  # fmt: skip
def test_our_rules_are_content(rule: str, mode: str) -> None:
    assert verdict(rule, account(mode)) == "pass"


def test_without_the_policy_somebody_could_delete() -> None:
    """What is judged is the policy of the stack, and not something else that would pass anyway."""
    facts = account()
    bucket: Any = facts["log_buckets"]
    document = bucket[0]["bucket"]["policy"]["document"]
    for sid in ("NobodyDeletes", "NobodyElseChangesThis"):
        whole = document["Statement"]
        document["Statement"] = [each for each in whole if each["Sid"] != sid]
        assert verdict("trail-bucket-deletable", facts) == "fail"
        document["Statement"] = whole
