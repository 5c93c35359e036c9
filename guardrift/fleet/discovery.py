"""What the coordinator asks itself: the organization, its accounts, and where logs are delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from guardrift.version import __version__
from scanner.actions import with_what_they_need
from scanner.collect.account import Scope, collect
from scanner.collect.account_tags import account_tags
from scanner.collect.journal import FileJournal, Journal
from scanner.collect.session import Caller
from scanner.errors import CollectError
from scanner.inventory import Account, Gap, describe

_OF_THE_ORGANIZATION = frozenset({
    "organizations:ListAccountsForParent", "organizations:DescribePolicy", "organizations:ListTargetsForPolicy",
    "organizations:ListDelegatedServicesForAccount", "organizations:ListAWSServiceAccessForOrganization",
    "organizations:DescribeResourcePolicy", "iam:ListOrganizationsFeatures",
})  # fmt: skip
_WHERE_LOGS_GO = frozenset({
    "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors",
})  # fmt: skip
_NEEDED = frozenset({"organizations:ListAccountsForParent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How the organization is asked.

    Attributes:
        regions: where trails are looked for; empty means every enabled region.
        wanted: the API actions whose answers matter to the scan; None means all but those of options.
        journal: the file that remembers the answers of an account, so that its own scan does not ask again.
        max_age: how old a remembered answer may be; None to begin anew.
    """

    regions: tuple[str, ...]
    wanted: frozenset[str] | None
    concurrency: int
    max_rate: float | None
    journal: Callable[[str], Path]
    max_age: timedelta | None


def discover(session: Any, question: Question, now: datetime) -> Account:
    """The account of the session, with its organization and the trails that it sees, and nothing else.

    Raises:
        CollectError: AWS cannot be asked.
    """
    asked = _OF_THE_ORGANIZATION | _WHERE_LOGS_GO
    if question.wanted is not None:
        asked &= question.wanted
    journals: list[FileJournal] = []

    def journal(caller: Caller) -> Journal:
        path = question.journal(caller.account_id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        journals.append(FileJournal(path, caller.account_id, lambda: now, question.max_age, __version__))
        return journals[-1]

    scope = Scope(
        regions=question.regions,
        wanted=with_what_they_need(asked | _NEEDED),
        concurrency=question.concurrency,
        max_rate=question.max_rate,
        user_agent=f"guardrift/{__version__}",
        journal=journal,
    )
    try:
        return collect(session, scope, now=now)
    finally:
        for opened in journals:
            opened.close()


def log_buckets(account: Account) -> tuple[str, ...]:
    """The names of the buckets to which the trails that the account sees deliver."""
    trails = (trail for region in account.regions if not isinstance(region.trails, Gap) for trail in region.trails)
    return tuple(sorted({trail.bucket for trail in trails if trail.bucket}))


def tags_of(
    session: Any, account_ids: Iterable[str], *, concurrency: int, max_rate: float | None
) -> Mapping[str, Mapping[str, str]]:
    """The tags of accounts; raises ``CollectError`` where those of one cannot be read."""
    found = account_tags(
        session, account_ids, concurrency=concurrency, max_rate=max_rate, user_agent=f"guardrift/{__version__}"
    )
    for account_id, tags in found.items():
        if isinstance(tags, Gap):
            raise CollectError(
                f"the tags of account {account_id} cannot be read, by which it is chosen: {describe(tags)}",
                "Allow organizations:ListTagsForResource.",
            )
    return {account_id: tags for account_id, tags in found.items() if not isinstance(tags, Gap)}
