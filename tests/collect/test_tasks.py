"""Work on a pool: tasks may wait for one another however few threads there are."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from scanner.collect.tasks import Task, Tasks, threads


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    with threads(1) as pool:
        yield Tasks(pool, lambda _done, _total: None)


def test_a_task_waits_for_others_on_a_single_thread(tasks: Tasks) -> None:
    def sum_of(depth: int) -> int:
        return depth + sum(task.result() for task in [tasks.start(lambda: sum_of(depth - 1)) for _ in range(depth)])

    assert tasks.start(lambda: sum_of(3)).result() == 3 + 3 * (2 + 2 * 1)


def test_work_is_done_once(tasks: Tasks) -> None:
    done: list[int] = []
    blocked = threading.Event()
    first = tasks.start(blocked.wait)
    task = tasks.start(lambda: done.append(1))

    task.result()
    blocked.set()
    task.result()
    first.result()
    tasks.start(lambda: None).result()

    assert done == [1]


def test_what_is_raised_is_raised_to_everybody_who_asks(tasks: Tasks) -> None:
    def fails() -> None:
        raise LookupError("no")

    task = tasks.start(fails)

    for _ in range(2):
        with pytest.raises(LookupError):
            task.result()


def test_progress_counts_tasks_that_are_done_by_those_who_wait() -> None:
    told: list[tuple[int, int]] = []
    with threads(1) as pool:
        tasks = Tasks(pool, lambda done, total: told.append((done, total)))
        outer: Task[list[int]] = tasks.start(lambda: [tasks.start(lambda: 1).result() for _ in range(3)])
        assert outer.result() == [1, 1, 1]

    assert told[-1] == (4, 4)
    assert [done for done, _ in told] == [1, 2, 3, 4]
