"""The verdict of a gate in words, as text and as Markdown."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from reports import gate_markdown, gate_text
from scanner.findings import Resource
from scanner.gate import Gate, GatedDrift, Proposed
from tests.accounts import OWN
from tests.reports.gate_sample import GATE, WIDENED, gated
from tests.reports.test_snapshots import whole_file

PASSED = msgspec.structs.replace(
    GATE, verdict="passed", exit_code=0, proposed=(), after_change=None, findings=(), drift=(), not_comparable=(),
    missing=(), fixed=(), expiring=(), baseline=f"guardrift-baseline/{OWN}",
)  # fmt: skip
INCOMPLETE = msgspec.structs.replace(
    PASSED, verdict="incomplete", exit_code=3, missing=GATE.missing, not_comparable=GATE.not_comparable
)
VERDICTS = {"failed": GATE, "passed": PASSED, "incomplete": INCOMPLETE}
FORMATS: dict[str, Callable[[Gate], str]] = {"txt": gate_text.render, "md": gate_markdown.render}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", VERDICTS)
def test_the_whole_verdict(name: str, suffix: str, snapshot: SnapshotAssertion) -> None:
    assert FORMATS[suffix](VERDICTS[name]) == snapshot(extension_class=whole_file(f".{suffix}"))


@pytest.mark.parametrize("render", FORMATS.values(), ids=FORMATS)
def test_what_the_change_brings_comes_before_everything_else(render: Callable[[Gate], str]) -> None:
    text = render(GATE)

    assert text.index("let me in") < text.index("Blocking findings") < text.index("Findings that do not block")


def test_nothing_is_told_of_a_change_that_brings_nothing() -> None:
    for render in FORMATS.values():
        assert "change under review" not in render(PASSED)


def test_the_remedy_says_that_something_graver_comes_along() -> None:
    milder = msgspec.structs.replace(PASSED, findings=(gated("new", severity="medium"),), drift=GATE.drift)
    as_grave = msgspec.structs.replace(milder, findings=(gated("new", severity="critical"),))

    for render in FORMATS.values():
        assert "with-drift" in render(milder)
        assert "with-drift" not in render(as_grave)


@given(st.text(max_size=200))
def test_hostile_text_stays_text(text: str) -> None:
    resource = Resource(text or "x", text or "x", text, OWN, text or None)
    hostile = msgspec.structs.replace(
        GATE,
        baseline=text,
        proposed=(Proposed("suppression", text),),
        findings=(msgspec.structs.replace(gated("worse", resource=resource, grew=(text,)), message=text, place=text),),
        drift=(GatedDrift(blocks=True, change=msgspec.structs.replace(WIDENED, resource=resource, what=text)),),
        missing=(text,),
    )
    for render in FORMATS.values():
        shown = render(hostile)
        assert not any(ord(char) < 32 and char != "\n" for char in shown)
        assert not any(row.lstrip().startswith(("::", "##[", "##vso[")) for row in shown.split("\n"))


def test_a_summary_is_bounded_whatever_it_holds() -> None:
    long = "x" * 5_000
    resource = Resource(long, long, long, OWN, long)
    finding = msgspec.structs.replace(gated("worse", resource=resource, grew=(long,) * 20), message=long, place=long)
    much = msgspec.structs.replace(
        GATE,
        proposed=tuple(Proposed("acceptance", f"{number} {long}") for number in range(500)),
        findings=(finding,) * 5_000,
        drift=(GatedDrift(blocks=True, change=msgspec.structs.replace(WIDENED, resource=resource)),) * 5_000,
        missing=(long,) * 500,
        fixed=GATE.fixed * 5_000,
        expiring=GATE.expiring * 5_000,
    )

    assert len(gate_markdown.render(much).encode()) <= gate_markdown.LARGEST
    assert "5,000" in gate_markdown.render(much)
