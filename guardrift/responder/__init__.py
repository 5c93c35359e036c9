"""The function that EventBridge calls: it plans the containment of a finding, and tells, asks or carries it out.

AWS Lambda imports this module before anything of guardrift is on the path, so it loads nothing by itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The entry point for AWS Lambda: an event of GuardDuty or AWS Health, or an approval; JSON in, JSON out.

    Args:
        event: as EventBridge hands it on, or ``{"approve": {...}}`` as a notification gives it.
        context: of the invocation, as Lambda gives it.

    Raises:
        Exception: something failed; it was told before, as far as that was possible, and Lambda tries again.
    """
    _put_on_path()
    from guardrift.responder.handling import handled

    return handled(event, context)


def _put_on_path() -> None:
    here = Path(__file__).resolve().parents[1]
    home = here / "_app" if (here / "_app").is_dir() else here.parent
    if str(home) not in sys.path:
        sys.path.insert(0, str(home))
