"""guardrift contain: from a finding, a key, a role or a user to the plan that contains it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app
from guardrift.cli.rules_command import Form

app = command_app()


@app.command()
def contain(
    role: Annotated[str | None, typer.Option("--role", help="The name or ARN of a role.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="The name or ARN of a user.")] = None,
    access_key: Annotated[str | None, typer.Option("--access-key", help="The id of an access key.")] = None,
    session: Annotated[str | None, typer.Option("--session", help="The ARN of a session, or AROA...:NAME.")] = None,
    instance: Annotated[str | None, typer.Option("--instance", help="The id of an instance.")] = None,
    person: Annotated[
        str | None, typer.Option("--person", help="The id of a person in the identity store of Identity Center.")
    ] = None,
    finding: Annotated[
        Path | None,
        typer.Option(
            "--finding",
            help="A file: GuardDuty (event, get-findings), Security Hub (ASFF, OCSF) or Health; - is stdin.",
        ),
    ] = None,
    snapshot: o.SnapshotFile = None,
    cutoff: Annotated[
        str | None,
        typer.Option(
            "--cutoff",
            help="'now', or a time (2026-11-20T23:00:00Z) within the next hour. Default: the commands compute it.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write plan, documents and runbook below this folder.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="text (the runbook) or json (the plan).")] = Form.TEXT,
    protect: Annotated[
        list[str] | None,
        typer.Option("--protect", help="Never contain these: role/NAME, user/NAME, an ARN, with * and ?; repeat it."),
    ] = None,
    max_age: Annotated[
        int, typer.Option("--max-age", min=1, help="Hours that the facts of a snapshot may be old.")
    ] = 24,
    at: o.At = None,
    profile: o.Profile = None,
    region: o.Regions = None,
    role_arn: o.RoleArn = None,
    external_id: o.ExternalId = None,
    session_duration: o.SessionDuration = None,
    mfa_serial: o.MfaSerial = None,
    account: o.AccountId = None,
    max_rate: o.MaxRate = None,
    config: o.ConfigFile = None,
    no_config: o.NoConfig = False,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Plan how a suspected credential is contained; the plan is proven before it is shown, and nothing is changed.

    On AWS the GuardDuty findings that name the same key, session or instance are read, too.

    Exit code 0: every plan is proven. 1: a guard refused, or nothing contains it. 3: facts are missing.

    \b
    Examples:
      guardrift contain --role web-server --snapshot snapshot.json
      guardrift contain --finding finding.json -o case-17/
      guardrift contain --access-key AKIAIOSFODNN7EXAMPLE --format json
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from datetime import UTC, datetime, timedelta

    from guardrift.cli.containing import Contained, run_contain
    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging

    set_up_logging(verbose, quiet=quiet)
    named = {
        "role": role,
        "user": user,
        "access-key": access_key,
        "session": session,
        "instance": instance,
        "person": person,
    }
    source = Source(
        snapshot=snapshot,
        profile=profile,
        regions=tuple(region or ()),
        role_arn=role_arn,
        external_id=external_id,
        session_duration=session_duration,
        mfa_serial=mfa_serial,
        account_id=o.account_id(account),
        max_rate=max_rate,
        quiet=quiet,
    )
    wanted = Contained(
        named={by: text for by, text in named.items() if text is not None},
        finding=finding,
        source=source,
        cutoff=cutoff,
        folder=output,
        as_json=form is Form.JSON,
        protected=tuple(protect or ()),
        max_age=timedelta(hours=max_age),
        at=o.instant(at),
        config=config,
        no_config=no_config,
    )
    raise typer.Exit(run_contain(wanted, now=datetime.now(UTC)))
