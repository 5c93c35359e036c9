"""Every method of the escalation catalogue, each in the least account in which it works, and its near twins."""

from __future__ import annotations

import pytest

from scanner.iam.escalation.paths import Paths, paths_of
from scanner.iam.methods import Act, Method, escalation_catalogue
from tests.accounts import allow, deny, policy
from tests.scanner.iam.escalation.building import (
    ADMINISTRATOR,
    ROOT,
    Json,
    account,
    arcs,
    arn,
    escalation,
    group,
    managed_policy,
    methods,
    role,
    target,
    trusting,
    user,
    with_credentials,
)
from tests.scanner.iam.escalation.scenes import METHODS, NOT_LOOKED_FOR, ON_PRINCIPALS, WAYS, Scene

Case = tuple[Method, tuple[Act, ...]]


def named(value: object) -> str:
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], Method):
        method, way = value
        return f"{method.id}-{method.ways.index(way)}"
    return str(value)


def passes(case: Case) -> bool:
    return any(act == Act("iam:PassRole", "target") for act in case[1])


ALL = pytest.mark.parametrize("case", WAYS, ids=named)
PASSING = pytest.mark.parametrize("case", [case for case in WAYS if passes(case)], ids=named)
ON_A_TARGET = pytest.mark.parametrize(
    "case", [case for case in WAYS if any(act.on in ON_PRINCIPALS for act in case[1])], ids=named
)
BY_TRUST = pytest.mark.parametrize(
    "case",
    [
        case
        for case in WAYS
        if case[0].target.kind == "role" and (case[0].target.trusts or any(act.on == "assume" for act in case[1]))
    ],
    ids=named,
)


def test_every_method_is_looked_for_or_left_out_for_a_reason() -> None:
    left_out = [method for methods in NOT_LOOKED_FOR.values() for method in methods]
    known = [method.id for method in escalation_catalogue().methods]

    assert len(left_out) == len(set(left_out))
    assert set(left_out) <= set(known)
    assert {method.id for method in METHODS} | set(left_out) == set(known)


@pytest.mark.parametrize("name", sorted(frozenset().union(*NOT_LOOKED_FOR.values())))
def test_a_method_that_is_left_out_is_never_told(name: str) -> None:
    (method,) = (each for each in escalation_catalogue().methods if each.id == name)

    assert not any(Scene(method, way).is_found() for way in method.ways)


@ALL
def test_a_way_is_found_where_it_works(case: Case) -> None:
    scene = Scene(*case)
    built = scene.graph()
    found = Paths(built).escalation(scene.caller)

    assert case[0].id in arcs(built, scene.caller)
    assert found is not None
    steps = [path.steps[0] for path in found.paths if path.steps[0].method == case[0].id]
    assert steps
    assert steps[0].needs == case[0].needs
    assert steps[0].source == scene.caller
    assert set(steps[0].conditions) >= set(case[0].conditions)
    assert {act.action for act in case[1]} >= set(steps[0].actions)


@ALL
def test_a_way_is_gone_without_any_one_of_its_actions(case: Case) -> None:
    scene = Scene(*case)
    for action in scene.actions:
        assert scene.is_more_than_another_without(action) or not scene.but(missing=action).is_found(), action


@ALL
def test_a_way_is_gone_where_an_action_is_denied(case: Case) -> None:
    scene = Scene(*case)
    for action in scene.actions:
        denied = scene.but(more=(deny(action),))
        assert scene.is_more_than_another_without(action) or not denied.is_found(), action


@ON_A_TARGET
def test_a_deny_of_the_target_ends_a_way_and_of_another_does_not(case: Case) -> None:
    scene = Scene(*case)
    done = [act.action for act in case[1] if act.on in ON_PRINCIPALS]

    assert not scene.but(more=(deny(done, scene.target),)).is_found()
    assert scene.but(more=(deny(done, arn("role", "other")),)).is_found()


@ON_A_TARGET
def test_a_way_reaches_only_the_targets_that_are_allowed(case: Case) -> None:
    scene = Scene(*case)

    assert not scene.but(where=arn("role", "other")).is_found()
    assert scene.but(where=scene.target).is_found()


@BY_TRUST
def test_a_role_is_not_reached_unless_its_trust_allows_it(case: Case) -> None:
    assert not Scene(*case).but(trusted=False).is_found()


