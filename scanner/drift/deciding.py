"""What the evaluator says of one request before and after, and on which side more requests pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from scanner.iam.caller import Caller
from scanner.iam.conditions import holds, is_settled
from scanner.iam.decision import Decision
from scanner.iam.documents import Statement
from scanner.iam.evaluation import decide, ways_of
from scanner.iam.formula import Atom, Clause, Formula, Verdict, order, simplified, verdict
from scanner.iam.in_force import Levels
from scanner.iam.principals import is_account_id
from scanner.iam.request import Policies, Request
from scanner.iam.sources import Source
from scanner.iam.tally import take, unread
from scanner.iam.value_kinds import one_of_each_kind

_MOST_COMBINATIONS = 1 << 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """What bears on the requests of one principal on one side.

    Attributes:
        scps: None where they are not known, and so count as letting everything pass.
        unread: what of its policies was not read.
        unread_boundary: why its boundary was not read, or empty.
    """

    caller: Caller
    identity: tuple[Source, ...] = ()
    boundary: Source | None = None
    scps: Levels | None = None
    unread: tuple[str, ...] = ()
    unread_boundary: tuple[str, ...] = ()

    @property
    def caps(self) -> tuple[object, ...]:
        """What bounds every action of the principal by being there, whatever it says."""
        return self.boundary is not None or bool(self.unread_boundary), self.unread_boundary, len(self.scps or ())


@dataclass(frozen=True, slots=True)
class Step:
    """A decision before and after; ``gains`` and ``loses`` say whether some request passes that did not, or back."""

    before: Verdict
    after: Verdict
    gains: bool
    loses: bool


_ALWAYS, _NEVER = Formula((), ((),)), Formula((), ())


def settled(layers: Layers, speaking: Iterable[Statement]) -> Formula | None:
    """The decision on an action wherever the resource is of the account, where the statements on it settle that."""
    if layers.unread or layers.unread_boundary or layers.boundary is not None or layers.scps:
        return None
    found = list(speaking)
    if not found:
        return _NEVER
    if any(not each.allows for each in found):
        return None
    is_free = any("*" in each.resources and not each.not_resources and not each.conditions for each in found)
    return _ALWAYS if is_free and not any("${" in text for each in found for text in each.resources) else None


def step(
    old: Layers, new: Layers, action: str, resource: str, known: tuple[Formula | None, Formula | None] = (None, None)
) -> Step:
    """How the decision on an action and a resource changed; ``known`` are those that are settled."""
    account = _account_of(resource)
    one_known, other_known = known if not account or account == old.caller.account_id else (None, None)
    before = one_known or _formula(old, action, resource)
    after = other_known or _formula(new, action, resource)
    if before == after:
        same = verdict(before)
        return Step(same, same, gains=False, loses=False)
    one, other = verdict(before), verdict(after)
    if one == "only_if" == other:
        gains, loses = _compared(simplified(before), simplified(after))
        return Step(one, other, gains, loses)
    return Step(one, other, _RANK[one] < _RANK[other], _RANK[one] > _RANK[other])


_RANK: dict[Verdict, int] = {"no": 0, "only_if": 1, "yes": 2}


def decision(layers: Layers, action: str, resource: str) -> Decision:
    """The whole decision, with its conditions in words."""
    return decide(_request(layers, action, resource), _policies(layers, resource))


def _formula(layers: Layers, action: str, resource: str) -> Formula:
    if not layers.identity and not layers.unread:
        return Formula((), ())
    request, policies = _request(layers, action, resource), _policies(layers, resource)
    tally = take(request, policies)
    ways = ways_of(request, policies, tally)
    # A boundary that was not read may let the request pass, or not.
    bounds = tuple((unread("boundary", what).clause,) for what in layers.unread_boundary)
    return Formula(
        denies=tuple(each.clause for each in tally.denies),
        alternatives=tuple((*(tuple(each.clause for each in gate) for gate in gates), *bounds) for gates in ways),
    )


def _request(layers: Layers, action: str, resource: str) -> Request:
    account = _account_of(resource)
    context = layers.caller.context.with_request({"aws:resourceaccount": (account,)} if account else {})
    return Request(layers.caller, action, resource, context)


def _policies(layers: Layers, resource: str) -> Policies:
    return Policies(
        identity=layers.identity,
        boundary=layers.boundary,
        scps=layers.scps,
        rcps=(),
        unread_identity=layers.unread,
        unread_boundary="; ".join(layers.unread_boundary),
        resource_account=_account_of(resource),
    )


def _account_of(resource: str) -> str:
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and is_account_id(parts[4]) else ""


def _compared(old: Formula, new: Formula) -> tuple[bool, bool]:
    """Whether some request passes only after, and whether one passed only before."""
    if old == new:
        return False, False
    atoms = sorted(old.atoms() | new.atoms(), key=order)
    choices, is_whole = _choices(atoms)
    size = 1
    for each in choices:
        size *= len(each)
    if size > _MOST_COMBINATIONS:
        return True, True
    gains = loses = False
    for choice in product(*choices):
        true = frozenset[Atom]().union(*choice)
        before, after = _allows(old, true), _allows(new, true)
        gains |= after and not before
        loses |= before and not after
    # They are not the same, so where not everything could be tried there is something that was not found.
    is_unsaid = not is_whole and not gains and not loses
    return gains or is_unsaid, loses or is_unsaid


def _allows(formula: Formula, true: Clause) -> bool:
    if any(clause <= true for clause in formula.denies):
        return False
    return any(all(any(clause <= true for clause in gate) for gate in gates) for gates in formula.alternatives)


def _choices(atoms: Sequence[Atom]) -> tuple[list[list[Clause]], bool]:
    """For each condition key the sets of its atoms that can hold together, and whether these are all."""
    is_whole = True
    by_key: dict[str, list[Atom]] = {}
    choices: list[list[Clause]] = []
    for atom in atoms:
        if is_settled(atom.condition) and not atom.condition.quantifier:
            by_key.setdefault(atom.condition.key, []).append(atom)
        else:
            choices.append([frozenset(), frozenset({atom})])
    for group in by_key.values():
        values, is_every = one_of_each_kind([atom.condition for atom in group])
        is_whole &= is_every
        found = {frozenset(atom for atom in group if holds(atom.condition, (value,))) for value in values}
        if not any(atom.present for atom in group):
            found.add(frozenset(atom for atom in group if holds(atom.condition, None)))
        choices.append(sorted(found, key=lambda each: sorted(map(order, each))))
    return choices, is_whole
