"""guardrift readiness: the scorecard."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app

app = command_app()


class Form(StrEnum):
    """How the scorecard is printed."""

    TEXT = "text"
    JSON = "json"


@app.command()
def readiness(
    snapshot: o.SnapshotFile = None,
    form: Annotated[Form, typer.Option("--format", help="text or json.")] = Form.TEXT,
    save_snapshot: Annotated[
        Path | None, typer.Option("--save-snapshot", help="Keep what was read in this file (mode 0600).")
    ] = None,
    fail_on: Annotated[
        o.Threshold | None,
        typer.Option("--fail-on", help="The severity from which on findings exit with 1. Default: high."),
    ] = None,
    rules: o.RuleFolders = None,
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
    """Say how ready the account is to detect, contain, investigate and eradicate a leaked credential.

    It prints a score for each phase, what the configuration leaves out of it, the three things that would help most,
    and what is unknown. What could not be read counts as not passed, so that it never raises a score.

    \b
    Examples:
      guardrift readiness --profile audit
      guardrift readiness --snapshot snapshot.json --format json
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from datetime import UTC, datetime

    from guardrift.cli.live import Source
    from guardrift.cli.output import check_writable, colour, data, set_up_logging, write_file
    from guardrift.cli.partial import Partial
    from guardrift.cli.scanning import Request, exit_code, scanned
    from reports import readiness_text
    from reports.json_text import indented
    from scanner.readiness import scorecard
    from scanner.snapshot import encode

    set_up_logging(verbose, quiet=quiet)
    source = Source(
        snapshot=snapshot, profile=profile, regions=tuple(region or ()), role_arn=role_arn, external_id=external_id,
        session_duration=session_duration, mfa_serial=mfa_serial, account_id=o.account_id(account), max_rate=max_rate,
        partial=None if snapshot else Partial(save_snapshot, None, quiet=quiet), quiet=quiet,
    )  # fmt: skip
    request = Request(
        source=source, save_snapshot=save_snapshot, fail_on=fail_on, at=o.instant(at), config=config,
        no_config=no_config, rule_folders=tuple(rules or ()),
    )  # fmt: skip
    if save_snapshot is not None:
        check_writable(save_snapshot)
    found = scanned(request, datetime.now(UTC))
    if save_snapshot is not None:
        write_file(save_snapshot, encode(found.account))
    if source.partial is not None:
        source.partial.finished(found.account)
    card = scorecard(found.report, found.narrowed)
    if form is Form.JSON:
        data(indented(card))
    else:
        colour(readiness_text.render(card))
    raise typer.Exit(exit_code(found.report, found.threshold))
