"""Carrying out a plan from within the function: the rate limit, the never-list, and the journal in the bucket."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from guardrift.responder.bucket_journal import HOUR, BucketSink, contained_since, is_among, new_run
from guardrift.responder.incident import Weighed
from guardrift.responder.settings import Settings
from guardrift.version import __version__
from policies.dispatch import Circumstances, never_listed
from policies.execution.api import Api
from policies.execution.carrying_out import carry_out
from policies.execution.changes import Change
from policies.execution.journal import Journal
from policies.execution.planned import suspected_instances
from policies.execution.records import Begun, Checked, Ended, Settled
from policies.execution.slots import slot_of
from policies.execution.verifying import verify
from scanner.collect.outcome import message_of
from scanner.errors import CollectError
from scanner.inventory import Account

OF_SDK = (ClientError, BotoCoreError, ResponseParserError)
"""What the SDK raises: AWS refuses, is not reached, or something else answers in its place."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of carrying out one plan.

    Attributes:
        run: the name of the journal.
        ended: how it ended.
        settled: what was set, or was set already.
        changes: what the journal names by its place.
        checks: whether it holds; nothing where it was not carried out to its end.
    """

    run: str
    ended: Ended
    settled: tuple[Settled, ...]
    changes: tuple[Change, ...]
    checks: tuple[Checked, ...]


def too_many(weighed: Weighed, api: Api, settings: Settings) -> str:
    """Why nothing further is contained within this hour, as a sentence; empty where it may be.

    A principal that was contained within the hour may be contained again: its cutoff is raised, and nobody else is hit.

    Raises:
        CollectError: the bucket does not tell, and without a count nothing is done.
    """
    try:
        found = contained_since(api, settings.bucket, api.now() - HOUR)
    except OF_SDK as fault:
        raise CollectError(
            f"what was contained within the hour is not known: {message_of(fault)}",
            "Check s3:ListBucket of the function on the bucket of the journals.",
        ) from None
    if len(found) < settings.most_per_hour or is_among(_whom(weighed), found):
        return ""
    return (
        f"{len(found)} principals were contained within the hour, and GUARDRIFT_MAX_PER_HOUR is "
        f"{settings.most_per_hour}: somebody may be raising findings to lock people out."
    )


def carried_out(weighed: Weighed, account: Account, api: Api, settings: Settings) -> Carried:
    """Carry out a plan.

    Raises:
        NotKept: the journal could not be written, and nothing was done that is not in it.
    """
    plan = weighed.plan
    begun = Begun(
        run=new_run(_whom(weighed), api.now()),
        at=api.now(),
        version=__version__,
        account_id=plan.account_id,
        partition=plan.partition,
        principal=plan.principal,
        unique_id=plan.unique_id,
        kinds=tuple(plan.kinds),
        subject=plan.subject,
        changes=weighed.changes,
        instances=tuple((each.id, each.region) for each in suspected_instances(plan)),
        regions=tuple(each.name for each in account.regions),
        caller=account.caller or "",
        warning=plan.reason,
    )
    journal = Journal(BucketSink(api, settings.bucket, begun.run))
    journal.append(begun)
    circumstances = Circumstances(at=api.now(), protected=settings.protected)

    def refuses(change: Change) -> str | None:
        return never_listed(change.principal, account, circumstances) if change.principal else None

    ended = carry_out(journal, api, refuses=refuses)
    checks = _looked_at(journal, api) if ended.state == "applied" else ()
    settled = tuple(each for each in journal.lines if isinstance(each, Settled))
    return Carried(begun.run, ended, settled, tuple(journal.changes), checks)


def _looked_at(journal: Journal, api: Api) -> tuple[Checked, ...]:
    """Whether it holds; that nobody could look takes nothing back, and is told."""
    try:
        checks = verify(journal.lines, api, lambda change: slot_of(change, api).read(), regions=journal.begun.regions)
    except OF_SDK as fault:
        checks = (Checked(at=api.now(), name="verification", verdict="unknown", said=message_of(fault)),)
    for each in checks:
        journal.append(each)
    return checks


def _whom(weighed: Weighed) -> str:
    return weighed.plan.unique_id or weighed.plan.principal
