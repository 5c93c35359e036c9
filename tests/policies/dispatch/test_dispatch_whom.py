"""Whom a subject is: never a principal of the same name that is another one."""

from __future__ import annotations

import pytest

from policies.dispatch import named_subject, resolve
from policies.subjects import Subject
from tests.accounts import FOREIGN, OWN, Json, gap
from tests.policies.dispatch.suspects import (
    ALICE,
    APP,
    INSTANCE,
    KEY,
    OLD_ROLE_ID,
    OTHER_KEY,
    ROLE_ID,
    SESSION_KEY,
    USER_ID,
    circumstances,
    facts,
    instances,
    keys,
    resolved,
    role,
    told,
    user,
    verdicts,
)

UNREAD = gap("iam:GetAccountAuthorizationDetails")


@pytest.mark.parametrize(
    "subject",
    [
        APP,
        told("role", unique_id=ROLE_ID),
        told("unknown", unique_id=ROLE_ID),
        told("role", name="APP", unique_id=ROLE_ID, session="deploy", access_key=SESSION_KEY),
        told("role", unique_id=ROLE_ID, arn=f"arn:aws:sts::{OWN}:assumed-role/app/deploy", session="deploy"),
        Subject(kind="role", unique_id=ROLE_ID),
    ],
)
def test_role_by_its_unique_id(subject: Subject) -> None:
    found = resolved(subject)

    assert found.verdict == "passed"
    assert found.arn == f"arn:aws:iam::{OWN}:role/app"
    assert found.kinds.names == ("ec2-role",)


@pytest.mark.parametrize(
    "subject",
    [
        ALICE,
        told("user", unique_id=USER_ID),
        told("unknown", access_key=KEY),
        told("user", name="alice", access_key=KEY),
    ],
)
def test_user_by_unique_id_or_key(subject: Subject) -> None:
    found = resolved(subject)

    assert found.verdict == "passed"
    assert found.arn == f"arn:aws:iam::{OWN}:user/alice"


def test_role_name_that_a_user_has_is_not_the_user() -> None:
    """An assumed role has the name of its role in the field of the user's name."""
    both = facts(roles=[role("alice")])
    found = resolved(told("role", name="alice", unique_id=ROLE_ID, session="x1"), both)

    assert found.arn == f"arn:aws:iam::{OWN}:role/alice"
    assert "not touched" in found.guard("one-principal").reason
    twin = resolved(told("user", name="alice", unique_id=USER_ID), both)
    assert twin.arn == f"arn:aws:iam::{OWN}:user/alice"
    assert "not touched" in twin.guard("one-principal").reason


@pytest.mark.parametrize("parts", [{"unique_id": OLD_ROLE_ID}, {}])
def test_role_that_is_not_there_is_never_the_user_of_its_name(parts: Json) -> None:
    found = resolved(told("role", name="alice", **parts))

    assert found.principal is None
    assert found.arn is None
    assert found.decided is None
    assert found.guard("principal-is-known").verdict == "refused"
    assert "There is a user of this name" in found.guard("principal-is-known").reason


def test_user_that_is_not_there_is_never_the_role_of_its_name() -> None:
    found = resolved(told("user", name="app", unique_id="AIDAEXAMPLEUSER000009"))

    assert found.principal is None
    assert "There is a role of this name" in found.guard("principal-is-known").reason


def test_role_that_was_made_anew_is_another_one() -> None:
    found = resolved(told("role", name="app", unique_id=OLD_ROLE_ID, session="i-0123456789abcdef0"))

    assert found.principal is None
    assert found.verdict == "refused"
    same = found.guard("same-identity")
    assert same.verdict == "refused"
    assert ROLE_ID in same.reason
    assert OLD_ROLE_ID in same.reason
    assert same.alternative


def test_whether_a_role_was_made_anew_is_unknown_without_its_unique_id() -> None:
    found = resolved(APP, facts(roles=[role(id="")]))

    assert found.principal is None
    assert verdicts(found, "unknown") >= {"same-identity"}
    assert found.verdict == "unknown"


def test_unique_id_without_a_name_is_unknown_where_ids_are_not_told() -> None:
    assert resolved(told("role", unique_id=OLD_ROLE_ID), facts(roles=[role(id="")])).verdict == "unknown"
    assert resolved(told("role", unique_id=OLD_ROLE_ID)).verdict == "refused"


def test_finding_without_a_unique_id_does_not_say_which_role_but_a_person_does() -> None:
    subject = told("role", name="app")

    assert resolved(subject).guard("same-identity").verdict == "unknown"
    assert resolved(subject, is_finding=False).verdict == "passed"


