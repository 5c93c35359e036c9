"""guardrift gate: for CI, findings and drift against the committed baseline, one verdict."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app

app = command_app()


class Form(StrEnum):
    """How the verdict is printed."""

    TEXT = "text"
    JSON = "json"


@app.command()
def gate(
    baseline: Annotated[
        Path, typer.Option("--baseline", help="The folder of the baselines, with one below it for each account.")
    ] = Path("guardrift-baseline"),
    snapshot: o.SnapshotFile = None,
    trusted_ref: Annotated[
        str | None,
        typer.Option(
            "--trusted-ref",
            metavar="REF",
            help="Read baseline, configuration and folders of rules from this commit, and list what the change brings.",
        ),
    ] = None,
    fail_on: Annotated[
        o.Threshold | None,
        typer.Option("--fail-on", help="The severity from which on findings and drift exit with 1. Default: high."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail for findings of rules, too, that the baseline does not know.")
    ] = False,
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            "-o",
            help="Write a report; the suffix (.json, .html, .sarif, .xml, .csv, .md) says which. Repeat it.",
        ),
    ] = None,
    summary_file: Annotated[
        Path | None,
        typer.Option("--summary-file", help="Write the verdict as Markdown for a pull request."),
    ] = None,
    drift_file: Annotated[
        Path | None, typer.Option("--drift-file", help="Write the drift since the baseline as JSON.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="text or json.")] = Form.TEXT,
    every: Annotated[bool, typer.Option("--all", help="Leave nothing out of the text.")] = False,
    consequences: Annotated[
        bool, typer.Option("--consequences/--no-consequences", help="Ask what follows from changed permissions.")
    ] = True,
    max_age: Annotated[
        int | None,
        typer.Option("--max-age", min=1, help="Hours that the facts may be old; older ones are incomplete."),
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
    """For CI: findings and drift since the committed baseline, one verdict and one exit code.

    New or worse findings, acceptances that have expired, and drift that widens access fail with 1 from --fail-on on.
    Where something could not be read it ends with 3, unless it fails. Nothing is changed in AWS.

    \b
    Examples:
      guardrift gate --snapshot snapshot.json
      guardrift gate --trusted-ref origin/main -o gate.sarif --summary-file summary.md
      guardrift gate --baseline baselines --account 111122223333 --fail-on medium
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from datetime import UTC, datetime, timedelta

    from guardrift.cli.gating import run_gate
    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging
    from guardrift.cli.scanning import Request
    from guardrift.cli.weighing import GateRequest

    set_up_logging(verbose, quiet=quiet)
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
    scan = Request(
        source=source,
        outputs=tuple(output or ()),
        fail_on=fail_on,
        at=o.instant(at),
        config=config,
        no_config=no_config,
        rule_folders=tuple(rules or ()),
    )
    request = GateRequest(
        scan=scan,
        folder=baseline,
        trusted_ref=trusted_ref,
        strict=strict,
        summary_file=summary_file,
        drift_file=drift_file,
        consequences=consequences,
        as_json=form is Form.JSON,
        every=every,
        max_age=None if max_age is None else timedelta(hours=max_age),
    )
    raise typer.Exit(run_gate(request, now=datetime.now(UTC)))
