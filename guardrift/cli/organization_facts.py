"""What a member account cannot read of its organization, and its plans depend on: asked with other credentials."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from guardrift.cli.live import Source, collect_account, session_of
from guardrift.cli.output import note
from guardrift.fleet.joining import joined
from guardrift.fleet.membership import as_seen_by
from guardrift.fleet.sharing import Gift, Shared
from scanner.actions import ORGANIZATION_POLICIES, with_what_they_need
from scanner.errors import UsageError
from scanner.inventory import Account, Gap, describe

_WANTED = with_what_they_need(ORGANIZATION_POLICIES | {"organizations:DescribeOrganization", "organizations:ListRoots"})


def with_organization(account: Account, source: Source | None, now: datetime) -> Account:
    """The account with what its organization told by the credentials of the management account.

    Without it nobody knows whether a service control policy reaches the account, so that none would come first.

    Args:
        account: as it was read.
        source: the credentials; None where none are given.
        now: the present time.

    Raises:
        UsageError: they are of another organization.
    """
    if source is None:
        return account
    told = collect_account(session_of(source), replace(source, wanted=_WANTED), now)
    if told.account_id == account.account_id:
        return account
    mine, theirs = account.organization.membership, told.organization.membership
    if isinstance(theirs, Gap):
        note(f"What the organization could put in place is not known: {describe(theirs)}")
        return account
    if not isinstance(mine, Gap) and (mine and mine.id) != (theirs and theirs.id):
        raise UsageError(
            f"account {told.account_id} is not of the organization of account {account.account_id}",
            "Check --organization-profile and --organization-role-arn.",
        )
    facts = as_seen_by(told.organization, account.account_id)
    return joined(account, [Gift(told.account_id, Shared(organization=facts))])
