"""Subjects from what people type, and subjects of several findings put together."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.dispatch import Named, merged, named_subject
from policies.subjects import Subject
from tests.accounts import FOREIGN, OWN
from tests.policies.dispatch.suspects import INSTANCE, KEY, OTHER_KEY, ROLE_ID, SESSION_KEY, USER_ID


@pytest.mark.parametrize(
    ("by", "text", "expected"),
    [
        ("role", "app", Subject(kind="role", name="app")),
        ("role", "team/app", Subject(kind="role", name="app")),
        (
            "role",
            f"arn:aws:iam::{OWN}:role/team/app",
            Subject(kind="role", account_id=OWN, name="app", arn=f"arn:aws:iam::{OWN}:role/team/app"),
        ),
        (
            "role",
            f"arn:aws-us-gov:sts::{OWN}:assumed-role/app/deploy",
            Subject(
                kind="role", account_id=OWN, name="app", session="deploy",
                arn=f"arn:aws-us-gov:sts::{OWN}:assumed-role/app/deploy",
            ),
        ),
        ("role", ROLE_ID, Subject(kind="role", unique_id=ROLE_ID)),
        ("user", "alice@example.com", Subject(kind="user", name="alice@example.com")),
        ("user", USER_ID, Subject(kind="user", unique_id=USER_ID)),
        ("user", "AROA-is-a-name", Subject(kind="user", name="AROA-is-a-name")),
        ("access-key", KEY, Subject(kind="unknown", access_key=KEY)),
        (
            "session",
            f"{ROLE_ID}:{INSTANCE}",
            Subject(kind="role", unique_id=ROLE_ID, session=INSTANCE, instance=INSTANCE),
        ),
        ("session", USER_ID, Subject(kind="user", unique_id=USER_ID)),
        (
            "session",
            f"arn:aws:sts::{OWN}:assumed-role/app/{INSTANCE}",
            Subject(
                kind="role", account_id=OWN, name="app", session=INSTANCE, instance=INSTANCE,
                arn=f"arn:aws:sts::{OWN}:assumed-role/app/{INSTANCE}",
            ),
        ),
        ("session", f"{OWN}:bob", Subject(kind="federated-user", account_id=OWN, name="bob")),
        (
            "session",
            f"arn:aws:sts::{OWN}:federated-user/bob",
            Subject(kind="federated-user", account_id=OWN, name="bob", arn=f"arn:aws:sts::{OWN}:federated-user/bob"),
        ),
        (
            "session",
            f"arn:aws:iam::{OWN}:root",
            Subject(kind="root", account_id=OWN, arn=f"arn:aws:iam::{OWN}:root"),
        ),
        ("instance", INSTANCE, Subject(kind="role", instance=INSTANCE)),
        (
            "person",
            "9067642ac7-11112222-3333-4444-5555-666677778888",
            Subject(kind="person", user_id="9067642ac7-11112222-3333-4444-5555-666677778888"),
        ),
    ],
)  # fmt: skip
def test_name(by: Named, text: str, expected: Subject) -> None:
    assert named_subject(by, text) == expected


@pytest.mark.parametrize(
    ("by", "text"),
    [
        ("role", ""),
        ("role", "a b"),
        ("role", "$(id)"),
        ("role", "x" * 65),
        ("role", f"arn:aws:iam::{OWN}:user/app"),
        ("role", "arn:aws:iam::1:role/app"),
        ("role", "app\n"),
        ("user", f"arn:aws:iam::{OWN}:role/app"),
        ("user", f"arn:aws:sts::{OWN}:assumed-role/app/s"),
        ("access-key", "AKIA"),
        ("access-key", "AKIAEXAMPLEKEY00000'"),
        ("access-key", "GeneratedFindingAccessKeyId"),
        ("access-key", ROLE_ID),
        ("session", "deploy"),
        ("session", f"{USER_ID}:x1"),
        ("session", f"{ROLE_ID}:*"),
        ("session", f"arn:aws:sts::{OWN}:assumed-role/app/*"),
        ("session", f"arn:aws:sts::{OWN}:assumed-role/app"),
        ("session", f"arn:aws:sts::{OWN}:federated-user/*"),
        ("instance", "i-xyz"),
        ("instance", "mi-0123456789abcdef0"),
        ("person", "alice"),
        ("person", "${identitystore:UserId}"),
    ],
)
def test_text_of_another_form_is_refused(by: Named, text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        named_subject(by, text)


def test_refusal_shows_no_more_than_it_must() -> None:
    with pytest.raises(ValueError, match="is not") as refused:
        named_subject("role", "\x1b[31m" + "x" * 100_000)
    assert len(str(refused.value)) < 400
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("by", ["role", "user", "session", "person", "access-key", "instance"])
def test_long_text_is_refused_at_once(by: Named) -> None:
    begun = time.process_time()
    for text in ("/" * 200_000 + "!", "a/" * 100_000 + "$", "A" * 200_000 + "$"):
        with pytest.raises(ValueError, match="is not"):
            named_subject(by, text)
    assert time.process_time() - begun < 2


ROLE_ONE = Subject(kind="role", account_id=OWN, name="app", unique_id=ROLE_ID, session=INSTANCE, access_key=SESSION_KEY)


def test_findings_on_one_key_are_one_credential() -> None:
    first = Subject(kind="unknown", access_key=KEY, told_by="f1")
    second = Subject(kind="user", account_id=OWN, name="alice", access_key=KEY, told_by="f2")
    (found,) = merged([first, second])

    assert found.links == (KEY,)
    assert found.subjects == (Subject(kind="user", account_id=OWN, name="alice", access_key=KEY, told_by="f1, f2"),)


def test_pivot_over_key_unique_id_and_instance() -> None:
    other_session = Subject(kind="role", unique_id=ROLE_ID, session="deploy", access_key="ASIAEXAMPLEKEY000002")
    on_the_host = Subject(kind="user", name="alice", access_key=KEY, instance=INSTANCE)
    stranger = Subject(kind="user", name="carol", access_key=OTHER_KEY)
    found = merged([ROLE_ONE, stranger, other_session, on_the_host])

    assert [each.subjects for each in found] == [(ROLE_ONE, other_session, on_the_host), (stranger,)]
    assert found[0].links == (ROLE_ID, INSTANCE)
    assert found[1].links == ()


def test_two_incidents_that_a_third_finding_joins() -> None:
    one, two = Subject(kind="unknown", access_key=KEY), Subject(kind="unknown", instance=INSTANCE)
    bridge = Subject(kind="user", access_key=KEY, instance=INSTANCE)

    assert len(merged([one, two])) == 2
    assert len(merged([one, two, bridge])) == 1
    assert len(merged([bridge, two, one])) == 1


def test_names_and_accounts_link_nothing() -> None:
    told = [
        Subject(kind="role", account_id=OWN, name="alice"),
        Subject(kind="user", account_id=OWN, name="alice"),
        Subject(kind="role", account_id=FOREIGN, name="alice"),
        Subject(kind="root", account_id=OWN, unique_id=OWN),
        Subject(kind="federated-user", account_id=OWN, unique_id=OWN, name="alice"),
    ]
    assert [each.subjects for each in merged(told)] == [(each,) for each in told]


def test_placeholders_of_samples_link_nothing() -> None:
    told = [
        Subject(
            kind="user", name=name, access_key="GeneratedFindingAccessKeyId", unique_id="GeneratedFindingPrincipalId"
        )
        for name in ("a", "b")
    ]
    assert len(merged(told)) == 2


def test_what_contradicts_hangs_together_but_stays_apart() -> None:
    told = [Subject(kind="user", name="alice", access_key=KEY), Subject(kind="user", name="bob", access_key=KEY)]
    (found,) = merged(told)

    assert found.subjects == tuple(told)


def test_two_sessions_of_one_role_are_two_credentials() -> None:
    told = [
        Subject(kind="role", unique_id=ROLE_ID, session="aa"),
        Subject(kind="role", unique_id=ROLE_ID, session="bb"),
    ]
    (found,) = merged(told)

    assert found.subjects == tuple(told)


_TEXTS = st.sampled_from([None, KEY, OTHER_KEY, SESSION_KEY])
_SUBJECTS = st.builds(
    Subject,
    kind=st.sampled_from(["role", "user", "unknown"]),
    access_key=_TEXTS,
    unique_id=st.sampled_from([None, ROLE_ID, USER_ID]),
    instance=st.sampled_from([None, INSTANCE]),
    name=st.sampled_from([None, "alice", "app"]),
)


@given(st.lists(_SUBJECTS, max_size=8))
def test_incidents_share_no_link_and_lose_no_key(told: list[Subject]) -> None:
    found = merged(told)

    for part in ("access_key", "unique_id", "instance", "name"):
        assert {getattr(each, part) for each in told} <= {
            getattr(each, part) for incident in found for each in incident.subjects
        } | {None}
    for link in ("access_key", "unique_id", "instance"):
        where = [{getattr(each, link) for each in incident.subjects} - {None} for incident in found]
        assert sum(map(len, where)) == len(set().union(*where))


@given(st.lists(_SUBJECTS, max_size=8))
def test_number_of_incidents_does_not_depend_on_the_order(told: list[Subject]) -> None:
    assert len(merged(told)) == len(merged(list(reversed(told))))


def test_role_that_is_told_without_a_session_is_not_one_of_its_sessions() -> None:
    told = [Subject(kind="role", unique_id=ROLE_ID), Subject(kind="role", unique_id=ROLE_ID, session="aa")]
    (found,) = merged(told)

    assert found.subjects == tuple(told)


def test_nothing_is_nothing() -> None:
    assert merged([]) == ()
