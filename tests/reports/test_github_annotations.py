"""Annotations: one command a line, at most ten of a kind, and nothing of the account that could be another command."""

from __future__ import annotations

import re

import msgspec
import pytest

from reports.github_annotations import render
from reports.places import Place
from scanner.findings import SEVERITIES, Finding
from scanner.report import Report
from tests.reports import mixed_sample, sample
from tests.reports.test_markdown_report import findings_apart

COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-z]+=[^:,\r\n]*,?)+)::([^\r\n]*)")


def read(report: Report, place: Place | None = None) -> list[tuple[str, dict[str, str], str]]:
    """The commands as the runner reads them."""
    found = []
    for line in render(report, place_of=lambda _: place).splitlines():
        parts = COMMAND.fullmatch(line)
        assert parts, line
        properties = dict(pair.split("=", 1) for pair in parts[2].split(","))
        found.append((parts[1], {name: _decoded(text) for name, text in properties.items()}, _decoded(parts[3])))
    return found


def _decoded(text: str) -> str:
    for code, sign in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, sign)
    return text


def with_message(text: str) -> Report:
    return sample.assemble((msgspec.structs.replace(sample.report().findings[0], message=text, title=text),), ())


def test_kinds_and_titles() -> None:
    found = read(sample.report())

    assert [kind for kind, _, _ in found] == ["error"] * 5 + ["warning"] * 4 + ["notice"]
    assert found[0][1]["title"] == "critical: A principal can make itself administrator"
    assert found[5][1]["title"] == "The scan is incomplete"
    assert found[-2][1:] == ({"title": "1 verdict unknown"}, "ec2:DescribeFlowLogs throttled to the end in eu-west-1")


def test_what_is_accepted_or_resolved_is_not_told() -> None:
    texts = [message for _, _, message in read(mixed_sample.report())]

    for finding in mixed_sample.report().findings:
        told = any(finding.message in text and finding.resource.name in text for text in texts)
        assert told == (finding.status == "fail" and not finding.is_accepted and finding.state != "resolved")


def test_a_scan_in_which_nothing_was_judged_is_not_silent() -> None:
    assert [kind for kind, _, _ in read(sample.empty_report())] == ["warning"]
    assert render(sample.clean_report()) == ""


def test_no_more_than_github_shows_and_the_rest_is_counted() -> None:
    findings: list[Finding] = []
    for severity in SEVERITIES:
        findings += (msgspec.structs.replace(each, severity=severity) for each in findings_apart(30))
    found = read(sample.assemble(tuple(findings), ()))

    assert [kind for kind, _, _ in found] == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
    assert found[9][2] == "and 51 more of this kind, which the report in another format lists"
    assert found[0][1]["title"].startswith("critical")


def test_the_same_fault_everywhere_is_one_annotation_unless_each_has_a_line() -> None:
    report = sample.large_report(8)

    (error,) = [message for kind, _, message in read(report) if kind == "error"]
    assert "and 7 more; imds-v1-allowed" in error
    assert len([kind for kind, _, _ in read(report, Place("a.json", 3)) if kind == "error"]) == 8


def test_the_line_of_a_committed_file() -> None:
    kind, properties, _ = read(with_message("x"), Place("guardrift-baseline/a,b:c%.json", 42))[0]

    assert kind == "error"
    assert properties["file"] == "guardrift-baseline/a,b:c%.json"
    assert properties["line"] == "42"


@pytest.mark.parametrize(
    "text",
    [
        "\n::error::x", "\r\n::stop-commands::y", "%0A::error::x", "a::b,c=d", "##[add-mask]z", "##vso[task.x]y",
        "\u2028::error::x", "\x0b::error::x", "\x85::error::x", "::", ",file=x", "%25", "100%",
    ],
)  # fmt: skip
def test_hostile_text_is_no_command(text: str) -> None:
    written = render(with_message(text), place_of=lambda _: Place(text, 1))

    assert len(written.splitlines()) == 1
    assert not re.search(r"##\[|##vso\[", written)
    assert written.startswith("::error file=")
    ((_, properties, message),) = read(with_message(text), Place("x", 1))
    assert set(properties) == {"file", "line", "title"}
    assert "\n" not in message
