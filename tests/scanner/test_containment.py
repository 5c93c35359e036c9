"""Which roles can be revoked, how much room is left for a policy, and who can undo its own quarantine."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.containment import (
    InlineHeadroom,
    NotRevocable,
    Revocable,
    Undoing,
    can_undo_quarantine,
    denies_all,
    inline_headroom,
    policy_size,
    revocability,
)
from scanner.inventory import Account, AttachedPolicy, Group, InlinePolicy, Role, User
from tests.accounts import NOW, Json, allow, deny, policy

TRUST = msgspec.Raw(b"{}")
ACCOUNT = "111122223333"


def role(name: str = "app", path: str = "/") -> Role:
    return Role(name=name, path=path, arn=f"arn:aws:iam::{ACCOUNT}:role{path}{name}", trust=TRUST)


def inline(name: str, text: str) -> InlinePolicy:
    return InlinePolicy(name=name, document=msgspec.Raw(text.encode()))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("app", "/"),
        ("app", "/service-role/"),
        ("app", "/team/aws-service-role/"),
        ("app", "/aws-service-roles/"),
        ("app", "/aws-reserved-by-us/"),
        ("AWSReservedSSO_Admin_0123456789abcdef", "/"),
        ("AWSReservedSSO_Admin_0123456789abcdef", "/team/"),
        ("AWSServiceRoleForSupport", "/"),
        ("AWSServiceRoleForSupport", "/service-role/"),
    ],
)
def test_ordinary_roles_are_revocable_whatever_they_are_called(name: str, path: str) -> None:
    assert revocability(role(name, path)) == Revocable()


@pytest.mark.parametrize("name", ["AWSServiceRoleForSupport", "app"])
def test_service_linked_roles_are_not_revocable(name: str) -> None:
    verdict = revocability(role(name, "/aws-service-role/support.amazonaws.com/"))

    assert isinstance(verdict, NotRevocable)
    assert "service-linked" in verdict.reason
    assert "invokedBy" in verdict.alternative


@pytest.mark.parametrize("path", ["/aws-reserved/sso.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/eu-west-1/"])
def test_identity_center_roles_are_not_revocable(path: str) -> None:
    verdict = revocability(role("AWSReservedSSO_Admin_0123456789abcdef", path))

    assert isinstance(verdict, NotRevocable)
    assert "Identity Center" in verdict.reason
    assert "identitystore:UserId" in verdict.alternative


@pytest.mark.parametrize(
    ("principal", "limit"),
    [
        (role(), 10_240),
        (User(name="u", arn=f"arn:aws:iam::{ACCOUNT}:user/u"), 2_048),
        (Group(name="g", arn=f"arn:aws:iam::{ACCOUNT}:group/g"), 5_120),
    ],
)
def test_limit_depends_on_the_kind_of_principal(principal: Role | User | Group, limit: int) -> None:
    room = inline_headroom(principal, "any")

    assert (room.limit, room.free) == (limit, limit)


def test_white_space_is_not_counted() -> None:
    full = msgspec.structs.replace(role(), inline=(inline("a", '{ "x":\t[1,\r\n 2] }'), inline("b", "{}")))

    assert inline_headroom(full, "c").used == len('{"x":[1,2]}') + len("{}")


def test_characters_are_counted_and_not_bytes() -> None:
    accented = msgspec.structs.replace(role(), inline=(inline("a", '{"é":1}'),))

    assert 7 == policy_size('{"é":1}') == inline_headroom(accented, "b").used


def test_policy_of_the_same_name_is_replaced_and_not_counted() -> None:
    full = msgspec.structs.replace(role(), inline=(inline("keep", "x" * 10_000), inline("ours", "y" * 240)))

    assert inline_headroom(full, "ours").free == 240
    assert inline_headroom(full, "other").free == 0
    assert inline_headroom(full, "ours").fits("z" * 240)
    assert not inline_headroom(full, "other").fits("z")


@given(st.integers(0, 300), st.integers(0, 300))
def test_what_fits_is_what_is_free(limit: int, used: int) -> None:
    room = InlineHeadroom(limit, used)

    assert room.fits("x" * max(room.free, 0)) is (room.free >= 0)
    assert not room.fits("x" * (max(room.free, 0) + 1))


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_size_does_not_depend_on_layout(value: object) -> None:
    assert policy_size(json.dumps(value, indent=3)) == policy_size(json.dumps(value, separators=(",", ":")))


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:iam::aws:policy/AWSDenyAll", True),
        ("arn:aws-cn:iam::aws:policy/AWSDenyAll", True),
        (f"arn:aws:iam::{ACCOUNT}:policy/AWSDenyAll", False),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", False),
    ],
)
def test_only_the_managed_policy_of_aws_denies_all(arn: str, expected: bool) -> None:
    attached = (AttachedPolicy(name=arn.rpartition("/")[2], arn=arn),)

    assert denies_all(msgspec.structs.replace(role(), attached=attached)) is expected


def user(*statements: Json) -> User:
    own = inline("own", json.dumps(policy(*statements)))
    return User(name="u", arn=f"arn:aws:iam::{ACCOUNT}:user/u", inline=(own,))


def undoing(principal: User | Role) -> tuple[Undoing, ...]:
    facts: dict[str, tuple[User | Role, ...]] = {"users": (), "roles": (), "groups": (), "policies": ()}
    facts["users" if isinstance(principal, User) else "roles"] = (principal,)
    return can_undo_quarantine(principal, Account(account_id=ACCOUNT, partition="aws", taken_at=NOW, **facts))  # type: ignore[arg-type]  # one list or the other


def with_policies(found: Role, *statements: Json) -> Role:
    return msgspec.structs.replace(found, inline=(inline("own", json.dumps(policy(*statements))),))


def test_each_form_of_containment_is_undone_by_its_own_actions() -> None:
    assert [(each.action, each.undoes) for each in undoing(user(allow("iam:*")))] == [
        ("iam:DeleteUserPolicy", "inline Deny"),
        ("iam:PutUserPolicy", "inline Deny"),
        ("iam:DetachUserPolicy", "attached Deny"),
        ("iam:DeleteUserPermissionsBoundary", "boundary"),
        ("iam:PutUserPermissionsBoundary", "boundary"),
    ]
    assert {each.action for each in undoing(with_policies(role(), allow("iam:*")))} == {
        "iam:DeleteRolePolicy", "iam:PutRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRolePermissionsBoundary",
        "iam:PutRolePermissionsBoundary",
    }  # fmt: skip


def test_who_may_not_change_itself_undoes_nothing() -> None:
    assert undoing(user(allow("iam:*UserPolicy", f"arn:aws:iam::{ACCOUNT}:user/other"))) == ()
    assert undoing(user(allow("iam:*"), deny("iam:*"))) == ()
    assert undoing(user(allow(["iam:AttachUserPolicy", "iam:CreateAccessKey"]))) == ()


def test_what_it_hangs_on_is_told() -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    (found,) = undoing(user(allow("iam:DeleteUserPolicy", Condition=mfa)))

    assert found.conditions == ("aws:MultiFactorAuthPresent is true",)


def test_a_quarantine_that_lies_there_already_is_what_could_be_undone() -> None:
    assert undoing(user(allow("iam:DeleteUserPolicy"), deny())) == undoing(user(allow("iam:DeleteUserPolicy"))) != ()


@pytest.mark.parametrize("path", ["/aws-service-role/x.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"])
def test_nothing_can_be_undone_where_nothing_can_be_put(path: str) -> None:
    assert undoing(with_policies(role(path=path), allow("iam:*"))) == ()
    assert undoing(with_policies(role(path="/team/"), allow("iam:*"))) != ()
