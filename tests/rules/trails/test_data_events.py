"""Data events: is it recorded who reads and writes objects?"""

from __future__ import annotations

import pytest

from tests.accounts import Case, Json, gap, only_finding, region, regions, verdict
from tests.rules.trails.building import (
    LIST_DENIED,
    NOT_LOGGING,
    SELECTORS_DENIED,
    STATUS_DENIED,
    Fields,
    advanced,
    basic,
    recorded,
    trail,
)

WRITE, READ = "trail-data-events-s3-write", "trail-data-events-s3-read"


def objects(**more: dict[str, list[str]]) -> Fields:
    """A selector of the data events of objects; ``arn`` and ``read_only`` narrow it."""
    names = {
        "arn": "resources.ARN", "read_only": "readOnly", "name": "eventName", "kind": "resources.type",
        "caller": "userIdentity.arn",
    }  # fmt: skip
    usual: Fields = {"eventCategory": {"Equals": ["Data"]}, "resources.type": {"Equals": ["AWS::S3::Object"]}}
    return usual | {names[name]: operators for name, operators in more.items()}


def selecting(*selectors: Fields, **facts: object) -> Json:
    return recorded({**trail(selectors=advanced(*selectors)), **facts})


ROBOT, LOGS = "arn:aws:sts::111122223333:assumed-role/robot/", "arn:aws:s3:::logs"
READS, WRITES = {"Equals": ["true"]}, {"Equals": ["false"]}
ALL_OBJECTS = selecting(objects())


def in_basic(*beginnings: str, kind: str = "AWS::S3::Object", **more: object) -> Json:
    return recorded(
        trail(selectors=basic({"data_resources": [{"type": kind, "beginnings": list(beginnings)}], **more}))
    )


WRITTEN: list[Case] = [
    ("management events only", recorded(trail()), "fail"),
    ("all objects", ALL_OBJECTS, "pass"),
    ("writes", selecting(objects(read_only=WRITES)), "pass"),
    ("reads", selecting(objects(read_only=READS)), "fail"),
    ("reads and writes apart", selecting(objects(read_only=READS), objects(read_only=WRITES)), "pass"),
    ("functions", selecting(objects(kind={"Equals": ["AWS::Lambda::Function"]})), "fail"),
    ("some calls", selecting(objects(name={"Equals": ["DeleteObject"]})), "fail"),
    ("every bucket by its beginning", selecting(objects(arn={"StartsWith": ["arn:aws:s3:::"]})), "pass"),
    ("every bucket by a shorter beginning", selecting(objects(arn={"StartsWith": ["arn:aws:s3"]})), "pass"),
    ("one bucket", selecting(objects(arn={"StartsWith": ["arn:aws:s3:::pay/"]})), "fail"),
    ("all but the logs", selecting(objects(arn={"NotStartsWith": ["arn:aws:s3:::logs/"]})), "pass"),
    ("all but another bucket", selecting(objects(arn={"NotStartsWith": ["arn:aws:s3:::pay/"]})), "fail"),
    ("all but another bucket, and all", selecting(objects(arn={"NotStartsWith": ["arn:aws:s3:::pay/"]}), objects()),
     "pass"),
    ("none at all", selecting(objects(arn={"NotStartsWith": ["arn:aws:s3:::"]})), "fail"),
    ("all but names with an end", selecting(objects(arn={"NotEndsWith": [".tmp"]})), "fail"),
    ("stopped", selecting(objects(), status=NOT_LOGGING), "fail"),
    ("status denied", selecting(objects(), status=STATUS_DENIED), "unknown"),
    ("status denied, management events only", recorded(trail(status=STATUS_DENIED)), "fail"),
    ("selectors denied", recorded(trail(selectors=SELECTORS_DENIED)), "unknown"),
    ("selectors of an organization trail", recorded(
        trail(selectors=gap("cloudtrail:GetEventSelectors", "elsewhere"))), "unknown"),
    ("one region", selecting(objects(), is_multi_region=False), "unknown"),
    ("a basic selector of all buckets", in_basic("arn:aws:s3"), "pass"),
    ("a basic selector of all buckets, in full", in_basic("arn:aws:s3:::"), "pass"),
    ("a basic selector of one bucket", in_basic("arn:aws:s3:::pay/"), "fail"),
    ("a basic selector of nothing", in_basic(), "fail"),
    ("a basic selector of functions", in_basic("arn:aws:lambda", kind="AWS::Lambda::Function"), "fail"),
    ("a basic selector of reads", in_basic("arn:aws:s3", read_write="ReadOnly"), "fail"),
    ("no trail", recorded(), "fail"),
    ("another region denied", regions(region(trails=[trail()]), region("eu-west-3", trails=LIST_DENIED)), "unknown"),
    ("recorded, another region denied", regions(
        region(trails=[trail(selectors=advanced(objects()))]), region("eu-west-3", trails=LIST_DENIED)), "pass"),
    ("no region was listed", regions(), "unknown"),
]  # fmt: skip

READ_CASES: list[Case] = [
    ("all objects", ALL_OBJECTS, "pass"),
    ("writes", selecting(objects(read_only=WRITES)), "fail"),
    ("reads", selecting(objects(read_only=READS)), "pass"),
    ("reads by the exclusion of writes", selecting(objects(read_only={"NotEquals": ["false"]})), "pass"),
    ("selectors denied", recorded(trail(selectors=SELECTORS_DENIED)), "unknown"),
    ("all but a call", selecting(objects(name={"NotEquals": ["HeadObject"]})), "fail"),
    ("all but a call, and all", selecting(objects(name={"NotEquals": ["HeadObject"]}), objects()), "pass"),
    ("all but one call each", selecting(
        objects(name={"NotEquals": ["HeadObject"]}), objects(name={"NotEquals": ["ListParts"]})), "pass"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in WRITTEN])
