"""Which events a trail records, from either kind of event selector.

Source: awscloudtrail/latest/APIReference/API_AdvancedEventSelector, API_AdvancedFieldSelector and API_EventSelector. A
trail without selectors records all management events; one that has advanced selectors is described by those alone.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
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


_EVENTS = "events with "
_PLAIN = frozenset({"eventCategory", "resources.type", "readOnly", "resources.ARN"})
_TELLING = {
    "AWS::S3::Object": {
        True: ("GetObject",),
        False: ("PutObject", "CopyObject", "DeleteObject", "DeleteObjects", "CompleteMultipartUpload"),
    }
}
"""The events that tell what was read, or written: a selector that leaves one of them out records little."""


class DataEvents(msgspec.Struct, frozen=True):
    """What is recorded of the data events of some resources.

    Attributes:
        complete: whether all of them are, but those that are left out.
        left_out: what is not recorded although the rest is, sorted: beginnings of ARNs, ends of them after a star, and
            ``events with`` some value of another field, for which a star stands in the same way.
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
        if first.startswith(_EVENTS) or second.startswith(_EVENTS):
            found |= _events_of_both(first, second)
            continue
        longer, shorter = (first, second) if len(first) >= len(second) else (second, first)
        if first.startswith("*") != second.startswith("*"):
            found.add(f"{second}{first}" if first.startswith("*") else f"{first}{second}")
        elif longer.endswith(shorter[1:]) if longer.startswith("*") else longer.startswith(shorter):
            found.add(longer)
    return frozenset(each for each in found if not any(each.startswith(f"{other} ") for other in found))


def _events_of_both(first: str, second: str) -> set[str]:
    """What is left out for two reasons, of which one at least is a field other than the ARN; the ARN comes last."""
    if first == second:
        return {first}
    events, what = (first, second) if first.startswith(_EVENTS) else (second, first)
    if not what.startswith(_EVENTS):
        return {f"{events} of {what}"}
    one, other = (each.removeprefix(_EVENTS).split(" ") for each in (first, second))
    if len(one) == len(other) == 2 and one[0] == other[0] and "*" not in f"{one[1]}{other[1]}":
        # No event has two names.
        return set()
    return {f"{events} and {what.removeprefix(_EVENTS)}"}


def _left_out(
    fields: tuple[FieldCondition, ...], resource_type: str, beginning: str, *, read_only: bool
) -> frozenset[str] | None:
    """What one advanced selector leaves out of the resources, or None if it records few of them or none."""
    by_name = {field.field: field.operators for field in fields}
    narrowing = set(by_name) - _PLAIN
    if len(by_name) != len(fields) or not _is_about(by_name, resource_type, read_only=read_only):
        return None
    events: set[str] = set()
    for name in narrowing:
        excepted = _events_left_out(name, by_name[name], resource_type, read_only=read_only)
        if excepted is None:
            return None
        events |= excepted
    arns = _arns_left_out(by_name.get("resources.ARN", {}), beginning)
    return None if arns is None else arns | events


def _is_about(by_name: dict[str, dict[str, tuple[str, ...]]], resource_type: str, *, read_only: bool) -> bool:
    return (
        by_name.get("eventCategory") == {"Equals": ("Data",)}
        and by_name.get("resources.type") == {"Equals": (resource_type,)}
        and str(read_only).lower() in _read_only_values(by_name.get("readOnly"))
    )


def _events_left_out(
    name: str, operators: dict[str, tuple[str, ...]], resource_type: str, *, read_only: bool
) -> frozenset[str] | None:
    """The events that a field leaves out, or None if it selects some, or leaves out those that matter most."""
    if not operators or set(operators) - {"NotEquals", "NotStartsWith", "NotEndsWith"}:
        return None
    patterns = [*operators.get("NotEquals", ())]
    patterns += [f"{value}*" for value in operators.get("NotStartsWith", ())]
    patterns += [f"*{value}" for value in operators.get("NotEndsWith", ())]
    if name == "eventName":
        telling = _TELLING.get(resource_type, {}).get(read_only, ())
        if any(fnmatchcase(event, pattern) for event in telling for pattern in patterns):
            return None
    elif name != "userIdentity.arn" or not all(pattern.partition("/")[2].strip("*") for pattern in patterns):
        return None
    return frozenset(f"{_EVENTS}{name} {pattern}" for pattern in patterns)


def recorded_parts(selectors: EventSelectors, resource_type: str, *, read_only: bool) -> tuple[str, ...]:
    """What selectors of data events are narrowed to, for people: ARNs or parts of them, and values of other fields.

    Args:
        selectors: those of a trail.
        resource_type: as CloudTrail names it, such as ``AWS::S3::Object``.
        read_only: whether reads are asked about, else writes.
    """
    found: set[str] = set()
    kinds = {"All", "ReadOnly" if read_only else "WriteOnly"}
    for selector in () if selectors.advanced else selectors.basic:
        for resource in selector.data_resources:
            if selector.read_write in kinds and resource.type == resource_type:
                found.update(resource.beginnings)
    for fields in selectors.advanced:
        by_name = {field.field: field.operators for field in fields}
        if _is_about(by_name, resource_type, read_only=read_only):
            for name in ("Equals", "StartsWith", "EndsWith"):
                values = by_name.get("resources.ARN", {}).get(name, ())
                found.update(f"*{value}" if name == "EndsWith" else value for value in values)
            for name in set(by_name) - _PLAIN:
                for operator, values in by_name[name].items():
                    how = "" if operator == "Equals" else f"{operator} "
                    found.update(f"{_EVENTS}{name} {how}{value}" for value in values)
    return tuple(sorted(found))


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
