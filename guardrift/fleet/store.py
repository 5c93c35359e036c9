"""The folder of a fleet: what was read of each account and said about it, written as it comes."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Raw

from guardrift.cli.output import write_file
from guardrift.fleet.jobs import Collected, Judged
from guardrift.fleet.sharing import Shared
from scanner.errors import UsageError
from scanner.inventory import Instant

_SUMMARIES = ("fleet.json", "fleet.html")
_OUTPUTS = ("snapshot.json", "report.json", "report.html")
_COLLECTED, _ABOUT, _PARTIAL = "collected.json", "collected.about.json", "partial.jsonl"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a collected account without reading it again.

    Attributes:
        scope: digest of what was to be collected.
        sha256: digest of the file.
    """

    scope: str
    sha256: str
    account_id: str
    taken_at: Instant
    is_complete: bool
    wants: tuple[str, ...]
    shared: Shared


class Store:
    """Files of a fleet below one folder, for their owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> None:
        """Make the folder; raises ``UsageError`` if that is not possible."""
        self._make(self.folder)
        self._make(self.folder / "accounts")
        for name in _SUMMARIES:
            # They would look like the result of this run, with links to pages that are made anew or gone.
            (self.folder / name).unlink(missing_ok=True)

    def begin(self, account_id: str) -> None:
        """Remove what an earlier run said about an account, so that nobody takes it for the result of this one."""
        place = self._place(account_id)
        self._make(place)
        for name in _OUTPUTS:
            (place / name).unlink(missing_ok=True)

    def journal(self, account_id: str) -> Path:
        """The file in which the answers about an account are remembered until all are there."""
        return self._place(account_id) / _PARTIAL

    def drop_journal(self, account_id: str) -> None:
        """Remove the journal of an account, and its folder where that leaves nothing in it."""
        self.journal(account_id).unlink(missing_ok=True)
        with suppress(OSError):
            self._place(account_id).rmdir()

    def reusable(self, account_id: str, scope: str, now: datetime, max_age: timedelta) -> About | None:
        """What an earlier run collected, if it is the same, complete, young enough and whole; else None."""
        place = self._place(account_id)
        try:
            about = msgspec.json.decode((place / _ABOUT).read_bytes(), type=About)
            is_whole = _sha256((place / _COLLECTED).read_bytes()) == about.sha256
        except (OSError, msgspec.DecodeError):
            return None
        is_same = (about.account_id, about.scope) == (account_id, scope)
        return about if is_whole and is_same and about.is_complete and now - about.taken_at <= max_age else None

    def keep_collected(self, found: Collected, scope: str) -> None:
        """Write what was collected of an account; the journal is kept where something is left to be asked."""
        place, content = self._place(found.account_id), bytes(found.snapshot)
        about = About(
            scope=scope,
            sha256=_sha256(content + b"\n"),
            account_id=found.account_id,
            taken_at=found.taken_at,
            is_complete=found.is_complete,
            wants=found.wants,
            shared=found.shared,
        )
        (place / _ABOUT).unlink(missing_ok=True)
        write_file(place / _COLLECTED, content, b"\n")
        write_file(place / _ABOUT, msgspec.json.encode(about))
        if found.is_complete:
            self.drop_journal(found.account_id)

    def collected(self, account_id: str) -> Raw:
        """The snapshot of an account as it was collected."""
        return Raw((self._place(account_id) / _COLLECTED).read_bytes().rstrip())

    def keep_judged(self, account_id: str, found: Judged) -> None:
        """Write the snapshot with what was joined to it, and the reports."""
        place = self._place(account_id)
        write_file(place / "snapshot.json", bytes(found.snapshot), b"\n")
        write_file(place / "report.json", bytes(found.report), b"\n")
        write_file(place / "report.html", found.html.encode())

    def write(self, name: str, *parts: bytes) -> Path:
        """Write a file of the whole fleet."""
        write_file(self.folder / name, *parts)
        return self.folder / name

    def _place(self, account_id: str) -> Path:
        return self.folder / "accounts" / account_id

    @staticmethod
    def _make(folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise UsageError(f"{folder} cannot be made: {fault.strerror}", "Check --fleet-dir.") from None


def scope_of(*parts: object) -> str:
    """The digest of what is to be collected."""
    return _sha256(msgspec.json.encode(parts, order="sorted"))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
