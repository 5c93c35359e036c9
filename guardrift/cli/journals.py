"""What ``guardrift contain`` does with a journal: go on, undo, look whether it holds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from guardrift.cli.carried_runs import code_of_run, tell, told_run
from guardrift.cli.carrying import api_of, looked_at, told_how_to_go_on
from guardrift.cli.carrying_options import Carrying
from guardrift.cli.live import Source, session_of
from guardrift.cli.output import note
from guardrift.cli.run import FINDINGS, INCOMPLETE, OK
from policies.execution.api import Api
from policies.execution.carrying_out import carry_out
from policies.execution.changes import Change
from policies.execution.journal import Journal, open_journal
from policies.execution.records import Checked
from policies.execution.rolling_back import roll_back
from policies.execution.verifying import whose
from reports.visible import inert, visible
from scanner.errors import UsageError

_OF_VERIFICATION = {"verified": OK, "unverified": INCOMPLETE, "does not hold": FINDINGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A journal, and what is done with it.

    Attributes:
        force: undo what is needed still, too.
    """

    path: Path
    source: Source
    carrying: Carrying
    as_json: bool
    force: bool = False


def run_resume(wanted: Resumed, refuses: Callable[[Change], str | None]) -> int:
    """Go on with a run that was interrupted; returns the exit code."""
    with _opened(wanted) as journal:
        _confirm(wanted, f"go on containing {_whom(journal)}")
        api = _api(wanted, journal.begun.partition)
        with told_how_to_go_on(wanted.path):
            ended = carry_out(journal, api, refuses=refuses, on_progress=wanted.carrying.progress)
        checks = looked_at(journal, api) if ended.state == "applied" else ()
        return _told(wanted, journal, checks)


def run_rollback(wanted: Resumed) -> int:
    """Undo a run; returns the exit code."""
    with _opened(wanted) as journal:
        _confirm(wanted, f"undo what contains {_whom(journal)}")
        try:
            roll_back(
                journal, _api(wanted, journal.begun.partition), force=wanted.force, on_progress=wanted.carrying.progress
            )
        except KeyboardInterrupt:
            note("Interrupted, with some of it undone: the same command goes on.")
            raise
        return _told(wanted, journal)


def run_verify(wanted: Resumed) -> int:
    """Look whether a run holds; returns the exit code."""
    with _opened(wanted) as journal:
        api = _api(wanted, journal.begun.partition)
        doubts = whose(journal.begun, journal.changes, api)
        for each in doubts:
            journal.append(each)
        is_elsewhere = any(each.name == "account" for each in doubts)
        checks = doubts if is_elsewhere else (*doubts, *looked_at(journal, api))
        told = told_run(journal, str(wanted.path), checks)
        tell([told], as_json=wanted.as_json)
        return _OF_VERIFICATION[told.verification or "unverified"]


@contextmanager
def _opened(wanted: Resumed) -> Iterator[Journal]:
    with closing(open_journal(wanted.path)) as journal:
        expected = wanted.source.account_id
        if expected is not None and expected != journal.begun.account_id:
            raise UsageError(
                f"the journal is of account {journal.begun.account_id}, and --account says {expected}",
                "Give the journal of that account.",
            )
        yield journal


def _api(wanted: Resumed, partition: str) -> Api:
    return api_of(session_of(wanted.source), wanted.carrying, partition)


def _whom(journal: Journal) -> str:
    return journal.begun.principal or f"account {journal.begun.account_id}"


def _confirm(wanted: Resumed, what: str) -> None:
    if wanted.carrying.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to confirm it", "Add --yes.")
    sys.stderr.write(inert(visible(f"Type yes to {what}: ")))
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise UsageError("it was not confirmed, and nothing was changed", "Type yes.")


def _told(wanted: Resumed, journal: Journal, checks: tuple[Checked, ...] = ()) -> int:
    told = told_run(journal, str(wanted.path), checks)
    tell([told], as_json=wanted.as_json)
    return code_of_run(told)
