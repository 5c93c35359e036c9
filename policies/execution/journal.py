"""A journal: every line is on the disk before what it tells of is done."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from policies.execution.changes import Change
from policies.execution.checking import ONLY, check_lines
from policies.execution.journal_files import FileSink, keep_name, lock
from policies.execution.records import Begun, Ended, Found, Intent, Line, Outcome, Settled
from scanner.errors import GuardriftError, UsageError


class NotKept(GuardriftError):
    """A line that is not in the journal."""


class Sink(Protocol):
    """Where the lines go."""

    def append(self, line: Line) -> None:
        """Keep a line for good, and do not return before that; raises what the disk or the SDK does where it cannot."""
        ...

    def close(self) -> None:
        """Let others have it."""
        ...


@dataclass(slots=True)
class Journal:
    """The lines of a run, and where further ones go.

    Attributes:
        sink: keeps each line.
        lines: those that there are, the first of which is ``Begun``.
    """

    sink: Sink
    lines: list[Line] = field(default_factory=list)

    def append(self, line: Line) -> None:
        """Add a line.

        Raises:
            NotKept: it could not be kept, so that what it tells of may not be done.
        """
        try:
            self.sink.append(line)
        except (OSError, ClientError, BotoCoreError) as fault:
            raise NotKept(
                f"the journal could not be written: {fault}", "Nothing further was changed; go on from what is in it."
            ) from fault
        self.lines.append(line)

    def close(self) -> None:
        """Let others have it."""
        self.sink.close()

    @property
    def begun(self) -> Begun:
        """Whom the run contains."""
        first = self.lines[0]
        assert isinstance(first, Begun)  # noqa: S101  (whoever makes a journal begins with it)
        return first

    @property
    def changes(self) -> list[Change]:
        """Everything that is set, those found on the way included; their places are what lines name."""
        return [*self.begun.changes, *(each.change for each in self.lines if isinstance(each, Found))]

    def intents(self, change: int) -> list[Intent]:
        """The writes of a change that put containment in place, in their order."""
        return [
            each
            for each in self.lines
            if isinstance(each, Intent) and each.change == change and each.direction == "contain"
        ]

    def undone_at(self, change: int) -> int:
        """The place of the line by which a change was undone last; -1 where it never was, or was left as it is."""
        found = (
            place
            for place, each in enumerate(self.lines)
            if isinstance(each, Settled) and (each.change, each.direction) == (change, "undo") and each.result != "left"
        )
        return max(found, default=-1)

    def standing_intents(self, change: int) -> list[Intent]:
        """The writes of a change that put containment in place since it was undone last, in their order."""
        return [
            each
            for each in self.lines[self.undone_at(change) + 1 :]
            if isinstance(each, Intent) and each.change == change and each.direction == "contain"
        ]

    def open_intents(self) -> list[Intent]:
        """Intents of which nobody knows what came: the run ended before the answer."""
        known = {each.number for each in self.lines if isinstance(each, Outcome)}
        return [each for each in self.lines if isinstance(each, Intent) and each.number not in known]

    def settled(self, change: int) -> Settled | None:
        """The last that was settled of a change."""
        return next(
            (each for each in reversed(self.lines) if isinstance(each, Settled) and each.change == change), None
        )

    @property
    def next_number(self) -> int:
        """The number of the next call."""
        return 1 + max((each.number for each in self.lines if isinstance(each, Intent)), default=0)

    @property
    def ended(self) -> Ended | None:
        """How the run ended last; None where it was interrupted."""
        last = next((each for each in reversed(self.lines) if isinstance(each, Begun | Intent | Ended)), None)
        return last if isinstance(last, Ended) else None


def new_journal(path: Path, begun: Begun) -> Journal:
    """A journal in a new file.

    Raises:
        UsageError: the file is there already, or cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    except FileExistsError:
        raise UsageError(f"there is a journal {path} already", "Name another file, or go on from it.") from None
    except OSError as fault:
        raise UsageError(f"the journal {path} cannot be made: {fault.strerror}", "Name another folder.") from None
    sink = FileSink(path, os.fdopen(made, "ab", buffering=0))
    lock(sink)
    journal = Journal(sink)
    journal.append(begun)
    keep_name(path.parent)
    return journal


def open_journal(path: Path) -> Journal:
    """The journal of a file, to go on with.

    A last line that was cut short tells of nothing that was done, and is left where it is.

    Raises:
        UsageError: it cannot be read or is none, or another process has it.
    """
    try:
        opened = os.open(path, os.O_RDWR | os.O_APPEND)
    except OSError as fault:
        raise UsageError(f"the journal {path} cannot be read: {fault.strerror}", ONLY) from None
    sink = FileSink(path, os.fdopen(opened, "ab", buffering=0))
    lock(sink)
    try:
        content = path.read_bytes()
        lines = read_lines(content, str(path))
    except OSError as fault:
        sink.close()
        raise UsageError(f"the journal {path} cannot be read: {fault.strerror}", ONLY) from None
    except BaseException:
        sink.close()
        raise
    if not content.endswith(b"\n"):
        sink.file.write(b"\n")
    return Journal(sink, lines)


def read_lines(content: bytes, name: str) -> list[Line]:
    """The lines of a journal.

    Raises:
        UsageError: it is none. A line that is no JSON is one that was cut short when its process ended.
    """
    lines: list[Line] = []
    for number, text in enumerate(content.split(b"\n"), start=1):
        if not text.strip() or not _is_json(text):
            continue
        try:
            lines.append(msgspec.json.decode(text, type=Line))
        except msgspec.ValidationError as fault:
            raise UsageError(
                f"line {number} of {name} is none of a journal that this version writes: {fault}", ONLY
            ) from None
    check_lines(lines, name)
    return lines


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def journal_of(lines: Iterable[Line]) -> Journal:
    """Lines that nothing is added to for good, such as those of another place."""
    return Journal(_Nowhere(), list(lines))


class _Nowhere:
    def append(self, line: Line) -> None:
        """Forget it."""

    def close(self) -> None:
        """There is nothing to close."""
