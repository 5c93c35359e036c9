"""Account text as one bounded line, and findings told apart by what is to be done about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from reports.visible import inert, visible
from scanner.findings import SEVERITIES, Accepted, Finding, Severity, sort_key

FEW = 3
"""How many findings that share all but their resources have a line each; more of them have one together."""

Level = Literal["error", "warning", "note"]

_LEVELS: dict[Severity, Level] = {
    "critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note",
}  # fmt: skip


class Told(NamedTuple):
    """The findings of a report, each kind from the worst; what is resolved is in none of the lists.

    Attributes:
        failed: what is to be mended; also what was accepted for a time that is over.
        unknown: verdicts that could not be reached, and that nobody accepted.
        accepted: what somebody said may stand.
    """

    failed: tuple[Finding, ...]
    unknown: tuple[Finding, ...]
    accepted: tuple[Finding, ...]


def told_apart(findings: Iterable[Finding]) -> Told:
    """The findings by kind."""
    standing = worst_first(finding for finding in findings if finding.state != "resolved")
    active = [finding for finding in standing if not finding.is_accepted]
    return Told(
        failed=tuple(finding for finding in active if finding.status == "fail"),
        unknown=tuple(finding for finding in active if finding.status == "unknown"),
        accepted=tuple(finding for finding in standing if finding.is_accepted),
    )


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by severity, of one severity what failed before what is unknown."""
    return sorted(
        findings, key=lambda each: (SEVERITIES.index(each.severity), each.status == "unknown", sort_key(each))
    )


def level_of(severity: Severity) -> Level:
    """The three levels that programs for code know, by severity."""
    return _LEVELS[severity]


def line(text: str, most: int) -> str:
    """The text as one line of at most so many characters: no control character, nothing that a CI runner obeys."""
    # What is clipped anyway need not be looked at: a text may have many kilobytes, and be in every finding.
    shown = text.strip()[: most + 1]
    if not (shown.isascii() and shown.isprintable()):
        shown = visible(shown)
    return clipped(inert(shown), most)


def prose(text: str, most: int) -> str:
    """The same for running text, whose line breaks mean nothing."""
    return line(" ".join(text[: 2 * most].split()), most)


def clipped(text: str, most: int) -> str:
    """The text, with an ellipsis for what is too much."""
    return text if len(text) <= most else text[: most - 1] + "…"


def why_accepted(finding: Finding) -> str:
    """Who accepted a finding, why and until when, in words; empty where nobody did."""
    accepted = finding.accepted
    if not isinstance(accepted, Accepted):
        return ""
    where = "the configuration" if accepted.by == "config" else "the baseline"
    until = f"until {accepted.expires}" + (", which is over" if accepted.expired else "")
    return f"accepted in {where} {until}, by {line(accepted.owner, 200)}: {line(accepted.reason, 1_000)}"
