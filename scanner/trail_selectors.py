"""Which management events a trail records, from either kind of event selector.

Source: awscloudtrail/latest/APIReference/API_AdvancedEventSelector and API_EventSelector. A trail without selectors
records all management events; one that has advanced selectors is described by those alone.
"""

from __future__ import annotations

import msgspec

from scanner.inventory import BasicSelector, EventSelectors, FieldCondition


class ManagementEvents(msgspec.Struct, frozen=True):
    """What is recorded of the management events.

    Attributes:
        reads: events that only read.
        writes: events that change something.
        excluded_sources: event sources that are left out although the rest is recorded, sorted.
    """

    reads: bool
    writes: bool
    excluded_sources: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether reads and writes of every source are recorded."""
        return self.reads and self.writes and not self.excluded_sources


class _Part(msgspec.Struct, frozen=True):
    """What one selector records: all sources but some, or, where ``only`` is not None, these alone."""

    reads: bool
    writes: bool
    excluded: frozenset[str] = frozenset()
    only: frozenset[str] | None = None


def management_events(selectors: EventSelectors) -> ManagementEvents:
    """What the union of the selectors records."""
    if selectors.advanced:
        return _union([part for fields in selectors.advanced if (part := _advanced(fields)) is not None])
    if selectors.basic:
        return _union([_basic(selector) for selector in selectors.basic if selector.management])
    return ManagementEvents(reads=True, writes=True)


def _basic(selector: BasicSelector) -> _Part:
    return _Part(
        reads=selector.read_write in {"All", "ReadOnly"},
        writes=selector.read_write in {"All", "WriteOnly"},
        excluded=frozenset(selector.excluded_sources),
    )


def _advanced(fields: tuple[FieldCondition, ...]) -> _Part | None:
    """One advanced selector; None if it is not about management events, or narrows them in a way that leaves gaps."""
    by_name = {field.field: field.operators for field in fields}
    if len(by_name) != len(fields) or set(by_name) - {"eventCategory", "readOnly", "eventSource"}:
        return None
    if by_name.get("eventCategory") != {"Equals": ("Management",)}:
        return None
    recorded = _read_only_values(by_name.get("readOnly"))
    reads, writes = "true" in recorded, "false" in recorded
    sources = by_name.get("eventSource", {"NotEquals": ()})
    if set(sources) == {"NotEquals"}:
        return _Part(reads, writes, excluded=frozenset(sources["NotEquals"]))
    if set(sources) == {"Equals"}:
        return _Part(reads, writes, only=frozenset(sources["Equals"]))
    return None


def _read_only_values(operators: dict[str, tuple[str, ...]] | None) -> set[str]:
    if operators is None:
        return {"true", "false"}
    # An operator that the SDK does not know is not even handed out, and none at all is not "everything".
    if not operators or set(operators) - {"Equals", "NotEquals"}:
        return set()
    values = {value.lower() for value in operators.get("Equals", ("true", "false"))}
    return values - {value.lower() for value in operators.get("NotEquals", ())}


def _union(parts: list[_Part]) -> ManagementEvents:
    reads = _lost([part for part in parts if part.reads])
    writes = _lost([part for part in parts if part.writes])
    return ManagementEvents(
        reads is not None, writes is not None, tuple(sorted((reads or frozenset()) | (writes or frozenset())))
    )


def _lost(parts: list[_Part]) -> frozenset[str] | None:
    """The sources that none of these selectors records, or None if they name the few that they record."""
    broad = [part.excluded for part in parts if part.only is None]
    if not broad:
        return None
    named = frozenset(source for part in parts if part.only is not None for source in part.only)
    return frozenset.intersection(*broad) - named
