"""Read AWS for a command: open the session, show progress, collect."""

from __future__ import annotations

import gc
import getpass
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from guardrift.cli.output import read_file
from guardrift.cli.partial import Partial
from guardrift.version import __version__
from scanner.actions import DETAILS, IDENTITY, ORGANIZATION_POLICIES, REGIONAL
from scanner.collect.journal import Journal
from scanner.errors import UsageError
from scanner.inventory import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an account comes from: a file, or AWS by these options.

    Attributes:
        wanted: the API actions whose answers matter; None means all but those of options.
        partial: keeps what is read until it is written; None where nobody would go on from it.
        stats: say what the collection cost.
    """

    snapshot: Path | None = None
    profile: str | None = None
    regions: tuple[str, ...] = ()
    role_arn: str | None = None
    external_id: str | None = None
    session_duration: int | None = None
    mfa_serial: str | None = None
    account_id: str | None = None
    wanted: frozenset[str] | None = None
    keys_of: str | None = None
    max_rate: float | None = None
    partial: Partial | None = None
    stats: bool = False
    quiet: bool = False


def read_account(source: Source, now: datetime) -> Account:
    """The account of a file, or of AWS."""
    if source.snapshot is not None:
        return _read_snapshot(source, source.snapshot, now)
    return collect_account(session_of(source), source, now)


def session_of(source: Source) -> Any:
    """A session with AWS by the options; an MFA code is asked for where that is a terminal."""
    from scanner.collect.session import Access, open_session

    return open_session(
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


def read_identity(source: Source, now: datetime, *, user: str | None = None) -> Account:
    """The account of a file, or of AWS without its regions: enough where only principals, or one user, matter."""
    return read_account(replace(source, wanted=IDENTITY, keys_of=user), now)


def read_principals(source: Source, now: datetime) -> Account:
    """The account of a file, or of AWS no more than principals and policies: what permissions follow from."""
    return read_account(replace(source, wanted=frozenset({DETAILS})), now)


def read_permissions(source: Source, now: datetime) -> Account:
    """The account of a file, or of AWS what bears on permissions, the organization's policies among it."""
    return read_account(replace(source, wanted=frozenset({DETAILS, *ORGANIZATION_POLICIES})), now)


def _read_snapshot(source: Source, path: Path, now: datetime) -> Account:
    """The account of a file; options that only AWS can answer are refused beside it."""
    from scanner.snapshot import decode

    of_aws = (
        source.profile, source.role_arn, source.regions, source.mfa_serial, source.max_rate, source.stats,
        source.external_id, source.session_duration,
    )  # fmt: skip
    if any(of_aws):
        raise UsageError(
            "--snapshot reads a file: --profile, --region, --role-arn, --external-id, --session-duration, "
            "--mfa-serial, --max-rate and --stats have no meaning",
            "Leave them out.",
        )
    return decode(read_file(path), now=now, actions=REGIONAL, account_id=source.account_id)


def collect_account(session: Any, source: Source, now: datetime) -> Account:
    """The account that a session belongs to, with progress on a terminal."""
    from guardrift import STARTED
    from guardrift.cli import stats
    from scanner.collect.account import Scope, collect
    from scanner.collect.clients import Meter

    gc.enable()
    meter, partial, started = Meter(), source.partial, time.perf_counter() - STARTED
    with _progress(source.quiet) as on_progress:
        scope = Scope(
            regions=source.regions,
            account_id=source.account_id,
            wanted=source.wanted,
            keys_of=source.keys_of,
            max_rate=source.max_rate,
            user_agent=f"guardrift/{__version__}",
            on_progress=on_progress,
            journal=partial.journal if partial is not None else lambda _caller: Journal(),
            meter=meter,
        )
        if partial is not None:
            partial.asking_for(sorted(source.wanted or ()), sorted(source.regions))
        try:
            account = collect(session, scope, now=now)
        except UsageError:
            if partial is not None:
                partial.refused()
            raise
        except BaseException:
            if partial is not None:
                partial.interrupted()
            raise
    if source.stats:
        sys.stderr.write(stats.render(account, meter, started))
    return account


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
