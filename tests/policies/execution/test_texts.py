"""What texts mean: whatever stands in a policy, nobody is spared, and nothing falls over it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.cutoff import PLACEHOLDER, format_instant, parse_cutoff
from policies.documents.persons import permission_set_revoke_person
from policies.documents.scps import scp_contain_principals, scp_revoke_principals
from policies.documents.sessions import revoke_instance, revoke_session, revoke_sessions
from policies.documents.users import quarantine_user, require_user_mfa, revoke_user_sessions
from policies.documents.writing import serialise
from policies.execution.changes import Change
from policies.execution.standing import is_at_least, standing, to_restore, wanted, without
from policies.execution.texts import (
    STEP,
    digest,
    filled,
    is_like,
    is_timed,
    latest_cutoff,
    least_cutoff,
    names_all_of,
    principals_of,
    same,
    with_all_principals,
)

ROLE, USER = "AROAAAAAAAAAAAAAAAAAA", "90677b8a2c-1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
ARN = "arn:aws:iam::123456789012:role/"
TIMED = [
    serialise(revoke_sessions()),
    serialise(revoke_session(ROLE, "i-0123456789abcdef0")),
    serialise(revoke_instance("arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0")),
    serialise(revoke_user_sessions()),
    serialise(require_user_mfa()),
    scp_revoke_principals([f"{ARN}a", f"{ARN}b"])[0],
    permission_set_revoke_person(USER, None),
]
DOCUMENTS = [*TIMED, serialise(quarantine_user()), scp_contain_principals([f"{ARN}a"])[0]]

instants = st.floats(86_400, 253_000_000_000).map(lambda each: datetime.fromtimestamp(each, UTC))
leaves: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
words = st.sampled_from([
    "Statement", "Effect", "Deny", "Allow", "Condition", "DateLessThan", "datelessthanequals", "aws:TokenIssueTime",
    "AWS:TOKENISSUETIME", "aws:PrincipalArn", "ArnEquals", "Action", "*", "Sid", "2026-11-22T03:00:00Z", PLACEHOLDER,
    "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "1e999", "NaN",
])  # fmt: skip
hostile = st.recursive(
    leaves | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=4), inner, max_size=4),
    max_leaves=25,
)


@given(instants)
def test_a_cutoff_lies_ahead_by_the_margin_and_a_step_at_most(now: datetime) -> None:
    cutoff = least_cutoff(now)

    assert timedelta(seconds=30) <= cutoff - now < timedelta(seconds=30) + STEP
    assert parse_cutoff(format_instant(cutoff)) == cutoff
    assert cutoff <= least_cutoff(now + timedelta(milliseconds=1))


@given(st.sampled_from(TIMED), instants)
def test_the_cutoff_that_was_filled_in_is_read(document: str, now: datetime) -> None:
    cutoff = least_cutoff(now)
    text = filled(document, cutoff)

    assert is_timed(document)
    assert not is_timed(text)
    assert latest_cutoff(text) == cutoff
    assert is_like(text, document)


@pytest.mark.parametrize(
    ("value", "cutoff"),
    [
        ("2026-11-22T03:00:31.123Z", "2026-11-22T03:00:32Z"),
        ("2026-11-22T03:00:31.000Z", "2026-11-22T03:00:31Z"),
        ("2026-11-22T04:00:31+01:00", "2026-11-22T03:00:31Z"),
        ("2026-11-22T03:00:31", "2026-11-22T03:00:31Z"),
        ("1795316431", "2026-11-22T03:00:31Z"),
        (1795316431, "2026-11-22T03:00:31Z"),
        (1795316430.5, "2026-11-22T03:00:31Z"),
        (["2026-11-22T03:00:31Z", "2025-01-01T00:00:00Z", "no time", None], "2026-11-22T03:00:31Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59-08:00", None),
        ("no time", None),
        ("1e400", None),
        ("99999999999999999999", None),
        ([], None),
        ({}, None),
        (None, None),
        (True, None),
    ],
)
@pytest.mark.parametrize("operator", ["DateLessThan", "datelessthan", "DateLessThanEquals", "DateLessThanIfExists"])
def test_every_spelling_of_a_time(value: object, cutoff: str | None, operator: str) -> None:
    for key in ("aws:TokenIssueTime", "AWS:tokenissuetime"):
        statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {key: value}}}
        for statements in (statement, [statement], [{"Effect": "Allow"}, statement]):
            found = latest_cutoff(json.dumps({"Statement": statements}))
            assert (format_instant(found) if found else None) == cutoff


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-22T03:00:31Z"}}},
        {"Effect": "Deny", "Condition": {"DateGreaterThan": {"aws:TokenIssueTime": "2026-11-22T03:00:31Z"}}},
        {"Effect": "Deny", "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-11-22T03:00:31Z"}}},
    ],
)
def test_other_times_are_no_cutoffs(statement: dict[str, Any]) -> None:
    assert latest_cutoff(json.dumps({"Statement": statement})) is None


def _spelled_otherwise(text: str, draw: Any) -> str:
    """The same policy as somebody else would write it."""
    policy = json.loads(text)
    for statement in policy["Statement"]:
        statement["Sid"] = draw(st.text(max_size=5))
        for element in ("Action", "Resource"):
            held = statement[element]
            statement[element] = held[0] if isinstance(held, list) else [held]
        statement["Condition"] = {
            operator: {draw(st.sampled_from([key, key.lower(), key.upper()])): value for key, value in operands.items()}
            for operator, operands in reversed(statement.get("Condition", {}).items())
        }
        if not statement["Condition"]:
            del statement["Condition"]
    policy["Statement"].reverse()
    if len(policy["Statement"]) == 1 and draw(st.booleans()):
        policy["Statement"] = policy["Statement"][0]
    return json.dumps(policy, indent=draw(st.sampled_from([None, 2])))


@given(st.data(), st.sampled_from(DOCUMENTS))
def test_a_containment_is_known_by_what_it_says(data: st.DataObject, document: str) -> None:
    text = _spelled_otherwise(filled(document, least_cutoff(datetime(2026, 1, 1, tzinfo=UTC))), data.draw)

    assert is_like(text, document)
    assert [each for each in DOCUMENTS if is_like(text, each)] == [
        each for each in DOCUMENTS if is_like(each, document)
    ]


_TIME = "2026-11-22T03:00:31Z"
WEAKER: list[tuple[str, Any]] = [
    ("Action", "s3:*"),
    ("Resource", "arn:aws:s3:::x"),
    ("Effect", "Allow"),
    ("NotPrincipal", {"AWS": "*"}),
    ("NotAction", "sts:*"),
    ("Condition", {"DateLessThan": {"aws:TokenIssueTime": _TIME}, "Bool": {"aws:ViaAWSService": "true"}}),
    ("Condition", {"DateLessThan": {"aws:TokenIssueTime": _TIME, "aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
    ("Condition", {"DateLessThanIfExists": {"aws:TokenIssueTime": _TIME}}),
    ("Condition", {"DateLessThan": "x"}),
    ("Condition", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("element", "value"), WEAKER)
def test_what_says_something_else_is_somebody_elses(element: str, value: object) -> None:
    policy = json.loads(filled(TIMED[0], datetime(2026, 1, 1, tzinfo=UTC)))
    policy["Statement"][0][element] = value

    assert not is_like(json.dumps(policy), TIMED[0])
    assert standing(_change(TIMED[0]), json.dumps(policy)) == "foreign"


@pytest.mark.parametrize("more", [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {}])
def test_one_more_statement_makes_it_somebody_elses(more: dict[str, str]) -> None:
    policy = json.loads(TIMED[0])
    policy["Statement"].append(more)

    assert not is_like(json.dumps(policy), TIMED[0])


def _change(document: str, kind: str = "inline policy") -> Change:
    return Change(kind=kind, principal=f"{ARN}a", unique_id=ROLE, name="x", document=document)  # type: ignore[arg-type]


@given(st.sampled_from(TIMED[:6]), instants, instants, instants)
def test_a_cutoff_is_never_lowered(document: str, there: datetime, now: datetime, floor: datetime) -> None:
    present = filled(document, least_cutoff(there))
    change = _change(document)

    text = wanted(change, present, now, floor)

    found = latest_cutoff(text)
    assert found is not None
    assert found >= max(least_cutoff(there), least_cutoff(now), floor.replace(microsecond=0))
    assert is_at_least(change, text, present)
    assert is_at_least(change, present, text) is (least_cutoff(there) >= found)
    assert to_restore(change, present) is None


names = st.lists(st.text("abcdefg", min_size=1, max_size=3).map(ARN.__add__), min_size=1, max_size=5)


@given(names, names)
def test_no_principal_is_let_go(mine: list[str], theirs: list[str]) -> None:
    document, present = (scp_revoke_principals(each)[0] for each in (mine, theirs))

    merged = with_all_principals(document, present)

    assert principals_of(merged) == {*mine, *theirs}
    assert is_like(merged, document)
    assert names_all_of(merged, document)
    assert names_all_of(merged, present)
    later, earlier = (datetime(year, 1, 1, tzinfo=UTC) for year in (2030, 2029))
    is_enough = is_at_least(_change(document, "organization policy"), filled(present, later), filled(merged, earlier))
    assert is_enough is (set(mine) <= set(theirs))


@given(names)
def test_the_same_principals_change_nothing(mine: list[str]) -> None:
    document = scp_revoke_principals(mine)[0]

    assert with_all_principals(document, document) == document
    assert with_all_principals(document, None) == document


@settings(max_examples=300)
@given(hostile | st.text(max_size=40), st.sampled_from(DOCUMENTS))
def test_nothing_that_stands_there_makes_it_fall_over(found: Any, document: str) -> None:
    text = found if isinstance(found, str) else json.dumps(found)
    cutoff = latest_cutoff(text)

    assert cutoff is None or cutoff.tzinfo is not None
    assert same(text, text)
    assert digest(text) == digest(text)
    if not is_like(text, document):
        assert standing(_change(document), text) == "foreign"
    assert principals_of(with_all_principals(document, text)) >= principals_of(document)


@settings(max_examples=200)
@given(st.dictionaries(st.text(max_size=6), st.lists(leaves | st.lists(leaves, max_size=3), max_size=3)))
def test_the_same_in_other_letters(found: dict[str, Any]) -> None:
    one, other = json.dumps(found), json.dumps(dict(reversed(found.items())), indent=2, ensure_ascii=False)

    assert same(one, other)
    assert digest(one) == digest(other)
    assert not same(one, json.dumps({**found, "another": 1}))
    assert not same(one, None)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, "9" * 5_000, "\ud800", '{"Statement":[null]}'])
def test_what_no_program_should_send(text: str) -> None:
    assert latest_cutoff(text) is None
    assert same(text, text)
    assert not same(text, "{}")
    assert len(digest(text)) == 64
    assert not is_like(text, TIMED[0])


def test_a_permission_set_keeps_what_others_wrote() -> None:
    """One person's Deny is put in, raised, and taken out again; another person's stays."""
    own = '{"Version": "2012-10-17", "Statement": {"Sid": "IrRevokePerson", "Effect": "Allow", "Action": "s3:*"}}'
    first, second = (permission_set_revoke_person(each, None) for each in (USER, USER.replace("9", "8")))
    now = datetime(2026, 11, 22, 3, tzinfo=UTC)
    mine, theirs = (Change(kind="permission set policy", document=each) for each in (first, second))

    one = wanted(mine, own, now)
    both = wanted(theirs, one, now)
    raised = wanted(mine, both, now + timedelta(hours=1))

    assert len(json.loads(both)["Statement"]) == 3
    assert len(json.loads(raised)["Statement"]) == 3
    assert sorted(re.findall("T0[34]:00", raised)) == ["T03:00", "T04:00"]
    assert same(without(second, without(first, raised)), json.dumps(_listed(own)))
    assert without(first, filled(first, now)) is None
    assert without(first, own) == own


def _listed(text: str) -> dict[str, Any]:
    found = json.loads(text)
    return {**found, "Statement": [found["Statement"]]}
