"""What a worker does: functions with JSON in and JSON out, the same in a local process and on a Dask worker.

A worker may have been started by something else than guardrift. So this module imports nothing of the packages that
are installed inside this one before it has put them on the path.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from guardrift.version import __version__

_PACKAGES = ("scanner", "rules", "policies", "reports")


def collect_account(text: str) -> str:
    """Read one account: a ``CollectJob`` in; ``Collected`` or ``Failed`` out."""
    return _done("guardrift.fleet.collecting", text)


def judge_account(text: str) -> str:
    """Judge one account: a ``JudgeJob`` in; ``Judged`` or ``Failed`` out."""
    return _done("guardrift.fleet.judging", text)


def version() -> str:
    """The version of guardrift that does the work."""
    return __version__


def _done(module: str, text: str) -> str:
    try:
        _put_on_path()
    except ImportError as fault:
        # The types of the answers are among what cannot be imported.
        return json.dumps({"status": "failed", "message": f"the worker cannot work: {fault}"})
    from guardrift.fleet.jobs import Failed, encoded
    from scanner.errors import GuardriftError

    try:
        work: Callable[[str], str] = importlib.import_module(module).work
        return work(text)
    except GuardriftError as fault:
        return encoded(Failed(message=f"{fault.message}. {fault.hint}".rstrip(". ") + "."))
    except Exception as fault:  # noqa: BLE001  (whatever happens to one account must not cost the others)
        return encoded(Failed(message=f"a defect of guardrift: {_place(fault)}"))


def _place(fault: Exception) -> str:
    """What was raised, and where; never its text, which may quote a request or hold data of the account."""
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" in {Path(frames[-1].filename).stem}:{frames[-1].lineno}" if frames else ""
    return f"{type(fault).__name__}{where}"


def _put_on_path() -> None:
    """Make the packages of guardrift importable.

    Raises:
        ImportError: this process has other modules of their names.
    """
    here = Path(__file__).resolve().parents[1]
    installed = here / "_app"
    folder = installed if installed.is_dir() else here.parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    for name in _PACKAGES:
        found = getattr(importlib.import_module(name), "__file__", None)
        if found is None or Path(found).resolve().parents[1] != folder:
            raise ImportError(f"this worker has a module {name!r} that is not guardrift's: {found}")
