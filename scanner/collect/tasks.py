"""Work that is done by a pool of threads, or at once by whoever needs its result first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Task(Generic[T]):
    """A piece of work that is done once.

    Whoever asks for the result of a task that nobody has begun does it on the spot; so tasks may wait for one another
    however few threads there are.
    """

    def __init__(self, work: Callable[[], T], done: Callable[[], None]) -> None:
        self._work, self._done = work, done
        self._claim = threading.Lock()
        self._future: Future[T] = Future()

    def run(self) -> None:
        """Do the work, unless somebody has begun."""
        if not self._claim.acquire(blocking=False):
            return
        try:
            self._future.set_result(self._work())
        except BaseException as fault:  # noqa: BLE001  (handed to whoever asks for the result)
            self._future.set_exception(fault)
        self._done()

    def result(self) -> T:
        """The result, or what was raised in its place."""
        self.run()
        return self._future.result()


class Tasks:
    """Tasks on a pool, counted for the display of progress."""

    def __init__(self, pool: ThreadPoolExecutor, on_progress: Callable[[int, int], None]) -> None:
        self._pool, self._on_progress = pool, on_progress
        self._lock = threading.Lock()
        self._begun = self._ended = 0

    def start(self, work: Callable[[], T]) -> Task[T]:
        """Hand work to the pool."""
        task = Task(work, self._count)
        with self._lock:
            self._begun += 1
        self._pool.submit(task.run)
        return task

    def _count(self) -> None:
        with self._lock:
            self._ended += 1
            self._on_progress(self._ended, self._begun)


@contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """A pool that ends at once when it is interrupted."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="collect")
    try:
        yield pool
    except BaseException:
        # Ctrl-C must wait neither for hundreds of queued calls nor for those in flight.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
