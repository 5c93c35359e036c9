"""What is answered for sets of principals at once is what the evaluator answers for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import product
from operator import or_
from random import Random

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scanner.iam.context import Values
from scanner.iam.decision import Decision
from scanner.iam.escalation.landscape import Landscape
from scanner.iam.escalation.network import Closure, layers
from scanner.iam.escalation.population import Population, bits_of, places
from scanner.iam.evaluation import decide
from scanner.iam.powers import Power
from scanner.iam.request import Policies, Request
from scanner.iam.variables import escaped, matches_resolved
from scanner.inventory import Role
from tests.accounts import OWN, policy
from tests.scanner.iam.escalation.building import (
    AWS,
    NOBODY,
    ROOT,
    Json,
    account,
    arn,
    group,
    managed_policy,
    role,
    user,
)

THOROUGH = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

USERS, ROLES = ("ann", "bob"), ("app", "ann", "low")
ACTIONS = ("iam:PassRole", "iam:PutUserPolicy", "iam:CreateAccessKey")

actions: st.SearchStrategy[Json] = st.sampled_from(
    [
        {"Action": "iam:PassRole"},
        {"Action": ["iam:PutUserPolicy", "iam:Pass*"]},
        {"Action": "iam:*"},
        {"Action": "*"},
        {"Action": "IAM:passrole"},
        {"NotAction": "iam:PassRole"},
        {"NotAction": ["s3:*", "iam:Put*"]},
    ]
)
patterns = [
    "*",
    f"{AWS}:role/*",
    f"{AWS}:user/*",
    f"{AWS}:role/app",
    f"{AWS}:*/ann",
    f"{AWS}:role/?ow",
    f"{AWS}:user/${{aws:username}}",
    f"{AWS}:*/${{aws:PrincipalTag/team}}",
    f"{AWS}:*/${{aws:PrincipalTag/team, 'app'}}",
    f"{AWS}:role/a${{*}}",
]
resources = st.lists(st.sampled_from(patterns), min_size=1, max_size=2, unique=True).flatmap(
    lambda found: st.sampled_from([{"Resource": found}, {"Resource": found}, {"NotResource": found}])
)

CONDITIONS: dict[str, tuple[tuple[str, ...], tuple[object, ...]]] = {
    "aws:ResourceTag/team": (
        ("StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists", "ForAnyValue:StringEquals"),
        ("red", "blue", "r*", "${aws:PrincipalTag/team}"),
    ),
    "iam:ResourceTag/zone": (("StringEquals", "StringNotEqualsIfExists", "Null"), ("red", "true", "false")),
    "aws:PrincipalTag/team": (("StringEquals", "StringNotEquals", "Null"), ("red", "true", "${aws:username}")),
    "aws:PrincipalArn": (("ArnLike", "ArnNotEquals", "StringLike"), (f"{AWS}:user/*", f"{AWS}:role/app")),
    "aws:username": (("StringEquals", "StringLike", "StringNotEquals"), ("ann", "a*")),
    "aws:PrincipalType": (("StringEquals",), ("User", "AssumedRole")),
    "aws:userid": (("StringLike",), ("AIDA*", "AROAAPP:*", "*:ann")),
    "aws:MultiFactorAuthPresent": (("Bool", "BoolIfExists"), ("true", "false")),
    "aws:MultiFactorAuthAge": (("NumericLessThan",), ("100",)),
    "iam:PassedToService": (("StringEquals", "StringNotEquals"), ("ec2.amazonaws.com", "glue.amazonaws.com")),
    "iam:PermissionsBoundary": (("StringEquals", "ArnNotEquals", "Null"), (arn("policy", "edge"), "true")),
    "aws:SourceIp": (("IpAddress", "NotIpAddress"), ("203.0.113.0/24", "203.0.113.128/25")),
}


@st.composite
def conditions(draw: st.DrawFn, keys: tuple[str, ...] = tuple(CONDITIONS)) -> Json:
    found: Json = {}
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        key = draw(st.sampled_from(keys))
        operators, values = CONDITIONS[key]
        operator = draw(st.sampled_from(operators))
        pool = [value for value in values if (operator == "Null") == (value in ("true", "false"))] or list(values)
        if key.startswith("aws:Multi"):
            pool = list(values)
        found.setdefault(operator, {})[key] = draw(st.sampled_from(pool))
    return {"Condition": found} if found else {}


TAGS: tuple[dict[str, str], ...] = ({}, {"team": "red"}, {"Team": "blue", "zone": "red"}, {"team": "ann"})
tags = st.sampled_from(TAGS)
boundaries = st.sampled_from([None, None, arn("policy", "edge"), arn("policy", "other")])


NAMED = (
    "*",
    ROOT,
    OWN,
    arn("user", "ann"),
    arn("role", "app"),
    arn("role", "ann"),
    "AIDABOB",
    "AROALOW",
    "arn:aws:iam::999988887777:root",
)
SETTLED = ("aws:PrincipalTag/team", "aws:PrincipalArn", "aws:username", "aws:PrincipalType", "aws:ResourceTag/team")
"""Keys that an account settles, of callers whose sessions nobody can tag."""


@st.composite
def trusts(draw: st.DrawFn, *, settled: bool) -> list[Json]:
    sessions = () if settled else (f"arn:aws:sts::{OWN}:assumed-role/app/s1",)
    done: list[object] = ["sts:AssumeRole", "sts:Assume*", *([] if settled else ["sts:*"])]
    keys = SETTLED if settled else tuple(CONDITIONS)
    found = []
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        listed = draw(st.lists(st.sampled_from([*NAMED, *sessions]), min_size=1, max_size=3, unique=True))
        found.append(
            {
                "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
                draw(st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"])): {"AWS": listed},
                "Action": draw(st.sampled_from(done)),
                **draw(conditions(keys)),
            }
        )
    return found


@st.composite
def documents(draw: st.DrawFn, done: st.SearchStrategy[Json], keys: tuple[str, ...] = tuple(CONDITIONS)) -> Json:
    found = [
        {
            "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
            **draw(done),
            **draw(resources),
            **draw(conditions(keys)),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    return {"Version": draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])), "Statement": found}


assuming: st.SearchStrategy[Json] = st.sampled_from(
    [{"Action": "sts:AssumeRole"}, {"Action": "sts:*"}, {"NotAction": "iam:*"}]
)


@st.composite
def accounts(draw: st.DrawFn, *, assumes: bool = False, settled: bool = False) -> list[Json]:
    kinds = documents(assuming if assumes else actions, SETTLED if settled else tuple(CONDITIONS))

    def held() -> Json:
        return {"PolicyName": "p", "PolicyDocument": draw(kinds)}

    found: list[Json] = []
    for name in USERS:
        grouped = draw(st.sampled_from([(), ("crew",)]))
        found.append(user(name, more=[held()], tags=draw(tags), boundary=draw(boundaries), groups=grouped))
    for name in ROLES:
        trust = draw(trusts(settled=settled)) if assumes else (NOBODY,)
        found.append(role(name, more=[held()], tags=draw(tags), boundary=draw(boundaries), trust=trust))
    crew = {**group("crew"), "GroupPolicyList": [held()]}
    return [*found, crew, managed_policy("edge", draw(kinds)), managed_policy("other", policy(_SOME))]


_SOME: Json = {"Effect": "Allow", "Action": ["iam:*", "sts:*"], "Resource": f"{AWS}:role/*"}


def asked(landscape: Landscape, power: Power, action: str, place: str, said: dict[str, Values]) -> Decision:
    """The evaluator's answer for one resource, of which everything is said that the account tells."""
    member = landscape.principals[place]
    keys: dict[str, Values] = {
        f"{of}:resourcetag/{tag.key.lower()}": (tag.value,) for tag in member.tags for of in ("aws", "iam")
    }
    keys["iam:permissionsboundary"] = (member.boundary,) if member.boundary else ()
    known = power.caller.context.with_request({**keys, **said})
    families = (*known.absent_families, "aws:resourcetag/", "iam:resourcetag/")
    context = msgspec.structs.replace(known, absent_families=families)
    trust = landscape.policies.trust(member) if isinstance(member, Role) and action.startswith("sts:") else None
    policies = Policies(identity=power.sources, boundary=power.boundary, resource=trust, resource_is_known=True)
    return decide(Request(power.caller, action, place, context), policies)


