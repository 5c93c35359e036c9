"""The formats for CI as a whole: byte for byte, and with hostile text in every string of a report."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from reports import WRITERS
from reports.csv_report import COLUMNS
from reports.markdown_report import LARGEST
from reports.visible import HIDDEN
from scanner.findings import Accepted
from scanner.report import Report, SuppressionNotice
from tests.reports import mixed_sample, sample
from tests.reports.markdown_page import MarkdownPage
from tests.reports.sarif_form import check_github, check_sarif
from tests.reports.test_injection import EVERYTHING, PAYLOADS, PLACES, Path, report_with

FORMATS = (".csv", ".github", ".md", ".sarif", ".xml")
MORE = {
    "xml": "]]>&#0;<?x?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "command": "%0A::error::x%25",
    "mention": "@octocat #1 org/repo#2 www.evil.example https://evil.example a@b.example ![x](y)",
    "slashes": "../../../etc/passwd",
    "nothing": "",
    "space": " \t\n ",
    "many": "@" * 3_000 + "|" * 3_000 + "\u202e" * 3_000,
}


def check(text: str, *paths: Path) -> None:
    check_all(report_with(text, *paths))


def check_all(report: Report) -> None:
    for suffix in FORMATS:
        written = WRITERS[suffix](report)
        assert written.encode()
        assert not re.search(r"##\[|##vso\[", written)
        if suffix != ".github":
            assert not re.search(r"^\s*::", written, re.MULTILINE)
    check_sarif_of(report)
    check_xml(report)
    check_csv(report)
    check_markdown(report)
    check_annotations(report)


def check_sarif_of(report: Report) -> None:
    text = WRITERS[".sarif"](report)
    assert not HIDDEN.search(text.replace("\n", ""))
    document = json.loads(text)
    check_sarif(document)
    check_github(text, document)
    for result in document["runs"][0]["results"]:
        assert not HIDDEN.search(result["message"]["text"].replace("\n", ""))
        assert "](" not in result["message"]["text"]


def check_xml(report: Report) -> None:
    text = WRITERS[".xml"](report)
    assert not HIDDEN.search(text.replace("\n", ""))
    assert not re.search(r"<!|<\?(?!xml version)", text)
    root = ElementTree.fromstring(text.encode())
    cases = list(root.iter("testcase"))
    told = sum(len(case.findall(f"{kind}")) for case in cases for kind in ("failure", "error", "skipped"))
    assert told == len(report.findings) + (not report.summary.complete)
    assert {element.tag for element in root.iter()} <= {
        "testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped", "system-out",
    }  # fmt: skip


def check_csv(report: Report) -> None:
    text = WRITERS[".csv"](report)
    assert not HIDDEN.search(text.replace("\r\n", ""))
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert len(rows) == len(report.findings) + 1
    for row in rows:
        assert len(row) == len(COLUMNS)
        for cell in row:
            assert not re.match(r"[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell)
            assert not re.search(r";(?!')[\s\"]*[=+\-@]", cell)


def check_markdown(report: Report) -> None:
    text = WRITERS[".md"](report)
    assert not HIDDEN.search(text.replace("\n", ""))
    assert len(text.encode()) <= LARGEST
    page = MarkdownPage(text)
    assert set(page.shape) <= {"ul", "li", "h1", "h2", "p", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert set(page.cells) <= {2, 4, 5, 6, 7}
    assert page.references == []


def check_annotations(report: Report) -> None:
    text = WRITERS[".github"](report)
    assert not HIDDEN.search(text.replace("\n", ""))
    lines = text.splitlines()
    assert len(lines) <= 30
    for line in lines:
        assert re.fullmatch(r"::(error|warning|notice) title=[^:,]*::.*", line)
        assert not re.search(r"%(?!25|3A|2C)", line)


@pytest.mark.parametrize("text", (PAYLOADS | MORE).values(), ids=PAYLOADS | MORE)
def test_a_payload_in_every_place_at_once(text: str) -> None:
    check(text, *PLACES)


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_all_payloads_in_one_place(path: Path) -> None:
    check(EVERYTHING + "".join(MORE.values()), path)


@pytest.mark.parametrize("text", (PAYLOADS | MORE).values(), ids=PAYLOADS | MORE)
@pytest.mark.parametrize("expired", [False, True])
def test_a_payload_in_what_is_said_of_an_acceptance(text: str, expired: bool) -> None:
    said = Accepted(by="config", reason=text, owner=text, expires=date(2027, 1, 1), expired=expired)
    findings = tuple(msgspec.structs.replace(each, accepted=said) for each in sample.report().findings)
    notice = SuppressionNotice(
        kind="unused", number=0, rule_id=text, resource=text, account_id=text, owner=text, expires=said.expires
    )
    report = sample.assemble(findings, sample.report().coverage)
    summary = msgspec.structs.replace(report.summary, suppression_notices=(notice,))
    run = msgspec.structs.replace(report.run, expiries_at=report.run.judged_at)

    check_all(msgspec.structs.replace(report, run=run, summary=summary))


@settings(deadline=None, max_examples=100)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_in_every_place(text: str) -> None:
    check(text, *PLACES)


@settings(deadline=None, max_examples=100)
@given(st.text(st.sampled_from("\n\r\t\x00\u2028\u202e\ud800`|\\*[]()<>!@#:/&%;,=+-' \"]a1"), max_size=30))
def test_any_marks_in_every_place(text: str) -> None:
    check(text, *PLACES)


@pytest.mark.parametrize("suffix", FORMATS)
def test_accepted_and_compared(suffix: str, snapshot: SnapshotAssertion) -> None:
    class WholeFile(SingleFileSnapshotExtension):
        # As bytes: the line breaks of CSV are two characters.
        _write_mode = WriteMode.BINARY
        file_extension = suffix.removeprefix(".")

    assert WRITERS[suffix](mixed_sample.report()).encode() == snapshot(extension_class=WholeFile)
