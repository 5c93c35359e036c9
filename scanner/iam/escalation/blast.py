"""The blast radius of one stolen credential: whom its holder can become, and what can be done then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from scanner.iam.escalation.edges import Execution
from scanner.iam.escalation.graph import Graph
from scanner.iam.escalation.population import bits_of, places
from scanner.iam.grants import interest
from scanner.iam.methods import escalation_catalogue
from scanner.inventory import User

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
        changes: principals, and groups, whose permissions it can change without a known way to act as them; none
            where it becomes an administrator, who acts as everybody.
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
    _numbers: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def radius(self, arn: str) -> BlastRadius | None:
        """The whole blast radius of a principal, every action asked of the evaluator; None for a stranger."""
        at = self.graph.place(arn)
        if at is None:
            return None
        nodes = [at, *places(self.graph.closure.of(at) & ~(1 << at))]
        # Administrators are asked first: they mostly settle it.
        ordered = sorted(nodes, key=lambda node: not self.graph.administrators >> node & 1)
        empowered = self._administering & bits_of(iter(nodes))
        able = {action for action in _of_note() if empowered or self._is_able(ordered, action)}
        catalogue = escalation_catalogue()
        return BlastRadius(
            principal=arn,
            principals=tuple(self._reached(nodes, arn)),
            changes=() if empowered else tuple(self._changes(nodes)),
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
        # Without a limit that it can lift a principal is another node, but the same principal.
        reach |= self.graph.closure.gathered(at, self._lifted)
        others = reach & ~(1 << at)
        administrators = others & (self.graph.administrators | self.graph.closure.gathered(at, self._unlimited))
        worst = [*_first(administrators), *_first(others & ~administrators & self.graph.escalating)]
        worst += _first(others & ~administrators & ~self.graph.escalating)
        secrets, blinding, persistence = self._number(able)
        return Counts(
            principals=others.bit_count(),
            administrators=administrators.bit_count(),
            secrets=secrets,
            blinding=blinding,
            persistence=persistence,
            worst=tuple(self.graph.arn(node) for node in worst[:MOST_LISTED]),
        )

    def of_administrator(self, arn: str, by: tuple[str, ...]) -> Counts:
        """The size for a principal that becomes an administrator: the whole account.

        Args:
            arn: the principal.
            by: the administrators that it becomes on its way, who are listed first.
        """
        at = self.graph.place(arn)
        others = 0 if at is None else 1
        number, listed = self._administrators
        worst = dict.fromkeys(name for name in (*by, *listed) if name != arn)
        secrets, blinding, persistence = self._number(interest().everything)
        return Counts(
            principals=len(self.graph.landscape.people.arns) - others,
            administrators=number - (at in self.graph.administrations),
            secrets=secrets,
            blinding=blinding,
            persistence=persistence,
            worst=tuple(worst)[:MOST_LISTED],
        )

    @cached_property
    def _administrators(self) -> tuple[int, tuple[str, ...]]:
        """How many principals are administrators, and the first of them, one more than are listed of others."""
        found = [self.graph.arn(node) for node in places(self.graph.administrators & self._people)]
        return len(found), tuple(found[: MOST_LISTED + 1])

    def _number(self, able: int) -> tuple[int, int, int]:
        """How many secrets, and actions that blind or persist, a mask of actions comes to; few masks differ."""
        found = self._numbers.get(able)
        if found is None:
            secrets = sum(any(able & way == way for way in ways) for ways in self._secrets)
            found = secrets, (able & self._blinding).bit_count(), (able & self._persistence).bit_count()
            self._numbers[able] = found
        return found

    @property
    def _people(self) -> int:
        return self.graph.landscape.people.all

    @cached_property
    def _execution(self) -> Execution:
        return self.graph.execution

    @cached_property
    def _lifted(self) -> list[int]:
        """For each node that is a principal without a limit, that principal as a set."""
        return [1 << node.place if node.depth else 0 for node in self.graph.nodes]

    @cached_property
    def _unlimited(self) -> list[int]:
        """The same for those that are administrators without the limit."""
        return [bit if self.graph.administrators >> at & 1 else 0 for at, bit in enumerate(self._lifted)]

    @cached_property
    def _administering(self) -> int:
        """The nodes that are administrators, or make themselves or somebody they become one, as a set."""
        able = bits_of(at for at, arcs in enumerate(self.graph.arcs) if any(arc.administers for arc in arcs))
        return able | self.graph.administrators

    @cached_property
    def _masks(self) -> list[int]:
        """For each node the actions that something allows and that are not denied on everything."""
        return [self._mask(node) for node in range(len(self.graph.nodes))]

    def _mask(self, node: int) -> int:
        if (self._administering & ~self.graph.administrators) >> node & 1:
            return interest().everything
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
        """Principals and groups that it can make administrators, and whom it is not known to become."""
        landscape, doing = self.graph.landscape, self._execution
        changed = become = groups = 0
        for node in nodes:
            become |= 1 << self.graph.nodes[node].place
            power = self.graph.nodes[node].power
            for action in ("iam:PutUserPolicy", "iam:AttachUserPolicy"):
                changed |= doing.done_to(power, action).possible & landscape.users
            for action in ("iam:PutRolePolicy", "iam:AttachRolePolicy"):
                changed |= doing.done_to(power, action).possible & landscape.roles
            for place in places(landscape.on_policies.of(power, "iam:CreatePolicyVersion").possible):
                changed |= landscape.holders.get(landscape.own_policies.arns[place], 0)
            for action in ("iam:PutGroupPolicy", "iam:AttachGroupPolicy"):
                for said in doing.requests(action):
                    groups |= landscape.on_groups.of(power, action, said).possible
            if landscape.on_groups.of(power, "iam:AddUserToGroup").possible & doing.granting_groups:
                changed |= landscape.users
        changed |= self._members(groups)
        yield from landscape.groups.members(groups)
        yield from landscape.people.members(changed & ~become & ~landscape.kept_by_aws)

    def _members(self, groups: int) -> int:
        landscape = self.graph.landscape
        held = landscape.policies.groups.items()
        names = {name for name, group in held if landscape.groups.bit(group.arn) & groups}
        if not names:
            return 0
        return landscape.where(lambda each: isinstance(each, User) and not names.isdisjoint(each.groups))


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
