"""Every format by its suffix, in files and on stdout, from a scan and from a report."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports import WRITERS
from rules import RULES
from tests.cli.conftest import Run
from tests.reports.sarif_form import check_github, check_sarif


def test_every_format_in_a_file(run: Run, faulty: Path, work: Path) -> None:
    outputs = [word for suffix in WRITERS for word in ("-o", f"out/report{suffix}")]

    ended = run("scan", "--snapshot", faulty, *outputs)

    assert ended.code == 1
    assert {path.suffix for path in (work / "out").iterdir()} == set(WRITERS)
    assert ElementTree.parse(work / "out/report.xml").getroot().tag == "testsuites"
    assert (work / "out/report.md").read_text().startswith("# guardrift: AWS account ")
    found = json.loads((work / "out/report.json").read_text())["findings"]
    rows = list(csv.DictReader(io.StringIO((work / "out/report.csv").read_bytes().decode(), newline="")))
    assert {row["fingerprint"] for row in rows} == {finding["fingerprint"] for finding in found}


def test_sarif_of_a_scan_tells_the_rules_and_the_exit_code(run: Run, faulty: Path, work: Path) -> None:
    chosen = ("--rule", "iam-access-key-age", "--fail-on", "low")
    run("scan", "--snapshot", faulty, "-o", "report.sarif", "-o", "report.json", *chosen)
    run("report", "report.json", "-o", "again.sarif")

    text = (work / "report.sarif").read_text()
    document, again = json.loads(text), json.loads((work / "again.sarif").read_text())
    for each in (document, again):
        check_sarif(each)
        check_github(text, each)
    rules = {rule["id"]: rule for rule in document["runs"][0]["tool"]["driver"]["rules"]}
    assert RULES["iam-access-key-age"].documentation.fix in rules["iam-access-key-age"]["help"]["markdown"]
    assert document["runs"][0]["invocations"][0].pop("exitCode") == 1
    del document["runs"][0]["invocations"][0]["exitCodeDescription"]
    assert document == again


@pytest.mark.parametrize(("name", "start"), [("-.md", "# guardrift"), ("-.github", "::error "), ("-.csv", "schema,")])
def test_a_format_on_stdout(run: Run, faulty: Path, work: Path, name: str, start: str) -> None:
    scanned = run("scan", "--snapshot", faulty, "-o", name, "-o", "report.json")
    again = run("report", "report.json", "-o", name)

    assert scanned.out.startswith(start)
    assert again.out == scanned.out
    assert "guardrift: AWS account" in scanned.err
    assert "Written: report.json" in scanned.err
    assert {path.name for path in work.iterdir()} == {".git", "faulty.json", "report.json"}


def test_stdout_holds_one_format(run: Run, faulty: Path) -> None:
    ended = run("scan", "--snapshot", faulty, "-o", "-", "-o", "-.md")

    assert (ended.code, ended.out) == (2, "")
    assert "stdout can hold one report" in ended.err


@pytest.mark.parametrize("name", ["-.txt", "-.", "x.junit"])
def test_an_unknown_format(run: Run, faulty: Path, name: str) -> None:
    ended = run("scan", "--snapshot", faulty, "-o", name)

    assert (ended.code, ended.out) == (2, "")
    assert all(suffix in ended.err for suffix in WRITERS)
