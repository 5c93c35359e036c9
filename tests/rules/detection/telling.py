"""Accounts in which somebody is told of calls, or not: a trail, what its log is searched for, rules, and a topic."""

from __future__ import annotations

import json

from tests.accounts import OWN, Case, Json, gap, regions

HOME = "us-east-1"
TOPIC = f"arn:aws:sns:{HOME}:{OWN}:alerts"
GROUP = f"arn:aws:logs:{HOME}:{OWN}:log-group:trail:*"
METRIC = [["Security", "Calls"]]


def trail(status: Json | None = None, **facts: object) -> Json:
    """A multi-region trail that logs all management events."""
    arn = f"arn:aws:cloudtrail:{HOME}:{OWN}:trail/main"
    found = {"kind": "trail-status", "is_logging": True, **(status or {})}
    selectors = {"kind": "event-selectors"}
    return {
        "arn": arn,
        "name": "main",
        "home_region": HOME,
        "is_multi_region": True,
        "bucket": "records",
        "status": found,
        "selectors": selectors,
        **facts,
    }


def metric_filter(pattern: str, group: str = "trail") -> Json:
    """A metric filter of the trail's log group."""
    return {"name": "calls", "log_group": group, "pattern": pattern, "metrics": METRIC}


def alarm(name: str = "calls", **facts: object) -> Json:
    """An alarm on the metric that tells the topic."""
    arn = f"arn:aws:cloudwatch:{HOME}:{OWN}:alarm:{name}"
    return {"name": name, "arn": arn, "actions_enabled": True, "actions": [TOPIC], "metrics": METRIC, **facts}


def event_rule(pattern: Json, region: str = HOME, state: str = "ENABLED", **facts: object) -> Json:
    """An EventBridge rule that tells the topic of its region."""
    target = {"id": "1", "arn": TOPIC.replace(HOME, region)}
    arn = f"arn:aws:events:{region}:{OWN}:rule/calls"
    found = {"name": "calls", "arn": arn, "state": state, "pattern": json.dumps(pattern), "targets": [target]}
    return {**found, **facts}


def subscription(region: str = HOME, *, confirmed: bool = True) -> Json:
    """A subscription by mail."""
    topic = TOPIC.replace(HOME, region)
    found: Json = {"topic": topic, "protocol": "email", "endpoint": "example.com"}
    if not confirmed:
        return {**found, "arn": "PendingConfirmation"}
    return {**found, "arn": f"{topic}:1", "settings": {"kind": "subscription-settings"}}


