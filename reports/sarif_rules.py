"""What SARIF says about the rules that were asked, within the limits of GitHub's code scanning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from reports.lines import level_of, line, prose
from reports.links import link
from scanner.findings import SEVERITIES, Control, Finding, Severity
from scanner.report import Report, RuleResult

MOST_TAGS = 10
_DESCRIPTION = 1_024
_SCORES: Mapping[Severity, str] = MappingProxyType({"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"})
_CONFIDENCES = ("low", "medium", "high")


class RuleText(NamedTuple):
    """What the documentation of a rule says; Markdown, written by the author of the rule.

    Attributes:
        more: the command that says more; empty for the one that shows the rule.
    """

    why: str
    fix: str
    breaks: str
    references: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    more: str = ""


NO_TEXTS: Mapping[str, RuleText] = MappingProxyType({})


class _About(NamedTuple):
    """The parts of a descriptor that come from the report."""

    title: str
    severity: Severity
    family: str = ""
    phase: str = ""


def descriptors(
    report: Report, shown: Iterable[Finding], texts: Mapping[str, RuleText]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """A descriptor for every rule that was asked, and the index of each by the id of its rule."""
    of_rule: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in shown:
        of_rule[finding.rule_id].append(finding)
    known = {rule.rule_id: _known(rule) for rule in report.rules}
    for rule_id, findings in of_rule.items():
        # A report from elsewhere may hold findings of rules that it does not list.
        known.setdefault(rule_id, _About(findings[0].title, findings[0].severity))
    names = sorted(known)
    made = [_descriptor(name, known[name], of_rule[name], texts.get(name)) for name in names]
    return made, {name: index for index, name in enumerate(names)}


def _known(rule: RuleResult) -> _About:
    return _About(rule.title, rule.severity, rule.family, rule.phase)


def _descriptor(rule_id: str, about: _About, findings: Sequence[Finding], text: RuleText | None) -> dict[str, Any]:
    failed = [finding for finding in findings if finding.status == "fail"]
    # GitHub knows one severity for all results of a rule: that of the worst, so that none is shown as milder.
    severity = min((finding.severity for finding in failed), key=SEVERITIES.index, default=about.severity)
    title = line(about.title, _DESCRIPTION) or name_of(rule_id)
    references = text.references if text else findings[0].references if findings else ()
    address = next((found for found in map(link, references) if found), None)
    made: dict[str, Any] = {
        "id": name_of(rule_id),
        "shortDescription": {"text": title},
        "fullDescription": {"text": prose(text.why, _DESCRIPTION) if text else title},
        "help": _help(rule_id, title, text),
        "defaultConfiguration": {"level": level_of(severity)},
        "properties": {
            "tags": _tags(about, text.controls if text else ()),
            "precision": min((finding.confidence for finding in failed), key=_CONFIDENCES.index, default="high"),
        },
    }
    if address:
        made["helpUri"] = address
    if severity in _SCORES:
        made["properties"]["security-severity"] = _SCORES[severity]
    return made


def name_of(rule_id: str) -> str:
    """The id of a rule as SARIF may hold it: never empty."""
    return line(rule_id, 255) or "unnamed"


def _help(rule_id: str, title: str, text: RuleText | None) -> dict[str, str]:
    more = (text.more if text else "") or f"guardrift rules show {name_of(rule_id)}"
    if text is None:
        return {"text": f"{title}. '{more}' says why it matters and how to mend it."}
    parts = (("Why", text.why), ("Fix", text.fix), ("What the fix may break", text.breaks))
    return {
        "text": "\n\n".join(f"{head}: {said}" for head, said in parts),
        "markdown": "\n\n".join(f"## {head}\n\n{said}" for head, said in parts) + f"\n\n`{more}` says more.",
    }


def _tags(about: _About, controls: Iterable[Control]) -> list[str]:
    named = [f"{each.framework}/{each.version}/{each.control}".lower().replace(" ", "-") for each in controls]
    tags = ["security", "aws", about.family, about.phase, *named]
    return list(dict.fromkeys(line(tag, 100) for tag in tags if tag.strip()))[:MOST_TAGS]
