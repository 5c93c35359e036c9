"""Regions in which the owner runs no detection services are not asked about: they neither pass nor fail."""

from __future__ import annotations

import json

import pytest

from rules import RULES
from scanner.engine import Declared, Rule
from scanner.engine.assemble import report_on
from scanner.engine.documentation import example_account
from scanner.engine.judge import Settings
from scanner.report import RuleResult
from tests.accounts import FOREIGN, NOW, Json, account, gap, region, regions

ELSEWHERE = "eu-south-9"

WATCHED_ONLY = [rule for rule in RULES.values() if rule.where_watched]
EACH = pytest.mark.parametrize("rule", WATCHED_ONLY, ids=[rule.id for rule in WATCHED_ONLY])


def told(rule: Rule, facts: Json, *watched: str) -> RuleResult:
    """What a rule says where detection services have to be on in some regions."""
    (result,) = report_on(
        account(facts),
        [rule],
        at=NOW,
        settings=Settings(declared=Declared(regions=watched)),
        source="snapshot",
        tool_version="0",
        started_at=NOW,
        finished_at=NOW,
    ).rules
    return result


def test_the_rules_that_ask_only_where_something_has_to_watch() -> None:
    assert [rule.id for rule in WATCHED_ONLY] == [
        "access-analyzer-external-missing",
        "config-not-recording",
        "evasion-events-unwatched",
        "guardduty-features-off",
        "guardduty-members-off",
        "guardduty-no-administrator",
        "security-hub-off",
    ]


@EACH
def test_a_region_that_is_not_watched_is_no_subject(rule: Rule) -> None:
    for example in (*rule.documentation.bad, *rule.documentation.good):
        facts = json.loads(example)
        names = [found.name for found in example_account(example).regions]

        assert told(rule, facts, ELSEWHERE).evaluated == 0
        assert told(rule, facts, *names) == told(rule, facts)
        assert told(rule, facts).evaluated


@EACH
def test_one_that_could_not_be_read_is_none_either_but_other_regions_are_unknown(rule: Rule) -> None:
    member: Json = {"membership": {"kind": "organization", "id": "o-exampleorg", "management_account": FOREIGN}}
    unread = regions(region("eu-west-1"), region("eu-west-3")) | {"organization": member}
    unlisted = unread | {"other_regions": gap("ec2:DescribeRegions")}

    assert told(rule, unread, "eu-west-3").unknown == 1
    assert told(rule, unlisted, "eu-west-3").unknown == 2


def test_a_region_without_a_detector_is_told_wherever_it_is() -> None:
    """As the page of the configuration says: a thief goes where nobody looks."""
    facts = regions(region("eu-west-1", detectors=[]), region("eu-west-3", detectors=[]))

    assert told(RULES["guardduty-off"], facts, "eu-west-3").failed == 2