@PASSING
def test_a_role_is_passed_only_to_the_service_that_is_allowed(case: Case) -> None:
    scene = Scene(*case)
    right = {"StringEquals": {"iam:PassedToService": list(case[0].passed_to)}}
    other = {"StringEquals": {"iam:PassedToService": "workmail.amazonaws.com"}}

    assert not scene.but(conditions={"iam:PassRole": other}).is_found()
    found = Paths(scene.but(conditions={"iam:PassRole": right}).graph()).escalation(scene.caller)
    assert found is not None
    steps = [path.steps[0] for path in found.paths if path.steps[0].method == case[0].id]
    assert [step for step in steps if not any("PassedToService" in text for text in step.conditions)]


# A boundary on who changes itself is the limit that is asked about, in other tests.
@pytest.mark.parametrize(
    "case", [case for case in WAYS if case[0].gain != "lift" and case[0].target.kind != "self"], ids=named
)
def test_a_boundary_ends_a_way_only_if_it_lacks_an_action(case: Case) -> None:
    scene = Scene(*case)

    for action in scene.actions:
        assert scene.is_more_than_another_without(action) or not scene.but(capped=action).is_found(), action
    assert scene.but(capped="").is_found()


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in WAYS
        if any(act.on in ON_PRINCIPALS for act in case[1]) and case[0].gain != "lift" and case[0].target.kind != "group"
    ],
    ids=named,
)
def test_conditions_on_tags_ask_for_those_of_the_target(case: Case) -> None:
    for key in ("aws:ResourceTag/team", "iam:ResourceTag/team", "aws:resourcetag/TEAM"):
        limited = Scene(*case).but(conditions={"*": {"StringEquals": {key: "red"}}})

        assert limited.but(tags={"team": "red"}).is_found()
        assert not limited.but(tags={"team": "blue"}).is_found()
        assert not limited.is_found()


@ON_A_TARGET
def test_a_condition_that_nothing_settles_is_told(case: Case) -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    scene = Scene(*case).but(conditions={"*": mfa})
    found = Paths(scene.graph()).escalation(scene.caller)

    assert found is not None
    steps = [path.steps[0] for path in found.paths if path.steps[0].method == case[0].id]
    assert any("aws:MultiFactorAuthPresent is true" in step.conditions for step in steps)
    assert all(path.confidence != "high" for path in found.paths)


@pytest.mark.parametrize(
    ("actions", "method"),
    [
        ("iam:AttachUserPolicy", "iam-008"),
        (["iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateAccessKey"], "x-iam-createuser-attach"),
        (["iam:CreateRole", "iam:AttachRolePolicy"], "x-iam-createrole-attach"),
        (["iam:CreateGroup", "iam:AttachGroupPolicy", "iam:AddUserToGroup"], "x-iam-creategroup-attach-add"),
    ],
)
def test_attaching_counts_only_where_a_policy_of_administrators_may_be_attached(actions: object, method: str) -> None:
    def found(limit: dict[str, object]) -> set[str]:
        statements = (allow(actions), deny("iam:Attach*", Condition={"ArnNotLike": {"iam:PolicyARN": limit["only"]}}))
        policies = [managed_policy("wide", policy(allow())), managed_policy("narrow", policy(allow("s3:*")))]
        return methods(escalation("me", user("me", *statements), *policies))

    assert method in found({"only": ADMINISTRATOR})
    assert method in found({"only": arn("policy", "wide")})
    assert method not in found({"only": arn("policy", "narrow")})
    assert method not in found({"only": "arn:aws:iam::aws:policy/ReadOnlyAccess"})


@pytest.mark.parametrize(
    ("actions", "method"),
    [
        (["iam:CreateRole", "iam:PutRolePolicy"], "x-iam-createrole-attach"),
        (["iam:CreateRole", "iam:AttachRolePolicy"], "x-iam-createrole-attach"),
        (["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey"], "x-iam-createuser-attach"),
    ],
)
def test_what_is_made_under_a_harmless_boundary_is_no_escalation(actions: list[str], method: str) -> None:
    def found(boundary: str, *conditioned: str) -> set[str]:
        limit = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
        free = [action for action in actions if action not in conditioned]
        statements = [allow(list(conditioned), Condition=limit), *([allow(free)] if free else [])]
        policies = [managed_policy("wide", policy(allow())), managed_policy("narrow", policy(allow("s3:*")))]
        return methods(escalation("me", role("me", *statements), *policies))

    for conditioned in (actions[:1], actions[:2]):
        assert method not in found(arn("policy", "narrow"), *conditioned)
        assert method in found(arn("policy", "wide"), *conditioned)
    assert method in found(ADMINISTRATOR, *actions[:1])


