"""guardrift: policy-as-code guardrails, drift detection and containment plans for AWS.

The packages ``scanner``, ``rules``, ``policies`` and ``reports`` are installed inside this one, so that their common
names do not take the place of other packages; ``main`` puts them on the path of this process alone.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import sys
import time
from pathlib import Path

from guardrift.version import __version__

__all__ = ["STARTED", "__version__", "main"]

STARTED = time.perf_counter()
"""When the program started, as ``time.perf_counter`` counts."""


def main() -> None:
    """The console script: run the command line and exit with its code."""
    # An account is millions of objects without cycles: the collector would walk them again and again for nothing.
    # Whoever talks to AWS turns it on again, since requests and errors do make cycles.
    gc.set_threshold(200_000, 100, 100)
    gc.disable()
    here = Path(__file__).resolve().parent
    installed = here / "_app"
    sys.path.insert(0, str(installed if installed.is_dir() else here.parent))
    # Whoever stops a container or a job means the same as Ctrl-C: what was read is to be kept.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from guardrift.cli.run import INTERRUPTED, run

    code = run(sys.argv[1:])
    if code != INTERRUPTED:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            # Whoever read the output may be gone, or never was there; what was asked for is done.
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
    # The interpreter would wait for calls in flight that may hang, and take an account apart object by object.
    os._exit(code)
