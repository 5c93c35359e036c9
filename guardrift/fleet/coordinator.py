"""The two rounds of a fleet: every account is read; then each is joined with what others know of it, and judged.

Of an account no more is kept in memory than a digest and what others may want to know. Everything else is written as
it comes, and read again when it is its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import msgspec

from guardrift.configuration import Configuration
from guardrift.fleet import work
from guardrift.fleet.accounts import Choice
from guardrift.fleet.discovery import log_buckets
from guardrift.fleet.engines import Done, Task, Workers
from guardrift.fleet.exchange import Exchange
from guardrift.fleet.jobs import Answer, Collected, CollectJob, Failed, Judged, JudgeJob, answer, encoded
from guardrift.fleet.membership import place_of
from guardrift.fleet.sharing import shared_by
from guardrift.fleet.store import Store, scope_of
from guardrift.fleet.summing import FleetSum
from guardrift.selection import Selection
from guardrift.version import __version__
from reports.unknowns import unanswered
from scanner.fleet_report import FailedAccount, FleetOrganization, FleetReport, FleetRun, Stage
from scanner.inventory import Account, Gap

_A_DAY = 86_400.0
_MOST_SAID = 600
_NOT_BY_STACK_SET = (
    " This is the management account, which a StackSet of the organization does not reach: make the role there by "
    "itself, or leave the account out with --skip-account."
)

T = TypeVar("T", Collected, Judged)
OnProgress = Callable[[Stage, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done with every account.

    Attributes:
        role_name: the role that is assumed in each account, with its path if it has one.
        profile: a profile of the AWS configuration, here and where the workers are.
        wanted: the API actions whose answers matter; None means all but those of options.
        log_buckets: names of buckets to which accounts deliver logs, beside those that trails name.
        concurrency: calls in flight, for each account.
        max_rate: requests a second, for each account.
        selection: what the command line says of the rules to ask.
        rule_folders: folders of custom rules, which must be where the workers are.
        at: the time to judge at; None for the time when each account was read.
        max_age: how old the answers of an earlier run may be to be used again; None to begin anew.
    """

    role_name: str
    now: datetime
    selection: Selection
    configuration: Configuration
    rule_folders: tuple[str, ...] = ()
    profile: str | None = None
    external_id: str | None = None
    session_duration: int | None = None
    regions: tuple[str, ...] = ()
    wanted: frozenset[str] | None = None
    log_buckets: tuple[str, ...] = ()
    concurrency: int = 16
    max_rate: float | None = None
    at: datetime | None = None
    max_age: timedelta | None = None


