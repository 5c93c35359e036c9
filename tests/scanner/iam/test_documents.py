"""Policy documents in every spelling, and those that are none."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.iam.documents import Condition, Policy, parse, understood
from scanner.inventory import Document, Undetermined

ALLOW = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ELEMENTS = st.sampled_from(
    ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition", "x"]
)
VALUES = (
    st.sampled_from(["Allow", "Deny", "*", "s3:*", ["s3:Get*"], {"AWS": "*"}, {"StringLike": {"aws:userid": ["a"]}}])
    | JSON
)
STATEMENTS = st.dictionaries(ELEMENTS, VALUES, max_size=6)


def read(value: object) -> Policy:
    return parse(Document(json.dumps(value).encode()))


@given(JSON)
def test_any_json_is_read_or_its_problem_named(value: object) -> None:
    policy = read(value)

    assert policy.problems or (isinstance(value, dict) and "statement" in {key.lower() for key in value})


@given(st.lists(STATEMENTS, max_size=4))
def test_every_statement_is_read_or_its_place_named(statements: list[dict[str, object]]) -> None:
    policy = read({"Statement": statements})

    understood_places = {statement.index for statement in policy.statements}
    named_places = {int(problem.partition("]")[0].removeprefix("Statement[")) for problem in policy.problems}
    assert understood_places | named_places == set(range(len(statements)))
    assert not understood_places & named_places


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_their_problem_named(text: bytes) -> None:
    assert isinstance(parse(Document(text)), Policy)


@given(STATEMENTS)
def test_one_statement_is_a_list_of_one(statement: dict[str, object]) -> None:
    assert read({"Statement": statement}) == read({"Statement": [statement]})


@given(STATEMENTS)
def test_the_case_of_elements_does_not_matter(statement: dict[str, object]) -> None:
    upper = {name.upper(): value for name, value in statement.items()}

    assert read({"Statement": [statement]}).statements == read({"STATEMENT": [upper]}).statements


@given(st.sampled_from(["Action", "NotAction", "Resource", "NotResource"]), st.text(max_size=8))
def test_a_string_is_a_list_of_one(element: str, value: str) -> None:
    base = {"Effect": "Allow", **({} if element.endswith("Action") else {"Action": "*"})}

    one, many = read({"Statement": base | {element: value}}), read({"Statement": base | {element: [value]}})

    assert one == many
    assert not one.problems


def test_white_space_and_order_do_not_matter() -> None:
    turned = dict(reversed(list(ALLOW.items())))
    compact = parse(Document(json.dumps({"Statement": [ALLOW]}, separators=(",", ":")).encode()))

    assert compact == parse(Document(json.dumps({"Statement": [turned]}, indent=4).encode()))


def test_a_statement_is_read_whole() -> None:
    (statement,) = read(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Sid": "one",
                "Effect": "Deny",
                "NotAction": ["iam:Get*", "sts:*"],
                "NotResource": "arn:aws:s3:::logs/*",
                "NotPrincipal": {"aws": ["*", "111122223333"], "SERVICE": "ec2.amazonaws.com"},
                "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", 1, True]}, "Bool": {"x": False}},
            },
        }
    ).statements

    assert (statement.sid, statement.allows) == ("one", False)
    assert (statement.actions, statement.not_actions) == (("iam:Get*", "sts:*"), True)
    assert (statement.resources, statement.not_resources) == (("arn:aws:s3:::logs/*",), True)
    assert statement.not_principals
    assert statement.principals == (("AWS", "*"), ("AWS", "111122223333"), ("Service", "ec2.amazonaws.com"))
    assert statement.conditions == (
        Condition("stringlike", "aws:tagkeys", ("a", "1", "true"), "foranyvalue", True),
        Condition("bool", "x", ("false",)),
    )


@pytest.mark.parametrize("everyone", ["*", {"AWS": "*"}, {"AWS": ["*"]}, {"aws": ["*"]}])
def test_everyone_in_four_spellings(everyone: object) -> None:
    (statement,) = read(
        {"Statement": {"Effect": "Allow", "Principal": everyone, "Action": "sts:AssumeRole"}}
    ).statements

    assert statement.principals == (("AWS", "*"),)


MALFORMED: dict[str, tuple[object, str]] = {
    "not an object": (["x"], "it is not a JSON object"),
    "a string": ("{}", "it is not a JSON object"),
    "no Statement": ({"Version": "2012-10-17"}, "it has no Statement"),
    "two Statements": ({"Statement": [], "statement": [ALLOW]}, "statement occurs twice"),
    "a null Statement": ({"Statement": None}, "Statement[0]: it is not an object"),
    "a string as Statement": ({"Statement": [ALLOW, "x"]}, "Statement[1]: it is not an object"),
    "no Effect": ({"Statement": {"Action": "*"}}, "Statement[0]: Effect is neither Allow nor Deny"),
    "another Effect": ({"Statement": ALLOW | {"Effect": "Maybe"}}, "Effect is neither Allow nor Deny"),
    "two Effects": ({"Statement": ALLOW | {"effect": "Deny"}}, "effect occurs twice"),
    "no Action": ({"Statement": {"Effect": "Allow", "Resource": "*"}}, "it has neither Action nor NotAction"),
    "two Actions": ({"Statement": ALLOW | {"NotAction": "iam:*"}}, "it has both Action and NotAction"),
    "two Resources": ({"Statement": ALLOW | {"NotResource": "x"}}, "it has both Resource and NotResource"),
    "two Principals": (
        {"Statement": ALLOW | {"Principal": "*", "NotPrincipal": "*"}},
        "it has both Principal and NotPrincipal",
    ),
    "a null Action": ({"Statement": ALLOW | {"Action": None}}, "Action is not a string or a list of strings"),
    "a null NotAction": (
        {"Statement": {"Effect": "Allow", "NotAction": None, "Resource": "*"}},
        "NotAction is not a string or a list of strings",
    ),
    "a number as Action": ({"Statement": ALLOW | {"Action": [1]}}, "Action is not a string or a list of strings"),
    "an object as Resource": ({"Statement": ALLOW | {"Resource": {}}}, "Resource is not a string or a list of strings"),
    "a name as Principal": ({"Statement": ALLOW | {"Principal": "ann"}}, "Principal is neither * nor an object"),
    "a null Principal": ({"Statement": ALLOW | {"Principal": None}}, "Principal is neither * nor an object"),
    "a Principal of no type": ({"Statement": ALLOW | {"Principal": {"*": "*"}}}, "Principal * is of no known type"),
    "a Principal without name": ({"Statement": ALLOW | {"Principal": {"AWS": None}}}, "Principal AWS is not a string"),
    "a null Condition": ({"Statement": ALLOW | {"Condition": None}}, "Condition is not an object"),
    "a list as Condition": ({"Statement": ALLOW | {"Condition": []}}, "Condition is not an object"),
    "an operator without keys": (
        {"Statement": ALLOW | {"Condition": {"Bool": "x"}}},
        "Condition Bool is not an object",
    ),
    "a condition on an object": (
        {"Statement": ALLOW | {"Condition": {"Bool": {"aws:a": {}}}}},
        "Condition bool aws:a has a value that is not a scalar",
    ),
    "a condition on null": (
        {"Statement": ALLOW | {"Condition": {"Bool": {"aws:a": None}}}},
        "Condition bool aws:a has a value that is not a scalar",
    ),
}


@pytest.mark.parametrize(("value", "problem"), MALFORMED.values(), ids=list(MALFORMED))
def test_what_is_malformed_is_named(value: object, problem: str) -> None:
    found = read(value).problems

    assert problem in found[0]
    with pytest.raises(Undetermined, match="the policy of ann is malformed"):
        understood(Document(json.dumps(value).encode()), "the policy of ann")


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"nul", b"\xff", b'"\\ud800"', b'{"Statement": 1e999}', b"[" * 100_000, b'{"a":' * 100_000,
        b'{"Statement":{"Effect":"Allow","Action":"*","Condition":{"NumericEquals":{"a":' + b"9" * 6000 + b"}}}}",
    ],
    ids=["empty", "cut", "word", "no UTF-8", "surrogate", "infinite", "deep lists", "deep objects", "long number"],
)  # fmt: skip
def test_what_is_no_json_is_a_problem(text: bytes) -> None:
    assert parse(Document(text)).problems == ("it is not JSON",)


def test_the_good_statements_of_a_malformed_document_are_still_there() -> None:
    policy = read({"Statement": [ALLOW, {}, ALLOW]})

    assert [statement.index for statement in policy.statements] == [0, 2]
    assert len(policy.problems) == 1


def test_large_documents_take_little_time() -> None:
    many = {"Statement": [ALLOW | {"Sid": f"s{number}"} for number in range(1000)]}
    wide = {"Statement": ALLOW | {"Action": [f"s3:Get{number}*" for number in range(20_000)]}}
    long = {"Statement": ALLOW | {"Resource": "\u00e9" * 1_000_000}}
    started = time.perf_counter()

    assert [len(read(value).statements) for value in (many, wide, long)] == [1000, 1, 1]
    assert time.perf_counter() - started < 2


def test_equal_texts_are_parsed_once() -> None:
    text = json.dumps({"Statement": ALLOW}).encode()

    assert parse(Document(text)) is parse(Document(bytes(text)))
