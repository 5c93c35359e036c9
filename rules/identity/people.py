"""Who can sign in to the console with a password, as the credential report tells."""

from __future__ import annotations

from collections.abc import Iterator

from rules.access_keys.holders import holders_of
from scanner.engine import Subject, Unread
from scanner.engine.subjects import account_resource
from scanner.findings import Resource
from scanner.inventory import Account, CredentialRow, Gap, Undetermined, User, known

REPORT = ("iam:GetAccountAuthorizationDetails", "iam:GenerateCredentialReport", "iam:GetCredentialReport")
"""The actions that tell who has a password."""


def console_users(account: Account) -> Iterator[Subject[CredentialRow] | Unread]:
    """The users who have a password, and those of whom the report does not say."""
    rows = holders_of(account).rows
    for row in (*rows.values(), *_newcomers(account, rows)):
        if row.password_enabled is not False and not row.is_root:
            yield Subject(Resource(row.arn, "AWS::IAM::User", row.user, account.account_id), row)
    if isinstance(account.users, Gap):
        yield Unread(account_resource(account), account.users)


def _newcomers(account: Account, rows: dict[str, CredentialRow]) -> Iterator[CredentialRow]:
    """Rows that say nothing, for users made since the report, which may be four hours old."""
    users = () if isinstance(account.users, Gap) else account.users
    return (CredentialRow(user.name, user.arn, user.created) for user in users if user.arn not in rows)


def with_password(account: Account) -> tuple[CredentialRow, ...]:
    """The users who certainly have a password, without the root user."""
    rows = holders_of(account).rows.values()
    return tuple(row for row in rows if row.password_enabled and not row.is_root)


def require_that_nobody_else_has_a_password(account: Account) -> None:
    """Refuse a verdict that hangs on there being no other user with a password.

    Raises:
        Undetermined: there may be one.
    """
    rows = holders_of(account).rows
    silent = [row for row in (*rows.values(), *_newcomers(account, rows)) if row.password_enabled is None]
    undecided = sorted(row.user for row in silent if not row.is_root)
    if undecided:
        raise Undetermined(f"the credential report does not say whether {undecided[0]} has a password")
    known(account.users)


def has_password(user: User, account: Account) -> bool:
    """Whether a user has a password.

    Raises:
        Undetermined: the report does not say.
    """
    row = holders_of(account).rows.get(user.arn)
    if row is None or row.password_enabled is None:
        raise Undetermined(f"the credential report does not say whether {user.name} has a password")
    return row.password_enabled
