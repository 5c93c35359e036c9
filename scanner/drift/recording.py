"""What an event selector records, so that it can be said whether less is recorded than before."""

from __future__ import annotations

from typing import Any

from scanner.drift.fields import Difference
from scanner.drift.weighing import Weighed

_ALL = frozenset({"management read", "management write"})


def selectors(found: Difference) -> Weighed | None:
    """Whether the selectors of a trail record less, or more."""
    if found.before is None or found.after is None:
        return None
    before, after = _recorded(found.before, found.path), _recorded(found.after, found.path)
    if before - after:
        return Weighed("widens", "high", "event selector narrowed")
    return Weighed("narrows", "high", "event selector widened") if after - before else None


def _recorded(value: Any, path: str) -> frozenset[Any]:
    """Marks of what is recorded: the more, the more."""
    if not value:
        return frozenset()
    return frozenset(_advanced(value)) if path.endswith("advanced") else frozenset(_basic(value))


def _basic(value: Any) -> set[Any]:
    found: set[Any] = set()
    for each in value:
        kinds = {"ReadOnly": ("read",), "WriteOnly": ("write",)}.get(each.read_write, ("read", "write"))
        if each.management:
            found |= {f"management {kind}" for kind in kinds}
            found |= {f"management {kind} of {name}" for kind in kinds for name in _SOURCES - {*each.excluded_sources}}
        found |= {
            (f"data {kind}", data.type, beginning)
            for kind in kinds
            for data in each.data_resources
            for beginning in data.beginnings
        }
    return found


_SOURCES = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})


def _advanced(value: Any) -> set[Any]:
    """Each selector without its limits, and each with them; a limit that is gone records more."""
    found: set[Any] = set()
    for conditions in value:
        category = tuple(
            values
            for each in conditions
            if each.field == "eventCategory"
            for _, values in sorted(each.operators.items())
        )
        limits = frozenset(
            (each.field, name, tuple(values))
            for each in conditions
            if each.field != "eventCategory"
            for name, values in each.operators.items()
        )
        found.add((category, limits))
        if not limits:
            found |= {(category, "whole")}
    return found


def whole(found: Difference) -> Weighed | None:
    """Selectors as a whole, where a trail that records everything by default was given some, or lost them."""
    before, after = _whole(found.before), _whole(found.after)
    if before - after:
        return Weighed("widens", "high", "event selector narrowed")
    return Weighed("narrows", "high", "event selector widened") if after - before else None


def _whole(value: Any) -> frozenset[Any]:
    if value is None:
        return frozenset()
    if not value.basic and not value.advanced:
        return _ALL | {f"{kind} of {name}" for kind in _ALL for name in _SOURCES}
    return frozenset(_basic(value.basic) | _advanced(value.advanced))
