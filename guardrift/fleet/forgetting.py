"""Let go of what the engine remembers of an account, so that a worker does not grow with every one that it judges.

Within one account the engine parses each policy once, and remembers it in caches that are wide enough for the largest
account. In a worker they would fill with the policies of hundreds of accounts.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from functools import lru_cache

_REMEMBERING = type(lru_cache(str))
"""What the standard library makes of a function that remembers its answers."""

_TABLE = re.compile("_[a-z][a-z_]*")

_judging = 0
_counting = threading.Lock()


@contextmanager
def remembering() -> Iterator[None]:
    """Remember while an account is judged, and forget after the last of those that are judged at the same time."""
    global _judging
    with _counting:
        _judging += 1
    try:
        yield
    finally:
        with _counting:
            _judging -= 1
            if not _judging:
                _forget()


def _forget() -> None:
    """Empty the caches of the engine and of the rules.

    These are functions that remember a limited number of answers, and tables of modules, which are named in lower case;
    constants are in capitals, and what is remembered without limit does not depend on an account.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith(("scanner.", "rules.")):
            for own, item in list(vars(module).items()):
                if isinstance(item, _REMEMBERING) and item.cache_parameters()["maxsize"] is not None:
                    item.cache_clear()
                elif _TABLE.fullmatch(own) and isinstance(item, MutableMapping):
                    item.clear()
