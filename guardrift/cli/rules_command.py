"""guardrift rules: what is checked, and why."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from guardrift.cli.app import command_app

app = command_app("What is checked, and why.")


class Form(StrEnum):
    """How a listing is printed."""

    TEXT = "text"
    JSON = "json"


@app.command("list")
def list_rules(
    family: Annotated[str | None, typer.Option("--family", help="Only this family.")] = None,
    form: Annotated[Form, typer.Option("--format", help="text or json.")] = Form.TEXT,
) -> None:
    """List the rules, one line each."""
    import json

    from guardrift.cli.output import colour, data
    from rules import RULES
    from scanner.errors import UsageError

    found = [rule for rule in RULES.values() if family in {None, rule.family}]
    if not found:
        families = sorted({rule.family for rule in RULES.values()})
        raise UsageError(f"there is no family {family!r}", f"There are: {', '.join(families)}.")
    if form is Form.JSON:
        facts = [
            {
                "rule_id": r.id,
                "title": r.title,
                "severity": r.severity,
                "family": r.family,
                "phase": r.phase,
                "apis": r.apis,
            }
            for r in found
        ]
        data(json.dumps(facts, indent=2))
        return
    width = max(len(rule.id) for rule in found)
    colour("".join(f"{rule.id:<{width}}  {rule.severity:<8}  {rule.title}\n" for rule in found))


@app.command("show")
def show_rule(rule_id: Annotated[str, typer.Argument(metavar="RULE", help="The id of a rule.")]) -> None:
    """Show one rule: why, how to mend it, what that breaks, its parameters and examples."""
    from guardrift.cli.output import data
    from guardrift.configuration import unknown_rule
    from guardrift.rule_pages import page
    from rules import RULES

    if rule_id not in RULES:
        raise unknown_rule(rule_id, RULES, "rules show")
    data(page(RULES[rule_id]))
