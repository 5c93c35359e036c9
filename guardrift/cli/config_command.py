"""guardrift config: check and show the configuration."""

from __future__ import annotations

from guardrift.cli import options as o
from guardrift.cli.app import command_app

app = command_app("Check and show the configuration.")


@app.command()
def check(config: o.ConfigFile = None) -> None:
    """Check the configuration file; needs no AWS."""
    from guardrift.cli.config_file import load
    from guardrift.cli.output import note
    from guardrift.configuration import settings
    from rules import RULES

    found, place = load(config)
    settings(found, RULES, place)
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
