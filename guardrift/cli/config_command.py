"""guardrift config: check and show the configuration."""

from __future__ import annotations

from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app

app = command_app("Check and show the configuration.")


@app.command()
def check(
    config: o.ConfigFile = None,
    rules: o.RuleFolders = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 2 on a warning, too.")] = False,
    at: o.At = None,
) -> None:
    """Check the configuration file; needs no AWS.

    It warns of suppressions that have expired, will within two weeks, or name no resource. Name the folders of rules
    of your own, too, if it sets any of them.
    """
    from datetime import UTC, datetime

    from guardrift.cli.asking import rules_to_ask
    from guardrift.cli.config_file import load
    from guardrift.cli.output import note
    from guardrift.cli.run import USAGE
    from guardrift.cli.suppression_notes import note_suppressions
    from guardrift.custom_rules import rule_set
    from guardrift.selection import Selection
    from guardrift.suppressions import check_lengths
    from scanner.suppression import notices_of_file

    now = datetime.now(UTC)
    when = o.instant(at) or now
    found, place = load(config)
    rules_to_ask(rule_set(tuple(rules or ())), Selection(), found, place)
    check_lengths(found.suppress, found.acceptance.max_days, place, now)
    warnings = notices_of_file(found.suppress, when)
    note_suppressions(warnings, place, when)
    if warnings and strict:
        raise typer.Exit(USAGE)
    note(f"{place}: in order" + (", but for what is said above" if warnings else ""))


@app.command()
def show(config: o.ConfigFile = None) -> None:
    """Show the configuration in force, as JSON, with the file it came from."""
    import json

    import msgspec

    from guardrift.cli.config_file import load
    from guardrift.cli.output import data

    found, place = load(config)
    data(json.dumps({"source": place, "configuration": msgspec.to_builtins(found)}, indent=2))
