"""guardrift diff: by what two states of an account differ, by meaning."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app

if TYPE_CHECKING:
    from datetime import datetime

    from guardrift.cli.live import Source
    from scanner.baseline import Baseline
    from scanner.drift.told import Diff
    from scanner.inventory import Account

app = command_app()

LIVE = "live"


class Form(StrEnum):
    """How drift is told."""

    TEXT = "text"
    JSON = "json"


@app.command()
def diff(
    old: Annotated[
        str,
        typer.Argument(help="The state before: a snapshot, the folder of a baseline, or raw authorization details."),
    ],
    new: Annotated[str, typer.Argument(help="The state after: the same, or 'live' to read AWS now.")],
    form: Annotated[Form, typer.Option("--format", help="text or json.")] = Form.TEXT,
    output: Annotated[
        list[str] | None,
        typer.Option("--output", "-o", help="Write a file; the suffix (.txt, .json) says how. Repeat it; - is stdout."),
    ] = None,
    fail_on: Annotated[
        o.Threshold, typer.Option("--fail-on", help="Exit with 1 where a change that widens is at least as bad.")
    ] = o.Threshold.HIGH,
    consequences: Annotated[
        bool, typer.Option("--consequences/--no-consequences", help="Ask what follows from changed permissions.")
    ] = True,
    every: Annotated[bool, typer.Option("--all", help="Show every change, grant and cause in the text.")] = False,
    profile: o.Profile = None,
    region: o.Regions = None,
    role_arn: o.RoleArn = None,
    external_id: o.ExternalId = None,
    session_duration: o.SessionDuration = None,
    mfa_serial: o.MfaSerial = None,
    account: o.AccountId = None,
    max_rate: o.MaxRate = None,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """By what two states of an account differ, by meaning: who gained what, why, and what follows from it.

    Equal meaning is no drift. What one side did not see is told as not comparable, never as gone, and ends with exit
    code 3 unless a change that widens reaches the threshold (exit code 1). Nothing is changed in AWS.

    \b
    Examples:
      guardrift diff yesterday.json today.json
      guardrift diff guardrift-baseline live
      guardrift diff guardrift-baseline/111122223333 snapshot.json --format json
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging

    set_up_logging(verbose, quiet=quiet)
    source = Source(
        profile=profile, regions=tuple(region or ()), role_arn=role_arn, external_id=external_id,
        session_duration=session_duration, mfa_serial=mfa_serial, account_id=o.account_id(account), max_rate=max_rate,
        quiet=quiet,
    )  # fmt: skip
    outputs = _outputs(output, form)
    found = run_diff(old, new, source, consequences=consequences)
    _write(found, outputs, every=every, quiet=quiet)
    raise typer.Exit(exit_code(found, fail_on))


def run_diff(old: str, new: str, source: Source, *, consequences: bool) -> Diff:
    """Read both sides, and compare them."""
    from datetime import UTC, datetime

    from scanner.baseline import Baseline
    from scanner.drift import compare, sides

    _check(old, new, source)
    now = datetime.now(UTC)
    before = _read(old, source, now, None)
    wanted = before.state.account_id if isinstance(before, Baseline) else before.account_id
    one, other = sides((old, before), (new, _read(new, source, now, wanted)), now)
    return compare(one, other, consequences=consequences)


def exit_code(found: Diff, fail_on: o.Threshold) -> int:
    """1 for drift that widens at or above the threshold, else 3 where something could not be compared."""
    from guardrift.cli.run import FINDINGS, INCOMPLETE, OK
    from scanner.findings import SEVERITIES

    least = fail_on.severity
    if least is not None:
        bad = SEVERITIES[: SEVERITIES.index(least) + 1]
        if any(each.direction == "widens" and each.severity in bad for each in found.changes):
            return FINDINGS
    return OK if found.complete else INCOMPLETE


def _check(old: str, new: str, source: Source) -> None:
    """Raise ``UsageError`` for what has no meaning."""
    from scanner.errors import UsageError

    if old == LIVE:
        raise UsageError("only the new side can be live", "Give a snapshot or a baseline first, then 'live'.")
    of_aws = (
        source.profile, source.role_arn, source.regions, source.mfa_serial, source.max_rate, source.external_id,
        source.session_duration,
    )  # fmt: skip
    if new != LIVE and any(of_aws):
        raise UsageError("--profile, --region and the like read AWS, and neither side is live", "Leave them out.")
    if old == "-" == new:
        raise UsageError("stdin can hold one side", "Give - once.")


def _read(name: str, source: Source, now: datetime, account_id: str | None) -> Account | Baseline:
    from guardrift.cli import baseline_folder
    from guardrift.cli.live import read_account
    from guardrift.cli.output import read_file
    from scanner.actions import REGIONAL
    from scanner.errors import UsageError
    from scanner.snapshot import decode

    if name == LIVE:
        return read_account(source, now)
    path = Path(name)
    if not path.is_dir():
        return decode(read_file(path), now=now, actions=REGIONAL, account_id=source.account_id)
    if (path / "account.json").is_file():
        return baseline_folder.read(path.resolve().parent, path.resolve().name)
    wanted = source.account_id or account_id
    found = baseline_folder.accounts(path)
    if wanted is None and len(found) > 1:
        raise UsageError(
            f"{path} holds the baselines of {len(found)} accounts", "Give --account, or the folder of one."
        )
    return baseline_folder.read(path, wanted or found[0])


def _outputs(names: list[str] | None, form: Form) -> list[tuple[str, Form]]:
    from guardrift.cli.output import check_writable
    from scanner.errors import UsageError

    found = []
    for name in names or ["-"]:
        by_suffix = {".txt": Form.TEXT, ".json": Form.JSON}.get(Path(name).suffix.lower())
        if name != "-" and by_suffix is None:
            raise UsageError(f"no format of drift has the suffix of {name!r}", "There are: .txt, .json; - is stdout.")
        if name != "-":
            check_writable(Path(name))
        found.append((name, form if name == "-" or by_suffix is None else by_suffix))
    return found


def _write(found: Diff, outputs: list[tuple[str, Form]], *, every: bool, quiet: bool) -> None:
    from guardrift.cli.output import colour, data, note, write_file
    from reports import diff_text
    from reports.json_text import indented

    for name, form in outputs:
        text = indented(found) if form is Form.JSON else diff_text.render(found, every=every)
        if name != "-":
            write_file(Path(name), text.encode())
        elif form is Form.JSON:
            data(text)
        else:
            colour(text)
    written = [name for name, _ in outputs if name != "-"]
    if written and not quiet:
        note(f"Written: {', '.join(written)}")
