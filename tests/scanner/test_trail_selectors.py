"""What selectors record, against a trail that is asked event by event."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.inventory import BasicSelector, DataResource, EventSelectors, FieldCondition
from scanner.trail_selectors import (
    DataEvents,
    ManagementEvents,
    data_events,
    management_events,
    network_activity_sources,
)

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


OBJECTS, ALL_BUCKETS, PAY = "AWS::S3::Object", "arn:aws:s3:::", "arn:aws:s3:::pay/"


def of_objects(*fields: FieldCondition) -> tuple[FieldCondition, ...]:
    category = FieldCondition("eventCategory", {"Equals": ("Data",)})
    return (category, FieldCondition("resources.type", {"Equals": (OBJECTS,)}), *fields)


def arns(**operators: tuple[str, ...]) -> FieldCondition:
    return FieldCondition("resources.ARN", operators)


def names(*left_out: str) -> FieldCondition:
    return FieldCondition("eventName", {"NotEquals": left_out})


some_arns = st.lists(
    st.sampled_from(["arn:aws:s3", ALL_BUCKETS, PAY, "arn:aws:s3:::pay/2026/", "arn:aws:s3:::staff/"]),
    min_size=1,
    max_size=2,
).map(tuple)
arn_fields = st.dictionaries(st.sampled_from(["StartsWith", "NotStartsWith"]), some_arns, max_size=2)
KEYS = ("pay/a", "pay/2026/a", "staff/a", "other/a")


def passes(operators: dict[str, tuple[str, ...]], arn: str) -> bool:
    """Whether an object is recorded, by the rules of CloudTrail's API reference."""
    if "StartsWith" in operators and not arn.startswith(operators["StartsWith"]):
        return False
    return not arn.startswith(operators.get("NotStartsWith", ())) if "NotStartsWith" in operators else True


@settings(max_examples=400)
@given(st.lists(arn_fields, min_size=1, max_size=3), st.sampled_from([ALL_BUCKETS, PAY]))
def test_what_is_called_complete_is_recorded(parts: list[dict[str, tuple[str, ...]]], beginning: str) -> None:
    selectors = tuple(of_objects(*([arns(**part)] if part else [])) for part in parts)
    found = data_events(EventSelectors(advanced=selectors), OBJECTS, beginning, read_only=True)

    for key in KEYS:
        arn = f"{ALL_BUCKETS}{key}"
        if found.complete and arn.startswith(beginning) and not arn.startswith(found.left_out):
            assert any(passes(part, arn) for part in parts)


def of_basic(beginning: str, read_write: str = "All") -> EventSelectors:
    return EventSelectors(basic=(BasicSelector(read_write, data_resources=(DataResource(OBJECTS, (beginning,)),)),))


