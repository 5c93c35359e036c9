"""A desk on the stand-in, for tests of single collectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from scanner.actions import ACTIONS
from scanner.collect.clients import Clients
from scanner.collect.desk import Desk
from scanner.collect.journal import Journal
from scanner.collect.ledger import Ledger
from scanner.collect.session import Caller, client_config
from scanner.collect.tasks import Tasks, threads
from tests.collect.faulty import ACCOUNT_ID, OTHER

CALLER = Caller(ACCOUNT_ID, "aws", f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/scanner/night")


@contextmanager
def asking(
    session: Any, *, wanted: Iterable[str] | None = None, unwanted: Iterable[str] = (), journal: Journal | None = None
) -> Iterator[Desk]:
    """A desk at which every action may be asked for, or only those wanted; ``desk.ledger`` has what was recorded."""
    every = {action.api for action in ACTIONS} if wanted is None else set(wanted)
    with threads(4) as pool:
        yield Desk(
            clients=Clients(session, client_config(4, "tests")),
            ledger=Ledger(),
            caller=CALLER,
            global_region=OTHER,
            tasks=Tasks(pool, lambda _done, _total: None),
            wanted=frozenset(every - set(unwanted)),
            journal=journal or Journal(),
        )
