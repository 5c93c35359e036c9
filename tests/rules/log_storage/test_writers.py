"""Buckets of logs: who can write into them, and who can destroy what is there?"""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, allow, deny, gap, only_finding, policy, verdict
from tests.rules.holding import DETAILS, administrator, arn_of, iam, role, user
from tests.rules.trails.building import NOT_LOGGING, bucket, foreign_bucket, joined_bucket, storing, trail

PUTS, DELETABLE = "trail-bucket-open-puts", "trail-bucket-deletable"
POLICY_DENIED = gap("s3:GetBucketPolicy")
TRAIL = f"arn:aws:cloudtrail:eu-west-1:{OWN}:trail/main"
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
LOGS = f"arn:aws:s3:::logs/AWSLogs/{OWN}/*"


def statement(effect: str, principal: object, actions: object, resource: object = "*", **condition: Json) -> Json:
    found: Json = {"Effect": effect, "Principal": principal, "Action": actions, "Resource": resource}
    return {**found, "Condition": dict(condition)} if condition else found


def puts(principal: object = CLOUDTRAIL, actions: object = "s3:PutObject", **condition: Json) -> Json:
    return statement("Allow", principal, actions, LOGS, **condition)


def governed(*statements: Json, **facts: object) -> Json:
    return storing(bucket(policy={"kind": "policy", "document": policy(*statements)}, **facts))


def in_an_unknown_organization(found: Json) -> Json:
    places = found["regions"]
    assert isinstance(places, list)
    changed = [{**each, "trails": [{**trail, "is_organization": True} for trail in each["trails"]]} for each in places]
    return found | {"regions": changed, "organization": {"membership": gap("organizations:DescribeOrganization")}}


