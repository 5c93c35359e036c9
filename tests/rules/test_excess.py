"""Rights beyond need: whole services by wildcards, and roles that nobody uses; each beside a twin that is in order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import OWN, Case, Json, allow, deny, gap, only_finding, verdict
from tests.rules.holding import DENY_ALL, DETAILS, REVOKED, arn_of, iam, managed, named, renamed, role, user

WRITE, UNUSED = "iam-wildcard-write", "iam-role-unused"
LINKED = "/aws-service-role/x.amazonaws.com/"
NAMES = {"u-dev": "AmazonS3FullAccess", "r-app": "admin"}
POWER_USER: Json = {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}
SQS_WRITES = ["sqs:Add*", "sqs:Ca*", "sqs:Ch*", "sqs:Cr*", "sqs:De*", "sqs:P*", "sqs:Rec*", "sqs:Rem*", "sqs:S*",
              "sqs:T*", "sqs:U*"]  # fmt: skip


def dev(*statements: Json, **facts: Any) -> Json:
    return iam(user("u-dev", *statements, **facts))


WRITES: list[Case] = [
    ("a service", dev(allow("sqs:*")), "fail"),
    ("a service in capitals", dev(allow("SQS:*")), "fail"),
    ("reading a service", dev(allow(["sqs:Get*", "sqs:List*"])), "pass"),
    ("most of a service", dev(allow("sqs:*Message*")), "pass"),
    ("a service in pieces", dev(allow(SQS_WRITES)), "fail"),
    ("a service in pieces, one lacking", dev(allow(SQS_WRITES[1:])), "pass"),
    ("all its actions by name", dev(allow(["rds-db:connect"])), "pass"),
    ("by a question mark", dev(allow("sqs?*")), "fail"),
    ("every service that begins so", dev(allow("s3*")), "fail"),
    ("a service that does not exist", dev(allow("none:*")), "pass"),
    ("a service that cannot be confined", dev(allow(["ssmmessages:*", "ec2messages:*"])), "pass"),
    ("its own queues", dev(allow("sqs:*", f"arn:aws:sqs:*:{OWN}:app-*")), "pass"),
    ("all queues of the account", dev(allow("sqs:*", f"arn:aws:sqs:*:{OWN}:*")), "fail"),
    ("all queues of a region", dev(allow("sqs:*", f"arn:aws:sqs:eu-west-1:{OWN}:*")), "pass"),
    ("all queues of another account", dev(allow("sqs:*", "arn:aws:sqs:*:999988887777:*")), "pass"),
    ("all buckets", dev(allow("s3:*", "arn:aws:s3:::*")), "fail"),
    ("all objects", dev(allow("s3:*", "arn:aws:s3:::*/*")), "pass"),
    ("all but one queue", dev({"Effect": "Allow", "Action": "sqs:*", "NotResource": f"arn:aws:sqs:*:{OWN}:x"}), "fail"),
    ("with MFA", dev(allow("sqs:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})), "pass"),
    ("all but IAM", dev(POWER_USER), "fail"),
    ("all but S3, confined", dev({"Effect": "Allow", "NotAction": "s3:*", "Resource": "arn:aws:s3:::app/*"}), "pass"),
    ("denied", dev(allow("sqs:*"), deny("sqs:*")), "pass"),
    ("writing is denied", dev(allow("sqs:*"), {"Effect": "Deny", "NotAction": "*:Get*", "Resource": "*"}), "pass"),
    ("deleting is denied", dev(allow("sqs:*"), deny("sqs:Delete*")), "fail"),
    ("denied on one queue", dev(allow("sqs:*"), deny("sqs:*", f"arn:aws:sqs:*:{OWN}:x")), "fail"),
    ("denied for old sessions", dev(allow("sqs:*"), deny(Condition=REVOKED)), "fail"),
    ("contained", dev(allow("sqs:*"), attached=(DENY_ALL,)), "fail"),
    (
        "under a boundary",
        iam(user("u-dev", allow("sqs:*"), boundary=arn_of("policy", "cap")), policies=[managed("cap", allow("s3:*"))]),
        "pass",
    ),
    (
        "under a wide boundary",
        iam(user("u-dev", allow("sqs:*"), boundary=arn_of("policy", "cap")), policies=[managed("cap", POWER_USER)]),
        "fail",
    ),
    ("a policy that nobody carries", iam(user("u-dev"), policies=[managed("wide", allow("sqs:*"))]), "pass"),
    (
        "a policy that it carries",
        iam(user("u-dev", attached=(arn_of("policy", "wide"),)), policies=[managed("wide", allow("sqs:*"))]),
        "fail",
    ),
    ("an administrator", dev(allow()), "pass"),
    ("a role", iam(role("r-app", "ec2", allow("sqs:*"))), "fail"),
    ("a role of a service", iam(role("r-app", "x", allow("sqs:*"), path=LINKED)), "pass"),
    ("a document missing", dev(attached=(arn_of("policy", "x"),)), "unknown"),
    ("a document missing, it can without", dev(allow("sqs:*"), attached=(arn_of("policy", "x"),)), "fail"),
    ("a boundary missing", dev(allow("sqs:*"), boundary=arn_of("policy", "x")), "unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]

OLD, RECENT = "2026-08-01T00:00:00Z", "2026-10-01T00:00:00Z"


def app(**facts: Any) -> Json:
    return iam(role("r-app", "ec2", **facts))


USES: list[Case] = [
    ("used long ago", app(created=OLD, last_used=OLD), "fail"),
    ("used lately", app(created=OLD, last_used=RECENT), "pass"),
    ("used to the day", app(created=OLD, last_used="2026-08-22T12:00:00Z"), "pass"),
    ("never used, made long ago", app(created=OLD), "fail"),
    ("never used, made lately", app(created=RECENT), "pass"),
    ("nothing is known", app(), "unknown"),
    ("told of no role", app(created=OLD, tells_use=False), ""),
    (
        "not told of most",
        iam(*(role(f"r-{name}", "ec2", created=OLD, tells_use=name == "a") for name in "abc")),
        "fail unknown",
    ),
    ("a role of a service", app(created=OLD, path=LINKED), "pass"),
    ("a permission set", app(created=OLD, path="/aws-reserved/sso.amazonaws.com/"), "fail"),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]

ALL = [
    pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}")
    for rule, each in ((WRITE, WRITES), (UNUSED, USES))
    for case in each
]


@pytest.mark.parametrize(("rule", "facts", "expected"), ALL)
def test_excess(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected
    assert verdict(rule, renamed(facts, NAMES)) == expected


@pytest.mark.parametrize(
    ("service", "severity"),
    [("sqs", "medium"), ("s3", "medium"), ("kms", "high"), ("iam", "high"), ("secretsmanager", "high")],
)
def test_severity_follows_from_the_service(service: str, severity: str) -> None:
    found = only_finding(WRITE, dev(allow(f"{service}:*")))

    assert found.severity == severity
    assert found.evidence["material"] == [f"changes:{service}"]
    assert found.evidence["policies"] == ("inline policy own-0",)


def test_what_a_deny_takes_away_is_counted() -> None:
    found = only_finding(WRITE, named(WRITES, "deleting is denied"))
    (service,) = found.evidence["services"]

    assert service["prefix"] == "sqs"
    assert service["actions"] - service["allowed"] == 2
    assert "sqs (but for what is denied)" in found.message


def test_nearly_everything_is_told_by_what_is_left_out() -> None:
    found = only_finding(WRITE, named(WRITES, "all but IAM"))

    assert {"iam", "organizations", "account"} <= set(found.evidence["all_but"])
    assert {service["prefix"] for service in found.evidence["services"]} >= {"kms", "cloudtrail"}
    assert found.evidence["other_services"] > 100
    assert {"changes:*", "changes:kms"} <= set(found.evidence["material"])
    assert len(found.message) < 500


def test_an_administrator_that_nobody_uses_weighs_more() -> None:
    admin = only_finding(UNUSED, iam(role("r-app", "ec2", allow(), created=OLD)))
    plain = only_finding(UNUSED, app(created=OLD))

    assert (admin.severity, plain.severity) == ("medium", "low")
    assert admin.message == "No use is known, and it was made 111 days ago; the limit is 90. It is an administrator."
    assert admin.evidence["material"] == ["role:unused"]


def test_the_limit_is_a_parameter() -> None:
    facts = named(USES, "used lately")

    assert (verdict(UNUSED, facts, days=49), verdict(UNUSED, facts, days=51)) == ("fail", "pass")
    assert "It was last used 50 days ago; the limit is 49." in only_finding(UNUSED, facts, days=49).message


TABLES = {WRITE: WRITES, UNUSED: USES}
