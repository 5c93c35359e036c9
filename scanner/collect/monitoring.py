"""Collect what CloudWatch watches: alarms, and the metric filters of log groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collect.desk import Desk
from scanner.collect.reader import Reader
from scanner.collect.values import flag
from scanner.inventory import Alarm, Gap, MetricFilter

_TYPES = ("MetricAlarm", "CompositeAlarm", "LogAlarm")
"""Alarms of a type that is not asked for by name are left out of the answer."""


def read_alarms(desk: Desk, region: str) -> tuple[Alarm, ...] | Gap:
    """Every alarm of the region: of metrics, of other alarms, and of queries of logs."""

    def read(reader: Reader) -> tuple[Alarm, ...]:
        pages = reader.pages("DescribeAlarms", AlarmTypes=_TYPES, PaginationConfig={"PageSize": 100})
        found = (_alarm(item, kind) for page in pages for kind, item in _listed(page))
        return tuple(sorted(found, key=lambda alarm: alarm.arn))

    return desk.ask("cloudwatch", region, "DescribeAlarms", read, tuple[Alarm, ...])


def _listed(page: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from (("metric", alarm) for alarm in page["MetricAlarms"])
    yield from (("composite", alarm) for alarm in page.get("CompositeAlarms") or ())
    yield from (("log", alarm) for alarm in page.get("LogAlarms") or ())


def _alarm(answer: dict[str, Any], kind: str) -> Alarm:
    metrics = list(_metrics(answer))
    return Alarm(
        name=answer["AlarmName"],
        arn=answer["AlarmArn"],
        actions_enabled=flag(answer.get("ActionsEnabled", False)),
        actions=tuple(sorted(answer.get("AlarmActions") or ())),
        state=answer.get("StateValue"),
        metrics=tuple(sorted({(metric.get("Namespace") or "", metric["MetricName"]) for metric in metrics})),
        rule=answer.get("AlarmRule"),
        dimensions=tuple(
            sorted({(item["Name"], item["Value"]) for metric in metrics for item in metric.get("Dimensions") or ()})
        ),
        type=kind,
    )


def _metrics(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The metric that an alarm watches, or those that its expression is made of."""
    if answer.get("MetricName"):
        yield answer
    for query in answer.get("Metrics") or ():
        metric = (query.get("MetricStat") or {}).get("Metric") or {}
        if metric.get("MetricName"):
            yield metric


def read_metric_filters(desk: Desk, region: str) -> tuple[MetricFilter, ...] | Gap:
    """The metric filters of all log groups."""

    def read(reader: Reader) -> tuple[MetricFilter, ...]:
        found = (
            MetricFilter(
                name=item["filterName"],
                log_group=item["logGroupName"],
                pattern=item.get("filterPattern") or "",
                metrics=tuple(
                    sorted(
                        (metric["metricNamespace"], metric["metricName"])
                        for metric in item.get("metricTransformations") or ()
                    )
                ),
            )
            for page in reader.pages("DescribeMetricFilters", PaginationConfig={"PageSize": 50})
            for item in page["metricFilters"]
        )
        return tuple(sorted(found, key=lambda item: (item.log_group, item.name)))

    return desk.ask("logs", region, "DescribeMetricFilters", read, tuple[MetricFilter, ...])
