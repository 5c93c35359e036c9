"""A gate in the formats for CI: drift is told in each, and only that fails for which the gate does."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import WRITERS, Beside, encoded
from reports.gate_words import headline
from reports.markdown_report import LARGEST
from scanner.drift.told import Change
from scanner.findings import Finding, Resource, Severity, at_or_above
from scanner.gate import Gate, GatedDrift, GatedFinding, Verdict, Why
from scanner.report import Report
from tests.reports import sample
from tests.reports.gate_sample import GATE, ROLE, STOPPED, UNSEEN, WIDENED
from tests.reports.sarif_form import check_github, check_sarif

FAILURE = next(each for each in sample.report().findings if each.status == "fail")
UNKNOWN = next(each for each in sample.report().findings if each.status == "unknown")
CLEAN = sample.clean_report()


def weighed(
    *findings: tuple[Finding, Why, bool],
    drift: tuple[Change, ...] = (),
    unseen: tuple[Change, ...] = (),
    missing: tuple[str, ...] = (),
    fail_on: Severity | None = "high",
) -> Gate:
    """A gate that is as it would be with these findings and this drift."""
    gated = tuple(
        GatedFinding(
            why=why, blocks=blocks, fingerprint=each.fingerprint, rule_id=each.rule_id, status=each.status,
            severity=each.severity, title=each.title, message=each.message, resource=each.resource,
        )
        for each, why, blocks in findings
    )  # fmt: skip
    told = tuple(
        GatedDrift(blocks=fail_on is not None and at_or_above(each.severity, fail_on), change=each) for each in drift
    )
    blocks = any(each.blocks for each in gated) or any(each.blocks for each in told)
    verdict: Verdict = "failed" if blocks else "incomplete" if missing or unseen else "passed"
    return msgspec.structs.replace(
        GATE, verdict=verdict, exit_code={"passed": 0, "failed": 1, "incomplete": 3}[verdict], fail_on=fail_on,
        proposed=(), after_change=None, findings=gated, drift=told, not_comparable=unseen, missing=missing,
    )  # fmt: skip


DRIFT_ALONE = weighed(drift=(WIDENED, STOPPED))


def text(suffix: str, gate: Gate, report: Report = CLEAN) -> str:
    return b"".join(encoded(suffix, report, Beside(gate=gate, exit_code=gate.exit_code))).decode()


def junit(gate: Gate, report: Report = CLEAN) -> ElementTree.Element:
    return ElementTree.fromstring(text(".xml", gate, report))


def suite(root: ElementTree.Element, name: str) -> ElementTree.Element:
    (found,) = [each for each in root if each.attrib["name"] == name]
    return found


def sarif(gate: Gate, report: Report = CLEAN) -> dict[str, Any]:
    written = text(".sarif", gate, report)
    document = json.loads(written)
    check_sarif(document)
    check_github(written, document)
    run: dict[str, Any] = document["runs"][0]
    return run


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_without_a_gate_nothing_is_other(suffix: str) -> None:
    for report in (CLEAN, sample.report()):
        assert b"".join(encoded(suffix, report)).decode() == WRITERS[suffix](report)


@pytest.mark.parametrize("suffix", sorted(set(WRITERS) - {".json"}))
def test_drift_alone_is_told_in_every_format(suffix: str) -> None:
    written = text(suffix, DRIFT_ALONE)

    assert "permissions" in written
    assert "digest files off" in written
    assert "deploy" in written


def test_drift_in_junit() -> None:
    found = suite(junit(DRIFT_ALONE), "drift")

    assert [found.attrib[each] for each in ("tests", "failures", "errors", "skipped")] == ["2", "1", "0", "1"]
    failed, let = found.findall("testcase")
    assert failed.attrib["name"] == f"{ROLE.arn}: permissions"
    assert failed[0].attrib["type"] == "critical"
    assert "iam:CreateAccessKey" in (failed[0].text or "")
    assert let[0].attrib["message"] == "does not block: low is below high"


def test_what_cannot_be_compared_is_an_error() -> None:
    found = suite(junit(weighed(unseen=(UNSEEN,))), "drift")

    assert found.attrib["errors"] == "1"
    assert "denied on the new side" in found[0][0].attrib["message"]


def test_what_is_missing_is_an_error() -> None:
    (error,) = junit(weighed(missing=("the facts are 60 hours old",))).iter("error")

    assert error.attrib["message"].startswith("INCOMPLETE: ")
    assert "60 hours old" in (error.text or "")


def test_no_drift_is_a_case_that_passes() -> None:
    found = suite(junit(weighed()), "drift")

    assert found.attrib["tests"] == "1"
    assert [len(case) for case in found] == [0]


HIGH = msgspec.structs.replace(FAILURE, severity="high")
CASES: list[tuple[str, Report, Gate, str]] = [
    ("a new finding", sample.assemble((FAILURE,), ()), weighed((FAILURE, "new", True)), ""),
    ("of a rule that is not known", sample.assemble((FAILURE,), ()), weighed((FAILURE, "new_rule", False)),
     "does not block: the baseline does not know its rule"),
    ("below the threshold", sample.assemble((HIGH,), ()), weighed((HIGH, "new", False), fail_on="critical"),
     "does not block: high is below critical"),
    ("no threshold", sample.assemble((FAILURE,), ()), weighed((FAILURE, "new", False), fail_on=None),
     "does not block: --fail-on is none"),
    ("unknown", sample.assemble((UNKNOWN,), ()), weighed((UNKNOWN, "new", False), missing=("1 verdict unknown",)), ""),
    ("unknown, of a rule that is not known", sample.assemble((UNKNOWN,), ()), weighed((UNKNOWN, "new_rule", False)),
     "unknown, and the gate does not wait for it: the baseline does not know its rule"),
]  # fmt: skip


@pytest.mark.parametrize(("report", "gate", "why"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_junit_is_red_where_the_gate_is(report: Report, gate: Gate, why: str) -> None:
    root = junit(gate, report)

    assert (int(root.attrib["failures"]) > 0) == (gate.exit_code == 1)
    assert (int(root.attrib["errors"]) > 0) == bool(gate.missing or gate.not_comparable)
    assert [each.attrib["message"] for each in root.iter("skipped")] == ([why] if why else [])


def test_what_the_gate_does_not_know_is_a_failure() -> None:
    assert junit(weighed(), sample.assemble((FAILURE,), ())).attrib["failures"] == "1"


def test_drift_in_sarif() -> None:
    run = sarif(DRIFT_ALONE)

    found = [each for each in run["results"] if each["ruleId"] == "guardrift-drift"]
    assert [(each["level"], each["properties"]["blocks"]) for each in found] == [("error", True), ("note", False)]
    assert "iam:CreateAccessKey" in found[0]["message"]["text"]
    (invocation,) = run["invocations"]
    assert (invocation["exitCode"], invocation["exitCodeDescription"]) == (1, headline(DRIFT_ALONE))
    (rule,) = [each for each in run["tool"]["driver"]["rules"] if each["id"] == "guardrift-drift"]
    assert "guardrift rules show" not in rule["help"]["markdown"]


def test_a_change_has_one_identity_whatever_else_it_says() -> None:
    milder = msgspec.structs.replace(WIDENED, severity="high", gained=(), cause=())
    elsewhere = msgspec.structs.replace(WIDENED, resource=msgspec.structs.replace(ROLE, region="eu-west-1"))

    names = [
        sarif(weighed(drift=(each,)))["results"][0]["partialFingerprints"]["guardrift/v1"]
        for each in (WIDENED, milder, elsewhere)
    ]
    assert names[0] == names[1] != names[2]


def test_what_cannot_be_compared_is_open_in_sarif() -> None:
    run = sarif(weighed(unseen=(UNSEEN,)))

    (found,) = run["results"]
    assert (found["kind"], found["level"], found["properties"]["blocks"]) == ("open", "none", False)
    assert run["invocations"][0]["properties"]["complete"] is False


def test_annotations() -> None:
    lines = text(".github", DRIFT_ALONE).splitlines()

    assert lines[0] == f"::error title=guardrift gate::{headline(DRIFT_ALONE)}"
    assert [each.partition(" ")[0] for each in lines] == ["::error", "::error", "::notice"]
    assert text(".github", weighed()) == ""
    assert text(".github", weighed(unseen=(UNSEEN,))).startswith("::warning title=guardrift gate::INCOMPLETE")


def test_what_does_not_block_is_no_error_among_the_annotations() -> None:
    report = sample.assemble((FAILURE,), ())

    assert "::error" in text(".github", weighed((FAILURE, "new", True)), report)
    assert "::error" not in text(".github", weighed((FAILURE, "new_rule", False)), report)


def test_markdown_tells_the_verdict_of_the_gate() -> None:
    written = text(".md", DRIFT_ALONE)

    assert "**FAILED: 1 change that widens, at or above high.**" in written
    assert written.index("## Drift that widens access") < written.index("## Readiness")
    report = sample.assemble((FAILURE,), ())
    assert "does not block" in text(".md", weighed((FAILURE, "new_rule", False)), report)


def test_csv_has_a_row_for_each_change() -> None:
    rows = list(csv.DictReader(io.StringIO(text(".csv", weighed(drift=(WIDENED, STOPPED), unseen=(UNSEEN,))))))

    assert [(each["rule_id"], each["status"], each["severity"]) for each in rows] == [
        ("drift", "fail", "critical"), ("drift", "unknown", "high"), ("drift", "fail", "low"),
    ]  # fmt: skip


def test_much_drift_leaves_every_format_within_its_limits() -> None:
    many = tuple(
        msgspec.structs.replace(WIDENED, resource=Resource(f"{ROLE.arn}{number}{'x' * 900}", "role", "r", "1"))
        for number in range(6_000)
    )
    gate = weighed(drift=many)

    assert len(text(".md", gate, sample.report()).encode()) <= LARGEST
    assert len(text(".github", gate).splitlines()) <= 30
    assert len(sarif(gate)["results"]) <= 5_000


@settings(max_examples=50)
@given(st.text(max_size=120))
def test_hostile_drift_stays_text(hostile: str) -> None:
    resource = Resource(hostile or "x", hostile or "x", hostile, hostile, hostile or None)
    change = msgspec.structs.replace(WIDENED, resource=resource, what=hostile, consequence=(hostile,))
    gate = weighed(drift=(change,), unseen=(change,), missing=(hostile,))

    for suffix in sorted(set(WRITERS) - {".html"}):
        shown = text(suffix, gate)
        assert not any(ord(char) < 32 and char not in "\r\n" for char in shown)
        if suffix != ".github":
            assert not any(row.lstrip().startswith("::") for row in shown.split("\n"))
    junit(gate)
    sarif(gate)
    assert all(row.startswith(("::error ", "::warning ", "::notice ")) for row in text(".github", gate).splitlines())
    assert "<script>alert" not in text(".html", msgspec.structs.replace(gate, baseline="<script>alert(1)</script>"))
