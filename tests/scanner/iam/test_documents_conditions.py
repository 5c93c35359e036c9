"""Operators that exist and those that do not, names said twice, versions: what parsing must not lose."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.iam.documents import OPERATORS, Condition, Policy, Statement, parse, understood
from scanner.inventory import Document, Undetermined

ALLOW = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}


def read(value: object) -> Policy:
    return parse(Document(json.dumps(value).encode()))


def under(operator: str) -> tuple[Condition, tuple[str, ...]]:
    policy = read({"Statement": [ALLOW, ALLOW, ALLOW | {"Condition": {operator: {"aws:TagKeys": "a"}}}]})
    (condition,) = policy.statements[2].conditions
    return condition, policy.problems


def recased(text: str, flips: list[bool]) -> str:
    return "".join(
        letter.swapcase() if flip else letter
        for letter, flip in zip(text, [*flips, *[False] * len(text)], strict=False)
    )


@given(
    st.sampled_from(sorted(OPERATORS.values())),
    st.sampled_from(["", "ForAllValues", "ForAnyValue"]),
    st.booleans(),
    st.lists(st.booleans(), max_size=40),
)
def test_an_operator_is_read_apart(name: str, quantifier: str, if_exists: bool, flips: list[bool]) -> None:
    if_exists = if_exists and name != "Null"
    written = recased(f"{quantifier}:" * bool(quantifier) + name + "IfExists" * if_exists, flips)

    condition, problems = under(written)

    assert not problems
    assert (condition.operator, condition.quantifier) == (name.lower(), quantifier.lower())
    assert condition.if_exists is if_exists
    assert (condition.written, condition.name, condition.key) == (written, "aws:TagKeys", "aws:tagkeys")


@pytest.mark.parametrize(
    "operator",
    [
        "StringEqualz", "", "IfExists", "NullIfExists", "ForAnyValue:NullIfExists", "ForSomeValue:StringEquals",
        ":StringEquals", "ForAllValues:", "ForAllValues:ForAnyValue:StringEquals", "StringEqualsIfExistsIfExists",
        "StringEquals ", "NotBool", "NotBinaryEquals", "StringEquals:IfExists", "IpAddressLike", "ArnNotEqualsIfExist",
    ],
)  # fmt: skip
def test_an_operator_that_does_not_exist_stays_and_is_reported(operator: str) -> None:
    condition, problems = under(operator)

    assert problems == (f"Statement[2].Condition.{operator}: no such operator",)
    assert condition.operator not in OPERATORS
    assert not condition.quantifier
    assert not condition.if_exists
    with pytest.raises(Undetermined, match="no such operator"):
        understood(Document(json.dumps({"Statement": ALLOW | {"Condition": {operator: {"a": "b"}}}}).encode()), "it")


def test_spelling_is_no_part_of_what_a_condition_is() -> None:
    one, _ = under("stringLIKE")
    other, _ = under("StringLike")

    assert one == other
    assert hash(one) == hash(other)
    assert one.written != other.written
    assert one != under("StringLikeIfExists")[0]
    assert one != under("ForAnyValue:StringLike")[0]
    assert one != "stringlike"


def test_a_name_of_any_length_makes_a_short_problem() -> None:
    assert len(under("x" * 100_000)[1][0]) < 200
    assert len(read({"Statement": ALLOW | {"y" * 100_000: 1}}).problems[0]) < 200


REPEATED = {
    "Statement": ('{"Statement":[],"Statement":[]}', "Statement: it occurs twice"),
    "Version": ('{"Version":"2012-10-17","Version":"2008-10-17","Statement":[]}', "Version: it occurs twice"),
    "Action": (
        '{"Statement":[{"Effect":"Allow","Action":"*","Action":"s3:*","Resource":"*"}]}',
        "Statement[0].Action: it occurs twice",
    ),
    "Condition": (
        '{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":"true"}},"Condition":{}}}',
        "Statement[0].Condition: it occurs twice",
    ),
    "an operator": (
        '{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":"true"},"Bool":{"b":"true"}}}}',
        "Statement[0].Condition.Bool: it occurs twice",
    ),
    "a key": (
        '{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":"true","a":"false"}}}}',
        "Statement[0].Condition.Bool.a: it occurs twice",
    ),
    "a key with the same value": (
        '{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":true,"a":true}}}}',
        "Statement[0].Condition.Bool.a: it occurs twice",
    ),
    "a key that is written with an escape": (
        r'{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":"true","\u0061":"false"}}}}',
        "Statement[0].Condition.Bool.a: it occurs twice",
    ),
    "an Effect beside quotation marks that were escaped": (
        r'{"Statement":{"Effect":"Allow","Effect":"Allow","Action":"*","Sid":"\u0022\u0022\u0022\u0022"}}',
        "Statement[0].Effect: it occurs twice",
    ),
    "a principal": (
        '{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":"*","AWS":"1"}}}',
        "Statement[0].Principal.AWS: it occurs twice",
    ),
}


@pytest.mark.parametrize(("text", "problem"), REPEATED.values(), ids=list(REPEATED))
@pytest.mark.parametrize("spaced", [False, True])
def test_a_name_that_is_said_twice_is_reported(text: str, problem: str, spaced: bool) -> None:
    written = text.replace(":", " : ").replace(",", " ,\n") if spaced else text

    assert parse(Document(written.encode())).problems == (problem,)


@given(st.dictionaries(st.text(max_size=4), st.text(max_size=6), max_size=4), st.booleans(), st.booleans())
def test_nothing_is_reported_where_no_name_is_said_twice(
    keys: dict[str, str], ascii_only: bool, indented: bool
) -> None:
    distinct = {key.lower(): value for key, value in keys.items()}
    distinct = {key: value for key, value in distinct.items() if key.lower() == key}
    body = {"Statement": [ALLOW | {"Condition": {"StringEquals": distinct}}]}

    text = json.dumps(body, ensure_ascii=ascii_only, indent=2 if indented else None)

    assert not parse(Document(text.encode())).problems


@pytest.mark.parametrize(
    ("body", "version"),
    [({"Version": "2012-10-17"}, "2012-10-17"), ({"Version": "2008-10-17"}, "2008-10-17"), ({}, "2008-10-17")],
)
def test_a_document_without_a_version_is_of_the_old_one(body: dict[str, str], version: str) -> None:
    policy = read(body | {"Id": "of S3", "Statement": ALLOW})

    assert (policy.version, policy.id, policy.problems) == (version, "of S3", ())


def test_documents_that_look_as_if_a_name_were_lost_take_little_time() -> None:
    text = json.dumps({"Statement": [ALLOW | {"Sid": f"\u00e9{number}"} for number in range(60_000)]}, indent=1)
    started = time.process_time()

    assert len(parse(Document(text.encode())).statements) == 60_000
    assert len(text) > 5_000_000
    assert time.process_time() - started < 60


def test_equal_statements_are_equal_whatever_their_spelling() -> None:
    def statement(operator: str) -> Statement:
        return read({"Statement": ALLOW | {"Condition": {operator: {"AWS:Username": "ann"}}}}).statements[0]

    assert statement("StringEquals") == statement("stringequals")
    assert len({statement("StringEquals"), statement("STRINGEQUALS")}) == 1
