"""Who can take a containment off itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec

from scanner.containment.organization import scps_in_force
from scanner.containment.revocable import Revocable, revocability
from scanner.iam.context import Values
from scanner.iam.evaluation import decide
from scanner.iam.grants import interest
from scanner.iam.in_force import Levels
from scanner.iam.powers import Power, power_of
from scanner.iam.request import Policies, Request
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Role, User


class Undoing(msgspec.Struct, frozen=True):
    """An action by which a principal can take a containment off itself.

    Attributes:
        action: it is allowed on the principal's own ARN.
        undoes: which form of containment goes: ``inline Deny``, ``attached Deny`` or ``boundary``.
        conditions: on what it hangs, as clauses that follow "only if"; empty where it hangs on nothing.
    """

    action: str
    undoes: str
    conditions: tuple[str, ...] = ()


_UNDOING = (
    ("iam:Delete{}Policy", "inline Deny"),
    ("iam:Put{}Policy", "inline Deny"),
    ("iam:Detach{}Policy", "attached Deny"),
    ("iam:Delete{}PermissionsBoundary", "boundary"),
    ("iam:Put{}PermissionsBoundary", "boundary"),
)


@cache
def _undoing_of(kind: str) -> tuple[tuple[str, str, int], ...]:
    """The actions for a kind of principal, the form of containment that each undoes, and its mask."""
    named = [(action.format(kind), undoes) for action, undoes in _UNDOING]
    return tuple((action, undoes, interest().mask([action])) for action, undoes in named)


@cache
def _mask(kind: str) -> int:
    return interest().mask(action for action, _, _ in _undoing_of(kind))


def can_undo_quarantine(principal: User | Role, account: Account) -> tuple[Undoing, ...]:
    """The actions by which a principal can undo its own quarantine; none for a role that IAM refuses to have edited.

    IAM takes seconds to spread a change, and until then a principal keeps what it has: whoever may change its own
    policies or boundary can remove a Deny in a loop, as fast as it is put there. Identity policies, the boundary and,
    where all were collected, the service control policies in force are asked. Policies that could not be read count as
    absent: what is found then holds unless one of them denies it.
    """
    if isinstance(principal, Role) and not isinstance(revocability(principal), Revocable):
        return ()
    power = power_of(principal, policies_of(account))
    kind = "Role" if isinstance(principal, Role) else "User"
    if not power.potential & _mask(kind):
        return ()
    able = [(action, undoes) for action, undoes, bit in _undoing_of(kind) if power.potential & bit]
    scps = scps_in_force(account)
    found = (_undoing(principal, power, action, undoes, account.partition, scps) for action, undoes in able)
    return tuple(each for each in found if each is not None)


def _undoing(
    principal: User | Role, power: Power, action: str, undoes: str, partition: str, scps: Levels | None
) -> Undoing | None:
    """The most certain way to do the action to itself."""
    own = Policies(identity=power.sources, boundary=power.boundary, scps=scps, resource_is_known=True)
    context = power.caller.context
    decisions = [
        decide(Request(power.caller, action, principal.arn, context.with_request(said)), own)
        for said in _requests(principal, action, f"arn:{partition}:iam::aws:policy/")
    ]
    allowed = [decision for decision in decisions if decision.decision != "no"]
    if not allowed:
        return None
    surest = min(allowed, key=lambda decision: decision.decision != "yes")
    return Undoing(action, undoes, tuple(dict.fromkeys(provision.text for provision in surest.conditions)))


def _requests(principal: User | Role, action: str, of_aws: str) -> Iterator[dict[str, Values]]:
    """The keys of the requests that would undo a quarantine: by them policies can tell a Deny from other policies."""
    families = ("aws:resourcetag", "iam:resourcetag")
    said: dict[str, Values] = {f"{key}/{tag.key.lower()}": (tag.value,) for tag in principal.tags for key in families}
    own: Values = (principal.boundary,) if principal.boundary else ()
    if action.endswith("PermissionsBoundary"):
        # Its present boundary back in the place of the one that denies, or one that leaves it everything.
        others = (f"{of_aws}AdministratorAccess", *own) if action.startswith("iam:Put") else (f"{of_aws}AWSDenyAll",)
        for boundary in others:
            yield {**said, "iam:policyarn": (), "iam:permissionsboundary": (boundary,)}
        return
    detached: Values = (f"{of_aws}AWSDenyAll",) if action.startswith("iam:Detach") else ()
    yield {**said, "iam:policyarn": detached, "iam:permissionsboundary": own}
