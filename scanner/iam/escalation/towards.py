"""Who can become one principal, and by which steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter

from scanner.iam.escalation.graph import Arc
from scanner.iam.escalation.network import layers
from scanner.iam.escalation.paths import Path, Paths, path_of
from scanner.iam.escalation.population import bits_of, places
from scanner.iam.escalation.step import Step
from scanner.iam.escalation.steps import Steps


@dataclass(eq=False)
class Towards:
    """The ways to one principal of the account, its ARN being the goal.

    An administrator can do anything, so the graph holds no steps of one: ways through an administrator are not among
    these.
    """

    paths: Paths
    goal: str
    _known: dict[int, tuple[Step, ...] | None] = field(default_factory=dict)

    def members(self) -> Iterator[str]:
        """The principals that can become the goal, the nearest first, then by ARN."""
        for layer in self._layers[1:]:
            for place in places(layer & self.paths.graph.principals):
                if self.path(arn := self.paths.graph.arn(place)) is not None:
                    yield arn

    def path(self, arn: str) -> Path | None:
        """A shortest path from a principal to the goal, or None where there is none."""
        at = self.paths.graph.place(arn)
        if at is None or not self._distance.get(at):
            return None
        steps = self._walk(at)
        # Where the evaluator refuses steps of every shortest way, a longer one may be left.
        return self.paths.between(arn, self.goal) if steps is None else path_of(steps)

    @cached_property
    def _layers(self) -> list[int]:
        graph = self.paths.graph
        goal = bits_of(place for place in range(len(graph.nodes)) if graph.arn(place) == self.goal)
        return layers([_targets(arcs) for arcs in graph.arcs], goal, 0)

    @cached_property
    def _distance(self) -> dict[int, int]:
        return {place: distance for distance, layer in enumerate(self._layers) for place in places(layer)}

    @cached_property
    def _explained(self) -> Steps:
        return Steps(self.paths.graph)

    def _walk(self, at: int) -> tuple[Step, ...] | None:
        """The steps of a shortest way, each of which the evaluator allows."""
        if not self._distance[at]:
            return ()
        if at not in self._known:
            self._known[at] = next(self._ways(at), None)
        return self._known[at]

    def _ways(self, at: int) -> Iterator[tuple[Step, ...]]:
        nearer = self._layers[self._distance[at] - 1]
        for arc in sorted(self.paths.graph.arcs[at], key=attrgetter("worth")):
            for members in (arc.certain & nearer, arc.nodes & ~arc.certain & nearer):
                for target in places(members):
                    step = self._explained.step(at, arc, target)
                    rest = self._walk(target) if step is not None else None
                    if step is not None and rest is not None:
                        yield (step, *rest)


def _targets(arcs: list[Arc]) -> int:
    found = 0
    for arc in arcs:
        found |= arc.nodes
    return found