DATA = [
    ("none", EventSelectors(), ALL_BUCKETS, DataEvents()),
    ("all", EventSelectors(advanced=(of_objects(),)), ALL_BUCKETS, DataEvents(complete=True)),
    ("calls", of_management(), PAY, DataEvents()),
    ("calls, and all", EventSelectors(advanced=(*of_management().advanced, of_objects())), PAY,
     DataEvents(complete=True)),
    ("other things", EventSelectors(advanced=((
        FieldCondition("eventCategory", {"Equals": ("Data",)}),
        FieldCondition("resources.type", {"Equals": ("AWS::S3::AccessPoint",)})),)), PAY, DataEvents()),
    ("basic", of_basic("arn:aws:s3"), PAY, DataEvents(complete=True)),
    ("basic, of the bucket", of_basic(PAY), PAY, DataEvents(complete=True)),
    ("basic, of the bucket alone", of_basic(PAY), ALL_BUCKETS, DataEvents()),
    ("basic, of a part of the bucket", of_basic(f"{PAY}a/"), PAY, DataEvents()),
    ("basic, of writes", of_basic("arn:aws:s3", "WriteOnly"), PAY, DataEvents()),
    ("one object", EventSelectors(advanced=(of_objects(arns(Equals=(f"{PAY}a",))),)), PAY, DataEvents()),
    ("one object, or all of the bucket", EventSelectors(
        advanced=(of_objects(arns(Equals=("x",), StartsWith=(PAY,))),)), PAY, DataEvents(complete=True)),
    ("an end", EventSelectors(advanced=(of_objects(arns(EndsWith=(".csv",))),)), PAY, DataEvents()),
    ("all but a part", EventSelectors(advanced=(of_objects(arns(NotStartsWith=(f"{PAY}tmp/",))),)), PAY,
     DataEvents(complete=True, left_out=(f"{PAY}tmp/",))),
    ("all but a part and an end", EventSelectors(advanced=(of_objects(
        arns(NotStartsWith=(f"{PAY}tmp/",), NotEndsWith=(".tmp",))),)), PAY,
     DataEvents(complete=True, left_out=("*.tmp", f"{PAY}tmp/"))),
    ("parts that two selectors leave out", EventSelectors(advanced=(
        of_objects(arns(NotStartsWith=(f"{PAY}a/", f"{PAY}b/"))),
        of_objects(arns(NotStartsWith=(f"{PAY}b/", f"{PAY}c/"))))), PAY,
     DataEvents(complete=True, left_out=(f"{PAY}b/",))),
    ("a part of what another selector leaves out", EventSelectors(advanced=(
        of_objects(arns(NotStartsWith=(PAY,))), of_objects(arns(NotStartsWith=(f"{PAY}a/",))))), ALL_BUCKETS,
     DataEvents(complete=True, left_out=(f"{PAY}a/",))),
    ("an end of what another selector leaves out", EventSelectors(advanced=(
        of_objects(arns(NotEndsWith=(".tmp",))), of_objects(arns(NotStartsWith=(f"{PAY}a/",))))), PAY,
     DataEvents(complete=True, left_out=(f"{PAY}a/*.tmp",))),
    ("ends", EventSelectors(advanced=(
        of_objects(arns(NotEndsWith=(".tmp",))), of_objects(arns(NotEndsWith=("x.tmp", ".csv"))))), PAY,
     DataEvents(complete=True, left_out=("*x.tmp",))),
    ("a field that narrows", EventSelectors(advanced=(of_objects(
        FieldCondition("userIdentity.arn", {"NotStartsWith": ("arn:",)})),)), PAY, DataEvents()),
    ("all but a name", EventSelectors(advanced=(of_objects(names("HeadObject")),)), PAY,
     DataEvents(complete=True, left_out=("events with eventName HeadObject",))),
    ("all but a name that two leave out", EventSelectors(advanced=(
        of_objects(names("HeadObject", "ListParts")), of_objects(names("HeadObject")))), PAY,
     DataEvents(complete=True, left_out=("events with eventName HeadObject",))),
    ("all but two names", EventSelectors(advanced=(
        of_objects(names("HeadObject")), of_objects(names("ListParts")))), PAY, DataEvents(complete=True)),
    ("all but a name and a part", EventSelectors(advanced=(
        of_objects(names("HeadObject")), of_objects(arns(NotStartsWith=(f"{PAY}a/",))))), PAY,
     DataEvents(complete=True, left_out=(f"events with eventName HeadObject of {PAY}a/",))),
    ("all but a name, and a part or that name", EventSelectors(advanced=(
        of_objects(names("HeadObject")), of_objects(names("HeadObject"), arns(NotStartsWith=(f"{PAY}a/",))))), PAY,
     DataEvents(complete=True, left_out=("events with eventName HeadObject",))),
    ("all but the name that tells", EventSelectors(advanced=(of_objects(names("GetObject")),)), PAY, DataEvents()),
    ("an operator that is not known on a name", EventSelectors(advanced=(of_objects(
        FieldCondition("eventName", {})),)), PAY, DataEvents()),
    ("a field twice", EventSelectors(advanced=(of_objects(
        FieldCondition("resources.type", {"Equals": (OBJECTS,)})),)), PAY, DataEvents()),
]  # fmt: skip


@pytest.mark.parametrize(("selectors", "beginning", "expected"), [pytest.param(*case[1:], id=case[0]) for case in DATA])
def test_data_events(selectors: EventSelectors, beginning: str, expected: DataEvents) -> None:
    assert data_events(selectors, OBJECTS, beginning, read_only=True) == expected


def test_network_activity() -> None:
    def of(category: str, source: str) -> tuple[FieldCondition, ...]:
        fields = {"eventCategory": category, "eventSource": source}
        return tuple(FieldCondition(name, {"Equals": (value,)}) for name, value in fields.items())

    kms, s3 = "kms.amazonaws.com", "s3.amazonaws.com"
    selectors = EventSelectors(advanced=(of("NetworkActivity", s3), of("Management", "x"), of("NetworkActivity", kms)))

    assert network_activity_sources(selectors) == (kms, s3)
    assert network_activity_sources(EventSelectors()) == ()
