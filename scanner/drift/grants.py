"""The effective grants that a principal gained and lost, as the evaluator decides before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Set

import msgspec

from scanner.drift.actions import Alike, Split, folded
from scanner.drift.cells import Cell, cells
from scanner.drift.deciding import Layers, Step, decision, settled, step
from scanner.drift.told import Actions, Grant
from scanner.iam.decision import Decision
from scanner.iam.documents import Statement
from scanner.iam.sources import Source

_Placed = tuple[str, int, Source, Statement]
_Turn = tuple[Step, tuple[str, ...], tuple[str, ...]]


class Turned(msgspec.Struct, frozen=True):
    """What a principal gained and lost.

    Attributes:
        not_asked: actions with more patterns of resources than are asked about, of which no gain was found.
    """

    gained: tuple[Grant, ...] = ()
    lost: tuple[Grant, ...] = ()
    not_asked: tuple[Actions, ...] = ()


class _Sides(msgspec.Struct, frozen=True):
    old: Layers
    new: Layers
    before: list[_Placed]
    after: list[_Placed]


def compare_grants(old: Layers, new: Layers) -> Turned:
    """What was gained and what was lost; nothing where every statement that bears on it says the same."""
    sides = _Sides(old, new, list(_placed(old)), list(_placed(new)))
    affected, may_gain = _affected(sides)
    if not affected:
        return Turned()
    split = Split(affected, [each[3] for each in (*sides.before, *sides.after)])
    places = {id(each) for each in affected}
    gained: defaultdict[tuple[object, ...], _Bundle] = defaultdict(_Bundle)
    lost: defaultdict[tuple[object, ...], _Bundle] = defaultdict(_Bundle)
    left = _Bundle()
    for alike in split.classes:
        for found in _turns(_on(sides, split, alike), alike.action, places):
            if found is None:
                left.add(alike)
                continue
            (turn, were, are), resources, but_not = found
            key = (turn.before, turn.after, were, are, resources, but_not)
            if turn.gains:
                gained[key].add(alike)
            if turn.loses:
                lost[key].add(alike)
    return Turned(_grants(gained), _grants(lost), folded(left.mask, left.strange) if may_gain else ())


class _Bundle:
    """Actions that changed in the same way."""

    def __init__(self) -> None:
        self.mask = 0
        self.strange: set[str] = set()

    def add(self, alike: Alike) -> None:
        """Add the actions of a class."""
        self.mask |= alike.mask
        self.strange.update(alike.strange)


def _grants(found: dict[tuple[object, ...], _Bundle]) -> tuple[Grant, ...]:
    made = [
        Grant(
            actions=folded(bundle.mask, bundle.strange),
            before=before,  # type: ignore[arg-type]
            after=after,  # type: ignore[arg-type]
            conditions_before=were,  # type: ignore[arg-type]
            conditions=are,  # type: ignore[arg-type]
            resources=resources,  # type: ignore[arg-type]
            but_not=but_not,  # type: ignore[arg-type]
        )
        for (before, after, were, are, resources, but_not), bundle in found.items()
    ]
    return tuple(sorted(made, key=_rank))


def _rank(grant: Grant) -> tuple[object, ...]:
    """The largest first."""
    size = sum(each.count for each in grant.actions)
    return -size, grant.resources, grant.actions, grant.but_not, grant.conditions, grant.conditions_before, grant.before


def _placed(layers: Layers) -> Iterator[_Placed]:
    for source in layers.identity:
        yield from (("identity", 0, source, each) for each in source.policy.statements)
    if layers.boundary is not None:
        yield from (("boundary", 0, layers.boundary, each) for each in layers.boundary.policy.statements)
    for level, sources in enumerate(layers.scps or ()):
        yield from (("scp", level, source, each) for source in sources for each in source.policy.statements)


def _meaning(placed: _Placed) -> tuple[object, ...]:
    layer, level, source, each = placed
    return (
        layer, level, source.has_variables, each.allows, frozenset(map(str.lower, each.actions)), each.not_actions,
        frozenset(each.resources), each.not_resources, frozenset(each.conditions),
    )  # fmt: skip


def _affected(sides: _Sides) -> tuple[list[Statement], bool]:
    """The statements on whose actions the decision may be another, and whether something may be gained by them."""
    old, new = sides.old, sides.new
    here = {_meaning(each): each[3] for each in sides.before}
    there = {_meaning(each): each[3] for each in sides.after}
    gone = [here[key] for key in here.keys() - there.keys()]
    come = [there[key] for key in there.keys() - here.keys()]
    found = gone + come
    may_gain = any(not each.allows for each in gone) or any(each.allows for each in come)
    if old.caps != new.caps:
        found += [each[3] for each in (*sides.before, *sides.after) if each[0] == "identity"]
        may_gain = True
    if old.caller.context != new.caller.context:
        varying = [each[3] for each in (*sides.before, *sides.after) if each[3].conditions or _has_variables(each)]
        found += varying
        may_gain |= bool(varying)
    return found, may_gain


def _has_variables(placed: _Placed) -> bool:
    return placed[2].has_variables and any("${" in pattern for pattern in placed[3].resources)


def _on(sides: _Sides, split: Split, alike: Alike) -> _Sides:
    """The sides with the statements that speak of some actions alone."""
    here, there = ([each for each in side if split.speaks(each[3], alike)] for side in (sides.before, sides.after))
    return _Sides(sides.old, sides.new, here, there)


def _turns(
    sides: _Sides, action: str, affected: Set[int]
) -> Iterator[tuple[_Turn, tuple[str, ...], tuple[str, ...]] | None]:
    """How the decisions on an action changed, with the resources of each way, and the narrower ones that are not.

    None stands for what was not asked about, where more may have been gained.
    """
    old, new, here, there = sides.old, sides.new, sides.before, sides.after
    known = settled(old, (each[3] for each in here)), settled(new, (each[3] for each in there))
    if known[0] is not None and known[0] == known[1] and not _names_accounts(here, there):
        return
    speaking = [(old, each[2], each[3]) for each in here] + [(new, each[2], each[3]) for each in there]
    places = cells(speaking, affected)
    asked = [(cell, step(old, new, action, cell.probe, known)) for cell in places.asked]
    alike: defaultdict[_Turn, dict[tuple[str, ...], Cell]] = defaultdict(dict)
    for cell, found in asked:
        if found.gains or found.loses:
            were = _conditions(decision(old, action, cell.probe)) if found.before == "only_if" else ()
            are = _conditions(decision(new, action, cell.probe)) if found.after == "only_if" else ()
            alike[found, were, are].setdefault(cell.parts, cell)
    for turn, found_cells in alike.items():
        held = _widest(list(found_cells.values()))
        others = {cell.parts: cell for cell, _ in asked if cell.parts not in found_cells}
        left_out = _widest([cell for cell in others.values() if any(cell.is_within(other) for other in held)])
        yield turn, tuple(cell.label for cell in held), tuple(cell.label for cell in left_out)
    if not places.is_whole and not any(turn[0].gains for turn in alike):
        yield None


def _widest(found: list[Cell]) -> list[Cell]:
    """The cells of which no other says as much; of two that mean the same the first one stays."""
    return [cell for place, cell in enumerate(found) if not _is_covered(cell, place, found)]


def _is_covered(cell: Cell, place: int, among: list[Cell]) -> bool:
    """Whether another cell says as much; of two that mean the same the first one stays."""
    return any(cell.is_within(other) and (at < place or not other.is_within(cell)) for at, other in enumerate(among))


def _names_accounts(here: list[_Placed], there: list[_Placed]) -> bool:
    """Whether a resource may be of another account, of which its owner has a say."""
    return any(":" in pattern for each in (*here, *there) for pattern in each[3].resources)


def _conditions(found: Decision) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.text for each in found.conditions))
