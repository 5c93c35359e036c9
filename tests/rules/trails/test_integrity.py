"""Trails: can the record be trusted, and does it lie out of reach?"""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, gap, only_finding, region, regions, verdict
from tests.rules.trails.building import (
    ALONE,
    LIST_DENIED,
    LOGGING,
    MEMBER,
    NOT_LOGGING,
    STATUS_DENIED,
    bucket,
    foreign_bucket,
    joined_bucket,
    recorded,
    trail,
)

VALIDATION, REACH = "trail-validation-off", "trail-not-organization"


def digest(latest: str | None = None, since: str | None = None, error: str | None = None) -> Json:
    status = {"latest_digest_delivery": latest, "started_logging": since, "latest_digest_error": error}
    return recorded(trail(validates_files=True, status={"kind": "trail-status", "is_logging": True, **status}))


DIGESTS: list[Case] = [
    ("off", recorded(trail()), "fail"),
    ("on", recorded(trail(validates_files=True)), "pass"),
    ("off, stopped", recorded(trail(status=NOT_LOGGING)), ""),
    ("off, status denied", recorded(trail(status=STATUS_DENIED)), "unknown"),
    ("on, status denied", recorded(trail(validates_files=True, status=STATUS_DENIED)), "unknown"),
    ("an hour ago", digest("2026-11-20T11:00:00Z"), "pass"),
    ("a day and a second ago", digest("2026-11-19T11:59:59Z"), "fail"),
    ("error", digest("2026-11-20T11:00:00Z", error="AccessDenied"), "fail"),
    ("none yet, started just now", digest(since="2026-11-20T11:30:00Z"), "pass"),
    ("none is told, started long ago", digest(since="2026-01-01T00:00:00Z"), "unknown"),
    ("nothing is told", digest(), "unknown"),
    ("of the organization, off", recorded(trail(owner=FOREIGN, is_organization=True)), "fail"),
    ("list denied", regions(region(trails=LIST_DENIED)), "unknown"),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in DIGESTS])
def test_digests(facts: Json, expected: str) -> None:
    assert verdict(VALIDATION, facts) == expected


def test_only_the_owner_of_a_trail_gets_a_command() -> None:
    own = only_finding(VALIDATION, recorded(trail()))
    foreign = only_finding(VALIDATION, recorded(trail(owner=FOREIGN, is_organization=True)))

    place = f"--name=arn:aws:cloudtrail:eu-west-1:{OWN}:trail/main --region=eu-west-1"
    assert own.remediation.commands == (f"aws cloudtrail update-trail {place} --enable-log-file-validation",)
    assert foreign.remediation.commands == ()


ORGANIZATION_TRAIL = trail("org", owner=FOREIGN, is_organization=True, bucket="archive")
OWN_BUCKET, ARCHIVE = bucket(), foreign_bucket("archive")


def member(*trails: Json, buckets: tuple[Json, ...] = (OWN_BUCKET, ARCHIVE), **parts: object) -> Json:
    return recorded(*trails, organization=MEMBER, log_buckets=list(buckets)) | parts


OUT_OF_REACH: list[Case] = [
    ("organization trail into an archive", member(ORGANIZATION_TRAIL), "pass"),
    ("beside an own trail", member(trail(), ORGANIZATION_TRAIL), "pass"),
    ("own trail into an own bucket", member(trail()), "fail"),
    ("own trail into an archive", member(trail(bucket="archive")), "fail"),
    ("no trail", member(), "fail"),
    ("organization trail that is stopped", member({**ORGANIZATION_TRAIL, "status": NOT_LOGGING}), "fail"),
    ("organization trail for one region", member({**ORGANIZATION_TRAIL, "is_multi_region": False}), "fail"),
    ("organization trail, status denied", member({**ORGANIZATION_TRAIL, "status": STATUS_DENIED}), "unknown"),
    ("organization trail into a bucket of this account", member({**ORGANIZATION_TRAIL, "bucket": "logs"}), "fail"),
    ("no organization, archive", member(trail(bucket="archive")) | {"organization": ALONE}, "pass"),
    ("no organization, own bucket", member(trail()) | {"organization": ALONE}, "fail"),
    ("membership denied, archive", member(trail(bucket="archive")) | {
        "organization": {"membership": gap("organizations:DescribeOrganization")}}, "unknown"),
    ("membership denied, organization trail", member(ORGANIZATION_TRAIL) | {
        "organization": {"membership": gap("organizations:DescribeOrganization")}}, "pass"),
    ("buckets denied", member(ORGANIZATION_TRAIL) | {"log_buckets": gap("s3:ListBuckets")}, "unknown"),
    ("another region denied", regions(region(trails=[trail()]), region("eu-west-3", trails=LIST_DENIED)) | {
        "organization": MEMBER, "log_buckets": [OWN_BUCKET]}, "unknown"),
    ("bucket of another account, which was read there", member(
        ORGANIZATION_TRAIL, buckets=(joined_bucket("archive"),)), "pass"),
    ("bucket of another account, whose owner is known", member(
        ORGANIZATION_TRAIL, buckets=(foreign_bucket("archive", account_id=FOREIGN),)), "pass"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in OUT_OF_REACH])
def test_out_of_reach(facts: Json, expected: str) -> None:
    assert verdict(REACH, facts) == expected


def test_the_account_that_keeps_the_logs_is_the_exception() -> None:
    facts = member({**ORGANIZATION_TRAIL, "bucket": "logs"})

    assert verdict(REACH, facts, declared={"log_archives": [OWN]}) == "pass"
    assert verdict(REACH, facts, declared={"log_archives": [FOREIGN]}) == "fail"


@pytest.mark.parametrize(
    ("facts", "severity", "material"),
    [
        (member(trail()), "high", ["trail:bucket-in-own-account", "trail:not-of-organization"]),
        (member(trail(bucket="archive")), "medium", ["trail:not-of-organization"]),
        (member(trail()) | {"organization": ALONE}, "medium", ["trail:bucket-in-own-account"]),
        (member(), "high", ["trail:none"]),
    ],
    ids=["both", "own trail", "no organization", "none"],
)
def test_severity_follows_what_a_thief_can_reach(facts: Json, severity: str, material: list[str]) -> None:
    found = only_finding(REACH, facts)

    assert (found.severity, found.evidence["material"]) == (severity, material)


def test_the_best_trail_is_told() -> None:
    found = only_finding(REACH, member(trail(), trail("other", bucket="archive", status=LOGGING)))

    assert found.evidence["material"] == ["trail:not-of-organization"]


TABLES = {VALIDATION: DIGESTS, REACH: OUT_OF_REACH}
