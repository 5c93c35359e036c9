"""The effective grants that a principal gained and lost, as the evaluator decides before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from scanner.drift.actions import Split, folded
from scanner.drift.cells import cells
from scanner.drift.deciding import Layers, Step, decision, settled, step
from scanner.drift.told import Grant
from scanner.iam.decision import Decision
from scanner.iam.documents import Statement
from scanner.iam.matching import covers_action, matches
from scanner.iam.sources import Source

_Placed = tuple[str, int, Source, Statement]
_Turn = tuple[Step, tuple[str, ...], tuple[str, ...]]


def compare_grants(old: Layers, new: Layers) -> tuple[tuple[Grant, ...], tuple[Grant, ...]]:
    """What was gained and what was lost; nothing where every statement that bears on it says the same."""
    before, after = list(_placed(old)), list(_placed(new))
    affected = _affected(old, new, before, after)
    if not affected:
        return (), ()
    split = Split(affected, [each[3] for each in (*before, *after)])
    gained: defaultdict[tuple[object, ...], _Bundle] = defaultdict(_Bundle)
    lost: defaultdict[tuple[object, ...], _Bundle] = defaultdict(_Bundle)
    for action, mask, strange in split.classes:
        for turn, resources, but_not in _turns(old, new, before, after, action):
            key = (turn[0].before, turn[0].after, turn[1], turn[2], resources, but_not)
            for wanted, found in ((turn[0].gains, gained), (turn[0].loses, lost)):
                if wanted:
                    found[key].mask |= mask
                    found[key].strange |= set(strange)
    return _grants(gained), _grants(lost)


class _Bundle:
    """Actions that changed in the same way."""

    def __init__(self) -> None:
        self.mask = 0
        self.strange: set[str] = set()


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


def _affected(old: Layers, new: Layers, before: list[_Placed], after: list[_Placed]) -> list[Statement]:
    """The statements on whose actions the decision may be another."""
    here, there = {_meaning(each): each[3] for each in before}, {_meaning(each): each[3] for each in after}
    found = [here[key] for key in here.keys() - there.keys()] + [there[key] for key in there.keys() - here.keys()]
    if (old.boundary is None) != (new.boundary is None) or len(old.scps or ()) != len(new.scps or ()):
        found += [each[3] for each in (*before, *after) if each[0] == "identity"]
    if old.caller.context != new.caller.context:
        found += [each[3] for each in (*before, *after) if each[3].conditions or _has_variables(each)]
    return found


def _has_variables(placed: _Placed) -> bool:
    return placed[2].has_variables and any("${" in pattern for pattern in placed[3].resources)


def _turns(
    old: Layers, new: Layers, before: list[_Placed], after: list[_Placed], action: str
) -> Iterator[tuple[_Turn, tuple[str, ...], tuple[str, ...]]]:
    """How the decisions on an action changed, with the resources of each way, and the narrower ones that are not."""
    here, there = ([each for each in side if _speaks(each, action)] for side in (before, after))
    known = settled(old, (each[3] for each in here)), settled(new, (each[3] for each in there))
    if known[0] is not None and known[0] == known[1] and not _names_accounts(here, there):
        return
    speaking = [(old, each[2], each[3]) for each in here] + [(new, each[2], each[3]) for each in there]
    asked = [(cell, step(old, new, action, cell.probe, known)) for cell in cells(speaking)]
    alike: defaultdict[_Turn, list[str]] = defaultdict(list)
    for cell, found in asked:
        if found.gains or found.loses:
            were = _conditions(decision(old, action, cell.probe)) if found.before == "only_if" else ()
            are = _conditions(decision(new, action, cell.probe)) if found.after == "only_if" else ()
            alike[found, were, are].append(cell.label)
    for turn, labels in alike.items():
        held = [label for label in labels if not _is_narrower(label, labels)]
        others = [cell.label for cell, _ in asked if cell.label not in labels]
        yield turn, tuple(held), tuple(label for label in others if _is_narrower(label, held))


def _names_accounts(here: list[_Placed], there: list[_Placed]) -> bool:
    """Whether a resource may be of another account, of which its owner has a say."""
    return any(":" in pattern for each in (*here, *there) for pattern in each[3].resources)


def _is_narrower(label: str, among: list[str]) -> bool:
    parts = label.split(" & ")
    return any(
        other != label and " & " not in other and any(part == other or matches(other, part) for part in parts)
        for other in among
    )


def _speaks(placed: _Placed, action: str) -> bool:
    return covers_action(placed[3], action)


def _conditions(found: Decision) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.text for each in found.conditions))
