"""At most so many requests a second, for accounts whose limits production needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Spreads requests evenly: each one gets its moment, and waits for it.

    Args:
        rate: requests a second.
        clock: gives monotonic seconds.
        pause: waits for seconds.
    """

    def __init__(
        self, rate: float, clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._interval = 1 / rate
        self._clock, self._pause = clock, pause
        self._next = clock()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may be made."""
        with self._lock:
            now = self._clock()
            moment = max(self._next, now)
            self._next = moment + self._interval
        if moment > now:
            self._pause(moment - now)
