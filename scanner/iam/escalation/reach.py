"""On which members of a population a principal may do an action: the evaluator, asked about a whole set at once.

It gives for every member the answer that ``scanner.iam.evaluation`` gives for that member alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from scanner.iam.context import Context, Values
from scanner.iam.documents import Condition, Statement
from scanner.iam.escalation.population import NONE, Population, Selection
from scanner.iam.formula import Atom, Clause, Formula, Gate, verdict
from scanner.iam.grants import Grant, interest
from scanner.iam.powers import Power
from scanner.iam.tally import conditions_left, patterns_of

_CERTAIN: Clause = frozenset()
_MOST_PARTS = 64


class Hold(msgspec.Struct, frozen=True, eq=False):
    """Where a statement applies: the members, those that are sure, and what must still hold for all of them."""

    members: Selection
    clause: Clause


@dataclass(eq=False)
class Reach:
    """Answers for one population.

    Attributes:
        population: the ARNs that can be a resource of the actions asked about.
    """

    population: Population
    _decided: dict[Hashable, Selection] = field(default_factory=dict)
    _selections: dict[Grant, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._everyone = Selection(self.population.all, self.population.all)

    def of(self, power: Power, action: str, said: Mapping[str, Values] | None = None) -> Selection:
        """The members on which the principal may do the action.

        Args:
            power: what the principal holds.
            action: one of the interest.
            said: the keys of the request, beside those of the caller.
        """
        bit = interest().bits[action.lower()]
        if not power.potential & bit:
            return NONE
        if power.unlimited & bit:
            return self._everyone
        facet = power.facet(bit)
        spoken = tuple((key, values) for key, values in said.items() if key in facet.keys) if said else ()
        key = (facet, spoken)
        found = self._decided.get(key)
        if found is None:
            context = power.caller.context.with_request(dict(spoken))
            found = self._decided[key] = self._decide(power, facet.allows, facet.denies, facet.bounds, context)
        return found

    def refused(self, power: Power, action: str) -> Selection:
        """The members on which a Deny certainly, or possibly, stops the action, whatever allows it."""
        denies = power.facet(interest().bits[action.lower()]).denies
        return _union(self.population.all, self._holds(denies, power, power.caller.context))

    def bounded(self, power: Power, action: str) -> Selection:
        """The members on which the permissions boundary does not stop the action for lack of an Allow."""
        if power.bound is None:
            return Selection(self.population.all, self.population.all)
        bounds = power.facet(interest().bits[action.lower()]).bounds or ()
        return _union(self.population.all, self._holds(bounds, power, power.caller.context))

    def _decide(
        self,
        power: Power,
        allows: tuple[Grant, ...],
        denies: tuple[Grant, ...],
        bounds: tuple[Grant, ...] | None,
        context: Context,
    ) -> Selection:
        granting = self._holds(allows, power, context)
        if not granting:
            return NONE
        gates = [granting]
        if bounds is not None:
            gates.append(self._holds(bounds, power, context))
        return settle(self.population.all, gates, self._holds(denies, power, context))

    def _holds(self, grants: Iterable[Grant], power: Power, context: Context) -> list[Hold]:
        found = []
        for grant in grants:
            hold = self._hold(grant, power, context)
            if hold is not None and hold.members.possible:
                found.append(hold)
        return found

    def _hold(self, grant: Grant, power: Power, context: Context) -> Hold | None:
        selected = self._selected(grant, context)
        if selected is None or not selected.possible:
            return None
        statement = grant.statement
        if not statement.conditions:
            return Hold(selected, _CERTAIN)
        certain, possible = selected.certain, selected.possible
        fixed: list[Condition] = []
        for condition in statement.conditions:
            if condition.key in context.known or not self.population.varies(condition.key):
                fixed.append(condition)
                continue
            members = self.population.satisfying(condition, context, has_variables=grant.has_variables)
            free = power.free_targets if _is_tag(condition.key) else 0
            certain &= members.certain & ~free
            possible &= members.possible | free
        left = _left(statement, fixed, context, has_variables=grant.has_variables)
        if left is None or not possible:
            return None
        return Hold(Selection(certain, possible), left)

    def _selected(self, grant: Grant, context: Context) -> Selection | None:
        """The members that the Resource or NotResource of a statement speaks of."""
        cached = self._selections.get(grant)
        if cached is not None:
            return Selection(cached, cached)
        found = patterns_of(grant.statement, context, has_variables=grant.has_variables)
        if found is None:
            return None
        patterns, some_unknown = found
        bits = 0
        for pattern in patterns:
            bits |= self.population.select(pattern)
        if grant.statement.not_resources:
            bits = self.population.all & ~bits
            certain, possible = (0 if some_unknown else bits), bits
        else:
            certain, possible = bits, (self.population.all if some_unknown else bits)
        if grant.is_general:
            self._selections[grant] = bits
        return Selection(certain, possible)


def _is_tag(key: str) -> bool:
    return key.startswith(("aws:resourcetag/", "iam:resourcetag/"))


def _left(statement: Statement, conditions: list[Condition], context: Context, *, has_variables: bool) -> Clause | None:
    if not conditions:
        return _CERTAIN
    if len(conditions) == len(statement.conditions):
        return conditions_left(statement, context, has_variables=has_variables)
    rest = msgspec.structs.replace(statement, conditions=tuple(conditions))
    return conditions_left(rest, context, has_variables=has_variables)


def _union(everyone: int, holds: list[Hold]) -> Selection:
    return settle(everyone, [holds], []) if holds else NONE


def settle(everyone: int, gates: list[list[Hold]], refusing: list[Hold]) -> Selection:
    """The members that every gate lets pass and no refusal stops.

    What hangs on conditions is decided in parts: the members to which the same statements apply.
    """
    certain, possible = _bounds(everyone, gates, refusing)
    undecided = possible & ~certain
    if not undecided:
        return Selection(certain, certain)
    parts = _parts(undecided, [hold for gate in (*gates, refusing) for hold in gate])
    if parts is None:
        # Nobody writes so many overlapping conditions; leaving all of them open is safe.
        return Selection(certain, possible)
    possible = certain
    for part in parts:
        answer = verdict(_formula(part, gates, refusing))
        if answer != "no":
            possible |= part
        if answer == "yes":
            certain |= part
    return Selection(certain, possible)


def _bounds(everyone: int, gates: list[list[Hold]], refusing: list[Hold]) -> tuple[int, int]:
    """The members that surely pass, and those that may if every condition is taken by itself."""
    certain = possible = everyone
    for gate in gates:
        gate_certain = gate_possible = 0
        for hold in gate:
            gate_possible |= hold.members.possible
            if not hold.clause:
                gate_certain |= hold.members.certain
        certain, possible = certain & gate_certain, possible & gate_possible
    for hold in refusing:
        certain &= ~hold.members.possible
        if not hold.clause:
            possible &= ~hold.members.certain
    return certain, possible


def _parts(members: int, holds: list[Hold]) -> list[int] | None:
    """The members, divided so that each statement applies to all of a part or to none; None if that is too many."""
    parts = [members]
    for hold in holds:
        for border in {hold.members.possible, hold.members.certain}:
            split = [(part & border, part & ~border) for part in parts]
            parts = [piece for pair in split for piece in pair if piece]
            if len(parts) > _MOST_PARTS:
                return None
    return parts


def _formula(part: int, gates: list[list[Hold]], refusing: list[Hold]) -> Formula:
    """The decision for members to which the same statements apply; one that may apply is an independent unknown."""

    def clause(hold: Hold) -> Clause:
        if part & hold.members.certain:
            return hold.clause
        return hold.clause | {Atom(Condition("member", str(id(hold)), ()))}

    def speaking(holds: list[Hold]) -> Gate:
        return tuple(clause(hold) for hold in holds if part & hold.members.possible)

    return Formula(denies=speaking(refusing), alternatives=(tuple(speaking(gate) for gate in gates),))
