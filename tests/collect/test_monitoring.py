"""Alarms of every type, and metric filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from scanner.collect.desk import Desk
from scanner.collect.monitoring import read_alarms, read_metric_filters
from scanner.inventory import Alarm, Gap, MetricFilter, known
from tests.collect.answers_alerts import ALARMS, ANSWERS, RESPONDER, TOPIC
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import DENIED, Asked, StandIn

ALARM = f"arn:aws:cloudwatch:{HOME}:{ACCOUNT_ID}:alarm:"
METRIC = {"AlarmName": "a", "AlarmArn": f"{ALARM}a", "ActionsEnabled": True}

EVERY: dict[str, tuple[Callable[[Desk, str], Any], object]] = {
    "cloudwatch:DescribeAlarms": (
        read_alarms,
        (
            Alarm(
                "any",
                f"{ALARM}any",
                True,
                (TOPIC,),
                "ALARM",
                rule='ALARM("root-use") OR ALARM("failed")',
                type="composite",
            ),
            Alarm("denied", f"{ALARM}denied", True, (TOPIC,), type="log"),
            Alarm(
                "failed",
                f"{ALARM}failed",
                False,
                metrics=(("AWS/Events", "FailedInvocations"), ("AWS/Events", "ThrottledRules")),
                dimensions=(("RuleName", "alarm"),),
            ),
            Alarm(
                "root-use",
                f"{ALARM}root-use",
                True,
                (RESPONDER, TOPIC),
                "OK",
                (("Trail", "RootUse"),),
                dimensions=(("Trail", "main"),),
            ),
        ),
    ),
    "logs:DescribeMetricFilters": (
        read_metric_filters,
        (
            MetricFilter("all", "trail", ""),
            MetricFilter("root", "trail", '{ $.userIdentity.type = "Root" }', (("Trail", "RootUse"),)),
        ),
    ),
}
"""Each collector by the operation that it asks, with what it finds at home."""


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def read(session: Any, api: str, region: str = HOME, unwanted: tuple[str, ...] = ()) -> Any:
    with asking(session, unwanted=unwanted) as desk:
        return EVERY[api][0](desk, region)


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


@pytest.mark.parametrize("api", EVERY)
def test_every_field_by_one_call(session: Any, aws: StandIn, api: str) -> None:
    assert read(session, api) == EVERY[api][1]
    assert aws.requests == {(api, HOME): 1}


@pytest.mark.parametrize("api", EVERY)
def test_where_there_is_none(session: Any, api: str) -> None:
    assert read(session, api, OTHER) == ()


@pytest.mark.parametrize("api", EVERY)
def test_denied(session: Any, aws: StandIn, api: str) -> None:
    aws.answer(api, DENIED)

    assert gap_of(read(session, api)) == (api, "denied", HOME)


@pytest.mark.parametrize("api", EVERY)
def test_not_asked_for(session: Any, aws: StandIn, api: str) -> None:
    assert gap_of(read(session, api, unwanted=(api,))) == (api, "skipped", HOME)
    assert not aws.asked


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("cloudwatch:DescribeAlarms", {}),
        ("cloudwatch:DescribeAlarms", {"MetricAlarms": [{"AlarmName": "a"}]}),
        ("cloudwatch:DescribeAlarms", {"MetricAlarms": [{**METRIC, "Metrics": "all"}]}),
        ("cloudwatch:DescribeAlarms", {"MetricAlarms": [], "CompositeAlarms": [{**METRIC, "AlarmRule": 5}]}),
        ("logs:DescribeMetricFilters", {}),
        ("logs:DescribeMetricFilters", {"metricFilters": [{"filterName": "a"}]}),
        ("logs:DescribeMetricFilters", {"metricFilters": [{"filterName": 5, "logGroupName": "a"}]}),
    ],
)
def test_an_answer_of_a_strange_shape(session: Any, aws: StandIn, api: str, answer: dict[str, Any]) -> None:
    aws.answer(api, answer)

    assert gap_of(read(session, api)) == (api, "error", HOME)


def test_alarms_of_every_type_are_asked_for(session: Any, aws: StandIn) -> None:
    """AWS sends alarms of metrics alone unless the others are named."""
    read(session, "cloudwatch:DescribeAlarms")

    (asked,) = aws.asked
    assert list(asked.parameters["AlarmTypes"]) == ["MetricAlarm", "CompositeAlarm", "LogAlarm"]
    assert asked.parameters["MaxRecords"] == 100


def test_alarms_on_several_pages(session: Any, aws: StandIn) -> None:
    """Each type may come on a page of its own, and a page may be empty."""
    pages: list[dict[str, Any]] = [
        {"MetricAlarms": [], "NextToken": "1"},
        {"MetricAlarms": ALARMS["MetricAlarms"], "CompositeAlarms": [], "NextToken": "2"},
        {"MetricAlarms": [], "CompositeAlarms": ALARMS["CompositeAlarms"], "NextToken": "3"},
        {"MetricAlarms": [], "LogAlarms": ALARMS["LogAlarms"]},
    ]
    aws.answer("cloudwatch:DescribeAlarms", lambda asked: pages[int(asked.parameters.get("NextToken", 0))])

    assert read(session, "cloudwatch:DescribeAlarms") == EVERY["cloudwatch:DescribeAlarms"][1]


def test_metric_filters_on_several_pages(session: Any, aws: StandIn) -> None:
    usual = ANSWERS["logs:DescribeMetricFilters"]

    def paged(asked: Asked) -> dict[str, Any]:
        filters = usual(asked)["metricFilters"]
        number = int(asked.parameters.get("nextToken", 0))
        return {"metricFilters": filters[:number][-1:], **({"nextToken": str(number + 1)} if number < 2 else {})}

    aws.answer("logs:DescribeMetricFilters", paged)

    assert read(session, "logs:DescribeMetricFilters") == EVERY["logs:DescribeMetricFilters"][1]
    assert {asked.parameters["limit"] for asked in aws.asked} == {50}


def test_a_list_whose_second_page_fails_is_no_short_list(session: Any, aws: StandIn) -> None:
    aws.answer(
        "cloudwatch:DescribeAlarms",
        lambda asked: DENIED if asked.parameters.get("NextToken") else {**ALARMS, "NextToken": "more"},
    )

    assert gap_of(read(session, "cloudwatch:DescribeAlarms")) == ("cloudwatch:DescribeAlarms", "denied", HOME)


def test_people_stay_unknown(session: Any) -> None:
    assert b"somebody" not in msgspec.json.encode(read(session, "cloudwatch:DescribeAlarms"))


def test_through_the_real_parsers() -> None:
    with mock_aws():
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
        session.client("cloudwatch").put_metric_alarm(
            AlarmName="root-use",
            Namespace="Trail",
            MetricName="RootUse",
            Dimensions=[{"Name": "Trail", "Value": "main"}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            AlarmActions=[TOPIC],
        )
        logs = session.client("logs")
        logs.create_log_group(logGroupName="trail")
        logs.put_metric_filter(
            logGroupName="trail",
            filterName="root",
            filterPattern="Root",
            metricTransformations=[{"metricName": "RootUse", "metricNamespace": "Trail", "metricValue": "1"}],
        )

        with asking(session) as desk:
            (alarm,) = known(read_alarms(desk, HOME))
            (metric_filter,) = known(read_metric_filters(desk, HOME))
            assert read_alarms(desk, OTHER) == ()
            assert read_metric_filters(desk, OTHER) == ()

    assert (alarm.name, alarm.actions_enabled, alarm.actions) == ("root-use", True, (TOPIC,))
    assert (alarm.metrics, alarm.dimensions) == ((("Trail", "RootUse"),), (("Trail", "main"),))
    assert metric_filter == MetricFilter("root", "trail", "Root", (("Trail", "RootUse"),))
