"""Breadth-first search and condensation on adjacency given as sets, without looking at pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scanner.iam.escalation.population import bits_of, places

_NARROW = 64


def layers(adjacency: Sequence[int], goal: int, direct: int) -> list[int]:
    """How far each node is from a goal: layer ``k`` holds the nodes ``k`` steps away.

    Args:
        adjacency: for each node the set of nodes that it leads to; itself may be among them.
        goal: the nodes at distance 0.
        direct: nodes at distance 1 whatever they lead to.
    """
    before, wide = _reversed(adjacency)
    known_before = bits_of(iter(sorted(before)))
    found = [goal]
    reached = current = goal
    new = direct
    while True:
        for place in places(current & known_before):
            new |= before[place]
        pending = []
        for targets, nodes in wide:
            if targets & current:
                new |= nodes
            else:
                pending.append((targets, nodes))
        wide = pending
        current = new & ~reached
        if not current:
            return found
        found.append(current)
        reached |= current
        new = 0


def _reversed(adjacency: Sequence[int]) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """For each node those that lead to it, apart from nodes that lead to very many, which are kept by their targets."""
    before: dict[int, int] = {}
    wide: list[tuple[int, int]] = []
    for targets, members in _classes(adjacency).items():
        nodes = bits_of(iter(members))
        if targets.bit_count() <= _NARROW:
            for place in places(targets):
                before[place] = before.get(place, 0) | nodes
        else:
            wide.append((targets, nodes))
    return before, wide


def _classes(adjacency: Sequence[int]) -> dict[int, list[int]]:
    # Most nodes share the very object, which is told faster than equal sets of many members.
    objects: dict[int, list[int]] = {}
    for node, targets in enumerate(adjacency):
        if targets:
            objects.setdefault(id(targets), []).append(node)
    found: dict[int, list[int]] = {}
    for nodes in objects.values():
        found.setdefault(adjacency[nodes[0]], []).extend(nodes)
    return found


@dataclass(eq=False)
class Closure:
    """Everything that a node leads to, over any number of steps.

    Nodes with the same targets are one class, and classes that lead to one another are condensed (Tarjan, "Depth-first
    search and linear graph algorithms", 1972), so that a cycle costs what one node does.
    """

    adjacency: Sequence[int]
    _reach: dict[int, int] = field(default_factory=dict)
    _gathered: dict[int, tuple[Sequence[int], dict[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._class_of: dict[int, int] = {}
        self._targets: list[int] = []
        self._members: list[int] = []
        for targets, members in _classes(self.adjacency).items():
            for node in members:
                self._class_of[node] = len(self._targets)
            self._targets.append(targets)
            self._members.append(bits_of(iter(members)))
        self._leading = bits_of(iter(sorted(self._class_of)))
        self._components()

    def of(self, node: int) -> int:
        """The nodes that a node leads to; itself only where it lies on a cycle."""
        found = self._class_of.get(node)
        return 0 if found is None else self._reach[found]

    def gathered(self, node: int, values: Sequence[int]) -> int:
        """The union of the values of all nodes that a node leads to; each class is gathered once.

        The values have to be the same object at every call.
        """
        known = self._gathered.setdefault(id(values), (values, {}))[1]
        number = self._class_of.get(node)
        if number is None:
            return 0
        reach = self._reach[number]
        if reach not in known:
            found = 0
            for place in places(reach):
                found |= values[place]
            known[reach] = found
        return known[reach]

    def on_cycle(self, node: int) -> bool:
        """Whether a node leads back to itself."""
        return bool(self.of(node) >> node & 1)

    def _next(self, number: int) -> list[int]:
        targets = self._targets[number] & self._leading
        if targets.bit_count() < len(self._members):
            return list(dict.fromkeys(self._class_of[place] for place in places(targets)))
        return [other for other, members in enumerate(self._members) if members & targets]

    def _components(self) -> None:
        index: dict[int, int] = {}
        low: dict[int, int] = {}
        stack: list[int] = []
        on_stack: set[int] = set()
        for root in range(len(self._targets)):
            if root in index:
                continue
            work = [(root, iter(self._next(root)))]
            index[root] = low[root] = len(index)
            stack.append(root)
            on_stack.add(root)
            while work:
                node, following = work[-1]
                for other in following:
                    if other not in index:
                        index[other] = low[other] = len(index)
                        stack.append(other)
                        on_stack.add(other)
                        work.append((other, iter(self._next(other))))
                        break
                    if other in on_stack:
                        low[node] = min(low[node], index[other])
                else:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[node])
                    if low[node] == index[node]:
                        self._close(node, stack, on_stack)

    def _close(self, root: int, stack: list[int], on_stack: set[int]) -> None:
        members: list[int] = []
        while True:
            node = stack.pop()
            on_stack.discard(node)
            members.append(node)
            if node == root:
                break
        within = set(members)
        reach = 0
        for node in members:
            reach |= self._targets[node]
            for other in self._next(node):
                if other not in within:
                    reach |= self._reach[other]
        for node in members:
            self._reach[node] = reach
