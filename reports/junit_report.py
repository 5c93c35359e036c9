"""The report as JUnit XML: a test suite for each rule, and a test case for each finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC
from xml.etree import ElementTree

from reports.compared import day
from reports.diff_text import change_lines
from reports.drift_findings import Weighed, not_compared, widening
from reports.gate_words import headline
from reports.lines import clipped, line, prose, told_apart, why_accepted, worst_first
from reports.unknowns import unanswered
from reports.verdict import accounts, counted, sentence
from reports.visible import inert, visible
from scanner.findings import Finding
from scanner.gate import Gate
from scanner.report import Report

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MOST_COMMANDS = 20
_MOST_ANSWERS = 200
_MOST_LINES = 100

DRIFT = "drift"
"""The suite of a gate in which the changes are that widen."""


def render(report: Report, gate: Gate | None = None) -> str:
    """The report as JUnit XML.

    A subject that passed is only counted: one test case stands for all of a rule. What was accepted is skipped, and an
    unknown verdict is an error, never a success. Of a gate only that is a failure or an error for which it fails or is
    incomplete; the rest is skipped, with the reason.
    """
    weighed = Weighed(gate, report) if gate else None
    told = told_apart(report.findings)
    of_rule: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in worst_first((*told.failed, *told.unknown, *told.accepted)):
        of_rule[finding.rule_id].append(finding)
    listed = {rule.rule_id: rule for rule in report.rules}
    suites = [_whole(report, gate)]
    if gate and weighed:
        suites.append(_drift(report, gate, weighed))
    for rule_id in sorted({*listed, *of_rule}):
        rule, findings = listed.get(rule_id), of_rule[rule_id]
        title = rule.title if rule else findings[0].title
        suites.append(_suite(report, rule_id, rule.passed if rule else 0, findings, weighed))
        properties = ElementTree.Element("properties")
        ElementTree.SubElement(properties, "property", {"name": "title", "value": line(title, 1_000)})
        suites[-1].insert(0, properties)
    root = ElementTree.Element(
        "testsuites", {"name": line(f"guardrift: {accounts(report)}", 300), "time": "0", **_sums(suites)}
    )
    root.extend(suites)
    ElementTree.indent(root)
    return f"{_HEAD}{ElementTree.tostring(root, encoding='unicode')}\n"


def _sums(suites: Iterable[ElementTree.Element]) -> dict[str, str]:
    counts = ("tests", "failures", "errors", "skipped")
    every = list(suites)
    return {name: str(sum(int(suite.attrib[name]) for suite in every)) for name in counts}


def _whole(report: Report, gate: Gate | None) -> ElementTree.Element:
    """A suite on the scan itself: a report in which little was judged must not look like one in which all is well."""
    is_whole = (not gate.missing if gate else report.summary.complete) and bool(report.rules)
    suite = _named(report, "guardrift", tests=1, errors=0 if is_whole else 1)
    case = ElementTree.SubElement(suite, "testcase", {"classname": "guardrift", "name": "complete scan", "time": "0"})
    if not is_whole:
        said = headline(gate) if gate else sentence(report)
        error = ElementTree.SubElement(case, "error", {"type": "incomplete", "message": line(said, 1_000)})
        missing = gate.missing if gate else unanswered(report.coverage)
        error.text = "\n".join(("", *(line(each, 500) for each in missing[:_MOST_ANSWERS]), ""))
    return suite


def _drift(report: Report, gate: Gate, weighed: Weighed) -> ElementTree.Element:
    """A suite with a case for each change that widens, and for what could not be compared."""
    findings = [*widening(gate, DRIFT), *not_compared(gate, DRIFT)]
    suite = _suite(report, DRIFT, 0, findings, weighed)
    for each, case in zip(gate.drift, suite.findall("testcase"), strict=False):
        # Several things can be other of one resource.
        case.attrib["name"] += f": {line(each.change.what, 500)}"
        (told,) = [found for found in case if found.tag in ("failure", "system-out")]
        told.text = "\n".join(("", *list(change_lines(each.change, every=False))[:_MOST_LINES], ""))
    if not findings:
        suite.attrib["tests"] = "1"
        ElementTree.SubElement(suite, "testcase", {"classname": DRIFT, "name": "nothing widens", "time": "0"})
    return suite


def _suite(
    report: Report, rule_id: str, passed: int, findings: list[Finding], weighed: Weighed | None
) -> ElementTree.Element:
    let = {id(finding): _let(finding, weighed) for finding in findings}
    accepted = sum(bool(why) for why in let.values())
    failed = sum(finding.status == "fail" and not let[id(finding)] for finding in findings)
    suite = _named(
        report,
        rule_id,
        tests=passed + len(findings),
        failures=failed,
        errors=len(findings) - failed - accepted,
        skipped=accepted,
    )
    if passed:
        said = f"{counted(passed, 'subject')} passed"
        ElementTree.SubElement(suite, "testcase", {"classname": line(rule_id, 255), "name": said, "time": "0"})
    suite.extend(_case(finding, let[id(finding)]) for finding in findings)
    return suite


def _let(finding: Finding, weighed: Weighed | None) -> str:
    """Why nobody has to do anything about a finding; empty where somebody has."""
    if finding.is_accepted:
        return why_accepted(finding)
    return weighed.why_not(finding) if weighed else ""


def _named(
    report: Report, name: str, *, tests: int, failures: int = 0, errors: int = 0, skipped: int = 0
) -> ElementTree.Element:
    counts = {"tests": tests, "failures": failures, "errors": errors, "skipped": skipped}
    return ElementTree.Element(
        "testsuite",
        {
            "name": line(name, 255),
            **{each: str(number) for each, number in counts.items()},
            "time": "0",
            "timestamp": report.run.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        },
    )


def _case(finding: Finding, let: str) -> ElementTree.Element:
    resource = finding.resource
    name = line(resource.arn, 2_048) or line(resource.name, 500) or "unnamed"
    if resource.region:
        name += f" ({line(resource.region, 100)})"
    case = ElementTree.Element("testcase", {"classname": line(finding.rule_id, 255), "name": name, "time": "0"})
    message = line(finding.message, 2_000)
    if let:
        ElementTree.SubElement(case, "skipped", {"message": let})
        ElementTree.SubElement(case, "system-out").text = message
        return case
    kind = "failure" if finding.status == "fail" else "error"
    outcome = ElementTree.SubElement(case, kind, {"type": finding.severity, "message": message})
    outcome.text = "\n".join(("", *_details(finding), ""))
    return case


def _details(finding: Finding) -> Iterator[str]:
    remediation = finding.remediation
    yield line(finding.title, 500)
    yield f"severity {finding.severity}, confidence {finding.confidence}"
    if why_accepted(finding):
        yield f"was {why_accepted(finding)}"
    if isinstance(finding.state, str):
        since = day(finding.since)
        yield f"state {finding.state}" + (f", open since {since}" if since else "")
    if remediation.text.strip():
        yield f"to do: {prose(remediation.text, 2_000)}"
    for command in remediation.commands[:_MOST_COMMANDS]:
        yield from (clipped(inert(f"    {visible(part)}"), 4_000) for part in command.split("\n")[:50])
    if remediation.breaks.strip():
        yield f"breaks: {prose(remediation.breaks, 1_000)}"
    yield f"fingerprint {line(finding.fingerprint, 100)}"
