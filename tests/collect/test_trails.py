"""Trails: each is one thing, in however many regions it shows."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.inventory import Account, EventSelectors, Gap, Trail, known
from tests.collect.faulty import ACCOUNT_ID, HOME, MAIN, OLD, OTHER
from tests.collect.reading import not_ok, read
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn

FOREIGN = "arn:aws:cloudtrail:us-east-1:999988887777:trail/organization"


def trails(account: Account) -> dict[str, list[str]]:
    return {region.name: [trail.arn for trail in known(region.trails)] for region in account.regions}


def trail(account: Account, arn: str) -> Trail:
    (found,) = (each for region in account.regions for each in known(region.trails) if each.arn == arn)
    return found


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


def test_shadows_are_asked_about_once_and_at_home(session: Any, aws: StandIn) -> None:
    account = read(session)

    assert trails(account) == {HOME: [OLD["TrailARN"]], OTHER: [MAIN["TrailARN"]]}
    assert asked_about(aws, MAIN["TrailARN"]) == [
        ("cloudtrail:GetEventSelectors", OTHER),
        ("cloudtrail:GetTrailStatus", OTHER),
    ]


def test_a_trail_whose_home_was_not_asked_for(session: Any, aws: StandIn) -> None:
    account = read(session, regions=(HOME,))

    in_home = [each.arn for each in known(account.regions[0].trails)]
    assert in_home == [OLD["TrailARN"], MAIN["TrailARN"]]
    assert trail_of(account).home_region == OTHER
    assert asked_about(aws, MAIN["TrailARN"]) == [
        ("cloudtrail:GetEventSelectors", OTHER),
        ("cloudtrail:GetTrailStatus", HOME),
    ]


def trail_of(account: Account) -> Trail:
    (found,) = (each for each in known(account.regions[0].trails) if each.arn == MAIN["TrailARN"])
    return found


def test_a_trail_whose_home_does_not_list(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:DescribeTrails", DENIED, OTHER)

    account = read(session)

    assert isinstance(account.regions[1].trails, Gap)
    assert trail_of(account).home_region == OTHER
    assert {region for _, region in asked_about(aws, MAIN["TrailARN"])} == {OTHER}


def test_trails_of_one_name(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        arn = f"arn:aws:cloudtrail:{asked.region}:{ACCOUNT_ID}:trail/main"
        return {"trailList": [{"Name": "main", "TrailARN": arn, "HomeRegion": asked.region}]}

    aws.answer("cloudtrail:DescribeTrails", answer)
    recording(aws)

    account = read(session)

    assert {region: len(found) for region, found in trails(account).items()} == {HOME: 1, OTHER: 1}
    asked = [asked.parameters["Name"] for asked in aws.asked if asked.api == "cloudtrail:GetTrailStatus"]
    assert sorted(asked) == sorted(arn for found in trails(account).values() for arn in found)


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


def test_what_only_the_owner_of_an_organization_trail_may_ask_is_elsewhere(session: Any, aws: StandIn) -> None:
    organization_trail(aws, HasCustomEventSelectors=True)

    account = read(session)

    selectors = trail(account, FOREIGN).selectors
    assert isinstance(selectors, Gap)
    assert selectors.status == "elsewhere"
    assert "999988887777" in selectors.reason
    assert not_ok(account) == {("cloudtrail:GetEventSelectors", OTHER): "elsewhere"}


def test_a_member_sees_that_an_organization_trail_has_the_default_selectors(session: Any, aws: StandIn) -> None:
    organization_trail(aws, HasCustomEventSelectors=False)

    assert trail(read(session), FOREIGN).selectors == EventSelectors()


def test_a_scanner_that_may_not_ask_is_denied_whoever_owns_the_trail(session: Any, aws: StandIn) -> None:
    organization_trail(aws, HasCustomEventSelectors=False)
    aws.answer("cloudtrail:GetEventSelectors", DENIED)

    account = read(session)

    assert not_ok(account) == {("cloudtrail:GetEventSelectors", OTHER): "denied"}
    assert isinstance(trail(account, FOREIGN).selectors, Gap)


def test_an_own_trail_that_is_not_found_is_an_error(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:GetEventSelectors", NOT_FOUND)

    assert set(not_ok(read(session)).values()) == {"error"}


def test_one_trail_of_two_cannot_be_read(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> Any:
        return DENIED if asked.parameters["Name"] == OLD["TrailARN"] else {"IsLogging": True}

    aws.answer("cloudtrail:GetTrailStatus", answer)

    account = read(session)

    assert isinstance(trail(account, OLD["TrailARN"]).status, Gap)
    assert not isinstance(trail(account, MAIN["TrailARN"]).status, Gap)
    assert not_ok(account) == {("cloudtrail:GetTrailStatus", HOME): "denied"}


@pytest.mark.parametrize("value", [None, ""])
def test_a_trail_without_a_home_region_is_at_home_in_that_of_its_arn(
    session: Any, aws: StandIn, value: str | None
) -> None:
    aws.answer("cloudtrail:DescribeTrails", {"trailList": [{**MAIN, "HomeRegion": value}]})

    assert trails(read(session)) == {HOME: [], OTHER: [MAIN["TrailARN"]]}


def test_no_trails(session: Any, aws: StandIn) -> None:
    aws.answer("cloudtrail:DescribeTrails", {"trailList": []})

    account = read(session)

    assert trails(account) == {HOME: [], OTHER: []}
    assert not_ok(account) == {}
    assert not [api for api, _ in aws.requests if api in {"cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"}]
