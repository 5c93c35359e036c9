"""The escalation catalogue, executed for one principal: whom it can become, and what makes it an administrator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Literal

import msgspec

from scanner.iam.escalation.acts import ASSUME, PASSING, UNSEEN, Acts, Witnessed
from scanner.iam.escalation.population import NONE, Selection, bits_of, places
from scanner.iam.escalation.targets import LIMITS, NOT_TOLD
from scanner.iam.escalation.witness import Witnesses
from scanner.iam.grants import interest
from scanner.iam.methods import Act, Method, escalation_catalogue
from scanner.iam.powers import Power
from scanner.inventory import User

_PRINCIPALS = ("role", "user", "permission-set")

Effect = Literal["become", "administer"]


class Edge(msgspec.Struct, frozen=True, eq=False):
    """One way of one method for one principal.

    Attributes:
        effect: ``become`` the principal can act as each target; ``administer`` it is an administrator then, by the
            target or as itself.
        targets: users and roles, the principal itself perhaps among them; empty where the method ends at something
            else, named by ``at``.
        at: the ARN of a group, a policy, the principal itself or something new.
        resources: for acts on something other than the target and than what is not shown, the ARN.
        is_shared: whether the same object is an edge of other principals too, for as long as the execution lives.
    """

    method: Method
    way: tuple[Act, ...]
    effect: Effect
    targets: Selection = NONE
    at: str = ""
    certain: bool = True
    resources: dict[str, str] = {}
    is_shared: bool = False


class _Way(msgspec.Struct, frozen=True, eq=False):
    method: Method
    acts: tuple[Act, ...]
    mask: int
    on_principals: bool
    wanted: Selection
    unseen: int
    passes: bool
    others: tuple[tuple[Act, int], ...]
    has_several: bool


@dataclass(eq=False)
class Execution(Acts):
    """Runs the catalogue on the principals of one account."""

    _assuming: dict[tuple[int, str], tuple[Selection, tuple[Edge, ...]]] = field(default_factory=dict)

    @cached_property
    def _ways(self) -> tuple[_Way, ...]:
        """The ways that can be looked for, with the actions that some policy has to allow."""
        found: list[_Way] = []
        for method in escalation_catalogue().methods:
            if method.retired or method.gain in ("lift", "weaken", "outside") or NOT_TOLD & set(method.target.must):
                continue
            if LIMITS & set(method.target.must) and method.target.kind != "self":
                continue
            for way in method.ways:
                if method.target.kind == "group" and any(act.on == "target-group" for act in way):
                    continue
                needed = interest().mask(act.action for act in way if act.on != "assume")
                wanted = self.targets.of(method.target)
                on_principals = method.target.kind in _PRINCIPALS
                if wanted.possible or not on_principals:
                    unseen = [act for act in way if act.on in UNSEEN and act.action != PASSING]
                    others = tuple((act, interest().mask([act.action])) for act in way if act not in unseen)
                    mask = interest().mask(act.action for act in unseen)
                    wanted = self._narrowed(method, wanted)
                    several = wanted.possible.bit_count() > 1
                    passes = any(act.action == PASSING and act.on == "target" for act in way)
                    found.append(_Way(method, way, needed, on_principals, wanted, mask, passes, others, several))
        return tuple(found)

    def _narrowed(self, method: Method, wanted: Selection) -> Selection:
        """The targets, without those who do not become administrators by getting every right where that is needed."""
        if method.gain == "become":
            return wanted
        able = self.landscape.empowerable
        return Selection(wanted.certain & able, wanted.possible & able)

    @cached_property
    def _by_action(self) -> dict[int, tuple[tuple[int, _Way], ...]]:
        """The ways with their places in the catalogue, by the bit of that of their actions that fewest ways need.

        Those that need no permission of the caller are found at zero, apart from those that only assume a role.
        """
        needing = Counter(place for way in self._ways for place in places(way.mask))
        found: dict[int, list[tuple[int, _Way]]] = {}
        for order, way in enumerate(self._ways):
            if _only_assumes(way):
                continue
            rarest = min(places(way.mask), key=lambda place: needing[place], default=None)
            found.setdefault(0 if rarest is None else 1 << rarest, []).append((order, way))
        return {bit: tuple(ways) for bit, ways in found.items()}

    @cached_property
    def relevant(self) -> int:
        """The actions by which some way is gone; whoever gains others gains no way."""
        found = interest().mask([ASSUME])
        for way in self._ways:
            found |= way.mask
        return found

    @cached_property
    def _only_assuming(self) -> tuple[_Way, ...]:
        return tuple(way for way in self._ways if _only_assumes(way))

    @cached_property
    def _anchors(self) -> int:
        """The actions by which ways are found."""
        return bits_of(bit.bit_length() - 1 for bit in self._by_action if bit)

    @cached_property
    def _by_potential(self) -> dict[int, tuple[_Way, ...]]:
        return {}

    def edges(self, power: Power, place: int) -> Iterator[Edge]:
        """What the principal at a place of the population can do with what it holds."""
        kind = "user" if isinstance(power.caller.principal, User) else "role"
        assumable = self.landscape.trusting.assumable(place, power, self.landscape.on_people)
        yield from self._by_assuming(kind, place, assumable)
        if not power.potential & self._anchors and 0 not in self._by_action:
            return
        somewhere = _Somewhere(power, self.witnesses)
        # Passing a role is never more allowed than where the request says nothing of the service that it goes to.
        passes = bool(self.landscape.on_people.of(power, PASSING).possible)
        for way in self._with_potential(power.potential):
            if (way.passes and not passes) or (way.method.caller != "any" and way.method.caller != kind):
                continue
            if way.on_principals:
                edge = self._on_principals(way, power, place, assumable, somewhere)
                if edge is not None:
                    yield edge
            elif somewhere.allowed(way.unseen) is not None:
                yield from self._edges(way, power)

    def _with_potential(self, potential: int) -> tuple[_Way, ...]:
        """The ways whose actions are all allowed on something perhaps, in the order of the catalogue.

        Those that only assume a role are not among them.
        """
        found = self._by_potential.get(potential)
        if found is None:
            missing = ~potential
            candidates = list(self._by_action.get(0, ()))
            for place in places(potential & self._anchors):
                candidates += self._by_action[1 << place]
            fitting = sorted((each for each in candidates if not each[1].mask & missing), key=itemgetter(0))
            found = self._by_potential[potential] = tuple([way for _, way in fitting])
        return found

    def _by_assuming(self, kind: str, place: int, assumable: Selection) -> Iterator[Edge]:
        """The edges of ways by which roles are assumed and nothing else is done; equal for all who may assume them."""
        key = id(assumable), kind
        if key not in self._assuming:
            found = []
            for way in self._only_assuming:
                if way.method.caller in ("any", kind):
                    certain = _within(way.wanted.certain, assumable.certain)
                    possible = _within(way.wanted.possible, assumable.possible)
                    if possible:
                        found.append(_edge(way, Selection(certain, possible), is_shared=True))
            self._assuming[key] = assumable, tuple(found)
        for edge in self._assuming[key][1]:
            several = edge.targets.possible.bit_count() > 1
            if several or not edge.targets.possible >> place & 1:
                yield edge

    def _edges(self, way: _Way, power: Power) -> Iterator[Edge]:
        kind = way.method.target.kind
        if kind == "self":
            yield from self._on_oneself(way, power)
        elif kind == "group":
            yield from self._on_groups(way, power)
        elif kind.startswith("new-"):
            yield from self._on_something_new(way, power, kind.removeprefix("new-"))

    def _on_principals(
        self, way: _Way, power: Power, place: int, assumable: Selection, somewhere: _Somewhere
    ) -> Edge | None:
        certain, possible = way.wanted.certain, way.wanted.possible
        for act, bit in way.others:
            if act.on == "target" and power.unlimited & bit:
                continue
            if not possible:
                return None
            if act.on in UNSEEN:
                witness = self.elsewhere(act, power, way.method)
                if witness is None:
                    return None
                certain = certain if witness[1] else 0
                continue
            allowed = self.allowed(act, power, way.method, assumable)
            certain, possible = _within(certain, allowed.certain), _within(possible, allowed.possible)
        is_whole = possible is way.wanted.possible and way.has_several
        if not is_whole and not possible & ~(1 << place):
            return None
        if way.unseen:
            allowed_for_sure = somewhere.allowed(way.unseen)
            if allowed_for_sure is None:
                return None
            certain = certain if allowed_for_sure else 0
        return _edge(way, Selection(certain, possible))

    def _on_oneself(self, way: _Way, power: Power) -> Iterator[Edge]:
        if not self.landscape.would_be_administrator(power):
            return
        principal = power.caller.principal
        if principal is None or self.landscape.people.bit(principal.arn) & self.landscape.kept_by_aws:
            return
        certain, at = True, principal.arn
        resources: dict[str, str] = {}
        for act in way.acts:
            found = self.upon(act, power, principal)
            if found is None:
                return
            resources[act.action], sure = found
            certain = certain and sure
            if act.on in ("own-group", "own-policy"):
                at = resources[act.action]
        yield Edge(way.method, way.acts, "administer", at=at, certain=certain, resources=resources)

    def _on_groups(self, way: _Way, power: Power) -> Iterator[Edge]:
        """Groups that a user can join and make privileged."""
        landscape = self.landscape
        certain = possible = landscape.groups.all
        for act in way.acts:
            selections = [landscape.on_groups.of(power, act.action, said) for said in self.requests(act.action)]
            certain &= _any(selection.certain for selection in selections)
            possible &= _any(selection.possible for selection in selections)
        if not landscape.would_be_administrator(power):
            return
        for place in places(certain or possible):
            arn = landscape.groups.arns[place]
            resources = {act.action: arn for act in way.acts}
            sure = bool(certain >> place & 1)
            yield Edge(way.method, way.acts, "administer", at=arn, certain=sure, resources=resources)
            return

    def _on_something_new(self, way: _Way, power: Power, kind: str) -> Iterator[Edge]:
        if kind == "group" and not self.landscape.would_be_administrator(power):
            return
        acts = [act for act in way.acts if act.on.startswith("new-")]
        beside = self._beside(way, power)
        if beside is None or len(acts) + len(beside) != len(way.acts):
            return
        best = self._new(power, acts, kind)
        if best is not None:
            resources = {action: witness[0] for action, witness in beside.items()}
            resources |= {act.action: best[0] for act in acts}
            certain = best[1] and all(sure for _, sure in beside.values())
            yield Edge(way.method, way.acts, "administer", at=best[0], certain=certain, resources=resources)

    def _beside(self, way: _Way, power: Power) -> dict[str, Witnessed] | None:
        """Resources for the acts of a way on what is not made by it; None where one of them is not allowed."""
        found: dict[str, Witnessed] = {}
        for act in way.acts:
            if act.on in ("service", "target-group"):
                to_join = act.on == "target-group"
                witness = self.to_join(power, act) if to_join else self.elsewhere(act, power, way.method)
                if witness is None:
                    return None
                found[act.action] = witness
        return found

    def _new(self, power: Power, acts: list[Act], kind: str) -> Witnessed | None:
        """Something new to which all acts may be done, best without a condition."""
        best: Witnessed | None = None
        for arn in dict.fromkeys(self.witnesses.names(power, [act.action for act in acts], kind)):
            if arn in self.landscape.principals or arn in self.landscape.groups.arns:
                continue
            sure = self.all_on(power, acts, arn)
            if sure:
                return arn, True
            if sure is not None and best is None:
                best = arn, False
        return best


@dataclass(eq=False)
class _Somewhere:
    """Of the actions on what IAM data does not hold those that one principal may do to something, asked when needed."""

    power: Power
    witnesses: Witnesses

    def __post_init__(self) -> None:
        self._certain = self._possible = self._asked = self.power.unlimited

    def allowed(self, actions: int) -> bool | None:
        """Whether all actions of a mask are certainly allowed; None where one of them is not allowed at all."""
        for place in places(actions & ~self._asked):
            witness = self.witnesses.somewhere(self.power, interest().actions[place])
            self._asked |= 1 << place
            if witness is None:
                return None
            self._possible |= 1 << place
            self._certain |= 1 << place if witness[1] else 0
        if actions & ~self._possible:
            return None
        return not actions & ~self._certain


def _only_assumes(way: _Way) -> bool:
    return way.on_principals and all(act.on == "assume" and act.action == ASSUME for act in way.acts)


def _edge(way: _Way, targets: Selection, *, is_shared: bool = False) -> Edge:
    effect: Effect = "become" if way.method.gain == "become" else "administer"
    return Edge(way.method, way.acts, effect, targets, is_shared=is_shared)


def _within(members: int, allowed: int) -> int:
    """The members that are allowed; the same object where these are all, since a set of many is kept for many arcs."""
    found = members & allowed
    return members if found == members else found


def _any(bits: Iterator[int]) -> int:
    found = 0
    for each in bits:
        found |= each
    return found
