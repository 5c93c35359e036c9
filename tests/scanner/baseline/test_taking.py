"""What is taken into a reviewed state with an accepted finding, and what is not."""

from __future__ import annotations

import pytest

from scanner.baseline import State, changes, normal_form, taken
from scanner.findings import Finding, Remediation, Resource
from scanner.inventory import Account
from tests.accounts import OWN, allow, policy
from tests.scanner.drift.samples import arn, attached, identity, managed, role, user

READ, WRITE = policy(allow("s3:GetObject")), policy(allow("s3:PutObject"))


def finding(resource: str, kind: str = "AWS::IAM::Role") -> Finding:
    return Finding(
        fingerprint="0" * 32, rule_id="r", status="fail", severity="high", confidence="high", title="t", message="m",
        resource=Resource(resource, kind, "x", OWN), evidence={}, remediation=Remediation("f"),
    )  # fmt: skip


def taking(old: Account, new: Account, *resources: str) -> State:
    return taken(normal_form(old), normal_form(new), [finding(each) for each in resources])


def left(old: Account, new: Account, *resources: str) -> set[str]:
    """The names of what still is other than it is now."""
    found = changes(taking(old, new, *resources), normal_form(new))
    return {*found.added, *found.removed, *found.changed}


def test_the_resource_alone() -> None:
    old = identity(roles=[role("a", READ), role("b", READ)])
    new = identity(roles=[role("a", WRITE), role("b", WRITE)])

    assert left(old, new, arn("role", "a")) == {f"role {arn('role', 'b')}"}
    assert left(old, new) == {f"role {arn('role', name)}" for name in "ab"}


def test_the_documents_that_it_names_come_along_and_others_go() -> None:
    old = identity(roles=[role("a", READ)])
    new = identity(roles=[role("a", WRITE)])

    assert taking(old, new, arn("role", "a")) == normal_form(new)


def test_a_part_of_a_user_is_of_the_user() -> None:
    key = {"id": "AKIA1", "user": "u", "status": "Active", "created": "2026-01-01T00:00:00Z"}
    old = identity(users=[user("u")], access_keys=[{"user": "u", "keys": []}])
    new = identity(users=[user("u")], access_keys=[{"user": "u", "keys": [key]}])

    assert left(old, new, f"{arn('user', 'u')}#AKIA1") == set()


def test_what_is_gone_goes() -> None:
    old, new = identity(roles=[role("a", READ), role("b")]), identity(roles=[role("b")])

    assert left(old, new, arn("role", "a")) == set()


@pytest.mark.parametrize(
    ("resources", "is_taken"),
    [(["a"], False), (["b"], False), (["a", "b"], True)],
)
def test_a_policy_that_others_hold_too_is_not_accepted_for_them(resources: list[str], is_taken: bool) -> None:
    roles = [role("a", attached=attached("p")), role("b", attached=attached("p"))]
    old = identity(roles=roles, policies=[managed("p", READ)])
    new = identity(roles=roles, policies=[managed("p", WRITE)])

    found = left(old, new, *(arn("role", name) for name in resources))

    assert found == (set() if is_taken else {f"policy {arn('policy', 'p')}"})


def test_a_policy_that_nobody_knew_comes_with_its_first_holder() -> None:
    old = identity(roles=[role("a"), role("b")])
    roles = [role("a", attached=attached("p")), role("b", attached=attached("p"))]
    new = identity(roles=roles, policies=[managed("p", WRITE)])

    assert left(old, new, arn("role", "a")) == {f"role {arn('role', 'b')}"}


def test_a_group_comes_along_where_all_its_members_do() -> None:
    def group(document: object) -> dict[str, object]:
        return {"name": "g", "arn": arn("group", "g"), "inline": [{"name": "own", "document": document}]}

    users = [user("u", groups=["g"]), user("v", groups=["g"])]
    old = identity(users=users, groups=[group(READ)])
    new = identity(users=users, groups=[group(WRITE)])

    assert left(old, new, arn("user", "u")) == {f"group {arn('group', 'g')}"}
    assert left(old, new, arn("user", "u"), arn("user", "v")) == set()


def test_a_boundary_is_a_policy_that_one_holds() -> None:
    old = identity(roles=[role("a", boundary=arn("policy", "p"))], policies=[managed("p", READ)])
    new = identity(roles=[role("a", boundary=arn("policy", "p"))], policies=[managed("p", WRITE)])

    assert left(old, new, arn("role", "a")) == set()


def test_what_is_the_same_stays_the_same() -> None:
    new = identity(roles=[role("a", WRITE)], users=[user("u")])

    assert taking(new, new, arn("role", "a"), arn("user", "u")) == normal_form(new)


def test_a_finding_of_the_account_takes_nothing_of_its_root_user() -> None:
    root = f"arn:aws:iam::{OWN}:root"

    def report(active: bool) -> dict[str, object]:
        row = {"user": "<root_account>", "arn": root, "key_1_active": active}
        return {"kind": "credential-report", "rows": [row]}

    old, new = identity(credential_report=report(False)), identity(credential_report=report(True))

    found = taken(normal_form(old), normal_form(new), [finding(root, "AWS::Account")])

    assert found == normal_form(old)


def test_a_finding_of_a_group_takes_nothing_that_others_gain() -> None:
    def group(*names: str) -> dict[str, object]:
        return {"name": "g", "arn": arn("group", "g"), "attached": attached(*names)}

    users = [user("u", groups=["g"]), user("v", groups=["g"])]
    old = identity(users=users, groups=[group()])
    new = identity(users=users, groups=[group("p")], policies=[managed("p", WRITE)])

    assert left(old, new, arn("group", "g")) == {f"group {arn('group', 'g')}", f"policy {arn('policy', 'p')}"}
    # With all its members it comes, and with it the policy without which nobody could tell what it grants.
    assert left(old, new, arn("user", "u"), arn("user", "v"), arn("group", "g")) == set()
    empty = identity(groups=[group("p")], policies=[managed("p", WRITE)])
    assert left(identity(groups=[group()]), empty, arn("group", "g")) == set()


def test_a_finding_of_a_policy_takes_it_where_nobody_else_gains() -> None:
    roles = [role("a", attached=attached("p")), role("b", attached=attached("p"))]
    old = identity(roles=roles, policies=[managed("p", READ)])
    new = identity(roles=roles, policies=[managed("p", WRITE)])
    before, after = (identity(policies=[managed("p", each)]) for each in (READ, WRITE))

    assert left(old, new, arn("policy", "p")) == {f"policy {arn('policy', 'p')}"}
    assert left(before, after, arn("policy", "p")) == set()
