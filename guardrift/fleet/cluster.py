"""Workers of a Dask cluster, each with credentials of its own; one that is lost costs no account."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from guardrift.fleet import work as entry
from guardrift.fleet.engines import MOST_ATTEMPTS, Done, Task, Work
from guardrift.version import __version__
from scanner.errors import CollectError, UsageError
from scanner.fleet_report import Engine

Future: TypeAlias = Any
"""A future of Dask, which is imported only where it is used."""

_LARGE_JOB = "1GB"
"""Up to here Dask shall not warn that a job is large: that of judging holds the snapshot of an account."""


class Cluster:
    """The workers of a Dask scheduler.

    Args:
        address: of the scheduler, such as ``tcp://host:8786``.
        patience: for how many seconds the scheduler, and a first worker, are waited for.
        lonely: for how many seconds a run goes on without any worker.
        heartbeat: how many seconds pass until it is looked again whether there are workers.

    Raises:
        UsageError: Dask is not installed, or the address is none.
        CollectError: the scheduler or its workers cannot be reached, or have another guardrift.
    """

    engine: Engine = "dask"
    are_here = False

    def __init__(self, address: str, *, patience: float = 30.0, lonely: float = 300.0, heartbeat: float = 5.0) -> None:
        self.address, self._patience, self._lonely, self._heartbeat = address, patience, lonely, heartbeat
        self._client: Any = _connected(address, patience)
        try:
            self._check_workers()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster; what was not finished is dropped there."""
        self._client.close(timeout=self._heartbeat)

    def run(self, work: Work, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the work of every task, and give the answers as they come."""
        in_flight: dict[Future, Task] = {}
        done: SimpleQueue[Future] = SimpleQueue()
        supply = iter(tasks)
        while True:
            # One for each thread: what waits beside an account that kills its worker would be lost with it, and Dask
            # gives up what was lost a few times.
            most = max(self._threads(), 1)
            while len(in_flight) < most and (task := next(supply, None)) is not None:
                future = self._submit(work, task)
                in_flight[future] = task
                future.add_done_callback(done.put)
            if not in_flight:
                return
            future = self._next(done)
            if future.status in {"lost", "pending"}:
                # The worker died that had the answer; it is made again.
                future.add_done_callback(done.put)
                continue
            yield self._done(future, in_flight.pop(future))

    def _submit(self, work: Work, task: Task) -> Future:
        import dask

        with dask.config.set({"distributed.admin.large-graph-warning-threshold": _LARGE_JOB}):
            return self._client.submit(work, task.text(), pure=False, retries=MOST_ATTEMPTS)

    def _next(self, done: SimpleQueue[Future]) -> Future:
        """The next one that is done; meanwhile it is watched whether there are workers at all."""
        alone_since: float | None = None
        while True:
            try:
                return done.get(timeout=self._heartbeat)
            except Empty:
                now = time.monotonic()
                alone_since = None if self._threads() else alone_since or now
            if alone_since is not None and now - alone_since > self._lonely:
                raise CollectError(
                    f"the Dask scheduler {self.address} has no workers any more",
                    "Start workers, and run the same command with --resume.",
                )

    def _done(self, future: Future, task: Task) -> Done:
        from distributed import KilledWorker

        fault = None if future.cancelled() else future.exception()
        if future.cancelled():
            raise self._lost()
        answer: str | None = future.result() if fault is None else None
        future.release()
        if answer is not None:
            return Done(task.account_id, answer)
        if isinstance(fault, KilledWorker):
            return Done(task.account_id, None, "the workers that worked on it were lost again and again")
        return Done(task.account_id, None, f"the worker failed: {type(fault).__name__}")

    def _threads(self) -> int:
        try:
            # What Client.nthreads asks, with a limit: a scheduler that hangs answers nothing, and refuses nothing.
            cores = self._client.sync(self._client.scheduler.ncores, callback_timeout=self._patience)
            return sum(cores.values())
        except (OSError, TimeoutError):
            raise self._lost() from None

    def _lost(self) -> CollectError:
        return CollectError(
            f"the Dask scheduler {self.address} was lost", "Run the same command with --resume when it is back."
        )

    def _check_workers(self) -> None:
        """Raise ``CollectError`` unless there is a worker, and it has this guardrift."""
        try:
            self._client.wait_for_workers(1, timeout=self._patience)
        except TimeoutError:
            raise CollectError(
                f"the Dask scheduler {self.address} has no workers", f"Start them: dask worker {self.address}"
            ) from None
        future = self._client.submit(entry.version, pure=False)
        fault = future.exception(timeout=self._patience)
        if fault is not None:
            raise CollectError(
                f"the Dask workers cannot run guardrift: {type(fault).__name__}",
                f"Install guardrift[fleet]=={__version__} where they run.",
            )
        found = future.result()
        if found != __version__:
            raise CollectError(
                f"the Dask workers have guardrift {found}, and this is {__version__}",
                "Install the same version everywhere.",
            )


def _connected(address: str, patience: float) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("--scheduler needs Dask", "Install it: pip install 'guardrift[fleet]'") from None
    for name in ("distributed", "asyncio"):
        # Losing the scheduler is told in one sentence, and not by the traces of all that hung on it.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        # A client that does not get to its scheduler is not easily given up: this is asked first.
        asyncio.run(_greet(address, patience))
        return Client(address, timeout=patience, set_as_default=False)
    except (OSError, TimeoutError):
        raise CollectError(
            f"the Dask scheduler {address} cannot be reached", "Check the address; it looks like tcp://host:8786."
        ) from None
    except ValueError as fault:
        raise UsageError(f"--scheduler: {fault}", "The address looks like tcp://host:8786.") from None


async def _greet(address: str, patience: float) -> None:
    from distributed.comm.core import connect
    from distributed.security import Security

    # Dask's own limit is for the connection, and not for a scheduler that accepts it and says nothing.
    comm = await asyncio.wait_for(
        connect(address, timeout=patience, **Security().get_connection_args("client")), patience
    )
    await comm.close()
