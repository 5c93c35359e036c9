"""Criteria of GuardDuty filters on the findings that they would hide."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.events.finding_criteria import matches
from scanner.events.samples import finding_event
from scanner.inventory import Undetermined

KIND = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
FINDING: dict[str, Any] = finding_event("aws", "111122223333", "eu-west-1", KIND, 8)["detail"]
YES, NO, UNKNOWN = True, False, None

CASES: list[tuple[str, dict[str, Any], bool | None]] = [
    ("no condition", {}, YES),
    ("the type", {"type": {"Equals": [KIND]}}, YES),
    ("the type in the older way too", {"type": {"Eq": [KIND], "Equals": [KIND]}}, YES),
    ("another type", {"type": {"Equals": ["Recon:IAMUser/TorIPCaller"]}}, NO),
    (
        "the type without its suffix",
        {"type": {"Eq": ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration"]}},
        NO,
    ),
    ("types that begin so", {"type": {"Matches": ["UnauthorizedAccess:IAMUser/*"]}}, YES),
    ("types that do not begin so", {"type": {"NotMatches": ["UnauthorizedAccess:*"]}}, NO),
    ("one character", {"accountId": {"Matches": ["11112222333?"]}}, YES),
    ("all but the type", {"type": {"Neq": [KIND]}}, NO),
    ("all but another", {"type": {"NotEquals": ["Recon:IAMUser/TorIPCaller"]}}, YES),
    ("in lower case, as the API sends it", {"type": {"eq": [KIND]}}, YES),
    ("severity high", {"severity": {"Eq": ["7", "8"]}}, YES),
    ("severity low", {"severity": {"Eq": ["1", "2", "3"]}}, NO),
    ("severity from 7", {"severity": {"Gte": 7, "GreaterThanOrEqual": 7}}, YES),
    ("severity above 8", {"severity": {"GreaterThan": 8}}, NO),
    ("severity below 8", {"severity": {"Lt": 8}}, NO),
    ("severity up to 8", {"severity": {"LessThanOrEqual": 8}}, YES),
    ("severity within", {"severity": {"Gte": 7, "Lt": 9}}, YES),
    ("not archived", {"service.archived": {"Eq": ["false"]}}, YES),
    ("archived", {"service.archived": {"Eq": ["true"]}}, NO),
    ("from then on", {"updatedAt": {"Gte": 1486685375000}}, YES),
    ("until then", {"updatedAt": {"Lte": 1486685375000}}, NO),
    ("one field of two", {"type": {"Eq": [KIND]}, "region": {"Eq": ["us-east-1"]}}, NO),
    ("a field that it lacks", {"resource.instanceDetails.instanceId": {"Eq": ["i-1"]}}, NO),
    ("a field that it lacks, ordered", {"service.nothing": {"Gt": 1}}, NO),
    ("not a field that it lacks", {"resource.instanceDetails.instanceId": {"Neq": ["i-1"]}}, UNKNOWN),
    ("the same, with a type that is another", {"type": {"Eq": ["x"]}, "nothing": {"Neq": ["i-1"]}}, NO),
    ("an operator that is not known", {"type": {"SoundsLike": ["x"]}}, UNKNOWN),
    ("a text that is ordered", {"region": {"Gt": 1}}, UNKNOWN),
    ("no condition in it", {"type": "x"}, UNKNOWN),
]


@pytest.mark.parametrize(("criteria", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_criteria(criteria: dict[str, Any], expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(Undetermined):
            matches({"Criterion": criteria}, FINDING)
    else:
        assert matches({"Criterion": criteria}, FINDING) is expected


def test_a_severity_between_two_is_the_lower() -> None:
    assert matches({"Criterion": {"severity": {"Eq": ["8"]}}}, FINDING | {"severity": 8.9})


def test_one_element_of_an_array_is_enough() -> None:
    tagged = FINDING | {"resource": {"instanceDetails": {"tags": [{"key": "a"}, {"key": "b"}]}}}

    assert matches({"Criterion": {"resource.instanceDetails.tags.key": {"Eq": ["b"]}}}, tagged)
    assert matches({"Criterion": {"resource.instanceDetails.tags.key": {"Neq": ["c"]}}}, tagged)
    with pytest.raises(Undetermined):
        matches({"Criterion": {"resource.instanceDetails.tags.key": {"Neq": ["b"]}}}, tagged)


@pytest.mark.parametrize("criteria", [{}, {"Criterion": None}, {"Criterion": []}])
def test_criteria_that_cannot_be_read(criteria: dict[str, Any]) -> None:
    with pytest.raises(Undetermined):
        matches(criteria, FINDING)


values = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
operands = values | st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=3), values, max_size=2)
operators = st.sampled_from(["Eq", "Neq", "Gt", "Lte", "Matches", "NotMatches", "x"])


@given(
    st.dictionaries(
        st.sampled_from(["type", "severity", "updatedAt", "service.archived", "resource", "", "a.b"]),
        st.dictionaries(operators, operands, max_size=2),
        max_size=3,
    )
)
def test_any_criteria_are_answered(criteria: dict[str, Any]) -> None:
    with contextlib.suppress(Undetermined):
        assert matches({"Criterion": criteria}, FINDING) in {True, False}
