"""Roles that can be assumed again and again in a circle, so that a stolen session outlives its revocation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import msgspec

from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.network import Closure
from scanner.iam.escalation.population import NONE, Selection, places
from scanner.inventory import Account


class Circle(msgspec.Struct, frozen=True):
    """The roles that lead to one another by sts:AssumeRole alone; a role that may assume itself is one, too.

    Attributes:
        roles: their ARNs, sorted: the unit that has to be revoked together.
        certain: those that lie on a circle whatever the conditions of policies come to.
    """

    roles: tuple[str, ...]
    certain: frozenset[str]


@dataclass(eq=False)
class Chains:
    """The circles of one account, found together."""

    graph: Graph

    def circle(self, arn: str) -> Circle | None:
        """The circle on which a role lies, or None."""
        return self._circles.get(arn)

    def unread_after(self, arn: str) -> str | None:
        """Why a circle may be hidden: a policy of a role that can be become was not read, or a trust policy was not.

        A trust policy that was not read may admit everybody, so that whatever its role leads to leads back to it.
        """
        at = self.graph.place(arn)
        if at is None:
            return None
        trusting = self.graph.landscape.trusting.unread
        if not trusting and not self.graph.unread:
            return None
        back = next((role for role in places(trusting) if role == at or self._possible.of(role) >> at & 1), None)
        if back is not None:
            return f"the trust policy of {self.graph.arn(back)} is malformed"
        after = self._possible.of(at) | trusting
        for role in places(trusting):
            after |= self._possible.of(role)
        unread = after & self.graph.unread
        return self.graph.nodes[next(places(unread))].power.unread[0] if unread else None

    @cached_property
    def _assumable(self) -> list[Selection]:
        landscape = self.graph.landscape
        return [
            landscape.trusting.assumable(place, landscape.power(arn), landscape.on_people)
            for place, arn in enumerate(landscape.people.arns)
        ]

    @cached_property
    def _possible(self) -> Closure:
        return Closure([found.possible for found in self._assumable])

    @cached_property
    def _circles(self) -> Mapping[str, Circle]:
        landscape = self.graph.landscape
        # Only what can be assumed at all lies on a circle.
        led_to = 0
        for assumable in {id(each): each for each in self._assumable}.values():
            led_to |= assumable.possible
        led = [NONE] * len(self._assumable)
        for place in places(led_to):
            led[place] = self._assumable[place]
        possible = Closure([found.possible for found in led])
        sure = Closure([found.certain for found in led])
        found: dict[str, Circle] = {}
        for members in _components(possible, led_to & landscape.roles):
            arns = tuple(landscape.people.arns[place] for place in members)
            circle = Circle(arns, frozenset(landscape.people.arns[at] for at in members if sure.on_cycle(at)))
            found.update(dict.fromkeys(arns, circle))
        return found


def _components(closure: Closure, roles: int) -> list[list[int]]:
    """The nodes that lie on cycles, divided by which lead to one another: these lead to the same nodes."""
    found: dict[int, list[int]] = {}
    for place in places(roles):
        if closure.on_cycle(place):
            found.setdefault(closure.of(place), []).append(place)
    return list(found.values())


@lru_cache(maxsize=2)
def _chains_of(graph: Graph) -> Chains:
    return Chains(graph)


def chains_of(account: Account) -> Chains:
    """The circles of an account, found once for all that ask."""
    return _chains_of(graph_of(account))
