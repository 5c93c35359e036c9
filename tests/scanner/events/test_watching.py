"""The ways by which somebody is told of a call, link by link."""

from __future__ import annotations

from scanner.engine import Declared
from scanner.events.samples import api_call
from scanner.events.watching import watched, watched_by_rules
from tests.accounts import OWN, Json, account, gap
from tests.rules.detection.telling import (
    GROUP,
    HOME,
    TOPIC,
    alarm,
    event_rule,
    home,
    metric_filter,
    place,
    searched,
    telling,
    trail,
)

STOP = api_call("aws", OWN, HOME, "cloudtrail.amazonaws.com", "StopLogging")
READ = api_call("aws", OWN, HOME, "iam.amazonaws.com", "ListUsers", read_only=True)
TRAIL = f"arn:aws:cloudtrail:{HOME}:{OWN}:trail/main"
ALARM = f"arn:aws:cloudwatch:{HOME}:{OWN}:alarm:calls"
ALL: Json = {"detail-type": ["AWS API Call via CloudTrail"]}


def test_the_way_of_a_metric_filter() -> None:
    found = watched(account(searched("StopLogging")), STOP)

    (way,) = found.reached
    assert (way.rule, way.target, way.receiver, way.kind) == (TRAIL, TOPIC, "email at example.com", "person")
    assert way.by[0] == ALARM
    assert way.proof[0] == "The metric filter calls finds it."


def test_the_way_of_a_rule() -> None:
    (way,) = watched(account(home(event_rules=[event_rule(ALL)])), STOP).reached

    assert way.rule == f"arn:aws:events:{HOME}:{OWN}:rule/calls"
    assert not watched_by_rules(account(searched("StopLogging")), STOP).is_reached


def test_the_way_of_a_siem() -> None:
    found = account(home())
    (way,) = watched(found, STOP, Declared(siem=("records",))).reached

    assert (way.rule, way.receiver, way.kind) == (TRAIL, "arn:aws:s3:::records", "siem")
    assert watched(found, STOP).is_lost, "what was declared of the account before is forgotten"


def test_what_is_broken_is_told_of_every_way() -> None:
    found = watched(account(searched("StopLogging", alarms=[])), STOP)

    assert found.is_lost
    assert [way.token for way in found.broken] == ["alarm:none", "rule:none"]


def test_two_filters_are_two_ways() -> None:
    filters = [metric_filter("{ $.a ~ 1 }") | {"name": "unreadable"}, metric_filter("StopLogging")]

    assert watched(account(searched("", metric_filters=filters)), STOP).is_reached


def test_reads_are_recorded_where_a_trail_records_reads() -> None:
    writes = {"kind": "event-selectors", "basic": [{"read_write": "WriteOnly"}]}
    facts = searched("", trails=[trail(log_group=GROUP, selectors=writes)])

    assert watched(account(facts), STOP).is_reached
    assert watched(account(facts), READ).is_lost
    assert watched(account(searched("")), READ).is_reached


def test_of_two_trails_one_that_delivers_is_enough() -> None:
    stopped = trail({"is_logging": False}) | {"arn": TRAIL + "-2", "name": "main-2"}

    assert watched(account(searched("", trails=[stopped, trail(log_group=GROUP)])), STOP).is_reached


def test_a_log_group_in_another_region_is_looked_at_there() -> None:
    abroad = trail(log_group=GROUP.replace(HOME, "eu-west-1"))
    topic = TOPIC.replace(HOME, "eu-west-1")
    parts: Json = {"metric_filters": [metric_filter("StopLogging")], "alarms": [alarm(actions=[topic])]}

    assert watched(account(telling(place(trails=[abroad]), place("eu-west-1", **parts))), STOP).is_reached
    assert watched(account(telling(place(HOME, **{**parts, "trails": [abroad]}), place("eu-west-1"))), STOP).is_lost
    assert not watched(account(telling(place(HOME, **{**parts, "trails": [abroad]}))), STOP).is_lost


def test_a_region_without_the_service_leaves_no_doubt() -> None:
    nothing = gap("cloudtrail:DescribeTrails", "not_applicable", "eu-west-1")

    assert watched(account(telling(place(), place("eu-west-1", trails=nothing))), STOP).is_lost


def test_a_log_group_that_is_no_arn_is_not_known() -> None:
    found = watched(account(searched("", trails=[trail(log_group="trail")])), STOP)

    assert not found.is_lost
    assert not found.is_reached
