"""Users and roles as one kind of subject, for the rules on what a principal may do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scanner.engine import Declared, Scene, Subject, Unread
from scanner.engine.subjects import account_resource
from scanner.findings import Confidence, Resource
from scanner.iam.escalation.graph import graph_of
from scanner.iam.powers import Power
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Gap, Role, Undetermined, User


def principals(account: Account) -> Iterator[Subject[User | Role] | Unread]:
    """Every user and every role; where one of the lists is missing, that is said once, and the other is asked about."""
    yield from _principals.of(account)


def _list_principals(account: Account) -> list[Subject[User | Role] | Unread]:
    found: list[Subject[User | Role] | Unread] = []
    lists: tuple[tuple[str, Sequence[User | Role] | Gap], ...] = (
        ("AWS::IAM::User", account.users),
        ("AWS::IAM::Role", account.roles),
    )
    gaps = [part for _, part in lists if isinstance(part, Gap)]
    if gaps:
        found.append(Unread(account_resource(account), gaps[0]))
    for kind, part in lists:
        if not isinstance(part, Gap):
            found += [Subject(Resource(each.arn, kind, each.name, account.account_id), each) for each in part]
    return found


# The subjects of many rules are chosen among them.
_principals = Remembered(_list_principals, most=2)


def is_service_linked(principal: User | Role) -> bool:
    """Whether AWS made the role for one of its services, and alone decides on its policies and its use."""
    # Nearly all principals have no path.
    return principal.path != "/" and isinstance(principal, Role) and principal.path.startswith("/aws-service-role/")


def is_administrator(principal: User | Role, account: Account) -> bool:
    """Whether it is one by what was read; such a principal has a finding of its own, and no smaller ones."""
    graph = graph_of(account)
    at = graph.place(principal.arn)
    return at in graph.administrations


_MOST_ACCOUNTS = 2
_told: dict[int, tuple[Account, Declared, frozenset[str]]] = {}


def is_told_elsewhere(principal: User | Role, scene: Scene[Any]) -> bool:
    """Whether an administrator's finding tells of a principal, or it is meant to be one, or AWS alone decides on it."""
    found = _told.get(id(scene.account))
    if found is None or found[0] is not scene.account or found[1] is not scene.declared:
        if len(_told) >= _MOST_ACCOUNTS:
            _told.clear()
        # Every rule on what a principal may do asks this first, of each of thousands.
        found = _told[id(scene.account)] = scene.account, scene.declared, _telling(scene)
    return principal.arn in found[2]


def _telling(scene: Scene[Any]) -> frozenset[str]:
    graph = graph_of(scene.account)
    arns = graph.landscape.people.arns
    found = {
        arn
        for arn, principal in graph.landscape.principals.items()
        if is_service_linked(principal) or scene.declared.may_administrate(arn)
    }
    return frozenset(found | {arns[at] for at in graph.administrations if graph.principals >> at & 1})


def settled(power: Power, *, fails: bool) -> None:
    """Refuse a verdict that a policy which was not read could turn.

    What grants more matters where nothing was found; the boundary, which only restricts, where something was.

    Raises:
        Undetermined: there is such a policy.
    """
    if fails and power.unread_boundary:
        raise Undetermined(power.unread_boundary)
    if not fails and power.unread:
        raise Undetermined(power.unread[0])


def confidence_in(power: Power, *, certain: bool) -> Confidence:
    """How far a finding holds: conditions leave it open, and a policy that was not read may deny."""
    return "high" if certain and not power.unread else "medium"


def active_keys(user: User, account: Account) -> list[str] | None:
    """The ids of the user's active keys, or None where they were not collected."""
    holders = account.access_keys
    if isinstance(holders, Gap):
        return None
    keys = next((holder.keys for holder in holders if holder.user == user.name), ())
    return None if isinstance(keys, Gap) else [key.id for key in keys if key.is_active]


def resource_part(arn: str) -> str:
    """What an ARN names within its account, such as ``role/app``."""
    return arn.split(":", 5)[-1]
