"""The report as SARIF 2.1.0, in the form and within the limits that GitHub's code scanning asks for."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reports.compared import not_looked_at
from reports.drift_findings import DRIFT, Weighed, with_drift
from reports.gate_words import headline
from reports.json_text import indented
from reports.lines import level_of, line, prose, told_apart, why_accepted, worst_first
from reports.places import Place, PlaceOf, nowhere, stand_in, uri_of
from reports.sarif_rules import NO_TEXTS, RuleText, descriptors, name_of
from reports.unknowns import missing, unanswered
from reports.verdict import counted, sentence
from reports.visible import HIDDEN
from scanner.findings import Accepted, Finding
from scanner.gate import Gate
from scanner.report import Report

MOST_RESULTS = 5_000
"""GitHub shows no more results of a run."""

LARGEST = 10_000_000
"""GitHub refuses files that have more bytes than this when they are compressed."""

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST_NOTICES = 200
_SEMANTIC = re.compile(r"(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){2}(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?", re.ASCII)
_STATES = {"new": "new", "unchanged": "unchanged", "worse": "updated"}
_EXITS = {
    0: "complete, and nothing reaches the threshold",
    1: "findings at or above the threshold",
    3: "incomplete, and nothing reaches the threshold",
}
_DRIFT = RuleText(
    why="Somebody can do more than was reviewed, or something that records, watches or protects is gone or weaker.",
    fix="Undo the change; or review it and take it into the baseline with `guardrift baseline update`.",
    breaks="Undoing takes away what the change was made for: ask whoever made it.",
    more="guardrift diff",
)
_NOTICES = {
    "answer-missing": "An answer of AWS that was asked for is missing.",
    "verdict-unknown": "Verdicts are unknown because facts are missing.",
    "accepted": "A finding was accepted, and is no result.",
    "left-out": "There are more results than a file may hold.",
}


def render(
    report: Report,
    *,
    place_of: PlaceOf = nowhere,
    texts: Mapping[str, RuleText] = NO_TEXTS,
    exit_code: int | None = None,
    include_accepted: bool = False,
    gate: Gate | None = None,
) -> str:
    """The report as one SARIF run.

    A verdict that is unknown is a result of kind ``open``, SARIF's word for too little information: left out it would
    look mended, and GitHub would close its alert. So is what failed in an earlier run and was not looked at in this
    one. What is resolved is no result, by which its alert is closed. What was accepted is a notice, because GitHub
    shows every result as an open alert, whatever ``suppressions`` it has.

    Args:
        report: what to tell.
        place_of: finds the line of a finding in the committed files.
        texts: the documentation of the rules, by id.
        exit_code: with what the process ends.
        include_accepted: whether what was accepted is a result with a suppression all the same.
        gate: the verdict of a gate, whose drift are results of a rule of its own.
    """
    weighed = Weighed(gate, report) if gate else None
    if gate:
        report, texts = with_drift(report, gate), {**texts, DRIFT: _DRIFT}
    told = told_apart(report.findings)
    active = worst_first(
        (*told.failed, *told.unknown, *not_looked_at(report), *(told.accepted if include_accepted else ()))
    )
    number = min(len(active), MOST_RESULTS)
    while True:
        run = _run(report, active[:number], texts, place_of, weighed)
        notices = [*_missing(report), *([] if include_accepted else _accepted(told.accepted))]
        run["invocations"] = [_invocation(report, [*_left_out(len(active) - number), *notices], exit_code, gate)]
        text = indented({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
        if not number or _is_small(text):
            return text
        number //= 2


def _is_small(text: str) -> bool:
    content = text.encode()
    return len(content) <= LARGEST or len(gzip.compress(content, mtime=0)) <= LARGEST


def _run(
    report: Report,
    shown: Sequence[Finding],
    texts: Mapping[str, RuleText],
    place_of: PlaceOf,
    weighed: Weighed | None,
) -> dict[str, Any]:
    rules, indexes = descriptors(report, shown, texts)
    version = line(report.run.tool_version, 100)
    driver: dict[str, Any] = {
        "name": "guardrift",
        "version": version,
        "rules": rules,
        "notifications": [{"id": name, "shortDescription": {"text": text}} for name, text in _NOTICES.items()],
    }
    if _SEMANTIC.fullmatch(version):
        driver["semanticVersion"] = version
    accounts = "+".join(line(account, 100).replace("/", "_") for account in report.run.accounts[:20]) or "none"
    seen: Counter[str] = Counter()
    results = []
    for finding in shown:
        seen[finding.fingerprint] += 1
        made = _result(finding, indexes[finding.rule_id], seen[finding.fingerprint], place_of(finding))
        if weighed is not None:
            made["properties"]["blocks"] = finding.status == "fail" and not weighed.why_not(finding)
        results.append(made)
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"guardrift/{accounts}/"},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }


def _result(finding: Finding, index: int, occurrence: int, place: Place | None) -> dict[str, Any]:
    fingerprint = line(finding.fingerprint, 100) or "none"
    made: dict[str, Any] = {
        "ruleId": name_of(finding.rule_id),
        "ruleIndex": index,
        "kind": "fail" if finding.status == "fail" else "open",
        # SARIF demands "none" for every kind but "fail".
        "level": level_of(finding.severity) if finding.status == "fail" else "none",
        "message": {"text": _message(finding)},
        "locations": [_location(finding, place)],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{fingerprint}:{occurrence}",
            "guardrift/v1": fingerprint,
        },
        "properties": _properties(finding),
    }
    if isinstance(finding.state, str) and finding.state in _STATES:
        made["baselineState"] = _STATES[finding.state]
    if isinstance(finding.since, datetime):
        made["properties"]["openSince"] = _moment(finding.since)
    if finding.is_accepted:
        made["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": _text(why_accepted(finding), 2_000)}
        ]
    return made


def _message(finding: Finding) -> str:
    said = [_text(finding.message, 4_000) or _text(finding.title, 1_000) or name_of(finding.rule_id)]
    said.append(_text(f"Resource: {finding.resource.arn}", 2_048))
    if finding.remediation.text.strip():
        said.append(_text(f"To do: {prose(finding.remediation.text, 2_000)}", 2_010))
    if isinstance(finding.accepted, Accepted) and finding.accepted.expired:
        said.append(_text(f"It was {why_accepted(finding)}", 2_000))
    return "\n".join(said)


def _text(text: str, most: int) -> str:
    """One line without the links that viewers of SARIF make of brackets followed by parentheses."""
    return line(text, most).replace("](", "]\\u0028")


def _location(finding: Finding, place: Place | None) -> dict[str, Any]:
    start = place.line if place else 1
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": (uri_of(place) if place else "") or stand_in(finding.resource)},
            "region": {"startLine": start, "startColumn": 1, "endLine": start, "endColumn": 2},
        },
        "logicalLocations": [
            {
                "name": line(finding.resource.name, 500),
                "fullyQualifiedName": line(finding.resource.arn, 2_048),
                "kind": "resource",
            }
        ],
    }


def _properties(finding: Finding) -> dict[str, Any]:
    resource, remediation = finding.resource, finding.remediation
    return {
        "severity": finding.severity,
        "confidence": finding.confidence,
        "accountId": line(resource.account_id, 100),
        "region": line(resource.region or "global", 100),
        "resourceType": line(resource.type, 200),
        # As they are to be pasted: with their line breaks, and only where nothing in them is hidden.
        "commands": [each for each in remediation.commands[:10] if len(each) <= 4_000 and _is_plain(each)],
    }


def _is_plain(command: str) -> bool:
    return not HIDDEN.search(command.replace("\n", ""))


def _invocation(
    report: Report, notices: Sequence[dict[str, Any]], exit_code: int | None, gate: Gate | None
) -> dict[str, Any]:
    run = report.run
    is_complete = not (gate.missing or gate.not_comparable) if gate else report.summary.complete
    made: dict[str, Any] = {
        "executionSuccessful": _is_successful(report),
        "startTimeUtc": _moment(run.started_at),
        "endTimeUtc": _moment(run.finished_at),
        "toolExecutionNotifications": list(notices),
        "properties": {"complete": is_complete, "verdict": line(headline(gate) if gate else sentence(report), 1_000)},
    }
    if exit_code is not None:
        made["exitCode"] = exit_code
        made["exitCodeDescription"] = line(headline(gate), 1_000) if gate else _EXITS.get(exit_code, "failed")
    return made


def _is_successful(report: Report) -> bool:
    """Whether something was judged, or there was nothing to judge.

    GitHub drops a whole file that says no, and keeps the alerts that it has: right where there is nothing to tell, and
    wrong where an incomplete scan has found something. What is missing is told by the notices and the open results.
    """
    if any(rule.passed or rule.failed for rule in report.rules):
        return True
    return bool(report.rules) and report.summary.complete


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _missing(report: Report) -> Iterator[dict[str, Any]]:
    causes = missing(told_apart(report.findings).unknown)
    for one in causes[:_MOST_NOTICES]:
        yield _notice("verdict-unknown", "warning", f"{counted(len(one.findings), 'verdict')} unknown: {one}")
    told = set(map(str, causes))
    for said in [each for each in unanswered(report.coverage) if each not in told][:_MOST_NOTICES]:
        yield _notice("answer-missing", "warning", said)


def _accepted(accepted: Sequence[Finding]) -> Iterator[dict[str, Any]]:
    for finding in accepted[:MOST_RESULTS]:
        said = f"{line(finding.title, 300)}, {line(finding.resource.arn, 500)}: {why_accepted(finding)}"
        yield _notice("accepted", "note", said, finding)


def _left_out(number: int) -> Iterator[dict[str, Any]]:
    if number:
        yield _notice("left-out", "warning", f"{counted(number, 'result')} left out, the mildest; JSON has them all")


def _notice(name: str, level: str, said: str, finding: Finding | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"descriptor": {"id": name}, "level": level, "message": {"text": _text(said, 3_000)}}
    if finding is not None:
        made["associatedRule"] = {"id": name_of(finding.rule_id)}
        made["properties"] = {"fingerprint": line(finding.fingerprint, 100)}
    return made
