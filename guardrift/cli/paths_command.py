"""guardrift paths: who can become an administrator, and how; whom one principal can become, and what it has then."""

from __future__ import annotations

from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app
from guardrift.cli.path_forms import Form

app = command_app()


@app.command()
def paths(
    principal: Annotated[
        str | None,
        typer.Argument(
            help="Whose paths: an ARN, user/NAME, role/NAME, or a name that only one principal has. "
            "Default: those of everyone."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="PRINCIPAL", help="Paths to this user or role. Default: to administrator rights."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="text, tree, dot, mermaid or json.")] = Form.TEXT,
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            "-o",
            help="Write a file; the suffix (.txt, .dot, .mmd, .json) says how. Repeat it; - is stdout, by --format.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Groups of principals to show at most. Default: 50; JSON holds all."),
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="Each principal alone with all its paths, whole lists, and no limit but --limit."),
    ] = False,
    snapshot: o.SnapshotFile = None,
    profile: o.Profile = None,
    region: Annotated[
        str | None,
        typer.Option("--region", "-r", help="The region of the session; it says which partition is meant."),
    ] = None,
    role_arn: o.RoleArn = None,
    external_id: o.ExternalId = None,
    session_duration: o.SessionDuration = None,
    mfa_serial: o.MfaSerial = None,
    account: o.AccountId = None,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Who can become an administrator and how, or the paths and the blast radius of one principal.

    Principals that can take the same steps are told as one. What holds a principal back during an incident is named,
    and left out of the judgement. Nothing is changed in AWS.
    Exit code 3 means that policies or principals were not read, so that a path may be missing.

    \b
    Examples:
      guardrift paths --snapshot snapshot.json
      guardrift paths user/ann --snapshot snapshot.json
      guardrift paths role/deploy --to role/admin --format tree
      guardrift paths -o paths.json -o paths.dot -o paths.mmd
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging
    from guardrift.cli.tracing import Asked, run_paths

    set_up_logging(verbose, quiet=quiet)
    asked = Asked(principal=principal, to=to, form=form, outputs=tuple(output or ()), limit=limit, every=every)
    source = Source(
        snapshot=snapshot, profile=profile, regions=(region,) if region else (), role_arn=role_arn,
        external_id=external_id, session_duration=session_duration, mfa_serial=mfa_serial,
        account_id=o.account_id(account), quiet=quiet,
    )  # fmt: skip
    raise typer.Exit(run_paths(asked, source))
