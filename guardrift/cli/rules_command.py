"""guardrift rules: what is checked, and why; rules of one's own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app

if TYPE_CHECKING:
    from scanner.engine.rule import Rule

app = command_app("What is checked, and why; rules of your own.")


class Form(StrEnum):
    """How a listing is printed."""

    TEXT = "text"
    JSON = "json"


RuleId = Annotated[str, typer.Argument(metavar="RULE", help="The id of a rule.")]
Forms = Annotated[Form, typer.Option("--format", help="text or json.")]


@app.command("list")
def list_rules(
    family: Annotated[list[str] | None, typer.Option("--family", help="Only this family; repeat it.")] = None,
    phase: o.Phases = None,
    severity: o.Severities = None,
    framework: Annotated[
        str | None,
        typer.Option("--framework", help="The controls of cis, nist-csf, well-architected or attack, and their rules."),
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", help="With --framework: its version. Default: the newest.")
    ] = None,
    rules: o.RuleFolders = None,
    form: Forms = Form.TEXT,
) -> None:
    """List the rules, one line each; with --framework its controls, each with the rules that decide it."""
    from guardrift.cli.output import colour, data
    from guardrift.cli.rule_lists import controls_json, controls_text, rules_json, rules_text
    from guardrift.configuration import Configuration
    from guardrift.custom_rules import rule_set
    from guardrift.selection import Selection, chosen_rules, framework_of
    from rules.compliance import coverage, versions
    from scanner.errors import UsageError

    selection = Selection(
        families=tuple(family or ()), phases=tuple(phase or ()), severity=severity.severity if severity else None
    )
    found = chosen_rules(rule_set(rules or ()), selection, Configuration(), "")
    if framework is None:
        if version is not None:
            raise UsageError("--version goes with --framework", "Name the framework.")
        if form is Form.JSON:
            data(rules_json(found))
        else:
            colour(_shown(rules_text(found)))
        return
    named, _ = framework_of(f"{framework}@{version}" if version else framework, found)
    chosen = version or versions(named, found)[0]
    covered = coverage(named, chosen, found)
    if form is Form.JSON:
        data(controls_json(named, chosen, covered))
    else:
        colour(_shown(controls_text(named, chosen, covered)))


@app.command("show")
def show_rule(rule_id: RuleId, rules: o.RuleFolders = None, form: Forms = Form.TEXT) -> None:
    """Show one rule: why, how to mend it, what that breaks, its parameters and examples."""
    from guardrift.cli.output import data
    from guardrift.configuration import unknown_rule
    from guardrift.custom_rules import rule_set
    from guardrift.rule_pages import page

    every = rule_set(rules or ())
    if rule_id not in every:
        raise unknown_rule(rule_id, every, "rules show")
    found = every[rule_id]
    data(_as_json(found) if form is Form.JSON else _shown(page(found)))


@app.command("new")
def new_rule(
    rule_id: Annotated[str, typer.Argument(metavar="RULE", help="The id of the new rule, such as acme-role-owner.")],
    rules: Annotated[
        Path, typer.Option("--rules", help="The folder of your rules; it is made if it does not exist.")
    ] = Path("guardrift-rules"),
    toml: Annotated[bool, typer.Option("--toml", help="A declarative rule in place of a Python module.")] = False,
) -> None:
    """Write a first rule of your own, which works, and is there to be changed."""
    from guardrift.cli.output import check_writable, note, write_file
    from guardrift.custom_rule_checks import check_id, id_taken
    from guardrift.custom_rules import written_ids
    from guardrift.rule_templates import template
    from rules import RULES
    from scanner.errors import UsageError
    from scanner.shell import command

    check_id(rule_id)
    path = rules / f"{rule_id.replace('-', '_')}{'.toml' if toml else '.py'}"
    if path.exists():
        raise UsageError(f"{path} exists", "Choose another id, or edit the file.")
    written = written_ids(rules)
    if rule_id in RULES or rule_id in written:
        raise id_taken(rule_id, written.get(rule_id))
    rules.mkdir(parents=True, exist_ok=True)
    check_writable(path)
    write_file(path, template(rule_id, is_toml=toml).encode())
    note(f"Written: {path}")
    test, scan = (command("guardrift", *words, "--rules", str(rules)) for words in (("rules", "test"), ("scan",)))
    note(f"Try it: {test}; then {scan}")


@app.command("test")
def run_examples(
    rule_id: Annotated[
        list[str] | None, typer.Argument(metavar="[RULE]...", help="Only these rules. Default: all of the folders.")
    ] = None,
    rules: o.RuleFolders = None,
    verbose: o.Verbose = 0,
) -> None:
    """Run the examples of rules: bad ones must fail, good ones stay silent. Exits with 1 where one does not hold."""
    from guardrift.cli.output import colour, set_up_logging
    from guardrift.cli.run import FINDINGS
    from guardrift.configuration import unknown_rule
    from guardrift.custom_rules import rule_set
    from guardrift.rule_examples import example_faults
    from reports.verdict import counted
    from rules import RULES

    set_up_logging(verbose, quiet=False)
    every = rule_set(rules or ())
    for named in rule_id or ():
        if named not in every:
            raise unknown_rule(named, every, "rules test")
    chosen = rule_id or [found for found in every if not rules or found not in RULES]
    faulty = 0
    for found in chosen:
        faults = list(example_faults(every[found]))
        faulty += bool(faults)
        lines = (f"{'failed' if faults else 'ok':<7} {found}", *(f"        {fault}" for fault in faults))
        colour(_shown("".join(f"{line}\n" for line in lines)))
    colour(f"{counted(len(chosen), 'rule')}, {faulty} with examples that do not hold\n")
    if faulty:
        raise typer.Exit(FINDINGS)


def _as_json(rule: Rule) -> str:
    """What a listing says of a rule, and its text, parameters with their defaults, references and examples."""
    import json

    import msgspec

    from guardrift.cli.rule_lists import rules_json

    (listed,) = json.loads(rules_json([rule]))
    text = msgspec.to_builtins(rule.documentation)
    own = {"parameters": msgspec.to_builtins(rule.parameters()), "references": rule.references}
    return json.dumps({**listed, **text, **own}, indent=2)


def _shown(text: str) -> str:
    """The text of rules, which may be anybody's, without what a terminal or a CI runner would obey; tabs stay."""
    from reports.visible import inert, visible

    return "\n".join(inert("\t".join(map(visible, line.split("\t")))) for line in text.split("\n"))
