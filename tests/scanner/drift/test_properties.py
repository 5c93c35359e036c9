"""What holds for all pairs: equal meaning is no drift, and the way back is the mirror."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scanner.drift import Change, Diff, Grant, compare, sides
from scanner.drift.actions import OTHERS
from scanner.iam.questions import questions_of
from scanner.inventory import Account
from scanner.snapshot import encode
from tests.accounts import FOREIGN, NOW, OWN, Json, account, allow, policy
from tests.scanner.baseline.samples import baseline, faulty, in_other_words
from tests.scanner.drift.samples import attached, diff, identity, managed, role, told, user

_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "ec2:RunInstances", "iam:PassRole", "new:Thing")
_PATTERNS = (*_ACTIONS, "S3:getobject", "s3:*", "s3:Get*", "*", "ec2:*")
_RESOURCES = (
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::a/y",
    "arn:aws:s3:::a/y/x",
    "arn:aws:s3:::b/x",
    "arn:aws:s3:::b/y",
    "arn:aws:s3:::c/x",
    "arn:aws:s3:::other",
    "*",
)
"""One of every kind that the patterns tell apart, so that what is told of none of them is wrong."""
_RESOURCE_PATTERNS = ("*", "arn:aws:s3:::a/*", "arn:aws:s3:::*/x", "arn:aws:s3:::a/x", "arn:aws:s3:::b*")
_CONDITIONS: tuple[Json, ...] = (
    {}, {}, {},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}},
    {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
)  # fmt: skip


def _some(pool: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True)


@st.composite
def statements(draw: st.DrawFn) -> Json:
    names = ("Action", "NotAction") if draw(st.integers(0, 5)) == 0 else ("Action",)
    places = ("NotResource",) if draw(st.integers(0, 6)) == 0 else ("Resource",)
    found: Json = {
        "Effect": draw(st.sampled_from(("Allow", "Allow", "Deny"))),
        draw(st.sampled_from(names)): draw(_some(_PATTERNS)),
        places[0]: draw(_some(_RESOURCE_PATTERNS)),
    }
    condition = draw(st.sampled_from(_CONDITIONS))
    return found | ({"Condition": condition} if condition else {})


@st.composite
def documents(draw: st.DrawFn) -> Json:
    return {"Version": "2012-10-17", "Statement": draw(st.lists(statements(), min_size=1, max_size=3))}


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """A role and a user, with policies from everywhere."""
    policies = [managed("one", draw(documents()), draw(documents()), default=draw(st.integers(1, 2))),
                managed("cap", draw(documents()))]  # fmt: skip
    group: Json = {"name": "team", "arn": f"arn:aws:iam::{OWN}:group/team", "attached": attached("one")}
    boundary = draw(st.sampled_from((None, f"arn:aws:iam::{OWN}:policy/cap")))
    held = draw(st.sampled_from(((), ("one",))))
    ids = st.sampled_from(("AROAONE", "AROAONE", "AROATWO"))
    return identity(
        roles=[role("app", draw(st.none() | documents()), attached=attached(*held), boundary=boundary, id=draw(ids))],
        users=[user("ann", draw(st.none() | documents()), groups=draw(st.sampled_from(([], ["team"]))))],
        groups=[group],
        policies=policies,
        **draw(st.just({"organization": {"membership": None}}) | governed()),
    )


@st.composite
def governed(draw: st.DrawFn) -> Json:
    """An organization with one or two service control policies, at the root and at the account."""
    policies = [
        {
            "id": f"p-{number}",
            "name": f"wall {number}",
            "type": "SERVICE_CONTROL_POLICY",
            "is_aws_managed": False,
            "content": {"kind": "policy-content", "document": draw(documents())},
            "targets": [place],
        }
        for number, place in enumerate(("r-1", OWN)[: draw(st.integers(1, 2))])
    ]
    roots = [{"id": "r-1", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}]
    return {
        "organization": {
            "membership": {"kind": "organization", "id": "o-1", "management_account": FOREIGN},
            "tree": {"kind": "organization-tree", "units": [], "roots": roots},
            "accounts": [{"id": OWN, "name": "own", "state": "ACTIVE", "parent": "r-1"}],
            "policies": policies,
        }
    }


_SHARED = (
    # Of what two patterns share, all but one narrower resource is gained.
    identity(roles=[role("app")], users=[user("ann")], policies=[managed("cap", policy(allow("s3:GetObject", "*")))]),
    identity(
        roles=[
            role(
                "app",
                policy({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a/x"}),
                boundary=f"arn:aws:iam::{OWN}:policy/cap",
            )
        ],
        users=[user("ann")],
        policies=[
            managed(
                "cap",
                policy(
                    allow("s3:GetObject", "arn:aws:s3:::*/x"),
                    {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a/*"},
                ),
            )
        ],
    ),
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(accounts(), accounts())
@example(*_SHARED)
def test_an_action_is_told_exactly_where_the_evaluator_decides_otherwise(old: Account, new: Account) -> None:
    found = diff(old, new)
    rank = {"no": 0, "only_if": 1, "yes": 2}
    for name in ("role/app", "user/ann"):
        arn = f"arn:aws:iam::{OWN}:{name}"
        gained, lost = _of(found, arn)
        for action in _ACTIONS:
            pairs = [
                tuple(questions_of(side).ask(arn, action, resource) for side in (old, new)) for resource in _RESOURCES
            ]
            more = any(rank[before.decision] < rank[after.decision] for before, after in pairs)
            less = any(rank[before.decision] > rank[after.decision] for before, after in pairs)
            same = all(before.decision == after.decision != "only_if" for before, after in pairs)
            known = action.lower()
            # What no statement of the principal names is told with all others that nobody knows.
            among = {known, OTHERS} if action == "new:Thing" else {known}
            assert not more or among & gained, action
            assert not less or among & lost, action
            if same:
                assert known not in gained | lost, (action, _cells(found, arn))


def _cells(found: Diff, arn: str) -> list[object]:
    mine = [change for change in found.changes if change.resource.arn == arn]
    return [(each.resources, each.but_not, each.before, each.after) for change in mine for each in change.gained]


def _of(found: Diff, arn: str) -> tuple[set[str], set[str]]:
    gained: set[str] = set()
    lost: set[str] = set()
    for change in found.changes:
        if change.resource.arn == arn:
            gained |= {name.lower() for name in told(change.gained)}
            lost |= {name.lower() for name in told(change.lost)}
    return gained, lost


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(accounts())
def test_an_account_does_not_differ_from_itself(found: Account) -> None:
    assert diff(found, found).changes == ()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(accounts(), st.integers(0, 2**32))
def test_other_words_are_no_drift(found: Account, seed: int) -> None:
    assert diff(found, in_other_words(found, random.Random(seed))).changes == ()


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(accounts(), accounts())
def test_the_way_back_is_the_mirror(old: Account, new: Account) -> None:
    assert_mirrored(diff(old, new), diff(new, old))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(accounts(), accounts())
def test_whoever_is_made_anew_widens_in_either_direction(old: Account, new: Account) -> None:
    for there in (diff(old, new), diff(new, old)):
        for each in there.changes:
            is_anew = any(cause.kind == "re-created" for cause in each.cause)
            assert not is_anew or (each.direction == "widens" and each.severity != "info")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(accounts(), accounts())
def test_a_baseline_tells_what_its_account_would(old: Account, new: Account) -> None:
    kept, read = sides(("old", baseline(old)), ("new", new), NOW), sides(("old", old), ("new", new), NOW)
    # A baseline holds the normal forms of policies, whose patterns may be fewer.
    assert _essence(compare(*kept, consequences=False)) == _essence(compare(*read, consequences=False))


def _essence(found: Diff) -> list[object]:
    # Things without a name of their own are numbered, by what both sides hold of them.
    named = [each for each in found.changes if each.resource.type != "scaling-group"]
    return [
        (each.kind, each.direction, each.severity, each.resource.arn, each.what, _known(each.gained), _known(each.lost))
        for each in named
    ]


def _known(grants: tuple[Grant, ...]) -> set[str]:
    """The actions; one that nobody knows is among all others, where a statement speaks of these alike."""
    return {OTHERS if name == "new:thing" else name for name in told(grants)}


@pytest.mark.parametrize("seed", range(20))
def test_a_baseline_of_a_whole_account_tells_the_same(seed: int) -> None:
    old, new = faulty(), _changed(faulty(), random.Random(seed))
    kept, read = sides(("old", baseline(old)), ("new", new), NOW), sides(("old", old), ("new", new), NOW)
    assert _essence(compare(*kept)) == _essence(compare(*read))


@pytest.mark.parametrize("seed", range(5))
def test_a_whole_account_in_other_words_is_no_drift(seed: int) -> None:
    assert diff(faulty(), in_other_words(faulty(), random.Random(seed))).changes == ()


@pytest.mark.parametrize("seed", range(30))
def test_the_mirror_of_a_whole_account(seed: int) -> None:
    old, new = faulty(), _changed(faulty(), random.Random(seed))
    assert_mirrored(diff(old, new), diff(new, old))


_SWAPPED = {"added": "removed", "removed": "added", "changed": "changed", "not_comparable": "not_comparable"}
_TURNED = {"widens": "narrows", "narrows": "widens", "neutral": "neutral"}


def assert_mirrored(there: Diff, back: Diff) -> None:
    assert sorted(map(_key, there.changes), key=repr) == sorted(map(_mirrored, back.changes), key=repr)
    turned = {_place(each): each.direction for each in back.changes if each.kind != "not_comparable"}
    for each in there.changes:
        if each.kind == "not_comparable" or (each.gained and each.lost):
            continue
        # Records that go elsewhere, and a principal made anew, are as bad in either direction.
        answer = turned[_place(_swapped(each))]
        assert answer == _TURNED[each.direction] or answer == each.direction == "widens", each


def _place(each: Change) -> str:
    return repr((each.kind, each.resource.arn, each.resource.type, each.before, each.after))


def _swapped(each: Change) -> Change:
    import msgspec

    return msgspec.structs.replace(each, kind=_SWAPPED[each.kind], before=each.after, after=each.before)


def _key(each: Change) -> tuple[object, ...]:
    sides = [_grants(found) for found in (each.gained, each.lost)]
    return each.kind, each.resource.arn, each.resource.type, repr(each.before), repr(each.after), *sides


def _mirrored(each: Change) -> tuple[object, ...]:
    sides = [_grants(found) for found in (each.lost, each.gained)]
    return _SWAPPED[each.kind], each.resource.arn, each.resource.type, repr(each.after), repr(each.before), *sides


def _grants(found: Any) -> tuple[object, ...]:
    return tuple(sorted(repr((each.actions, each.resources, each.but_not)) for each in found))


def _changed(found: Account, chance: random.Random) -> Account:
    """The account with something turned, emptied or left out."""
    facts = json.loads(encode(found))
    places = list(_places(facts))
    for _ in range(6):
        owner, key = chance.choice(places)
        value = owner.get(key)
        if isinstance(value, bool):
            owner[key] = not value
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            owner[key] = value[1:]
        elif key == "status" and value in ("ENABLED", "ACTIVE", "Active"):
            owner[key] = "DISABLED"
    return account(facts)


def _places(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("coverage", "regions", "schema", "kind", "document", "trust") and not name.startswith("doc"):
                yield value, key
            if key not in ("document", "trust"):
                yield from _places(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _places(item, name)
