"""Trails: each is one thing, in however many regions it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from scanner.collect.cloudtrail import list_trails, read_trails
from scanner.inventory import (
    BasicSelector,
    CoverageRow,
    DataResource,
    EventSelectors,
    FieldCondition,
    Gap,
    InsightSelector,
    Trail,
    TrailStatus,
    known,
)
from tests.collect import answers_logs, faulty
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, MAIN, OLD, OTHER
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn

FOREIGN = "arn:aws:cloudtrail:us-east-1:999988887777:trail/organization"
INSIGHTS_ARE_OFF = Refusal("InsightNotEnabledException", 400, "Insights are not enabled")


@pytest.fixture(autouse=True)
def account(aws: StandIn) -> None:
    """The small account, whose trails look for nothing unusual."""
    aws.reset({**faulty.ANSWERS, "cloudtrail:GetInsightSelectors": INSIGHTS_ARE_OFF})


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the trails by region, and the coverage."""

    regions: Mapping[str, tuple[Trail, ...] | Gap]
    coverage: tuple[CoverageRow, ...]


def read(
    session: Any,
    *,
    regions: Sequence[str] = (HOME, OTHER),
    enabled: Sequence[str] | Gap = (HOME, OTHER),
    unwanted: Sequence[str] = (),
) -> Read:
    with asking(session, unwanted=unwanted) as desk:
        listed = {region: desk.start(list_trails, desk, region) for region in regions}
        found = read_trails(desk, listed, enabled)
        return Read(found, desk.ledger.rows(ACCOUNT_ID))


def not_ok(found: Read) -> dict[tuple[str, str], str]:
    return {(row.api, row.region): row.status for row in found.coverage if row.status != "ok"}


def trails(found: Read) -> dict[str, list[str]]:
    return {region: [trail.arn for trail in known(shown)] for region, shown in found.regions.items()}


def trail(found: Read, arn: str) -> Trail:
    shown = [each for part in found.regions.values() if not isinstance(part, Gap) for each in part]
    (one,) = (each for each in shown if each.arn == arn)
    return one


def asked_about(aws: StandIn, arn: str) -> list[tuple[str, str]]:
    return sorted(
        (asked.api, asked.region)
        for asked in aws.asked
        if arn in (asked.parameters.get("Name"), asked.parameters.get("TrailName"))
    )


def recording(aws: StandIn) -> None:
    """Let every trail record everything."""
    aws.answer("cloudtrail:GetTrailStatus", {"IsLogging": True})
    aws.answer("cloudtrail:GetEventSelectors", {})


def test_all_that_is_told_of_a_trail(session: Any, aws: StandIn) -> None:
    aws.reset(answers_logs.ANSWERS)

    at = answers_logs.AT
    assert read(session).regions[OTHER] == (
        Trail(
            arn=MAIN["TrailARN"],
            name="main",
            home_region=OTHER,
            status=TrailStatus(
                is_logging=True,
                latest_delivery=at,
                latest_delivery_error="NoSuchBucket",
                latest_digest_delivery=at,
                latest_digest_error="AccessDenied",
                started_logging=datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
                latest_logs_delivery=at,
                latest_logs_error="The log group does not exist",
            ),
            selectors=EventSelectors(basic=(BasicSelector("WriteOnly", True, ("kms.amazonaws.com",), _S3),)),
            bucket="logs",
            is_multi_region=True,
            is_organization=False,
            validates_files=True,
            kms_key=answers_logs.LOG_KEY,
            log_group=f"arn:aws:logs:{OTHER}:{ACCOUNT_ID}:log-group:trail:*",
            insights=(
                InsightSelector("ApiCallRateInsight", ("Data", "Management")),
                InsightSelector("ApiErrorRateInsight"),
            ),
        ),
    )


_S3 = (DataResource("AWS::S3::Object", ("arn:aws:s3",)),)


