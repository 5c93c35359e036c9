"""The blast radius of one stolen credential, and that its size is the size of what is listed."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scanner.iam.escalation.blast import Blast, BlastRadius, Counts
from scanner.iam.methods import Yield, escalation_catalogue
from tests.accounts import allow, deny, policy
from tests.scanner.iam.escalation.building import (
    ROOT,
    Json,
    arn,
    graph,
    group,
    managed_policy,
    role,
    target,
    trusting,
    user,
)
from tests.scanner.iam.escalation.test_samples import NAMES, sample
from tests.scanner.iam.escalation.test_samples import paths as paths_of_sample

ME = arn("user", "me")
CATALOGUE = escalation_catalogue()


def radius(*entities: Json, of: str = ME) -> BlastRadius:
    found = Blast(graph(*entities)).radius(of)
    assert found is not None
    return found


def counts(*entities: Json, of: str = ME) -> Counts:
    return Blast(graph(*entities)).counts(of)


def agree(found: BlastRadius, size: Counts) -> None:
    administrators = [each.arn for each in found.principals if each.administrator]
    assert size.principals == len(found.principals)
    assert size.administrators == len(administrators)
    assert size.secrets == len(found.secrets)
    assert size.blinding == len(found.blinding)
    assert size.persistence == len(found.persistence)
    assert set(size.worst) <= {each.arn for each in found.principals}
    assert set(size.worst[: len(administrators)]) <= set(administrators)


def test_it_holds_whom_one_can_become_over_any_number_of_steps() -> None:
    middle = role("middle", allow("sts:AssumeRole"), trust=[trusting(ROOT)])
    last = role("last", trust=[trusting(arn("role", "middle"))])
    entities = [user("me", allow("sts:AssumeRole", arn("role", "middle"))), middle, last, user("else")]

    found = radius(*entities)

    assert [(each.arn, each.administrator) for each in found.principals] == [
        (arn("role", "last"), False),
        (arn("role", "middle"), False),
    ]
    assert radius(*entities, of=arn("user", "else")).principals == ()
    agree(found, counts(*entities))


def test_administrators_come_first_and_a_stranger_has_none() -> None:
    found = graph(user("me", allow("sts:AssumeRole")), *(
        role(name, *([allow()] if name == "z" else []), trust=[trusting(ROOT)]) for name in "abz"
    ))  # fmt: skip

    reached = Blast(found).radius(ME)
    assert reached is not None
    assert [each.arn for each in reached.principals] == [arn("role", name) for name in "zab"]
    assert [each.administrator for each in reached.principals] == [True, False, False]
    assert Blast(found).counts(ME).worst == tuple(arn("role", name) for name in "zab")
    assert Blast(found).radius(arn("user", "nobody")) is None
    assert Blast(found).counts(arn("user", "nobody")) == Counts(0, 0, 0, 0, 0, ())


@pytest.mark.parametrize(
    ("actions", "changed"),
    [
        ("iam:PutUserPolicy", {"user/other"}),
        ("iam:AttachUserPolicy", {"user/other"}),
        ("iam:PutRolePolicy", {"role/app"}),
        ("iam:AttachRolePolicy", {"role/app"}),
        ("iam:CreatePolicyVersion", {"role/app"}),
        ("iam:PutGroupPolicy", {"group/crew", "group/void", "user/other"}),
        ("iam:AttachGroupPolicy", {"group/crew", "group/void", "user/other"}),
        ("iam:AddUserToGroup", {"user/other"}),
        ("iam:GetUser", set()),
    ],
)
def test_whom_one_can_change_without_becoming_it_is_said(actions: object, changed: set[str]) -> None:
    entities = [
        role("me", allow(actions)),
        user("other", groups=["crew"]),
        role("app", managed=[arn("policy", "own")]),
        role("AWSServiceRoleForX")
        | {
            "Path": "/aws-service-role/x/",
            "Arn": arn("role", "aws-service-role/x/AWSServiceRoleForX"),
        },
        managed_policy("own", policy(allow("s3:*"))),
        group("crew", allow("iam:PassRole")),
        group("void"),
    ]

    # A role cannot change itself by what is done to users and groups; where it can, that is an escalation.
    of = arn("role", "me")
    found = radius(*entities, of=of)

    if actions in ("iam:PutRolePolicy", "iam:AttachRolePolicy"):
        assert found.changes == ()
        narrowed = [role("me", allow(actions, arn("role", "app"))), *entities[1:]]
        found = radius(*narrowed, of=of)
    assert set(found.changes) == {arn(*each.split("/")) for each in changed}
    assert found.principals == ()


def test_what_can_be_changed_hangs_on_the_resource_and_on_denies() -> None:
    others = [user("one"), user("two")]

    one = radius(role("me", allow("iam:PutUserPolicy", arn("user", "one"))), *others, of=arn("role", "me"))
    rest = radius(role("me", allow("iam:PutUserPolicy"), deny("*", arn("user", "one"))), *others, of=arn("role", "me"))

    assert one.changes == (arn("user", "one"),)
    assert rest.changes == (arn("user", "two"),)


def test_who_can_act_as_it_is_not_merely_changing_it() -> None:
    may = user("me", allow(["iam:CreateAccessKey", "iam:PutUserPolicy"], arn("user", "other")))

    found = radius(may, user("other"), role("low"))

    assert found.changes == ()
    assert [each.arn for each in found.principals] == [arn("user", "other")]


@pytest.mark.parametrize("kind", ["blinding", "persistence"])
def test_every_notable_action_is_told_where_it_is_allowed(kind: str) -> None:
    notable = getattr(CATALOGUE, kind)
    entities = [user(f"u{place}", allow(each.action)) for place, each in enumerate(notable)]
    blast = Blast(graph(*entities, user("none", allow("s3:ListBucket"))))

    for place, each in enumerate(notable):
        found = blast.radius(arn("user", f"u{place}"))
        assert found is not None
        assert each.action in getattr(found, kind)
        assert getattr(blast.counts(arn("user", f"u{place}")), kind) >= 1
    empty = blast.radius(arn("user", "none"))
    assert empty is not None
    assert (empty.blinding, empty.persistence, empty.secrets) == ((), (), ())


def test_every_secret_is_told_by_each_way_and_not_by_a_part_of_one() -> None:
    entities: list[Json] = []
    wanted: list[tuple[str, Yield, tuple[str, ...]]] = []
    for each in CATALOGUE.yields:
        for way in each.ways:
            name = f"u{len(entities)}"
            entities.append(user(name, allow(list(way))))
            wanted.append((name, each, way))
    blast = Blast(graph(*entities))

    for name, each, way in wanted:
        found = blast.radius(arn("user", name))
        assert found is not None
        told = {secret.id: secret for secret in found.secrets}
        assert told[each.id].yields == each.yields
        assert set(told[each.id].actions) <= set(way)
        assert blast.counts(arn("user", name)).secrets == len(found.secrets)


def test_secrets_may_need_what_several_principals_hold() -> None:
    ways = [way for each in CATALOGUE.yields for way in each.ways if len(each.ways) == 1 and len(way) == 2]
    (one, two), each = ways[0], next(each for each in CATALOGUE.yields if ways[0] in each.ways)
    other = role("other", allow(two), trust=[trusting(ME)])

    assert each.id in {secret.id for secret in radius(user("me", allow(one)), other).secrets}
    apart = role("other", allow(two), trust=[trusting(arn("user", "else"))])
    assert each.id not in {secret.id for secret in radius(user("me", allow(one)), apart).secrets}


def test_what_is_denied_or_out_of_reach_is_not_told() -> None:
    action = "cloudtrail:StopLogging"

    assert radius(user("me", allow(action))).blinding == (action,)
    assert radius(user("me", allow(action), deny(action))).blinding == ()
    assert counts(user("me", allow(action), deny(action))).blinding == 0
    assert radius(user("me", allow(action, "arn:aws:s3:::bucket"))).blinding == ()
    edge = managed_policy("edge", policy(allow("s3:*")))
    assert radius(user("me", allow(action), boundary=arn("policy", "edge")), edge).blinding == ()
    reached = role("boss", allow(action), trust=[trusting(ME)])
    assert radius(user("me"), reached).blinding == (action,)


def everything(found: BlastRadius) -> bool:
    return (
        len(found.secrets) == len(CATALOGUE.yields)
        and len(found.blinding) == len(CATALOGUE.blinding)
        and len(found.persistence) == len(CATALOGUE.persistence)
    )


def test_an_administrator_can_do_everything_and_so_can_who_becomes_one() -> None:
    boss = target("boss", "ec2.amazonaws.com", profile=True)
    becoming = [
        [user("me", allow())],
        [user("me", allow("iam:PutUserPolicy"))],
        [user("me", allow(["iam:CreateRole", "iam:PutRolePolicy"]))],
        [user("me", allow(["iam:PassRole", "ec2:RunInstances"])), boss],
        [user("me", allow(["sts:AssumeRole", "iam:DeleteUserPermissionsBoundary"]), boundary=arn("policy", "edge")),
         role("boss", allow(), trust=[trusting(ROOT)]),
         managed_policy("edge", policy(allow("iam:DeleteUserPermissionsBoundary")))],
    ]  # fmt: skip

    for entities in becoming:
        found = radius(*entities, user("other"))
        assert everything(found), entities
        assert found.changes == ()
        agree(found, counts(*entities, user("other")))
    assert not everything(radius(user("me", allow(["iam:PutRolePolicy", "s3:*"])), user("other")))


def test_a_role_that_is_reached_only_without_its_limit_is_counted_as_it_is_listed() -> None:
    boss = role("boss", allow(), trust=[trusting(ROOT)], boundary=arn("policy", "edge"))
    me = user("me", allow(["sts:AssumeRole", "iam:DeleteRolePermissionsBoundary"]))
    entities = [me, boss, managed_policy("edge", policy(allow("s3:Get*")))]

    found = radius(*entities)

    assert [(each.arn, each.administrator) for each in found.principals] == [(arn("role", "boss"), True)]
    agree(found, counts(*entities))


def test_a_circle_holds_all_its_members_but_oneself() -> None:
    circle = [
        role(f"r{place}", allow("s3:GetObject"), trust=[trusting(arn("role", f"r{(place + 1) % 5}"))])
        for place in range(5)
    ]
    blast = Blast(graph(*circle))

    for place in range(5):
        found = blast.radius(arn("role", f"r{place}"))
        assert found is not None
        assert [each.arn for each in found.principals] == [
            arn("role", f"r{other}") for other in range(5) if other != place
        ]
        agree(found, blast.counts(arn("role", f"r{place}")))


@pytest.mark.parametrize("name", NAMES)
def test_the_size_is_that_of_the_whole_in_the_samples(name: str) -> None:
    assert json.loads(sample(name)[0])
    found = paths_of_sample(name).graph
    blast = Blast(found)
    for each in found.landscape.people.arns:
        whole = blast.radius(each)
        assert whole is not None
        agree(whole, blast.counts(each))


STATEMENTS = [
    allow("sts:AssumeRole"),
    allow("sts:AssumeRole", arn("role", "r1")),
    deny("sts:AssumeRole", arn("role", "r2")),
    allow(["iam:CreateAccessKey", "cloudtrail:StopLogging"]),
    allow("iam:PutRolePolicy", arn("role", "r2")),
    allow("iam:DeleteRolePermissionsBoundary"),
    allow(["iam:AddUserToGroup", "kms:Decrypt", "secretsmanager:GetSecretValue"]),
    deny(["kms:Decrypt", "cloudtrail:*"]),
]
held = st.lists(st.sampled_from(STATEMENTS), max_size=3)
trusted = st.sampled_from([ROOT, arn("user", "u0"), arn("role", "r0"), arn("role", "r1")])


@settings(
    max_examples=80,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(held, min_size=2, max_size=2), st.lists(st.tuples(held, trusted, st.booleans()), min_size=3, max_size=3)
)
def test_the_size_is_that_of_the_whole(users: list[list[Json]], roles: list[tuple[list[Json], str, bool]]) -> None:
    entities = [user(f"u{place}", *statements) for place, statements in enumerate(users)]
    entities += [
        role(f"r{place}", *statements, trust=[trusting(who)], boundary=arn("policy", "edge") if bounded else None)
        for place, (statements, who, bounded) in enumerate(roles)
    ]
    blast = Blast(graph(*entities, group("crew", allow("sts:*")), managed_policy("edge", policy(allow("iam:*")))))

    for each in blast.graph.landscape.people.arns:
        whole = blast.radius(each)
        assert whole is not None
        agree(whole, blast.counts(each))
