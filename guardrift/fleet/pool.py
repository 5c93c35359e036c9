"""Workers that are processes of this machine; one that is killed costs no account."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from guardrift.fleet.engines import MOST_ATTEMPTS, Done, Task, Work
from scanner.fleet_report import Engine

_IN_FLIGHT_PER_WORKER = 2
"""One job is worked on, and the next one waits beside it."""

_LOST = f"the process that worked on it was killed {MOST_ATTEMPTS} times, the last time alone; it may need more memory"


class Pool:
    """A pool of processes.

    A pool of the standard library breaks as a whole when one of its processes dies. It is then made anew, and what was
    not finished is begun again. What was lost twice is done alone, so that work which kills its process does not take
    others with it for the third time.

    Answers come in files. Of a process that is killed while it writes a long one into the pool's pipe the beginning
    would be left there, for whose end the pool waits for ever; a short text is written in one piece or not at all.
    """

    engine: Engine = "pool"
    are_here = True

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._context = multiprocessing.get_context("spawn")
        self._executor: ProcessPoolExecutor | None = None
        self._lifeline: Connection | None = None
        self._answers: TemporaryDirectory[str] | None = None

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are doing, and wait until they are gone."""
        if self._lifeline is not None:
            self._lifeline.close()
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        if self._answers is not None:
            self._answers.cleanup()
        self._executor = self._lifeline = self._answers = None

    def run(self, work: Work, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the work of every task, and give the answers as they come."""
        waiting = _Waiting(tasks)
        in_flight: dict[Future[str], Task] = {}
        while True:
            while (task := waiting.next(len(in_flight), _IN_FLIGHT_PER_WORKER * self.workers)) is not None:
                in_flight[self._submit(work, task)] = task
            if not in_flight:
                return
            done, _ = wait(in_flight, return_when=FIRST_COMPLETED)
            is_broken = any(isinstance(future.exception(), BrokenProcessPool) for future in done)
            if is_broken:
                done, _ = wait(in_flight)
            finished = {future: _answer(future) for future in done}
            if is_broken:
                self.close()
            for future, answer in finished.items():
                task, fault = in_flight.pop(future), future.exception()
                if isinstance(fault, BrokenProcessPool):
                    if not waiting.again(task):
                        yield Done(task.account_id, None, _LOST)
                elif fault is not None:
                    yield Done(task.account_id, None, f"the worker failed: {type(fault).__name__}")
                else:
                    yield Done(task.account_id, answer)

    def _submit(self, work: Work, task: Task) -> Future[str]:
        text = task.text()
        try:
            return self._begin(work, text)
        except BrokenProcessPool:
            # A process died while it had nothing to do.
            self.close()
            return self._begin(work, text)

    def _begin(self, work: Work, text: str) -> Future[str]:
        executor = self._pool()
        if self._answers is None:
            self._answers = TemporaryDirectory(prefix="guardrift-")
        return executor.submit(in_file, work, text, self._answers.name)

    def _pool(self) -> ProcessPoolExecutor:
        if self._executor is None:
            end, self._lifeline = self._context.Pipe(duplex=False)
            self._executor = ProcessPoolExecutor(
                self.workers, mp_context=self._context, initializer=_live_with_parent, initargs=(end,)
            )
        return self._executor


def in_file(work: Work, text: str, folder: str) -> str:
    """Do the work in a process of the pool; gives the name of the file that holds the answer."""
    answer = work(text)
    handle, name = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(answer)
    return name


def _answer(future: Future[str]) -> str | None:
    """The answer that a finished future tells the file of; None where it failed."""
    if future.exception() is not None:
        return None
    path = Path(future.result())
    answer = path.read_text(encoding="utf-8", errors="surrogatepass")
    path.unlink()
    return answer


class _Waiting:
    """The tasks that were not begun yet, and those that must be begun again."""

    def __init__(self, tasks: Iterator[Task]) -> None:
        self._tasks = tasks
        self._losses: Counter[str] = Counter()
        self._again: deque[Task] = deque()
        self._alone: deque[Task] = deque()

    def next(self, in_flight: int, most: int) -> Task | None:
        """The next task, if one may be begun now."""
        if in_flight >= most:
            return None
        task = self._again.popleft() if self._again else next(self._tasks, None)
        if task is None and self._alone and in_flight == 0:
            return self._alone.popleft()
        return task

    def again(self, task: Task) -> bool:
        """Let a task that was lost be begun again; false if it was begun often enough."""
        self._losses[task.account_id] += 1
        losses = self._losses[task.account_id]
        if losses < MOST_ATTEMPTS:
            (self._alone if losses == MOST_ATTEMPTS - 1 else self._again).append(task)
        return losses < MOST_ATTEMPTS


def _live_with_parent(lifeline: Connection) -> None:
    """Leave interrupts to the parent, and end when it ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        try:
            lifeline.recv_bytes()
        except (EOFError, OSError):
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
