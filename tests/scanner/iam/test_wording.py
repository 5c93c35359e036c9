"""Conditions as clauses, each beside its opposite."""

from __future__ import annotations

import json

import pytest

from scanner.iam.documents import parse
from scanner.iam.wording import clause
from tests.accounts import allow, policy
from tests.scanner.iam.asking import document

TABLE: list[tuple[str, object, str, str]] = [
    ("StringEquals", "a", "k:Key is a", "k:Key is not a, or absent"),
    ("StringEquals", ["a", "b"], "k:Key is a or b", "k:Key is neither a nor b, or absent"),
    ("StringEquals", "", 'k:Key is ""', 'k:Key is not "", or absent'),
    ("StringNotEquals", "a", "k:Key is not a, or absent", "k:Key is a"),
    ("StringNotEquals", ["a", "b"], "k:Key is neither a nor b, or absent", "k:Key is a or b"),
    ("StringEqualsIfExists", "a", "k:Key is a, or absent", "k:Key is present and is not a"),
    ("StringNotEqualsIfExists", "a", "k:Key is not a, or absent", "k:Key is a"),
    ("StringEqualsIgnoreCase", "a", "k:Key is, in any case, a", "k:Key is not, in any case, a, or absent"),
    ("StringLike", "a*", "k:Key matches a*", "k:Key does not match a*, or absent"),
    ("StringNotLike", ["a*", "b"], "k:Key does not match a* or b, or absent", "k:Key matches a* or b"),
    ("ArnLike", "arn:*", "k:Key matches arn:*", "k:Key does not match arn:*, or absent"),
    ("Bool", True, "k:Key is true", "k:Key is not true, or absent"),
    ("BoolIfExists", False, "k:Key is false, or absent", "k:Key is present and is not false"),
    ("Null", True, "k:Key is absent", "k:Key is present"),
    ("Null", "false", "k:Key is present", "k:Key is absent"),
    ("Null", ["true", "false"], "k:Key is absent or present", "k:Key is neither absent nor present"),
    ("NumericLessThan", 10, "k:Key is less than 10", "k:Key is at least 10, or absent"),
    ("NumericLessThanEquals", [5, 10], "k:Key is at most 5 or 10", "k:Key is more than 5 and 10, or absent"),
    ("NumericGreaterThanEqualsIfExists", 10, "k:Key is at least 10, or absent", "k:Key is present and is less than 10"),
    ("DateLessThan", "2026", "k:Key is before 2026", "k:Key is not before 2026, or absent"),
    ("DateGreaterThanEquals", "2026", "k:Key is not before 2026", "k:Key is before 2026, or absent"),
    ("IpAddress", "10.0.0.0/8", "k:Key lies in 10.0.0.0/8", "k:Key does not lie in 10.0.0.0/8, or absent"),
    ("NotIpAddress", "10.0.0.0/8", "k:Key does not lie in 10.0.0.0/8, or absent", "k:Key lies in 10.0.0.0/8"),
    (
        "ForAllValues:StringEquals",
        ["a", "b"],
        "every value of k:Key is a or b, or there is none",
        "some value of k:Key is neither a nor b",
    ),
    (
        "ForAllValues:StringNotLike",
        "a*",
        "every value of k:Key does not match a*, or there is none",
        "some value of k:Key matches a*",
    ),
    (
        "ForAnyValue:StringEquals",
        "a",
        "some value of k:Key is a",
        "every value of k:Key is not a, or there is none",
    ),
    (
        "ForAnyValue:StringEqualsIfExists",
        "a",
        "some value of k:Key is a, or there is none",
        "every value of k:Key is not a",
    ),
    (
        "StringEqualz",
        "a",
        "StringEqualz k:Key a holds (no such operator is known)",
        "StringEqualz k:Key a does not hold (no such operator is known)",
    ),
    (
        "StringEquals",
        list("abcdefg"),
        "k:Key is a or b or c or d or e or 2 more values",
        "k:Key is neither a nor b nor c nor d nor e nor 2 more values, or absent",
    ),
]


@pytest.mark.parametrize(("operator", "value", "said", "opposite"), TABLE, ids=lambda each: json.dumps(each)[:40])
def test_a_condition_and_its_opposite(operator: str, value: object, said: str, opposite: str) -> None:
    (statement,) = parse(document(policy(allow(Condition={operator: {"k:Key": value}})))).statements
    (condition,) = statement.conditions

    assert clause(condition) == said
    assert clause(condition, holds=False) == opposite


def test_of_a_key_that_is_there_absence_is_not_spoken_of() -> None:
    (statement,) = parse(document(policy(allow(Condition={"StringNotEquals": {"k": "a"}})))).statements

    assert clause(statement.conditions[0], present=True) == "k is not a"
