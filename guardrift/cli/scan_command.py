"""guardrift scan: collect or read an account, judge it, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app

app = command_app()


@app.command()
def scan(
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output", "-o", help="Write a report; the suffix (.json, .html) says which. Repeat it; - is stdout, JSON."
        ),
    ] = None,
    snapshot: o.SnapshotFile = None,
    save_snapshot: Annotated[
        Path | None, typer.Option("--save-snapshot", help="Keep what was read in this file (mode 0600).")
    ] = None,
    plans: Annotated[
        Path | None, typer.Option("--plans", help="Write the revocation of every role and user below this folder.")
    ] = None,
    fail_on: Annotated[
        o.Threshold | None,
        typer.Option("--fail-on", help="The severity from which on findings exit with 1. Default: high."),
    ] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Ask only this rule; repeat it.")] = None,
    family: Annotated[
        list[str] | None, typer.Option("--family", help="Ask only the rules of this family; repeat it.")
    ] = None,
    severity: Annotated[
        o.Threshold | None, typer.Option("--severity", help="Ask only the rules of this severity and above.")
    ] = None,
    at: o.At = None,
    profile: o.Profile = None,
    region: o.Regions = None,
    role_arn: o.RoleArn = None,
    external_id: o.ExternalId = None,
    session_duration: o.SessionDuration = None,
    mfa_serial: o.MfaSerial = None,
    account: o.AccountId = None,
    last_accessed: o.LastAccessed = False,
    max_rate: o.MaxRate = None,
    resume: o.Resume = False,
    resume_max_age: o.ResumeMaxAge = 6,
    stats: o.Stats = False,
    config: o.ConfigFile = None,
    no_config: o.NoConfig = False,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Collect an account (or read a snapshot), judge it, report.

    Nothing is changed in AWS. The credential report is made anew if AWS has none of the last four hours.

    \b
    Examples:
      guardrift scan -o report.json -o report.html
      guardrift scan --profile audit --account 111122223333 --plans containment/
      guardrift scan --snapshot snapshot.json --fail-on critical
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from datetime import UTC, datetime, timedelta

    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging
    from guardrift.cli.partial import Partial
    from guardrift.cli.scanning import Request, Selection, run_scan

    set_up_logging(verbose, quiet=quiet)
    request = Request(
        source=Source(
            snapshot=snapshot,
            profile=profile,
            regions=tuple(region or ()),
            role_arn=role_arn,
            external_id=external_id,
            session_duration=session_duration,
            mfa_serial=mfa_serial,
            account_id=o.account_id(account),
            max_rate=max_rate,
            partial=None if snapshot else Partial(save_snapshot, timedelta(hours=resume_max_age) if resume else None),
            stats=stats,
            quiet=quiet,
        ),
        last_accessed=last_accessed,
        selection=Selection(tuple(rule or ()), tuple(family or ()), severity),
        outputs=tuple(output or ()),
        save_snapshot=save_snapshot,
        plans=plans,
        fail_on=fail_on,
        at=o.instant(at),
        config=config,
        no_config=no_config,
    )
    raise typer.Exit(run_scan(request, now=datetime.now(UTC)))
