"""What ``guardrift contain --status`` does: which containment is in an account, and what to take away."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from guardrift.cli import baseline_folder
from guardrift.cli.live import Source, read_account
from guardrift.cli.output import data, read_file
from guardrift.cli.run import INCOMPLETE, OK
from guardrift.cli.status_text import status_text
from policies.eradication import Eradication, eradication
from policies.status import status_of
from reports.json_text import indented
from scanner.actions import IDENTITY, ORGANIZATION_POLICIES, REGIONAL
from scanner.baseline import Baseline
from scanner.drift import compare, sides
from scanner.errors import UsageError
from scanner.inventory import Account
from scanner.snapshot import decode

_WANTED = IDENTITY | ORGANIZATION_POLICIES | {"iam:ListRoles", "iam:ListServiceSpecificCredentials"}
"""What tells containment; for what appeared since, everything is read."""


def run_status(*, source: Source, since: Path | None, as_json: bool, now: datetime) -> int:
    """Tell which containment lies in an account, and what appeared since a clean state; returns the exit code.

    Args:
        source: a snapshot, or AWS.
        since: a snapshot or the folder of a baseline, from before the incident.
        as_json: whether the document is printed, rather than the text.
        now: the present time.

    Raises:
        UsageError: a file cannot be read, or the two states are of different accounts.
    """
    if since is not None and str(since) == "-" == str(source.snapshot):
        raise UsageError("stdin can hold one state", "Give - once.")
    account = read_account(source if since is not None else replace(source, wanted=_WANTED), now)
    told = status_of(account, now, None if since is None else appeared_since(since, account, now))
    data(indented(told) if as_json else status_text(told))
    return OK if told.complete else INCOMPLETE


def appeared_since(since: Path, account: Account, now: datetime) -> Eradication:
    """What is other in an account than in a clean state that was kept."""
    clean = _clean(since, account.account_id, now)
    old, new = sides((str(since), clean), ("now", account), now)
    return eradication(compare(old, new, consequences=False), old.account, new.account, now)


def _clean(path: Path, account_id: str, now: datetime) -> Account | Baseline:
    if not path.is_dir():
        return decode(read_file(path), now=now, actions=REGIONAL, account_id=account_id)
    if (path / "account.json").is_file():
        return baseline_folder.read(path.resolve().parent, path.resolve().name)
    return baseline_folder.read(path, account_id)
