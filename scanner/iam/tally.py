"""The statements that speak of a request, layer by layer, with what must still hold for each to apply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from scanner.iam.action_index import folded, statements_on
from scanner.iam.audience import Strength, denied, granted
from scanner.iam.conditions import truth
from scanner.iam.context import Context, State
from scanner.iam.decision import Layer
from scanner.iam.documents import Condition, Policy, Statement
from scanner.iam.formula import Atom, Clause
from scanner.iam.matching import covers_resource
from scanner.iam.organization import rcps_apply
from scanner.iam.request import Policies, Request
from scanner.iam.sources import Source
from scanner.iam.variables import MARK, NEVER, matches_resolved, resolve


class Applying(msgspec.Struct, frozen=True):
    """A statement that speaks of a request, with what must still hold for it to apply.

    Attributes:
        source: its policy.
        statement: the statement; None stands for whatever a policy holds that was not read.
        clause: what must still hold; empty where it certainly applies.
        strength: how far an Allow of a resource policy reaches.
    """

    source: Source
    statement: Statement | None
    clause: Clause
    strength: Strength | None = None


def unread(layer: Layer, what: str) -> Applying:
    """That a policy which was not read allows the request."""
    return Applying(Source(layer, what, _UNREAD), None, frozenset({Atom(Condition("unread", what, ()))}))


_UNREAD = Policy(())
_Found = list[Applying]


@dataclass(slots=True)
class Tally:
    """What applies to a request, by layer; the levels of organization policies are kept apart."""

    denies: _Found = field(default_factory=list)
    allows: dict[tuple[Layer, int], _Found] = field(default_factory=dict)

    def allowing(self, layer: Layer, level: int = 0) -> tuple[Applying, ...]:
        """The Allow statements of a layer, of which one must apply."""
        return tuple(self.allows.get((layer, level), ()))

    def granting(self, *strengths: Strength) -> tuple[Applying, ...]:
        """The Allow statements of the resource policy that are at least one of these in strength."""
        found = self.allows.get(("resource_policy", 0), ())
        return tuple(each for each in found if each.strength in strengths)


def take(request: Request, policies: Policies) -> Tally:
    """The statements of every layer that speak of the request."""
    tally = Tally()
    action = folded(request.action)
    for layer, level, source in _sources(request, policies):
        for statement in statements_on(source.policy, action):
            clause = _left(statement, source, request)
            if clause is None:
                continue
            if layer == "resource_policy":
                _take_of_resource(tally, source, statement, clause, request, policies)
            elif statement.allows:
                tally.allows.setdefault((layer, level), []).append(Applying(source, statement, clause))
            else:
                tally.denies.append(Applying(source, statement, clause))
    return tally


def _sources(request: Request, policies: Policies) -> Iterator[tuple[Layer, int, Source]]:
    if request.caller.kind != "root":
        for source in policies.identity:
            yield "identity", 0, source
        if policies.boundary is not None:
            yield "boundary", 0, policies.boundary
    if policies.session is not None:
        yield "session_policy", 0, policies.session
    if policies.resource is not None:
        yield "resource_policy", 0, policies.resource
    if policies.scps and not request.caller.is_service_linked:
        for level, sources in enumerate(policies.scps):
            yield from (("scp", level, source) for source in sources)
    if policies.rcps and rcps_apply(request.caller, request.action, request.resource):
        for level, sources in enumerate(policies.rcps):
            yield from (("rcp", level, source) for source in sources)


def _take_of_resource(
    tally: Tally, source: Source, statement: Statement, clause: Clause, request: Request, policies: Policies
) -> None:
    if statement.allows:
        found = tally.allows.setdefault(("resource_policy", 0), [])
        for strength, named in granted(statement, request.caller):
            found.append(Applying(source, statement, clause | named, strength))
        return
    has_boundary = policies.boundary is not None or bool(policies.unread_boundary)
    for hit in denied(statement, request.caller, has_boundary=has_boundary):
        tally.denies.append(Applying(source, statement, clause | hit))


def is_refused(request: Request, source: Source, *, has_boundary: bool) -> bool:
    """Whether the policy of a resource surely denies a request, whatever allows it."""
    return any(
        _NOTHING in denied(statement, request.caller, has_boundary=has_boundary)
        for statement in statements_on(source.policy, folded(request.action))
        if not statement.allows and _left(statement, source, request) == _NOTHING
    )


def _left(statement: Statement, source: Source, request: Request) -> Clause | None:
    """What must still hold for a statement on the action to speak of the request; None where it certainly does not."""
    covered: bool | Atom = True
    if statement.resources:
        covered = _covers(statement, source, request)
        if covered is False:
            return None
    elif source.layer != "resource_policy" and not statement.not_resources:
        # Only policies of resources go without the element; IAM refuses such a statement elsewhere.
        return None
    clause = conditions_left(statement, request.context, has_variables=source.has_variables)
    return clause if clause is None or not isinstance(covered, Atom) else clause | {covered}


_NOTHING: Clause = frozenset()


def conditions_left(statement: Statement, context: Context, *, has_variables: bool) -> Clause | None:
    """The conditions of a statement that are still to be decided; None where one certainly does not hold."""
    if not statement.conditions:
        return _NOTHING
    atoms: set[Atom] = set()
    for condition in statement.conditions:
        left = truth(condition, context, has_variables=has_variables)
        if left is False:
            return None
        if left is not True:
            atoms.add(Atom(left, context.look_up(condition.key) is State.PRESENT))
    return frozenset(atoms)


def patterns_of(statement: Statement, context: Context, *, has_variables: bool) -> tuple[tuple[str, ...], bool] | None:
    """The resource patterns with their variables replaced, and whether one of them is left out as not known.

    None where a variable has no value: the statement then matches nothing.
    """
    if not any(MARK in pattern for pattern in statement.resources):
        return statement.resources, False
    if not has_variables:
        return tuple(pattern.replace(MARK, "${$}{") for pattern in statement.resources), False
    resolved = [resolve(pattern, context) for pattern in statement.resources]
    if NEVER in resolved:
        return None
    return tuple(pattern for pattern in resolved if pattern is not None), None in resolved


def _covers(statement: Statement, source: Source, request: Request) -> bool | Atom:
    """Whether a statement speaks of the resource; an atom where a policy variable decides it."""
    if not any(MARK in pattern for pattern in statement.resources):
        return covers_resource(statement, request.resource)
    found = patterns_of(statement, request.context, has_variables=source.has_variables)
    if found is None:
        return False
    patterns, some_unknown = found
    if any(matches_resolved(pattern, request.resource) for pattern in patterns):
        return not statement.not_resources
    if some_unknown:
        return Atom(Condition("resource", "the resource", statement.resources))
    return statement.not_resources
