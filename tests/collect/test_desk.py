"""The desk: units are gated, noted, remembered, and end in a fact or in a gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from scanner.collect.clients import Clients
from scanner.collect.desk import UNWANTED
from scanner.collect.journal import FileJournal
from scanner.collect.reader import Reader
from scanner.inventory import Gap, Image, Organization, Outcome, UserKeys
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import DENIED, Refusal, StandIn

IMAGES = {"Images": [{"ImageId": "ami-1", "ImdsSupport": "v2.0"}]}


def images(reader: Reader) -> tuple[Image, ...]:
    pages = reader.pages("DescribeImages")
    return tuple(Image(image["ImageId"], image.get("ImdsSupport")) for page in pages for image in page["Images"])


def ask(session: Any, **options: Any) -> tuple[Any, list[tuple[Any, ...]]]:
    with asking(session, **options) as desk:
        found = desk.ask("ec2", HOME, "DescribeImages", images, tuple[Image, ...])
        noted: list[tuple[Any, ...]] = [
            (row.api, row.region, row.status, row.calls, row.message) for row in desk.ledger.rows(ACCOUNT_ID)
        ]
    return found, noted


def test_a_fact_and_its_calls(session: Any, aws: StandIn) -> None:
    aws.reset({"ec2:DescribeImages": lambda asked: {**IMAGES, **({"NextToken": "2"} if asked.number == 0 else {})}})

    found, noted = ask(session)

    assert found == (Image("ami-1", "v2.0"), Image("ami-1", "v2.0"))
    assert noted == [("ec2:DescribeImages", HOME, "ok", 2, "")]


def test_what_is_not_wanted_is_not_asked_for(session: Any, aws: StandIn) -> None:
    found, noted = ask(session, unwanted=["ec2:DescribeImages"])

    assert isinstance(found, Gap)
    assert (found.api, found.status, found.region, found.reason) == ("ec2:DescribeImages", "skipped", HOME, UNWANTED)
    assert noted == []
    assert aws.asked == []


def test_a_fact_of_a_wrong_type_is_an_error(session: Any, aws: StandIn) -> None:
    aws.reset({"ec2:DescribeImages": {"Images": [{"ImageId": 7}]}})

    found, noted = ask(session)

    assert isinstance(found, Gap)
    assert found.status == "error"
    assert noted[0][2] == "error"
    assert "Expected `str`, got `int`" in noted[0][4]


def test_what_was_answered_is_not_asked_again(session: Any, aws: StandIn, tmp_path: Path) -> None:
    aws.reset({"ec2:DescribeImages": IMAGES})

    def journal() -> FileJournal:
        return FileJournal(tmp_path / "partial", ACCOUNT_ID, lambda: datetime.now(UTC), timedelta(hours=1))

    first = journal()
    before = ask(session, journal=first)
    first.close()
    second = journal()
    after = ask(session, journal=second)
    second.close()

    assert after == before
    assert len(aws.asked) == 1


def test_what_failed_is_asked_again(session: Any, aws: StandIn, tmp_path: Path) -> None:
    aws.reset({"ec2:DescribeImages": DENIED})
    for number in (1, 2):
        journal = FileJournal(tmp_path / "partial", ACCOUNT_ID, lambda: datetime.now(UTC), timedelta(hours=1))
        found, noted = ask(session, journal=journal)
        journal.close()
        assert isinstance(found, Gap)
        assert noted[0][2] == "denied"
        assert len(aws.asked) == number


@pytest.mark.parametrize("status", ["denied", "error", "throttled", "elsewhere", "not_applicable"])
def test_an_answer_of_which_a_part_failed_is_asked_again(
    session: Any, aws: StandIn, tmp_path: Path, status: Outcome
) -> None:
    aws.reset({"ec2:DescribeImages": IMAGES})
    fact = UserKeys("ci", Gap("iam:ListAccessKeys", status))

    def read(reader: Reader) -> UserKeys:
        reader.call("DescribeImages")
        return fact

    for _ in range(2):
        journal = FileJournal(tmp_path / "partial", ACCOUNT_ID, lambda: datetime.now(UTC), timedelta(hours=1))
        with asking(session, journal=journal) as desk:
            desk.ask("ec2", HOME, "DescribeImages", read, UserKeys)
        journal.close()

    assert len(aws.asked) == (2 if status in {"denied", "error", "throttled"} else 1)


def test_that_there_is_none_is_an_answer(session: Any, aws: StandIn) -> None:
    aws.reset({"organizations:DescribeOrganization": Refusal("AWSOrganizationsNotInUseException")})

    with asking(session) as desk:
        found = desk.ask(
            "organizations",
            "global",
            "DescribeOrganization",
            lambda reader: reader.find("DescribeOrganization"),
            Organization | None,
        )
        (row,) = desk.ledger.rows(ACCOUNT_ID)

    assert found is None
    assert (row.status, row.calls) == ("ok", 1)


def test_a_list_without_a_paginator_is_followed(session: Any, aws: StandIn) -> None:
    pages: list[dict[str, Any]] = [
        {"EventBuses": [{"Name": "a"}], "NextToken": "1"},
        {"EventBuses": [], "NextToken": "2"},
        {"EventBuses": [{"Name": "b"}]},
    ]
    aws.reset({"events:ListEventBuses": lambda asked: pages[int(asked.parameters.get("NextToken", 0))]})

    with asking(session) as desk:
        found = desk.ask(
            "events",
            HOME,
            "ListEventBuses",
            lambda reader: [
                bus["Name"] for page in reader.linked("ListEventBuses", Limit=100) for bus in page["EventBuses"]
            ],
            list[str],
        )
        (row,) = desk.ledger.rows(ACCOUNT_ID)

    assert found == ["a", "b"]
    assert row.calls == 3
    assert [asked.parameters for asked in aws.asked] == [
        {"Limit": 100},
        {"Limit": 100, "NextToken": "1"},
        {"Limit": 100, "NextToken": "2"},
    ]


def test_a_list_without_a_paginator_that_turns_in_circles_is_an_error(session: Any, aws: StandIn) -> None:
    aws.reset({"events:ListEventBuses": {"EventBuses": [], "NextToken": "again"}})

    with asking(session) as desk:
        found = desk.ask("events", HOME, "ListEventBuses", lambda reader: len(reader.linked("ListEventBuses")), int)

    assert isinstance(found, Gap)
    assert found.status == "error"
    assert len(aws.asked) == 2


SERVICES = (
    "ec2:DescribeFlowLogs",
    "events:ListEventBuses",
    "sns:ListSubscriptions",
    "config:DescribeDeliveryChannels",
    "cloudwatch:DescribeAlarms",
    "logs:DescribeMetricFilters",
)


def counting(operation: str) -> Callable[[Reader], int]:
    """Reads how many members an answer has."""
    return lambda reader: len(reader.call(operation))


def test_a_region_that_does_not_answer_is_not_asked_for_long(session: Any, aws: StandIn) -> None:
    silence = ConnectTimeoutError(endpoint_url="https://nowhere")
    aws.reset(dict.fromkeys(SERVICES, silence))
    apis = SERVICES

    with asking(session) as desk:
        found = [
            desk.ask(service, HOME, operation, counting(operation), int)
            for service, operation in (api.split(":") for api in apis)
        ]

    assert all(isinstance(gap, Gap) and gap.status == "error" for gap in found)
    assert {api for api, _ in aws.requests} == set(SERVICES[:5])


@pytest.mark.parametrize("answer", [{"EventBuses": []}, DENIED])
def test_a_region_of_which_something_answers_is_asked(session: Any, aws: StandIn, answer: Any) -> None:
    silence = ConnectTimeoutError(endpoint_url="https://nowhere")
    apis = SERVICES
    aws.reset(dict.fromkeys(SERVICES, silence))
    aws.answer("events:ListEventBuses", answer)

    with asking(session) as desk:
        for service, operation in (api.split(":") for api in apis):
            desk.ask(service, HOME, operation, counting(operation), int)

    assert {api for api, _ in aws.requests} == set(apis)


@pytest.mark.parametrize(
    "silence",
    [
        ReadTimeoutError(endpoint_url="https://nowhere"),
        ConnectionClosedError(endpoint_url="https://nowhere"),
        ProxyConnectionError(proxy_url="https://nowhere"),
        SSLError(endpoint_url="https://nowhere", error="expired"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_region_that_never_answers_is_silent_too(session: Any, aws: StandIn, silence: Exception) -> None:
    aws.reset(dict.fromkeys(SERVICES, silence))

    with asking(session) as desk:
        for service, operation in (api.split(":") for api in SERVICES):
            desk.ask(service, OTHER, operation, counting(operation), int)

    assert {asked.api for asked in aws.asked} == set(SERVICES[:5])


def test_what_waited_while_a_region_fell_silent_is_not_asked(
    session: Any, aws: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Clients.in_flight

    @contextmanager
    def in_flight(clients: Clients) -> Iterator[None]:
        with usual(clients):
            for service in "abcde":
                clients.not_reached(service, OTHER)
            yield

    monkeypatch.setattr(Clients, "in_flight", in_flight)
    with asking(session) as desk:
        found = desk.ask("ec2", OTHER, "DescribeImages", images, tuple[Image, ...])

    assert isinstance(found, Gap)
    assert (found.status, found.reason) == ("error", "the region cannot be reached")
    assert not aws.asked


def test_regions_fall_silent_one_by_one(session: Any, aws: StandIn) -> None:
    silence = ConnectTimeoutError(endpoint_url="https://nowhere")
    apis = SERVICES[1:]
    aws.reset(dict.fromkeys(apis, silence))
    aws.answer("ec2:DescribeImages", IMAGES)

    with asking(session) as desk:
        for service, operation in (api.split(":") for api in apis):
            desk.ask(service, OTHER, operation, counting(operation), int)
        found = desk.ask("ec2", HOME, "DescribeImages", images, tuple[Image, ...])

    assert found == (Image("ami-1", "v2.0"),)
