"""What answers mean for rules, and the text that tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from rules import RULES
from scanner.actions import ACTIONS, REGIONAL, permission_of, with_what_they_need
from scanner.preflight import Answer, Outlook, Status, outlooks, summarised

REGIONS = ("eu-west-1", "us-east-1")
REGION_SOURCES = {"ec2:DescribeRegions", "account:ListRegions"}


def answer(api: str, status: Status, region: str) -> Answer:
    return Answer(api=api, permission=permission_of(api), region=region, status=status)


def answers(but: dict[tuple[str, str], Status] | None = None) -> list[Answer]:
    """Every action readable in every region, but for some."""
    return [
        answer(action.api, (but or {}).get((action.api, region), "readable"), region)
        for action in ACTIONS
        for region in (REGIONS if action.is_regional else ("global",))
    ]


def look(but: dict[tuple[str, str], Status]) -> dict[str, Outlook]:
    return {rule.rule_id: rule for rule in outlooks(RULES.values(), answers(but), REGIONS)}


def unknown(found: dict[str, Outlook]) -> set[str]:
    return {name for name, rule in found.items() if rule.status == "unknown"}


def test_everything_readable() -> None:
    found = look({})

    assert list(found) == list(RULES)
    assert {(rule.status, rule.missing, rule.regions) for rule in found.values()} == {("decidable", (), ())}


@pytest.mark.parametrize("status", ["denied", "throttled", "error"])
@pytest.mark.parametrize(
    "api", [action.api for action in ACTIONS if action.api not in REGION_SOURCES | {"sts:GetCallerIdentity"}]
)
def test_an_action_that_is_not_readable(api: str, status: Status) -> None:
    region = "us-east-1" if REGIONAL[api] else "global"

    found = look({(api, region): status})

    assert unknown(found) == {rule.id for rule in RULES.values() if api in with_what_they_need(rule.apis)}
    for name in unknown(found):
        assert found[name].missing == (api,)
        assert found[name].regions == (("us-east-1",) if REGIONAL[api] else ("*",))


def test_what_a_rule_asks_for_by_itself_and_what_that_needs() -> None:
    rule = RULES["guardduty-off"]

    for api in ("guardduty:GetDetector", "guardduty:ListDetectors"):
        assert rule.id in unknown(look({(api, "eu-west-1"): "denied"}))
    assert rule.id not in unknown(look({("ec2:DescribeInstances", "eu-west-1"): "denied"}))


def test_everywhere() -> None:
    found = look({("guardduty:ListDetectors", region): "denied" for region in REGIONS})

    assert found["guardduty-off"].regions == ("*",)


def test_a_region_of_many() -> None:
    found = look({
        ("guardduty:ListDetectors", "us-east-1"): "denied",
        ("guardduty:GetDetector", "us-east-1"): "error",
        ("guardduty:GetDetector", "eu-west-1"): "untold",
    })  # fmt: skip

    rule = found["guardduty-off"]
    assert (rule.status, rule.regions) == ("unknown", ("us-east-1",))
    assert rule.missing == ("guardduty:GetDetector", "guardduty:ListDetectors")


def test_what_cannot_be_told() -> None:
    rule = look({("guardduty:GetDetector", "us-east-1"): "untold"})["guardduty-off"]

    assert (rule.status, rule.missing, rule.regions) == ("untold", ("guardduty:GetDetector",), ("us-east-1",))


@pytest.mark.parametrize("status", ["elsewhere", "not_applicable"])
def test_what_is_not_missing(status: Status) -> None:
    assert look({("guardduty:GetDetector", "us-east-1"): status}) == look({})


@pytest.mark.parametrize("api", sorted(REGION_SOURCES))
def test_one_source_of_regions_is_enough(api: str) -> None:
    assert look({(api, "global"): "denied"}) == look({})


def test_without_a_source_of_regions() -> None:
    found = look({(api, "global"): "denied" for api in REGION_SOURCES})

    regional = {
        rule.id
        for rule in RULES.values()
        if any(REGIONAL[api] or api in REGION_SOURCES for api in with_what_they_need(rule.apis))
    }
    assert unknown(found) == regional
    assert {found[name].regions for name in regional} == {("*",)}


def test_a_second_source_that_was_not_asked() -> None:
    asked = [each for each in answers() if each.api != "account:ListRegions"]

    assert {rule.status for rule in outlooks(RULES.values(), asked, REGIONS)} == {"decidable"}


@pytest.mark.parametrize(
    ("statuses", "complete"),
    [
        (["readable"], True),
        (["readable", "untold", "elsewhere", "not_applicable"], True),
        (["readable", "denied"], False),
        (["throttled"], False),
        (["error"], False),
        ([], True),
    ],
)
def test_numbers(statuses: Sequence[Any], complete: bool) -> None:
    found = [answer("iam:ListRoles", status, "global") for status in statuses]

    summary = summarised(outlooks(RULES.values(), [], REGIONS), found)

    assert summary.complete is complete
    assert summary.answers == {status: statuses.count(status) for status in sorted(statuses)}
    assert set(summary.rules) <= {"unknown", "decidable", "untold"}
    assert sum(summary.rules.values()) == len(RULES)
