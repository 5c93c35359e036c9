"""What room there is for a containment, and which ways are left."""

from __future__ import annotations

import msgspec
import pytest

from policies.templates import QUARANTINE_POLICY, REVOKE_POLICY, quarantine_user, revoke_sessions, serialise
from scanner.containment import (
    Slots,
    can_take_scps,
    managed_slots,
    scps_in_force,
    trust_headroom,
    ways_left,
    why_scps_are_unknown,
)
from scanner.containment.headroom import ROLE_REVOCATION, USER_QUARANTINE, own_headroom
from scanner.inventory import NotCollected, Role, Undetermined, User
from tests.accounts import OWN, Json, account, deny, gap
from tests.rules.holding import DENY_ALL, arn_of, iam, role, user
from tests.rules.response.responding import ALONE, in_organization

FULL = {"name": "own", "document": {"Id": "x" * 11_000}}


def summary(**counters: int) -> Json:
    return {"summary": {"kind": "account-summary", "counters": counters}}


def the_role(**facts: object) -> Role:
    found = account(iam(role("r-app", "ec2") | facts)).roles
    assert isinstance(found, tuple)
    return found[0]


def the_user(**facts: object) -> User:
    found = account(iam(user("u-dev") | facts)).users
    assert isinstance(found, tuple)
    return found[0]


def attached(count: int) -> list[Json]:
    return [{"name": f"p{each}", "arn": arn_of("policy", f"p{each}")} for each in range(count)]


def test_the_documents_that_have_to_fit_are_those_that_are_rendered() -> None:
    assert serialise(revoke_sessions("2026-11-20T23:00:00Z")) == ROLE_REVOCATION
    assert serialise(quarantine_user()) == USER_QUARANTINE


def test_an_earlier_containment_of_the_same_name_is_replaced() -> None:
    earlier = {"document": {"Id": "x" * 1_000}}

    assert own_headroom(the_role(inline=[{"name": REVOKE_POLICY, **earlier}])).used == 0
    assert own_headroom(the_user(inline=[{"name": QUARANTINE_POLICY, **earlier}])).used == 0
    assert own_headroom(the_user(inline=[{"name": REVOKE_POLICY, **earlier}])).used > 1_000


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, Slots(10, 3, is_live=False)),
        (summary(AttachedPoliciesPerRoleQuota=20, AttachedPoliciesPerUserQuota=15), Slots(20, 3, is_live=True)),
        (summary(AttachedPoliciesPerUserQuota=15), Slots(10, 3, is_live=False)),
        ({"summary": gap("iam:GetAccountSummary")}, Slots(10, 3, is_live=False)),
    ],
)
def test_the_live_quota_counts(parts: Json, expected: Slots) -> None:
    assert managed_slots(the_role(attached=attached(3)), account(parts)) == expected


def test_no_slot_is_owed() -> None:
    assert managed_slots(the_user(attached=attached(12)), account({})).free == 0


def test_the_trust_policy_has_a_quota_of_its_own() -> None:
    used = 2_048 - trust_headroom(the_role(), account({}))

    assert used == len(bytes(the_role().trust).replace(b" ", b""))
    assert trust_headroom(the_role(), account(summary(AssumeRolePolicySizeQuota=4_096))) == 4_096 - used


def test_the_gentlest_way_comes_first() -> None:
    assert ways_left(the_role(), account({})) == ("inline policy", "managed policy", "boundary", "trust policy")
    assert ways_left(the_user(), account({})) == ("inline policy", "managed policy", "boundary")


def test_a_full_principal_keeps_its_boundary() -> None:
    wide = {"Version": "2012-10-17", "Statement": [], "Id": "x" * 2_000}

    assert ways_left(the_role(inline=[FULL], attached=attached(10), trust=wide), account({})) == ("boundary",)
    assert ways_left(the_user(inline=[FULL], attached=attached(10)), account({})) == ("boundary",)


def test_a_slot_that_denies_everything_is_no_longer_needed() -> None:
    held = [*attached(9), {"name": "AWSDenyAll", "arn": DENY_ALL}]

    assert "managed policy" in ways_left(the_user(attached=held), account({}))


@pytest.mark.parametrize("path", ["/aws-service-role/x.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"])
def test_nothing_is_left_where_iam_refuses(path: str) -> None:
    assert ways_left(msgspec.structs.replace(the_role(), path=path), account({})) == ()


def test_service_control_policies_of_the_way_down_are_in_force() -> None:
    levels = scps_in_force(account(in_organization(deny("s3:*"))))

    assert levels is not None
    assert [[source.name for source in level] for level in levels] == [
        ["FullAWSAccess (p-full)", "own (p-own)"], ["FullAWSAccess (p-full)"],
    ]  # fmt: skip
    assert scps_in_force(account(ALONE)) == ()


@pytest.mark.parametrize("part", ["membership", "tree", "accounts", "policies"])
def test_the_missing_part_of_the_organization_is_named(part: str) -> None:
    found = account(in_organization(**{part: gap("organizations:ListPolicies", "elsewhere")}))  # type: ignore[arg-type]  # a part of it
    why = why_scps_are_unknown(found)

    assert scps_in_force(found) is None
    assert isinstance(why, NotCollected)
    assert why.gap.status == "elsewhere"


def test_an_account_whose_place_is_not_known_is_undetermined() -> None:
    found = account(in_organization(accounts=[]))

    assert scps_in_force(found) is None
    assert "place of the account" in why_scps_are_unknown(found).reason


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (in_organization(), None),
        (in_organization(management=OWN), "management account"),
        (ALONE, "in no organization"),
        (in_organization(tree={"kind": "organization-tree", "units": [], "roots": [{"id": "r-1"}]}), "not switched on"),
    ],
)
def test_whether_service_control_policies_can_contain(facts: Json, reason: str | None) -> None:
    found = can_take_scps(account(facts))

    assert (found is None) if reason is None else (found is not None and reason in found)


@pytest.mark.parametrize("part", ["membership", "tree"])
def test_that_is_unknown_where_the_organization_was_not_read(part: str) -> None:
    with pytest.raises(Undetermined):
        can_take_scps(account(in_organization(**{part: gap("organizations:ListRoots")})))  # type: ignore[arg-type]  # a part of it
