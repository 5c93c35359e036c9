"""What a collection has found so far, kept on disk, so that an interrupted one need not begin again.

A journal is a file of JSON lines: a head, then one line for each unit that was answered. It holds typed facts only:
those of a snapshot, and the names in lists of which a snapshot keeps a part. It is written line by line: whatever ends
the process costs the last line at most.
"""

from __future__ import annotations

import logging
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import msgspec

from scanner.collect.ledger import Entry
from scanner.errors import UsageError
from scanner.inventory import Instant

logger = logging.getLogger(__name__)

SCHEMA = "guardrift/partial/1"


class Unit(msgspec.Struct, frozen=True):
    """What one line of a journal answers."""

    api: str
    region: str
    subject: str = ""


class Remembered(msgspec.Struct, frozen=True):
    """The answer of a unit: the calls that it took, and the fact as JSON."""

    entries: tuple[Entry, ...]
    value: msgspec.Raw


class _Line(msgspec.Struct, frozen=True):
    unit: Unit
    at: Instant
    entries: tuple[Entry, ...]
    value: msgspec.Raw


class Head(msgspec.Struct, frozen=True, tag_field="schema", tag=SCHEMA):
    """The first line: whose account it is, and which version of the program wrote it."""

    account_id: str
    version: str = ""


class Journal:
    """Remembers nothing; the base of one that does.

    Attributes:
        began: when the oldest answer was given that is used again; None where there is none.
    """

    began: datetime | None = None

    def recall(self, unit: Unit) -> Remembered | None:  # noqa: ARG002
        """The answer of an earlier, interrupted collection."""
        return None

    def remember(self, unit: Unit, entries: tuple[Entry, ...], fact: object) -> None:
        """Keep an answer."""

    def close(self) -> None:
        """Stop writing."""


class FileJournal(Journal):
    """A journal in a file.

    Args:
        path: the file; its folder exists.
        account_id: the account that is collected.
        now: the time, asked anew for each line.
        max_age: how old an answer may be to be used again; None to begin anew.
        version: of the program; answers that another one kept are not used.

    Raises:
        UsageError: the file is no journal, or of another account.
    """

    def __init__(
        self, path: Path, account_id: str, now: Callable[[], datetime], max_age: timedelta | None, version: str = ""
    ) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._path = path
        self._known: Mapping[Unit, Remembered] = {}
        found: list[_Line] = []
        if max_age is not None and path.exists() and path.stat().st_size:
            found = _read(path, Head(account_id, version), now() - max_age, now())
            self._known = {line.unit: Remembered(line.entries, line.value) for line in found}
            self.began = min((line.at for line in found), default=None)
        lines = [msgspec.json.encode(part) for part in (Head(account_id, version), *found)]
        self._file, self._inode = _begun(path, lines)

    @property
    def known(self) -> int:
        """How many answers of an earlier collection are used again."""
        return len(self._known)

    def recall(self, unit: Unit) -> Remembered | None:
        """The answer of an earlier, interrupted collection."""
        return self._known.get(unit)

    def remember(self, unit: Unit, entries: tuple[Entry, ...], fact: object) -> None:
        """Keep an answer; it is handed to the operating system before this returns."""
        value = msgspec.Raw(msgspec.json.encode(fact))
        text = msgspec.json.encode(_Line(unit, self._now(), entries, value)) + b"\n"
        with self._lock:
            if self._file.closed:
                return
            try:
                self._file.write(text)
                self._file.flush()
            except OSError as fault:
                logger.warning("an interruption would lose what is read from now on: %s", fault.strerror)
                self._abandon()

    def _abandon(self) -> None:
        """Write no more, where there is no room for it."""
        with suppress(OSError):
            self._file.close()

    def close(self) -> None:
        """Stop writing."""
        with self._lock:
            self._abandon()

    def remove(self) -> None:
        """Remove the file, unless another collection has put its own in that place."""
        with suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


def _read(path: Path, expected: Head, oldest: datetime, newest: datetime) -> list[_Line]:
    lines = _content(path).split(b"\n")
    try:
        head = msgspec.json.decode(lines[0], type=Head)
    except msgspec.DecodeError as fault:
        raise UsageError(f"{path} is not the beginning of a snapshot: {fault}", "Remove the file.") from None
    if head.account_id != expected.account_id:
        raise UsageError(
            f"{path} is of account {head.account_id}, not of {expected.account_id}",
            "Check the credentials, or remove the file.",
        )
    found = {}
    for text in lines[1:] if head.version == expected.version else ():
        line = _line(text)
        if line is not None and oldest <= line.at <= newest:
            found[line.unit] = line
    return list(found.values())


def _content(path: Path) -> bytes:
    """The file, if it is one that nobody else can have written; its answers are taken for those of AWS."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        is_own = not hasattr(os, "getuid") or about.st_uid == os.getuid()
        if not is_own or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise UsageError(f"{path} may have been written by somebody else", "Remove the file.")
        return file.read()


def _line(text: bytes) -> _Line | None:
    """A line, or None where the process ended while it was written."""
    try:
        return msgspec.json.decode(text, type=_Line)
    except msgspec.DecodeError:
        return None


def _begun(path: Path, lines: list[bytes]) -> tuple[BinaryIO, int]:
    """The file with these lines, for its owner only and open at its end, and its number; an old one is replaced."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:64]}.")
    file = os.fdopen(handle, "wb")
    try:
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        Path(temporary).replace(path)
    except OSError:
        file.close()
        Path(temporary).unlink(missing_ok=True)
        raise
    return file, os.fstat(handle).st_ino
