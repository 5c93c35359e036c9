"""Wildcards, against a slow matcher that is plainly right."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.iam.documents import Statement
from scanner.iam.matching import covers_action, covers_resource, matches

LETTERS = "abAB*?:/.[\\\n-"


def slowly(pattern: str, value: str) -> bool:
    """By the definition: a table of which beginnings of the pattern match which beginnings of the value."""
    reached = [True] + [False] * len(value)
    for character in pattern:
        if character == "*":
            reached = [any(reached[: end + 1]) for end in range(len(value) + 1)]
        else:
            reached = [False] + [reached[end] and character in {"?", value[end]} for end in range(len(value))]
    return reached[-1]


@settings(max_examples=400, deadline=None)
@given(st.text(LETTERS, max_size=12), st.text(LETTERS, max_size=12))
@example("", "")
@example("a*", "a\nb")
@example("*?*?", "a")
@example("a**?b*", "axbab")
def test_same_as_the_slow_matcher(pattern: str, value: str) -> None:
    assert matches(pattern, value) is slowly(pattern, value)


@settings(max_examples=200, deadline=None)
@given(st.text(LETTERS, max_size=12), st.text(LETTERS, max_size=12))
def test_case_is_ignored_only_on_demand(pattern: str, value: str) -> None:
    assert matches(pattern, value, ignore_case=True) is slowly(pattern.lower(), value.lower())


@given(st.text(max_size=20))
def test_a_value_without_wildcards_matches_itself_alone(text: str) -> None:
    plain = text.replace("*", "").replace("?", "")

    assert matches(plain, plain)
    assert not matches(plain, plain + "x")
    assert matches("*", text)
    assert matches(f"{plain}*", plain + "anything")


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("*?" * 3000 + "x", "a" * 5000),
        ("*a" * 3000 + "b", "a" * 5000),
        ("*" * 20_000 + "b", "a" * 20_000),
        ("a*" * 3000 + "?b", "a" * 20_000),
        ("*a*b" * 1000, "ab" * 500 + "c"),
    ],
    ids=["stars and question marks", "stars and letters", "stars", "letters and stars", "pairs"],
)
def test_hostile_patterns_take_no_time(pattern: str, value: str) -> None:
    started = time.process_time()

    assert not matches(pattern, value)
    assert time.process_time() - started < 20


def test_letters_that_only_look_alike_do_not_match() -> None:
    assert not matches("\u212ams:*", "kms:Decrypt", ignore_case=True)
    assert not matches("\u017fts:*", "sts:AssumeRole", ignore_case=True)


STATEMENT = Statement(0, True, actions=("IAM:put*",), resources=("arn:aws:iam::1:user/A*",))
COMPLEMENT = Statement(0, True, ("iam:Put*",), True, ("arn:aws:iam::1:user/A*",), True)


def test_actions_ignore_case_and_resources_do_not() -> None:
    assert covers_action(STATEMENT, "iam:PutUserPolicy")
    assert covers_resource(STATEMENT, "arn:aws:iam::1:user/Ann")
    assert not covers_resource(STATEMENT, "arn:aws:iam::1:user/ann")


@pytest.mark.parametrize("action", ["iam:PutUserPolicy", "iam:GetUser", "s3:GetObject"])
def test_a_complement_covers_the_rest(action: str) -> None:
    assert covers_action(COMPLEMENT, action) is not covers_action(STATEMENT, action)


@pytest.mark.parametrize("resource", ["arn:aws:iam::1:user/Ann", "arn:aws:iam::1:user/bob", "*"])
def test_a_complement_covers_other_resources(resource: str) -> None:
    assert covers_resource(COMPLEMENT, resource) is not covers_resource(STATEMENT, resource)


def test_a_star_crosses_slashes_and_colons() -> None:
    assert matches("arn:aws:s3:::logs/*", "arn:aws:s3:::logs/a/b/c")
    assert matches("arn:aws:*", "arn:aws:iam::1:user/ann")
