"""Statements as sets of cells: one action pattern on one resource pattern for one principal under the same conditions.

Lists of statements that make the same cells mean the same, however they are split. What counts are the cells that no
wider cell covers. They are never spelt out one by one: actions that occur in the same statements stay together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scanner.iam.documents import Condition
from scanner.iam.normal_conditions import Mark, implies, marks
from scanner.iam.pattern_sets import STAR, Effort, PatternIndex, disjoint, variables_of

Atom = str | tuple[str, ...]
"""The shape of a pattern, or the shapes that a complement leaves out; the empty tuple is an absent element."""

Principal = tuple[bool, tuple[tuple[str, str], ...]]
"""Whether it is a complement, and (type, name) pairs: one, or all that the complement leaves out, or none if absent."""


class Scope(NamedTuple):
    """What must hold for a cell to count.

    Attributes:
        conditions: all of these.
        variables: each of these policy variables must have a value, or else its whole statement does not match.
        carried: those of them that are in the conditions; the others must be seen in the resources.
    """

    conditions: frozenset[Condition]
    variables: frozenset[str]
    carried: frozenset[str]


class Block(NamedTuple):
    """Every cell that is made of these actions and resources."""

    scope: Scope
    actions: frozenset[Atom]
    resources: frozenset[Atom]


class Box(NamedTuple):
    """A statement: a block for each of its principals."""

    allows: bool
    principals: frozenset[Principal]
    block: Block


def regrouped(boxes: Iterable[Box], effort: Effort) -> set[Box]:
    """The boxes of the cells that no other cell of the same effect and principal covers.

    A principal covers only itself, be it ``*``: who is named by ARN passes a permissions boundary, who is meant by an
    account or by everyone does not.

    Raises:
        Undetermined: there is more to compare than the effort allows.
    """
    found: set[Box] = set()
    for allows in (True, False):
        mine = [box for box in set(boxes) if box.allows is allows]
        by_principal: defaultdict[Principal, list[int]] = defaultdict(list)
        for number, box in enumerate(mine):
            for principal in box.principals:
                by_principal[principal].append(number)
        alike: defaultdict[tuple[int, ...], set[Principal]] = defaultdict(set)
        for principal, numbers in by_principal.items():
            alike[tuple(numbers)].add(principal)
        merged: defaultdict[Block, set[Principal]] = defaultdict(set)
        for among, principals in alike.items():
            for block in _Comparison((mine[number].block for number in among), effort).widest():
                merged[block] |= principals
        found |= {Box(allows, frozenset(principals), block) for block, principals in merged.items()}
    return found


class _AtomSet:
    """Atoms of actions or resources, found by what they cover."""

    def __init__(self, atoms: frozenset[Atom], effort: Effort) -> None:
        self._atoms = atoms
        self._effort = effort
        self._patterns = PatternIndex((atom for atom in atoms if isinstance(atom, str)), effort)
        self._complements = [atom for atom in atoms if isinstance(atom, tuple) and atom]

    def wider(self, atom: Atom) -> Iterator[Atom]:
        """The other atoms that cover one."""
        if isinstance(atom, str):
            yield from self._patterns.wider(atom)
            for complement in self._complements:
                self._effort.spend(len(complement))
                if all(disjoint(left_out, atom) for left_out in complement):
                    yield complement
        elif atom:
            if STAR in self._patterns:
                yield STAR
            index = PatternIndex(atom, self._effort) if self._complements else None
            for complement in self._complements:
                self._effort.spend(1)
                if index and complement != atom and all(index.covers(left_out) for left_out in complement):
                    yield complement

    def covers(self, atom: Atom) -> bool:
        """Whether one of the atoms is or covers another."""
        return atom in self._atoms or any(True for _ in self.wider(atom))


class _Comparison:
    """The blocks of one principal, by scope and action."""

    def __init__(self, blocks: Iterable[Block], effort: Effort) -> None:
        self._effort = effort
        by_scope: defaultdict[Scope, list[Block]] = defaultdict(list)
        for block in blocks:
            by_scope[block.scope].append(block)
        self._rows = {scope: self._resources_by_action(mine) for scope, mine in by_scope.items()}
        self._actions = {scope: _AtomSet(frozenset(rows), effort) for scope, rows in self._rows.items()}
        self._sets: dict[frozenset[Atom], _AtomSet] = {}
        self._left: dict[tuple[frozenset[Atom], frozenset[frozenset[Atom]]], frozenset[Atom]] = {}

    def _resources_by_action(self, blocks: list[Block]) -> dict[Atom, frozenset[Atom]]:
        numbers: defaultdict[Atom, list[int]] = defaultdict(list)
        for number, block in enumerate(blocks):
            self._effort.spend(len(block.actions))
            for action in block.actions:
                numbers[action].append(number)
        together: dict[tuple[int, ...], frozenset[Atom]] = {}
        for among in {tuple(found) for found in numbers.values()}:
            self._effort.spend(sum(len(blocks[number].resources) for number in among))
            together[among] = frozenset().union(*(blocks[number].resources for number in among))
        return {action: together[tuple(found)] for action, found in numbers.items()}

    def widest(self) -> Iterator[Block]:
        """The cells that no other covers, as blocks: actions with the same resources are one block."""
        for scope, weaker in _weaker_scopes(list(self._rows), self._effort).items():
            by_resources: defaultdict[frozenset[Atom], set[Atom]] = defaultdict(set)
            for action, resources in self._rows[scope].items():
                left = self._uncovered(resources, frozenset(self._rivals(action, scope, weaker)))
                if left:
                    by_resources[_with_variables(left, resources, scope)].add(action)
            for resources, actions in by_resources.items():
                yield Block(scope, frozenset(actions), resources)

    def _rivals(self, action: Atom, scope: Scope, weaker: list[Scope]) -> Iterator[frozenset[Atom]]:
        """The resources for which a wider action, or the same in a weaker scope, is there already."""
        for other in (scope, *weaker):
            rows = self._rows[other]
            if other is not scope and action in rows:
                yield rows[action]
            for wider in self._actions[other].wider(action):
                yield rows[wider]

    def _uncovered(self, resources: frozenset[Atom], rivals: frozenset[frozenset[Atom]]) -> frozenset[Atom]:
        if not rivals and len(resources) == 1:
            return resources
        key = (resources, rivals)
        if key not in self._left:
            self._effort.spend(len(resources) * (1 + len(rivals)))
            own, others = self._set(resources), [self._set(rival) for rival in rivals]
            self._left[key] = frozenset(
                atom
                for atom in resources
                if not any(True for _ in own.wider(atom)) and not any(other.covers(atom) for other in others)
            )
        return self._left[key]

    def _set(self, resources: frozenset[Atom]) -> _AtomSet:
        found = self._sets.get(resources)
        if found is None:
            found = self._sets[resources] = _AtomSet(resources, self._effort)
        return found


def _with_variables(left: frozenset[Atom], resources: frozenset[Atom], scope: Scope) -> frozenset[Atom]:
    """The resources that are left, with those whose variables are still needed to show the scope.

    Patterns and complements become statements of their own, so each has to show it for itself.
    """
    if scope.variables <= scope.carried:
        return left
    shown = left
    for is_pattern in (True, False):
        carriers = {
            atom: frozenset().union(*map(variables_of, _shapes(atom)))
            for atom in resources
            if isinstance(atom, str) is is_pattern
        }
        kept = carriers.keys() & left
        seen = scope.carried.union(*(carriers[atom] for atom in kept))
        if kept and not scope.variables <= seen:
            shown |= {atom for atom, variables in carriers.items() if variables}
    return shown


def _shapes(atom: Atom) -> tuple[str, ...]:
    return (atom,) if isinstance(atom, str) else atom


def _weaker_scopes(scopes: list[Scope], effort: Effort) -> dict[Scope, list[Scope]]:
    """For each scope, the others that hold wherever it does."""
    frequency = Counter(mark for scope in scopes for mark in _marks(scope.conditions, as_weak=False))
    unconditional: list[Scope] = []
    by_mark: defaultdict[Mark, list[Scope]] = defaultdict(list)
    for scope in scopes:
        choices = [sorted(marks(condition, as_weak=True)) for condition in scope.conditions]
        rarest = min(choices, key=lambda found: (sum(frequency[mark] for mark in found), found), default=None)
        if rarest is None:
            unconditional.append(scope)
        for mark in rarest or ():
            by_mark[mark].append(scope)
    found: dict[Scope, list[Scope]] = {}
    for scope in scopes:
        asked = _marks(scope.conditions, as_weak=False)
        candidates = dict.fromkeys([*unconditional, *(other for mark in asked for other in by_mark.get(mark, ()))])
        effort.spend(sum(1 + (_size(scope) + _size(other)) // 16 for other in candidates))
        found[scope] = [other for other in candidates if other != scope and _is_weaker(other, scope)]
    return found


def _size(scope: Scope) -> int:
    return sum(len(condition.values) for condition in scope.conditions)


def _marks(conditions: Iterable[Condition], *, as_weak: bool) -> set[Mark]:
    return {mark for condition in conditions for mark in marks(condition, as_weak=as_weak)}


def _is_weaker(weak: Scope, strong: Scope) -> bool:
    return weak.variables <= strong.variables and all(
        any(implies(condition, wanted) for condition in strong.conditions) for wanted in weak.conditions
    )
