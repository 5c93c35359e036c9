"""The principals of an account by each of their names, indexed once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Gap, Role, User, describe

T = TypeVar("T")


class Known(msgspec.Struct, frozen=True):
    """The users and roles of an account.

    Attributes:
        roles, users: by name in lower case, since IAM does not tell names apart by case; one for each name on AWS.
        by_id: users and roles by unique id, likewise.
        owners: the names of users by the ids of their access keys and service-specific credentials.
        unread_roles, unread_users, unread_keys: why some of it was not read; empty where all was.
    """

    roles: dict[str, list[Role]]
    users: dict[str, list[User]]
    by_id: dict[str, list[Role | User]]
    owners: dict[str, str]
    unread_roles: str
    unread_users: str
    unread_keys: str

    def unread(self, kind: str) -> str:
        """Why the principals of a kind were not read."""
        return self.unread_roles if kind == "role" else self.unread_users

    def lacks_ids(self, kind: str) -> bool:
        """Whether the unique id of some principal of a kind is not told."""
        if kind == "role":
            return any(not role.id for held in self.roles.values() for role in held)
        return any(not user.id for held in self.users.values() for user in held)

    def named(self, kind: str, name: str) -> Sequence[Role | User]:
        """The users or roles of a name."""
        return (self.roles if kind == "role" else self.users).get(name.lower(), ())


def _read(account: Account) -> Known:
    roles = () if isinstance(account.roles, Gap) else account.roles
    users = () if isinstance(account.users, Gap) else account.users
    people: tuple[Role | User, ...] = (*users, *roles)
    owners, unread_keys = _owners(account)
    return Known(
        roles=_grouped(roles, lambda role: role.name.lower()),
        users=_grouped(users, lambda user: user.name.lower()),
        by_id=_grouped([each for each in people if each.id], lambda each: each.id),
        owners=owners,
        unread_roles=describe(account.roles) if isinstance(account.roles, Gap) else "",
        unread_users=describe(account.users) if isinstance(account.users, Gap) else "",
        unread_keys=unread_keys,
    )


def _grouped(items: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


known_in = Remembered(_read, most=4)


def _owners(account: Account) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    if not isinstance(account.service_credentials, Gap):
        found |= {each.id: each.user for each in account.service_credentials}
    if isinstance(account.access_keys, Gap):
        return found, describe(account.access_keys)
    unread = ""
    for each in account.access_keys:
        if isinstance(each.keys, Gap):
            unread = unread or f"{describe(each.keys)}, of user {each.user}"
        else:
            found |= {key.id: each.user for key in each.keys}
    users = () if isinstance(account.users, Gap) else account.users
    listed = {each.user for each in account.access_keys}
    missing = next((user.name for user in users if user.name not in listed), None)
    if not unread and missing is not None:
        unread = f"the access keys of user {missing} were not listed"
    return found, unread
