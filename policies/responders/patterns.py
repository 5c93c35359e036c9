"""Event patterns of responders: which findings they would let through is asked of the evaluator of patterns.

Sources: "Processing GuardDuty findings with Amazon EventBridge" and "GuardDuty finding types" in the GuardDuty User
Guide; "Amazon EventBridge event patterns" in the EventBridge User Guide.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from policies.responders.faults import Fault, Says, told
from scanner.events.lint import Fault as LintFault
from scanner.events.lint import lint
from scanner.events.pattern import BadPattern, Pattern, read_pattern
from scanner.events.samples import CREDENTIAL_FINDINGS, finding_event
from scanner.inventory import Undetermined

_LEAST_SEVERITY = 5
"""From medium on; below lie findings on settings, such as a changed password policy."""

_SAYS = {
    "pattern-refused": Says(
        "EventBridge refuses the pattern: {}.",
        "There is no such rule, so that nobody is told and nothing is contained.",
        "Tries its patterns on synthetic findings before they are shown.",
    ),
    "pattern-matches-nothing": Says(
        "It matches no finding about credentials.",
        "The rule never fires: the thief stays, and nothing tells that the alarm is dead.",
        "Tries its patterns on synthetic findings of every type.",
    ),
    "pattern-old-type": Says(
        "{}",
        "A rule that waits for a type that is not sent any more never fires.",
        "Matches the families of types by their beginning, and tries that on the present types.",
    ),
    "pattern-misspelt": Says(
        "{}",
        "What the pattern asks for is compared as it is written, so that the finding passes by.",
        "Tries its patterns on synthetic findings of every type.",
    ),
    "pattern-misses-types": Says(
        "It does not match {}.",
        "The same theft shows as one of these, and nobody is told: credentials that are used from within AWS, for one.",
        "Matches the families of types by their beginning, so that new suffixes are caught.",
    ),
    "pattern-no-detail-type": Says(
        "It does not ask for the detail type GuardDuty Finding.",
        "Other events of GuardDuty get in: what contains then works on something that is no finding.",
        "Asks for the source and the detail type.",
    ),
    "pattern-archived": Says(
        "It also matches findings that somebody has archived.",
        "What was judged and put away is contained again: an outage on call for whoever can cause the finding.",
        "Leaves out findings with service.archived true.",
    ),
}


def judge_pattern(text: str, place: str = "") -> Iterator[Fault]:
    """What is wrong with the pattern of a rule that is to catch stolen credentials; nothing for one on other events."""
    try:
        pattern = read_pattern(text)
    except BadPattern as fault:
        yield told(_SAYS, "pattern-refused", place or "the pattern", str(fault))
        return
    if not _is_on_findings(text):
        return
    typed = f"{place}{'.' if place else ''}detail.type"
    yield from _of_spelling(lint(text), place)
    events = _findings()
    matched = {name for name, event in events.items() if _matches(pattern, event)}
    if not matched:
        yield told(_SAYS, "pattern-matches-nothing", place or "the pattern")
        return
    missed = [name for name in events if name not in matched]
    if missed:
        yield told(_SAYS, "pattern-misses-types", typed, _listed(missed))
    event = events[min(matched)]
    if _matches(pattern, {**event, "detail-type": "AWS API Call via CloudTrail"}):
        yield told(_SAYS, "pattern-no-detail-type", place or "the pattern")
    if _matches(pattern, _archived(event)):
        yield told(_SAYS, "pattern-archived", f"{place}{'.' if place else ''}detail.service.archived")


def is_on_findings(text: str) -> bool:
    """Whether a pattern is meant for findings of GuardDuty."""
    return _is_on_findings(text)


def _of_spelling(faults: tuple[LintFault, ...], place: str) -> Iterator[Fault]:
    for fault in faults:
        kind = fault.token.partition(":")[0]
        if kind == "type":
            yield told(_SAYS, "pattern-old-type", f"{place}{'.' if place else ''}detail.type", fault.text)
        elif kind in {"key", "source", "star", "severity"} or fault.token.endswith(":unknown"):
            yield told(_SAYS, "pattern-misspelt", place or "the pattern", fault.text)


def _findings() -> Mapping[str, Any]:
    return {
        kind: finding_event("aws", "111122223333", "eu-west-1", kind, severity)
        for kind, severity in CREDENTIAL_FINDINGS
        if severity >= _LEAST_SEVERITY
    }


def _matches(pattern: Pattern, event: Mapping[str, Any]) -> bool:
    """Whether the rule surely fires."""
    try:
        return pattern.matches(event)
    except Undetermined:
        return False


def _archived(event: Mapping[str, Any]) -> dict[str, Any]:
    other = copy.deepcopy(dict(event))
    other["detail"]["service"]["archived"] = True
    return other


def _is_on_findings(text: str) -> bool:
    value = json.loads(text)
    said = json.dumps([value.get(key) for key in ("source", "detail-type")]).lower() if isinstance(value, dict) else ""
    return "guardduty" in said


def _listed(names: list[str]) -> str:
    # The twin of what is matched tells most.
    ordered = sorted(names, key=lambda name: ("CredentialExfiltration" not in name, name))
    more = len(ordered) - 3
    return ", ".join(ordered[:3]) + (f" and {more} other types" if more > 0 else "")
