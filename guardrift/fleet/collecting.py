"""Read one account as a job says; the worker's own credentials are used, and none come with the job."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path

import msgspec
from botocore.loaders import Loader, create_loader

from guardrift.fleet.jobs import Collected, CollectJob, encoded, snapshot_of
from guardrift.fleet.sharing import shared_by, wanted_by
from guardrift.version import __version__
from scanner.collect.account import Scope, collect
from scanner.collect.journal import FileJournal, Journal
from scanner.collect.session import Access, Caller, open_session
from scanner.errors import UsageError
from scanner.inventory import Account


def work(text: str) -> str:
    """Read the account of a job."""
    job = msgspec.json.decode(text, type=CollectJob)
    check_version(job.tool_version)
    return encoded(collected(read(job)))


def read(job: CollectJob) -> Account:
    """The account of a job, which it is certain to be: the credentials are asked whose they are."""
    session = open_session(
        Access(
            profile=job.profile,
            region=job.regions[0] if job.regions else None,
            role_arn=job.role_arn,
            external_id=job.external_id,
            session_duration=job.session_duration,
        )
    )
    # What the SDK reads of its own data for one account serves the next one of this process.
    session._session.register_component("data_loader", _loader())  # noqa: SLF001  (boto3 has no public way to it)
    journals: list[FileJournal] = []

    def journal(caller: Caller) -> Journal:
        if job.journal is None or caller.account_id != job.account_id:
            return Journal()
        max_age = None if job.journal_max_age is None else timedelta(seconds=job.journal_max_age)
        journals.append(FileJournal(Path(job.journal), caller.account_id, lambda: job.now, max_age, __version__))
        return journals[-1]

    scope = Scope(
        regions=job.regions,
        account_id=job.account_id,
        wanted=None if job.wanted is None else frozenset(job.wanted),
        log_buckets=job.log_buckets,
        concurrency=job.concurrency,
        max_rate=job.max_rate,
        user_agent=f"guardrift/{job.tool_version}",
        journal=journal,
    )
    try:
        account = collect(session, scope, now=job.now)
    finally:
        for opened in journals:
            opened.close()
    return account


@cache
def _loader() -> Loader:
    return create_loader()


def collected(account: Account) -> Collected:
    """What is told of an account that was read."""
    return Collected(
        account_id=account.account_id,
        taken_at=account.taken_at,
        is_complete=is_complete(account),
        wants=wanted_by(account),
        shared=shared_by(account),
        snapshot=snapshot_of(account),
    )


def is_complete(account: Account) -> bool:
    """Whether every call that was made was answered."""
    return not any(row.is_refused for row in account.coverage)


def check_version(expected: str) -> None:
    """Raise ``UsageError`` if the coordinator has another guardrift than this worker."""
    if expected != __version__:
        raise UsageError(
            f"the worker has guardrift {__version__}, and the run was started with {expected}",
            "Install the same version everywhere.",
        )
