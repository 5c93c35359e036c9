"""Snapshots as bytes: one encoding, every form understood, and a clear refusal of everything else."""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scanner.authorization_details import API
from scanner.errors import UsageError
from scanner.inventory import Account, CoverageRow, Gap
from scanner.snapshot import check_schema, decode, encode
from tests.accounts import FOREIGN, NOW, OWN, Json, account, allow, gap, policy, region

ACTIONS = {API: False, "iam:GetAccountSummary": False, "ec2:DescribeInstances": True}

ACCOUNT = account(
    {
        "caller": f"arn:aws:sts::{OWN}:assumed-role/audit/x",
        "users": [{"name": "ann", "arn": f"arn:aws:iam::{OWN}:user/ann", "inline": [
            {"name": "own", "document": policy(allow(["s3:Get*", "\u00e9"]))}]}],
        "groups": [],
        "roles": gap(API),
        "access_keys": [{"user": "ann", "keys": gap("iam:ListAccessKeys")}],
        "summary": {"kind": "account-summary", "counters": {"Users": 1}},
        "regions": [
            region("eu-west-1", detectors=[], imds_defaults={"kind": "imds-defaults", "options": {"hop_limit": 2}}),
            region("eu-west-3", trails=gap("cloudtrail:DescribeTrails", region="eu-west-3")),
        ],
        "coverage": [{"account_id": OWN, "region": "global", "api": API, "status": "denied", "calls": 1}],
    }
)  # fmt: skip

ANN = f"arn:aws:iam::{OWN}:user/ann"

RAW: Json = {
    "UserDetailList": [
        {"UserName": "ann", "Arn": f"arn:aws:iam::{OWN}:user/ann", "CreateDate": "2026-01-01T00:00:00Z"}
    ],
    "GroupDetailList": [],
    "RoleDetailList": [],
    "Policies": [],
}


def read(data: bytes, account_id: str | None = None) -> Account:
    return decode(data, now=NOW, actions=ACTIONS, account_id=account_id)


def packed(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_snapshot_is_read_and_written_to_the_same_bytes() -> None:
    written = encode(ACCOUNT)

    assert encode(read(written)) == written
    assert encode(read(encode(read(gzip.compress(written))))) == written


def test_equal_facts_have_one_encoding_whatever_the_layout() -> None:
    pretty = json.dumps(json.loads(encode(ACCOUNT)), indent=4, ensure_ascii=False).encode()

    assert encode(read(pretty)) == encode(ACCOUNT)


def test_order_and_text_of_policies_are_kept() -> None:
    document = '{"Version":"2012-10-17","Statement":[{"Sid":"b"},{"Sid":"a","Effect":"Allow"}],"Id":"x"}'
    text = encode(ACCOUNT).decode()
    start = text.index('"document":') + len('"document":')
    end = text.index("}]", text.index("Statement", start)) + 3
    changed = (text[:start] + document + text[end:]).encode()

    assert document.encode() in encode(read(changed))


def test_unknown_fields_of_a_newer_minor_version_are_left_out() -> None:
    extended = json.loads(encode(ACCOUNT)) | {"invented_later": [1, 2]}

    assert encode(read(json.dumps(extended, ensure_ascii=False).encode())) == encode(ACCOUNT)


WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip in two parts": lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:]),
    "UTF-8 with a mark": lambda data: codecs.BOM_UTF8 + data,
    "UTF-16, little end first": lambda data: codecs.BOM_UTF16_LE + data.decode().encode("utf-16-le"),
    "UTF-16, big end first": lambda data: codecs.BOM_UTF16_BE + data.decode().encode("utf-16-be"),
    "gzip of UTF-16": lambda data: gzip.compress(data.decode().encode("utf-16")),
    "white space around": lambda data: b"\r\n\t " + data + b"\n\n",
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=list(WRAPPINGS))
@pytest.mark.parametrize("plain", [encode(ACCOUNT), packed(RAW), packed([RAW])], ids=["snapshot", "raw", "pages"])
def test_wrappings_do_not_matter(plain: bytes, wrap: Callable[[bytes], bytes]) -> None:
    assert encode(read(wrap(plain))) == encode(read(plain))


def test_a_raw_file_says_what_it_does_not_hold() -> None:
    found = read(packed(RAW))

    assert (found.account_id, found.partition, found.taken_at) == (OWN, "aws", NOW)
    assert isinstance(found.summary, Gap)
    assert isinstance(found.other_regions, Gap)
    assert [(row.api, row.region, row.status) for row in found.coverage] == [
        ("ec2:DescribeInstances", "*", "skipped"),
        (API, "global", "ok"),
        ("iam:GetAccountSummary", "global", "skipped"),
    ]


LISTING, FOLLOWING = "ec2:DescribeInstances", "kms:DescribeKey"


