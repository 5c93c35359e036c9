"""guardrift policies: the policies that revoke roles and quarantine users."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app
from guardrift.cli.rules_command import Form
from guardrift.cli.scanner_role import scanner_role

app = command_app("The policies that revoke roles and quarantine users, rendered before they are needed.")

Role = Annotated[str | None, typer.Option("--role", help="The name or ARN of a role.")]
User = Annotated[str | None, typer.Option("--user", help="The name or ARN of a user.")]
Cutoff = Annotated[
    str | None,
    typer.Option("--cutoff", help="A time (2026-11-20T23:00:00Z) or 'now'. Default: computed when the command is run."),
]
Folder = Annotated[Path | None, typer.Option("--output", "-o", help="Write document and scripts below this folder.")]
SessionRegion = Annotated[
    str | None, typer.Option("--region", "-r", help="The region of the session; it says which partition is meant.")
]
FormOption = Annotated[Form, typer.Option("--format", help="text or json.")]


@app.command("list")
def list_templates() -> None:
    """List the templates, one line each."""
    from guardrift.cli.output import data
    from policies import TEMPLATES

    width = max(len(template.name) for template in TEMPLATES)
    data("\n".join(f"{template.name:<{width}}  {template.applies_to:<4}  {template.title}" for template in TEMPLATES))


@app.command("show")
def show_template(name: Annotated[str, typer.Argument(help="The name of a template.")]) -> None:
    """Show one template: what it is for, its document, how long to keep it."""
    from guardrift.cli.output import data
    from guardrift.cli.policy_rendering import describe_template

    data(describe_template(name))


@app.command("render")
def render(
    name: Annotated[str, typer.Argument(help="The name of a template.")],
    role: Role = None,
    user: User = None,
    snapshot: o.SnapshotFile = None,
    cutoff: Cutoff = None,
    output: Folder = None,
    form: FormOption = Form.TEXT,
    profile: o.Profile = None,
    region: SessionRegion = None,
    role_arn: o.RoleArn = None,
    external_id: o.ExternalId = None,
    session_duration: o.SessionDuration = None,
    mfa_serial: o.MfaSerial = None,
    account: o.AccountId = None,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Render a template for one role or user, of a snapshot or live; nothing is changed in AWS."""
    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging
    from guardrift.cli.policy_rendering import Wanted, run_render

    set_up_logging(verbose, quiet=quiet)
    source = Source(
        snapshot=snapshot, profile=profile, regions=(region,) if region else (), role_arn=role_arn,
        external_id=external_id, session_duration=session_duration, mfa_serial=mfa_serial,
        account_id=o.account_id(account), quiet=quiet,
    )  # fmt: skip
    raise typer.Exit(run_render(Wanted(name, role, user, cutoff, output, form), source))


@app.command("revoke")
def revoke(
    role: Role = None,
    user: User = None,
    snapshot: o.SnapshotFile = None,
    cutoff: Cutoff = None,
    output: Folder = None,
    form: FormOption = Form.TEXT,
    profile: o.Profile = None,
    region: SessionRegion = None,
    role_arn: o.RoleArn = None,
    external_id: o.ExternalId = None,
    session_duration: o.SessionDuration = None,
    mfa_serial: o.MfaSerial = None,
    account: o.AccountId = None,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Render what revokes a role's sessions, or quarantines a user, with the commands to apply and undo it.

    \b
    Examples:
      guardrift policies revoke --role web-server --snapshot snapshot.json
      guardrift policies revoke --user deploy --format json
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging
    from guardrift.cli.policy_rendering import Wanted, run_render

    set_up_logging(verbose, quiet=quiet)
    source = Source(
        snapshot=snapshot, profile=profile, regions=(region,) if region else (), role_arn=role_arn,
        external_id=external_id, session_duration=session_duration, mfa_serial=mfa_serial,
        account_id=o.account_id(account), quiet=quiet,
    )  # fmt: skip
    raise typer.Exit(run_render(Wanted(None, role, user, cutoff, output, form), source))


app.command("scanner-role")(scanner_role)