SAID = st.sampled_from(
    [{}, {"iam:passedtoservice": ("ec2.amazonaws.com",)}, {"iam:permissionsboundary": (arn("policy", "edge"),)}]
)


@THOROUGH
@given(accounts(), SAID)
def test_a_set_gets_the_answers_of_its_members(entities: list[Json], said: dict[str, Values]) -> None:
    landscape = Landscape(account(*entities))
    people = landscape.people
    for caller, action in product(people.arns, ACTIONS):
        power = landscape.power(caller)
        found = landscape.on_people.of(power, action, said)
        answers = {place: asked(landscape, power, action, place, said).decision for place in people.arns}

        assert set(people.members(found.certain)) == {place for place, said_of in answers.items() if said_of == "yes"}
        assert set(people.members(found.possible)) == {place for place, said_of in answers.items() if said_of != "no"}


@THOROUGH
@given(accounts(assumes=True, settled=True))
def test_who_may_assume_which_role_is_what_identity_and_trust_policies_say(entities: list[Json]) -> None:
    for answer, certain, possible in assumptions(entities):
        assert (answer == "yes") == certain
        assert (answer != "no") == possible


@THOROUGH
@given(accounts(assumes=True))
def test_an_assumption_that_hangs_on_a_condition_is_never_left_out_nor_called_sure(entities: list[Json]) -> None:
    for answer, certain, possible in assumptions(entities):
        assert possible or answer == "no"
        assert not certain or answer == "yes"