SOURCE: Json = {"aws:SourceArn": TRAIL}
OPEN = puts()
OWN_ROOT, FOREIGN_ROOT = f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{FOREIGN}:root"
NOT_OURS: Json = {"aws:SourceAccount": OWN}
WRITERS: list[Case] = [
    ("for one trail", governed(puts(StringEquals=SOURCE)), "pass"),
    ("for one account", governed(puts(StringEquals=NOT_OURS)), "pass"),
    ("for the organization", governed(puts(StringEquals={"aws:SourceOrgID": "o-a1b2c3d4e5"})), "pass"),
    ("for any trail of the account", governed(puts(ArnLike={
        "aws:SourceArn": f"arn:aws:cloudtrail:*:{OWN}:trail/*"})), "pass"),
    ("for any trail", governed(OPEN), "fail"),
    ("for any trail of any account", governed(puts(ArnLike={
        "aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"})), "fail"),
    ("only with the usual list", governed(puts(StringEquals={"s3:x-amz-acl": "bucket-owner-full-control"})), "fail"),
    ("if the key is there", governed(puts(StringEqualsIfExists=SOURCE)), "fail"),
    ("with a wider action", governed(puts(actions="s3:Put*")), "fail"),
    ("one of two statements", governed(puts(StringEquals=SOURCE), OPEN), "fail"),
    ("denied for other accounts", governed(OPEN, statement(
        "Deny", "*", "s3:PutObject", StringNotEquals=NOT_OURS)), "pass"),
    ("denied to services for other accounts", governed(OPEN, statement(
        "Deny", "*", "s3:*", StringNotEquals=NOT_OURS, Bool={"aws:PrincipalIsAWSService": "true"})), "pass"),
    ("denied by name for other accounts", governed(OPEN, statement(
        "Deny", CLOUDTRAIL, "s3:PutObject", StringNotEquals=NOT_OURS)), "pass"),
    ("denied to all but services", governed(OPEN, statement(
        "Deny", "*", "s3:*", StringNotEquals=NOT_OURS, Bool={"aws:PrincipalIsAWSService": "false"})), "fail"),
    ("denied, save in another folder", governed(OPEN, statement(
        "Deny", "*", "s3:PutObject", ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"], StringNotEquals=NOT_OURS)), "pass"),
    ("denied in another folder", governed(OPEN, statement(
        "Deny", "*", "s3:PutObject", "arn:aws:s3:::logs/other/*", StringNotEquals=NOT_OURS)), "fail"),
    ("allowed in the whole bucket, denied in the folder of the account", governed(
        statement("Allow", CLOUDTRAIL, "s3:PutObject", "arn:aws:s3:::logs/*"),
        statement("Deny", "*", "s3:PutObject", LOGS, StringNotEquals=NOT_OURS)), "fail"),
    ("denied in all but another folder", governed(OPEN, {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "NotResource": "arn:aws:s3:::logs/other/*",
        "Condition": {"StringNotEquals": NOT_OURS}}), "pass"),
    ("allowed in any bucket, denied in this one", governed(
        statement("Allow", CLOUDTRAIL, "s3:PutObject"),
        statement("Deny", "*", "s3:PutObject", "arn:aws:s3:::logs/*", StringNotEquals=NOT_OURS)), "pass"),
    ("allowed in another bucket", governed(
        statement("Allow", CLOUDTRAIL, "s3:PutObject", "arn:aws:s3:::other/*")), "pass"),
    ("denied to services that come for other organizations", governed(OPEN, statement(
        "Deny", "*", "s3:*", StringNotEqualsIfExists={"aws:SourceOrgID": "o-a1b2c3d4e5"},
        Null={"aws:SourceAccount": "false"}, Bool={"aws:PrincipalIsAWSService": "true"})), "pass"),
    ("denied to services, those of no organization spared", governed(OPEN, statement(
        "Deny", "*", "s3:*", StringNotEqualsIfExists={"aws:SourceOrgID": "o-a1b2c3d4e5"},
        Null={"aws:SourceOrgID": "false"}, Bool={"aws:PrincipalIsAWSService": "true"})), "fail"),
    ("denied to what names no account, as CloudTrail does", governed(OPEN, statement(
        "Deny", "*", "s3:*", StringNotEquals=NOT_OURS, Null={"aws:SourceAccount": "true"})), "fail"),
    ("denied without TLS", governed(OPEN, statement(
        "Deny", "*", "s3:*", Bool={"aws:SecureTransport": "false"})), "fail"),
    ("CloudTrail reads the list", governed(puts(actions="s3:GetBucketAcl")), "pass"),
    ("another service", governed(puts({"Service": "config.amazonaws.com"})), "pass"),
    ("the account itself", governed(puts({"AWS": OWN_ROOT})), "pass"),
    ("another account", governed(puts({"AWS": FOREIGN_ROOT})), "fail"),
    ("another account by its number", governed(puts({"AWS": FOREIGN})), "fail"),
    ("a role of another account", governed(puts({"AWS": f"arn:aws:iam::{FOREIGN}:role/forger"})), "fail"),
    ("another account, denied", governed(puts({"AWS": FOREIGN_ROOT}), statement(
        "Deny", {"AWS": FOREIGN_ROOT}, "s3:PutObject")), "pass"),
    ("another account reads", governed(puts({"AWS": FOREIGN_ROOT}, "s3:GetObject")), "pass"),
    ("another account, elsewhere", governed(statement(
        "Allow", {"AWS": FOREIGN_ROOT}, "s3:PutObject", "arn:aws:s3:::logs/inbox/*")), "pass"),
    ("everybody", governed(puts("*")), "fail"),
    ("everybody of this account", governed(puts("*", StringEquals={"aws:PrincipalAccount": OWN})), "pass"),
    ("everybody of the organization", governed(puts("*", StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})), "fail"),
    ("everybody through an endpoint", governed(puts("*", StringEquals={"aws:SourceVpce": "vpce-0a"})), "pass"),
    ("everybody with a tag", governed(puts("*", StringEquals={"aws:PrincipalTag/team": "x"})), "fail"),
    ("everybody by way of a trail", governed(puts("*", StringEquals=SOURCE)), "pass"),
    ("everybody through one endpoint", governed(puts("*", StringEquals={"aws:SourceVpce": "vpce-0a"})), "pass"),
    ("everybody through some endpoint", governed(puts("*", StringLike={"aws:SourceVpce": "vpce-*"})), "fail"),
    ("everybody from private addresses", governed(puts("*", IpAddress={"aws:VpcSourceIp": "10.0.0.0/8"})), "fail"),
    ("a trail of an organization that was not read", in_an_unknown_organization(governed(puts(StringEquals=SOURCE))),
     "unknown"),
    ("one of which it is known that it is open", in_an_unknown_organization(governed(OPEN)), "fail"),
    ("nobody who is known", governed(puts({"AWS": "AROAEXAMPLE"})), "pass"),
    ("somebody by a canonical id", governed(puts({"CanonicalUser": "0a1b"})), "unknown"),
    ("no policy", storing(bucket()), "pass"),
    ("malformed", governed({"Effect": "Allow"}), "unknown"),
    ("denied", storing(bucket(policy=POLICY_DENIED)), "unknown"),
    ("bucket of another account", storing(foreign_bucket()), "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in WRITERS])
def test_writers(facts: Json, expected: str) -> None:
    assert verdict(PUTS, facts) == expected


def test_strangers_weigh_more_than_strangers_trails() -> None:
    by_trail = only_finding(PUTS, governed(OPEN))
    both = only_finding(PUTS, governed(OPEN, puts({"AWS": FOREIGN_ROOT})))

    assert (by_trail.severity, by_trail.evidence["material"]) == ("medium", ["puts:any-trail"])
    assert (both.severity, both.evidence["material"]) == ("high", ["puts:any-trail", f"puts:{FOREIGN_ROOT}"])


def test_members_of_the_organization_are_no_strangers() -> None:
    found = only_finding(PUTS, governed(puts("*", StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})))

    assert (found.severity, found.evidence["material"]) == ("medium", ["puts:organization"])
    assert found.message == "It can be written to by every account of the organization."
    assert only_finding(PUTS, governed(puts("*"))).message == "It can be written to by anybody."


def test_accounts_that_deliver_are_declared() -> None:
    facts = governed(puts({"AWS": FOREIGN_ROOT}))

    assert verdict(PUTS, facts, declared={"accounts": [FOREIGN]}) == "pass"


ALL_OF_S3 = allow("s3:*")
OTHER_BUCKET = ["arn:aws:s3:::app", "arn:aws:s3:::app/*"]
UNVERSIONED: Json = {"kind": "versioning"}
SUSPENDED: Json = {"kind": "versioning", "status": "Suspended"}


def locked(mode: str | None, days: int = 365) -> Json:
    return {"kind": "object-lock", "enabled": True, "mode": mode, "days": days if mode else None}


def held(*principals: Json, statements: tuple[Json, ...] = (), **facts: object) -> Json:
    document = {"kind": "policy", "document": policy(*statements)} if statements else None
    return storing(bucket(policy=document, **facts)) | iam(*principals)


def with_prefix(facts: Json) -> Json:
    """The same, whose trail puts a prefix before the names of its files."""
    places = facts["regions"]
    assert isinstance(places, list)
    prefixed = [{**each, "trails": [{**trail, "prefix": "audit"} for trail in each["trails"]]} for each in places]
    return facts | {"regions": prefixed}


KEEPER = arn_of("role", "keeper")
NOBODY_BUT_THE_KEEPER = statement("Deny", "*", "s3:*", ArnNotEquals={"aws:PrincipalArn": KEEPER})
NO_DELETION = statement("Deny", "*", ["s3:DeleteObject*", "s3:PutLifecycleConfiguration", "s3:DeleteBucket"])
DESTROYERS: list[Case] = [
    ("nobody", held(role("app", "ec2", allow("s3:*", OTHER_BUCKET))), "pass"),
    ("all of S3", held(role("app", "ec2", ALL_OF_S3)), "fail"),
    ("objects, which versions bring back", held(user("dev", allow("s3:DeleteObject"))), "pass"),
    ("objects without versions", held(user("dev", allow("s3:DeleteObject")), versioning=UNVERSIONED), "fail"),
    ("versions", held(user("dev", allow("s3:DeleteObjectVersion"))), "fail"),
    ("versions below the prefix of the trail", with_prefix(held(
        user("dev", allow("s3:DeleteObjectVersion", "arn:aws:s3:::logs/audit/*")))), "fail"),
    ("versions beside the prefix of the trail", with_prefix(held(
        user("dev", allow("s3:DeleteObjectVersion", "arn:aws:s3:::logs/AWSLogs/*")))), "pass"),
    ("the lifecycle", held(user("dev", allow("s3:PutLifecycleConfiguration"))), "fail"),
    ("the lifecycle of another bucket", held(user("dev", allow("s3:PutLifecycleConfiguration", OTHER_BUCKET))), "pass"),
    ("locked by mode COMPLIANCE", held(user("dev", ALL_OF_S3), object_lock=locked("COMPLIANCE")), "pass"),
    ("locked by mode GOVERNANCE", held(user("dev", ALL_OF_S3), object_lock=locked("GOVERNANCE")), "fail"),
    ("locked, without the right to bypass", held(
        user("dev", allow(["s3:DeleteObject*", "s3:PutObject*"])), object_lock=locked("GOVERNANCE")), "pass"),
    ("locked, with the right to take the right to bypass", held(
        user("dev", allow(["s3:PutBucketPolicy"])), object_lock=locked("GOVERNANCE")), "fail"),
    ("locked for a day by mode COMPLIANCE", held(
        user("dev", allow("s3:DeleteObject*")), object_lock=locked("COMPLIANCE", 1)), "fail"),
    ("locked for a day by mode GOVERNANCE", held(
        user("dev", allow("s3:DeleteObject*")), object_lock=locked("GOVERNANCE", 1)), "fail"),
    ("locked for a day, nobody", held(role("app", "ec2", allow("s3:Get*")), object_lock=locked("GOVERNANCE", 1)),
     "pass"),
    ("locked for a year by years", held(user("dev", ALL_OF_S3), object_lock={
        "kind": "object-lock", "enabled": True, "mode": "COMPLIANCE", "years": 1}), "pass"),
    ("versions while they are suspended", held(
        user("dev", allow("s3:DeleteObjectVersion")), versioning=SUSPENDED), "fail"),
    ("objects while versions are suspended", held(user("dev", allow("s3:DeleteObject")), versioning=SUSPENDED), "fail"),
    ("versions where there are none", held(
        user("dev", allow("s3:DeleteObjectVersion")), versioning=UNVERSIONED), "fail"),
    ("overwritten without versions", held(user("dev", allow("s3:PutObject")), versioning=UNVERSIONED), "fail"),
    ("overwritten, which versions bring back", held(user("dev", allow("s3:PutObject"))), "pass"),
    ("tags without versions", held(user("dev", allow("s3:PutObjectTagging")), versioning=UNVERSIONED), "pass"),
    ("with MFA delete", held(user("dev", ALL_OF_S3), versioning={
        "kind": "versioning", "status": "Enabled", "mfa_delete": "Enabled"}), "pass"),
    ("locked without a retention", held(user("dev", allow("s3:Delete*")), object_lock=locked(None)), "fail"),
    ("an administrator", held(administrator("admin")), "pass"),
    ("denied by the bucket", held(user("dev", ALL_OF_S3), statements=(NOBODY_BUT_THE_KEEPER,)), "pass"),
    ("denied by a policy that it may replace", held(user("dev", ALL_OF_S3), statements=(NO_DELETION,)), "fail"),
    ("denied by a policy that it may delete", held(
        user("dev", allow(["s3:DeleteObject*", "s3:DeleteBucketPolicy"])), statements=(NO_DELETION,)), "fail"),
    ("denied by a policy that it may delete, without the right to delete more", held(
        user("dev", allow("s3:DeleteBucketPolicy")), statements=(NO_DELETION,)), "pass"),
    ("allowed by a policy that it may write", held(user("dev", allow("s3:PutBucketPolicy"))), "fail"),
    ("allowed by a policy that it may write for another bucket", held(
        user("dev", allow("s3:PutBucketPolicy", OTHER_BUCKET))), "pass"),
    ("the right to write it is of the bucket", held(role("keeper", "ec2"), statements=(
        NO_DELETION, statement("Allow", {"AWS": KEEPER}, "s3:PutBucketPolicy"))), "fail"),
    ("denied by a policy that nobody may replace", held(user("dev", ALL_OF_S3), statements=(
        NO_DELETION, statement("Deny", "*", ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"]))), "pass"),
    ("denied by a policy that it may replace, and to it", held(
        user("dev", ALL_OF_S3, deny(["s3:Delete*", "s3:PutLifecycle*"])), statements=(NO_DELETION,)), "pass"),
    ("denied by a policy that another account may replace", held(statements=(
        NO_DELETION, statement("Allow", {"AWS": FOREIGN_ROOT}, "s3:PutBucketPolicy"))), "pass"),
    ("locked for good, the policy replaceable", held(
        user("dev", allow("s3:PutBucketPolicy")), object_lock=locked("COMPLIANCE")), "pass"),
    ("denied without TLS alone", held(user("dev", ALL_OF_S3), statements=(
        statement("Deny", "*", "s3:*", Bool={"aws:SecureTransport": "false"}),)), "fail"),
    ("denied to it", held(user("dev", ALL_OF_S3, deny(["s3:Delete*", "s3:PutLifecycle*"]))), "pass"),
    ("allowed by the bucket alone", held(role("keeper", "ec2"), statements=(
        statement("Allow", {"AWS": KEEPER}, "s3:*"),)), "fail"),
    ("read by the bucket alone", held(role("keeper", "ec2"), statements=(
        statement("Allow", {"AWS": KEEPER}, "s3:GetObject"),)), "pass"),
    ("another account", held(statements=(statement("Allow", {"AWS": FOREIGN_ROOT}, "s3:Delete*"),)), "fail"),
    ("another account reads", held(statements=(statement("Allow", {"AWS": FOREIGN_ROOT}, "s3:Get*"),)), "pass"),
    ("everybody", held(statements=(statement("Allow", "*", "s3:DeleteObjectVersion"),)), "fail"),
    ("only with MFA", held(user("dev", allow("s3:*", Condition={
        "Bool": {"aws:MultiFactorAuthPresent": "true"}}))), "pass"),
    ("only from an endpoint", held(user("dev", allow("s3:*", Condition={
        "StringEquals": {"aws:SourceVpce": "vpce-0a"}}))), "fail"),
    ("a policy that was not read", held(user("dev", attached=(arn_of("policy", "lost"),))), "unknown"),
    ("IAM denied", held() | {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
    ("IAM denied, locked", held(object_lock=locked("COMPLIANCE")) | {
        "users": gap(DETAILS), "roles": gap(DETAILS)}, "pass"),
    ("policy of the bucket denied", storing(bucket(policy=POLICY_DENIED)) | iam(), "unknown"),
    ("lock denied", storing(bucket(object_lock=gap("s3:GetObjectLockConfiguration"))) | iam(), "unknown"),
    ("versioning denied", storing(bucket(versioning=gap("s3:GetBucketVersioning"))) | iam(), "unknown"),
    ("bucket of another account", storing(foreign_bucket()) | iam(user("dev", ALL_OF_S3)), "unknown"),
]  # fmt: skip


def shared(*principals: Json, to: str | None = OWN_ROOT, actions: str = "s3:*") -> Json:
    """A bucket of another account, whose policy may let this one do everything."""
    statements = [statement("Allow", {"AWS": to}, actions)] if to else []
    document = {"kind": "policy", "document": policy(*statements)}
    return storing(joined_bucket(policy=document)) | iam(*principals)


DESTROYERS += [
    ("of another account, for this one", shared(user("dev", ALL_OF_S3)), "fail"),
    ("of another account, for administrators of this one", shared(administrator("admin"), to=arn_of("role", "admin")),
     "fail"),
    ("of another account, not for this one", shared(user("dev", ALL_OF_S3), administrator("admin"), to=None), "pass"),
    ("of another account, whose policy nobody of this one can replace", shared(
        user("dev", allow("s3:PutBucketPolicy")), to=arn_of("user", "dev"), actions="s3:PutBucketPolicy"), "pass"),
    ("of another account, for itself", shared(user("dev", ALL_OF_S3), to=FOREIGN_ROOT), "pass"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in DESTROYERS])
def test_destroyers(facts: Json, expected: str) -> None:
    assert verdict(DELETABLE, facts) == expected


def test_who_keeps_the_bucket_is_declared() -> None:
    facts = held(role("keeper", "ec2", ALL_OF_S3))

    assert verdict(DELETABLE, facts, declared={"administrators": ["role/keeper"]}) == "pass"


def test_what_hangs_on_conditions_is_less_sure() -> None:
    bound = {"StringEquals": {"aws:SourceVpce": "vpce-0a"}}
    sure = only_finding(DELETABLE, held(user("dev", ALL_OF_S3)))
    unsure = only_finding(DELETABLE, held(user("dev", allow("s3:*", Condition=bound))))

    both = only_finding(DELETABLE, held(user("dev", ALL_OF_S3), user("eve", allow("s3:*", Condition=bound))))

    assert (sure.confidence, unsure.confidence, both.confidence) == ("high", "medium", "high")
    assert sure.evidence["able"] == [
        {"principal": arn_of("user", "dev"), "actions": ["s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration"]}
    ]


def test_the_policy_is_named_as_the_way_past_it() -> None:
    found = only_finding(DELETABLE, held(user("dev", ALL_OF_S3), statements=(NO_DELETION,)))
    (able,) = found.evidence["able"]

    assert found.confidence == "high"
    assert able["actions"][:2] == ["s3:PutBucketPolicy", "s3:DeleteObjectVersion"]


def test_how_long_a_lock_has_to_keep_is_a_parameter() -> None:
    facts = held(user("dev", ALL_OF_S3), object_lock=locked("COMPLIANCE", 90))

    assert verdict(DELETABLE, facts, min_days=90) == "pass"
    assert verdict(DELETABLE, facts, min_days=91) == "fail"


def test_old_logs_weigh_less() -> None:
    stopped = trail(status=NOT_LOGGING)
    facts = storing(bucket(), trails=(stopped,)) | iam(user("dev", ALL_OF_S3))

    assert only_finding(DELETABLE, facts).severity == "medium"


TABLES = {PUTS: WRITERS, DELETABLE: DESTROYERS}
