"""The top of the command line; sub-commands are imported only when they are called, so that help is quick."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from guardrift.version import __version__

COMMANDS = {
    "demo": "The embedded demo account, end to end; needs no AWS.",
    "scan": "Collect an account (or read a snapshot), judge it, report.",
    "snapshot": "Collect only, and keep what was read.",
    "preflight": "What the credentials cannot read, and which rules will be unknown.",
    "readiness": "The scorecard: detect, contain, investigate, eradicate.",
    "baseline": "The reviewed state of an account and its accepted findings, committed as a folder.",
    "diff": "By what two states of an account differ, by meaning.",
    "gate": "For CI: findings and drift against the baseline, one verdict.",
    "report": "Render a JSON report in another format.",
    "can": "Whether a principal may do something, and what decides it.",
    "paths": "Who can become an administrator, and how; the blast radius of one principal.",
    "contain": "From a finding, a key, a role or a user to the plan that contains it.",
    "policies": "The policies that revoke roles and quarantine users.",
    "rules": "What is checked, and why; rules of your own.",
    "config": "Check and show the configuration.",
    "schema": "Print the JSON Schema of a document.",
}
"""The commands with their one line of help; each is the ``app`` of the module of its name."""


class _LazyGroup(TyperGroup):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"guardrift.cli.{cmd_name}_command")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 clean and complete, 1 findings, 2 usage, 3 incomplete, 4 fatal, 130 interrupted.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"guardrift {__version__}")
        raise typer.Exit


@app.callback()
def guardrift(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Policy-as-code guardrails, drift detection and containment plans for AWS, for the night when credentials leak."""


def command_app(help_text: str | None = None) -> typer.Typer:
    """The app of one command module."""
    return typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        help=help_text,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
