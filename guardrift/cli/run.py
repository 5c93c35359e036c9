"""Run the command line, and turn every way to end into an exit code and one clear message."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Sequence
from contextlib import suppress

from guardrift.cli.app import app
from guardrift.cli.output import leave_stdout, note, set_up_streams

_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""How the writing to a stream fails that no path names, such as standard output on a full disk."""

OK, FINDINGS, USAGE, INCOMPLETE, FATAL, INTERRUPTED = 0, 1, 2, 3, 4, 130


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    set_up_streams()
    try:
        app(list(arguments), prog_name="guardrift")
    except SystemExit as leaving:
        # Typer has printed usage errors (2) itself, and ends so after an interrupt (130), too.
        if isinstance(leaving.code, int):
            return leaving.code
        return OK if leaving.code is None else _failed(leaving)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException as fault:  # noqa: BLE001  (whatever happens must end in a code of its own, not in that of findings)
        return _failed(fault)
    return OK


def _failed(fault: BaseException) -> int:
    from scanner.errors import GuardriftError, UsageError

    if os.environ.get("GUARDRIFT_DEBUG"):
        traceback.print_exc()
    if isinstance(fault, GuardriftError):
        _say(fault.message, fault.hint)
        return USAGE if isinstance(fault, UsageError) else FATAL
    if isinstance(fault, OSError) and fault.filename is not None:
        _say(f"{fault.filename}: {fault.strerror}", "Check the path and its permissions.")
        return USAGE
    if isinstance(fault, OSError) and fault.errno in _UNWRITABLE:
        leave_stdout()
        _say(f"the output cannot be written: {fault.strerror}", "Make room for it, or send it somewhere else.")
        return USAGE
    _say(
        f"guardrift failed with {type(fault).__name__}: {fault}",
        "This is a defect. GUARDRIFT_DEBUG=1 shows where it happened; the trace may hold account data.",
    )
    return FATAL


def _say(message: str, hint: str) -> None:
    # Where nothing can be said the exit code still has to be the right one.
    with suppress(OSError):
        note(f"error: {message}")
        if hint:
            note(f"help: {hint}")
