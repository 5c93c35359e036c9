"""The escalation catalogue, executed for one principal: whom it can become, and what makes it an administrator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import msgspec

from scanner.iam.escalation.acts import PASSING, UNSEEN, Acts, Witnessed
from scanner.iam.escalation.population import NONE, Selection, places
from scanner.iam.escalation.targets import LIMITS, NOT_TOLD
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
    """

    method: Method
    way: tuple[Act, ...]
    effect: Effect
    targets: Selection = NONE
    at: str = ""
    certain: bool = True
    resources: dict[str, str] = {}


class _Way(msgspec.Struct, frozen=True, eq=False):
    method: Method
    acts: tuple[Act, ...]
    mask: int
    on_principals: bool
    wanted: Selection
    unseen: int
    others: tuple[tuple[Act, int], ...]
    has_several: bool


@dataclass(eq=False)
class Execution(Acts):
    """Runs the catalogue on the principals of one account."""

    @cached_property
    def _ways(self) -> tuple[_Way, ...]:
        """The ways that can be looked for, with the actions that some policy has to allow."""
        found = []
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
                    found.append(_Way(method, way, needed, on_principals, wanted, mask, others, several))
        return tuple(found)

    def _narrowed(self, method: Method, wanted: Selection) -> Selection:
        """The targets, without those who do not become administrators by getting every right where that is needed."""
        if method.gain == "become":
            return wanted
        able = self.landscape.empowerable
        return Selection(wanted.certain & able, wanted.possible & able)

    @cached_property
    def _by_potential(self) -> dict[int, tuple[tuple[_Way, ...], int]]:
        return {}

    def edges(self, power: Power, place: int) -> Iterator[Edge]:
        """What the principal at a place of the population can do with what it holds."""
        ways, unseen = self._with_potential(power.potential)
        somewhere = self._somewhere(power, unseen)
        missing = ~somewhere.possible
        kind = "user" if isinstance(power.caller.principal, User) else "role"
        assumable = self.landscape.trusting.assumable(place, power, self.landscape.on_people)
        for way in ways:
            if way.unseen & missing or (way.method.caller != "any" and way.method.caller != kind):
                continue
            if way.on_principals:
                edge = self._on_principals(way, power, place, assumable, is_open=way.unseen & ~somewhere.certain)
                if edge is not None:
                    yield edge
            else:
                yield from self._edges(way, power)

    def _with_potential(self, potential: int) -> tuple[tuple[_Way, ...], int]:
        """The ways whose actions are all allowed on something perhaps, and their actions on what is not shown."""
        found = self._by_potential.get(potential)
        if found is None:
            missing = ~potential
            ways = tuple([way for way in self._ways if not way.mask & missing])
            unseen = 0
            for way in ways:
                unseen |= way.unseen
            found = self._by_potential[potential] = ways, unseen
        return found

    def _somewhere(self, power: Power, unseen: int) -> Selection:
        """Of the actions on what IAM data does not hold those that are allowed on something."""
        certain = possible = power.unlimited & unseen
        for place in places(unseen & ~certain):
            witness = self.witnesses.somewhere(power, interest().actions[place])
            if witness is not None:
                possible |= 1 << place
                certain |= 1 << place if witness[1] else 0
        return Selection(certain, possible)

    def _edges(self, way: _Way, power: Power) -> Iterator[Edge]:
        kind = way.method.target.kind
        if kind == "self":
            yield from self._on_oneself(way, power)
        elif kind == "group":
            yield from self._on_groups(way, power)
        elif kind.startswith("new-"):
            yield from self._on_something_new(way, power, kind.removeprefix("new-"))

    def _on_principals(self, way: _Way, power: Power, place: int, assumable: Selection, *, is_open: int) -> Edge | None:
        certain, possible = 0 if is_open else way.wanted.certain, way.wanted.possible
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
        effect: Effect = "become" if way.method.gain == "become" else "administer"
        return Edge(way.method, way.acts, effect, Selection(certain, possible))

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


def _within(members: int, allowed: int) -> int:
    """The members that are allowed; the same object where these are all, since a set of many is kept for many arcs."""
    found = members & allowed
    return members if found == members else found


def _any(bits: Iterator[int]) -> int:
    found = 0
    for each in bits:
        found |= each
    return found
