"""The report as one HTML page: self-contained, readable without JavaScript, and safe whatever the account says."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable
from importlib import resources

import jinja2
from markupsafe import Markup

from reports import compared, evidence, suppressed, verdict
from reports.drift_findings import Weighed, not_compared, widening
from reports.gate_words import facts, headline, standing
from reports.groups import groups
from reports.links import link
from reports.readiness import readiness
from reports.unknowns import FAILURES, missing, unread
from reports.visible import visible
from scanner.findings import SEVERITIES, Finding, sort_key
from scanner.gate import Gate
from scanner.report import Report, RuleResult

MOST_GONE = 500
"""How many findings a page lists of those that changed, and of those that are resolved."""

MOST_FINDINGS = 3_000
"""How many findings a page shows, the worst first; a browser gets slow above, and the JSON report has them all."""

_TEMPLATES = "templates"


def render(report: Report, json_sha256: str, gate: Gate | None = None) -> str:
    """The page.

    Args:
        report: what to tell.
        json_sha256: digest, in hexadecimal, of the JSON report that belongs to the page; shown in its footer.
        gate: the verdict of a gate, told with the drift; None where nothing was weighed.
    """
    style, script = _source("report.css"), _source("report.js")
    shown = sorted(report.findings, key=lambda finding: (finding.is_accepted, sort_key(finding)))[:MOST_FINDINGS]
    open_ones = verdict.counting(shown)
    return _environment().get_template("report.html.j2").render(
        report=report,
        json_sha256=json_sha256,
        style=style,
        script=script,
        policy=_content_policy(style, script),
        severities=SEVERITIES,
        failures=verdict.failures(report),
        failed=groups(finding for finding in open_ones if finding.status == "fail"),
        waiting=missing(open_ones),
        accepted=groups(verdict.accepted(shown)),
        stands=len(verdict.accepted(report.findings)),
        notices=_notices(report),
        unknown=verdict.unknowns(report),
        shown=len(shown),
        omitted=len(report.findings) - len(shown),
        phases=readiness(report),
        families={rule.rule_id: rule.family for rule in report.rules},
        choices=_choices(report.rules, shown),
        unread=unread(report.coverage),
        **_compared(report),
        **_gated(report, gate),
    )  # fmt: skip


@functools.cache
def _environment() -> jinja2.Environment:
    """One gateway for all text: hidden characters are made visible by ``finalize``, then autoescape makes it inert."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__, _TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        accounts=verdict.accounts,
        since_line=compared.since_line,
        day=compared.day,
        headline=headline,
        gate_facts=facts,
        standing=standing,
        id=id,
        sentence=verdict.sentence,
        nothing_failed=verdict.nothing_failed,
        tree=evidence.tree,
        groups=groups,
        left=suppressed.left,
        link=link,
        anchor=_anchor,
        outcomes=FAILURES,
        sources=verdict.SOURCES,
    )
    environment.filters.update(moment=verdict.moment, counted=verdict.counted)
    return environment


def _compared(report: Report) -> dict[str, object]:
    """What the page tells of an earlier run; nothing where there is none."""
    found = compared.comparison_of(report)
    changes = [(each.word, finding) for each in compared.changed(report) for finding in each.findings]
    resolved = found.resolved if found else ()
    return {
        "comparison": found,
        "changes": changes[:MOST_GONE],
        "more_changes": len(changes) - MOST_GONE,
        "resolved": resolved[:MOST_GONE],
        "more_resolved": len(resolved) - MOST_GONE,
        "unseen": compared.unseen(found.not_looked_at)[:MOST_GONE] if found else (),
        "becoming": {id(finding): word for word, finding in changes},
    }


def _gated(report: Report, gate: Gate | None) -> dict[str, object]:
    """What the page tells of a gate; nothing where there is none."""
    found = (*widening(gate), *not_compared(gate)) if gate else ()
    weighed = Weighed(gate, report) if gate else None
    return {
        "gate": gate,
        "drift": [(each, weighed.why_not(each) if weighed else "") for each in found[:MOST_GONE]],
        "more_drift": len(found) - MOST_GONE,
    }


def _notices(report: Report) -> list[str]:
    at = report.run.expiries_at
    return suppressed.sentences(report.summary.suppression_notices, at) if at is not None else []


def _shown(value: object) -> object:
    """A value as it may be written; what the templates themselves produced is final already."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@functools.cache
def _source(name: str) -> str:
    return (resources.files(__package__) / _TEMPLATES / name).read_text(encoding="utf-8").strip()


def _content_policy(style: str, script: str) -> str:
    """A policy that allows the page's own style and script and nothing else: no network, no frames, no forms."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _anchor(fingerprint: str) -> str:
    """The id of a finding on the page; a report from elsewhere may hold any text as a fingerprint."""
    return "f-" + "".join(char for char in fingerprint if char.isascii() and char.isalnum())[:64]


def _choices(rules: Iterable[RuleResult], shown: Iterable[Finding]) -> dict[str, list[RuleResult]]:
    """The rules that have findings on the page, by family: what the filter offers."""
    present = {finding.rule_id for finding in shown}
    choices: dict[str, list[RuleResult]] = {}
    for rule in sorted(rules, key=lambda rule: (rule.family, rule.rule_id)):
        if rule.rule_id in present:
            choices.setdefault(rule.family, []).append(rule)
    return choices
