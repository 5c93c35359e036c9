"""What selectors record, against a trail that is asked event by event."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.inventory import BasicSelector, EventSelectors, FieldCondition
from scanner.trail_selectors import ManagementEvents, management_events

EXCLUDABLE = ("kms.amazonaws.com", "rdsdata.amazonaws.com")
SOURCES = (*EXCLUDABLE, "ec2.amazonaws.com", "iam.amazonaws.com")
"""The last stands for every source that no selector names."""

some_sources = st.lists(st.sampled_from(SOURCES[:-1]), min_size=1, max_size=2, unique=True).map(tuple)
truth_values = st.lists(st.sampled_from(["true", "false"]), min_size=1, max_size=2, unique=True).map(tuple)


def field(name: str, values: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[FieldCondition]:
    operator = st.sampled_from(["Equals", "NotEquals"])
    return st.tuples(operator, values).map(lambda found: FieldCondition(name, {found[0]: found[1]}))


@st.composite
def advanced_selectors(draw: st.DrawFn) -> tuple[FieldCondition, ...]:
    category = draw(st.sampled_from(["Management", "Management", "Data"]))
    fields = [FieldCondition("eventCategory", {"Equals": (category,)})]
    if draw(st.booleans()):
        fields.append(draw(field("readOnly", truth_values)))
    if draw(st.booleans()):
        fields.append(draw(field("eventSource", some_sources)))
    return tuple(fields)


basic_selectors = st.builds(
    BasicSelector,
    read_write=st.sampled_from(["All", "ReadOnly", "WriteOnly"]),
    management=st.booleans(),
    excluded_sources=st.lists(st.sampled_from(EXCLUDABLE), max_size=2, unique=True).map(tuple),
)


def records(selectors: EventSelectors, *, read: bool, source: str) -> bool:
    """Whether a management event is recorded, by the rules of CloudTrail's API reference."""
    if selectors.advanced:
        event = {"eventCategory": "Management", "readOnly": str(read).lower(), "eventSource": source}
        return any(all(fulfils(event, field) for field in fields) for fields in selectors.advanced)
    if not selectors.basic:
        return True
    kinds = {"All", "ReadOnly" if read else "WriteOnly"}
    return any(
        selector.management and selector.read_write in kinds and source not in selector.excluded_sources
        for selector in selectors.basic
    )


def fulfils(event: dict[str, str], field: FieldCondition) -> bool:
    value = event[field.field]
    return value in field.operators.get("Equals", (value,)) and value not in field.operators.get("NotEquals", ())


def expected(selectors: EventSelectors) -> ManagementEvents:
    others = SOURCES[-1]
    sides = [read for read in (True, False) if records(selectors, read=read, source=others)]
    lost = {source for source in SOURCES for read in sides if not records(selectors, read=read, source=source)}
    return ManagementEvents(True in sides, False in sides, tuple(sorted(lost)))


@given(st.lists(basic_selectors, max_size=4).map(tuple))
def test_basic_selectors(selectors: tuple[BasicSelector, ...]) -> None:
    found = EventSelectors(basic=selectors)

    assert management_events(found) == expected(found)


@given(st.lists(advanced_selectors(), min_size=1, max_size=4).map(tuple))
def test_advanced_selectors(selectors: tuple[tuple[FieldCondition, ...], ...]) -> None:
    found = EventSelectors(advanced=selectors)

    assert management_events(found) == expected(found)


def of_management(*fields: FieldCondition) -> EventSelectors:
    return EventSelectors(advanced=((FieldCondition("eventCategory", {"Equals": ("Management",)}), *fields),))


TABLE = [
    ("default", EventSelectors(), (True, True, ())),
    ("advanced ones count alone", EventSelectors((BasicSelector(),), of_management(
        FieldCondition("readOnly", {"Equals": ("true",)})).advanced), (True, False, ())),
    ("data events", EventSelectors((BasicSelector(management=False),)), (False, False, ())),
    ("no kind of its own", EventSelectors((BasicSelector("Some"),)), (False, False, ())),
    ("no category", EventSelectors(advanced=((FieldCondition("readOnly", {"Equals": ("true",)}),),)),
     (False, False, ())),
    ("no fields", EventSelectors(advanced=((),)), (False, False, ())),
    ("two categories", EventSelectors(advanced=((
        FieldCondition("eventCategory", {"Equals": ("Management", "Data")}),),)), (False, False, ())),
    ("a field that narrows", of_management(FieldCondition("eventName", {"Equals": ("Decrypt",)})), (False, False, ())),
    ("a field that is not known", of_management(FieldCondition("vpcEndpointId", {"NotEquals": ("v",)})),
     (False, False, ())),
    ("a field twice", of_management(
        FieldCondition("readOnly", {"Equals": ("true",)}), FieldCondition("readOnly", {"Equals": ("false",)})),
     (False, False, ())),
    ("two operators on the source", of_management(FieldCondition(
        "eventSource", {"NotEquals": ("kms.amazonaws.com",), "NotStartsWith": ("a",)})), (False, False, ())),
    ("an operator of strings on a truth value", of_management(FieldCondition("readOnly", {"EndsWith": ("e",)})),
     (False, False, ())),
    ("an operator that the SDK does not know", of_management(FieldCondition("readOnly", {})), (False, False, ())),
    ("another that it does not know", of_management(FieldCondition("eventSource", {})), (False, False, ())),
    ("an operator that is not known here", of_management(FieldCondition("readOnly", {"Like": ("true",)})),
     (False, False, ())),
    ("in capitals", of_management(FieldCondition("readOnly", {"Equals": ("TRUE",)})), (True, False, ())),
]  # fmt: skip


@pytest.mark.parametrize(("selectors", "recorded"), [pytest.param(*case[1:], id=case[0]) for case in TABLE])
def test_table(selectors: EventSelectors, recorded: tuple[bool, bool, tuple[str, ...]]) -> None:
    found = management_events(selectors)

    assert (found.reads, found.writes, found.excluded_sources) == recorded
    assert found.complete is (recorded == (True, True, ()))
