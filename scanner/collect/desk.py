"""What every part of a collection needs: clients, ledger, caller, and a pool for calls in flight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from scanner.collect.reader import Clients, Ledger, Reader
from scanner.collect.session import Caller

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every task needs: the clients, the ledger, the caller."""

    clients: Clients
    ledger: Ledger
    caller: Caller
    global_region: str

    def everywhere(self, service: str) -> Reader:
        """A reader of a global service."""
        return Reader(self.clients, self.ledger, service, self.global_region, "global")

    def at(self, service: str, region: str) -> Reader:
        """A reader of a service in one region."""
        return Reader(self.clients, self.ledger, service, region, region)

    @property
    def owner(self) -> tuple[str, str]:
        """Partition and account id, from which ARNs are made."""
        return self.caller.partition, self.caller.account_id


class Tasks:
    """A pool whose tasks are counted for the progress display."""

    def __init__(self, pool: ThreadPoolExecutor, on_progress: Callable[[int, int], None]) -> None:
        self._pool = pool
        self._on_progress = on_progress
        self._futures: list[Future[Any]] = []

    def start(self, task: Callable[..., T], *arguments: object) -> Future[T]:
        """Hand a task to the pool."""
        future = self._pool.submit(task, *arguments)
        self._futures.append(future)
        return future

    def wait(self) -> None:
        """Wait for everything started so far."""
        for done, _ in enumerate(as_completed(self._futures), 1):
            self._on_progress(done, len(self._futures))


@contextmanager
def calls_in_flight(concurrency: int) -> Iterator[ThreadPoolExecutor]:
    """A pool that ends at once when it is interrupted."""
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="collect")
    try:
        yield pool
    except BaseException:
        # Ctrl-C must wait neither for hundreds of queued calls nor for those in flight.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
