"""guardrift policies: the policies that revoke roles and quarantine users."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app
from guardrift.cli.bundling import lambda_bundle
from guardrift.cli.responder_judging import judge
from guardrift.cli.rules_command import Form
from guardrift.cli.scanner_role import scanner_role

_FILLED_IN = "What the template is filled in with"

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
def list_templates(form: FormOption = Form.TEXT) -> None:
    """List the templates, one line each: those that contain now, and what to have before."""
    from guardrift.cli.output import data
    from guardrift.cli.template_lists import listing

    data(listing(form))


@app.command("show")
def show_template(
    name: Annotated[str, typer.Argument(help="The name of a template.")], form: FormOption = Form.TEXT
) -> None:
    """Show one template: what it does and breaks, its document, how long to keep it."""
    from guardrift.cli.output import data
    from guardrift.cli.template_lists import description

    data(description(name, form))


@app.command("render")
def render(
    name: Annotated[str, typer.Argument(help="The name of a template.")],
    role: Role = None,
    user: User = None,
    session: Annotated[
        str | None, typer.Option("--session", help="The name of a session.", rich_help_panel=_FILLED_IN)
    ] = None,
    instance: Annotated[
        str | None, typer.Option("--instance", help="The ARN of an instance.", rich_help_panel=_FILLED_IN)
    ] = None,
    principal: Annotated[
        list[str] | None,
        typer.Option(
            "--principal",
            help="The ARN of a role or user to contain; repeat it. For response-role, who may assume it.",
            rich_help_panel=_FILLED_IN,
        ),
    ] = None,
    foreign: Annotated[
        str | None, typer.Option("--account-id", help="The id of a foreign account.", rich_help_panel=_FILLED_IN)
    ] = None,
    source_identity: Annotated[
        str | None, typer.Option("--source-identity", help="A source identity.", rich_help_panel=_FILLED_IN)
    ] = None,
    user_id: Annotated[
        str | None,
        typer.Option("--user-id", help="The id of a person in IAM Identity Center.", rich_help_panel=_FILLED_IN),
    ] = None,
    existing: Annotated[
        str | None,
        typer.Option(
            "--existing",
            help="A file with the present inline policy of the permission set; an empty one if there is none.",
            rich_help_panel=_FILLED_IN,
        ),
    ] = None,
    cidr: Annotated[
        list[str] | None,
        typer.Option("--cidr", help="Public addresses of your own; repeat it.", rich_help_panel=_FILLED_IN),
    ] = None,
    response_role: Annotated[
        str | None,
        typer.Option("--response-role", help="The name of the response role.", rich_help_panel=_FILLED_IN),
    ] = None,
    deployer: Annotated[
        str | None,
        typer.Option(
            "--deployer", help="The ARN of the role that makes the response role.", rich_help_panel=_FILLED_IN
        ),
    ] = None,
    partition: Annotated[
        str | None,
        typer.Option("--partition", help="aws, aws-cn or aws-us-gov. Default: aws.", rich_help_panel=_FILLED_IN),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode",
            help="What follows an alert: notify (the default), approve or auto.",
            rich_help_panel=_FILLED_IN,
        ),
    ] = None,
    runtime: Annotated[
        str | None,
        typer.Option("--runtime", help="Of the function. Default: python3.13.", rich_help_panel=_FILLED_IN),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            "--architecture", help="Of the function: x86_64 (the default) or arm64.", rich_help_panel=_FILLED_IN
        ),
    ] = None,
    cloudformation: Annotated[
        bool, typer.Option("--cloudformation", help="A stack as CloudFormation.", rich_help_panel=_FILLED_IN)
    ] = False,
    terraform: Annotated[
        bool, typer.Option("--terraform", help="A stack as Terraform (.tf.json).", rich_help_panel=_FILLED_IN)
    ] = False,
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
    """Render a template; nothing is changed in AWS. 'policies show NAME' says what it is filled in with.

    \b
    Examples:
      guardrift policies render freeze-trust --role web-server --snapshot snapshot.json
      guardrift policies render scp-contain-principals --principal arn:aws:iam::111122223333:role/web-server
      guardrift policies render response-role --principal 444455556666 --cloudformation
      guardrift policies render alerting --mode approve --cloudformation -o deploy
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from guardrift.cli.document_rendering import check_options, filled_in, run_document
    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging
    from guardrift.cli.policy_rendering import Wanted, run_render
    from guardrift.cli.template_lists import find
    from policies import TEMPLATES

    set_up_logging(verbose, quiet=quiet)
    source = Source(
        snapshot=snapshot, profile=profile, regions=(region,) if region else (), role_arn=role_arn,
        external_id=external_id, session_duration=session_duration, mfa_serial=mfa_serial,
        account_id=o.account_id(account), quiet=quiet,
    )  # fmt: skip
    template = find(name)
    filled = filled_in(
        {
            "role": role, "user": user, "session": session, "instance": instance, "account-id": foreign,
            "source-identity": source_identity, "user-id": user_id, "existing": existing,
            "response-role": response_role, "deployer": deployer, "partition": partition,
            "mode": mode, "runtime": runtime, "architecture": architecture,
        },
        principals=tuple(principal or ()), networks=tuple(cidr or ()), cutoff=cutoff, folder=output, form=form,
        cloudformation=cloudformation, terraform=terraform,
    )  # fmt: skip
    if template in TEMPLATES:
        check_options(template, filled)
        raise typer.Exit(run_render(Wanted(name, role, user, cutoff, output, form), source))
    raise typer.Exit(run_document(template, filled, source))


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
app.command("judge")(judge)
app.command("lambda-bundle")(lambda_bundle)
