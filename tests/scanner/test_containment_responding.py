"""Whether a responder can contain a principal, and how long sessions live after it did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scanner.containment import Containing, can_contain, longest_session, maximum_session, safe_to_remove
from scanner.inventory import Account, Role, Undetermined, User
from tests.accounts import NOW, Json, account, allow, deny, gap
from tests.rules.holding import DENY_ALL, arn_of, iam, managed, role, user
from tests.rules.response.responding import MFA, alone, in_organization
from tests.rules.trusting import OWN_ROOT

APP, DEV = arn_of("role", "r-app"), arn_of("user", "u-dev")
VICTIMS = (role("r-app", "ec2", allow()), user("u-dev", allow()))


def asked(
    target: str, *statements: Json, at: datetime | None = None, facts: Json | None = None, **own: object
) -> Containing:
    responder = role("r-ir", OWN_ROOT, *statements) | own
    found = account(facts or alone(*VICTIMS, responder))
    return can_contain(of(found, arn_of("role", "r-ir")), of(found, target), found, at)


def of(found: Account, arn: str) -> User | Role:
    assert isinstance(found.users, tuple)
    assert isinstance(found.roles, tuple)
    everybody: list[User | Role] = [*found.users, *found.roles]
    (principal,) = (each for each in everybody if each.arn == arn)
    return principal


def test_the_first_form_that_is_allowed_is_told_with_its_statements() -> None:
    found = asked(APP, allow(["iam:PutRolePolicy", "iam:AttachRolePolicy"], APP))

    assert found.stopping is not None
    assert (found.verdict, found.stopping.action, found.keys) == ("yes", "iam:PutRolePolicy", None)
    assert [(each.document, each.effect) for each in found.stopping.statements] == [("inline policy own-0", "Allow")]
    assert found.unknown is None


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        (allow("iam:PutRolePolicy"), "yes"),
        (allow("iam:PutRolePolicy", APP), "yes"),
        (allow("iam:PutRolePolicy", DEV), "no"),
        (allow("iam:PutUserPolicy"), "no"),
        (allow("iam:PutRolePolicy", Condition=MFA), "only_if"),
        (allow("iam:AttachRolePolicy", Condition={"ArnEquals": {"iam:PolicyARN": DENY_ALL}}), "yes"),
        (
            allow("iam:AttachRolePolicy", Condition={"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/Read*"}}),
            "no",
        ),
        (allow("iam:PutRolePermissionsBoundary"), "yes"),
        (allow("iam:UpdateAssumeRolePolicy"), "no"),
        (allow("iam:PutRolePolicy", Condition={"StringEquals": {"iam:ResourceTag/team": "web"}}), "no"),
        (allow("iam:PutRolePolicy", Condition={"StringNotEquals": {"aws:ResourceTag/team": "web"}}), "yes"),
    ],
)
def test_what_contains_a_role(statement: Json, verdict: str) -> None:
    assert asked(APP, statement).verdict == verdict


def test_the_condition_is_told() -> None:
    found = asked(APP, allow("iam:PutRolePolicy", Condition=MFA)).stopping

    assert found is not None
    assert found.conditions == ("aws:MultiFactorAuthPresent is true",)


def test_a_user_is_stopped_by_a_deny_and_its_keys_are_told_apart() -> None:
    without, with_keys = asked(DEV, allow("iam:PutUserPolicy")), asked(DEV, allow("iam:*"))

    assert without.keys is not None
    assert with_keys.keys is not None
    assert (without.verdict, without.keys.verdict) == ("yes", "no")
    assert (with_keys.verdict, with_keys.keys.verdict) == ("yes", "yes")
    assert asked(DEV, allow("iam:UpdateAccessKey")).verdict == "no"


def test_a_boundary_caps_the_responder() -> None:
    cap = managed("cap", allow("iam:PutUserPolicy"))
    facts = alone(
        *VICTIMS, role("r-ir", OWN_ROOT, allow("iam:*"), boundary=arn_of("policy", "cap")), policies=[cap]
    )  # fmt: skip

    assert (asked(APP, facts=facts).verdict, asked(DEV, facts=facts).verdict) == ("no", "yes")


def test_an_organization_has_a_say_unless_it_is_left_out() -> None:
    responder = role("r-ir", OWN_ROOT, allow("iam:*"))
    found = account(iam(*VICTIMS, responder, **in_organization(deny("iam:Put*"), deny("iam:Attach*"))))
    one, other = of(found, arn_of("role", "r-ir")), of(found, APP)

    assert can_contain(one, other, found).verdict == "no"
    assert can_contain(one, other, found, with_organization=False).verdict == "yes"


def test_what_was_not_read_is_told() -> None:
    responder = role("r-ir", OWN_ROOT, allow("iam:*"))
    organization = iam(*VICTIMS, responder, **in_organization(policies=gap("organizations:ListPolicies", "elsewhere")))
    missing = alone(*VICTIMS, role("r-ir", OWN_ROOT, allow("iam:*"), attached=(arn_of("policy", "x"),)))
    unbounded = alone(*VICTIMS, role("r-ir", OWN_ROOT, allow("iam:*"), boundary=arn_of("policy", "x")))

    for facts in (organization, missing, unbounded):
        assert asked(APP, facts=facts).unknown is not None


def test_a_responder_that_is_held_back_is_taken_as_it_is() -> None:
    assert asked(APP, allow(), deny()).verdict == "no"


def test_a_revocation_stops_the_responders_old_sessions_alone() -> None:
    revoked = deny(Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T11:00:00Z"}})

    assert asked(APP, allow(), revoked).verdict == "only_if"
    assert asked(APP, allow(), revoked, at=NOW).verdict == "yes"
    assert asked(APP, allow(), revoked, at=NOW - timedelta(hours=2)).verdict == "no"


def test_what_does_not_fit_does_not_contain() -> None:
    full = role("r-app", "ec2") | {"inline": [{"name": "own", "document": {"Id": "x" * 10_200}}]}
    facts = alone(full, role("r-ir", OWN_ROOT, allow("iam:PutRolePolicy")))

    assert asked(APP, facts=facts).verdict == "no"


def lasting(seconds: int | None, trust: Json | str = OWN_ROOT, **facts: object) -> tuple[Role, Account]:
    found = account(iam(role("r-app", trust) | facts, role_settings=[{"arn": APP, "max_session": seconds}]))
    principal = of(found, APP)
    assert isinstance(principal, Role)
    return principal, found


@pytest.mark.parametrize(
    ("seconds", "trust", "facts", "shortest", "longest"),
    [
        (3_600, OWN_ROOT, {}, 1, 1),
        (43_200, OWN_ROOT, {}, 12, 12),
        (3_600, "ec2", {}, 6, 6),
        (3_600, OWN_ROOT, {"instance_profiles": ["r-app"]}, 6, 6),
        (43_200, "ec2", {}, 12, 12),
        (None, OWN_ROOT, {}, 1, 12),
        (None, "ec2", {}, 6, 12),
        (3_600, OWN_ROOT, {"path": "/aws-reserved/sso.amazonaws.com/"}, 12, 12),
    ],
)
def test_how_long_a_session_lasts(seconds: int | None, trust: str, facts: Json, shortest: int, longest: int) -> None:
    found = longest_session(*lasting(seconds, trust, **facts))

    assert (found.shortest, found.longest) == (timedelta(hours=shortest), timedelta(hours=longest))
    assert (found.unknown is None) is (shortest == longest)


def test_a_session_of_a_user_lasts_36_hours() -> None:
    found = account(iam(user("u-dev")))

    assert safe_to_remove(of(found, DEV), NOW, found) == datetime(2026, 11, 22, 0, tzinfo=UTC)


def test_settings_that_were_not_read_are_no_settings() -> None:
    principal, found = lasting(None)

    with pytest.raises(Undetermined, match="r-app"):
        maximum_session(principal, found)
    assert safe_to_remove(principal, NOW, found) == NOW + timedelta(hours=12)
