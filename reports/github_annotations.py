"""The worst of a report as workflow commands, which a GitHub runner shows as annotations of the step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from reports.drift_findings import Weighed, with_drift
from reports.gate_words import headline
from reports.groups import Group, groups
from reports.lines import FEW, level_of, line, told_apart
from reports.places import Place, PlaceOf, nowhere
from reports.unknowns import missing
from reports.verdict import counted, sentence
from scanner.findings import Finding
from scanner.gate import Gate
from scanner.report import Report

MOST = 10
"""How many annotations of each kind GitHub shows for a step."""

Kind = Literal["error", "warning", "notice"]

_KINDS: tuple[Kind, ...] = ("error", "warning", "notice")


class _Annotation(NamedTuple):
    kind: Kind
    title: str
    message: str
    place: Place | None = None
    findings: int = 1


def render(report: Report, *, place_of: PlaceOf = nowhere, gate: Gate | None = None) -> str:
    """One line for each annotation, at most ten of each kind, of which the last says how many more there are.

    Empty where all was judged and nothing failed. What was accepted is not told here. Of a gate the drift is told, too,
    and what it fails for is an error; what it does not fail for is none.
    """
    weighed = Weighed(gate, report) if gate else None
    told = told_apart(with_drift(report, gate).findings if gate else report.findings)
    found = [
        *(_verdict(gate) if gate else _whole(report)),
        *(each for group in groups(told.failed) for each in _failed(group, place_of, weighed)),
        *_unknown(told.unknown),
    ]
    lines = []
    for kind in _KINDS:
        lines += [_command(each) for each in _limited(kind, [each for each in found if each.kind == kind])]
    return "".join(f"{each}\n" for each in lines)


def _whole(report: Report) -> Iterator[_Annotation]:
    if not report.summary.complete or not report.rules:
        yield _Annotation("warning", "The scan is incomplete", sentence(report))


def _verdict(gate: Gate) -> Iterator[_Annotation]:
    if gate.exit_code:
        kind: Kind = "error" if gate.verdict == "failed" else "warning"
        yield _Annotation(kind, "guardrift gate", line(headline(gate), 600))


def _failed(group: Group, place_of: PlaceOf, weighed: Weighed | None) -> Iterator[_Annotation]:
    """One annotation for each finding, or one for all that have no place: the same fault must not hide the others."""
    places = [place_of(finding) for finding in group.findings]
    if len(places) <= FEW or any(places):
        for finding, place in zip(group.findings, places, strict=True):
            yield _annotation(finding, place, 1, weighed)
    else:
        yield _annotation(group.shared, None, len(places), weighed)


def _annotation(finding: Finding, place: Place | None, number: int, weighed: Weighed | None) -> _Annotation:
    where = line(finding.resource.name or finding.resource.arn, 200)
    if finding.resource.region:
        where += f" in {line(finding.resource.region, 50)}"
    if number > 1:
        where += f", and {number - 1:,} more"
    message = f"{line(finding.message, 600)} [{where}; {line(finding.rule_id, 100)}]"
    title = f"{finding.severity}: {line(finding.title, 150)}"
    return _Annotation(_kind(finding, weighed), title, message, place, number)


def _kind(finding: Finding, weighed: Weighed | None) -> Kind:
    level = level_of(finding.severity)
    if weighed is not None:
        level = "error" if not weighed.why_not(finding) else "warning" if level == "error" else level
    return "notice" if level == "note" else level


def _unknown(unknown: Sequence[Finding]) -> Iterator[_Annotation]:
    for one in missing(unknown):
        yield _Annotation("warning", f"{counted(len(one.findings), 'verdict')} unknown", line(str(one), 600))


def _limited(kind: Kind, found: Sequence[_Annotation]) -> list[_Annotation]:
    if len(found) <= MOST:
        return list(found)
    left = sum(each.findings for each in found[MOST - 1 :])
    more = f"and {left:,} more of this kind, which the report in another format lists"
    return [*found[: MOST - 1], _Annotation(kind, "guardrift", more)]


def _command(each: _Annotation) -> str:
    properties = [f"title={_property(each.title)}"]
    if each.place is not None:
        properties = [f"file={_property(each.place.file)}", f"line={each.place.line}", *properties]
    return f"::{each.kind} {','.join(properties)}::{_data(each.message)}"


def _data(text: str) -> str:
    """Text as the data of a workflow command; ``line`` has taken the line breaks away already."""
    return line(text, 2_000).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
