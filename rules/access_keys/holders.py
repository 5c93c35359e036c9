"""Who holds which credentials, looked up once for an account, and how far a stolen one would reach."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from weakref import WeakKeyDictionary

from scanner.findings import Severity
from scanner.iam.escalation.graph import graph_of
from scanner.iam.sources import AccountPolicies, policies_of
from scanner.inventory import AccessKey, Account, CredentialRow, Gap, User, UserKeys, known

Reach = Literal["administrator", "can become administrator"]


@dataclass(frozen=True, eq=False)
class Holders:
    """The credentials of an account, by their holders; reading what was not collected raises ``NotCollected``."""

    account: Account

    @cached_property
    def rows(self) -> dict[str, CredentialRow]:
        """The rows of the credential report by ARN."""
        return {row.arn: row for row in known(self.account.credential_report).rows}

    @cached_property
    def keys(self) -> dict[str, UserKeys]:
        """The users who have access keys, by name."""
        return {holder.user: holder for holder in known(self.account.access_keys)}

    @cached_property
    def users(self) -> dict[str, User]:
        """The users by name, as far as they were read."""
        listed = self.account.users
        return {} if isinstance(listed, Gap) else {user.name: user for user in listed}

    def keys_of(self, user: User) -> tuple[AccessKey, ...]:
        """The access keys of a user, active or not."""
        holder = self.keys.get(user.name)
        return known(holder.keys) if holder is not None else ()

    def arn_of(self, name: str) -> str:
        """The ARN of a user by name; where the users were not read, as if it had no path."""
        user = self.users.get(name)
        return user.arn if user else f"arn:{self.account.partition}:iam::{self.account.account_id}:user/{name}"

    def reach_of(self, name: str) -> Reach | None:
        """How privileged the user of a name is by what was read; None also where that cannot be told."""
        user = self.users.get(name)
        return self.reach_of_arn(user.arn) if user else None

    def reach_of_arn(self, arn: str) -> Reach | None:
        """The same by ARN."""
        graph = graph_of(self.account)
        at = graph.place(arn)
        if at is None:
            return None
        if at in graph.administrations:
            return "administrator"
        return "can become administrator" if graph.reaching >> at & 1 else None


_holders: WeakKeyDictionary[AccountPolicies, Holders] = WeakKeyDictionary()


def holders_of(account: Account) -> Holders:
    """The credentials of an account by their holders, read once."""
    policies = policies_of(account)
    if policies not in _holders:
        _holders[policies] = Holders(account)
    return _holders[policies]


def told(reach: Reach | None, who: str = "Its user") -> str:
    """What a reader has to know of the holder, beginning with a space; empty where it is nothing special."""
    if reach is None:
        return ""
    return f" {who} {'is an administrator' if reach == 'administrator' else 'can become an administrator'}."


def weighed(reach: Reach | None, severity: Severity) -> Severity | None:
    """The severity where the holder is privileged; None, so that the rule's own holds, where it is not."""
    return severity if reach else None


def material(reach: Reach | None) -> tuple[str, ...]:
    """The reach as material evidence."""
    return (f"holder:{reach.replace(' ', '-')}",) if reach else ()
