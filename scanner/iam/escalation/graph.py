"""The escalation graph of an account: who becomes whom, and how many steps from an administrator each principal is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

import msgspec

from scanner.iam.administrator import Administration
from scanner.iam.escalation.edges import Edge, Execution
from scanner.iam.escalation.landscape import Landscape
from scanner.iam.escalation.lifts import Lift, Lifts
from scanner.iam.escalation.network import Closure, layers
from scanner.iam.escalation.population import Selection, bits_of, places
from scanner.iam.methods import Act, Method, escalation_catalogue
from scanner.iam.powers import Power
from scanner.inventory import Account

_DEEPEST_LIFT = 2


class Node(msgspec.Struct, frozen=True, eq=False):
    """A principal, as it is or after a limit went.

    Attributes:
        place: which principal, in the population.
        depth: how many limits went.
        only_on: where only some targets count, those.
    """

    place: int
    power: Power
    depth: int = 0
    only_on: int | None = None


class Arc(msgspec.Struct, frozen=True, eq=False):
    """One way of one method from one node.

    Attributes:
        nodes: the nodes that it leads to; the certain ones are in ``certain`` too. The node itself may be among them,
            so that arcs of many nodes share one set.
        administers: whether the principal is an administrator after it, whatever the target was before.
        at: what the acts are done to where that is no node.
        sure: whether no condition leaves the method open, where it leads to no node.
        order: the place of the method in the catalogue.
        worth: by which the best of several arcs comes first: what needs nothing unseen, and is known to work.
    """

    method: Method
    way: tuple[Act, ...]
    nodes: int
    certain: int
    administers: bool
    at: str
    sure: bool
    resources: dict[str, str]
    order: int
    worth: tuple[bool, int, int]

    @property
    def needs(self) -> str:
        """The resource that it needs and that IAM data does not show."""
        return self.method.needs


@dataclass(eq=False)
class Graph:
    """The graph of one account, built once.

    Attributes:
        nodes: the principals in the order of the population, then principals without a limit.
        arcs: for each node its arcs, in the order of the catalogue.
        administrators: nodes that are administrators, as a set.
        unread: principals of whom an identity policy was not read, as a set.
        left_out: for nodes that can do more about limits than was followed, what, as a sentence.
    """

    landscape: Landscape
    nodes: list[Node] = field(default_factory=list)
    arcs: list[list[Arc]] = field(default_factory=list)
    administrators: int = 0
    unread: int = 0
    left_out: dict[int, str] = field(default_factory=dict)
    administrations: dict[int, Administration] = field(default_factory=dict)
    _shared: dict[int, Arc] = field(default_factory=dict)
    _distances: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        execution = self.execution
        lifts = Lifts(self.landscape, execution)
        administrators: list[int] = []
        for place, arn in enumerate(self.landscape.people.arns):
            self.nodes.append(Node(place, self.landscape.power(arn)))
        at = 0
        while at < len(self.nodes):
            node = self.nodes[at]
            found = self.landscape.administration(node.power)
            self.arcs.append([])
            if found is not None:
                administrators.append(at)
                self.administrations[at] = found
            elif not node.power.caller.is_service_linked and (
                node.power.potential or node.depth or self._is_named(node.place)
            ):
                self.arcs[at] = sorted(
                    [*self._by_edges(node, execution), *self._by_lifts(at, node, lifts)], key=lambda arc: arc.order
                )
            at += 1
        self.administrators = bits_of(iter(administrators))
        self._keep_deploying()
        self.unread = bits_of(at for at, node in enumerate(self.nodes) if node.power.unread and not node.depth)

    @cached_property
    def execution(self) -> Execution:
        """What runs the catalogue; it remembers what it answered."""
        return Execution(self.landscape)

    def _keep_deploying(self) -> None:
        """Of the targets that have to deploy something themselves keep those that are able to.

        That is known only once all arcs are there.
        """
        deploying = _to_deployers()
        wanting = [at for at, arcs in enumerate(self.arcs) if any(arc.order in deploying for arc in arcs)]
        if not wanting:
            return
        able = {
            service: bits_of(
                at for at, arcs in enumerate(self.arcs) if any(arc.nodes and _deploys(arc, service) for arc in arcs)
            )
            for service in ("", "cloudformation")
        }
        for at in wanting:
            kept = (self._to_deploying(arc, able) for arc in self.arcs[at])
            self.arcs[at] = [arc for arc in kept if arc.nodes or arc.administers]

    def _to_deploying(self, arc: Arc, able: dict[str, int]) -> Arc:
        if arc.order not in _to_deployers():
            return arc
        # Who assumes an administrator needs no deployment.
        deploying = able["cloudformation"] if arc.method.service == "sts" else able[""] | self.administrators
        return msgspec.structs.replace(arc, nodes=arc.nodes & deploying, certain=arc.certain & deploying)

    def _is_named(self, place: int) -> bool:
        return self.landscape.trusting.names(place)

    def _by_edges(self, node: Node, execution: Execution) -> Iterator[Arc]:
        for edge in execution.edges(node.power, node.place):
            if node.only_on is not None:
                targets = Selection(edge.targets.certain & node.only_on, edge.targets.possible & node.only_on)
                if targets.possible:
                    yield _arc(edge, targets)
            elif edge.is_shared:
                if id(edge) not in self._shared:
                    self._shared[id(edge)] = _arc(edge, edge.targets)
                yield self._shared[id(edge)]
            else:
                yield _arc(edge, edge.targets)

    def _by_lifts(self, at: int, node: Node, lifts: Lifts) -> Iterator[Arc]:
        if node.depth >= _DEEPEST_LIFT:
            if lifts.goes_on(node.power, node.place):
                self._leave_out(at, "can lift limits one after another, of which only the first ones were followed")
            return
        for lift in lifts.of(node.power, node.place):
            bit = 1 << len(self.nodes)
            place = self.landscape.people.bit(lift.becomes).bit_length() - 1 if lift.becomes else node.place
            self.nodes.append(Node(place, lift.power, node.depth + 1, lift.only_on))
            yield _lifting(lift, bit)
        if lifts.left_out:
            self._leave_out(at, lifts.left_out)

    def _leave_out(self, at: int, what: str) -> None:
        self.left_out[at] = f"{self.arn(at)} {what}"

    @cached_property
    def cut(self) -> int:
        """The nodes that can do more about limits than was followed, as a set."""
        return bits_of(list(self.left_out))

    @cached_property
    def ranks(self) -> list[int]:
        """The nodes in the order of their distance from an administrator, who is at distance 0.

        First come those that need nothing which IAM data does not show, then the others.
        """
        free = [_together(arcs, needy=False) for arcs in self.arcs]
        near = layers(free, self.administrators, self._administering(needy=False))
        return [*near, *layers(self._every, _union(near), self._administering(needy=True))[1:]]

    @cached_property
    def _every(self) -> list[int]:
        """For each node where it leads; itself may be among that."""
        return [_together(arcs, needy=True) for arcs in self.arcs]

    def leading_to(self, at: int, goal: int) -> int | None:
        """The nearest node of a goal that a node leads to over any number of steps, or is; None where there is none."""
        found = self._distance(goal)
        distance = next((steps for steps, layer in enumerate(found) if layer >> at & 1), None)
        if distance is None:
            return None
        for layer in reversed(found[:distance]):
            at = next(places(self._every[at] & layer))
        return at

    def leading(self, goal: int) -> int:
        """The nodes that lead to a goal over any number of steps, and those of the goal itself, as a set."""
        return _union(self._distance(goal))

    def _distance(self, goal: int) -> list[int]:
        if goal not in self._distances:
            self._distances[goal] = layers(self._every, goal, 0) if goal else []
        return self._distances[goal]

    @cached_property
    def escalating(self) -> int:
        """The nodes that can become an administrator and are none, as a set."""
        return _union(self.ranks[1:]) & ~self.administrators

    @cached_property
    def reaching(self) -> int:
        """The nodes that are administrators or can become one, as a set."""
        return _union(self.ranks)

    @cached_property
    def closure(self) -> Closure:
        """Whom each node can become, over any number of steps."""
        return Closure([nodes & ~(1 << at) for at, nodes in enumerate(self._every)])

    def _administering(self, *, needy: bool) -> int:
        return bits_of(
            at for at, arcs in enumerate(self.arcs) if any(arc.administers and (needy or not arc.needs) for arc in arcs)
        )

    @property
    def principals(self) -> int:
        """The nodes that are principals as they are, as a set."""
        return self.landscape.people.all

    def arn(self, at: int) -> str:
        """The principal of a node."""
        return self.landscape.people.arns[self.nodes[at].place]

    def place(self, arn: str) -> int | None:
        """The node of a principal as it is."""
        return self.landscape.people.place(arn)


def _deploys(arc: Arc, service: str) -> bool:
    passes, assumes = _passing()[id(arc.way)]
    if service:
        return passes and arc.method.service == service
    return passes or assumes


@cache
def _passing() -> dict[int, tuple[bool, bool]]:
    """For each way of the catalogue, by its identity, whether a role is passed in it, and whether one is assumed."""
    ways = [way for method in escalation_catalogue().methods for way in method.ways]
    actions = {id(way): {act.action for act in way} for way in ways}
    return {way: ("iam:PassRole" in named, "sts:AssumeRole" in named) for way, named in actions.items()}


def _union(sets: Iterable[int]) -> int:
    found = 0
    for each in sets:
        found |= each
    return found


def _together(arcs: list[Arc], *, needy: bool) -> int:
    found = 0
    for arc in arcs:
        if needy or not arc.needs:
            found = found | arc.nodes if found else arc.nodes
    return found


@cache
def _to_deployers() -> frozenset[int]:
    """The places of the methods whose targets have to deploy something themselves."""
    methods = enumerate(escalation_catalogue().methods)
    return frozenset(place for place, method in methods if "deploys" in method.target.must)


_SURE = {"documented": 0, "plausible": 1, "untested": 2}


@cache
def _places() -> dict[str, tuple[int, tuple[bool, int, int]]]:
    """For each method its place in the catalogue, and the worth of its arcs."""
    return {
        method.id: (place, (bool(method.needs), _SURE[method.sure], place))
        for place, method in enumerate(escalation_catalogue().methods)
    }


def _arc(edge: Edge, targets: Selection) -> Arc:
    order, worth = _places()[edge.method.id]
    return Arc(
        method=edge.method,
        way=edge.way,
        nodes=targets.possible,
        certain=targets.certain,
        administers=edge.effect == "administer",
        at=edge.at,
        sure=edge.certain,
        resources=edge.resources,
        order=order,
        worth=worth,
    )


def _lifting(lift: Lift, bit: int) -> Arc:
    order, worth = _places()[lift.method.id]
    return Arc(
        method=lift.method,
        way=lift.way,
        nodes=bit,
        certain=bit if lift.certain else 0,
        administers=False,
        at=lift.at,
        sure=lift.certain,
        resources={},
        order=order,
        worth=worth,
    )


class _Built(msgspec.Struct):
    """An account, and its graph once it is there."""

    account: Account
    graph: Graph | None = None


_MOST_GRAPHS = 2
_graphs: dict[int, _Built] = {}


def graph_of(account: Account) -> Graph:
    """The escalation graph of an account, built once for all that ask.

    Raises:
        RuntimeError: it could not be built before; trying again for every principal would take hours.
    """
    found = _graphs.get(id(account))
    if found is None or found.account is not account:
        if len(_graphs) >= _MOST_GRAPHS:
            _graphs.clear()
        found = _graphs[id(account)] = _Built(account)
        found.graph = Graph(Landscape(account))
    if found.graph is None:
        raise RuntimeError("the escalation graph could not be built")
    return found.graph
