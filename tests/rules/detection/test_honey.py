"""Users and roles that serve as bait."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, verdict

RULE = "honey-principal-missing"
DENIED = gap("iam:GetAccountAuthorizationDetails")
BAIT = [{"key": "honey", "value": ""}]


def user(tags: object = ()) -> Json:
    return {"name": "ann", "arn": f"arn:aws:iam::{OWN}:user/ann", "tags": tags}


def role(tags: object = ()) -> Json:
    return {"name": "app", "arn": f"arn:aws:iam::{OWN}:role/app", "trust": {"Statement": []}, "tags": tags}


def having(users: object, roles: object) -> Json:
    return {"users": users, "roles": roles, "groups": [], "policies": []}


CASES: list[Case] = [
    ("a tagged user", having([user(BAIT)], [role()]), "pass"),
    ("a tagged role", having([user()], [role(BAIT)]), "pass"),
    ("no tag", having([user()], [role()]), "fail"),
    ("the word as a value", having([user([{"key": "team", "value": "honey"}])], []), "fail"),
    ("nobody at all", having([], []), "fail"),
    ("users denied", having(DENIED, [role()]), "unknown"),
    ("users denied, a tagged role", having(DENIED, [role(BAIT)]), "pass"),
    ("roles denied", having([user()], DENIED), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_honey(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_the_tag_can_be_another_one_and_is_told_for_information() -> None:
    facts = having([user([{"key": "cost-centre-0", "value": "7"}])], [])

    assert only_finding(RULE, facts).severity == "info"
    assert verdict(RULE, facts, tag="cost-centre-0") == "pass"


TABLES = {RULE: CASES}
