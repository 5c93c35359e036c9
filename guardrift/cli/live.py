"""Read AWS for a command: open the session, show progress, collect."""

from __future__ import annotations

import gc
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from guardrift.cli.output import read_file
from guardrift.version import __version__
from scanner.errors import UsageError
from scanner.inventory import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an account comes from: a file, or AWS by these options."""

    snapshot: Path | None = None
    profile: str | None = None
    regions: tuple[str, ...] = ()
    role_arn: str | None = None
    external_id: str | None = None
    session_duration: int | None = None
    mfa_serial: str | None = None
    account_id: str | None = None
    identity_only: bool = False
    details_only: bool = False
    keys_of: str | None = None
    quiet: bool = False


def read_account(source: Source, now: datetime) -> Account:
    """The account of a file, or of AWS."""
    if source.snapshot is not None:
        return _read_snapshot(source, source.snapshot, now)
    from scanner.collect.session import Access, open_session

    session = open_session(
        Access(
            profile=source.profile,
            region=source.regions[0] if source.regions else None,
            role_arn=source.role_arn,
            external_id=source.external_id,
            session_duration=source.session_duration,
            mfa_serial=source.mfa_serial,
            ask_mfa_code=_ask if sys.stdin.isatty() else None,
        )
    )
    return collect_account(session, source, now)


def read_identity(source: Source, now: datetime, *, user: str | None = None) -> Account:
    """The account of a file, or of AWS without its regions: enough where only principals, or one user, matter."""
    return read_account(replace(source, identity_only=True, keys_of=user), now)


def read_principals(source: Source, now: datetime) -> Account:
    """The account of a file, or of AWS no more than principals and policies: what permissions follow from."""
    return read_account(replace(source, identity_only=True, details_only=True), now)


def _read_snapshot(source: Source, path: Path, now: datetime) -> Account:
    """The account of a file; options that only AWS can answer are refused beside it."""
    from scanner.collect.actions import REGIONAL
    from scanner.snapshot import decode

    if source.profile or source.role_arn or source.regions or source.mfa_serial:
        raise UsageError(
            "--snapshot reads a file: --profile, --region, --role-arn and --mfa-serial have no meaning",
            "Leave them out.",
        )
    return decode(read_file(path), now=now, actions=REGIONAL, account_id=source.account_id)


def collect_account(session: Any, source: Source, now: datetime) -> Account:
    """The account that a session belongs to, with progress on a terminal."""
    from scanner.collect.account import Scope, collect

    gc.enable()
    with _progress(source.quiet) as on_progress:
        scope = Scope(
            regions=source.regions,
            account_id=source.account_id,
            identity_only=source.identity_only,
            details_only=source.details_only,
            keys_of=source.keys_of,
            user_agent=f"guardrift/{__version__}",
            on_progress=on_progress,
        )
        return collect(session, scope, now=now)


def _ask(prompt: str) -> str:
    try:
        return getpass.getpass(prompt).strip()
    except EOFError:
        raise UsageError("no MFA code was given", "Type the code that the device shows.") from None


@contextmanager
def _progress(quiet: bool) -> Iterator[Any]:
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("Reading the account"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("", total=None)
        yield lambda done, total: display.update(task, completed=done, total=total)
