"""Event data stores: each is kept where it was created, though some are listed in every region."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collect.cloudtrail import read_event_data_stores
from scanner.inventory import EventDataStore, EventDataStoreDetail, FieldCondition, Gap, known
from tests.collect.answers_logs import ANSWERS, EVERYWHERE, PLAIN, STORE_KEY, STRANGER, store_arn
from tests.collect.asking import asking
from tests.collect.faulty import HOME, OTHER
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn


@pytest.fixture(autouse=True)
def account(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def read(session: Any, region: str, **options: Any) -> tuple[EventDataStore, ...] | Gap:
    with asking(session, **options) as desk:
        return read_event_data_stores(desk, region)


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


def test_all_that_is_told_of_a_store(session: Any) -> None:
    assert read(session, HOME) == (
        EventDataStore(
            EVERYWHERE,
            "everywhere",
            EventDataStoreDetail(
                status="ENABLED",
                retention_days=2557,
                is_multi_region=True,
                is_organization=True,
                is_protected=True,
                kms_key=STORE_KEY,
                selectors=(
                    (
                        FieldCondition("eventCategory", {"Equals": ("Management",)}),
                        FieldCondition("eventSource", {"NotEquals": ("kms.amazonaws.com", "rdsdata.amazonaws.com")}),
                    ),
                ),
            ),
        ),
    )


def test_a_store_of_every_region_is_asked_about_where_it_was_created(session: Any, aws: StandIn) -> None:
    assert read(session, OTHER) == (EventDataStore(PLAIN, "", EventDataStoreDetail(status="PENDING_DELETION")),)
    assert aws.requests == {("cloudtrail:ListEventDataStores", OTHER): 1, ("cloudtrail:GetEventDataStore", OTHER): 1}


def test_every_page_is_read(session: Any, aws: StandIn) -> None:
    arns = [store_arn(HOME, name) for name in ("c", "a", "b")]
    pages = [([arns[0]], "page-1"), ([], "page-2"), (arns[1:], None)]

    def answer(asked: Asked) -> dict[str, Any]:
        assert asked.parameters["MaxResults"] == 1000
        assert asked.parameters.get("NextToken") == (None if asked.number == 0 else f"page-{asked.number}")
        found, token = pages[asked.number]
        listed = [{"EventDataStoreArn": arn, "Name": "one"} for arn in found]
        return {"EventDataStores": listed, **({"NextToken": token} if token else {})}

    aws.answer("cloudtrail:ListEventDataStores", answer)
    aws.answer("cloudtrail:GetEventDataStore", {"Status": "ENABLED"})

    assert [store.arn for store in known(read(session, HOME))] == sorted(arns)
    assert aws.requests["cloudtrail:ListEventDataStores", HOME] == 3


def test_none(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:ListEventDataStores", {"EventDataStores": []})

    assert read(session, HOME) == ()


def test_a_list_that_is_denied(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:ListEventDataStores", DENIED)

    assert gap_of(read(session, HOME)) == ("cloudtrail:ListEventDataStores", "denied", HOME)
    assert ("cloudtrail:GetEventDataStore", HOME) not in aws.requests


def test_a_region_to_which_lake_never_came(session: Any, aws: StandIn) -> None:
    refusal = Refusal("UnsupportedOperationException", 400, "The operation requested is not supported in the region.")
    aws.answer("cloudtrail:ListEventDataStores", refusal)

    assert gap_of(read(session, HOME)) == ("cloudtrail:ListEventDataStores", "not_applicable", HOME)


def test_settings_that_are_denied(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:GetEventDataStore", DENIED)

    (store,) = known(read(session, HOME))

    assert (store.arn, store.name) == (EVERYWHERE, "everywhere")
    assert gap_of(store.detail) == ("cloudtrail:GetEventDataStore", "denied", HOME)


@pytest.mark.parametrize("code", ["EventDataStoreNotFoundException", "EventDataStoreARNInvalidException"])
def test_a_store_of_the_organization_that_only_its_owner_may_read(session: Any, aws: StandIn, code: str) -> None:
    arn = store_arn(HOME, "organization", STRANGER)
    aws.answer("cloudtrail:ListEventDataStores", {"EventDataStores": [{"EventDataStoreArn": arn, "Name": "org"}]})
    aws.answer("cloudtrail:GetEventDataStore", Refusal(code))

    (store,) = known(read(session, HOME))

    assert gap_of(store.detail) == ("cloudtrail:GetEventDataStore", "elsewhere", HOME)
    assert isinstance(store.detail, Gap)
    assert STRANGER in store.detail.reason


def test_an_own_store_that_is_gone_is_an_error(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:GetEventDataStore", Refusal("EventDataStoreNotFoundException"))

    (store,) = known(read(session, HOME))

    assert gap_of(store.detail) == ("cloudtrail:GetEventDataStore", "error", HOME)


@pytest.mark.parametrize("listed", [{"Name": "no-arn"}, {"EventDataStoreArn": "no-arn"}, {"EventDataStoreArn": 7}])
def test_a_list_of_a_strange_shape_is_an_error(session: Any, aws: StandIn, listed: dict[str, Any]) -> None:
    aws.answer("cloudtrail:ListEventDataStores", {"EventDataStores": [listed]})

    assert gap_of(read(session, HOME)) == ("cloudtrail:ListEventDataStores", "error", HOME)


def test_what_no_rule_needs_is_not_asked(session: Any, aws: StandIn) -> None:
    (store,) = known(read(session, HOME, unwanted=["cloudtrail:GetEventDataStore"]))

    assert gap_of(store.detail) == ("cloudtrail:GetEventDataStore", "skipped", HOME)
    assert aws.requests == {("cloudtrail:ListEventDataStores", HOME): 1}