def test_user_keeps_the_unique_id_under_a_new_name_and_a_role_cannot() -> None:
    renamed = facts(users=[user("alice2"), user("alice", id="AIDAEXAMPLEUSER000002")], access_keys=[])
    found = resolved(ALICE, renamed)

    assert found.arn == f"arn:aws:iam::{OWN}:user/alice2"
    assert "renamed" in found.guard("same-identity").reason
    other = resolved(told("role", name="other", unique_id=ROLE_ID))
    assert other.principal is None
    assert other.guard("same-identity").verdict == "refused"


def test_role_at_another_path_is_another_one() -> None:
    told_arn = f"arn:aws:iam::{OWN}:role/team/app"

    assert (
        resolved(told("role", name="app", arn=told_arn), is_finding=False).guard("same-identity").verdict == "refused"
    )
    moved = resolved(told("role", name="app", arn=told_arn), facts(roles=[role(path="/team/")]), is_finding=False)
    assert moved.verdict == "passed"


@pytest.mark.parametrize(
    ("kind", "unique_id"), [("user", ROLE_ID), ("role", USER_ID), ("role", "AGPAEXAMPLEGROUP0001")]
)
def test_unique_id_of_another_kind_is_a_contradiction(kind: str, unique_id: str) -> None:
    found = resolved(Subject(kind=kind, account_id=OWN, name="alice", unique_id=unique_id))  # type: ignore[arg-type]

    assert found.principal is None
    assert found.guard("same-identity").verdict == "refused"


@pytest.mark.parametrize(
    ("subject", "part"),
    [(APP, "roles"), (told("role", name="app"), "roles"), (ALICE, "users"), (told("user", name="alice"), "users")],
)
def test_what_was_not_read_is_missing_and_never_absent(subject: Subject, part: str) -> None:
    found = resolved(subject, facts(**{part: UNREAD}))

    assert found.verdict == "unknown"
    assert found.decided is None
    known = found.guard("principal-is-known")
    assert known.verdict == "unknown"
    assert "Facts are missing" in known.reason
    assert "There is no" not in known.reason


def test_name_without_a_kind_decides_nothing() -> None:
    found = resolved(told("unknown", name="alice"))

    assert found.principal is None
    assert found.guard("principal-is-known").verdict == "unknown"


def test_two_principals_of_one_name_or_id_are_nobody() -> None:
    twice = facts(roles=[role(), role(path="/team/")])

    assert resolved(told("role", name="app"), twice, is_finding=False).guard("one-principal").verdict == "refused"
    assert resolved(APP, twice).guard("one-principal").verdict == "refused"


def test_user_who_has_the_unique_id_of_a_role_is_not_the_role() -> None:
    found = resolved(APP, facts(roles=[], users=[user(id=ROLE_ID)]))

    assert found.principal is None
    assert found.verdict == "refused"


@pytest.mark.parametrize(
    ("subject", "parts", "verdict", "word"),
    [
        (told("unknown", access_key=KEY), {}, "passed", "a key of the user"),
        (told("unknown", access_key=OTHER_KEY), {}, "refused", "of nobody in the snapshot"),
        (told("unknown", access_key=OTHER_KEY), {"access_keys": gap("iam:ListAccessKeys")}, "unknown", "missing"),
        (told("unknown", access_key=OTHER_KEY), {"access_keys": []}, "unknown", "alice were not listed"),
        (
            told("unknown", access_key=OTHER_KEY),
            {"access_keys": [{"user": "alice", "keys": gap("iam:ListAccessKeys")}]},
            "unknown",
            "missing",
        ),
        (told("unknown", access_key=SESSION_KEY), {}, "unknown", "no API tells whose"),
        (told("user", name="alice", unique_id=USER_ID, access_key=SESSION_KEY), {}, "passed", "temporary"),
        (told("user", name="alice", unique_id=USER_ID, access_key=OTHER_KEY), {}, "passed", "told by the unique id"),
        (told("user", name="alice", access_key=OTHER_KEY), {}, "refused", "of nobody in the snapshot"),
        (told("role", name="app", unique_id=ROLE_ID, access_key=KEY), {}, "refused", "not the principal"),
        (told("role", name="app", unique_id=ROLE_ID, access_key=OTHER_KEY), {}, "refused", "a role has none"),
        (told("root", access_key=OTHER_KEY), {}, "passed", "in no list of users"),
        (told("root", access_key=KEY), {}, "refused", "not the principal"),
        (told("user", name="alice", access_key="GeneratedFindingAccessKeyId"), {}, "refused", "not the id"),
        (told("user", name="alice", access_key="AKIA'; rm -rf /"), {}, "refused", "not the id"),
    ],
)
def test_key(subject: Subject, parts: Json, verdict: str, word: str) -> None:
    guard = resolved(subject, facts(**parts)).guard("key-is-known")

    assert guard.verdict == verdict
    assert word in guard.reason
    assert guard.alternative or verdict == "passed"


