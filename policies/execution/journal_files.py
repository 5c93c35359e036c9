"""The file of a journal: it grows only, and is held by one process at a time."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from policies.execution.records import Line
from scanner.errors import UsageError

try:
    import fcntl
except ImportError:  # a system without locks on files
    fcntl = None  # type: ignore[assignment]


@dataclass(slots=True)
class FileSink:
    """A file of JSON lines that only grows; readable by its owner alone, and held by one process at a time."""

    path: Path
    file: BinaryIO

    def append(self, line: Line) -> None:
        """Write the line, and wait until it is on the disk."""
        left = memoryview(msgspec.json.encode(line) + b"\n")
        while left:
            # A disk that is nearly full takes a part.
            left = left[self.file.write(left) :]
        os.fsync(self.file.fileno())

    def close(self) -> None:
        """Let others have the file."""
        self.file.close()


def lock(sink: FileSink) -> None:
    """Hold a journal for this process.

    Raises:
        UsageError: another process has it.
    """
    if fcntl is None:
        return
    try:
        fcntl.flock(sink.file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sink.close()
        raise UsageError(f"another process works with {sink.path}", "Wait until it has ended.") from None


def keep_name(folder: Path) -> None:
    """A file whose folder was not written to the disk is not found after a crash."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
