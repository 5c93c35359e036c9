"""Escalation paths: chains of steps from a principal to an administrator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Literal

import msgspec

from scanner.iam.escalation.graph import Arc, Graph, graph_of
from scanner.iam.escalation.population import places
from scanner.iam.escalation.step import Step
from scanner.iam.escalation.steps import Steps
from scanner.inventory import Account

MOST_PATHS = 20
_ITSELF: tuple[tuple[str, int | None], ...] = (("itself", None),)


class Path(msgspec.Struct, frozen=True):
    """A chain of steps; after the last one the principal has administrator rights, or is the principal asked for.

    Attributes:
        confidence: how far one may rely on it: conditions and untested methods lower it, unseen resources lower it
            further.
    """

    steps: tuple[Step, ...]
    confidence: Literal["high", "medium", "low"]


def path_of(steps: tuple[Step, ...]) -> Path:
    """A path of these steps, which is as sure as the least sure of them."""
    return Path(steps, _CONFIDENCES[max((step.doubt for step in steps), default=0)])


_CONFIDENCES: tuple[Literal["high", "medium", "low"], ...] = ("high", "medium", "low")


class Escalation(msgspec.Struct, frozen=True):
    """How a principal becomes an administrator.

    Attributes:
        paths: one of the shortest for each first method and kind of target, the surest first.
        others: how many further first methods there are beyond the most that are listed.
    """

    paths: tuple[Path, ...]
    others: int = 0


class _Hop(msgspec.Struct, frozen=True):
    node: int
    arc: Arc
    target: int | None


@dataclass(eq=False)
class Paths:
    """Finds paths in one graph."""

    graph: Graph
    _found: dict[int, Escalation | None] = field(default_factory=dict)
    _best: dict[int, _Hop | None] = field(default_factory=dict)
    _rests: dict[int, tuple[frozenset[int], tuple[Step, ...]] | None] = field(default_factory=dict)
    _nearest_in: dict[tuple[int, int, bool], tuple[tuple[str, int | None], ...]] = field(default_factory=dict)
    _steps: dict[tuple[int, int, int | None], Step | None] = field(default_factory=dict)

    @cached_property
    def _rank(self) -> dict[int, int]:
        return {place: rank for rank, layer in enumerate(self.graph.ranks) for place in places(layer)}

    @cached_property
    def _escalating(self) -> frozenset[int]:
        return frozenset(places(self.graph.escalating))

    @cached_property
    def _explained(self) -> Steps:
        return Steps(self.graph)

    def escalation(self, arn: str) -> Escalation | None:
        """How a principal becomes an administrator; None where it is one already, or cannot."""
        at = self.graph.place(arn)
        if at is None or at not in self._escalating:
            return None
        # The rules on smaller powers ask again about those of whom the rule on escalation has told.
        if at not in self._found:
            self._found[at] = self._escalation(at)
        return self._found[at]

    def _escalation(self, at: int) -> Escalation | None:
        found: dict[tuple[str, str], Path] = {}
        others: set[str] = set()
        for arc in self._by_worth(at):
            for kind, target in self._candidates(at, arc):
                if (arc.method.id, kind) in found:
                    continue
                if len(found) >= MOST_PATHS:
                    others.add(arc.method.id)
                    continue
                path = self._path(at, arc, target)
                if path is not None:
                    found[arc.method.id, kind] = path
        if not found:
            other = self._any_other(at)
            return None if other is None else Escalation((other,))
        listed = sorted(found.values(), key=_worth)
        return Escalation(tuple(listed), len(others - {method for method, _ in found}))

    def _any_other(self, at: int) -> Path | None:
        """A path over a target that is not the nearest, where the evaluator refuses all the nearest ones."""
        for arc in self._by_worth(at):
            for target in places(arc.nodes & ~(1 << at) & (self.graph.reaching if not arc.administers else -1)):
                path = self._path(at, arc, target)
                if path is not None:
                    return path
        return None

    def between(self, arn: str, goal: str) -> Path | None:
        """A shortest path from one principal to another, or None where there is none."""
        start, end = self.graph.place(arn), self.graph.place(goal)
        if start is None or end is None:
            return None
        before: dict[int, _Hop] = {}
        level = [start]
        seen = 1 << start
        while level:
            following: list[int] = []
            for node in level:
                for arc in self.graph.arcs[node]:
                    for target in places(arc.nodes & ~seen):
                        step = self._step(_Hop(node, arc, target))
                        if step is None:
                            continue
                        seen |= 1 << target
                        before[target] = _Hop(node, arc, target)
                        following.append(target)
                        if target == end or self.graph.arn(target) == goal:
                            return self._walked(before, target, start)
            level = following
        return None

    def _walked(self, before: dict[int, _Hop], end: int, start: int) -> Path | None:
        hops: list[_Hop] = []
        while end != start:
            hops.append(before[end])
            end = before[end].node
        return self._told(tuple(reversed(hops)))

    def _by_worth(self, at: int) -> list[Arc]:
        arcs = self.graph.arcs[at]
        return sorted(arcs, key=attrgetter("worth")) if len(arcs) > 1 else arcs

    def _candidates(self, at: int, arc: Arc) -> Sequence[tuple[str, int | None]]:
        """For each kind of target the best one: nearest to an administrator, then certain, then first by ARN."""
        if not arc.nodes:
            return _ITSELF
        # Sets of targets are shared by many arcs, and so are the best of them, apart from the caller itself.
        key = id(arc.nodes), id(arc.certain), arc.administers
        found = self._nearest_in.get(key)
        if found is None:
            found = self._nearest_in[key] = tuple(self._best_in(arc, -1))
        if any(target == at for _, target in found):
            return tuple(self._best_in(arc, ~(1 << at)))
        return found

    def _best_in(self, arc: Arc, others: int) -> Iterator[tuple[str, int | None]]:
        for kind, members in self._kinds:
            nodes = arc.nodes & members & others
            if not nodes:
                continue
            if arc.administers:
                yield kind, _first(arc.certain & nodes or nodes)
                continue
            near = next((near for layer in self.graph.ranks if (near := nodes & layer)), 0)
            if near:
                yield kind, _first(arc.certain & near or near)

    @cached_property
    def _kinds(self) -> tuple[tuple[str, int], ...]:
        """The nodes by what they are: users, roles, and principals without a limit."""
        users, people = self.graph.landscape.users, self.graph.landscape.people.all
        return ("user", users), ("role", people & ~users), ("itself", ~people)

    def _path(self, at: int, arc: Arc, target: int | None) -> Path | None:
        hop = _Hop(at, arc, target)
        if arc.administers or target is None or target in self.graph.administrations:
            return self._told((hop,))
        known = self._usual_rest(target)
        if known is not None and at not in known[0]:
            first = self._step(hop)
            return None if first is None else path_of((first, *known[1]))
        rest = self._onwards(target, frozenset({at}))
        return None if rest is None else self._told((hop, *rest))

    def _usual_rest(self, at: int) -> tuple[frozenset[int], tuple[Step, ...]] | None:
        """The best chain from a node to an administrator: its nodes, and its steps; the same for all who come there."""
        if at not in self._rests:
            hops = self._onwards(at, frozenset())
            told = None if hops is None else self._told(hops)
            nodes = frozenset(node for hop in hops or () for node in (hop.node, hop.target) if node is not None)
            self._rests[at] = None if told is None else (nodes, told.steps)
        return self._rests[at]

    def _onwards(self, at: int, seen: frozenset[int]) -> tuple[_Hop, ...] | None:
        """The best chain from a node to an administrator that does not come back to a node already seen."""
        chain: list[_Hop] = []
        here, visited = at, set(seen)
        while here not in self.graph.administrations:
            hop = self._nearest_of_all(here)
            if hop is not None and hop.target in visited:
                hop = self._nearest(here, visited)
            if hop is None:
                return None
            chain.append(hop)
            visited.add(here)
            if hop.arc.administers or hop.target is None:
                break
            here = hop.target
        return tuple(chain)

    def _nearest_of_all(self, at: int) -> _Hop | None:
        if at not in self._best:
            self._best[at] = self._nearest(at, set())
        return self._best[at]

    def _nearest(self, at: int, visited: set[int]) -> _Hop | None:
        best: tuple[tuple[int, bool, bool, int, int], _Hop] | None = None
        for arc in self.graph.arcs[at]:
            for _, target in self._candidates(at, arc):
                if target in visited:
                    continue
                rank = 0 if arc.administers or target is None else self._rank[target]
                certain = arc.sure if target is None else bool(arc.certain >> target & 1)
                needy, sure, order = arc.worth
                worth = (rank, needy, not certain, sure, order)
                hop = _Hop(at, arc, target)
                if (best is None or worth < best[0]) and self._step(hop) is not None:
                    best = worth, hop
        return best[1] if best else None

    def _told(self, hops: tuple[_Hop, ...]) -> Path | None:
        steps = [self._step(hop) for hop in hops]
        return None if None in steps else path_of(tuple([step for step in steps if step is not None]))

    def _step(self, hop: _Hop) -> Step | None:
        """The step in words; None where the evaluator, asked about this very target, says no."""
        key = (hop.node, id(hop.arc), hop.target)
        if key not in self._steps:
            self._steps[key] = self._explained.step(hop.node, hop.arc, hop.target)
        return self._steps[key]


def _first(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _worth(path: Path) -> tuple[int, int, str, str]:
    order = {"high": 0, "medium": 1, "low": 2}
    return order[path.confidence], len(path.steps), path.steps[0].method, path.steps[0].target


def paths_of(account: Account) -> Paths:
    """The paths of an account, found once for all that ask."""
    return _paths(graph_of(account))


@lru_cache(maxsize=2)
def _paths(graph: Graph) -> Paths:
    return Paths(graph)
