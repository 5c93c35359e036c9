"""Drift in the words of findings, so that every format for CI can tell it, and for what of all the gate fails."""

from __future__ import annotations

import msgspec

from reports.diff_text import change_lines
from reports.lines import line
from scanner.drift.told import Change
from scanner.engine.assemble import open_unknowns
from scanner.findings import Finding, Remediation, Severity, Status, at_or_above, fingerprint
from scanner.gate import Gate, GatedFinding
from scanner.report import Report, RuleResult

DRIFT = "guardrift-drift"
"""The rule that drift is told under where a format has rules; no rule that is asked can have this name."""

TITLE = "The account is other than its reviewed baseline, in a way that widens access or protects less"

_UNDO = Remediation(
    "Undo the change; or review it and take it into the baseline, with 'guardrift baseline update' or with the "
    "findings that it causes."
)
_READ = Remediation(
    "Let the scanner read what is missing; what only the baseline lacks 'guardrift baseline update' takes into it."
)


def widening(found: Gate, rule_id: str = DRIFT) -> tuple[Finding, ...]:
    """The changes that widen, each as a failure, in the order of the gate."""
    return tuple(_finding(each.change, rule_id, "fail", each.change.severity) for each in found.drift)


def not_compared(found: Gate, rule_id: str = DRIFT) -> tuple[Finding, ...]:
    """What could not be compared, each as an unknown verdict; how bad it is nobody knows."""
    return tuple(_finding(each, rule_id, "unknown", "high") for each in found.not_comparable)


def with_drift(report: Report, found: Gate, rule_id: str = DRIFT) -> Report:
    """The report with the drift among its findings; the counts of its summary stay those of the rules."""
    failed, unknown = widening(found, rule_id), not_compared(found, rule_id)
    result = RuleResult(
        rule_id=rule_id,
        title=TITLE,
        severity="high",
        family="drift",
        phase="detect",
        evaluated=len(failed) + len(unknown),
        failed=len(failed),
        passed=0,
        unknown=len(unknown),
    )
    return msgspec.structs.replace(
        report, rules=(*report.rules, result), findings=(*report.findings, *failed, *unknown)
    )


class Weighed:
    """Why the gate does not fail, or is not held up, for a finding or a change."""

    def __init__(self, found: Gate, report: Report) -> None:
        self._gate = found
        self._gated = {(each.fingerprint, each.status, each.severity): each for each in found.findings}
        aside = frozenset() if found.strict else _new_rules(found)
        self._waited_for = {id(finding) for finding in open_unknowns(report.findings, aside)}

    def why_not(self, finding: Finding) -> str:
        """In words; empty where the gate does fail, or is incomplete, because of it.

        What the gate does not know at all is told as a failure.
        """
        if is_drift(finding):
            counts = finding.status == "unknown" or self._reaches(finding.severity)
            return "" if counts else self._mild(finding.severity)
        gated = self._gated.get((finding.fingerprint, finding.status, finding.severity))
        if finding.status == "unknown":
            if id(finding) in self._waited_for:
                return ""
            return "unknown, and the gate does not wait for it: " + (
                _NEW_RULE if gated is not None and gated.why == "new_rule" else "only another account can answer"
            )
        if gated is None or gated.blocks:
            return ""
        return f"does not block: {_NEW_RULE}" if self._is_only_new(gated) else self._mild(finding.severity)

    def _is_only_new(self, gated: GatedFinding) -> bool:
        return gated.why == "new_rule" and self._reaches(gated.severity)

    def _reaches(self, severity: Severity) -> bool:
        return self._gate.fail_on is not None and at_or_above(severity, self._gate.fail_on)

    def _mild(self, severity: Severity) -> str:
        if self._gate.fail_on is None:
            return "does not block: --fail-on is none"
        return f"does not block: {severity} is below {self._gate.fail_on}"


_NEW_RULE = "the baseline does not know its rule"


def is_drift(finding: Finding) -> bool:
    """Whether a finding is a change that was told as one."""
    return "drift" in finding.evidence


def _new_rules(found: Gate) -> frozenset[str]:
    return frozenset(each.rule_id for each in found.findings if each.why == "new_rule")


def _finding(change: Change, rule_id: str, status: Status, severity: Severity) -> Finding:
    resource = change.resource
    return Finding(
        # Whatever it is told under, it is the same change.
        fingerprint=fingerprint(DRIFT, "", resource, change.what),
        rule_id=rule_id,
        status=status,
        severity=severity,
        confidence="high",
        title=f"Drift: {change.what}" if status == "fail" else "Not comparable with the baseline",
        message=_message(change),
        resource=resource,
        evidence={"drift": change.kind, "reason": change.what},
        remediation=_UNDO if status == "fail" else _READ,
        state="new",
    )


def _message(change: Change) -> str:
    """The change in one line: what, then who gained what, what follows, and why."""
    _, *more = change_lines(change, every=False)
    head = f"{change.resource.type} {change.resource.name}: {change.what}"
    return line(f"{head}: {' '.join(each.strip() for each in more)}" if more else head, 4_000)
