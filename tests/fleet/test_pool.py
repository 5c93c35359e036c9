"""A pool of real processes: none of them is needed to finish."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from guardrift.fleet.engines import Done, Task, Work
from guardrift.fleet.pool import Pool, in_file
from tests.fleet import labour

ROOT = Path(__file__).parents[2]


def tasks(*texts: str) -> Iterator[Task]:
    return (Task(text, partial(str, text)) for text in texts)


def done(work: Work, *texts: str, workers: int = 2) -> dict[str, Done]:
    with Pool(workers) as pool:
        return {one.account_id: one for one in pool.run(work, tasks(*texts))}


def gone(pid: int) -> bool:
    """Whether a process ends soon."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_every_task_is_done_once() -> None:
    found = done(labour.upper, *(f"account-{number}" for number in range(20)))

    assert {one.answer for one in found.values()} == {f"ACCOUNT-{number}" for number in range(20)}


def test_tasks_are_taken_as_workers_become_free() -> None:
    taken: list[str] = []

    def text(name: str) -> str:
        taken.append(name)
        return name

    with Pool(1) as pool:
        answers = pool.run(labour.upper, (Task(f"{n}", partial(text, f"{n}")) for n in range(50)))
        next(answers)
        assert len(taken) <= 4
        assert len(list(answers)) == 49


def test_a_long_answer_is_not_written_into_the_pipe_of_the_pool(tmp_path: Path) -> None:
    """A process that is killed in the middle of that would leave a beginning, for whose end the pool waits for ever."""
    name = in_file(labour.upper, "x" * 5_000_000, str(tmp_path))

    assert len(pickle.dumps(name)) < select.PIPE_BUF
    assert Path(name).read_text() == "X" * 5_000_000
    assert done(labour.upper, "y" * 5_000_000, "\ud800")["y" * 5_000_000].answer == "Y" * 5_000_000


def test_several_processes_work() -> None:
    found = done(labour.slowly, *(f"{number}" for number in range(8)))

    assert len({(one.answer or "").split()[1] for one in found.values()} - {str(os.getpid())}) == 2


def test_what_a_killed_process_left_is_done_by_another(tmp_path: Path) -> None:
    names = [f"account-{number}" for number in range(6)]
    for name in names[1:]:
        (tmp_path / name).write_text("")
    found = done(labour.dies_once, *(str(tmp_path / name) for name in names))

    assert sorted(one.answer or one.failure for one in found.values()) == names


def test_what_kills_its_process_again_and_again_takes_no_other_with_it() -> None:
    names = [f"account-{number}" for number in range(6)]
    found = done(labour.dies_for_bad, "bad", *names)

    assert {name: found[name].answer for name in names} == {name: name for name in names}
    assert found["bad"].answer is None
    assert "killed 3 times" in found["bad"].failure


def test_two_that_kill_their_processes() -> None:
    with Pool(2) as pool:
        jobs = iter([Task("a", lambda: "bad"), Task("b", lambda: "good"), Task("c", lambda: "bad")])
        found = {one.account_id: one.answer for one in pool.run(labour.dies_for_bad, jobs)}

    assert found == {"a": None, "b": "good", "c": None}


def test_a_process_that_dies_while_it_waits_is_replaced() -> None:
    with Pool(1) as pool:
        assert [one.answer for one in pool.run(labour.upper, tasks("a"))] == ["A"]
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        assert [one.answer for one in pool.run(labour.upper, tasks("b"))] == ["B"]


def test_a_fault_of_the_work_itself_is_told_without_its_text() -> None:
    found = done(labour.raises, "a secret")["a secret"]

    assert (found.answer, found.failure) == (None, "the worker failed: ValueError")


def test_leaving_ends_the_processes(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    pool = Pool(2)
    answers = pool.run(labour.sleeps_over_files, tasks("a", str(file)))
    assert next(answers).answer == "a"
    _wait_for(file)
    pool.close()

    assert gone(int(file.read_text()))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_processes_end_with_the_program_however_it_ends(tmp_path: Path, end: signal.Signals) -> None:
    file = tmp_path / "pid"
    program = (
        "from guardrift.fleet.engines import Task\n"
        "from guardrift.fleet.pool import Pool\n"
        "from tests.fleet.labour import sleeps_over_files\n"
        f"with Pool(1) as pool:\n    list(pool.run(sleeps_over_files, iter([Task('a', lambda: {str(file)!r})])))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    _wait_for(file)
    process.send_signal(end)
    _, said = process.communicate(timeout=120)

    assert gone(int(file.read_text()))
    assert said.count(b"Traceback") <= 1  # that of the program itself, which catches no interrupt


def _wait_for(file: Path) -> None:
    for _ in range(300):
        if file.exists() and file.read_text():
            return
        time.sleep(0.1)
    raise AssertionError("the work was not begun")
