"""The folders of baselines on disk: one for each account, below the one that is committed."""

from __future__ import annotations

import re
from pathlib import Path

from guardrift.cli.output import check_writable, read_file, write_file
from scanner.baseline import Baseline, read_baseline, written
from scanner.errors import UsageError

_ACCOUNT = re.compile("[0-9]{12}")
_NO_LINK = "Put there what it leads to: a baseline is what was committed, and Git keeps of a link only where it leads."


def place_of(folder: Path, account_id: str) -> Path:
    """The folder of one account; raises ``UsageError`` for what is no account id, such as a way out of the folder."""
    if not _ACCOUNT.fullmatch(account_id):
        raise UsageError(f"{account_id!r} is not the id of an account", "An account id is twelve digits.")
    return folder / account_id


def has_baseline(folder: Path, account_id: str) -> bool:
    """Whether there is a baseline of the account, be it whole or not."""
    return _holds_files(place_of(folder, account_id))


def _holds_files(place: Path) -> bool:
    return bool(_json_files(place))


def _json_files(place: Path) -> list[Path]:
    """What bears the name of a file of a baseline; raises ``UsageError`` if the folder is none, or only a link."""
    if place.is_symlink():
        raise UsageError(f"{place} is a symbolic link", _NO_LINK)
    if place.exists() and not place.is_dir():
        raise UsageError(f"{place} is no folder", "Take the folder of the account from Git again.")
    return sorted(path for path in place.iterdir() if path.suffix == ".json") if place.exists() else []


def _content(path: Path) -> bytes:
    if path.is_symlink():
        raise UsageError(f"{path} is a symbolic link", _NO_LINK)
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file", "Take the file from Git again.")
    return read_file(path)


def read(folder: Path, account_id: str, *, in_any_order: bool = False) -> Baseline:
    """The baseline of an account; raises ``UsageError`` with file, line and remedy if it is not in order."""
    place, found = place_of(folder, account_id), files(folder, account_id)
    if not found:
        raise UsageError(f"{place} holds no baseline", f"{_others(folder)}Make one with 'guardrift baseline init'.")
    return read_baseline(found, str(place), account_id=account_id, in_any_order=in_any_order)


def files(folder: Path, account_id: str) -> dict[str, bytes]:
    """The files of one account by name; empty where there are none."""
    return {path.name: _content(path) for path in _json_files(place_of(folder, account_id))}


def _others(folder: Path) -> str:
    """Which accounts have a baseline there, where the one that is meant has none; of many the first."""
    names = sorted(path.name for path in folder.iterdir() if is_account(path.name)) if folder.is_dir() else []
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"There is one of account {', '.join(names[:3])}{more}. " if names else ""


def is_account(name: str) -> bool:
    """Whether a name is that of the folder of an account."""
    return _ACCOUNT.fullmatch(name) is not None


def accounts(folder: Path) -> list[str]:
    """The accounts that have a baseline there; raises ``UsageError`` if none has."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder", "Name the one that holds the folders of the accounts.")
    found = sorted(folder.iterdir()) if folder.exists() else []
    for path in found:
        if not is_account(path.name) and path.is_dir() and not path.is_symlink() and _holds_files(path):
            raise UsageError(
                f"{path} holds files of a baseline, and its name is not the id of an account",
                "The folder of an account has its id as name, all twelve digits; any other would count for none.",
            )
    with_one = [path.name for path in found if is_account(path.name)]
    if not with_one:
        raise UsageError(
            f"{folder} holds no baseline", "Make one with 'guardrift baseline init', or name the folder that holds it."
        )
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
