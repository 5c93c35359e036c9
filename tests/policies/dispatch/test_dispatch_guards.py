"""Each guard with its twin, the never-list before all others, and the decision table."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policies.dispatch import named_subject, never_listed, resolve
from policies.subjects import Subject
from scanner.engine.declared import Declared
from tests.accounts import FOREIGN, NOW, OWN, Json, allow, gap, policy
from tests.policies.dispatch.suspects import (
    ALICE,
    APP,
    EC2,
    INSTANCE,
    KEY,
    MANAGEMENT,
    MEMBER,
    OLD_ROLE_ID,
    OTHER_INSTANCE,
    OWN_ACCOUNT,
    ROLE_ID,
    SESSION_KEY,
    USER_ID,
    circumstances,
    facts,
    instances,
    resolved,
    role,
    role_with,
    told,
    user,
)

PERSON = "11112222-3333-4444-5555-666677778888"
SSO: Json = {"name": "AWSReservedSSO_Admin_0123456789abcdef", "path": "/aws-reserved/sso.amazonaws.com/"}
LINKED: Json = {"name": "AWSServiceRoleForX", "path": "/aws-service-role/x.amazonaws.com/"}


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ({}, "passed"),
        ({"is_sample": True}, "refused"),
        ({"is_archived": True}, "refused"),
        ({"is_finding": False}, "passed"),
    ],
)
def test_finding(parts: Json, verdict: str) -> None:
    guard = resolved(APP, facts(), **parts).guard("finding-is-real")

    assert guard.verdict == verdict
    assert guard.alternative or verdict == "passed"


@pytest.mark.parametrize(
    ("declared", "protected", "verdict"),
    [
        (Declared(), (), "passed"),
        (Declared(break_glass=("role/app",)), (), "refused"),
        (Declared(break_glass=("role/a*",)), (), "refused"),
        (Declared(break_glass=(f"arn:aws:iam::{OWN}:role/app",)), (), "refused"),
        (Declared(break_glass=("user/app",)), (), "passed"),
        (Declared(response_roles=("role/app",)), (), "refused"),
        (Declared(administrators=("role/app",)), (), "passed"),
        (Declared(), ("role/app",), "refused"),
        (Declared(), ("role/other",), "passed"),
    ],
)
def test_never_list(declared: Declared, protected: tuple[str, ...], verdict: str) -> None:
    found = resolved(APP, declared=declared, protected=protected)

    assert found.guard("never-list").verdict == verdict
    assert found.verdict == verdict
    # The first thing that is told.
    assert found.guards[0].name == "never-list"


@pytest.mark.parametrize(
    ("caller", "verdict"),
    [
        (f"arn:aws:sts::{OWN}:assumed-role/app/scan", "refused"),
        (f"arn:aws:sts::{FOREIGN}:assumed-role/app/scan", "passed"),
        (f"arn:aws:sts::{OWN}:assumed-role/apple/scan", "passed"),
        (f"arn:aws:iam::{OWN}:user/app", "passed"),
        (None, "passed"),
    ],
)
def test_whoever_collected_the_account_is_not_contained(caller: str | None, verdict: str) -> None:
    assert resolved(APP, facts(caller=caller)).guard("never-list").verdict == verdict


def test_user_and_root_that_collected_the_account() -> None:
    for caller, subject in ((f"arn:aws:iam::{OWN}:user/alice", ALICE), (f"arn:aws:iam::{OWN}:root", told("root"))):
        assert resolved(subject, facts(caller=caller)).guard("never-list").verdict == "refused"
        assert resolved(subject).guard("never-list").verdict == "passed"


def test_user_of_the_name_of_the_role_that_collected_the_account() -> None:
    both = facts(users=[user("app")], access_keys=[], caller=f"arn:aws:sts::{OWN}:assumed-role/app/scan")

    assert resolved(told("user", name="app", unique_id=USER_ID), both).guard("never-list").verdict == "passed"


def test_role_with_a_path_is_known_by_its_session() -> None:
    team = facts(roles=[role(path="/team/")], caller=f"arn:aws:sts::{OWN}:assumed-role/app/scan")

    assert resolved(APP, team).guard("never-list").verdict == "refused"


@pytest.mark.parametrize(
    ("subject", "parts"),
    [
        (told("role", name="break-glass", unique_id=OLD_ROLE_ID), {}),
        (told("role", name="BREAK-GLASS", unique_id=OLD_ROLE_ID), {}),
        (told("role", name="break-glass"), {"roles": gap("iam:GetAccountAuthorizationDetails")}),
        (told("role", arn=f"arn:aws:sts::{OWN}:assumed-role/break-glass/s", session="ss"), {}),
        (told("unknown", name="break-glass"), {}),
        (told("role", name="break-glass", unique_id=OLD_ROLE_ID), {"roles": [role("break-glass")]}),
    ],
)
@pytest.mark.parametrize("pattern", ["role/break-glass", "role/team/break-glass", "role/*/break-*"])
def test_never_list_comes_first_where_the_principal_was_not_found(subject: Subject, parts: Json, pattern: str) -> None:
    found = resolved(subject, facts(**parts), declared=Declared(break_glass=(pattern,)))

    assert found.principal is None
    assert found.guards[0].name == "never-list"
    assert found.guards[0].verdict == "refused"
    assert found.verdict == "refused"
    assert resolved(subject, facts(**parts)).guard("never-list").verdict == "passed"


def test_members_of_a_set_can_be_asked_about_alone() -> None:
    said = circumstances(declared=Declared(break_glass=("role/x/glass",)))

    assert never_listed(f"arn:aws:iam::{OWN}:role/x/glass", facts(), said) is not None
    assert never_listed(f"arn:aws:iam::{OWN}:role/glass", facts(), said) is None


@pytest.mark.parametrize(
    ("age", "parts", "verdict"),
    [
        (timedelta(hours=23), {}, "passed"),
        (timedelta(hours=25), {}, "unknown"),
        (timedelta(hours=25), {"max_age": timedelta(days=7)}, "passed"),
        (timedelta(hours=-1), {}, "passed"),
    ],
)
def test_snapshot(age: timedelta, parts: Json, verdict: str) -> None:
    found = resolved(APP, facts(taken_at=(NOW - age).isoformat()), **parts)

    assert found.guard("snapshot-is-fresh").verdict == verdict
    assert found.verdict == verdict


FULL = [{"name": "big", "document": policy(allow(["s3:" + "x" * 120] * 80))}]
ATTACHED = [{"name": f"p{each}", "arn": f"arn:aws:iam::{OWN}:policy/p{each}"} for each in range(10)]
QUOTA = {"kind": "account-summary", "counters": {"AttachedPoliciesPerRoleQuota": 10}}


@pytest.mark.parametrize(
    ("parts", "account_parts", "verdict"),
    [
        ({}, {}, "passed"),
        ({"attached": ATTACHED}, {}, "passed"),
        ({"inline": FULL}, {}, "passed"),
        ({"inline": FULL, "attached": ATTACHED}, {}, "unknown"),
        ({"inline": FULL, "attached": ATTACHED}, {"summary": QUOTA}, "refused"),
        ({"inline": FULL, "attached": ATTACHED[1:]}, {"summary": QUOTA}, "passed"),
    ],
)
def test_headroom(parts: Json, account_parts: Json, verdict: str) -> None:
    guard = resolved(APP, facts(roles=[role_with(parts)], **account_parts)).guard("headroom")

    assert guard.verdict == verdict
    assert guard.alternative or verdict == "passed"


def test_service_linked_role_is_not_revocable() -> None:
    linked = facts(roles=[role_with(LINKED)])
    found = resolved(told("role", name=LINKED["name"], unique_id=ROLE_ID), linked)

    assert found.guard("revocable").verdict == "refused"
    assert "invokedBy" in found.guard("revocable").alternative
    assert found.decided is not None
    assert found.decided.plan == "service"
    assert found.decided.templates == ()


def test_service_is_driven_by_somebody_else() -> None:
    guard = resolved(told("service", name="ec2.amazonaws.com")).guard("revocable")

    assert guard.verdict == "refused"
    assert "invokedBy" in guard.alternative


@pytest.mark.parametrize(
    ("organization", "user_id", "verdict", "templates"),
    [
        (MEMBER, PERSON, "passed", ("scp-contain-person",)),
        (MEMBER, None, "passed", ("scp-revoke-principals",)),
        (MANAGEMENT, PERSON, "passed", ("permission-set-revoke-person",)),
        (MANAGEMENT, None, "unknown", ()),
        ({}, PERSON, "passed", ("permission-set-revoke-person",)),
        ({}, None, "unknown", ()),
    ],
)
def test_identity_center(organization: Json, user_id: str | None, verdict: str, templates: tuple[str, ...]) -> None:
    reserved = facts(roles=[role_with(SSO)], organization=organization)
    found = resolved(told("role", name=SSO["name"], unique_id=ROLE_ID, user_id=user_id), reserved)

    assert found.kinds.names == ("identity-center-role",)
    assert found.decided is not None
    assert (found.decided.plan, found.decided.templates) == ("identity-center", templates)
    assert found.guard("revocable").verdict == verdict == found.verdict


def test_person() -> None:
    found = resolve(named_subject("person", PERSON), facts(), circumstances(is_finding=False))

    assert found.verdict == "passed"
    assert found.decided is not None
    assert found.decided.templates == ("scp-contain-person",)


@pytest.mark.parametrize("user_id", ["${identitystore:UserId}", "*", "alice"])
def test_id_of_a_person_that_would_widen_the_deny(user_id: str) -> None:
    found = resolved(told("person", user_id=user_id))

    assert found.verdict == "refused"
    assert found.decided is None


@pytest.mark.parametrize(
    ("organization", "verdict"),
    [
        (MEMBER, "passed"),
        (MANAGEMENT, "refused"),
        ({"membership": None}, "refused"),
        ({"membership": gap("organizations:DescribeOrganization")}, "unknown"),
        (MEMBER | {"tree": gap("organizations:ListRoots", "elsewhere")}, "unknown"),
    ],
)
@pytest.mark.parametrize("subject", [told("root"), told("federated-user", name="bob")])
def test_what_only_an_scp_stops(organization: Json, verdict: str, subject: Subject) -> None:
    found = resolved(subject, facts(organization=organization))

    assert found.guard("revocable").verdict == verdict == found.verdict
    assert found.guard("revocable").alternative
    assert found.decided is not None
    assert found.decided.templates == ("scp-contain-principals",)


@pytest.mark.parametrize(
    ("organization", "verdict"),
    [
        (MEMBER, "passed"),
        (MANAGEMENT, "refused"),
        ({"membership": None}, "refused"),
        ({"membership": gap("organizations:DescribeOrganization")}, "unknown"),
    ],
)
def test_foreign_account(organization: Json, verdict: str) -> None:
    foreign = Subject(kind="foreign-account", account_id=FOREIGN)
    found = resolved(foreign, facts(organization=organization))

    assert found.guard("revocable").verdict == verdict == found.verdict
    assert found.decided is not None
    assert found.decided.templates == ("rcp-contain-account",)


def test_user_with_a_long_term_key() -> None:
    found = resolved(told("user", name="alice", unique_id=USER_ID, access_key=KEY)).decided

    assert found is not None
    assert (found.plan, found.templates, found.acts) == ("user-key", ("quarantine-user",), ("iam:UpdateAccessKey",))


def test_user_with_a_temporary_key() -> None:
    found = resolved(told("user", name="alice", unique_id=USER_ID, access_key=SESSION_KEY)).decided

    assert found is not None
    assert (found.plan, found.templates) == ("user-session", ("quarantine-user",))
    assert "revoke-user-sessions" in found.instead


SESSION = told("role", name="app", unique_id=ROLE_ID, session=INSTANCE, instance=INSTANCE, access_key=SESSION_KEY)


def test_one_instance_of_several_is_revoked_alone() -> None:
    found = resolved(SESSION)

    assert found.verdict == "passed"
    assert found.decided is not None
    assert (found.decided.plan, found.decided.templates) == ("one-instance", ("revoke-instance", "revoke-session"))
    assert found.decided.instead[0] == "revoke-sessions"


_ASSUMES = [{"name": "a", "document": policy(allow("sts:AssumeRole"))}]
_OPEN: Json = policy(
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}, "Action": "sts:AssumeRole"},
)


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"regions": [instances(INSTANCE)]}, "No other instance"),
        ({"regions": [instances(OTHER_INSTANCE)]}, "region"),
        ({"regions": []}, "region"),
        ({"roles": [role("app", _OPEN)]}, "chooses the name"),
        (
            {"roles": [role(inline=_ASSUMES), role("next", OWN_ACCOUNT, id="AROAEXAMPLEROLE000002")]},
            "become other roles",
        ),
        ({"roles": [role(attached=[{"name": "p", "arn": f"arn:aws:iam::{OWN}:policy/p"}])]}, "not known whether"),
    ],
)
def test_whole_role_is_revoked_where_one_instance_would_leave_the_thief_in(parts: Json, word: str) -> None:
    found = resolved(SESSION, facts(**parts)).decided

    assert found is not None
    assert (found.plan, found.templates) == ("role-sessions", ("revoke-sessions",))
    assert word in found.because


def test_session_that_only_looks_like_an_instance_is_none() -> None:
    for session in ("i-am-bob", "deploy"):
        found = resolved(told("role", name="app", unique_id=ROLE_ID, session=session)).decided
        assert found is not None
        assert found.plan == "role-sessions"


def test_session_of_another_name_is_not_that_of_the_instance_beside_it() -> None:
    found = resolved(told("role", name="app", unique_id=ROLE_ID, session="deploy", instance=INSTANCE)).decided

    assert found is not None
    assert found.plan == "role-sessions"


@pytest.mark.parametrize("trust", [EC2, OWN_ACCOUNT])
def test_role_without_a_session(trust: Json) -> None:
    found = resolved(APP, facts(roles=[role("app", trust)])).decided

    assert found is not None
    assert found.templates == ("revoke-sessions",)


def test_every_guard_is_there_once_and_says_something() -> None:
    for subject in (APP, ALICE, told("root"), Subject(kind="unknown"), told("role", session="*")):
        found = resolved(subject)
        names = [guard.name for guard in found.guards]
        assert len(set(names)) == len(names) == 10
        assert all(guard.reason for guard in found.guards)


def test_guards_that_refuse_come_first() -> None:
    found = resolved(told("role", name="app", unique_id=OLD_ROLE_ID), is_sample=True)
    order = [guard.verdict for guard in found.guards]

    assert order == sorted(order, key=["refused", "unknown", "passed"].index)
    assert order.count("refused") == 2


def test_users_of_other_names_do_not_matter() -> None:
    more = facts(users=[user(), user("bob", id="AIDAEXAMPLEUSER000002")], access_keys=gap("iam:ListAccessKeys"))

    assert resolved(ALICE, more).guard("key-is-known").verdict == "passed"
