"""Work for the processes of a pool."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def upper(text: str) -> str:
    """The text in capitals."""
    return text.upper()


def slowly(text: str) -> str:
    """The process that did it, after a while."""
    time.sleep(0.2)
    return f"{text} {os.getpid()}"


def dies_once(text: str) -> str:
    """Kills its process the first time that it is called for a file, which it makes."""
    path = Path(text)
    if not path.exists():
        path.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def dies_for_bad(text: str) -> str:
    """Kills its process whenever the text says so."""
    time.sleep(0.05)
    if text == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return text


def sleeps_over_files(text: str) -> str:
    """For a path leaves a file that says which process it is, and sleeps for ever."""
    if Path(text).is_absolute():
        Path(text).write_text(str(os.getpid()))
        time.sleep(600)
    return text


def raises(text: str) -> str:
    """A fault that no work should have."""
    raise ValueError(f"it holds {text}")
