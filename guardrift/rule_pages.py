"""The documentation of rules as Markdown, made from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from rules.compliance import IN_SCOPE, SCOPE, ControlCoverage, coverage
from scanner.engine.rule import Rule


def index(rules: Iterable[Rule]) -> str:
    """A table of all rules, by family, with a link to the page of each."""
    ordered = sorted(rules, key=lambda rule: (rule.family, rule.id))
    about = "Generated from the rules; do not edit. The bad and good examples on their pages are their first tests."
    parts = ["# Rules", about]
    for family in dict.fromkeys(rule.family for rule in ordered):
        rows = [
            f"| [{rule.id}](rules/{rule.id}.md) | {rule.severity} | {rule.phase} | {rule.title} |"
            for rule in ordered
            if rule.family == family
        ]
        parts += [f"## {family}", "\n".join(("| Rule | Severity | Phase | Finds |", "|---|---|---|---|", *rows))]
    return "\n\n".join(parts) + "\n"


def page(rule: Rule) -> str:
    """One rule as Markdown."""
    text = rule.documentation
    parts = [
        f"# {rule.id}",
        f"{text.title}.",
        f"Severity {rule.severity}; phase {rule.phase}; family {rule.family}.",
        f"## Why\n\n{text.why}",
        f"## Fix\n\n{text.fix}",
        f"## What the fix may break\n\n{text.breaks}",
        *_parameters(rule),
        "## Reads\n\n" + ", ".join(f"`{api}`" for api in rule.apis),
        *_controls(rule),
        *(
            [("## References\n\n" + "\n".join(f"- <{address}>" for address in rule.references))]
            if rule.references
            else []
        ),
        *(f"## Bad\n\n```json\n{example}\n```" for example in text.bad),
        *(f"## Good\n\n```json\n{example}\n```" for example in text.good),
    ]
    return "\n\n".join(parts) + "\n"


def controls(rules: Iterable[Rule]) -> str:
    """The controls in scope of every framework whose controls are listed, with the rules that decide each."""
    every = list(rules)
    about = "Generated from the rules; do not edit. `guardrift rules list --framework cis` prints the same."
    parts = ["# Compliance", about]
    for framework, version in IN_SCOPE:
        rows = [_control_row(each) for each in coverage(framework, version, every).controls]
        head = ("| Control | Level | Asks | Decided by | Remark |", "|---|---|---|---|---|")
        parts += [f"## {framework} {version}", SCOPE[framework], "\n".join((*head, *rows))]
    return "\n\n".join(parts) + "\n"


def _control_row(each: ControlCoverage) -> str:
    links = ", ".join(f"[{rule_id}](rules/{rule_id}.md)" for rule_id in each.rules) or "not decidable"
    control = each.control
    return f"| {control.control} | {control.level} | {control.title} | {links} | {control.undecidable} |"


def _parameters(rule: Rule) -> list[str]:
    fields = msgspec.structs.fields(rule.parameters)
    if not fields:
        return []
    properties = msgspec.json.schema(rule.parameters)["$defs"][rule.parameters.__name__]["properties"]
    defaults = rule.parameters()
    rows = [
        f"| `{field.encode_name}` | `{msgspec.json.encode(getattr(defaults, field.name)).decode()}` "
        f"| {_allowed(properties[field.encode_name])} |"
        for field in fields
    ]
    explained = " ".join((rule.parameters.__doc__ or "").split())
    return ["## Parameters\n\n" + "\n".join((explained, "", "| Name | Default | Allowed |", "|---|---|---|", *rows))]


def _allowed(schema: Mapping[str, Any]) -> str:
    """What a parameter may be, in words, from its JSON Schema."""
    if schema.get("type") == "array":
        least = f"at least {schema['minItems']} of: " if schema.get("minItems") else "any number of: "
        return least + _allowed(schema["items"])
    if "enum" in schema:
        return ", ".join(f"`{name}`" for name in schema["enum"])
    if "pattern" in schema:
        return f"texts like `{schema['pattern']}`"
    if "minimum" in schema and "maximum" in schema:
        return f"{schema['minimum']:g} to {schema['maximum']:g}"
    kind = str(schema.get("type", "any"))
    return {"boolean": "`true` or `false`", "string": "texts"}.get(kind, kind)


def _controls(rule: Rule) -> list[str]:
    if not rule.controls:
        return []
    rows = [f"| {control.framework} | {control.version} | {control.control} |" for control in rule.controls]
    return ["## Compliance\n\n" + "\n".join(("| Framework | Version | Control |", "|---|---|---|", *rows))]
