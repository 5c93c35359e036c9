"""Principals that can lift more limits than are followed: what matters is found, what is left out is no pass."""

from __future__ import annotations

import pytest

from rules import RULES
from scanner.engine.judge import Settings, judge
from scanner.iam.escalation.graph import graph_of
from scanner.iam.escalation.survey import Surveyor
from scanner.inventory import Account
from tests.accounts import NOW, OWN, allow, deny, policy
from tests.scanner.iam.escalation.building import (
    Json,
    account,
    arn,
    escalation,
    group,
    managed_policy,
    methods,
    role,
    trusting,
    user,
)

CAP = managed_policy("cap", policy(allow("s3:*")))
MANY = 30


def verdict(found: Account, name: str) -> str:
    """What the rule says of a user."""
    _, findings = judge(found, [RULES["iam-privilege-escalation"]], NOW, Settings())
    return next((each.status for each in findings if each.resource.name == name), "pass")


def bounded_roles(*last: Json) -> list[Json]:
    """Many roles that whoever changes their boundary can assume, and one more that holds what is given."""
    trust = [trusting(arn("user", "me"))]
    held = [allow(["s3:GetObject", "sqs:*"])]
    return [
        *(role(f"r{place}", *held, trust=trust, boundary=arn("policy", "cap")) for place in range(MANY)),
        role("z", *last, trust=trust, boundary=arn("policy", "cap")),
    ]


def test_of_many_bounded_roles_the_one_that_would_be_an_administrator_is_found() -> None:
    me = user("me", allow("iam:PutRolePermissionsBoundary"))

    assert methods(escalation("me", me, CAP, *bounded_roles(allow()))) == {"x-iam-putroleboundary-assume"}
    assert not methods(escalation("me", me, CAP, *bounded_roles(allow(), deny(["iam:*", "sts:*"]))))


def test_of_many_roles_the_one_that_was_an_administrator_is_found() -> None:
    me = user("me", allow("iam:SetDefaultPolicyVersion"))
    trust = [trusting(arn("user", "me"))]
    narrow = policy(allow("s3:GetObject", "arn:aws:s3:::b/*"))
    wider = managed_policy("wider", narrow, policy(allow("s3:*")))
    former = managed_policy("former", narrow, policy(allow()))
    roles = [role(f"r{place}", managed=[arn("policy", "wider")], trust=trust) for place in range(MANY)]

    def found(last: str) -> set[str]:
        return methods(
            escalation("me", me, wider, former, *roles, role("z", managed=[arn("policy", last)], trust=trust))
        )

    assert found("former") == {"x-iam-setdefault-assume"}
    assert not found("wider")


@pytest.mark.parametrize(("roles", "expected"), [(MANY, "unknown"), (3, "pass")])
def test_roles_beyond_those_that_are_followed_are_no_pass(roles: int, expected: str) -> None:
    me = user("me", allow("iam:PutRolePermissionsBoundary"))
    found = account(me, CAP, *bounded_roles(allow("sqs:*"))[-roles:])

    assert verdict(found, "me") == expected
    assert bool(graph_of(found).cut) == (expected == "unknown")


@pytest.mark.parametrize(
    ("count", "actions", "expected"),
    [
        (12, ["iam:PassRole", "lambda:CreateFunction"], "unknown"),
        (3, ["iam:PassRole", "lambda:CreateFunction"], "pass"),
        # Rights by which no way of the catalogue is gone lead nowhere, however many groups give them.
        (12, ["sqs:*", "s3:GetObject"], "pass"),
    ],
)
def test_groups_beyond_those_that_are_followed_are_no_pass(count: int, actions: list[str], expected: str) -> None:
    boss = role("boss", allow(), trust=[trusting("lambda.amazonaws.com")])
    groups = [group(f"g{place}", allow(actions, f"arn:aws:*:*:{OWN}:*{place}*")) for place in range(count)]

    assert verdict(account(user("me", allow("iam:AddUserToGroup")), boss, *groups), "me") == expected