@pytest.mark.parametrize(
    ("api", "place", "owner", "is_cut"),
    [
        (LISTING, "eu-north-1", OWN, True),
        (LISTING, "eu-west-3", OWN, False),
        (LISTING, "*", OWN, False),
        (FOLLOWING, "eu-north-1", OWN, False),
        (LISTING, "eu-north-1", FOREIGN, False),
        ("iam:ListRoles", "global", OWN, False),
        ("frob:ListFrobs", "eu-north-1", OWN, False),
    ],
)
def test_a_region_that_was_asked_and_is_not_there_leaves_a_gap(api: str, place: str, owner: str, is_cut: bool) -> None:
    """What lies in it was read, and cut out of the file; a key may well lie in a region that is not enabled."""
    row = CoverageRow(account_id=owner, region=place, api=api, status="ok", calls=1)
    written = encode(msgspec.structs.replace(ACCOUNT, coverage=(row,)))

    found = read(written)

    if not is_cut:
        assert found.other_regions is None
        return
    assert isinstance(found.other_regions, Gap)
    assert (found.other_regions.api, found.other_regions.status) == ("ec2:DescribeRegions", "error")
    assert "regions were asked of which it holds nothing: eu-north-1" in found.other_regions.reason
    assert encode(read(encode(found))) == encode(found)


