"""Whatever is done to a finding, it is read or refused in words."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.findings import FoundFinding, as_json, read_findings
from scanner.errors import UsageError
from tests.policies.findings.samples import ALL, Json

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=20),
    st.sampled_from(
        [
            "\ud800", "\0", "$(id)", "../..", "arn:aws:iam::111122223333:root",
            "arn:aws:sts::111122223333:assumed-role/a",
            "AROAEXAMPLEROLE00001:", "111122223333:", "i-12345678", "2026-13-40T99:99:99Z", "9" * 400, "1e999",
            "AKIA" + "A" * 16, '{"sample":', "0001-01-01T00:00:00+23:59", -1e300, 1e300, 2**70,
        ]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all members and elements."""
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in ((*path, key), *places(inner, (*path, key)))]
    if isinstance(value, list):
        return [found for at, inner in enumerate(value) for found in ((*path, at), *places(inner, (*path, at)))]
    return []


@st.composite
def mutated(draw: st.DrawFn) -> Json:
    document: Json = copy.deepcopy(draw(st.sampled_from(ALL)))
    for _ in range(draw(st.integers(1, 4))):
        found = places(document)
        if not found:
            break
        *path, last = draw(st.sampled_from(found))
        inside: Any = document
        for step in path:
            inside = inside[step]
        if draw(st.booleans()):
            del inside[last]
        else:
            inside[last] = draw(VALUES)
    return document


def is_read_or_refused(content: bytes) -> None:
    found: tuple[FoundFinding, ...] = ()
    said: tuple[str, str] | None = None
    try:
        found = read_findings(content)
    except UsageError as error:
        said = error.message, error.hint
    assert said is None or all(said)
    for finding in found:
        assert finding.subjects or finding.notes
    msgspec.json.encode(found)


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_mutated_findings(document: Json) -> None:
    is_read_or_refused(json.dumps(document).encode())


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ALL), st.integers(0, 4000), st.binary(max_size=6))
def test_damaged_bytes(document: Json, at: int, put: bytes) -> None:
    content = json.dumps(document).encode()

    is_read_or_refused(content[:at] + put + content[at + len(put) :])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    is_read_or_refused(content)


def test_what_the_sdk_made_of_an_answer_is_json_again() -> None:
    answer = {"Findings": [{"UpdatedAt": datetime(2026, 11, 22, tzinfo=UTC), "Title": "\ud800 half a pair"}]}

    assert json.loads(as_json(answer)) == {
        "Findings": [{"UpdatedAt": "2026-11-22T00:00:00+00:00", "Title": "\ud800 half a pair"}]
    }
