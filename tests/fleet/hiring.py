"""Workers for tests: they do the work here and now, or give answers that were prepared."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from guardrift.fleet import work
from guardrift.fleet.collecting import collected
from guardrift.fleet.engines import Done, Task, Work
from guardrift.fleet.jobs import CollectJob, Failed, JudgeJob, encoded
from scanner.fleet_report import Engine
from scanner.inventory import Account


class Hired:
    """Answers collection with prepared accounts, and judges for real; ``jobs`` has what was handed out.

    Args:
        accounts: what each account would answer; a text is why it fails.
        backwards: whether answers come in the reverse order of the tasks.
    """

    engine: Engine = "pool"
    are_here = True

    def __init__(self, accounts: dict[str, Account | str], *, backwards: bool = False) -> None:
        self._accounts, self._backwards = accounts, backwards
        self.collected: list[CollectJob] = []
        self.judged: list[JudgeJob] = []
        self.on_collect: Callable[[str], str | None] = lambda _account_id: None

    def run(self, work_of: Work, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the work of every task."""
        given = list(tasks)
        for task in reversed(given) if self._backwards else given:
            text = task.text()
            if work_of is work.judge_account:
                self.judged.append(msgspec.json.decode(text, type=JudgeJob))
                yield Done(task.account_id, work_of(text))
            else:
                yield self._collect(task, text)

    def _collect(self, task: Task, text: str) -> Done:
        job = msgspec.json.decode(text, type=CollectJob)
        self.collected.append(job)
        answer = self.on_collect(task.account_id)
        if answer is not None:
            return Done(task.account_id, answer)
        found = self._accounts[job.account_id]
        if isinstance(found, str):
            return Done(task.account_id, encoded(Failed(message=found)))
        return Done(task.account_id, encoded(collected(found)))
