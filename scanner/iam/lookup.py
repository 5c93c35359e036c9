"""A principal by any of its names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property

from scanner.iam.caller import Caller, other_caller, role_caller, session_caller, user_caller
from scanner.iam.principals import is_account_id
from scanner.iam.sources import AccountPolicies
from scanner.inventory import Gap, Role, User, describe

_MOST_CALLERS = 50_000


class NoSuchPrincipal(LookupError):
    """The account holds no principal of this name.

    Attributes:
        near: names that it does hold and that look alike, at most three.
    """

    def __init__(self, message: str, near: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.near = near


@dataclass(frozen=True, eq=False)
class Lookup:
    """Finds the principals of one account, and remembers those that it found."""

    policies: AccountPolicies
    _callers: dict[str, Caller] = field(default_factory=dict)

    def caller(self, text: str) -> Caller:
        """The caller that a text names.

        Args:
            text: the ARN of a user, a role, an assumed-role session, a federated user or a root user, also of another
                account; ``root``, ``user/NAME``, ``role/NAME``, or a name that only one principal has. Names are
                compared without case, as IAM does.

        Raises:
            NoSuchPrincipal: there is none, or more than one, or it is not known.
        """
        found = self._callers.get(text)
        if found is None:
            if len(self._callers) >= _MOST_CALLERS:
                self._callers.clear()
            found = self._callers[text] = self._by_arn(text) if text.startswith("arn:") else self._by_name(text)
        return found

    @cached_property
    def _named(self) -> Mapping[str, list[User | Role]]:
        """Users and roles by name in lower case."""
        found: dict[str, list[User | Role]] = {}
        for user in self.policies.users.values():
            found.setdefault(user.name.lower(), []).append(user)
        for role in self.policies.roles.values():
            found.setdefault(role.name.lower(), []).append(role)
        return found

    def _by_arn(self, arn: str) -> Caller:
        if arn in self.policies.users:
            return user_caller(self.policies.users[arn])
        if arn in self.policies.roles:
            return role_caller(self.policies.roles[arn])
        parts = arn.split(":", 5)
        account, tail = (parts[4], parts[5]) if len(parts) == 6 else ("", "")
        if account != self.policies.account.account_id or tail == "root" or tail.startswith("federated-user/"):
            stranger = other_caller(arn)
            if stranger.kind == "unknown" or not is_account_id(account):
                raise NoSuchPrincipal(f"{arn!r} is not the ARN of a principal")
            return stranger
        if parts[2] == "sts" and tail.startswith("assumed-role/"):
            name, _, session = tail.removeprefix("assumed-role/").partition("/")
            role = next((each for each in self._named.get(name.lower(), ()) if isinstance(each, Role)), None)
            if role is not None and session:
                return session_caller(role, session)
            raise self._missing(arn, name)
        raise self._missing(arn, tail.rpartition("/")[2])

    def _by_name(self, text: str) -> Caller:
        kind, _, name = text.rpartition("/")
        wanted = {"": (User, Role), "user": (User,), "role": (Role,)}.get(kind.partition("/")[0], ())
        found = [each for each in self._named.get(name.lower(), ()) if isinstance(each, wanted)]
        if len(found) > 1 or (found and text == "root"):
            arns = ", ".join(each.arn for each in found)
            raise NoSuchPrincipal(f"{text!r} names more than one principal: write the ARN ({arns})")
        if found:
            return user_caller(found[0]) if isinstance(found[0], User) else role_caller(found[0])
        if text == "root":
            account = self.policies.account
            return other_caller(f"arn:{account.partition}:iam::{account.account_id}:root")
        raise self._missing(text, name)

    def _missing(self, text: str, name: str) -> NoSuchPrincipal:
        account = self.policies.account
        for collected in (account.users, account.roles):
            if isinstance(collected, Gap):
                return NoSuchPrincipal(f"{text!r} is not known: {describe(collected)}")
        near = get_close_matches(name.lower(), self._named, 3)
        return NoSuchPrincipal(
            f"account {account.account_id} has no user or role {text!r}",
            tuple(_short(each) for like in near for each in self._named[like])[:3],
        )


def _short(principal: User | Role) -> str:
    return f"{'user' if isinstance(principal, User) else 'role'}/{principal.name}"
