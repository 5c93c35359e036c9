"""Which pattern covers which, against every short text."""

from __future__ import annotations

import itertools
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.iam.pattern_sets import Effort, PatternIndex, covers, disjoint, fewest, pattern_covers, shape, written

TEXTS = ["".join(letters) for length in range(6) for letters in itertools.product("abz", repeat=length)]
PATTERNS = st.text("ab*?", max_size=5)
HOSTILE = [
    ("*a" * 3000 + "b", "a" * 20_000),
    ("*" * 20_000 + "b", "*" * 20_000),
    ("*?" * 3000 + "x", "?" * 5000),
    ("a*" * 3000 + "?b", "a*" * 20_000),
    ("*ab" * 3000 + "c", "*ab" * 10_000),
    ("?a" * 140 + "*b", "?a" * 10_000),
    ("*?a" * 100, "*?a" * 9_000 + "b"),
    ("*a?" * 100, "a" * 30_000 + "b"),
    ("${" * 10_000 + "*", "${" * 10_000),
]


def language(pattern: str) -> set[str]:
    expression = re.compile(pattern.replace("*", ".*").replace("?", "."))
    return {text for text in TEXTS if expression.fullmatch(text)}


def as_shape(pattern: str) -> str:
    return shape(pattern, variables=True)


@settings(max_examples=300, deadline=None)
@given(PATTERNS, PATTERNS)
def test_a_pattern_covers_what_has_all_its_texts(wider: str, narrower: str) -> None:
    if pattern_covers(wider, narrower):
        assert language(narrower) <= language(wider)
    elif sum(letter != "*" for letter in wider + narrower) <= 5:
        # The texts are long enough to tell: a run of z stands for what no letter of the wider pattern can take.
        assert not language(narrower) <= language(wider)


@settings(max_examples=300, deadline=None)
@given(PATTERNS, PATTERNS)
def test_disjoint_patterns_share_no_text(one: str, other: str) -> None:
    if disjoint(as_shape(one), as_shape(other)):
        assert not language(one) & language(other)


@pytest.mark.parametrize(
    ("one", "other"), [("s3:*", "iam:*"), ("*x", "*y"), ("a", "b*"), ("a", "?b"), ("ab*", "ac?"), ("a", "b")]
)
def test_patterns_that_are_seen_to_be_disjoint(one: str, other: str) -> None:
    assert disjoint(as_shape(one), as_shape(other))
    assert disjoint(as_shape(other), as_shape(one))


def test_a_variable_may_be_any_text() -> None:
    assert not disjoint(as_shape("b/${aws:username}"), as_shape("b/ann"))
    assert disjoint(as_shape("b/${aws:username}"), as_shape("c/ann"))


@settings(max_examples=200, deadline=None)
@given(st.lists(PATTERNS, max_size=8))
def test_the_fewest_patterns_have_the_same_texts(patterns: list[str]) -> None:
    shapes = [as_shape(pattern) for pattern in patterns]

    found = fewest(shapes, Effort())

    assert set().union(*map(language, patterns)) == set().union(
        *(language(written(each, variables=True)) for each in found)
    )
    assert not [each for each in itertools.permutations(found, 2) if covers(*each)]


@settings(max_examples=200, deadline=None)
@given(st.lists(PATTERNS, max_size=8), PATTERNS)
def test_the_index_finds_all_that_cover(patterns: list[str], asked: str) -> None:
    shapes = {as_shape(pattern) for pattern in patterns}
    pattern = as_shape(asked)

    found = set(PatternIndex(shapes, Effort()).wider(pattern))

    assert found == {each for each in shapes if each != pattern and covers(each, pattern)}


@given(st.text("ab*?${}:, '\u00e9", max_size=12), st.booleans())
def test_the_written_form_of_a_shape_has_that_shape(pattern: str, variables: bool) -> None:
    found = shape(pattern, variables=variables)

    assert shape(written(found, variables=variables), variables=variables) == found


COVERING = [
    ("ab*ba", "aba", False),
    ("ab*ba", "abba", True),
    ("*", "${aws:username}", True),
    ("b/*", "b/${aws:username}", True),
    ("b/*/c", "b/${aws:username}/c", True),
    ("${aws:username}/*", "${AWS:UserName}/x", True),
    ("?", "${aws:username}", False),
    ("?*", "${aws:username}", False),
    ("?*", "${aws:username}x", True),
    ("*username*", "${aws:username}", False),
    ("${aws:*}", "${aws:username}", False),
    ("${aws:username}", "ann", False),
    ("${a}", "${a,'x'}", False),
    ("${*}", "*", False),
    ("*", "${*}", True),
    ("?", "${?}", True),
    ("${$}{a}", "${a}", False),
    ("${a*", "${a", False),
    ("a\ud800", "a*", False),
    ("a*", "a\ud800", False),
]


@pytest.mark.parametrize(("wider", "narrower", "expected"), COVERING)
def test_what_covers_what(wider: str, narrower: str, expected: bool) -> None:
    assert pattern_covers(wider, narrower) is expected


def test_case_and_variables_on_demand() -> None:
    assert pattern_covers("S3:get*", "s3:GetObject", ignore_case=True)
    assert not pattern_covers("S3:get*", "s3:GetObject")
    assert not pattern_covers("\u212ams:*", "kms:*", ignore_case=True)
    assert pattern_covers("${*}", "${a}", variables=False)


@pytest.mark.parametrize(("wider", "narrower"), HOSTILE)
def test_hostile_patterns_take_no_time(wider: str, narrower: str) -> None:
    started = time.process_time()

    assert not pattern_covers(wider, narrower)
    assert time.process_time() - started < 20
