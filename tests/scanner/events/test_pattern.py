"""Event patterns beyond the examples of the documentation: what is refused, what is not known, what is hostile."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.events.pattern import BadPattern, Pattern, read_pattern
from scanner.inventory import Undetermined


def pattern(**fields: object) -> Pattern:
    return read_pattern(json.dumps(fields))


def written(values: str) -> Pattern:
    return read_pattern(f'{{"a": {values}}}')


REFUSED = [
    ("no JSON", "{"),
    ("not in UTF-8", b'{"a": ["\xff"]}'),
    ("an array", "[]"),
    ("a text", '"aws.iam"'),
    ("nothing demanded", "{}"),
    ("an empty object within", '{"detail": {}}'),
    ("a plain value", '{"source": "aws.iam"}'),
    ("an empty array", '{"source": []}'),
    ("an array in an array", '{"source": [["aws.iam"]]}'),
    ("two operators in one", '{"a": [{"prefix": "a", "suffix": "b"}]}'),
    ("no operator", '{"a": [{}]}'),
    ("a prefix that is a number", '{"a": [{"prefix": 1}]}'),
    ("a prefix of an unknown kind", '{"a": [{"prefix": {"wildcard": "x"}}]}'),
    ("a prefix that is an array", '{"a": [{"prefix": ["b"]}]}'),
    ("too deep", '{"a":' * 150 + "[1]" + "}" * 150),
    ("wildcards one after the other", '{"a": [{"wildcard": "a**"}]}'),
    ("a wrong escape", '{"a": [{"wildcard": "a\\\\n"}]}'),
    ("a wildcard that ends in a backslash", '{"a": [{"wildcard": "a\\\\"}]}'),
    ("an empty prefix negated", '{"a": [{"anything-but": {"prefix": ""}}]}'),
    ("anything but nothing", '{"a": [{"anything-but": []}]}'),
    ("anything but a truth value", '{"a": [{"anything-but": true}]}'),
    ("anything but a mixture", '{"a": [{"anything-but": ["a", 1]}]}'),
    ("anything but a range", '{"a": [{"anything-but": {"numeric": ["=", 1]}}]}'),
    ("exists with a text", '{"a": [{"exists": "true"}]}'),
    ("a wrong order", '{"a": [{"numeric": ["!=", 1]}]}'),
    ("a range that is none", '{"a": [{"numeric": ["<", 1, ">", 0]}]}'),
    ("an empty range", '{"a": [{"numeric": [">", 2, "<", 1]}]}'),
    ("a bound that is a text", '{"a": [{"numeric": [">", "1"]}]}'),
    ("a bound that is too large", '{"a": [{"numeric": [">", 5000000001]}]}'),
    ("half a range", '{"a": [{"numeric": [">"]}]}'),
    ("no block", '{"a": [{"cidr": "10.0.0.1"}]}'),
    ("no address", '{"a": [{"cidr": "example.com/8"}]}'),
    ("not a number", '{"a": [NaN]}'),
]


@pytest.mark.parametrize("text", [text for _, text in REFUSED], ids=[name for name, _ in REFUSED])
def test_refused(text: str | bytes) -> None:
    with pytest.raises(BadPattern, match=r"."):
        read_pattern(text)


def test_a_number_is_certain_only_as_it_is_written() -> None:
    eight = written("[8]")

    assert eight.matches({"a": 8})
    assert not eight.matches({"a": 9})
    assert not eight.matches({"a": "8"})
    assert not eight.matches({"a": True})
    with pytest.raises(Undetermined):
        eight.matches({"a": 8.0})
    assert written("[8, 8.0]").matches({"a": 8.0})
    assert written('[{"numeric": ["=", 8]}]').matches({"a": 8.0})
    assert written("[123456789012345678901]").matches({"a": 123456789012345678901})


def test_an_unknown_operator_matters_only_where_it_decides() -> None:
    found = pattern(source=["aws.iam"], name=["CreateUser", {"regex": "Create.*"}])

    assert found.matches({"source": "aws.iam", "name": "CreateUser"})
    assert not found.matches({"source": "aws.s3", "name": "CreateRole"})
    assert not found.matches({"source": "aws.iam"})
    with pytest.raises(Undetermined, match="regex"):
        found.matches({"source": "aws.iam", "name": "CreateRole"})


def test_a_field_that_is_named_twice_is_not_known() -> None:
    twice = read_pattern('{"a": [1], "b": [1], "a": [2]}')

    assert not twice.matches({"b": 1})
    with pytest.raises(Undetermined, match="a twice"):
        twice.matches({"a": 1, "b": 1})
    with pytest.raises(Undetermined):
        read_pattern('{"a": [1], "$or": [{"a": [2]}, {"a": [3]}]}').matches({"a": 2})


def test_the_keyword_for_an_exact_value() -> None:
    assert written('[{"exactly": "x"}]').matches({"a": "x"})
    assert not written('[{"exactly": "x"}]').matches({"a": "X"})


def test_an_address_below_the_one_that_the_block_is_written_with_is_not_known() -> None:
    block = written('[{"cidr": "10.0.0.9/24"}]')

    assert block.matches({"a": "10.0.0.9"})
    assert not block.matches({"a": "10.0.1.9"})
    with pytest.raises(Undetermined):
        block.matches({"a": "10.0.0.8"})


def test_another_notation_of_an_address_is_the_same() -> None:
    assert written('["2001:db8::7"]').matches({"a": "2001:0db8::0007"})
    assert not written('["2001:db8::7"]').matches({"a": "2001:db8::8"})


def test_keys_with_dots_are_paths() -> None:
    assert read_pattern('{"detail.state": ["x"]}').matches({"detail": {"state": "x"}})
    assert read_pattern('{"detail": {"state": ["x"]}}').matches({"detail.state": "x"})
    assert not read_pattern('{"detail": {"state": ["x"]}}').matches({"detail.other": "x"})


@pytest.mark.parametrize(
    ("demands", "matches"),
    [
        # The second element has the value and lacks the field.
        ({"k": ["y"], "z": [{"exists": False}]}, True),
        # Looked at first, the field is there in some element.
        ({"a": [{"exists": False}]}, False),
        ({"k": ["x"], "z": [{"exists": False}]}, False),
        ({"k": ["y"], "z": [{"exists": False}, "1"]}, True),
    ],
)
def test_what_an_element_lacks(demands: dict[str, Any], matches: bool) -> None:
    assert pattern(list=demands).matches({"list": [{"a": 1, "k": "x", "z": "1"}, {"k": "y"}]}) is matches


def test_alternatives_do_not_mix_the_elements_of_an_array() -> None:
    found = read_pattern('{"l": {"$or": [{"a": ["1"]}, {"a": ["9"]}], "b": ["2"]}}')

    assert found.matches({"l": [{"a": "1", "b": "2"}]})
    assert not found.matches({"l": [{"a": "1"}, {"b": "2"}]})


scalars = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8)
events = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=12,
)


def as_pattern(value: object) -> object:
    """A pattern that demands exactly what a value has; None where it has no fields."""
    if isinstance(value, dict):
        found = {name: inner for name, each in value.items() if (inner := as_pattern(each)) is not None}
        return found or None
    if isinstance(value, list):
        return next((inner for each in value if (inner := as_pattern(each)) is not None), None)
    return [value]


@given(st.dictionaries(st.sampled_from("abcd"), events, min_size=1, max_size=4))
def test_an_event_matches_the_pattern_that_is_made_of_it(event: dict[str, Any]) -> None:
    demanded = as_pattern(event)
    if isinstance(demanded, dict):
        assert read_pattern(json.dumps(demanded)).matches(event)
        wider = {**event, "more": 1}
        assert read_pattern(json.dumps(demanded)).matches(wider)
        assert not read_pattern(json.dumps({**demanded, "not-there": ["x"]})).matches(event)


@given(st.dictionaries(st.sampled_from("ab"), events, max_size=3))
def test_one_of_exists_and_not_exists_holds(event: dict[str, Any]) -> None:
    path = {"a": [{"exists": True}]}, {"a": [{"exists": False}]}

    assert sum(read_pattern(json.dumps(each)).matches(event) for each in path) == 1


@given(st.text(max_size=12), st.text(max_size=12))
def test_anything_but_is_the_opposite_of_what_it_excludes(wanted: str, value: str) -> None:
    for operator in ({"equals-ignore-case": wanted}, {"prefix": wanted + "x"}, {"suffix": "x" + wanted}):
        plain, negated = pattern(a=[operator]), pattern(a=[{"anything-but": operator}])
        assert plain.matches({"a": value}) != negated.matches({"a": value})
        assert not negated.matches({})


@given(st.text(alphabet="ab*\\", max_size=8))
def test_an_escaped_text_is_matched_by_itself_alone(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("*", "\\*")

    assert pattern(a=[{"wildcard": escaped}]).matches({"a": text})
    assert not pattern(a=[{"wildcard": escaped}]).matches({"a": text + "a"})
    assert pattern(a=[{"wildcard": escaped + "*"}]).matches({"a": text + "a"})


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    with contextlib.suppress(BadPattern, Undetermined):
        read_pattern(text).matches({"a": "b"})


HOSTILE = {
    "deep": '{"a":' * 3000 + "[1]" + "}" * 3000,
    "deep arrays": '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
    "many values": json.dumps({"a": [f"v{number}" for number in range(20_000)]}),
    "many operators": json.dumps({"a": [{"prefix": f"v{number}"} for number in range(5_000)]}),
    "many fields": json.dumps({f"k{number}": ["v"] for number in range(5_000)}),
    "many alternatives": json.dumps({"$or": [{f"k{number}": ["v"]} for number in range(1_000)]}),
    "too many alternatives": json.dumps({f"k{n}": {"$or": [{"a": ["1"]}, {"b": ["1"]}]} for n in range(30)}),
    "wildcards": json.dumps({"a": [{"wildcard": "*a" * 500 + "*b"}]}),
    "a large exponent": '{"a": [1e999999999, {"numeric": ["<", 1e9]}, {"anything-but": 1e999999}]}',
    "many digits": '{"a": [' + "9" * 20_000 + "]}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_patterns_neither_crash_nor_last(name: str) -> None:
    event = {"a": "a" * 5000, "l": [{"a": [{"b": 1}] * 5}] * 5}
    start = time.process_time()
    with contextlib.suppress(BadPattern, Undetermined):
        read_pattern(HOSTILE[name]).matches(event)

    assert time.process_time() - start < 2
