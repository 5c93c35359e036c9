"""The principals whose theft is the theft of the account: administrators, and whoever can become one."""

from __future__ import annotations

from collections.abc import Iterator

from rules.principals import is_service_linked, principals, settled
from scanner.containment import Revocable, revocability
from scanner.engine import Subject, Unread
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Role, Undetermined, User


def privileged_principals(account: Account) -> Iterator[Subject[User | Role] | Unread]:
    """Administrators and those that can become one, and those of whom that cannot be told.

    Roles that AWS made for its services are left out.
    """
    yield from _privileged.of(account)


def _find_privileged(account: Account) -> list[Subject[User | Role] | Unread]:
    graph = graph_of(account)
    chosen = set(graph.landscape.people.members((graph.reaching | _unclear(graph)) & graph.principals))
    return [
        subject
        for subject in principals(account)
        if not isinstance(subject, Subject) or (subject.item.arn in chosen and not is_service_linked(subject.item))
    ]


# The subjects of several rules are chosen among them.
_privileged = Remembered(_find_privileged, most=2)


def revocable_privileged_principals(account: Account) -> Iterator[Subject[User | Role] | Unread]:
    """Those of them that IAM lets the account edit."""
    found = privileged_principals(account)
    return (each for each in found if not isinstance(each, Subject) or is_revocable(each.item))


def is_revocable(principal: User | Role) -> bool:
    """Whether IAM lets the account put a policy on it."""
    # Nearly all roles have no path; which of the others IAM keeps to itself is told by theirs.
    return principal.path == "/" or not isinstance(principal, Role) or isinstance(revocability(principal), Revocable)


def is_privileged(principal: User | Role, account: Account) -> bool:
    """Whether it is an administrator or can become one, by what was read."""
    graph = graph_of(account)
    at = graph.place(principal.arn)
    return at is not None and bool(graph.reaching >> at & 1)


def require_privileged(principal: User | Role, account: Account) -> None:
    """Refuse a verdict on a principal of which it is not certain that it is privileged.

    Raises:
        Undetermined: a policy that was not read decides.
    """
    graph = graph_of(account)
    power = graph.landscape.power(principal.arn)
    at = graph.place(principal.arn)
    privileged = at is not None and bool(graph.reaching >> at & 1)
    settled(power, fails=privileged)
    if privileged:
        return
    unread = graph.leading_to(at, graph.unread) if at is not None else None
    if unread is not None:
        other = graph.nodes[unread].power
        raise Undetermined(f"it can become {other.caller.arn}, of whose policies {other.unread[0]}")
    cut = graph.leading_to(at, graph.cut) if at is not None else None
    raise Undetermined(graph.left_out[cut] if cut is not None else "a trust policy of an administrator is malformed")


def _unclear(graph: Graph) -> int:
    if graph.landscape.trusting.unread & graph.reaching:
        return graph.principals
    return graph.leading(graph.unread) | graph.leading(graph.cut)