@pytest.mark.parametrize(("roles", "is_complete"), [(MANY, False), (3, True)])
def test_a_survey_says_that_limits_were_left_out(roles: int, is_complete: bool) -> None:
    me = user("me", allow("iam:PutRolePermissionsBoundary"))
    found = Surveyor(account(me, CAP, *bounded_roles(allow("sqs:*"))[-roles:]))

    for survey in (found.everyone(), found.one(arn("user", "me"))):
        assert survey.complete == is_complete
        assert any("can lift so many limits" in each for each in survey.missing) != is_complete


def test_limits_beyond_the_first_two_in_a_row_are_no_pass() -> None:
    chain = [group(f"g{place}", allow("iam:AddUserToGroup", arn("group", f"g{place + 1}"))) for place in range(2)]
    me = user("me", allow("iam:AddUserToGroup", arn("group", "g0")))

    assert verdict(account(me, *chain, group("g2", allow())), "me") == "unknown"
    assert verdict(account(me, *chain, group("g2", allow("s3:GetObject"))), "me") == "pass"
    assert verdict(account(me, chain[0], group("g1", allow())), "me") == "fail"


def test_a_group_that_was_not_read_and_can_be_joined_is_no_pass() -> None:
    gone = arn("policy", "gone")
    me = user("me", allow("iam:AddUserToGroup", arn("group", "g")))
    elsewhere = user("me", allow("iam:AddUserToGroup", arn("group", "other")))
    read = group("g", allow("s3:GetObject"))

    assert verdict(account(me, group("g", allow("s3:GetObject"), managed=[gone])), "me") == "unknown"
    assert verdict(account(me, group("g", managed=[gone])), "me") == "unknown"
    assert verdict(account(elsewhere, group("g", managed=[gone])), "me") == "pass"
    assert verdict(account(me, read), "me") == "pass"
    assert any("can join" in each for each in Surveyor(account(me, group("g", managed=[gone]))).everyone().missing)


def test_a_malformed_trust_policy_is_missing_from_a_survey() -> None:
    boss = role("boss", allow(), trust=[{"Effect": "Allow", "Principal": 7, "Action": "sts:AssumeRole"}])
    survey = Surveyor(account(user("me", allow("sts:AssumeRole")), boss)).everyone()

    assert not survey.complete
    assert any("trust policy" in each and "malformed" in each for each in survey.missing)


@pytest.mark.parametrize(
    "kept",
    [
        arn("user", "me"),
        arn("user", "${aws:username}"),
        "arn:aws:iam::*:user/${aws:username}",
        [arn("mfa", "*"), arn("user", "${aws:username}")],
        arn("user", "${aws:PrincipalTag/name}"),
    ],
)
def test_a_deny_of_all_but_oneself_leaves_oneself(kept: object) -> None:
    rest = {"Effect": "Deny", "Action": "iam:*", "NotResource": kept}
    me = user("me", allow("iam:PutUserPolicy"), rest, tags={"name": "me"})
    other = user("me", allow("iam:PutUserPolicy"), rest | {"NotResource": arn("user", "other")}, tags={"name": "me"})

    assert methods(escalation("me", me))
    assert not methods(escalation("me", other))


@pytest.mark.parametrize(
    ("attached", "escalates"),
    [
        ("arn:aws:iam::aws:policy/IAMFullAccess", True),
        ("arn:aws:iam::aws:policy/AdministratorAccess", True),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", False),
        (arn("policy", "iam"), True),
        (arn("policy", "narrow"), False),
    ],
)
def test_a_policy_that_gives_the_right_to_take_every_other_is_worth_attaching(attached: str, escalates: bool) -> None:
    condition = {"ArnEquals": {"iam:PolicyARN": attached}}
    policies = [
        managed_policy("iam", policy(allow("iam:*"))),
        managed_policy("narrow", policy(allow("iam:*", "arn:aws:iam::*:role/x"))),
    ]
    me = user("me", allow("iam:AttachUserPolicy", Condition=condition))

    assert bool(methods(escalation("me", me, *policies))) == escalates
