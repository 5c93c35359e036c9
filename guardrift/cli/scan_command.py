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
            "--output",
            "-o",
            help="Write a report; the suffix (.json, .html, .sarif, .xml, .csv, .md) says which. Repeat it; - is "
            "stdout, JSON, and -.github or another suffix that format there.",
        ),
    ] = None,
    snapshot: o.SnapshotFile = None,
    save_snapshot: Annotated[
        Path | None, typer.Option("--save-snapshot", help="Keep what was read in this file (mode 0600).")
    ] = None,
    plans: Annotated[
        Path | None, typer.Option("--plans", help="Write the revocation of every role and user below this folder.")
    ] = None,
    compare: o.Compare = None,
    fail_on: Annotated[
        o.Threshold | None,
        typer.Option("--fail-on", help="The severity from which on findings exit with 1. Default: high."),
    ] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Ask only this rule; repeat it.")] = None,
    family: o.Families = None,
    phase: o.Phases = None,
    framework: o.Frameworks = None,
    severity: o.Severities = None,
    rules: o.RuleFolders = None,
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
    organization: o.Organization = False,
    role_name: o.RoleName = None,
    ou: o.Units = None,
    only_account: o.OnlyAccounts = None,
    skip_account: o.SkipAccounts = None,
    account_tag: o.AccountTags = None,
    fleet_dir: o.FleetFolder = None,
    workers: o.Workers = None,
    scheduler: o.Scheduler = None,
    log_bucket: o.LogBuckets = None,
    config: o.ConfigFile = None,
    no_config: o.NoConfig = False,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Collect an account (or read a snapshot, or scan a whole organization), judge it, report.

    Nothing is changed in AWS. The credential report is made anew if AWS has none of the last four hours.

    \b
    Examples:
      guardrift scan -o report.json -o report.html
      guardrift scan --profile audit --account 111122223333 --plans containment/
      guardrift scan --snapshot snapshot.json --fail-on critical
      guardrift scan --compare report.json -o report.json
      guardrift scan --organization --role-name guardrift-scanner --fleet-dir audit/
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from datetime import UTC, datetime, timedelta

    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging
    from guardrift.cli.partial import Partial
    from guardrift.cli.scanning import Request, run_scan
    from guardrift.selection import Selection

    set_up_logging(verbose, quiet=quiet)
    selection = Selection(
        rules=tuple(rule or ()),
        families=tuple(family or ()),
        frameworks=tuple(framework or ()),
        phases=tuple(phase or ()),
        severity=severity.severity if severity else None,
    )
    of_many = {
        "--role-name": role_name,
        "--ou": ou,
        "--only-account": only_account,
        "--skip-account": skip_account,
        "--account-tag": account_tag,
        "--fleet-dir": fleet_dir,
        "--workers": workers,
        "--scheduler": scheduler,
        "--log-bucket": log_bucket,
    }
    of_one = {
        "--snapshot": snapshot,
        "--save-snapshot": save_snapshot,
        "--plans": plans,
        "--role-arn": role_arn,
        "--mfa-serial": mfa_serial,
        "--account": account,
        "--stats": stats,
        "--compare": compare,
    }
    o.check_kind(organization=organization, of_one=of_one, of_many=of_many)
    if organization:
        from guardrift.cli.fleet_scanning import DEFAULT_FOLDER, FleetRequest, run_fleet
        from guardrift.fleet.accounts import Filters

        fleet = FleetRequest(
            role_name=role_name or "",
            profile=profile,
            external_id=external_id,
            session_duration=session_duration,
            regions=tuple(region or ()),
            filters=Filters(
                units=tuple(ou or ()),
                only=tuple(map(o.known_account_id, only_account or ())),
                skip=tuple(map(o.known_account_id, skip_account or ())),
                tags=tuple(map(o.key_and_value, account_tag or ())),
            ),
            folder=fleet_dir or DEFAULT_FOLDER,
            outputs=tuple(output or ()),
            resume=resume,
            resume_max_age=timedelta(hours=resume_max_age),
            workers=workers,
            scheduler=scheduler,
            log_buckets=tuple(log_bucket or ()),
            max_rate=max_rate,
            selection=selection,
            last_accessed=last_accessed,
            fail_on=fail_on,
            at=o.instant(at),
            config=config,
            no_config=no_config,
            rule_folders=tuple(rules or ()),
            quiet=quiet,
        )
        raise typer.Exit(run_fleet(fleet, now=datetime.now(UTC)))
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
            partial=None
            if snapshot
            else Partial(save_snapshot, timedelta(hours=resume_max_age) if resume else None, quiet=quiet),
            stats=stats,
            quiet=quiet,
        ),
        last_accessed=last_accessed,
        selection=selection,
        outputs=tuple(output or ()),
        save_snapshot=save_snapshot,
        plans=plans,
        fail_on=fail_on,
        at=o.instant(at),
        config=config,
        no_config=no_config,
        rule_folders=tuple(rules or ()),
        compare=compare,
    )
    raise typer.Exit(run_scan(request, now=datetime.now(UTC)))
