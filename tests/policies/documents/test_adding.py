"""A Deny that is added to a policy of others: the rest says what it said, and what does not fit is refused."""

from __future__ import annotations

import json

import pytest

from policies.documents import NotWritable
from policies.documents.holding import freeze_trust
from policies.documents.persons import permission_set_revoke_person
from policies.documents.quotas import TRUST
from tests.policies.documents.samples import EXISTING, PERSON, statements
from tests.policies.documents.samples import TRUST as SAVED


def test_the_trust_policy_keeps_its_statements_in_order() -> None:
    frozen = freeze_trust(SAVED)

    assert statements(frozen)[0] == statements(SAVED)[0]
    assert statements(frozen)[1] == {
        "Sid": "IrFreezeTrust",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
    }
    assert list(json.loads(frozen)) == ["Version", "Statement"]
    assert " " not in frozen


def test_freezing_twice_is_freezing_once() -> None:
    assert freeze_trust(freeze_trust(SAVED)) == freeze_trust(SAVED)


def test_one_statement_and_other_elements() -> None:
    frozen = freeze_trust(
        '{"Id":"x","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},"Version":"1"}'
    )

    assert json.loads(frozen)["Id"] == "x"
    assert json.loads(frozen)["Version"] == "1"
    assert [each["Effect"] for each in statements(frozen)] == ["Allow", "Deny"]


def test_a_sid_that_is_taken() -> None:
    """Somebody who gave his own statement our Sid does not keep ours out."""
    taken = '{"Statement":[{"Sid":"IrFreezeTrust","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}'

    frozen = freeze_trust(taken)

    assert [each["Sid"] for each in statements(frozen)] == ["IrFreezeTrust", "IrFreezeTrust2"]
    assert statements(frozen)[1]["Effect"] == "Deny"
    assert freeze_trust(frozen) == frozen


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", '"x"', "{}", '{"Statement":[]}', '{"Statement":"x"}', '{"Statement":[1]}', "{", "[" * 100_000,
        '{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}', '{"Statement":[{}],"Statement":[{}]}',
        '{"Statement":[{"a":NaN}]}',
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(NotWritable):
        freeze_trust(text)
    if text:
        with pytest.raises(NotWritable):
            permission_set_revoke_person(PERSON, text)


def _of_size(size: int) -> str:
    """A trust policy that is so long once it is frozen."""
    bare = '{"Statement":[{"Sid":"","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}'
    return bare.replace('"Sid":""', f'"Sid":"{"x" * (size - len(freeze_trust(bare)))}"')


@pytest.mark.parametrize(("size", "limit"), [(2048, 2048), (4096, 4096), (4096, 9999)])
def test_the_room_in_a_trust_policy(size: int, limit: int) -> None:
    assert TRUST.size(freeze_trust(_of_size(size), limit)) == size
    with pytest.raises(NotWritable, match=f"{size + 1:,} characters"):
        freeze_trust(_of_size(size + 1), limit)


def test_white_space_is_not_counted_in_names() -> None:
    spaced = _of_size(2048).replace('"Sid":"x', '"Sid":"   x')

    assert freeze_trust(spaced)


@pytest.mark.parametrize("place", ["Sid", "Id"])
def test_a_policy_that_says_the_placeholder_itself(place: str) -> None:
    """The time is filled in where we put it, and nowhere in what others wrote, wherever that stands."""
    policy = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Sid": "x"}], "Id": "y"}
    text = json.dumps(policy).replace('"x"' if place == "Sid" else '"y"', '"${CUTOFF}"')

    frozen, revoked = freeze_trust(text), permission_set_revoke_person(PERSON, text)

    assert "${CUTOFF}" not in frozen
    assert revoked.count("${CUTOFF}") == 1
    assert statements(revoked.replace("${CUTOFF}", "T"))[-1]["Condition"]["DateLessThan"] == {"aws:TokenIssueTime": "T"}
    assert json.loads(frozen)[place] if place == "Id" else statements(frozen)[0][place] == "${CUTOFF}"


def test_letters_are_counted_as_they_are_and_none_acts_on_a_terminal() -> None:
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Sid": "é\u009b31m\x1b[2J\u202e名\x7f"}]}

    frozen = freeze_trust(json.dumps(policy))

    assert statements(frozen)[0] == policy["Statement"][0]
    assert all(char == "é" or " " <= char <= "~" for char in frozen)


def test_the_permission_set_keeps_what_it_grants() -> None:
    revoked = permission_set_revoke_person(PERSON, EXISTING, "2026-11-20T23:00:00Z")

    assert statements(revoked)[:-1] == statements(EXISTING)
    assert statements(revoked)[-1]["Condition"] == {
        "StringEquals": {"identitystore:UserId": PERSON},
        "DateLessThan": {"aws:TokenIssueTime": "2026-11-20T23:00:00Z"},
    }
    assert [each["Sid"] for each in statements(permission_set_revoke_person(PERSON, None))] == ["IrRevokePerson"]
    with pytest.raises(NotWritable, match="32,768"):
        permission_set_revoke_person(PERSON, EXISTING.replace("s3:GetObject", "s" * 32_700))
