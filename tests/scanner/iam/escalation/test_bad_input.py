"""Accounts that are large, hostile, malformed or incomplete.

Costs are counted in calls of functions, which are the same on every machine; the times of a clock are not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import FrameType

import msgspec
import pytest

from scanner.errors import UsageError
from scanner.iam.escalation.blast import Blast
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.paths import Paths, paths_of
from scanner.snapshot import decode
from tests.accounts import NOW, OWN, allow, deny, policy
from tests.scanner.iam.escalation.building import (
    ROOT,
    Json,
    account,
    arn,
    details,
    escalation,
    graph,
    group,
    managed_policy,
    methods,
    paths,
    read,
    role,
    target,
    trusting,
    user,
)

BOSS = target("boss", "ec2.amazonaws.com", profile=True)
RUN = allow("ec2:RunInstances")
ME = arn("user", "me")


def calls(work: Callable[[], object]) -> int:
    """How many functions a piece of work calls, those written in C included."""
    count = 0

    def counted(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def grows(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """By how much the work grows when its size is doubled: 2 where it is linear, 4 where it is quadratic."""
    return calls(work(2 * size)) / calls(work(size))


def unread(found: Graph) -> set[str]:
    return {found.arn(at) for at in range(len(found.nodes)) if found.unread >> at & 1}


def roles_of(name: str, count: int) -> list[str]:
    return [arn("role", f"{name}-{place:06}/service") for place in range(count)]


def long_statement(part: str, size: int) -> Json:
    """A statement that lets the privileged role be passed, and is long in one of its parts."""
    if part == "resources":
        return allow("iam:PassRole", [*roles_of(f"team-of-a-very-large-company-{size}", size), arn("role", "boss")])
    if part == "actions":
        return allow(["iam:PassRole", *(f"s3:GetSomethingOfWhichNobodyHeard{size}-{place}" for place in range(size))])
    return allow("iam:PassRole", Sid="x" * 80 * size)


@pytest.mark.parametrize(("part", "size"), [("resources", 130_000), ("actions", 230_000), ("identifier", 130_000)])
def test_a_policy_of_ten_megabytes_costs_as_much_as_it_is_long(part: str, size: int) -> None:
    def of(size: int) -> Callable[[], object]:
        found = account(user("me", long_statement(part, size), RUN), BOSS)
        return lambda: paths_of(found).escalation(ME)

    large = long_statement(part, size)
    assert len(json.dumps(large)) > 10_000_000
    assert methods(escalation("me", user("me", large, RUN), BOSS)) == {"ec2-001"}
    assert escalation("me", user("me", large | {"Effect": "Deny"}, allow("iam:PassRole"), RUN), BOSS) is None
    assert grows(of, 4_000) < 2.5


@pytest.mark.parametrize("limit", ["resources", "conditions", "denies"])
def test_a_thousand_statements_are_each_read_once(limit: str) -> None:
    def statements(size: int) -> list[Json]:
        if limit == "resources":
            return [allow("iam:PassRole", arn("role", f"team-{place}-*")) for place in range(size)]
        if limit == "conditions":
            said = ({"StringEquals": {"aws:RequestedRegion": f"region-{place}"}} for place in range(size))
            return [allow("iam:PassRole", Condition=each) for each in said]
        said = ({"StringEquals": {f"aws:RequestTag/{place}": "x"}} for place in range(size))
        return [
            allow("iam:PassRole"),
            *(deny("iam:PassRole", f"*{place}*", Condition=each) for place, each in enumerate(said)),
        ]

    def of(size: int) -> Callable[[], object]:
        found = account(user("me", *statements(size), RUN), BOSS)
        return lambda: paths_of(found).escalation(ME)

    found = escalation("me", user("me", *statements(1000), RUN), BOSS)
    assert methods(found) == (set() if limit == "resources" else {"ec2-001"})
    for path in found.paths if found else ():
        assert len(path.steps[0].conditions) <= 12
    assert grows(of, 250) < 4.5


@pytest.mark.parametrize(
    "pattern",
    ["*?" * 2000, "*?" * 2000 + "x", "*a" * 2000, "?*" * 2000 + "?", f"{arn('role', '')}*" + "*?*" * 900, "*" * 9000],
)
def test_hostile_patterns_are_matched_in_bounded_steps(pattern: str) -> None:
    covers = not pattern.strip("*") or pattern.endswith("*?*")
    me = user("me", allow("iam:PassRole", pattern), RUN)
    caught = user(
        "me", allow("iam:PassRole"), RUN, deny("iam:PassRole", Condition={"StringLike": {"aws:PrincipalArn": pattern}})
    )

    assert calls(lambda: escalation("me", me, BOSS)) < 1_000_000
    assert calls(lambda: escalation("me", caught, BOSS)) < 1_000_000
    if pattern.strip("*") == "":
        assert methods(escalation("me", me, BOSS)) == {"ec2-001"}
    assert covers or escalation("me", me, BOSS) is None


def test_hostile_patterns_of_actions_and_of_services_are_bounded() -> None:
    hostile = [f"ec2:{'*?' * 2000}", "*?" * 2000 + ":*", f"iam:{'?*' * 500}Role"]
    pairs = ["*?" * 200 + str(place) for place in range(60)]
    bounded = user("me", allow("lambda:*", pairs), boundary=arn("policy", "edge"))
    edge = managed_policy("edge", policy(allow("*", ["?*" * 200 + str(place) for place in range(60)])))

    assert calls(lambda: escalation("me", user("me", allow(hostile)), BOSS)) < 500_000
    assert calls(lambda: escalation("me", bounded, edge, target("boss", "lambda.amazonaws.com"))) < 6_000_000


def chain(size: int) -> list[Json]:
    """Roles of which each may become the one before; the first is an administrator."""
    first = role("r0000", allow(), trust=[trusting(arn("role", "r0001"))])
    rest = (role(f"r{place:04}", trust=[trusting(arn("role", f"r{place + 1:04}"))]) for place in range(1, size))
    return [first, *rest]


def test_a_chain_of_a_thousand_roles_is_followed_to_its_end() -> None:
    found = paths(*chain(1000))

    assert found.graph.escalating.bit_count() == 999
    last = found.escalation(arn("role", "r0999"))
    assert last is not None
    assert len(last.paths[0].steps) == 999
    assert last.paths[0].steps[-1].target == arn("role", "r0000")
    assert found.escalation(arn("role", "r0000")) is None
    size = Blast(found.graph).counts(arn("role", "r0999"))
    assert (size.principals, size.administrators) == (999, 1)


def test_all_paths_of_a_chain_cost_no_more_than_their_steps() -> None:
    def of(size: int) -> Callable[[], object]:
        found = paths(*chain(size))
        return lambda: [found.escalation(each) for each in found.graph.landscape.people.arns]

    # The steps of all paths together are quadratic in the length of the chain.
    assert grows(of, 100) < 4.5


def test_a_circle_of_a_thousand_roles_comes_to_an_end() -> None:
    size = 1000
    circle = [role(f"r{place:04}", trust=[trusting(arn("role", f"r{(place + 1) % size:04}"))]) for place in range(size)]
    boss = role("boss", allow(), trust=[trusting(arn("role", "r0000"))])

    closed, open_ = graph(*circle), paths(*circle, boss)

    assert closed.escalating == 0
    assert Blast(closed).counts(arn("role", "r0500")).principals == size - 1
    assert open_.graph.escalating.bit_count() == size
    found = open_.escalation(arn("role", "r0001"))
    assert found is not None
    assert {len(path.steps) for path in found.paths} == {2}


def test_many_users_in_many_groups_cost_what_they_are() -> None:
    def of(size: int) -> Callable[[], object]:
        groups = [group(f"g{place}", allow(["iam:PassRole", "ec2:RunInstances"])) for place in range(size // 10)]
        users = [
            user(f"u{place:04}", groups=[f"g{place % len(groups)}", f"g{place * 7 % len(groups)}"])
            for place in range(size)
        ]
        found = account(*users, *groups, BOSS)
        return lambda: built.append(paths_of(found))

    built: list[Paths] = []
    of(1000)()
    assert built[0].graph.escalating.bit_count() == 1000
    assert len(built[0].graph.nodes) == 1001
    assert methods(built[0].escalation(arn("user", "u0500"))) == {"ec2-001"}
    assert grows(lambda size: lambda: (of(size)(), built[-1].graph.ranks), 200) < 2.5


def test_who_may_join_every_group_is_not_multiplied_by_them() -> None:
    groups = [group(f"g{place}", allow(["s3:*", "iam:PassRole", "iam:AddUserToGroup"])) for place in range(100)]
    users = [user(f"u{place}", allow("iam:AddUserToGroup")) for place in range(50)]

    found = graph(*users, *groups, BOSS)

    assert len(found.nodes) < 51 * 13 * 13


def test_text_of_all_the_world_is_kept_as_it_is() -> None:
    name = "ann\u202e\u0000é☃\U0001f525<script>"
    me = user(name, allow(["iam:PassRole", "ec2:RunInstances"]), tags={"é": "\U0001f525"})

    found = escalation(name, me, BOSS)

    assert found is not None
    assert found.paths[0].steps[0].source == arn("user", name)
    # Outside of ASCII letters are not compared without case, and look-alikes are other letters.
    assert (
        escalation(
            "me", user("me", allow(["iam:Pa\u017f\u017frole", "ec2:RunInstance\u017f", "iam:\u212aPassRole"])), BOSS
        )
        is None
    )


def test_half_a_character_is_refused_and_in_a_document_it_is_named() -> None:
    with pytest.raises(UsageError):
        account(user("me", tags={"x": "\ud800"}))
    broken = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*\\ud800","Resource":"*"}]}'
    found = graph(holding(broken), user("other", allow("s3:*")))

    assert unread(found) == {ME}
    assert not found.administrators


def holding(document: object) -> Json:
    """A user with one inline policy that is given as it stands."""
    return user("me") | {"UserPolicyList": [{"PolicyName": "p", "PolicyDocument": document}]}


@pytest.mark.parametrize(
    "statement",
    [
        '"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"',
        '"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"',
        '"Effect":"Allow","Action":"*","Action":"s3:*","Resource":"*"',
        '"Effect":"Allow","Action":"s3:*","Action":"*","Resource":"*"',
    ],
)
def test_a_document_with_a_repeated_key_is_not_read_as_if_it_had_one_of_them(statement: str) -> None:
    found = graph(holding(f'{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}'))

    assert unread(found) == {ME}
    assert not found.administrators


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "[]",
        '{"Statement":[{"Effect":"Maybe","Action":"*","Resource":"*"}]}',
        {"Statement": [{"Effect": "Allow", "Action": 5, "Resource": "*"}]},
        {"Statement": "x"},
        {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": "x"}]},
        "[" * 100_000,
    ],
)
def test_a_malformed_policy_is_named_and_what_stands_beside_it_counts(document: object) -> None:
    me = holding(document)
    me["UserPolicyList"].append({"PolicyName": "q", "PolicyDocument": policy(allow(["iam:PassRole", "ec2:*"]))})

    found = paths(me, BOSS, user("other", allow("s3:*")))

    assert unread(found.graph) == {ME}
    told = found.escalation(ME)
    assert told is not None
    assert "ec2-001" in methods(told)
    assert all(path.confidence != "high" for path in told.paths)
    assert all(any("not read" in text for text in path.steps[0].conditions) for path in told.paths)


@pytest.mark.parametrize(
    "trust",
    [
        {},
        "x",
        [],
        {"Statement": "x"},
        {"Statement": [{"Effect": "Allow"}]},
        {"Statement": [{"Effect": "Maybe", "Principal": "*", "Action": "sts:AssumeRole"}]},
        {"Statement": [{"Effect": "Allow", "Principal": {"AWS": 5}, "Action": "sts:AssumeRole"}]},
        {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": {}}]},
    ],
)
def test_a_role_whose_trust_is_malformed_is_named_and_admits_nobody(trust: object) -> None:
    boss = role("boss", allow()) | {"AssumeRolePolicyDocument": trust}
    sound = role("sound", trust=[trusting(ROOT)])

    found = paths(user("me", allow("sts:AssumeRole")), boss, sound)

    trusted = found.graph.landscape.trusting
    assert list(found.graph.landscape.people.members(trusted.unread)) == [arn("role", "boss")]
    assert found.escalation(ME) is None
    assert methods(paths(user("me", allow("iam:UpdateAssumeRolePolicy")), boss).escalation(ME)) == {"iam-012"}


def whole() -> Json:
    return details(
        user("me", allow("iam:PassRole"), groups=["g"], managed=[arn("policy", "p")]),
        group("g", RUN),
        BOSS,
        managed_policy("p", policy(RUN)),
    )


@pytest.mark.parametrize(
    ("missing", "known", "incomplete"),
    [
        ("UserDetailList", {arn("role", "boss")}, set()),
        ("RoleDetailList", {ME}, set()),
        ("GroupDetailList", {ME, arn("role", "boss")}, {ME}),
        ("Policies", {ME, arn("role", "boss")}, {ME}),
    ],
)
def test_a_list_that_is_missing_leaves_unread_what_it_would_hold(
    missing: str, known: set[str], incomplete: set[str]
) -> None:
    raw = whole()
    del raw[missing]
    found = paths_of(read(raw))

    assert set(found.graph.landscape.people.arns) == known
    assert unread(found.graph) == incomplete
    told = found.escalation(ME) if ME in known else None
    assert methods(told) == ({"ec2-001"} if incomplete else set())
    assert all(path.confidence != "high" for path in (told.paths if told else ()))


def test_an_account_of_nothing_has_nobody_to_tell_of() -> None:
    empty = decode(b'{"UserDetailList": []}', now=NOW, actions={}, account_id=OWN)
    found = paths_of(empty)

    assert found.graph.nodes == []
    assert found.graph.escalating == 0
    assert found.escalation(ME) is None
    assert found.between(ME, ME) is None


def test_the_same_account_gives_the_same_answer_again() -> None:
    me = user("me", allow(["iam:*", "sts:*", "ec2:*"]), boundary=arn("policy", "edge"))
    entities = [me, BOSS, managed_policy("edge", policy(allow(["iam:*", "sts:*"])))]

    assert paths(*entities).escalation(ME) == paths(*entities[::-1]).escalation(ME)


def test_a_graph_that_could_not_be_built_is_not_tried_again_for_every_principal() -> None:
    found = account(user("me", allow()))
    broken = msgspec.structs.replace(found, users=(None,))  # as a defect of ours would leave it

    with pytest.raises(AttributeError):
        graph_of(broken)
    with pytest.raises(RuntimeError, match="could not be built"):
        graph_of(broken)
    assert graph_of(found).administrators
