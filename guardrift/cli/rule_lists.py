"""Rules, and the controls of frameworks with their rules, as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from rules.compliance import MAPPED, SCOPE, Coverage
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


def controls_text(framework: str, version: str, covered: Coverage) -> str:
    """Each control with the rules that decide it, or why none does."""
    lines = [f"{framework} {version}: {_counted(covered)}", *_wrapped(_about(covered)), ""]
    width = max((len(each.control.control) for each in covered.controls), default=0)
    for each in covered.controls:
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


def _counted(covered: Coverage) -> str:
    number = len(covered.controls)
    if covered.narrowed_to is not None:
        does = "decided by" if covered.is_listed else "mapped by"
        rules = "the one chosen rule" if covered.narrowed_to == 1 else f"the {covered.narrowed_to} chosen rules"
        return f"{number} {'control' if number == 1 else 'controls'} {does} {rules}; the others are left out"
    if not covered.is_listed:
        return f"{number} controls mapped"
    return f"{number} controls in scope, {sum(bool(each.rules) for each in covered.controls)} decided by rules"


def _about(covered: Coverage) -> str:
    return SCOPE.get(covered.framework, "") if covered.is_listed else MAPPED


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100, break_on_hyphens=False)


def controls_json(framework: str, version: str, covered: Coverage) -> str:
    """The same for programs."""
    decided = "covered" if covered.is_listed else "mapped"
    return json.dumps(
        {
            "framework": framework,
            "version": version,
            "about": _about(covered),
            "narrowed": covered.narrowed_to is not None,
            "controls": [
                {
                    "control": each.control.control,
                    "title": each.control.title,
                    "level": each.control.level,
                    "status": decided if each.rules else "not_decidable",
                    "rules": each.rules,
                    "note": each.control.undecidable,
                }
                for each in covered.controls
            ],
        },
        indent=2,
    )