def test_as_little_as_may_be_told_of_a_trail(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:DescribeTrails", {"trailList": [{"TrailARN": OLD["TrailARN"]}]})
    aws.answer("cloudtrail:GetTrailStatus", {"IsLogging": False})

    assert read(session).regions[HOME] == (
        Trail(
            arn=OLD["TrailARN"],
            name="",
            home_region=HOME,
            status=TrailStatus(is_logging=False),
            selectors=EventSelectors(
                advanced=((FieldCondition("eventCategory", {"Equals": ("Management",)}),),),
            ),
            insights=(),
        ),
    )


def test_each_trail_costs_three_calls(session: Any, aws: StandIn) -> None:
    read(session)

    listing = {("cloudtrail:DescribeTrails", region): 1 for region in (HOME, OTHER)}
    apis = ("cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors")
    assert aws.requests == {**listing, **{(api, region): 1 for api in apis for region in (HOME, OTHER)}}


def test_shadows_are_asked_about_once_and_at_home(session: Any, aws: StandIn) -> None:
    found = read(session)

    assert trails(found) == {HOME: [OLD["TrailARN"]], OTHER: [MAIN["TrailARN"]]}
    assert asked_about(aws, MAIN["TrailARN"]) == [
        ("cloudtrail:GetEventSelectors", OTHER),
        ("cloudtrail:GetInsightSelectors", OTHER),
        ("cloudtrail:GetTrailStatus", OTHER),
    ]


@pytest.mark.parametrize("enabled", [(HOME, OTHER), Gap("ec2:DescribeRegions", "denied")])
def test_a_trail_whose_home_was_not_asked_for(session: Any, aws: StandIn, enabled: Sequence[str] | Gap) -> None:
    found = read(session, regions=(HOME,), enabled=enabled)

    assert trails(found) == {HOME: [OLD["TrailARN"], MAIN["TrailARN"]]}
    assert trail(found, MAIN["TrailARN"]).home_region == OTHER
    assert asked_about(aws, MAIN["TrailARN"]) == [
        ("cloudtrail:GetEventSelectors", OTHER),
        ("cloudtrail:GetInsightSelectors", OTHER),
        ("cloudtrail:GetTrailStatus", HOME),
    ]


def test_a_trail_whose_home_is_not_enabled(session: Any, aws: StandIn) -> None:
    read(session, regions=(HOME,), enabled=(HOME,))

    assert {region for _, region in asked_about(aws, MAIN["TrailARN"])} == {HOME}


def test_a_trail_whose_home_does_not_list(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:DescribeTrails", DENIED, OTHER)

    found = read(session)

    gap = found.regions[OTHER]
    assert isinstance(gap, Gap)
    assert (gap.api, gap.status, gap.region) == ("cloudtrail:DescribeTrails", "denied", OTHER)
    assert trail(found, MAIN["TrailARN"]).home_region == OTHER
    assert {region for _, region in asked_about(aws, MAIN["TrailARN"])} == {OTHER}


def test_trails_of_one_name(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        arn = f"arn:aws:cloudtrail:{asked.region}:{ACCOUNT_ID}:trail/main"
        return {"trailList": [{"Name": "main", "TrailARN": arn, "HomeRegion": asked.region}]}

    aws.answer("cloudtrail:DescribeTrails", answer)
    recording(aws)

    found = read(session)

    assert {region: len(shown) for region, shown in trails(found).items()} == {HOME: 1, OTHER: 1}
    asked = [asked.parameters["Name"] for asked in aws.asked if asked.api == "cloudtrail:GetTrailStatus"]
    assert sorted(asked) == sorted(arn for shown in trails(found).values() for arn in shown)


def test_an_organization_trail_of_another_account(session: Any, aws: StandIn) -> None:
    shown = {"Name": "organization", "TrailARN": FOREIGN, "IsMultiRegionTrail": True, "IsOrganizationTrail": True}
    aws.answer("cloudtrail:DescribeTrails", {"trailList": [shown]})
    recording(aws)

    found = trail(read(session), FOREIGN)

    assert (found.home_region, found.is_organization, found.is_multi_region) == ("us-east-1", True, True)
    assert {region for _, region in asked_about(aws, FOREIGN)} == {OTHER}


NOT_FOUND = Refusal("TrailNotFoundException", 400, f"Unknown trail: {FOREIGN} for the user: {ACCOUNT_ID}")


def organization_trail(aws: StandIn, **more: object) -> None:
    shown = {
        "Name": "organization",
        "TrailARN": FOREIGN,
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": True,
        **more,
    }
    aws.answer("cloudtrail:DescribeTrails", {"trailList": [shown]})
    recording(aws)
    aws.answer("cloudtrail:GetEventSelectors", NOT_FOUND)
    aws.answer("cloudtrail:GetInsightSelectors", NOT_FOUND)


def test_what_only_the_owner_of_an_organization_trail_may_ask_is_elsewhere(session: Any, aws: StandIn) -> None:
    organization_trail(aws, HasCustomEventSelectors=True, HasInsightSelectors=True)

    account = read(session)

    found = trail(account, FOREIGN)
    for gap in (found.selectors, found.insights):
        assert isinstance(gap, Gap)
        assert gap.status == "elsewhere"
        assert "999988887777" in gap.reason
    assert not_ok(account) == {
        ("cloudtrail:GetEventSelectors", OTHER): "elsewhere",
        ("cloudtrail:GetInsightSelectors", OTHER): "elsewhere",
    }


def test_a_member_sees_that_an_organization_trail_has_nothing_of_its_own(session: Any, aws: StandIn) -> None:
    organization_trail(aws, HasCustomEventSelectors=False, HasInsightSelectors=False)

    found = trail(read(session), FOREIGN)

    assert (found.selectors, found.insights) == (EventSelectors(), ())
    assert ("cloudtrail:GetInsightSelectors", OTHER) not in aws.requests


def test_a_scanner_that_may_not_ask_is_denied_whoever_owns_the_trail(session: Any, aws: StandIn) -> None:
    organization_trail(aws, HasCustomEventSelectors=False)
    aws.answer("cloudtrail:GetEventSelectors", DENIED)
    aws.answer("cloudtrail:GetInsightSelectors", DENIED)

    account = read(session)

    assert not_ok(account) == {
        ("cloudtrail:GetEventSelectors", OTHER): "denied",
        ("cloudtrail:GetInsightSelectors", OTHER): "denied",
    }
    assert isinstance(trail(account, FOREIGN).selectors, Gap)
    assert isinstance(trail(account, FOREIGN).insights, Gap)


def test_an_own_trail_that_is_not_found_is_an_error(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:GetEventSelectors", NOT_FOUND)

    assert set(not_ok(read(session)).values()) == {"error"}


def test_one_trail_of_two_cannot_be_read(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> Any:
        return DENIED if asked.parameters["Name"] == OLD["TrailARN"] else {"IsLogging": True}

    aws.answer("cloudtrail:GetTrailStatus", answer)

    found = read(session)

    assert isinstance(trail(found, OLD["TrailARN"]).status, Gap)
    assert not isinstance(trail(found, MAIN["TrailARN"]).status, Gap)
    assert not_ok(found) == {("cloudtrail:GetTrailStatus", HOME): "denied"}


@pytest.mark.parametrize("answer", [{}, {"IsLogging": True, "LatestDeliveryTime": "yesterday"}])
def test_a_status_of_a_strange_shape_is_an_error(session: Any, aws: StandIn, answer: dict[str, Any]) -> None:
    aws.answer("cloudtrail:GetTrailStatus", answer)

    status = trail(read(session), MAIN["TrailARN"]).status

    assert isinstance(status, Gap)
    assert (status.api, status.status, status.region) == ("cloudtrail:GetTrailStatus", "error", OTHER)


@pytest.mark.parametrize("shown", [{}, {"trailList": [{"TrailARN": "main"}]}, {"trailList": [{"Name": "main"}]}])
def test_a_list_of_a_strange_shape_is_an_error(session: Any, aws: StandIn, shown: dict[str, Any]) -> None:
    aws.answer("cloudtrail:DescribeTrails", shown)

    assert [known_or_status(found) for found in read(session).regions.values()] == ["error", "error"]


def known_or_status(found: tuple[Trail, ...] | Gap) -> object:
    return found.status if isinstance(found, Gap) else found


@pytest.mark.parametrize("value", [None, ""])
def test_a_trail_without_a_home_region_is_at_home_in_that_of_its_arn(
    session: Any, aws: StandIn, value: str | None
) -> None:
    aws.answer("cloudtrail:DescribeTrails", {"trailList": [{**MAIN, "HomeRegion": value}]})

    assert trails(read(session)) == {HOME: [], OTHER: [MAIN["TrailARN"]]}


def test_no_trails(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:DescribeTrails", {"trailList": []})

    found = read(session)

    assert trails(found) == {HOME: [], OTHER: []}
    assert not_ok(found) == {}
    assert {api for api, _ in aws.requests} == {"cloudtrail:DescribeTrails"}


def test_what_no_rule_needs_is_not_asked(session: Any, aws: StandIn) -> None:
    apis = ("cloudtrail:GetTrailStatus", "cloudtrail:GetInsightSelectors")

    found = trail(read(session, unwanted=apis), MAIN["TrailARN"])

    assert not {api for api, _ in aws.requests}.intersection(apis)
    assert [gap.status for gap in (found.status, found.insights) if isinstance(gap, Gap)] == ["skipped", "skipped"]
    assert isinstance(found.selectors, EventSelectors)
