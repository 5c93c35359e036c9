"""The beginning of a snapshot on disk, from which ``--resume`` goes on."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from guardrift.cli.output import note
from guardrift.version import __version__
from scanner.collect.journal import FileJournal, Journal
from scanner.inventory import Account

if TYPE_CHECKING:
    from scanner.collect.session import Caller  # it loads the SDK


class Partial:
    """Keeps what a collection has found, until what was asked for is written.

    Args:
        beside: the snapshot that will be written; the beginning of it lies beside it, and without one below the user's
            folder for state.
        max_age: how old an answer of an interrupted collection may be to be used again; None to begin anew.
        quiet: say only what went wrong.
    """

    def __init__(self, beside: Path | None, max_age: timedelta | None, *, quiet: bool = False) -> None:
        self._beside, self._max_age, self._quiet = beside, max_age, quiet
        self._journal: FileJournal | None = None
        self._path = Path()
        self._scope: tuple[object, ...] = ()

    def journal(self, caller: Caller) -> Journal:
        """The journal of the account's collection; one that remembers nothing where no file can be written."""
        try:
            self._path = self._place(caller)
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._journal = FileJournal(
                self._path, caller.account_id, lambda: datetime.now(UTC), self._max_age, __version__
            )
        except (OSError, RuntimeError) as fault:
            note(f"an interruption would lose what was read: {self._path} cannot be written ({fault})")
            return Journal()
        if self._max_age is not None and not self._quiet:
            known = self._journal.known
            note(
                f"{known} answers of {self._path} are used again."
                if known
                else f"There is nothing to resume in {self._path}: everything is read."
            )
        return self._journal

    def _place(self, caller: Caller) -> Path:
        """The file; below the folder for state, scans of one account that ask for different things have their own."""
        if self._beside is not None:
            return self._beside.with_name(self._beside.name + ".partial")
        asked = sha256(repr(self._scope).encode()).hexdigest()[:8]
        return _state_folder() / f"{caller.partition}-{caller.account_id}-{asked}.partial"

    def asking_for(self, *scope: object) -> None:
        """Say what will be asked for, before it is."""
        self._scope = scope

    def interrupted(self) -> None:
        """Say what was kept."""
        if self._journal is not None:
            note(f"What was read is kept in {self._path}; the same command with --resume goes on from there.")

    def refused(self) -> None:
        """Remove the beginning of what was asked for wrongly, unless an earlier run left some of it."""
        if self._journal is not None and self._max_age is None:
            self._journal.remove()

    def finished(self, account: Account) -> None:
        """Remove the beginning, unless something was not read that may be readable later."""
        if self._journal is None:
            return
        if not any(row.is_refused for row in account.coverage):
            self._journal.remove()
        elif not self._quiet:
            note(f"What was read is kept in {self._path}; --resume asks for the rest alone.")


def _state_folder() -> Path:
    """The user's folder for state (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_STATE_HOME", "")
    base = Path(named) if named.startswith("/") else Path("~/.local/state").expanduser()
    return base / "guardrift"