def assumptions(entities: list[Json]) -> Iterator[tuple[str, bool, bool]]:
    """For every caller and role the evaluator's answer, and whether the set is said to hold the role."""
    landscape = Landscape(account(*entities))
    people = landscape.people
    for place, caller in enumerate(people.arns):
        power = landscape.power(caller)
        found = landscape.trusting.assumable(place, power, landscape.on_people)
        for role_place in places(landscape.roles):
            answer = asked(landscape, power, "sts:AssumeRole", people.arns[role_place], {}).decision
            yield answer, bool(found.certain >> role_place & 1), bool(found.possible >> role_place & 1)


letters = st.sampled_from("ab*?$")
names = st.lists(st.text(st.sampled_from("ab*$"), max_size=5), unique=True, max_size=30).map(sorted)


@THOROUGH
@given(names, st.text(letters, max_size=6), st.booleans())
def test_a_pattern_selects_the_members_that_it_matches(arns: list[str], pattern: str, literally: bool) -> None:
    resolved = escaped(pattern) if literally else pattern
    population = Population(arns)

    found = set(population.members(population.select(resolved)))

    assert found == {each for each in arns if matches_resolved(resolved, each)}


@THOROUGH
@given(names, st.text(st.sampled_from("ab*?"), max_size=4), st.text(st.sampled_from("ab?*"), max_size=4))
def test_a_pattern_with_an_escape_selects_the_members_that_it_matches(arns: list[str], one: str, two: str) -> None:
    resolved = one + "${*}" + two
    population = Population(arns)

    assert set(population.members(population.select(resolved))) == {
        each for each in arns if matches_resolved(resolved, each)
    }


@THOROUGH
@given(st.sets(st.integers(0, 300)))
def test_places_and_sets_are_each_other(chosen: set[int]) -> None:
    assert set(places(bits_of(iter(chosen)))) == chosen


@st.composite
def networks(draw: st.DrawFn) -> list[set[int]]:
    """For each node those that it leads to; some lead to very many."""
    size = draw(st.sampled_from([1, 3, 8, 90]))
    random = draw(st.randoms(use_true_random=False))
    kinds = draw(st.lists(st.sampled_from(["none", "one", "few", "many"]), min_size=1, max_size=4))
    sizes = {"none": 0, "one": 1, "few": min(3, size), "many": size * 4 // 5}
    shared = [set(random.sample(range(size), sizes[draw(st.sampled_from(kinds))])) for _ in range(5)]
    return [
        set(random.choice(shared))
        if random.random() < 0.5
        else set(random.sample(range(size), sizes[random.choice(kinds)]))
        for _ in range(size)
    ]


def as_bits(adjacency: list[set[int]]) -> list[int]:
    return [bits_of(iter(following)) for following in adjacency]


@THOROUGH
@given(networks(), st.randoms(use_true_random=False))
def test_layers_are_the_distances_of_a_plain_search(adjacency: list[set[int]], random: Random) -> None:
    size = len(adjacency)
    goal = set(random.sample(range(size), random.randint(0, size)))
    direct = set(random.sample(range(size), random.randint(0, min(2, size))))

    found = layers(as_bits(adjacency), bits_of(iter(goal)), bits_of(iter(direct)))

    distance = dict.fromkeys(goal, 0)
    steps = 0
    while True:
        steps += 1
        new = {
            node
            for node in range(size)
            if node not in distance
            and (any(distance.get(other) == steps - 1 for other in adjacency[node]) or (steps == 1 and node in direct))
        }
        if not new:
            break
        distance.update(dict.fromkeys(new, steps))
    assert [set(places(layer)) for layer in found] == [
        {node for node, far in distance.items() if far == wanted}
        for wanted in range(max(distance.values(), default=0) + 1)
    ]


@THOROUGH
@given(networks())
def test_the_closure_is_what_a_plain_search_reaches(adjacency: list[set[int]]) -> None:
    closure = Closure(as_bits(adjacency))
    values = [1 << node % 60 for node in range(len(adjacency))]
    for node in range(len(adjacency)):
        reached: set[int] = set()
        queue = [node]
        while queue:
            for other in adjacency[queue.pop()] - reached:
                reached.add(other)
                queue.append(other)
        assert set(places(closure.of(node))) == reached
        assert closure.on_cycle(node) == (node in reached)
        assert closure.gathered(node, values) == reduce(or_, (values[each] for each in reached), 0)


def test_a_cycle_of_twenty_thousand_is_no_deeper_than_one_of_three() -> None:
    size = 20_000
    closure = Closure([1 << (node + 1) % size for node in range(size)])

    assert closure.of(0) == closure.of(size - 1) == (1 << size) - 1


def test_a_star_beside_a_variable_without_a_value_allows_nothing() -> None:
    def possible(name: str) -> int:
        spoken = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": ["*", f"{AWS}:user/${{aws:username}}"]}
        landscape = Landscape(account(user("me", spoken), role("me", spoken)))
        return landscape.on_people.of(landscape.power(name), "iam:PassRole").possible.bit_count()

    assert possible(arn("user", "me")) == 2
    assert possible(arn("role", "me")) == 0
