"""What a collection has found so far, kept on disk, so that an interrupted one need not begin again.

A journal is a file of JSON lines: a head, then one line for each unit that was answered. It holds typed facts only, so
nothing that a snapshot would not hold, and it is written line by line: whatever ends the process costs the last line
at most.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from scanner.collect.ledger import Entry
from scanner.errors import UsageError
from scanner.inventory import Instant

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
    """The first line: whose account it is, and when its collection began."""

    account_id: str
    began: Instant


class Journal:
    """Remembers nothing; the base of one that does.

    Attributes:
        began: when the collection began whose answers are used again; None where there is none.
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

    Raises:
        UsageError: the file is no journal, or of another account.
    """

    def __init__(self, path: Path, account_id: str, now: Callable[[], datetime], max_age: timedelta | None) -> None:
        self._now = now
        self._lock = threading.Lock()
        began = now()
        self._known: Mapping[Unit, Remembered] = {}
        lines: list[bytes] = []
        if max_age is not None and path.exists() and path.stat().st_size:
            head, found = _read(path, account_id, began - max_age)
            self._known = {line.unit: Remembered(line.entries, line.value) for line in found}
            if found:
                self.began = began = head.began
                lines = [msgspec.json.encode(line) for line in found]
        self._file = _begun(path, [msgspec.json.encode(Head(account_id, began)), *lines])

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
            if not self._file.closed:
                self._file.write(text)
                self._file.flush()

    def close(self) -> None:
        """Stop writing."""
        with self._lock:
            self._file.close()


def _read(path: Path, account_id: str, oldest: datetime) -> tuple[Head, list[_Line]]:
    lines = path.read_bytes().split(b"\n")
    try:
        head = msgspec.json.decode(lines[0], type=Head)
    except msgspec.DecodeError as fault:
        raise UsageError(f"{path} is not the beginning of a snapshot: {fault}", "Remove the file.") from None
    if head.account_id != account_id:
        raise UsageError(
            f"{path} is of account {head.account_id}, not of {account_id}", "Check the credentials, or remove the file."
        )
    found = {}
    for text in lines[1:]:
        line = _line(text)
        if line is not None and line.at >= oldest:
            found[line.unit] = line
    return head, list(found.values())


def _line(text: bytes) -> _Line | None:
    """A line, or None where the process ended while it was written."""
    try:
        return msgspec.json.decode(text, type=_Line)
    except msgspec.DecodeError:
        return None


def _begun(path: Path, lines: list[bytes]) -> BinaryIO:
    """The file with these lines, for its owner only, open at its end; an old one is replaced in one step."""
    new = path.with_name(path.name + ".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    file: Any = os.fdopen(os.open(new, flags, 0o600), "wb")
    file.write(b"".join(line + b"\n" for line in lines))
    file.flush()
    new.replace(path)
    return file  # type: ignore[no-any-return]
