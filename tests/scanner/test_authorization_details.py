"""The raw answer of GetAccountAuthorizationDetails in all its shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import TypeVar
from urllib.parse import quote

import pytest

from scanner.authorization_details import Details, decode_pages, document, merge
from scanner.iam.documents import parse
from scanner.inventory import AttachedPolicy, Document, Gap, InlinePolicy, ManagedPolicy, Role, Tag, User, describe
from scanner.report import Report
from scanner.snapshot import decode
from tests.accounts import NOW, OWN, Json, allow, policy, report

T = TypeVar("T")
TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


def details(*pages: Json) -> Details:
    return merge(decode_pages(json.dumps(pages).encode()))


def only(items: tuple[T, ...] | Gap) -> T:
    assert not isinstance(items, Gap)
    (item,) = items
    return item


def user(name: str = "ann", **facts: object) -> Json:
    return {"UserName": name, "Arn": f"arn:aws:iam::{OWN}:user/{name}", **facts}


def role(name: str = "app", **facts: object) -> Json:
    return {"RoleName": name, "Arn": f"arn:aws:iam::{OWN}:role/{name}", "AssumeRolePolicyDocument": TRUST, **facts}


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def test_a_user_is_read_whole() -> None:
    found = only(
        details(
            {
                "UserDetailList": [
                    user(
                        UserId="AIDA1",
                        Path="/team/",
                        CreateDate="2026-01-02T03:04:05+00:00",
                        GroupList=["b", "a"],
                        UserPolicyList=[{"PolicyName": "own", "PolicyDocument": policy(allow())}],
                        AttachedManagedPolicies=[{"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
                        PermissionsBoundary={"PermissionsBoundaryArn": "arn:x", "PermissionsBoundaryType": "Policy"},
                        Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}],
                        AddedByAwsLater={"deep": [1]},
                    )
                ]
            }
        ).users
    )

    assert found == User(
        name="ann",
        arn=f"arn:aws:iam::{OWN}:user/ann",
        id="AIDA1",
        path="/team/",
        created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        groups=("a", "b"),
        attached=(AttachedPolicy("ReadOnlyAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"),),
        inline=(InlinePolicy("own", Document(compact(policy(allow())))),),
        boundary="arn:x",
        tags=(Tag("a", "1"), Tag("b", "2")),
    )


def test_a_role_is_read_whole() -> None:
    found = only(
        details(
            {
                "RoleDetailList": [
                    role(
                        InstanceProfileList=[{"InstanceProfileName": "web", "Arn": "arn:p"}],
                        RoleLastUsed={"LastUsedDate": "2026-11-19T00:00:00Z", "Region": "eu-west-1"},
                    )
                ]
            }
        ).roles
    )

    assert isinstance(found, Role)
    assert bytes(found.trust) == compact(TRUST)
    assert found.instance_profiles == ("web",)
    assert (found.last_used, found.last_used_region) == (datetime(2026, 11, 19, tzinfo=UTC), "eu-west-1")


def test_a_role_that_was_never_used() -> None:
    assert only(details({"RoleDetailList": [role(RoleLastUsed={})]}).roles).last_used is None


def test_the_default_version_is_known_by_flag_or_by_id() -> None:
    versions = [{"VersionId": name, "Document": policy(allow())} for name in ("v2", "v1")]
    arn = f"arn:aws:iam::{OWN}:policy/p"
    by_id = {"Arn": arn, "DefaultVersionId": "v2", "PolicyVersionList": versions}
    by_flag = {"Arn": arn, "PolicyVersionList": [versions[0] | {"IsDefaultVersion": True}, versions[1]]}
    by_nothing = {"Arn": arn, "PolicyVersionList": [{"Document": policy()}]}

    found = [only(details({"Policies": [item]}).policies) for item in (by_id, by_flag, by_nothing)]

    assert [[(each.id, each.is_default) for each in item.versions] for item in found] == [
        [("v1", False), ("v2", True)],
        [("v1", False), ("v2", True)],
        [("", False)],
    ]
    assert found[0].name == "p"


@pytest.mark.parametrize("name", ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"])
def test_a_list_that_is_missing_is_not_an_empty_one(name: str) -> None:
    lists = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"]
    found = details({other: [] for other in lists if other != name})

    for position, items in enumerate(found):
        if lists[position] == name:
            assert isinstance(items, Gap)
            assert name in describe(items)
        else:
            assert items == ()


def test_policies_of_aws_are_kept_where_something_refers_to_them() -> None:
    of_aws = [{"Arn": f"arn:aws:iam::aws:policy/{name}", "PolicyVersionList": []} for name in ("Used", "Cap", "Idle")]
    imitation = f"arn:aws:iam::{OWN}:policy/:iam::aws:policy/Idle"
    found = details(
        {
            "UserDetailList": [user(PermissionsBoundary={"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/Cap"})],
            "GroupDetailList": [
                {
                    "GroupName": "g",
                    "Arn": f"arn:aws:iam::{OWN}:group/g",
                    "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/Used"}],
                }
            ],
            "Policies": [*of_aws, {"Arn": imitation}],
        }
    ).policies

    assert isinstance(found, tuple)
    assert all(isinstance(item, ManagedPolicy) for item in found)
    assert {item.arn for item in found} == {of_aws[0]["Arn"], of_aws[1]["Arn"], imitation}


TIMES = [
    ("with zone", "2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
    ("with Z", "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("naive", "2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("day", "2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
    ("epoch", 1767323045, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("epoch with fraction", 1767323045.5, datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)),
    ("empty", "", None),
    ("null", None, None),
]


@pytest.mark.parametrize(("written", "expected"), [pytest.param(*case[1:], id=case[0]) for case in TIMES])
def test_times(written: object, expected: datetime | None) -> None:
    assert only(details({"UserDetailList": [user(CreateDate=written)]}).users).created == expected


@pytest.mark.parametrize(
    "written", ["yesterday", 1e300, -1e300, 10**18, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_what_is_no_time_is_a_value_error(written: object) -> None:
    with pytest.raises(ValueError, match=r"time|Invalid|year"):
        details({"UserDetailList": [user(CreateDate=written)]})


TEXT = json.dumps(policy(allow(["s3:Get*", "%41"], "arn:aws:s3:::\u00e9/100%")), ensure_ascii=False)

SPELLINGS = [
    ("object", TEXT),
    ("object with escapes", json.dumps(json.loads(TEXT))),
    ("pretty object", json.dumps(json.loads(TEXT), indent=3)),
    ("text", json.dumps(TEXT)),
    ("text with white space before", json.dumps("\n " + TEXT)),
    ("URL-encoded", json.dumps(quote(TEXT, safe=""))),
    ("URL-encoded in lower case", json.dumps(quote(TEXT, safe="").replace("%7B", "%7b").replace("%22", "%22"))),
    ("URL-encoded, pretty", json.dumps(quote(json.dumps(json.loads(TEXT), indent=3)))),
]


@pytest.mark.parametrize("written", [pytest.param(case[1], id=case[0]) for case in SPELLINGS])
def test_documents_in_every_spelling_are_one_text(written: str) -> None:
    found = bytes(document(Document(written.encode())))

    assert found == json.dumps(json.loads(TEXT), separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "spell", [str, json.dumps, lambda text: json.dumps(quote(text))], ids=["object", "text", "URL"]
)
@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::\u00fc/*", 'arn:aws:s3:::a\\"b/*'])
def test_a_name_that_is_said_twice_reaches_the_parser(spell: Callable[[str], str], resource: str) -> None:
    statement = f'{{"Effect": "Allow", "Action": "*", "Action": "s3:*", "Resource": "{resource}"}}'
    twice = f'{{"Version": "2012-10-17", "Statement": [{statement}]}}'
    once = twice.replace('"Action": "*", ', "")

    assert "Action: it occurs twice" in parse(document(Document(spell(twice).encode()))).problems[0]
    assert not parse(document(Document(spell(once).encode()))).problems


@pytest.mark.parametrize(
    "written",
    [
        '"not a policy"', '"%7B"', '"%FF%FE"', '""', "null", "1", "[]", '"{' + '[' * 60_000 + '"',
        '"' + quote('{"a":' * 60_000) + '"',
    ],
    ids=["words", "cut", "no UTF-8", "empty", "null", "number", "list", "deep text", "deep and encoded"],
)  # fmt: skip
def test_what_is_no_document_is_kept_for_the_parser_to_report(written: str) -> None:
    assert parse(document(Document(written.encode()))).problems


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_a_raw_file_does_not_matter(seed: int) -> None:
    attached = [{"PolicyArn": f"arn:aws:iam::aws:policy/{name}"} for name in ("AdministratorAccess", "ReadOnlyAccess")]
    users = [user(f"u{number}", AttachedManagedPolicies=attached[number % 3 :]) for number in range(6)]
    trusts = [TRUST, policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})]
    roles = [role(f"r{number}", AssumeRolePolicyDocument=trusts[number % 2]) for number in range(6)]

    def told(users: list[Json], roles: list[Json]) -> Report:
        raw = {"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": []}
        return report(decode(json.dumps(raw).encode(), now=NOW, actions={}))

    mixed = Random(seed)

    assert told(users, roles) == told(mixed.sample(users, 6), mixed.sample(roles, 6))
