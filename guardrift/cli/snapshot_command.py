"""guardrift snapshot: collect only, and keep what was read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app

app = command_app()


@app.command()
def snapshot(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write (mode 0600); - is stdout.")],
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
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Collect an account and keep what was read, for 'guardrift scan --snapshot'.

    The file holds no secrets, but it is a map of the account: treat it as confidential.
    Exit code 3 means that something could not be read; the coverage in the file says what.
    """
    from datetime import UTC, datetime, timedelta

    from guardrift.cli.live import Source, read_account
    from guardrift.cli.output import check_writable, data, note, set_up_logging, write_file
    from guardrift.cli.partial import Partial
    from guardrift.cli.run import INCOMPLETE, OK
    from scanner.actions import LAST_ACCESSED, all_but_options
    from scanner.snapshot import encode

    set_up_logging(verbose, quiet=quiet)
    to_stdout = str(output) == "-"
    if not to_stdout:
        check_writable(output)
    partial = Partial(None if to_stdout else output, timedelta(hours=resume_max_age) if resume else None, quiet=quiet)
    source = Source(
        profile=profile,
        regions=tuple(region or ()),
        role_arn=role_arn,
        external_id=external_id,
        session_duration=session_duration,
        mfa_serial=mfa_serial,
        account_id=o.account_id(account),
        wanted=all_but_options(LAST_ACCESSED) if last_accessed else None,
        max_rate=max_rate,
        partial=partial,
        stats=stats,
        quiet=quiet,
    )
    found = read_account(source, datetime.now(UTC))
    if to_stdout:
        data(encode(found).decode())
    else:
        write_file(output, encode(found))
    partial.finished(found)
    left_out = {region.name for region in found.regions if not region.was_asked}
    missing = [row for row in found.coverage if row.is_refused or (row.status == "skipped" and row.region in left_out)]
    if not quiet:
        calls = sum(row.calls for row in found.coverage)
        note(
            f"Account {found.account_id}: {calls} calls in {len(found.regions)} regions, {len(missing)} rows not read."
        )
        for row in missing[:10]:
            note(f"  {row.api} {row.region}: {row.status} {row.message}")
    raise typer.Exit(INCOMPLETE if missing else OK)
