"""Findings of one rule together, so that what they share is said once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from scanner.findings import Finding

_SHORT = 6
_FEW = 4


class Group(NamedTuple):
    """Findings that differ only in resource, message, evidence, commands and confidence; never empty."""

    findings: tuple[Finding, ...]

    @property
    def shared(self) -> Finding:
        """A finding to read the common parts from."""
        return self.findings[0]

    @property
    def first(self) -> tuple[Finding, ...]:
        """The findings to show at once: all of a short group, a few of a long one."""
        return self.findings if len(self.findings) <= _SHORT else self.findings[:_FEW]

    @property
    def others(self) -> tuple[Finding, ...]:
        """The findings to show on demand."""
        return self.findings[len(self.first) :]


def groups(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """The findings in groups; groups and the findings in them keep the order of their first appearance."""
    found: dict[object, list[Finding]] = {}
    for finding in findings:
        advice = finding.remediation
        said = (finding.title, advice.text, advice.breaks, finding.references, finding.compliance)
        found.setdefault((finding.severity, finding.status, finding.rule_id, *said), []).append(finding)
    return tuple(Group(tuple(members)) for members in found.values())
