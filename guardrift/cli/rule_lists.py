"""Rules, and the controls of frameworks with their rules, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rules.compliance import ControlCoverage
from scanner.engine.rule import Rule


def rules_text(rules: Sequence[Rule]) -> str:
    """One line for each rule."""
    width = max(len(rule.id) for rule in rules)
    return "".join(f"{rule.id:<{width}}  {rule.severity:<8}  {rule.title}\n" for rule in rules)


def rules_json(rules: Sequence[Rule]) -> str:
    """What is said of each rule without its text."""
    return json.dumps(
        [
            {
                "rule_id": rule.id,
                "title": rule.title,
                "severity": rule.severity,
                "family": rule.family,
                "phase": rule.phase,
                "apis": rule.apis,
                "controls": [
                    {"framework": each.framework, "version": each.version, "control": each.control}
                    for each in rule.controls
                ],
            }
            for rule in rules
        ],
        indent=2,
    )


def controls_text(framework: str, version: str, covered: Sequence[ControlCoverage]) -> str:
    """Each control with the rules that decide it, or why none does."""
    decided = sum(bool(each.rules) for each in covered)
    lines = [f"{framework} {version}: {len(covered)} controls in scope, {decided} decided by rules", ""]
    width = max((len(each.control.control) for each in covered), default=0)
    for each in covered:
        control = each.control
        level = f"  {control.level}" if control.level else ""
        lines.append(f"{control.control:<{width}}{level}  {control.title}".rstrip())
        if each.rules:
            lines.append(f"{'':<{width}}      rules: {', '.join(each.rules)}")
        else:
            lines.append(f"{'':<{width}}      not decidable: {control.undecidable or 'no rule asks it'}")
        if each.rules and control.undecidable:
            lines.append(f"{'':<{width}}      note: {control.undecidable}")
    return "\n".join(lines) + "\n"


def controls_json(framework: str, version: str, covered: Sequence[ControlCoverage]) -> str:
    """The same for programs."""
    return json.dumps(
        {
            "framework": framework,
            "version": version,
            "controls": [
                {
                    "control": each.control.control,
                    "title": each.control.title,
                    "level": each.control.level,
                    "status": "covered" if each.rules else "not_decidable",
                    "rules": each.rules,
                    "note": each.control.undecidable,
                }
                for each in covered
            ],
        },
        indent=2,
    )