class Coordinator:
    """Hands out the accounts of an organization, and puts together what comes back.

    Args:
        plan: what is done.
        store: where files go.
        workers: who does it.
        here: workers of this machine, for the account of our own credentials; they may be the same.
        found: what the coordinator's account told of the organization.
        choice: which accounts are scanned.
        on_progress: told how many accounts are done, and of how many.
    """

    def __init__(
        self,
        plan: Plan,
        store: Store,
        *,
        workers: Workers,
        here: Workers,
        found: Account,
        choice: Choice,
        on_progress: OnProgress = lambda _stage, _done, _total: None,
    ) -> None:
        self._plan, self._store, self._workers, self._here = plan, store, workers, here
        self._found, self._choice, self._on_progress = found, choice, on_progress
        self._accounts = {account.id: account for account in choice.chosen}
        self._buckets = tuple(sorted({*log_buckets(found), *plan.log_buckets}))
        self._scope = scope_of(
            __version__, plan.regions, None if plan.wanted is None else sorted(plan.wanted), self._buckets
        )
        self._organization = self._told_organization()
        self._exchange = Exchange(self._organization.management_account)
        self._exchange.add(found.account_id, (), shared_by(found))
        self._sum = FleetSum()
        self._taken_at: dict[str, datetime] = {}
        self._resumed: list[str] = []

    def run(self) -> FleetReport:
        """Scan them all; the report is also what is left of it in memory."""
        self._collect()
        if self._found.account_id not in self._accounts:
            self._store.drop_journal(self._found.account_id)
        self._exchange.keep_what_is_wanted()
        self._judge()
        run = FleetRun(
            tool_version=__version__,
            started_at=self._plan.now,
            finished_at=datetime.now(UTC),
            engine=self._workers.engine,
            judged_at=self._plan.at,
            taken_at=dict(sorted(self._taken_at.items())),
            resumed=tuple(sorted(self._resumed)),
        )
        return self._sum.report(run, self._organization, self._choice, self._exchange.unread_buckets())

    def _told_organization(self) -> FleetOrganization:
        membership = self._found.organization.membership
        known = None if isinstance(membership, Gap) else membership
        return FleetOrganization(
            id=known.id if known else "",
            management_account=known.management_account if known else "",
            listed_in=self._found.account_id,
            unread=unanswered(self._found.coverage),
        )

    def _collect(self) -> None:
        left = [account_id for account_id in self._accounts if not self._is_resumed(account_id)]
        own = [account_id for account_id in left if account_id == self._found.account_id]
        others = [account_id for account_id in left if account_id != self._found.account_id]
        done = len(self._accounts) - len(left)
        for workers, account_ids in ((self._here, own), (self._workers, others)):
            tasks = (Task(account_id, partial(self._collect_job, account_id, workers)) for account_id in account_ids)
            for one in workers.run(work.collect_account, tasks):
                done += 1
                self._collected(one)
                self._on_progress("collect", done, len(self._accounts))

    def _is_resumed(self, account_id: str) -> bool:
        self._store.begin(account_id)
        if self._plan.max_age is None:
            return False
        about = self._store.reusable(account_id, self._scope, self._plan.now, self._plan.max_age)
        if about is None:
            return False
        self._store.drop_journal(account_id)
        self._exchange.add(account_id, about.wants, about.shared)
        self._taken_at[account_id] = about.taken_at
        self._resumed.append(account_id)
        return True

    def _collect_job(self, account_id: str, workers: Workers) -> str:
        plan, is_own = self._plan, account_id == self._found.account_id
        max_age = None if plan.max_age is None else plan.max_age.total_seconds()
        return encoded(
            CollectJob(
                tool_version=__version__,
                account_id=account_id,
                now=plan.now,
                role_arn=None if is_own else self._role_arn(account_id),
                external_id=None if is_own else plan.external_id,
                session_duration=None if is_own else plan.session_duration,
                profile=plan.profile,
                regions=plan.regions,
                wanted=None if plan.wanted is None else tuple(sorted(plan.wanted)),
                log_buckets=self._buckets,
                concurrency=plan.concurrency,
                max_rate=plan.max_rate,
                journal=str(self._store.journal(account_id).resolve()) if workers.are_here else None,
                # The journal of our own account begins with what was found out about the organization.
                journal_max_age=_A_DAY if is_own and max_age is None else max_age,
            )
        )

    def _role_arn(self, account_id: str) -> str:
        return f"arn:{self._found.partition}:iam::{account_id}:role/{self._plan.role_name.strip('/')}"

    def _collected(self, done: Done) -> None:
        found = self._answer(done, "collect", Collected)
        if found is None:
            return
        self._store.keep_collected(found, self._scope)
        self._exchange.add(found.account_id, found.wants, found.shared)
        self._taken_at[found.account_id] = found.taken_at

    def _judge(self) -> None:
        tasks = (Task(account_id, partial(self._judge_job, account_id)) for account_id in sorted(self._taken_at))
        for count, one in enumerate(self._workers.run(work.judge_account, tasks), 1):
            found = self._answer(one, "judge", Judged)
            if found is not None:
                self._store.keep_judged(one.account_id, found)
                self._sum.add(found.result, found.rules)
            self._on_progress("judge", count, len(self._taken_at))

    def _judge_job(self, account_id: str) -> str:
        plan = self._plan
        return encoded(
            JudgeJob(
                tool_version=__version__,
                account_id=account_id,
                name=self._accounts[account_id].name,
                place=place_of(self._found.organization, account_id),
                tags=dict(self._choice.tags.get(account_id, {})),
                started_at=plan.now,
                selection=plan.selection,
                rule_folders=plan.rule_folders,
                configuration=plan.configuration,
                at=plan.at,
                gifts=self._exchange.gifts_for(account_id),
                snapshot=self._store.collected(account_id),
            )
        )

    def _answer(self, done: Done, stage: Stage, kind: type[T]) -> T | None:
        """The answer about an account; None where there is none, which is then noted as its failure."""
        failure = done.failure
        if done.answer is not None:
            try:
                found = answer(done.answer)
            except msgspec.DecodeError:
                found = Failed(message="the answer of the worker cannot be read")
            if isinstance(found, kind) and _account_of(found) == done.account_id:
                return found
            failure = found.message if isinstance(found, Failed) else "the worker answered about another account"
        is_own = done.account_id == self._found.account_id
        if stage == "collect" and not is_own and done.account_id == self._organization.management_account:
            failure += _NOT_BY_STACK_SET
        self._sum.fail(
            FailedAccount(
                account_id=done.account_id,
                name=self._accounts[done.account_id].name,
                place=place_of(self._found.organization, done.account_id),
                stage=stage,
                message=failure[:_MOST_SAID],
            )
        )
        return None


def _account_of(found: Answer) -> str | None:
    if isinstance(found, Collected):
        return found.account_id
    return found.result.account_id if isinstance(found, Judged) else None