@pytest.mark.parametrize(
    ("made", "action", "method"), [(user, "iam:PutUserPolicy", "iam-007"), (role, "iam:PutRolePolicy", "iam-005")]
)
def test_who_may_change_only_bounded_principals_is_asked_for_its_own_boundary(
    made: object, action: str, method: str
) -> None:
    limited = allow(action, Condition={"StringEquals": {"iam:PermissionsBoundary": arn("policy", "edge")}})

    def found(boundary: str | None, *granted: str) -> set[str]:
        builder = user if made is user else role
        edge = managed_policy("edge", policy(allow([action, *granted])))
        return methods(escalation("me", builder("me", limited, boundary=boundary), edge))

    assert method not in found(None)
    assert method not in found(arn("policy", "edge"))
    assert method in found(arn("policy", "edge"), "*")


def test_a_boundary_is_replaced_only_by_one_that_is_allowed() -> None:
    def found(wanted: str) -> set[str]:
        said = {"StringEquals": {"iam:PermissionsBoundary": wanted}}
        edge = managed_policy("edge", policy(allow("iam:PutUserPermissionsBoundary", Condition=said)))
        return methods(escalation("me", user("me", allow(), boundary=arn("policy", "edge")), edge))

    assert found(ADMINISTRATOR) == {"iam-024"}
    assert not found(arn("policy", "edge"))


def test_removing_a_deny_is_asked_for_the_policy_that_holds_it() -> None:
    def found(policy_arn: str) -> set[str]:
        may = allow("iam:DetachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": policy_arn}})
        me = user("me", may, allow("sts:AssumeRole"), managed=[arn("policy", "limit")])
        limit = managed_policy("limit", policy(deny("sts:AssumeRole")))
        return methods(escalation("me", me, limit, role("boss", allow(), trust=[trusting(ROOT)])))

    assert found(arn("policy", "limit")) == {"iam-025"}
    assert not found(arn("policy", "other"))


def test_keys_and_passwords_that_are_known_decide_between_the_methods() -> None:
    me = user("me", allow(["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:CreateLoginProfile"]))
    changing = user("me", allow(["iam:UpdateLoginProfile", "iam:CreateLoginProfile"]))
    chief = user("chief", allow())

    def found(who: dict[str, object], keys: int, *, password: bool) -> dict[str, tuple[str, ...]]:
        held = with_credentials(
            account(who, chief), keys={"chief": keys, "me": 1}, passwords={"chief": password, "me": True}
        )
        told = paths_of(held).escalation(arn("user", "me"))
        return {path.steps[0].method: path.steps[0].conditions for path in told.paths} if told else {}

    assert found(me, 1, password=True) == {"iam-002": ()}
    assert found(me, 2, password=True) == {"iam-003": ()}
    assert found(me, 2, password=False) == {"iam-003": (), "iam-004": ()}
    assert found(changing, 1, password=True) == {"iam-006": ()}
    assert found(changing, 1, password=False) == {"iam-004": ()}


def test_what_is_not_known_of_keys_and_passwords_is_a_condition() -> None:
    found = escalation("me", user("me", allow(["iam:CreateAccessKey", "iam:CreateLoginProfile"])), user("c", allow()))

    assert found is not None
    assert {path.steps[0].method: path.steps[0].conditions for path in found.paths} == {
        "iam-002": ("the user has fewer than two access keys",),
        "iam-004": ("the user has no console password yet",),
    }


def test_tags_of_users_are_not_tags_of_roles() -> None:
    assume = allow("sts:AssumeRole", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}})
    boss = role("boss", allow(), trust=[trusting(ROOT)])

    assert methods(escalation("me", user("me", assume, allow("iam:TagRole")), boss)) == {"x-iam-tag-target"}
    assert not methods(escalation("me", user("me", assume, allow("iam:TagUser")), boss))
    tagged = replace_tags(boss, team="blue")
    assert methods(escalation("me", user("me", assume, allow("iam:TagRole")), tagged)) == {"x-iam-tag-target"}


