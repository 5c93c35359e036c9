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


_ALL = ManagementEvents(reads=True, writes=True)


def management_events(selectors: EventSelectors) -> ManagementEvents:
    """What the union of the selectors records."""
    if selectors.advanced:
        parts = [part for fields in selectors.advanced if (part := _advanced(fields)) is not None]
    elif selectors.basic:
        parts = [_basic(selector) for selector in selectors.basic if selector.management]
    else:
        return _ALL
    return _union(parts)


def _basic(selector: BasicSelector) -> ManagementEvents:
    return ManagementEvents(
        reads=selector.read_write in {"All", "ReadOnly"},
        writes=selector.read_write in {"All", "WriteOnly"},
        excluded_sources=selector.excluded_sources,
    )


def _advanced(fields: tuple[FieldCondition, ...]) -> ManagementEvents | None:
    """One advanced selector; None if it is not about management events, or narrows them in a way that leaves gaps."""
    by_name = {field.field: field.operators for field in fields}
    if by_name.get("eventCategory", {}).get("Equals") != ("Management",):
        return None
    if set(by_name) - {"eventCategory", "readOnly", "eventSource"}:
        return None
    excluded: tuple[str, ...] = ()
    if "eventSource" in by_name:
        if set(by_name["eventSource"]) != {"NotEquals"}:
            return None
        excluded = tuple(sorted(by_name["eventSource"]["NotEquals"]))
    wanted = _read_only_values(by_name.get("readOnly"))
    return ManagementEvents("true" in wanted, "false" in wanted, excluded)


def _read_only_values(operators: dict[str, tuple[str, ...]] | None) -> set[str]:
    if operators is None:
        return {"true", "false"}
    values = {value.lower() for value in operators.get("Equals", ("true", "false"))}
    return values - {value.lower() for value in operators.get("NotEquals", ())}


def _union(parts: list[ManagementEvents]) -> ManagementEvents:
    reads = [part for part in parts if part.reads]
    writes = [part for part in parts if part.writes]
    # A source is lost where every selector that records its kind of event leaves it out.
    lost = {
        source
        for side in (reads, writes)
        if side
        for source in set.intersection(*(set(p.excluded_sources) for p in side))
    }
    return ManagementEvents(bool(reads), bool(writes), tuple(sorted(lost)))