def test_that_the_regions_are_not_known_stays_as_it_was_said() -> None:
    row = CoverageRow(account_id=OWN, region="eu-north-1", api=LISTING, status="ok")
    denied = Gap("ec2:DescribeRegions", "denied")

    found = read(encode(msgspec.structs.replace(ACCOUNT, coverage=(row,), other_regions=denied)))

    assert isinstance(found.other_regions, Gap)
    assert found.other_regions.status == "denied"


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "white space": (b" \n", "the file is empty"),
    "only a mark": (codecs.BOM_UTF8, "the file is empty"),
    "empty gzip": (gzip.compress(b""), "the file is empty"),
    "cut gzip": (gzip.compress(encode(ACCOUNT))[:-9], "not complete gzip"),
    "head of gzip": (b"\x1f\x8b", "not complete gzip"),
    "damaged gzip": (gzip.compress(encode(ACCOUNT))[:30] + b"\0" * 30, "not complete gzip"),
    "cut UTF-16": (codecs.BOM_UTF16_LE + b"{", "not valid utf-16"),
    "cut": (encode(ACCOUNT)[:-40], "cannot be read as a snapshot"),
    "text": (b"hello", "cannot be read as a snapshot"),
    "another program": (b'{"Instances": []}', "neither a guardrift document nor an answer"),
    "no object": (b"1", "cannot be read as a snapshot"),
    "no pages": (b"[]", "neither a guardrift document nor an answer"),
    "pages of another program": (packed([RAW, {"a": 1}]), "neither a guardrift document nor an answer"),
    "a report": (b'{"schema": "guardrift/report/1"}', "a 'guardrift/report/1' document, not a snapshot"),
    "a schema of another program": (b'{"schema": "http://x"}', "document, not a snapshot"),
    "a schema that is no text": (b'{"schema": 1}', "cannot be read as a snapshot"),
    "a newer version": (b'{"schema": "guardrift/snapshot/2"}', "written by a newer guardrift"),
    "a huge version": (b'{"schema": "guardrift/snapshot/' + b"9" * 5000 + b'"}', ""),
    "version 0": (b'{"schema": "guardrift/snapshot/0"}', "cannot be read as a snapshot"),
    "a snapshot without account": (b'{"schema": "guardrift/snapshot/1"}', "account_id"),
    "two snapshots": (b"[" + encode(ACCOUNT) + b"," + encode(ACCOUNT) + b"]", "neither a guardrift document"),
    "a naive time": (encode(ACCOUNT).replace(b"12:00:00Z", b"12:00:00"), "taken_at"),
    "a list of the wrong type": (packed(RAW | {"UserDetailList": {}}), "Expected `array`"),
    "a null list": (packed(RAW | {"UserDetailList": None}), "Expected `array`"),
    "a user without name": (packed(RAW | {"UserDetailList": [{"Arn": "x"}]}), "UserName"),
    "deep nesting": (b'{"UserDetailList": ' + b"[" * 100_000, "cannot be read as a snapshot"),
    "an ARN without account": (
        packed(RAW | {"UserDetailList": [{"UserName": "a", "Arn": "arn:aws:iam:::user/a"}]}),
        "is not an account id",
    ),
    "no ARN at all": (packed(RAW | {"UserDetailList": []}), "the file names no account"),
    "one ARN with two contents": (
        packed([RAW, {"UserDetailList": [{"UserName": "ann", "Arn": f"arn:aws:iam::{OWN}:user/ann"}]}]),
        "user/ann occurs twice, and differs",
    ),
    "one ARN with two contents in a snapshot": (
        encode(ACCOUNT).replace(b'"users":[', b'"users":[' + packed({"name": "ann", "arn": ANN}) + b",", 1),
        "user/ann occurs twice, and differs",
    ),
    "a report that begins like an answer": (
        packed(RAW | {"schema": "guardrift/report/1"}),
        "a 'guardrift/report/1' document, not a snapshot",
    ),
    "the same with an escape in its name": (
        packed(RAW | {"schema": "guardrift/report/1"}).replace(b'"schema"', b'"schem\\u0061"'),
        "a 'guardrift/report/1' document, not a snapshot",
    ),
    "the first part only": (packed(RAW | {"IsTruncated": True}), "only the first part"),
    "stopped early": (packed(RAW | {"NextToken": "x"}), "only the first part"),
    "pages without the last": (
        packed([RAW | {"IsTruncated": True}, RAW | {"IsTruncated": True}]),
        "only the first part",
    ),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_read_is_refused_with_a_reason_and_a_hint(data: bytes, reason: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(data)

    assert reason in raised.value.message
    assert raised.value.hint


def test_what_two_pages_hold_alike_is_there_once() -> None:
    assert read(packed([RAW, RAW])).users == read(packed(RAW)).users


def test_several_accounts_are_refused_by_name() -> None:
    users = [{"UserName": "a", "Arn": f"arn:aws:iam::{owner}:user/a"} for owner in (OWN, FOREIGN)]

    with pytest.raises(UsageError, match="2 accounts") as raised:
        read(packed(RAW | {"UserDetailList": users}))

    assert OWN in raised.value.message
    assert FOREIGN in raised.value.message


def test_policies_of_aws_belong_to_no_account() -> None:
    policies = [{"Arn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "PolicyVersionList": []}]

    assert read(packed(RAW | {"Policies": policies})).account_id == OWN


@pytest.mark.parametrize("data", [encode(ACCOUNT), packed(RAW)], ids=["snapshot", "raw"])
def test_the_account_is_asserted(data: bytes) -> None:
    assert read(data, OWN).account_id == OWN
    with pytest.raises(UsageError, match=f"of account {OWN}, not of {FOREIGN}"):
        read(data, FOREIGN)


def test_an_empty_account_needs_a_name() -> None:
    empty = packed(RAW | {"UserDetailList": []})

    assert read(empty, OWN).users == ()
    with pytest.raises(UsageError, match="is not an account id"):
        read(empty, "production")


def test_pages_are_put_together() -> None:
    first = {"UserDetailList": RAW["UserDetailList"], "IsTruncated": True, "Marker": "m"}
    second = {"UserDetailList": [{"UserName": "aaron", "Arn": f"arn:aws:iam::{OWN}:user/aaron"}], "IsTruncated": False}

    found = read(packed([first, second]))

    assert isinstance(found.users, tuple)
    assert [user.name for user in found.users] == ["aaron", "ann"]
    assert isinstance(found.roles, Gap)


def outcome(data: bytes) -> Account | UsageError:
    try:
        return read(data)
    except UsageError as refused:
        return refused


SAMPLES = [encode(ACCOUNT), packed(RAW), gzip.compress(packed(RAW)), codecs.BOM_UTF16_LE + b"{\0}\0"]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SAMPLES),
    st.integers(0, 3000),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 255)), max_size=3),
)
@example(SAMPLES[0], 0, [])
def test_damage_is_a_refusal_or_an_account_and_never_another_error(
    sample: bytes, cut: int, flips: list[tuple[int, int]]
) -> None:
    damaged = bytearray(sample if cut >= len(sample) else sample[:cut])
    for place, change in flips:
        if damaged:
            damaged[place % len(damaged)] ^= change
    found = outcome(bytes(damaged))
    if isinstance(found, UsageError):
        assert found.message
        assert found.hint
    else:
        assert encode(read(encode(found))) == encode(found)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_refusal(data: bytes) -> None:
    with pytest.raises(UsageError):
        read(data)


def test_schemas_are_checked_by_kind_and_version() -> None:
    check_schema("guardrift/report/1", "report", 1)
    with pytest.raises(UsageError, match="newer"):
        check_schema("guardrift/report/2", "report", 1)
    with pytest.raises(UsageError, match="not a report"):
        check_schema("guardrift/snapshot/1", "report", 1)


def test_a_snapshot_says_which_it_is() -> None:
    assert msgspec.json.decode(encode(ACCOUNT))["schema"] == "guardrift/snapshot/1"
    assert datetime.fromisoformat(msgspec.json.decode(encode(ACCOUNT))["taken_at"]) == NOW.astimezone(UTC)
