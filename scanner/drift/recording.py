"""What event selectors record, so that it can be said whether less is recorded than before.

Source: "Logging management events", "Logging data events" and "Advanced event selectors" in the CloudTrail User Guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scanner.drift.fields import Difference
from scanner.drift.weighing import Weighed

_Limit = tuple[str, str, frozenset[str]]
_Selector = tuple[str, frozenset[_Limit]]
"""A category of events, and by what those are limited that are recorded; the fewer limits, the more is recorded."""

_READ_ONLY = "readonly"
_KINDS = {"ReadOnly": ("true",), "WriteOnly": ("false",)}


def of_trail(found: Difference) -> Weighed | None:
    """Whether the selectors of a trail record less, or more."""
    return _weighed(_of_trail(found.before), _of_trail(found.after))


def of_store(found: Difference) -> Weighed | None:
    """The same of an event data store, which has advanced selectors alone."""
    return _weighed(list(_advanced(found.before or ())), list(_advanced(found.after or ())))


def _weighed(before: list[_Selector], after: list[_Selector]) -> Weighed | None:
    if not all(_is_among(each, after) for each in before):
        return Weighed("widens", "high", "event selector narrowed")
    is_more = not all(_is_among(each, before) for each in after)
    return Weighed("narrows", "high", "event selector widened") if is_more else None


def _of_trail(value: Any) -> list[_Selector]:
    if value is None:
        return []
    if not value.basic and not value.advanced:
        return list(_halves("management", ()))
    return [*_basic(value.basic), *_advanced(value.advanced)]


def _basic(selectors: Iterable[Any]) -> Iterator[_Selector]:
    for each in selectors:
        kinds = _KINDS.get(each.read_write)
        limits = [(_READ_ONLY, "equals", frozenset(kinds))] if kinds else []
        if each.management:
            excluded = frozenset(each.excluded_sources)
            yield from _halves("management", [*limits, ("eventsource", "notequals", excluded)] if excluded else limits)
        for data in each.data_resources:
            of_type = ("resources.type", "equals", frozenset({data.type}))
            yield from _halves("data", [*limits, of_type, ("resources.arn", "startswith", frozenset(data.beginnings))])


def _advanced(selectors: Iterable[Any]) -> Iterator[_Selector]:
    for conditions in selectors:
        category, limits = "", list[_Limit]()
        for each in conditions:
            for name, values in each.operators.items():
                if each.field.lower() == "eventcategory":
                    category = ",".join(sorted(values)).lower()
                else:
                    limits.append((each.field.lower(), name.lower(), frozenset(values)))
        yield from _halves(category, limits)


def _halves(category: str, limits: Iterable[_Limit]) -> Iterator[_Selector]:
    """A selector by reading and writing apart, since two selectors may record one each."""
    held = frozenset(limits)
    if any(field == _READ_ONLY for field, _, _ in held):
        yield category, held
        return
    for kind in ("true", "false"):
        yield category, held | {(_READ_ONLY, "equals", frozenset({kind}))}


def _is_among(selector: _Selector, others: Iterable[_Selector]) -> bool:
    """Whether one of the others records at least as much."""
    category, limits = selector
    return any(
        category == other and all(any(_is_tighter(one, limit) for one in limits) for limit in their_limits)
        for other, their_limits in others
    )


def _is_tighter(one: _Limit, other: _Limit) -> bool:
    """Whether a limit lets nothing through that another one does not."""
    if one[:2] != other[:2]:
        return False
    if one[1].startswith("not"):
        return one[2] >= other[2]
    if one[1] == "startswith":
        return all(any(beginning.startswith(wider) for wider in other[2]) for beginning in one[2])
    return one[2] <= other[2]
