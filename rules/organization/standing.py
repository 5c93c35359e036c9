"""Who is asked about an organization: the account that it binds, or the one account that can tell of it as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.engine import Subject, Unread
from scanner.engine.subjects import account_resource
from scanner.findings import Resource
from scanner.inventory import Account, Gap, Organization


def bound_accounts(account: Account) -> Iterator[Subject[Account] | Unread]:
    """The account, if policies of an organization can bind it: neither a stand-alone nor a management account."""
    membership = account.organization.membership
    if isinstance(membership, Gap):
        yield Unread(account_resource(account), membership)
    elif membership is not None and membership.management_account != account.account_id:
        yield Subject(account_resource(account), account)


def management_accounts(account: Account) -> Iterator[Subject[Account] | Unread]:
    """The account, if it is the management account of an organization."""
    membership = account.organization.membership
    if isinstance(membership, Gap):
        yield Unread(account_resource(account), membership)
    elif membership is not None and membership.management_account == account.account_id:
        yield Subject(account_resource(account), account)


def organizations(account: Account) -> Iterator[Subject[Organization] | Unread]:
    """The organization of the account.

    Where what is known of it was joined from another account, it is judged there, and not once more for each member.
    """
    membership = account.organization.membership
    if isinstance(membership, Gap):
        yield Unread(account_resource(account), membership)
    elif membership is not None and account.organization.read_in is None:
        yield Subject(organization_resource(account, membership), membership)


def organization_resource(account: Account, membership: Organization) -> Resource:
    """How findings name an organization."""
    owner = membership.management_account
    arn = f"arn:{account.partition}:organizations::{owner}:organization/{membership.id}"
    return Resource(arn, "AWS::Organizations::Organization", membership.id, account.account_id)
