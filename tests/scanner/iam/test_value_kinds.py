"""One value of every kind: no string tells conditions apart in a way that none of the chosen values does."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.iam.conditions import holds
from scanner.iam.documents import Condition
from scanner.iam.value_kinds import one_of_each_kind

STRINGS = ["".join(letters) for size in range(6) for letters in product("abC", repeat=size)]
ARNS = [
    f"arn:aws:s3:{region}:{account}:{rest}"
    for region, account, rest in product(("", "a", "ab"), ("", "b"), ("", "a", "a:b", "b"))
]
OPERATORS = ("stringlike", "stringnotlike", "stringequals", "stringnotequals", "stringequalsignorecase")


def told_apart(conditions: list[Condition], values: tuple[str, ...] | list[str]) -> set[tuple[bool, ...]]:
    """What the conditions say of the values together."""
    return {tuple(holds(condition, (value,)) for condition in conditions) for value in values}


def of_text(operator: str) -> st.SearchStrategy[Condition]:
    letters = "abC*?" if operator.endswith("like") else "abC"
    values = st.lists(st.text(letters, max_size=4), min_size=1, max_size=2)
    return values.map(lambda found: Condition(operator, "k", tuple(found)))


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(OPERATORS).flatmap(of_text), min_size=1, max_size=4))
def test_texts(conditions: list[Condition]) -> None:
    values, complete = one_of_each_kind(conditions)

    assert complete
    assert told_apart(conditions, STRINGS) <= told_apart(conditions, values)


PARTS = st.sampled_from(["", "a", "b", "*", "a*", "?", "*b"])


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["arnlike", "arnnotlike", "stringlike"]), PARTS, PARTS, PARTS), min_size=1, max_size=3
    )
)
def test_arns(rows: list[tuple[str, str, str, str]]) -> None:
    conditions = [
        Condition(operator, "k", (f"arn:aws:s3:{region}:{account}:{rest}",)) for operator, region, account, rest in rows
    ]

    values, complete = one_of_each_kind(conditions)

    assert complete
    assert told_apart(conditions, ARNS) <= told_apart(conditions, values)


NUMBERS = [str(tenth / 10) for tenth in range(-20, 60)]
RELATIONS = ("equals", "notequals", "lessthan", "lessthanequals", "greaterthan", "greaterthanequals")


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(RELATIONS), st.sampled_from(["0", "1", "1.2", "3", "x"])), min_size=1, max_size=4
    )
)
def test_numbers(rows: list[tuple[str, str]]) -> None:
    conditions = [Condition(f"numeric{relation}", "k", (limit,)) for relation, limit in rows]

    values, complete = one_of_each_kind(conditions)

    assert complete
    assert told_apart(conditions, NUMBERS) <= told_apart(conditions, values)


NETWORKS = [
    "10.0.0.0/8",
    "10.0.0.0/9",
    "10.64.0.0/10",
    "10.192.0.0/10",
    "0.0.0.0/0",
    "255.0.0.0/8",
    "2001:db8::/32",
    "::/0",
]
ADDRESSES = [f"{first}.{second}.0.1" for first in (0, 9, 10, 11, 255) for second in range(0, 256, 32)]


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.lists(st.lists(st.sampled_from(NETWORKS), min_size=1, max_size=3), min_size=1, max_size=3))
def test_addresses(rows: list[list[str]]) -> None:
    conditions = [Condition("ipaddress", "k", tuple(row)) for row in rows]

    values, complete = one_of_each_kind(conditions)

    assert complete
    assert told_apart(conditions, [*ADDRESSES, "2001:db8::1", "2001:db9::"]) <= told_apart(conditions, values)


def test_a_boolean_is_true_or_false_however_it_is_compared() -> None:
    conditions = [Condition("bool", "k", ("true",)), Condition("stringequals", "k", ("false",))]

    assert one_of_each_kind(conditions) == (("true", "false"), True)


def test_unlike_families_on_one_key_are_not_claimed_to_be_all() -> None:
    conditions = [Condition("ipaddress", "k", ("10.0.0.0/8",)), Condition("stringlike", "k", ("10.*",))]

    values, complete = one_of_each_kind(conditions)

    assert not complete
    assert len(told_apart(conditions, values)) > 1


@pytest.mark.parametrize(
    "values",
    [
        [f"{'*a' * place}{'?' * place}*" for place in range(1, 60)],
        ["*" + "a*" * 400],
        [f"*a{'?' * place}" for place in range(5, 60)],
        [f"arn:aws:iam::{place:012}:role/*" for place in range(300)],
    ],
    ids=["nested", "stars", "exponential", "many"],
)
def test_hostile_patterns_take_a_moment(values: list[str]) -> None:
    """An exponential search would not end; one that is cut off says so, and still has a value for each pattern."""
    condition = Condition("stringlike", "k", tuple(values))

    found, _ = one_of_each_kind([condition])

    assert all(any(holds(Condition("stringlike", "k", (value,)), (each,)) for each in found) for value in values)
