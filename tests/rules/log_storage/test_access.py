"""Buckets of logs: whose are they, and who can read them?"""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, gap, only_finding, region, regions, verdict
from tests.rules.trails.building import (
    LIST_DENIED,
    LOGGING,
    NOT_LOGGING,
    STATUS_DENIED,
    bucket,
    foreign_bucket,
    joined_bucket,
    storing,
    trail,
)

PUBLIC, MISSING = "trail-bucket-public", "trail-bucket-missing"
SOME_POLICY: Json = {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": []}}
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
WITH_ACCOUNT = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def status(is_public: bool) -> Json:
    return {"policy": SOME_POLICY, "policy_status": {"kind": "policy-status", "is_public": is_public}}


def block(*switches: str) -> Json:
    return {"kind": "public-access-block", **dict.fromkeys(switches, True)}


def listing(grantee: str, permission: str = "READ") -> Json:
    owned = {"kind": "ownership", "object_ownership": "ObjectWriter"}
    return {"ownership": owned, "grants": [{"grantee": grantee, "permission": permission}]}


OPEN = status(is_public=True)
ACCOUNT_DENIED = gap("s3control:GetPublicAccessBlock")
PUBLICITY: list[Case] = [
    ("no policy, no list", storing(bucket()), "pass"),
    ("a policy that is not public", storing(bucket(**status(is_public=False))), "pass"),
    ("a public policy", storing(bucket(**OPEN)), "fail"),
    ("restricted by the bucket", storing(bucket(**OPEN, public_access_block=block("restrict_buckets"))), "pass"),
    ("restricted by the account", storing(bucket(**OPEN)) | {"public_access_block": block("restrict_buckets")}, "pass"),
    ("only new policies are blocked", storing(bucket(**OPEN, public_access_block=block("block_policy", "block_acls"))),
     "fail"),
    ("block of the bucket denied", storing(bucket(**OPEN, public_access_block=gap("s3:GetPublicAccessBlock"))),
     "unknown"),
    ("block of the account denied", storing(bucket(**OPEN)) | {"public_access_block": ACCOUNT_DENIED}, "unknown"),
    ("block of the account denied, of the bucket on", storing(
        bucket(**OPEN, public_access_block=block("restrict_buckets"))) | {"public_access_block": ACCOUNT_DENIED},
     "pass"),
    ("blocks denied, nothing public", storing(bucket(public_access_block=gap("s3:GetPublicAccessBlock"))), "pass"),
    ("status denied", storing(bucket(policy=SOME_POLICY, policy_status=gap("s3:GetBucketPolicyStatus"))), "unknown"),
    ("status denied, restricted", storing(bucket(
        policy=SOME_POLICY, policy_status=gap("s3:GetBucketPolicyStatus"),
        public_access_block=block("restrict_buckets"))), "pass"),
    ("a list for everybody", storing(bucket(**listing(EVERYBODY))), "fail"),
    ("a list for every account", storing(bucket(**listing(WITH_ACCOUNT, "WRITE"))), "fail"),
    ("a list for the delivery of logs", storing(bucket(**listing(DELIVERY))), "pass"),
    ("a list for the owner", storing(bucket(**listing("0a1b", "FULL_CONTROL"))), "pass"),
    ("a list that is ignored", storing(bucket(**listing(EVERYBODY), public_access_block=block("ignore_acls"))), "pass"),
    ("a list, and another switch", storing(bucket(**listing(EVERYBODY), public_access_block=block("restrict_buckets"))),
     "fail"),
    ("list denied", storing(bucket(grants=gap("s3:GetBucketAcl"))), "unknown"),
    ("list denied, lists are ignored", storing(
        bucket(grants=gap("s3:GetBucketAcl"), public_access_block=block("ignore_acls"))), "pass"),
    ("list denied, a public policy", storing(bucket(**OPEN, grants=gap("s3:GetBucketAcl"))), "fail"),
    ("bucket of another account", storing(foreign_bucket()), "unknown"),
    ("restricted by this account, owned by another", storing(
        joined_bucket(**OPEN)) | {"public_access_block": block("restrict_buckets")}, "unknown"),
    ("restricted by itself, owned by another", storing(
        joined_bucket(**OPEN, public_access_block=block("restrict_buckets"))), "pass"),
    ("owned by another, not public", storing(joined_bucket()), "pass"),
    ("bucket that is gone", storing(
        foreign_bucket(), trails=(trail(status={**LOGGING, "latest_delivery_error": "NoSuchBucket"}),)), ""),
    ("two buckets", storing(bucket(**OPEN), bucket("other")), "fail pass"),
    ("one that only others deliver to", storing(bucket(**OPEN), trails=()), "fail"),
    ("buckets denied", storing(trails=(trail(),)) | {"log_buckets": gap("s3:ListBuckets")}, "unknown"),
    ("no trail", storing(), ""),
    ("trails of another region denied", regions(region(trails=[trail()]), region("eu-west-3", trails=LIST_DENIED)) | {
        "log_buckets": [bucket()], "public_access_block": None}, "pass unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in PUBLICITY])
def test_publicity(facts: Json, expected: str) -> None:
    assert verdict(PUBLIC, facts) == expected


def test_both_ways_are_told() -> None:
    found = only_finding(PUBLIC, storing(bucket(**(OPEN | listing(EVERYBODY, "WRITE")))))

    assert found.severity == "critical"
    assert found.evidence["material"] == ["public:acl", "public:policy"]
    assert "WRITE to everybody" in found.message


def test_the_block_is_put_back_as_it_was() -> None:
    facts = storing(bucket(**OPEN, public_access_block=block("block_acls")))
    found = only_finding(PUBLIC, facts)
    put = "aws s3api put-public-access-block --bucket=logs --public-access-block-configuration="

    assert found.remediation.commands == (
        f"{put}BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
    )
    assert found.remediation.undo == (
        f"{put}BlockPublicAcls=true,IgnorePublicAcls=false,BlockPublicPolicy=false,RestrictPublicBuckets=false",
    )
    without_one = only_finding(PUBLIC, storing(bucket(**OPEN)))
    assert without_one.remediation.undo == ("aws s3api delete-public-access-block --bucket=logs",)


def failing(error: str, name: str = "main") -> Json:
    return trail(name, status={**LOGGING, "latest_delivery_error": error})


OWNERS: list[Case] = [
    ("own", storing(bucket()), "pass"),
    ("own, denied", storing({"name": "logs", "account_id": OWN, "bucket": gap("s3:GetBucketPolicy")}), "pass"),
    ("gone", storing(foreign_bucket(), trails=(failing("NoSuchBucket"),)), "fail"),
    ("gone, as one of two trails says", storing(
        foreign_bucket(), trails=(trail(status=STATUS_DENIED), failing("NoSuchBucket", name="second"))), "fail"),
    ("refused", storing(foreign_bucket(), trails=(failing("AccessDenied"),)), "unknown"),
    ("delivered, owner not known", storing(foreign_bucket()), "unknown"),
    ("status denied", storing(foreign_bucket(), trails=(trail(status=STATUS_DENIED),)), "unknown"),
    ("owner known, nothing declared", storing(foreign_bucket(account_id=FOREIGN)), "unknown"),
    ("owner of the organization", storing(foreign_bucket(account_id=FOREIGN), organization={
        "accounts": [{"id": FOREIGN, "name": "logs", "state": "ACTIVE"}]}), "pass"),
    ("owner of no organization of ours", storing(foreign_bucket(account_id=FOREIGN), organization={
        "accounts": [{"id": OWN, "name": "app", "state": "ACTIVE"}]}), "fail"),
    ("buckets denied", storing(trails=(trail(),)) | {"log_buckets": gap("s3:ListBuckets")}, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in OWNERS])
def test_owners(facts: Json, expected: str) -> None:
    assert verdict(MISSING, facts) == expected


def test_a_bucket_in_another_account_leaves_no_scan_incomplete() -> None:
    found = only_finding(MISSING, storing(foreign_bucket()))

    assert found.evidence["not_collected"] == {
        "api": "s3:GetBucketPolicy", "region": "global", "status": "elsewhere",
    }  # fmt: skip


def test_the_accounts_that_keep_logs_are_declared() -> None:
    facts = storing(foreign_bucket(account_id=FOREIGN))

    assert verdict(MISSING, facts, declared={"log_archives": [FOREIGN]}) == "pass"
    assert verdict(MISSING, facts, declared={"log_archives": ["222233334444"]}) == "fail"


def test_the_lost_bucket_of_a_stopped_trail_is_milder() -> None:
    stopped = trail(status={**NOT_LOGGING, "latest_delivery_error": "NoSuchBucket"})

    assert only_finding(MISSING, storing(foreign_bucket(), trails=(stopped,))).severity == "medium"
    assert only_finding(MISSING, storing(foreign_bucket(), trails=(failing("NoSuchBucket"),))).severity == "high"


TABLES = {PUBLIC: PUBLICITY, MISSING: OWNERS}
ALSO_LOOKED_AT = {
    MISSING: {
        "organizations:DescribeOrganization", "organizations:ListAccounts", "organizations:ListAccountsForParent",
    },
}  # fmt: skip
