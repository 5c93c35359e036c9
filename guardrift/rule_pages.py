"""The documentation of rules as Markdown, made from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from scanner.engine.rule import Rule


def index(rules: Iterable[Rule]) -> str:
    """All rules on one page: a table, then each in full."""
    ordered = sorted(rules, key=lambda rule: (rule.family, rule.id))
    rows = [f"| [{r.id}](#{r.id}) | {r.severity} | {r.phase} | {r.family} | {r.title} |" for r in ordered]
    head = [
        "# Rules",
        "",
        "Generated from the rules; do not edit. The bad and good examples of each are its first tests.",
        "",
        "| Rule | Severity | Phase | Family | Finds |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(page(rule) for rule in ordered)


def page(rule: Rule) -> str:
    """One rule as Markdown."""
    text = rule.documentation
    parts = [
        f"## {rule.id}",
        f"{text.title}.",
        f"Severity {rule.severity}; phase {rule.phase}; family {rule.family}.",
        f"### Why\n\n{text.why}",
        f"### Fix\n\n{text.fix}",
        f"### What the fix may break\n\n{text.breaks}",
        *_parameters(rule),
        "### Reads\n\n" + ", ".join(f"`{api}`" for api in rule.apis),
        *_controls(rule),
        *(
            [("### References\n\n" + "\n".join(f"- <{address}>" for address in rule.references))]
            if rule.references
            else []
        ),
        *(f"### Bad\n\n```json\n{example}\n```" for example in text.bad),
        *(f"### Good\n\n```json\n{example}\n```" for example in text.good),
    ]
    return "\n\n".join(parts) + "\n"


def _parameters(rule: Rule) -> list[str]:
    fields = msgspec.structs.fields(rule.parameters)
    if not fields:
        return []
    rows = [f"| `{field.encode_name}` | `{msgspec.json.encode(field.default).decode()}` |" for field in fields]
    explained = " ".join((rule.parameters.__doc__ or "").split())
    return ["### Parameters\n\n" + "\n".join((explained, "", "| Name | Default |", "|---|---|", *rows))]


def _controls(rule: Rule) -> list[str]:
    if not rule.controls:
        return []
    rows = [f"| {control.framework} | {control.version} | {control.control} |" for control in rule.controls]
    return ["### Compliance\n\n" + "\n".join(("| Framework | Version | Control |", "|---|---|---|", *rows))]
