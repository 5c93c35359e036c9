"""Whom the fields of a finding name: by the type of the user, and by the forms of ids."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from policies.findings import read_findings
from policies.findings.identities import Told, subjects_of
from policies.findings.joining import joined
from policies.subjects import Subject
from tests.policies.findings.samples import (
    ACCOUNT,
    INSTANCE,
    OTHER,
    ROLE_ID,
    SESSION_KEY,
    USER_ID,
    USER_KEY,
    asff,
    finding,
    instance_details,
    key_details,
    of_key,
    user_details,
)


def subjects(document: Any) -> list[Subject]:
    (found,) = read_findings(json.dumps(document).encode())
    return [msgspec.structs.replace(each, told_by="") for each in found.subjects]


def notes(document: Any) -> tuple[str, ...]:
    (found,) = read_findings(json.dumps(document).encode())
    return found.notes


def without(details: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in details.items() if name not in names}


KINDS: dict[str, tuple[dict[str, Any], Subject]] = {
    "a session of an instance": (
        key_details(),
        Subject(
            kind="role", account_id=ACCOUNT, name="web-tier", unique_id=ROLE_ID, session=INSTANCE,
            access_key=SESSION_KEY, instance=INSTANCE,
        ),
    ),
    "a session of somebody": (
        key_details(principalId=f"{ROLE_ID}:anna@example.com"),
        Subject(
            kind="role", account_id=ACCOUNT, name="web-tier", unique_id=ROLE_ID, session="anna@example.com",
            access_key=SESSION_KEY,
        ),
    ),
    "a session without a type": (
        without(key_details(), "userType"),
        Subject(
            kind="role", account_id=ACCOUNT, name="web-tier", unique_id=ROLE_ID, session=INSTANCE,
            access_key=SESSION_KEY, instance=INSTANCE,
        ),
    ),
    "a role by its name": (
        without(key_details(), "principalId", "accessKeyId"),
        Subject(kind="role", account_id=ACCOUNT, name="web-tier"),
    ),
    "a user with a key": (
        user_details(),
        Subject(kind="user", account_id=ACCOUNT, name="deployer", unique_id=USER_ID, access_key=USER_KEY),
    ),
    "a user with a session": (
        user_details(accessKeyId=SESSION_KEY),
        Subject(kind="user", account_id=ACCOUNT, name="deployer", unique_id=USER_ID, access_key=SESSION_KEY),
    ),
    "a user without a type": (
        without(user_details(), "userType"),
        Subject(kind="user", account_id=ACCOUNT, name="deployer", unique_id=USER_ID, access_key=USER_KEY),
    ),
    "a federated user": (
        {"userType": "FederatedUser", "principalId": f"{ACCOUNT}:bob", "userName": "bob", "accessKeyId": SESSION_KEY},
        Subject(kind="federated-user", account_id=ACCOUNT, name="bob", access_key=SESSION_KEY),
    ),
    "a federated user without a type": (
        {"principalId": f"{ACCOUNT}:bob", "accessKeyId": SESSION_KEY},
        Subject(kind="federated-user", account_id=ACCOUNT, name="bob", access_key=SESSION_KEY),
    ),
    "root": (
        {"userType": "Root", "principalId": ACCOUNT, "userName": "Root", "accessKeyId": USER_KEY},
        Subject(kind="root", account_id=ACCOUNT, access_key=USER_KEY),
    ),
    "a service": (
        {"userType": "AWSService", "userName": "config.amazonaws.com", "principalId": f"{ROLE_ID}:x"},
        Subject(
            kind="service", account_id=ACCOUNT, name="config.amazonaws.com", unique_id=ROLE_ID,
        ),
    ),
    "another account": (
        {"userType": "AWSAccount", "principalId": OTHER, "userName": "them"},
        Subject(kind="foreign-account", account_id=OTHER, name="them"),
    ),
    "another account that is not told": (
        {"userType": "AWSAccount", "principalId": "AIDAFOREIGNUSER00001", "userName": "them"},
        Subject(kind="foreign-account", name="them", unique_id="AIDAFOREIGNUSER00001"),
    ),
    "only a key": ({"accessKeyId": USER_KEY}, Subject(kind="unknown", account_id=ACCOUNT, access_key=USER_KEY)),
    "only a name": ({"userName": "x"}, Subject(kind="unknown", account_id=ACCOUNT, name="x")),
    "a type that nobody knows": (
        {"userType": "Robot", "userName": "x", "accessKeyId": SESSION_KEY},
        Subject(kind="unknown", account_id=ACCOUNT, name="x", access_key=SESSION_KEY),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", KINDS)
def test_kinds(what: str) -> None:
    details, expected = KINDS[what]

    assert subjects(of_key(details)) == [expected]
    assert bool(notes(of_key(details))) == (expected.kind == "unknown")


@pytest.mark.parametrize(
    "details",
    [
        user_details(principalId=f"{ROLE_ID}:{INSTANCE}"),
        key_details(principalId=USER_ID),
        key_details(principalId=f"{ACCOUNT}:bob"),
        user_details(userType="Root"),
    ],
)
def test_a_contradiction_decides_nothing(details: dict[str, Any]) -> None:
    (subject,) = subjects(of_key(details))

    assert subject.kind == "unknown"
    assert any("contradict" in note for note in notes(of_key(details)))


@pytest.mark.parametrize(
    "nothing", [{}, {"userName": ""}, {"accessKeyId": None, "userName": " "}, {"userName": 7}, [], 3]
)
def test_empty_details_name_nobody(nothing: Any) -> None:
    document = of_key(nothing)

    assert subjects(document) == []
    assert notes(document)


def test_the_region_of_an_instance_is_not_that_of_the_call() -> None:
    lacking = without(instance_details(), "availabilityZone")
    document = finding({"accessKeyDetails": key_details(), "instanceDetails": lacking})

    (subject,) = subjects(document)

    assert document["region"] == "us-east-1"
    assert (subject.instance, subject.region) == (INSTANCE, None)


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("eu-west-1b", "eu-west-1"),
        ("us-gov-west-1a", "us-gov-west-1"),
        ("us-west-2-lax-1a", "us-west-2"),
        ("us-east-1-wl1-bos-wlz-1", "us-east-1"),
        ("../..", None),
        ("", None),
    ],
)
def test_zones(zone: str, region: str | None) -> None:
    details = instance_details(availabilityZone=zone)

    (subject,) = subjects(finding({"accessKeyDetails": key_details(), "instanceDetails": details}))

    assert subject.region == region


def test_another_instance_than_that_of_the_session_is_said() -> None:
    document = finding(
        {"accessKeyDetails": key_details(), "instanceDetails": instance_details(instanceId="i-0ffffffffffffffff")}
    )

    (subject,) = subjects(document)

    assert (subject.instance, subject.region) == (INSTANCE, None)
    assert any("i-0ffffffffffffffff" in note for note in notes(document))


def test_a_named_session_is_not_tied_to_an_instance() -> None:
    details = key_details(principalId=f"{ROLE_ID}:anna")

    (subject,) = subjects(finding({"accessKeyDetails": details, "instanceDetails": instance_details()}))

    assert subject.instance is None


def test_the_minter_of_a_federated_session_is_a_subject_as_well() -> None:
    resource = {
        "Type": "AwsIamAccessKey",
        "Id": f"AWS::IAM::AccessKey:{SESSION_KEY}",
        "Details": {
            "AwsIamAccessKey": {
                "PrincipalType": "FederatedUser",
                "PrincipalId": f"{ACCOUNT}:bob",
                "PrincipalName": "bob",
                "SessionContext": {
                    "SessionIssuer": {"Type": "IAMUser", "Arn": f"arn:aws:iam::{ACCOUNT}:user/ci/minter"}
                },
            }
        },
    }

    assert [(each.kind, each.name) for each in subjects(asff(Resources=[resource]))] == [
        ("federated-user", "bob"),
        ("user", "minter"),
    ]


def test_a_role_of_another_account_keeps_its_account() -> None:
    told = Told("AssumedRole", "partner", f"{ROLE_ID}:x", SESSION_KEY, issuer=f"arn:aws:iam::{OTHER}:role/partner")

    (subject,), _ = subjects_of(told, ACCOUNT, "")

    assert (subject.kind, subject.account_id, subject.name) == ("role", OTHER, "partner")


def test_too_long_a_name_names_nothing() -> None:
    (subject,) = subjects(of_key(key_details(userName="a" * 3000)))

    assert subject.name is None


def test_sessions_of_one_role_stay_apart() -> None:
    one = Subject(kind="role", name="r", unique_id=ROLE_ID, session="a")
    other = Subject(kind="role", name="r", unique_id=ROLE_ID, session="b")

    assert joined((one, other, one)) == (one, other)


def test_what_contradicts_stays_apart_under_one_key() -> None:
    one = Subject(kind="user", name="a", access_key=USER_KEY)
    other = Subject(kind="user", name="b", access_key=USER_KEY)

    assert joined((one, other)) == (one, other)


def test_places_fill_each_other_in() -> None:
    one = Subject(kind="unknown", access_key=SESSION_KEY, name="r")
    other = Subject(kind="role", access_key=SESSION_KEY, unique_id=ROLE_ID, session="a")

    assert joined((one, other)) == (
        Subject(kind="role", access_key=SESSION_KEY, name="r", unique_id=ROLE_ID, session="a"),
    )
