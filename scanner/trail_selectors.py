"""Which events a trail records, from either kind of event selector.

Source: awscloudtrail/latest/APIReference/API_AdvancedEventSelector, API_AdvancedFieldSelector and API_EventSelector. A
trail without selectors records all management events; one that has advanced selectors is described by those alone.
"""

from __future__ import annotations

from itertools import product

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


class DataEvents(msgspec.Struct, frozen=True):
    """What is recorded of the data events of some resources.

    Attributes:
        complete: whether all of them are, but those that are left out.
        left_out: beginnings of ARNs whose events are not recorded although the rest is, sorted.
    """

    complete: bool = False
    left_out: tuple[str, ...] = ()


def data_events(selectors: EventSelectors, resource_type: str, beginning: str, *, read_only: bool) -> DataEvents:
    """What the union of the selectors records of what is read, or of what is written.

    Args:
        selectors: those of a trail.
        resource_type: as CloudTrail names it, such as ``AWS::S3::Object``.
        beginning: the resources asked about are those whose ARN begins with it.
        read_only: whether reads are asked about, else writes.
    """
    if not selectors.advanced:
        kinds = {"All", "ReadOnly" if read_only else "WriteOnly"}
        recorded = (
            resource.beginnings
            for selector in selectors.basic
            for resource in selector.data_resources
            if selector.read_write in kinds and resource.type == resource_type
        )
        return DataEvents(complete=any(beginning.startswith(each) for each in recorded))
    parts = [_left_out(fields, resource_type, beginning, read_only=read_only) for fields in selectors.advanced]
    recording = [part for part in parts if part is not None]
    if not recording:
        return DataEvents()
    left_out = recording[0]
    for part in recording[1:]:
        left_out = _left_out_by_both(left_out, part)
    return DataEvents(complete=True, left_out=tuple(sorted(left_out)))


def _left_out_by_both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """What two selectors leave out together; a star stands before an ending, everything else is a beginning."""
    found: set[str] = set()
    for first, second in product(one, other):
        longer, shorter = (first, second) if len(first) >= len(second) else (second, first)
        if first.startswith("*") != second.startswith("*"):
            found.add(f"{second}{first}" if first.startswith("*") else f"{first}{second}")
        elif longer.endswith(shorter[1:]) if longer.startswith("*") else longer.startswith(shorter):
            found.add(longer)
    return frozenset(found)


def _left_out(
    fields: tuple[FieldCondition, ...], resource_type: str, beginning: str, *, read_only: bool
) -> frozenset[str] | None:
    """What one advanced selector leaves out of the resources, or None if it records few of them or none."""
    by_name = {field.field: field.operators for field in fields}
    if len(by_name) != len(fields) or set(by_name) - {"eventCategory", "resources.type", "readOnly", "resources.ARN"}:
        return None
    if by_name.get("eventCategory") != {"Equals": ("Data",)}:
        return None
    if by_name.get("resources.type") != {"Equals": (resource_type,)}:
        return None
    if str(read_only).lower() not in _read_only_values(by_name.get("readOnly")):
        return None
    return _arns_left_out(by_name.get("resources.ARN", {}), beginning)


def _arns_left_out(operators: dict[str, tuple[str, ...]], beginning: str) -> frozenset[str] | None:
    """Of the ARNs with a beginning those that the operators leave out; None if that is most of them, or all.

    Of the operators that select one suffices, and those that leave out must all let an event pass.
    """
    selecting = [name for name in ("Equals", "StartsWith", "EndsWith") if name in operators]
    if selecting and not any(beginning.startswith(value) for value in operators.get("StartsWith", ())):
        return None
    if any(beginning.startswith(value) for value in operators.get("NotStartsWith", ())):
        return None
    within = {
        value
        for name in ("NotStartsWith", "NotEquals")
        for value in operators.get(name, ())
        if value.startswith(beginning)
    }
    return frozenset(within | {f"*{value}" for value in operators.get("NotEndsWith", ())})


def network_activity_sources(selectors: EventSelectors) -> tuple[str, ...]:
    """The event sources of which calls through VPC endpoints are recorded, be it only refused ones, sorted."""
    found: set[str] = set()
    for fields in selectors.advanced:
        by_name = {field.field: field.operators for field in fields}
        if by_name.get("eventCategory") == {"Equals": ("NetworkActivity",)}:
            found.update(by_name.get("eventSource", {}).get("Equals", ()))
    return tuple(sorted(found))