def test_key_of_another_user_than_the_one_told() -> None:
    both = facts(users=[user(), user("bob", id="AIDAEXAMPLEUSER000002")], access_keys=[keys(KEY, of="bob"), keys()])

    found = resolved(told("user", name="alice", unique_id=USER_ID, access_key=KEY), both)
    assert found.guard("key-is-known").verdict == "refused"


def test_bedrock_key_is_one_of_its_user() -> None:
    credential = {"id": "ACCAEXAMPLE000001", "user": "alice", "service": "bedrock.amazonaws.com", "status": "Active"}
    found = resolved(told("unknown", access_key="ACCAEXAMPLE000001"), facts(service_credentials=[credential]))

    assert found.arn == f"arn:aws:iam::{OWN}:user/alice"
    assert found.decided is not None
    assert "iam:UpdateServiceSpecificCredential" in found.decided.acts


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        (told("role", name="app", unique_id=ROLE_ID), "passed"),
        (Subject(kind="role", account_id=FOREIGN, name="app", unique_id=ROLE_ID), "refused"),
        (Subject(kind="role", arn=f"arn:aws:sts::{FOREIGN}:assumed-role/app/s"), "refused"),
        (told("role", arn=f"arn:aws:sts::{FOREIGN}:assumed-role/app/s"), "refused"),
        (Subject(kind="role", arn=f"arn:aws-cn:iam::{OWN}:role/app"), "refused"),
        (Subject(kind="role", name="app"), "unknown"),
        (Subject(kind="foreign-account", account_id=FOREIGN), "passed"),
        (Subject(kind="foreign-account", account_id=OWN), "refused"),
        (Subject(kind="foreign-account"), "unknown"),
    ],
)
def test_account(subject: Subject, verdict: str) -> None:
    found = resolved(subject)

    assert found.guard("own-account").verdict == verdict
    if verdict != "passed":
        assert found.principal is None
        assert found.decided is None
        assert found.guard("own-account").alternative


def test_name_that_a_person_gives_is_of_the_account_at_hand() -> None:
    assert resolved(Subject(kind="role", name="app"), is_finding=False).verdict == "passed"


def test_instance_leads_to_the_role_that_it_carries() -> None:
    found = resolve(named_subject("instance", INSTANCE), facts(), circumstances(is_finding=False))

    assert found.arn == f"arn:aws:iam::{OWN}:role/app"
    assert found.session == INSTANCE
    assert found.verdict == "passed"


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ({"regions": [instances()]}, "refused"),
        ({"instance_profiles": []}, "unknown"),
        ({"regions": []}, "unknown"),
        ({"roles": UNREAD}, "unknown"),
        ({"instance_profiles": [{"name": "web", "arn": f"arn:aws:iam::{OWN}:instance-profile/web"}]}, "refused"),
    ],
)
def test_instance_that_leads_nowhere(parts: Json, verdict: str) -> None:
    found = resolve(named_subject("instance", INSTANCE), facts(**parts), circumstances(is_finding=False))

    assert found.principal is None
    assert found.guard("principal-is-known").verdict == verdict
    assert found.guard("principal-is-known").alternative


def test_federated_user_is_not_the_user_of_its_name() -> None:
    found = resolved(told("federated-user", name="alice"))

    assert found.principal is None
    assert found.arn == f"arn:aws:sts::{OWN}:federated-user/alice"
    assert found.kinds.names == ("federated-user",)


HOSTILE = [
    "$(touch /tmp/x)",
    "../../etc/passwd",
    "a\nb",
    "*",
    "${aws:username}",
    "' or 1",
    "\u202eevil",
    "",
    "x" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("part", ["name", "session", "instance", "user_id", "source_identity", "region", "account_id"])
@pytest.mark.parametrize("kind", ["role", "user", "federated-user", "person", "root", "unknown", "service"])
def test_hostile_text_names_nobody(kind: str, part: str, text: str) -> None:
    subject = Subject(**{"kind": kind, "account_id": OWN, part: text})  # type: ignore[arg-type]
    found = resolved(subject)
    where = "its account" if part == "account_id" else part

    if not (part == "name" and kind in ("root", "person", "service")):
        assert found.verdict != "passed", where
    assert found.principal is None
    assert all(text not in each for each in (found.arn or "", *(found.decided.templates if found.decided else ()))) or (
        text == ""
    )
    assert all(len(guard.reason) < 2_000 and "\n" not in guard.reason for guard in found.guards)
    assert all("\u202e" not in guard.reason for guard in found.guards)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("part", ["unique_id", "arn", "access_key"])
def test_hostile_ids_name_nobody(part: str, text: str) -> None:
    found = resolved(Subject(**{"kind": "unknown", "account_id": OWN, part: text}))  # type: ignore[arg-type]

    assert found.principal is None
    assert found.verdict != "passed"
