"""The blast radius of one stolen credential: whom its holder can become, and what can be done then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec

from scanner.iam.escalation.edges import Execution
from scanner.iam.escalation.graph import Graph
from scanner.iam.escalation.population import places
from scanner.iam.grants import interest
from scanner.iam.methods import escalation_catalogue

MOST_LISTED = 10


class Reached(msgspec.Struct, frozen=True):
    """A principal that can be become; ``administrator`` says whether it is one."""

    arn: str
    administrator: bool


class Secret(msgspec.Struct, frozen=True):
    """A kind of credential or secret that can be read, by which action, and what it yields."""

    id: str
    actions: tuple[str, ...]
    yields: str


class BlastRadius(msgspec.Struct, frozen=True):
    """What a thief with one principal's credentials has in the end.

    Attributes:
        principal: the ARN of the principal.
        principals: those it can become, administrators first.
        changes: principals whose permissions it can change without a known way to act as them.
        secrets: what it can read.
        blinding: actions by which it can stop or blind logging and detection.
        persistence: actions by which it can stay.
    """

    principal: str
    principals: tuple[Reached, ...]
    changes: tuple[str, ...]
    secrets: tuple[Secret, ...]
    blinding: tuple[str, ...]
    persistence: tuple[str, ...]


class Counts(msgspec.Struct, frozen=True):
    """The size of a blast radius, and its worst part.

    The actions are counted from Allow statements less what is denied without a condition on everything.
    """

    principals: int
    administrators: int
    secrets: int
    blinding: int
    persistence: int
    worst: tuple[str, ...]


@dataclass(eq=False)
class Blast:
    """Measures blast radii in one graph."""

    graph: Graph

    def radius(self, arn: str) -> BlastRadius | None:
        """The whole blast radius of a principal, every action asked of the evaluator; None for a stranger."""
        at = self.graph.place(arn)
        if at is None:
            return None
        nodes = [at, *places(self.graph.closure.of(at) & ~(1 << at))]
        # Administrators are asked first: they mostly settle it.
        ordered = sorted(nodes, key=lambda node: not self.graph.administrators >> node & 1)
        able = {action for action in _of_note() if self._is_able(ordered, action)}
        catalogue = escalation_catalogue()
        return BlastRadius(
            principal=arn,
            principals=tuple(self._reached(nodes, arn)),
            changes=tuple(self._changes(nodes)),
            secrets=tuple(
                Secret(each.id, way, each.yields)
                for each in catalogue.yields
                if (way := next((way for way in each.ways if able.issuperset(way)), None)) is not None
            ),
            blinding=tuple(each.action for each in catalogue.blinding if each.action in able),
            persistence=tuple(each.action for each in catalogue.persistence if each.action in able),
        )

    def counts(self, arn: str) -> Counts:
        """The size of the blast radius of a principal of the account."""
        at = self.graph.place(arn)
        if at is None:
            return Counts(0, 0, 0, 0, 0, ())
        reach = (self.graph.closure.of(at) | 1 << at) & self._people
        able = self.graph.closure.gathered(at, self._masks) | self._masks[at]
        others = reach & ~(1 << at)
        administrators = others & self.graph.administrators
        worst = [*_first(administrators), *_first(others & ~administrators & self.graph.escalating)]
        worst += _first(others & ~administrators & ~self.graph.escalating)
        return Counts(
            principals=others.bit_count(),
            administrators=administrators.bit_count(),
            secrets=sum(any(able & way == way for way in ways) for ways in self._secrets),
            blinding=(able & self._blinding).bit_count(),
            persistence=(able & self._persistence).bit_count(),
            worst=tuple(self.graph.arn(node) for node in worst[:MOST_LISTED]),
        )

    @property
    def _people(self) -> int:
        return self.graph.landscape.people.all

    @cached_property
    def _execution(self) -> Execution:
        return Execution(self.graph.landscape)

    @cached_property
    def _masks(self) -> list[int]:
        """For each node the actions that something allows and that are not denied on everything."""
        return [self._mask(node) for node in range(len(self.graph.nodes))]

    def _mask(self, node: int) -> int:
        power = self.graph.nodes[node].power
        denied = 0
        for each in (*power.extracts, *((power.bound,) if power.bound else ())):
            for grant in each.denies:
                if not grant.statement.conditions and grant.statement.resources == ("*",):
                    denied |= grant.mask if not grant.statement.not_resources else 0
        return power.potential & ~denied

    @cached_property
    def _secrets(self) -> list[list[int]]:
        return [[interest().mask(way) for way in each.ways] for each in escalation_catalogue().yields]

    @cached_property
    def _blinding(self) -> int:
        return interest().mask(each.action for each in escalation_catalogue().blinding)

    @cached_property
    def _persistence(self) -> int:
        return interest().mask(each.action for each in escalation_catalogue().persistence)

    def _is_able(self, nodes: list[int], action: str) -> bool:
        """Whether any of the nodes may do an action on something."""
        somewhere = self._execution.witnesses.somewhere
        return any(somewhere(self.graph.nodes[node].power, action) is not None for node in nodes)

    def _reached(self, nodes: Iterable[int], arn: str) -> Iterator[Reached]:
        found: dict[str, bool] = {}
        for node in nodes:
            name = self.graph.arn(node)
            if name != arn:
                found[name] = found.get(name, False) or bool(self.graph.administrators >> node & 1)
        for name, is_administrator in sorted(found.items(), key=lambda each: (not each[1], each[0])):
            yield Reached(name, is_administrator)

    def _changes(self, nodes: list[int]) -> Iterator[str]:
        """Principals that it can make administrators, and whom it is not known to become."""
        landscape = self.graph.landscape
        changed = become = 0
        for node in nodes:
            become |= 1 << self.graph.nodes[node].place
            power = self.graph.nodes[node].power
            for action in ("iam:PutUserPolicy", "iam:AttachUserPolicy"):
                changed |= self._execution.done_to(power, action).possible & landscape.users
            for action in ("iam:PutRolePolicy", "iam:AttachRolePolicy"):
                changed |= self._execution.done_to(power, action).possible & landscape.roles
        yield from landscape.people.members(changed & ~become & ~landscape.kept_by_aws)


def _of_note() -> list[str]:
    catalogue = escalation_catalogue()
    named = {each.action for each in (*catalogue.blinding, *catalogue.persistence)}
    return sorted(named | {action for each in catalogue.yields for way in each.ways for action in way})


def _first(bits: int) -> list[int]:
    found = []
    for place in places(bits):
        found.append(place)
        if len(found) == MOST_LISTED:
            break
    return found
