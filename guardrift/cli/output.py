"""Where output goes: files that appear whole or not at all, data on stdout, everything else on stderr."""

from __future__ import annotations

import io
import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from reports.visible import inert, visible
from scanner.errors import UsageError


def write_file(path: Path, *parts: bytes) -> None:
    """Write a file, readable by its owner alone: under a temporary name first, then renamed.

    A pipe or a device is written to as it is.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        if _is_special(path):
            with path.open("wb") as file:
                file.writelines(parts)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:64]}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(parts)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as fault:
        raise UsageError(f"{path} cannot be written: {fault.strerror}", "Check the path and its permissions.") from None


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder, by relative path; shell scripts can be run as they are."""
    for name, text in files.items():
        write_file(folder / name, text.encode())
        if name.endswith(".sh"):
            (folder / name).chmod(0o700)


def read_file(path: Path) -> bytes:
    """The bytes of a file, or of standard input for ``-``; raises ``UsageError`` if it cannot be read."""
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as fault:
        raise UsageError(f"{path} cannot be read: {fault.strerror}", "Check the path and its permissions.") from None


def check_writable(path: Path) -> None:
    """Raise ``UsageError`` if a file could not be written there; asked before AWS is."""
    folder = next((parent for parent in (path.parent, *path.parent.parents) if parent.exists()), Path())
    if _is_special(path):
        is_possible = os.access(path, os.W_OK)
    else:
        is_possible = not path.is_dir() and folder.is_dir() and os.access(folder, os.W_OK)
    if not is_possible:
        raise UsageError(f"{path} cannot be written", "Check the path and its permissions.")


def data(text: str) -> None:
    """Print data on stdout; a reader that has gone away is not an error of ours."""
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        leave_stdout()


def data_lines(lines: Iterable[str], *, at_once: bool) -> None:
    """Print lines of data as they come, if wanted each without waiting for more; where the reader is gone, stop."""
    try:
        for line in lines:
            sys.stdout.write(line)
            if at_once:
                sys.stdout.flush()
        sys.stdout.flush()
    except BrokenPipeError:
        leave_stdout()


def leave_stdout() -> None:
    """Write nothing to stdout any more: the interpreter flushes it once more at exit, which must not fail either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(text: str) -> None:
    """Say something on stderr, in one line that neither a terminal nor a CI runner obeys."""
    line = inert(visible(text))
    print(line, file=sys.stderr)  # noqa: T201  (the only place where notes are printed)


def set_up_streams() -> None:
    """Let no character of a name end the program: pipes and files get UTF-8, a terminal escapes what it cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def colour(text: str, *, stderr: bool = False) -> None:
    """Print a summary with its severities coloured, where that is a terminal which wants it."""
    stream = sys.stderr if stderr else sys.stdout
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        if stderr:
            stream.write(text)
        else:
            data(text)
        return
    from rich.console import Console
    from rich.text import Text

    styled = Text(text)
    for word, style in {
        "CRITICAL": "bold white on red",
        "HIGH": "bold red",
        "MEDIUM": "yellow",
        "LOW": "cyan",
    }.items():
        styled.highlight_regex(rf"(?m)(?<=^  ){word}\b", style)
    Console(file=stream, highlight=False, soft_wrap=True).print(styled, end="")


def set_up_logging(verbose: int, *, quiet: bool) -> None:
    """Log to stderr: warnings, with -v our own steps, with -vv those of the SDK from its warnings on."""
    level = logging.ERROR if quiet else [logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)]
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for name in ("guardrift", "scanner"):
        logging.getLogger(name).setLevel(level)
    logging.getLogger("botocore").setLevel(logging.INFO if verbose > 1 else logging.ERROR)
