"""guardrift baseline: the reviewed state of an account and its accepted findings, committed as a folder."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app

if TYPE_CHECKING:
    from datetime import date

app = command_app("The reviewed state of an account and its accepted findings, committed as a folder.")


class Form(StrEnum):
    """How a listing is printed."""

    TEXT = "text"
    JSON = "json"


Folder = Annotated[Path, typer.Option("--dir", help="The folder of the baselines, with one below it for each account.")]
Reason = Annotated[str, typer.Option("--reason", help="Why the findings may stand.")]
Owner = Annotated[str, typer.Option("--owner", help="Who answers for that.")]
Expires = Annotated[str, typer.Option("--expires", help="The last day on which it counts, such as 2027-05-20.")]
Incomplete = Annotated[
    bool, typer.Option("--allow-incomplete", help="Go on although something could not be read, or is unknown.")
]
_FOLDER = Path("guardrift-baseline")


@app.command()
def init(
    reason: Reason,
    owner: Owner,
    expires: Expires,
    folder: Folder = _FOLDER,
    replace: Annotated[bool, typer.Option("--replace", help="Begin anew where there is a baseline.")] = False,
    allow_incomplete: Incomplete = False,
    snapshot: o.SnapshotFile = None,
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
    """Write the first baseline of an account; everything that is found now is accepted in it.

    The folder is for Git: review it, then commit it. Exit code 3 means that something could not be read, and that
    nothing was written.
    """
    from datetime import UTC, datetime

    from guardrift.cli.baselining import check_terms, task_of
    from guardrift.cli.baselining import init as run

    task = task_of(
        folder,
        allow_incomplete=allow_incomplete,
        snapshot=snapshot,
        rules=rules,
        at=at,
        profile=profile,
        region=region,
        role_arn=role_arn,
        external_id=external_id,
        session_duration=session_duration,
        mfa_serial=mfa_serial,
        account=account,
        max_rate=max_rate,
        config=config,
        no_config=no_config,
        verbose=verbose,
        quiet=quiet,
    )
    now = datetime.now(UTC)
    raise typer.Exit(run(task, check_terms(task, reason, owner, _day(expires), now), anew=replace, now=now))


@app.command()
def accept(
    reason: Reason,
    owner: Owner,
    expires: Expires,
    fingerprint: Annotated[
        list[str] | None, typer.Argument(metavar="[FINGERPRINT]...", help="As reports name it; the beginning will do.")
    ] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="All findings of this rule.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All findings.")] = False,
    folder: Folder = _FOLDER,
    allow_incomplete: Incomplete = False,
    with_drift: Annotated[
        bool, typer.Option("--with-drift", help="Take in drift that is graver than the findings, too.")
    ] = False,
    snapshot: o.SnapshotFile = None,
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
    """Accept findings as they are now: those named, those of a rule, or all that are new, worse or expired.

    Their resources are taken into the state as they are now, and what widens by that is printed first. Drift at or
    above high that is graver than what is accepted on its resource is refused; --with-drift and --all take it in.
    """
    from datetime import UTC, datetime

    from guardrift.cli.baseline_choice import Wanted
    from guardrift.cli.baselining import add, check_terms, task_of
    from scanner.errors import UsageError

    if sum((bool(fingerprint), rule is not None, every)) != 1:
        raise UsageError("give fingerprints, or --rule, or --all", "One of the three says what is accepted.")
    task = task_of(
        folder,
        allow_incomplete=allow_incomplete,
        snapshot=snapshot,
        rules=rules,
        at=at,
        profile=profile,
        region=region,
        role_arn=role_arn,
        external_id=external_id,
        session_duration=session_duration,
        mfa_serial=mfa_serial,
        account=account,
        max_rate=max_rate,
        config=config,
        no_config=no_config,
        verbose=verbose,
        quiet=quiet,
    )
    now = datetime.now(UTC)
    wanted = Wanted(fingerprints=tuple(fingerprint or ()), rule=rule, every=every)
    on = check_terms(task, reason, owner, _day(expires), now)
    raise typer.Exit(add(task, on, wanted, with_drift=with_drift, now=now))


@app.command()
def update(
    folder: Folder = _FOLDER,
    allow_incomplete: Incomplete = False,
    snapshot: o.SnapshotFile = None,
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
    """Write the state as it is now, and take away accepted findings that are fixed; none is ever added.

    With --allow-incomplete what could not be read now stays as it was.
    """
    from datetime import UTC, datetime

    from guardrift.cli.baselining import task_of
    from guardrift.cli.baselining import update as run

    task = task_of(
        folder,
        allow_incomplete=allow_incomplete,
        snapshot=snapshot,
        rules=rules,
        at=at,
        profile=profile,
        region=region,
        role_arn=role_arn,
        external_id=external_id,
        session_duration=session_duration,
        mfa_serial=mfa_serial,
        account=account,
        max_rate=max_rate,
        config=config,
        no_config=no_config,
        verbose=verbose,
        quiet=quiet,
    )
    raise typer.Exit(run(task, now=datetime.now(UTC)))


@app.command("list")
def list_accepted(
    folder: Folder = _FOLDER,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 where an acceptance has expired; for CI, needs no AWS.")
    ] = False,
    at: Annotated[str | None, typer.Option("--at", help="As of this day or time. Default: now.")] = None,
    form: Annotated[Form, typer.Option("--format", help="text or json.")] = Form.TEXT,
) -> None:
    """List the accepted findings of every account, with owner, reason and days left; a broken baseline exits with 2."""
    from datetime import UTC, datetime

    from guardrift.cli.baseline_listing import run_list

    today = (o.instant(at) or datetime.now(UTC)).date()
    raise typer.Exit(run_list(folder, today, is_check=check, as_json=form is Form.JSON))


def _day(text: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2027-05-20", param_hint="--expires") from None
