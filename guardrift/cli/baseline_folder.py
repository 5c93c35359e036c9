"""The folders of baselines on disk: one for each account, below the one that is committed."""

from __future__ import annotations

import re
from pathlib import Path

from guardrift.cli.output import check_writable, read_file, write_file
from scanner.baseline import Baseline, read_baseline, written
from scanner.errors import UsageError

_ACCOUNT = re.compile("[0-9]{12}")


def place_of(folder: Path, account_id: str) -> Path:
    """The folder of one account; raises ``UsageError`` for what is no account id, such as a way out of the folder."""
    if not _ACCOUNT.fullmatch(account_id):
        raise UsageError(f"{account_id!r} is not the id of an account", "An account id is twelve digits.")
    return folder / account_id


def has_baseline(folder: Path, account_id: str) -> bool:
    """Whether there is a baseline of the account, be it whole or not."""
    return _holds_files(place_of(folder, account_id))


def _holds_files(place: Path) -> bool:
    return any(place.glob("*.json"))


def read(folder: Path, account_id: str, *, in_any_order: bool = False) -> Baseline:
    """The baseline of an account; raises ``UsageError`` with file, line and remedy if it is not in order."""
    place = place_of(folder, account_id)
    if not _holds_files(place):
        raise UsageError(f"{place} holds no baseline", "Make one with 'guardrift baseline init'.")
    files = {path.name: read_file(path) for path in sorted(place.glob("*.json"))}
    return read_baseline(files, str(place), account_id=account_id, in_any_order=in_any_order)


def accounts(folder: Path) -> list[str]:
    """The accounts that have a baseline there; raises ``UsageError`` if none has."""
    found = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    wrong = [name for name in found if not _ACCOUNT.fullmatch(name) and _holds_files(folder / name)]
    if wrong:
        raise UsageError(f"{folder / wrong[0]} is not the id of an account", "An account id is twelve digits.")
    with_one = [name for name in found if _ACCOUNT.fullmatch(name)]
    if not with_one:
        raise UsageError(f"{folder} holds no baseline", "Make one with 'guardrift baseline init', or give --dir.")
    return with_one


def check_folder(folder: Path) -> None:
    """Raise ``UsageError`` if nothing could be written there; asked before AWS is."""
    check_writable(folder / "000000000000" / "account.json")


def write(folder: Path, baseline: Baseline) -> list[Path]:
    """Write the files that are other than those on disk, each whole or not at all; returns them."""
    place = place_of(folder, baseline.state.account_id)
    changed = []
    for name, content in written(baseline).items():
        path = place / name
        if not path.is_file() or path.read_bytes() != content:
            write_file(path, content)
            changed.append(path)
    return changed
