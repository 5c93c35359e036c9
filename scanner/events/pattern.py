"""Whether an event pattern of EventBridge matches an event.

All fields of a pattern have to match, and of each field one of the values in its array; ``$or`` gives alternatives.
Where the event has an array, one element that matches is enough, and what is demanded of objects in an array has to
hold of one and the same element. A field that the event does not have matches nothing but ``exists: false``; so does an
object or an empty array, since only values are fields. Keys are joined by dots, so a key that contains one is the same
as two keys.

Sources: eventbridge/latest/userguide/eb-event-patterns.html and eb-create-pattern.html; for the order in which fields
are looked at, which matters for what is missing from an element, github.com/aws/event-ruler.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from scanner.events.comparisons import Demand, doubtful, read_demand
from scanner.events.operators import BadPattern as BadPattern
from scanner.events.operators import Number
from scanner.inventory import Undetermined

_DEEPEST = 100
_MOST_ALTERNATIVES = 1000
_OPERATOR_NAMES = frozenset(
    {"exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr"}
)

Place = frozenset[tuple[tuple[str | int, ...], int]]
"""The elements of arrays in which something lies: each array by its path, with the index of the element."""

_NOWHERE: Place = frozenset()


@dataclass(frozen=True, slots=True)
class Pattern:
    """An event pattern: alternatives, each of them the demands of an event's fields in the order of their paths."""

    alternatives: tuple[tuple[tuple[str, Demand], ...], ...]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether the event is matched.

        Raises:
            Undetermined: that depends on an operator, or on a comparison, whose result is not known.
        """
        possible = [demands for demands in self.alternatives if _holds(demands, event, hopeful=True)]
        if not possible:
            return False
        if any(_holds(demands, event, hopeful=False) for demands in possible):
            return True
        names = sorted({name for demands in possible for _, demand in demands for name in demand.unknown})
        raise Undetermined(
            f"the event pattern uses {', '.join(names)}, which is not known"
            if names
            else "the event pattern compares in a way of which it is not documented whether this event matches"
        )


def read_pattern(text: str | bytes) -> Pattern:
    """The pattern of a rule.

    Raises:
        BadPattern: EventBridge refuses it; a rule cannot have it, or matches nothing.
    """
    return _read(text)


@lru_cache(maxsize=4096)
def _read(text: str | bytes) -> Pattern:
    try:
        found = json.loads(
            text, object_pairs_hook=tuple, parse_float=Number, parse_int=Number, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise BadPattern(f"it is not JSON: {error}") from None
    if not isinstance(found, tuple):
        raise BadPattern("it is not an object")
    alternatives = _alternatives(found, "", 0)
    return Pattern(tuple(tuple(sorted(demands.items())) for demands in alternatives))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _alternatives(pairs: tuple[tuple[str, Any], ...], prefix: str, depth: int) -> list[dict[str, Demand]]:
    if not pairs:
        raise BadPattern("an object is empty")
    if depth > _DEEPEST:
        raise BadPattern("it is nested too deeply")
    found: list[dict[str, Demand]] = [{}]
    for name, value in pairs:
        if name == "$or" and _is_alternative(value):
            options = [option for member in value for option in _alternatives(member, prefix, depth + 1)]
        elif isinstance(value, tuple):
            options = _alternatives(value, f"{prefix}{name}.", depth + 1)
        elif isinstance(value, list):
            options = [{prefix + name: read_demand(value)}]
        else:
            raise BadPattern(f"{json.dumps(name)} is neither an object nor an array")
        if len(found) * len(options) > _MOST_ALTERNATIVES:
            raise BadPattern("it has too many alternatives")
        found = _combined(found, options)
    return found


def _is_alternative(value: object) -> bool:
    """Whether the value of ``$or`` makes it an operator; else it is the name of a field like any other."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(member, tuple) for member in value)
        and not any(name in _OPERATOR_NAMES for member in value for name, _ in member)
    )


def _combined(found: list[dict[str, Demand]], options: list[dict[str, Demand]]) -> list[dict[str, Demand]]:
    if len(found) == len(options) == 1:
        _add(found[0], options[0])
        return found
    combined = []
    for one in found:
        for other in options:
            both = dict(one)
            _add(both, other)
            combined.append(both)
    return combined


def _add(demands: dict[str, Demand], further: Mapping[str, Demand]) -> None:
    for path, demand in further.items():
        # Versions of the matcher differ: the later demand counts, or the pattern is refused.
        demands[path] = doubtful(f"{path} twice") if path in demands else demand


def _holds(demands: tuple[tuple[str, Demand], ...], event: Mapping[str, Any], *, hopeful: bool) -> bool:
    """Whether all demands are met in consistent places of the event; ``hopeful`` takes what is not known for a yes."""
    reached = {_NOWHERE}
    for path, demand in demands:
        found = list(_values(event, tuple(path.split(".")), (), _NOWHERE))
        verdicts = [demand.accepts(value) for value, _ in found]
        following = set()
        for place in reached:
            is_absent = True
            for (_, within), verdict in zip(found, verdicts, strict=True):
                joined = _joined(place, within)
                if joined is None:
                    continue
                is_absent = False
                if verdict or (verdict is None and hopeful):
                    following.add(joined)
            if is_absent and demand.or_absent:
                following.add(place)
        if not following:
            return False
        reached = following
    return True


def _joined(one: Place, other: Place) -> Place | None:
    """Both places together, or None if they lie in different elements of an array."""
    if not other or not one:
        return one or other
    indexes = dict(one)
    if any(indexes.get(array, index) != index for array, index in other):
        return None
    return one | other


def _values(
    node: object, parts: tuple[str, ...], path: tuple[str | int, ...], place: Place
) -> Iterator[tuple[object, Place]]:
    """The values that the event has under a path, with the elements of arrays in which they lie."""
    if isinstance(node, Mapping):
        for end in range(1, len(parts) + 1):
            name = ".".join(parts[:end])
            if name in node:
                yield from _values(node[name], parts[end:], (*path, name), place)
    elif isinstance(node, list | tuple):
        for index, element in enumerate(node):
            yield from _values(element, parts, (*path, index), place | {(path, index)})
    elif not parts:
        yield node, place
