"""guardrift config: check and show the configuration."""

from __future__ import annotations

from guardrift.cli import options as o
from guardrift.cli.app import command_app

app = command_app("Check and show the configuration.")


@app.command()
def check(config: o.ConfigFile = None, rules: o.RuleFolders = None) -> None:
    """Check the configuration file; needs no AWS.

    Name the folders of rules of your own, too, if it sets any of them.
    """
    from guardrift.cli.asking import rules_to_ask
    from guardrift.cli.config_file import load
    from guardrift.cli.output import note
    from guardrift.custom_rules import rule_set
    from guardrift.selection import Selection

    found, place = load(config)
    rules_to_ask(rule_set(tuple(rules or ())), Selection(), found, place)
    note(f"{place}: in order")


@app.command()
def show(config: o.ConfigFile = None) -> None:
    """Show the configuration in force, as JSON, with the file it came from."""
    import json

    import msgspec

    from guardrift.cli.config_file import load
    from guardrift.cli.output import data

    found, place = load(config)
    data(json.dumps({"source": place, "configuration": msgspec.to_builtins(found)}, indent=2))
