"""What hands work out: the same for processes of this machine and for a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from scanner.fleet_report import Engine

Work = Callable[[str], str]

MOST_ATTEMPTS = 3
"""How often the work of an account is begun before its worker's death is taken for its own fault."""


class Task(NamedTuple):
    """One piece of work: the account, and what makes the text of its job when a worker is free."""

    account_id: str
    text: Callable[[], str]


class Done(NamedTuple):
    """What became of it: the answer of the work, or why there is none."""

    account_id: str
    answer: str | None
    failure: str = ""


class Workers(Protocol):
    """Some number of workers."""

    @property
    def engine(self) -> Engine:
        """What they run on."""

    @property
    def are_here(self) -> bool:
        """Whether they run on this machine, with its files and its credentials."""

    def run(self, work: Work, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the work of every task, and give the answers as they come, in whatever order.

        Tasks are taken as workers become free, so that only few jobs and answers exist at a time.
        """
