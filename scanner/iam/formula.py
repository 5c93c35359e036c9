"""Whether a decision that hangs on undecided conditions can fall both ways.

A decision is a formula over conditions. Conditions on one key hang together (a value cannot equal both ``a`` and
``b``), so each key is tried with one value of every kind that its conditions tell apart, with several of them together
where an operator speaks of several, and with no value at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product
from typing import Literal

import msgspec

from scanner.iam.conditions import holds, is_negated, is_settled
from scanner.iam.documents import Condition
from scanner.iam.value_kinds import one_of_each_kind

Verdict = Literal["yes", "no", "only_if"]

_MOST_VALUES = 400
_MOST_COMBINATIONS = 1 << 13
_MOST_SETS = 1 << 10


class Atom(msgspec.Struct, frozen=True):
    """One undecided condition, and whether its key is known to be in the request."""

    condition: Condition
    present: bool = False


Clause = frozenset[Atom]
"""Conditions that must all hold; the empty clause always does."""

Gate = tuple[Clause, ...]
"""Clauses of which one must hold: the Allow statements of one layer."""


class Formula(msgspec.Struct, frozen=True):
    """A decision: no clause of ``denies`` may hold, and all gates of one alternative must."""

    denies: tuple[Clause, ...]
    alternatives: tuple[tuple[Gate, ...], ...]

    def atoms(self) -> frozenset[Atom]:
        """Every undecided condition in it."""
        gates = (gate for gates in self.alternatives for gate in gates)
        return frozenset().union(*self.denies, *(clause for gate in gates for clause in gate))


def verdict(formula: Formula) -> Verdict:
    """``yes`` or ``no`` where every request gets that answer, else ``only_if``."""
    quick = _without_knowledge(formula)
    return _decided(formula) if quick == "only_if" else quick


@lru_cache(maxsize=16384)
def _decided(formula: Formula) -> Verdict:
    return _solve(simplified(formula))


def _without_knowledge(formula: Formula) -> Verdict:
    """The answer if conditions were independent: right where it is ``yes`` or ``no``."""
    if any(not clause for clause in formula.denies):
        return "no"
    if not any(all(gates) for gates in formula.alternatives):
        return "no"
    if not formula.denies and any(
        all(any(not clause for clause in gate) for gate in gates) for gates in formula.alternatives
    ):
        return "yes"
    return "only_if"


def simplified(formula: Formula) -> Formula:
    """An equal formula without clauses, gates and alternatives that others make superfluous."""
    denies = _minimal(formula.denies)
    alternatives: dict[frozenset[Gate], None] = {}
    for gates in formula.alternatives:
        kept = frozenset(gate for gate in map(_minimal, gates) if gate != ((frozenset()),))
        if all(kept):
            alternatives[kept] = None
    weakest = [one for one in alternatives if not any(other < one for other in alternatives)]
    return Formula(denies, tuple(tuple(gates) for gates in weakest))


def _minimal(clauses: Iterable[Clause]) -> Gate:
    """The clauses of which no other is a part, in an order of their own."""
    unique = set(clauses)
    kept = (clause for clause in unique if not any(other < clause for other in unique))
    return tuple(sorted(kept, key=lambda clause: sorted(map(order, clause))))


def order(atom: Atom) -> tuple[object, ...]:
    """A key to sort atoms by."""
    condition = atom.condition
    return condition.key, condition.operator, condition.values, condition.quantifier, condition.if_exists, atom.present


@lru_cache(maxsize=16384)
def _solve(formula: Formula) -> Verdict:
    atoms = sorted(formula.atoms(), key=order)
    bits = {atom: 1 << place for place, atom in enumerate(atoms)}
    choices, exhaustive = _choices(atoms, bits)
    denies = [_mask(clause, bits) for clause in formula.denies]
    alternatives = [[[_mask(clause, bits) for clause in gate] for gate in gates] for gates in formula.alternatives]
    seen: set[bool] = set()
    for choice in product(*choices):
        seen.add(_allows(sum(choice), denies, alternatives))
        if len(seen) == 2:
            return "only_if"
    if not exhaustive:
        return "only_if"
    return "yes" if seen == {True} else "no"


def _mask(clause: Clause, bits: dict[Atom, int]) -> int:
    return sum(bits[atom] for atom in clause)


def _allows(true: int, denies: list[int], alternatives: list[list[list[int]]]) -> bool:
    if any(mask & true == mask for mask in denies):
        return False
    return any(all(any(mask & true == mask for mask in gate) for gate in gates) for gates in alternatives)


def _choices(atoms: list[Atom], bits: dict[Atom, int]) -> tuple[list[list[int]], bool]:
    """For each key the sets of its atoms that can be true together, and whether these are all there are.

    Of an atom that is not settled both are tried: that may be one too many, but never one too few.
    """
    by_key: dict[str, list[Atom]] = {}
    choices: list[list[int]] = []
    for atom in atoms:
        if is_settled(atom.condition):
            by_key.setdefault(atom.condition.key, []).append(atom)
        else:
            choices.append([0, bits[atom]])
    exhaustive = True
    for group in by_key.values():
        if sum(len(atom.condition.values) for atom in group) > _MOST_VALUES:
            # Beyond what fits into a policy of AWS; taken as independent, they leave the answer open.
            choices += [[0, bits[atom]] for atom in group]
            exhaustive = False
            continue
        truths, complete = _truths(group)
        exhaustive &= complete
        place = [bits[atom] for atom in group]
        choices.append([sum(bit for at, bit in enumerate(place) if true >> at & 1) for true in sorted(truths)])
    size = 1
    for place_of, options in enumerate(choices):
        size *= len(options)
        if size > _MOST_COMBINATIONS:
            # The rest stays as if none and as if all of it held: enough to find both answers most often.
            choices[place_of:] = [[options[0], options[-1]] for options in choices[place_of : place_of + 6]]
            return choices, False
    return choices, exhaustive


def _truths(atoms: Sequence[Atom]) -> tuple[set[int], bool]:
    """The sets of atoms on one key that can be true together, as bits, and whether these are all."""
    conditions = [atom.condition for atom in atoms]
    values, complete = one_of_each_kind(conditions)
    found = {_true(conditions, (value,)) for value in values}
    if any(condition.quantifier for condition in conditions):
        found, all_sets = _together(found, conditions)
        complete &= all_sets
    if not any(atom.present for atom in atoms):
        found.add(_true(conditions, None))
    return found, complete


def _true(conditions: Sequence[Condition], values: tuple[str, ...] | None) -> int:
    return sum(1 << place for place, condition in enumerate(conditions) if holds(condition, values))


def _together(single: set[int], conditions: Sequence[Condition]) -> tuple[set[int], bool]:
    """What can be true of several values, from what can be true of one.

    Some operators ask that every value satisfies them, the others that one does, so that each further value takes from
    the former and adds to the latter.
    """
    of_all = sum(
        1 << place
        for place, condition in enumerate(conditions)
        if condition.quantifier == "forallvalues" or (not condition.quantifier and is_negated(condition.operator))
    )
    found = set(single)
    queue = list(single)
    while queue and len(found) <= _MOST_SETS:
        one = queue.pop()
        for other in single:
            both = (one & other & of_all) | ((one | other) & ~of_all)
            if both not in found:
                found.add(both)
                queue.append(both)
    return found, len(found) <= _MOST_SETS
