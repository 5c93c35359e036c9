"""Whether the principal could take its containment off: itself, or as somebody that it can become.

A change of IAM takes seconds to spread, and until then a thief has every right of the principal. Whoever it becomes
meanwhile is not held by a document that lies on the principal alone.

Source: "Changes that I make are not always immediately visible" in the IAM User Guide, its troubleshooting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice

import msgspec

from policies.placed import Layer
from policies.proof.facts import Facts
from policies.proof.model import Undo
from policies.proof.putting import OF_PRINCIPAL, Put
from policies.proof.times import ISSUED
from scanner.containment import can_undo_quarantine, scps_in_force
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.population import bits_of, places
from scanner.iam.evaluation import decide
from scanner.iam.grants import interest
from scanner.iam.powers import Power, power_of
from scanner.iam.remembered import Remembered
from scanner.iam.request import Policies, Request
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Gap, Role, User, describe

_FORMS: dict[str, Layer] = {"inline Deny": "inline", "attached Deny": "managed", "boundary": "boundary"}
_REMOVING: dict[Layer, tuple[str, ...]] = {
    "inline": ("iam:Delete{}Policy", "iam:Put{}Policy"),
    "managed": ("iam:Detach{}Policy",),
    "boundary": ("iam:Delete{}PermissionsBoundary", "iam:Put{}PermissionsBoundary"),
    "trust": ("iam:UpdateAssumeRolePolicy",),
}
_RENEWING: dict[str, tuple[str, ...]] = {
    "Role": ("iam:UpdateAssumeRolePolicy",),
    "User": ("iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"),
}
_WORDS: dict[Layer, str] = {
    "inline": "inline Deny", "managed": "attached Deny", "boundary": "boundary", "trust": "trust policy",
}  # fmt: skip
_RENEWAL = "revocation by time"
_MOST_TOLD = 12
_MOST_ADMINISTRATORS = 8


def undoing(puts: Sequence[Put], facts: Facts) -> tuple[tuple[Undo, ...], str]:
    """How the principal could take its containment off, and why it is not known whether it could, or empty."""
    principal = facts.principal
    layers = sorted({each.placed.layer for each in puts} & OF_PRINCIPAL)
    if principal is None or not layers:
        return (), ""
    wanted = dict.fromkeys(_wanted(layers, principal, by_time=_is_by_time(puts)))
    found = dict.fromkeys((*_itself(principal, layers, wanted, facts), *_through(principal, wanted, facts)))
    return tuple(found)[:_MOST_TOLD], _unread(principal, facts.account)


def _unread(principal: Role | User, account: Account) -> str:
    """What was not read, by which the principal may be able to do more, or empty."""
    power = power_of(principal, policies_of(account))
    if power.unread or power.unread_boundary:
        return power.unread[0] if power.unread else power.unread_boundary
    gap = next((each for each in (account.users, account.roles, account.groups) if isinstance(each, Gap)), None)
    return describe(gap) if gap is not None else ""


def _is_by_time(puts: Sequence[Put]) -> bool:
    """Whether a new session, or another kind of credential, would be free."""
    conditions = [
        condition
        for each in puts
        if each.placed.layer != "trust"
        for statement in each.policy.statements
        for condition in statement.conditions
    ]
    return any(condition.key == ISSUED for condition in conditions)


def _wanted(layers: Sequence[Layer], principal: Role | User, *, by_time: bool) -> Iterator[tuple[str, str]]:
    """The actions that take a containment off, each with what it undoes."""
    kind = "Role" if isinstance(principal, Role) else "User"
    for layer in layers:
        yield from ((action.format(kind), _WORDS[layer]) for action in _REMOVING[layer])
    if by_time:
        yield from ((action, _RENEWAL) for action in _RENEWING[kind])


def _itself(
    principal: Role | User, layers: Sequence[Layer], wanted: dict[tuple[str, str], None], facts: Facts
) -> Iterator[Undo]:
    for each in can_undo_quarantine(principal, facts.account):
        if _FORMS[each.undoes] in layers:
            yield Undo(action=each.action, undoes=each.undoes, conditions=each.conditions)
    power = power_of(principal, policies_of(facts.account))
    for action, undoes in wanted:
        if undoes in (_RENEWAL, _WORDS["trust"]):
            found = _may(power, action, principal, facts.account)
            if found is not None:
                yield Undo(action=action, undoes=undoes, conditions=found)


def _may(power: Power, action: str, principal: Role | User, account: Account) -> tuple[str, ...] | None:
    """On what it hangs that a principal may do an action to another one or itself; None where it may not."""
    if not power.potential & _bit(action):
        return None
    own = Policies(identity=power.sources, boundary=power.boundary, scps=scps_in_force(account), resource_is_known=True)
    decision = decide(Request(power.caller, action, principal.arn, power.caller.context), own)
    if decision.decision == "no":
        return None
    return tuple(dict.fromkeys(provision.text for provision in decision.conditions))


@cache
def _bit(action: str) -> int:
    return interest().mask([action])


class _Doers(msgspec.Struct, frozen=True, eq=False):
    """Who may do an action to whom.

    Attributes:
        classes: pairs of targets and of those who may do it to all of them, as sets of nodes.
    """

    classes: tuple[tuple[int, int], ...]


class _Reaching:
    """Who can become somebody that may take a containment off, found for all principals of an account together."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.graph: Graph = graph_of(account)
        self._doers: dict[str, _Doers] = {}

    def doers(self, action: str) -> _Doers:
        """Who may do an action to whom."""
        found = self._doers.get(action)
        if found is None:
            found = self._doers[action] = self._find(action)
        return found

    def _find(self, action: str) -> _Doers:
        doing, members = self.graph.execution, dict[int, list[int]]()
        for at, node in enumerate(self.graph.nodes):
            targets = doing.done_to(node.power, action).possible if node.power.potential & _bit(action) else 0
            if targets:
                members.setdefault(targets, []).append(at)
        return _Doers(tuple((targets, bits_of(iter(nodes))) for targets, nodes in members.items()))

    def through(self, at: int, action: str) -> Iterator[int]:
        """Nodes that a principal can become and that may do an action to it, one of each kind."""
        others = self.graph.closure.of(at) & ~(1 << at)
        if not others:
            return
        # A policy of the organization may keep some administrators from it, and not others.
        yield from islice(places(others & self.graph.administrators), _MOST_ADMINISTRATORS)
        for targets, nodes in self.doers(action).classes:
            if targets >> at & 1 and nodes & others:
                yield next(places(nodes & others))


_reaching = Remembered(_Reaching, most=2)


def _through(principal: Role | User, wanted: dict[tuple[str, str], None], facts: Facts) -> Iterator[Undo]:
    reaching = _reaching.of(facts.account)
    at = reaching.graph.place(principal.arn)
    if at is None:
        return
    for action, undoes in wanted:
        for node in reaching.through(at, action):
            other = reaching.graph.arn(node)
            power = reaching.graph.nodes[node].power
            found = _may(power, action, principal, facts.account)
            if found is not None:
                # Without a limit that it can lift a principal is another node, but the same principal.
                yield Undo(
                    action=action, undoes=undoes, through="" if other == principal.arn else other, conditions=found
                )
                break