def replace_tags(entity: dict[str, object], **tags: str) -> dict[str, object]:
    return {**entity, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def test_the_tags_of_a_target_are_not_those_of_the_caller() -> None:
    def found(tags: dict[str, str]) -> set[str]:
        limited = allow("iam:PassRole", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})
        me = user("me", limited, allow("ec2:RunInstances"), tags=tags)
        return methods(escalation("me", me, target("boss", "ec2.amazonaws.com", profile=True, tags={"team": "red"})))

    assert not found({})
    assert not found({"team": "blue"})
    assert found({"team": "red"}) == {"ec2-001"}


def test_who_tags_itself_meets_a_trust_policy_that_asks_for_tags() -> None:
    trust = [trusting(ROOT, Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})]
    boss = role("boss", allow(), trust=trust)

    assert methods(escalation("me", user("me", allow(["sts:AssumeRole", "iam:TagUser"])), boss)) == {"x-iam-tag-self"}
    assert not methods(escalation("me", user("me", allow("sts:AssumeRole")), boss))
    assert not methods(escalation("me", user("me", allow("iam:TagUser")), boss))


def test_a_version_or_a_group_that_allows_the_same_action_on_more_is_a_gain() -> None:
    boss, low = role("boss", allow(), trust=[trusting(ROOT)]), arn("role", "low")
    switching = [allow("iam:SetDefaultPolicyVersion"), allow("sts:AssumeRole", low)]
    own = managed_policy("own", policy(*switching), policy(allow("sts:AssumeRole")))
    same = managed_policy("own", policy(*switching), policy(allow("sts:AssumeRole", low)))
    me = user("me", managed=[arn("policy", "own")])
    joining = user("me", allow("iam:AddUserToGroup"), allow("sts:AssumeRole", low))

    assert methods(escalation("me", me, own, boss)) == {"x-iam-setdefaultpolicyversion"}
    assert not methods(escalation("me", me, same, boss))
    assert methods(escalation("me", joining, group("wide", allow("sts:AssumeRole")), boss)) == {"iam-013"}
    assert not methods(escalation("me", joining, group("narrow", allow("sts:AssumeRole", low)), boss))


def test_the_group_that_helps_is_found_among_many_that_grant_more() -> None:
    groups = [group(f"g{place}", allow(["s3:*", "ec2:*", "lambda:*", "kms:*"])) for place in range(12)]

    found = methods(escalation("me", user("me", allow("iam:AddUserToGroup")), *groups, group("z", allow())))

    assert found == {"iam-013"}


def test_a_new_user_may_join_a_group_that_is_privileged() -> None:
    actions = ["iam:CreateUser", "iam:AddUserToGroup", "iam:CreateAccessKey"]
    me = role("me", allow(actions))

    assert "x-iam-createuser-attach" in methods(escalation("me", me, group("admins", allow())))
    assert not methods(escalation("me", me, group("readers", allow("s3:Get*"))))
    assert not methods(
        escalation("me", role("me", allow(actions), deny(actions[1], arn("group", "admins"))), group("admins", allow()))
    )


def test_a_boundary_that_was_not_read_is_assumed_away_and_said() -> None:
    found = escalation("me", user("me", allow("iam:PutUserPolicy"), boundary=arn("policy", "gone")))

    assert found is not None
    (path,) = found.paths
    assert path.confidence == "medium"
    assert "boundary" in path.steps[0].conditions[0]
    assert "policy/gone" in path.steps[0].conditions[0]


def test_a_mfa_device_helps_only_where_something_hangs_on_mfa() -> None:
    registering = allow(["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"])
    boss = role("boss", allow(), trust=[trusting(ROOT)])
    with_mfa: Json = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}

    assert methods(escalation("me", user("me", registering, allow("sts:AssumeRole")), boss)) == {"sts-001"}
    by_right = user("me", registering, allow("sts:AssumeRole", **with_mfa))
    assert methods(escalation("me", by_right, boss)) == {"sts-001", "x-iam-mfa-self"}
    by_trust = role("boss", allow(), trust=[trusting(ROOT, **with_mfa)])
    found = escalation("me", user("me", registering, allow("sts:AssumeRole")), by_trust)
    assert found is not None
    last = {path.steps[0].method: path.steps[-1].conditions for path in found.paths}
    assert last == {"sts-001": ("aws:MultiFactorAuthPresent is true",), "x-iam-mfa-self": ()}
