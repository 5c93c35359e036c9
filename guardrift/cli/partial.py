"""The beginning of a snapshot on disk, from which ``--resume`` goes on."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from guardrift.cli.output import note
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
    """

    def __init__(self, beside: Path | None, max_age: timedelta | None) -> None:
        self._beside, self._max_age = beside, max_age
        self._journal: FileJournal | None = None
        self._path = Path()

    def journal(self, caller: Caller) -> Journal:
        """The journal of the account's collection; one that remembers nothing where no file can be written."""
        self._path = (
            self._beside.with_name(self._beside.name + ".partial")
            if self._beside is not None
            else _state_folder() / f"{caller.partition}-{caller.account_id}.partial"
        )
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._journal = FileJournal(self._path, caller.account_id, lambda: datetime.now(UTC), self._max_age)
        except OSError as fault:
            note(f"an interruption would lose what was read: {self._path} cannot be written ({fault.strerror})")
            return Journal()
        if self._max_age is not None:
            known = self._journal.known
            note(
                f"{known} answers of {self._path} are used again."
                if known
                else f"There is nothing to resume in {self._path}: everything is read."
            )
        return self._journal

    def interrupted(self) -> None:
        """Say what was kept."""
        if self._journal is not None:
            note(f"What was read is kept in {self._path}; the same command with --resume goes on from there.")

    def finished(self, account: Account, *, quiet: bool) -> None:
        """Remove the beginning, unless something was not read that may be readable later."""
        if self._journal is None:
            return
        if not any(row.status in {"denied", "throttled", "error"} for row in account.coverage):
            self._path.unlink(missing_ok=True)
        elif not quiet:
            note(f"What was read is kept in {self._path}; --resume asks for the rest alone.")


def _state_folder() -> Path:
    """The user's folder for state (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_STATE_HOME", "")
    base = Path(named) if named.startswith("/") else Path.home() / ".local" / "state"
    return base / "guardrift"
