"""Policy documents in every spelling, and those that are none."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.iam.documents import OPERATORS, Condition, Policy, parse, understood
from scanner.iam.matching import covers_action, covers_resource
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


NAMES = st.sampled_from(["*", "s3:Get*", "", ["iam:*", "s3:*"], ["*"], []])
USUAL = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny", "Deny", "allow"])},
    optional={
        "Action": NAMES,
        "NotAction": NAMES,
        "Resource": NAMES,
        "NotResource": NAMES,
        "Principal": st.sampled_from(
            ["*", {"AWS": "*"}, {"AWS": ["1", "2"], "Service": "x"}, {}, {"AWS": []}, {"X": "y"}]
        ),
        "Sid": st.sampled_from(["", "one", "\u00e9", "\n", None, 1]),
        "Condition": st.sampled_from(
            [{}, {"Bool": {"a": "true"}}, {"Bool": {"A": True}}, {"Boole": {"a": "b"}}, {"Bool": "x"}, None,
             {"StringLike": {"a": [], "b": "c"}}, {"Bool": {"a": "true", "A": "true"}}, {"Bool": {}, "bool": {}}]
        ),
    },
)  # fmt: skip


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
    undecided_places = {
        statement.index
        for statement in policy.statements
        for condition in statement.conditions
        if condition.operator not in OPERATORS
    }
    assert understood_places | named_places == set(range(len(statements)))
    assert understood_places & named_places == undecided_places


@settings(max_examples=300, deadline=None)
@given(st.lists(USUAL, max_size=3), st.sampled_from(["2012-10-17", "2008-10-17"]))
@example([ALLOW | {"Condition": {"Boole": {"a": "b"}}}], "2012-10-17")
@example([ALLOW | {"Condition": {"Bool": {"a": "true", "A": "true"}}}], "2012-10-17")
@example([ALLOW | {"Sid": "\n"}, ALLOW], "2012-10-17")
@example([ALLOW, ALLOW | {"NotAction": "s3:*"}], "2012-10-17")
@example([ALLOW, {"Effect": "Deny", "Action": "*"}], "2012-10-17")
def test_the_usual_spelling_is_read_like_any_other(statements: list[dict[str, object]], version: str) -> None:
    body = {"Version": version, "Statement": statements}

    usual, other = read(body), read(body | {"Id": ""})

    assert usual == other
    assert [written(policy) for policy in (usual, other)] == [written(usual)] * 2


def written(policy: Policy) -> list[tuple[str, str]]:
    return [(each.written, each.name) for statement in policy.statements for each in statement.conditions]


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


IN_STATEMENT: dict[str, tuple[object, str]] = {
    "a string": ("x", ": it is not an object"),
    "empty": ({}, ": it is empty"),
    "another element": (ALLOW | {"Conditon": {}}, ".Conditon: no such element"),
    "no Effect": ({"Action": "*"}, ".Effect: it is neither Allow nor Deny"),
    "another Effect": (ALLOW | {"Effect": "Maybe"}, ".Effect: it is neither Allow nor Deny"),
    "two Effects": (ALLOW | {"effect": "Deny"}, ".effect: it occurs twice"),
    "a number as Sid": (ALLOW | {"Sid": 7}, ".Sid: it is not a string"),
    "no Action": ({"Effect": "Allow", "Resource": "*"}, ": it has neither Action nor NotAction"),
    "two Actions": (ALLOW | {"NotAction": "iam:*"}, ": it has both Action and NotAction"),
    "two Resources": (ALLOW | {"NotResource": "x"}, ": it has both Resource and NotResource"),
    "two Principals": (ALLOW | {"Principal": "*", "NotPrincipal": "*"}, ": it has both Principal and NotPrincipal"),
    "a null Action": (ALLOW | {"Action": None}, ".Action: it is not a string or a list of strings"),
    "a null NotAction": (
        {"Effect": "Allow", "NotAction": None, "Resource": "*"},
        ".NotAction: it is not a string or a list of strings",
    ),
    "a number as Action": (ALLOW | {"Action": [1]}, ".Action: it is not a string or a list of strings"),
    "a number as Action on nothing": (
        ALLOW | {"Action": 1, "Resource": []},
        ".Action: it is not a string or a list of strings",
    ),
    "an object as Resource": (ALLOW | {"Resource": {}}, ".Resource: it is not a string or a list of strings"),
    "a name as Principal": (ALLOW | {"Principal": "ann"}, ".Principal: it is neither * nor an object"),
    "a null NotPrincipal": (ALLOW | {"NotPrincipal": None}, ".NotPrincipal: it is neither * nor an object"),
    "a Principal of no type": (ALLOW | {"Principal": {"*": "*"}}, ".Principal.*: no such type of principal"),
    "a Principal twice": (ALLOW | {"Principal": {"AWS": "*", "aws": "*"}}, ".Principal.aws: it occurs twice"),
    "a Principal without name": (
        ALLOW | {"Principal": {"AWS": None}},
        ".Principal.AWS: it is not a string or a list of strings",
    ),
    "an empty Principal": (ALLOW | {"Principal": {}}, ".Principal: it is empty"),
    "a Principal of none": (ALLOW | {"Principal": {"AWS": [], "Service": []}}, ".Principal: it is empty"),
    "a null Condition": (ALLOW | {"Condition": None}, ".Condition: it is not an object"),
    "a list as Condition": (ALLOW | {"Condition": []}, ".Condition: it is not an object"),
    "an operator without keys": (ALLOW | {"Condition": {"Bool": "x"}}, ".Condition.Bool: it is not an object"),
    "an operator twice": (ALLOW | {"Condition": {"Bool": {}, "bool": {}}}, ".Condition.bool: it occurs twice"),
    "a key twice": (
        ALLOW | {"Condition": {"Bool": {"aws:A": "true", "AWS:a": "true"}}},
        ".Condition.Bool.AWS:a: it occurs twice",
    ),
    "a condition on an object": (
        ALLOW | {"Condition": {"Bool": {"aws:a": {}}}},
        ".Condition.Bool.aws:a: it has a value that is not a scalar",
    ),
    "a condition on null": (
        ALLOW | {"Condition": {"Bool": {"aws:a": [None]}}},
        ".Condition.Bool.aws:a: it has a value that is not a scalar",
    ),
    "an unknown operator on nothing": (ALLOW | {"Condition": {"Is": {}}}, ".Condition.Is: no such operator"),
}
MALFORMED: dict[str, tuple[object, str]] = {
    "not an object": (["x"], "it is not a JSON object"),
    "only a string": ("{}", "it is not a JSON object"),
    "no Statement": ({"Version": "2012-10-17"}, "it has no Statement"),
    "two Statements": ({"Statement": [], "statement": [ALLOW]}, "statement: it occurs twice"),
    "a null Statement": ({"Statement": None}, "Statement[0]: it is not an object"),
    "an element of no document": ({"Statement": [ALLOW], "Statements": []}, "Statements: no such element"),
    "another Version": (
        {"Version": "2012-10-18", "Statement": ALLOW},
        "Version: it is neither 2012-10-17 nor 2008-10-17",
    ),
    "a list as Version": ({"Version": [], "Statement": ALLOW}, "Version: it is neither 2012-10-17 nor 2008-10-17"),
    "a number as Id": ({"Id": 1, "Statement": ALLOW}, "Id: it is not a string"),
    **{f"in a statement: {name}": ({"Statement": [ALLOW, value]}, f"Statement[1]{problem}")
       for name, (value, problem) in IN_STATEMENT.items()},
}  # fmt: skip


@pytest.mark.parametrize(("value", "problem"), MALFORMED.values(), ids=list(MALFORMED))
def test_what_is_malformed_is_named(value: object, problem: str) -> None:
    found = read(value).problems

    assert found == (problem,)
    with pytest.raises(Undetermined, match="the policy of ann is malformed"):
        understood(Document(json.dumps(value).encode()), "the policy of ann")


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"nul", b"\xff", b'"\\ud800"', b'{"Statement": 1e999}', b'{1: "Statement"}', b"{'a': 1}",
        b'{"Statement":{"Effect":"Allow","Action":"*","Condition":{"NumericEquals":{"a":' + b"9" * 6000 + b"}}}}",
    ],
    ids=["empty", "cut", "word", "no UTF-8", "surrogate", "infinite", "number as name", "quotes", "long number"],
)  # fmt: skip
def test_what_is_no_json_is_a_problem(text: bytes) -> None:
    assert parse(Document(text)).problems == ("it is not JSON",)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_what_is_nested_too_deeply_is_a_problem(text: bytes) -> None:
    assert parse(Document(text)).problems == ("it is nested too deeply",)


@pytest.mark.parametrize("depth", [10, 100, 400, 900, 2000])
@pytest.mark.parametrize("space", ["", " "])
def test_any_depth_is_a_problem_and_no_crash(depth: int, space: str) -> None:
    nested = "[" * depth + space + "]" * depth
    text = '{"Statement":{"Effect":"Allow","Resource":"*","Action":' + nested + "}}"

    assert parse(Document(text.encode())).problems


def test_the_good_statements_of_a_malformed_document_are_still_there() -> None:
    policy = read({"Statement": [ALLOW, {}, ALLOW]})

    assert [statement.index for statement in policy.statements] == [0, 2]
    assert len(policy.problems) == 1


def test_large_documents_take_little_time() -> None:
    many = {"Statement": [ALLOW | {"Sid": f"s{number}"} for number in range(1000)]}
    wide = {"Statement": ALLOW | {"Action": [f"s3:Get{number}*" for number in range(20_000)]}}
    long = {"Statement": ALLOW | {"Resource": "\u00e9" * 1_000_000}}
    started = time.process_time()

    assert [len(read(value).statements) for value in (many, wide, long)] == [1000, 1, 1]
    assert time.process_time() - started < 20


def test_equal_texts_are_parsed_once() -> None:
    text = json.dumps({"Statement": ALLOW}).encode()

    assert parse(Document(text)) is parse(Document(bytes(text)))


def test_a_list_of_none_is_nothing_and_all_but_none_everything() -> None:
    nothing, everything, on_nothing = read(
        {
            "Statement": [
                {"Effect": "Allow", "Action": [], "Resource": "*"},
                {"Effect": "Allow", "NotAction": [], "NotResource": []},
                {"Effect": "Allow", "NotAction": "iam:*", "Resource": []},
            ]
        }
    ).statements

    assert not covers_action(nothing, "s3:GetObject")
    assert covers_action(everything, "s3:GetObject")
    assert covers_resource(everything, "arn:aws:s3:::b")
    assert not covers_action(on_nothing, "s3:GetObject")
    assert not covers_action(on_nothing, "iam:GetUser")
    assert not read({"Statement": []}).problems