def test_writes(facts: Json, expected: str) -> None:
    assert verdict(WRITE, facts) == expected


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in READ_CASES])
def test_reads(facts: Json, expected: str) -> None:
    assert verdict(READ, facts) == expected


PAY = {"StartsWith": ["arn:aws:s3:::pay/"]}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ALL_OBJECTS, "pass"),
        (selecting(objects(arn=PAY)), "fail"),
        (selecting(objects(arn=PAY), objects(arn={"StartsWith": ["arn:aws:s3:::staff/"]})), "pass"),
        (selecting(objects(arn={"StartsWith": ["arn:aws:s3:::pay", "arn:aws:s3:::staff/"]})), "pass"),
        (selecting(objects(arn={"StartsWith": ["arn:aws:s3:::pay/2026/", "arn:aws:s3:::staff/"]})), "fail"),
        (selecting(objects(arn={"NotStartsWith": ["arn:aws:s3:::staff/"]})), "fail"),
        (selecting(objects(arn={"NotStartsWith": ["arn:aws:s3:::busy/"]})), "pass"),
        (in_basic("arn:aws:s3:::pay/"), "fail"),
        (in_basic("arn:aws:s3:::pay/", "arn:aws:s3:::staff/"), "pass"),
    ],
    ids=["all", "one", "both apart", "both in one", "a part", "left out", "another left out", "basic", "basic, both"],
)
def test_of_declared_buckets_each_counts(facts: Json, expected: str) -> None:
    assert verdict(READ, facts, declared={"sensitive_buckets": ["pay", "staff"]}) == expected


def test_buckets_that_are_missing_are_named() -> None:
    declared = {"sensitive_buckets": ["pay", "staff"]}
    found = only_finding(READ, selecting(objects(arn=PAY)), declared=declared)

    assert found.evidence["material"] == ["not-recorded:staff"]
    assert found.severity == "medium"


def test_where_nothing_is_declared_every_bucket_counts() -> None:
    found = only_finding(READ, recorded(trail()))

    assert found.message == "No multi-region trail records what is read in any bucket."
    assert found.evidence["material"] == ["not-recorded:*"]


def test_what_is_left_out_of_all_is_milder() -> None:
    found = only_finding(WRITE, selecting(objects(arn={"NotStartsWith": ["arn:aws:s3:::busy/", "arn:aws:s3:::logs/"]})))

    assert (found.severity, found.evidence["material"]) == ("low", ["left-out:arn:aws:s3:::busy/"])


@pytest.mark.parametrize(
    ("narrowed", "severity", "material"),
    [
        ({"name": {"NotEquals": ["HeadObject"]}}, "low", "left-out:events with eventName HeadObject"),
        ({"name": {"NotStartsWith": ["Head"]}}, "low", "left-out:events with eventName Head*"),
        ({"caller": {"NotStartsWith": [ROBOT]}}, "low", f"left-out:events with userIdentity.arn {ROBOT}*"),
        ({"name": {"NotEquals": ["GetObject"]}}, "medium", "not-recorded:*"),
        ({"name": {"NotStartsWith": ["Get"]}}, "medium", "not-recorded:*"),
        ({"name": {"NotEndsWith": ["Object"]}}, "medium", "not-recorded:*"),
        ({"name": {"Equals": ["GetObject"]}}, "medium", "not-recorded:*"),
        ({"caller": {"NotStartsWith": ["arn:aws:sts::111122223333:assumed-role/"]}}, "medium", "not-recorded:*"),
    ],
    ids=["a call", "calls", "a caller", "the call", "the calls", "by their end", "only some", "most callers"],
)
def test_events_that_are_left_out(narrowed: dict[str, dict[str, list[str]]], severity: str, material: str) -> None:
    found = only_finding(READ, selecting(objects(**narrowed)))

    assert (found.severity, found.evidence["material"]) == (severity, [material])


def test_an_exception_within_the_logs_is_none() -> None:
    by_name, by_place = objects(name={"NotEquals": ["HeadObject"]}), objects(arn={"NotStartsWith": [f"{LOGS}/"]})

    assert verdict(READ, selecting(by_name, by_place)) == "pass"


def test_what_is_recorded_of_some_buckets_is_named() -> None:
    some = only_finding(READ, selecting(objects(arn=PAY), objects(name={"Equals": ["GetObject"]})))
    basically = only_finding(READ, in_basic(*(f"arn:aws:s3:::b{number}/" for number in range(7))))

    assert some.message == (
        "No multi-region trail records what is read in every bucket; recorded: "
        "arn:aws:s3:::pay/, events with eventName GetObject."
    )
    assert basically.message.endswith("arn:aws:s3:::b4/ and 2 more.")
    assert only_finding(READ, in_basic("arn:aws:s3:::b/", read_write="WriteOnly")).message.endswith("in any bucket.")
    stopped = selecting(objects(arn=PAY), status=NOT_LOGGING)
    assert only_finding(READ, stopped).message.endswith("in any bucket.")


TABLES = {WRITE: WRITTEN, READ: READ_CASES}