def topic(region: str = HOME) -> Json:
    """A topic to which rules and alarms may publish."""
    arn = TOPIC.replace(HOME, region)
    statement = {
        "Effect": "Allow",
        "Action": "sns:Publish",
        "Resource": arn,
        "Principal": {"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"arn": arn, "detail": {"kind": "topic", "policy": {"kind": "policy", "document": document}}}


def place(name: str = HOME, **parts: object) -> Json:
    """A region in which nobody is told of anything, but for the parts given."""
    nothing: Json = {"trails": [], "event_rules": [], "metric_filters": [], "alarms": []}
    return {"name": name, **nothing, "subscriptions": [subscription(name)], **parts}


def telling(*places: Json, **facts: object) -> Json:
    """An account with these regions and a topic in each."""
    return regions(*places) | {"topics": [topic(str(each["name"])) for each in places], **facts}


def home(**parts: object) -> Json:
    """An account with one region and the trail."""
    return telling(place(HOME, **{"trails": [trail()], **parts}))


def searched(pattern: str, **parts: object) -> Json:
    """An account whose trail is searched for a pattern, with an alarm."""
    found: Json = {"metric_filters": [metric_filter(pattern)], "alarms": [alarm()], **parts}
    return home(**{"trails": [trail(log_group=GROUP)], **found})


FEW = (
    "a trail, and nobody looks",
    "a metric filter, an alarm and a topic",
    "an alarm without action",
    "metric filters denied",
    "an EventBridge rule",
    "an EventBridge rule that is off",
)
"""The cases of ``chain`` that say most."""


def chain(pattern: str, taking: Json, state: str = "ENABLED") -> list[Case]:
    """What holds of every such rule: each link of either way, and what is not known.

    Args:
        pattern: a filter that finds all calls.
        taking: an event pattern that takes all of them.
        state: what the rule has to be to take all of them.
    """
    unread = gap("logs:DescribeMetricFilters", region=HOME)
    foreign = GROUP.replace(OWN, "999988887777")
    failing: Json = {"latest_logs_error": "AccessDenied"}
    stopped = trail({"is_logging": False}, log_group=GROUP)
    excluding = trail(
        log_group=GROUP, selectors={"kind": "event-selectors", "basic": [{"read_write": "All", "management": False}]}
    )
    both = alarm("both", type="composite", metrics=[], rule='ALARM("calls") AND ALARM("other")')
    either = alarm("either", type="composite", metrics=[], rule='ALARM("calls") OR ALARM("other")')
    silent = alarm(actions=[])
    by_rule = [event_rule(taking, state=state)]
    return [
        ("a trail, and nobody looks", home(), "fail"),
        ("no trail", telling(place()), "fail"),
        ("a metric filter, an alarm and a topic", searched(pattern), "pass"),
        ("a filter that finds everything", searched(""), "pass"),
        ("a filter for something else", searched('{ $.eventName = "DescribeNothing" }'), "fail"),
        ("a filter that cannot be read", searched("{ $.a ~ 1 }"), "unknown"),
        ("a filter of space-delimited fields", searched("[a, b, ...]"), "unknown"),
        ("an unreadable filter without alarm", searched("{ $.a ~ 1 }", alarms=[]), "fail"),
        ("a filter of another log group", searched(pattern, metric_filters=[metric_filter(pattern, "other")]), "fail"),
        ("no alarm", searched(pattern, alarms=[]), "fail"),
        ("an alarm on another metric", searched(pattern, alarms=[alarm(metrics=[["Security", "Other"]])]), "fail"),
        (
            "an alarm on another namespace",
            searched(pattern, alarms=[alarm(metrics=[["Other", "Calls"]])]),
            "fail",
        ),
        ("an alarm without action", searched(pattern, alarms=[silent]), "fail"),
        ("an alarm whose actions are off", searched(pattern, alarms=[alarm(actions_enabled=False)]), "fail"),
        ("an alarm with dimensions", searched(pattern, alarms=[alarm(dimensions=[["a", "b"]])]), "unknown"),
        ("a composite alarm on it", searched(pattern, alarms=[silent, either]), "pass"),
        ("a composite alarm that needs another too", searched(pattern, alarms=[silent, both]), "unknown"),
        ("a composite alarm on others", searched(pattern, alarms=[silent, {**either, "rule": "ALARM(x)"}]), "fail"),
        ("an alarm on queries of logs", searched(pattern, alarms=[alarm(type="log", metrics=[])]), "unknown"),
        (
            "a subscription that nobody confirmed",
            searched(pattern, subscriptions=[subscription(confirmed=False)]),
            "fail",
        ),
        ("the trail is stopped", searched(pattern, trails=[stopped]), "fail"),
        ("the trail records no management events", searched(pattern, trails=[excluding]), "fail"),
        ("the trail cannot deliver", searched(pattern, trails=[trail(failing, log_group=GROUP)]), "fail"),
        ("the log group is another account's", searched(pattern, trails=[trail(log_group=foreign)]), "unknown"),
        ("metric filters denied", searched(pattern, metric_filters=unread), "unknown"),
        ("alarms denied", searched(pattern, alarms=gap("cloudwatch:DescribeAlarms", region=HOME)), "unknown"),
        ("trails denied", searched(pattern, trails=gap("cloudtrail:DescribeTrails", region=HOME)), "unknown"),
        (
            "the trail's status denied",
            searched(pattern, trails=[trail(log_group=GROUP) | {"status": gap("cloudtrail:GetTrailStatus")}]),
            "unknown",
        ),
        (
            "the trail's selectors denied",
            searched(pattern, trails=[trail(log_group=GROUP) | {"selectors": gap("cloudtrail:GetEventSelectors")}]),
            "unknown",
        ),
        (
            "the status of a trail denied that leads nowhere",
            home(trails=[trail() | {"status": gap("cloudtrail:GetTrailStatus")}]),
            "fail",
        ),
        ("an EventBridge rule", home(event_rules=by_rule), "pass"),
        ("an EventBridge rule and filters denied", home(event_rules=by_rule, metric_filters=unread), "pass"),
        ("an EventBridge rule that is off", home(event_rules=[event_rule(taking, state="DISABLED")]), "fail"),
        ("an EventBridge rule without target", home(event_rules=[event_rule(taking, state=state, targets=[])]), "fail"),
        ("an EventBridge rule for another source", home(event_rules=[event_rule({"source": ["x"]})]), "fail"),
        ("an EventBridge rule, but no trail", home(event_rules=by_rule, trails=[]), "fail"),
        (
            "an EventBridge rule, trails denied",
            home(event_rules=by_rule, trails=gap("cloudtrail:DescribeTrails", region=HOME)),
            "unknown",
        ),
        ("rules denied", home(event_rules=gap("events:ListRules", region=HOME)), "unknown"),
        (
            "an unknown operator in the rule",
            home(event_rules=[event_rule({"detail": {"eventName": [{"sounds-like": "x"}]}}, state=state)]),
            "unknown",
        ),
    ]
