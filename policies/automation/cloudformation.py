"""The alerting stack as a CloudFormation template, one and the same for every enabled region.

In the home region it makes the topic and what listens, in the others what sends there; a condition tells which it is.

Source: "AWS::Events::Rule", "AWS::SNS::Topic", "AWS::SQS::Queue" and "AWS::CloudWatch::Alarm" in the CloudFormation
Template Reference.
"""

from __future__ import annotations

from policies.automation.admitting import forward_policy, forward_trust, key_policy, queue_policy, topic_policy
from policies.automation.alarms import PERIOD, Alarm, alarms
from policies.automation.cloudformation_function import (
    function_conditions,
    function_outputs,
    function_parameters,
    function_resources,
)
from policies.automation.names import ALERTING, FORWARD
from policies.automation.printing import compact
from policies.automation.rules import LONGEST_TRY, MOST_TRIES, AlertRule, names_of, rules_of
from policies.preparation.language import CLOUDFORMATION as HERE
from policies.preparation.wish import Wish
from scanner.events.lint import home_of_global

REGIONS = r"[a-z]{2}(-[a-z]+)+-[0-9]"
"""The names of regions."""

EMAILS = r"[^@\s]+@[^@\s]+"
"""As much as need be known of an address."""

IAM_TELLS_IN = tuple(home_of_global(each) or "" for each in ("aws", "aws-cn", "aws-us-gov"))
"""The one region of each partition in which calls on IAM are told."""

_CONDITIONS = {"home": "IsHome", "elsewhere": "IsElsewhere", "elsewhere, where IAM tells": "IsWhereIamTells"}
_QUEUE_DAYS = 14
_DESCRIPTION = "Findings about credentials, and exposed credentials, to people"


def cloudformation(wish: Wish) -> str:
    """A template for one stack in each enabled region."""
    has_function = wish.mode != "notify"
    more = ", and to a function that contains" if has_function else ""
    return compact(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": f"{_DESCRIPTION}{more}. Mode {wish.mode}.",
            "Parameters": {**_parameters(), **(function_parameters(wish) if has_function else {})},
            "Conditions": {**_conditions(), **(function_conditions() if has_function else {})},
            "Resources": {
                **_topic(wish),
                **_queue(wish),
                **_forward(wish),
                **{_id("Rule", each.short): _rule(each) for each in rules_of(wish.mode, HERE)},
                **_alarms(wish),
                **(function_resources(wish) if has_function else {}),
            },
            "Outputs": {
                "TopicArn": {"Condition": "IsHome", "Value": {"Ref": "Topic"}},
                "QueueUrl": {"Value": {"Ref": "Queue"}},
                **(function_outputs() if has_function else {}),
            },
        }
    )


def _id(kind: str, name: str) -> str:
    return kind + "".join(word.capitalize() for word in name.split("-"))


def _parameters() -> dict[str, object]:
    return {
        "HomeRegion": {
            "Type": "String",
            "AllowedPattern": f"^{REGIONS}$",
            "Description": "The region of the topic, the same in every stack; the other regions send to it.",
        },
        "Email": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": f"^({EMAILS})?$",
            "Description": "Who is told, once that is confirmed by a click in the first message; empty for nobody yet.",
        },
    }


def _conditions() -> dict[str, object]:
    tells: list[object] = [{"Fn::Equals": [{"Ref": "AWS::Region"}, each]} for each in IAM_TELLS_IN]
    return {
        "IsHome": {"Fn::Equals": [{"Ref": "AWS::Region"}, {"Ref": "HomeRegion"}]},
        "IsElsewhere": {"Fn::Not": [{"Condition": "IsHome"}]},
        "IsWhereIamTells": {"Fn::And": [{"Condition": "IsElsewhere"}, {"Fn::Or": tells}]},
        "HasEmail": {
            "Fn::And": [{"Condition": "IsHome"}, {"Fn::Not": [{"Fn::Equals": [{"Ref": "Email"}, ""]}]}],
        },
    }


def _topic(wish: Wish) -> dict[str, object]:
    has_function = wish.mode != "notify"
    # Without the key nobody reads the journal that is left behind.
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"} if has_function else {}
    key = {
        "Description": "Alerts about credentials, and what was done about them.",
        "EnableKeyRotation": True,
        "KeyPolicy": key_policy(HERE, "${AWS::URLSuffix}" if has_function else None),
    }
    return {
        "Key": {"Type": "AWS::KMS::Key", "Condition": "IsHome", **kept, "Properties": key},
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Condition": "IsHome",
            "Properties": {"TopicName": ALERTING, "KmsMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
        },
        "TopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Condition": "IsHome",
            "Properties": {
                "Topics": [{"Ref": "Topic"}],
                "PolicyDocument": topic_policy(HERE, _publishing(wish)),
            },
        },
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Condition": "HasEmail",
            "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": {"Ref": "Email"}},
        },
    }


def _publishing(wish: Wish) -> list[str]:
    return [each.name for each in rules_of(wish.mode, HERE) if each.to == "topic"]


def _queue(wish: Wish) -> dict[str, object]:
    """The queue is in every region; the rules of other regions in its policy do not exist in this one."""
    rules = [each.name for each in rules_of(wish.mode, HERE)]
    queue = {
        "QueueName": ALERTING,
        "MessageRetentionPeriod": _QUEUE_DAYS * 24 * 3_600,
        # EventBridge needs no rights for this one, and so cannot lose them.
        "SqsManagedSseEnabled": True,
    }
    return {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": queue},
        "QueuePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": queue_policy(HERE, rules)},
        },
    }


def _forward(wish: Wish) -> dict[str, object]:
    role = {
        # The stacks of all regions make their roles in the one IAM of the account.
        "RoleName": HERE.text(f"{FORWARD}-{HERE.region}"),
        "Description": "Alerts go to the default bus of the home region.",
        "AssumeRolePolicyDocument": forward_trust(HERE, names_of(wish.mode, HERE, home=False)),
        "Policies": [{"PolicyName": FORWARD, "PolicyDocument": forward_policy(HERE, "${HomeRegion}")}],
    }
    return {"ForwardRole": {"Type": "AWS::IAM::Role", "Condition": "IsElsewhere", "Properties": role}}


def _rule(rule: AlertRule) -> dict[str, object]:
    bus = f"arn:{HERE.partition}:events:${{HomeRegion}}:{HERE.account}:event-bus/default"
    to: dict[str, dict[str, object]] = {
        "topic": {"Arn": {"Ref": "Topic"}},
        "function": {"Arn": {"Fn::GetAtt": ["Function", "Arn"]}},
        "home": {"Arn": HERE.text(bus), "RoleArn": {"Fn::GetAtt": ["ForwardRole", "Arn"]}},
    }
    target = {
        "Id": rule.to,
        **to[rule.to],
        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Queue", "Arn"]}},
        "RetryPolicy": {"MaximumEventAgeInSeconds": LONGEST_TRY, "MaximumRetryAttempts": MOST_TRIES},
    }
    if rule.message is not None:
        target["InputTransformer"] = {
            "InputPathsMap": dict(rule.message.paths),
            "InputTemplate": rule.message.template,
        }
    return {
        "Type": "AWS::Events::Rule",
        "Condition": _CONDITIONS[rule.place],
        # An event that comes before the policies do would be lost.
        "DependsOn": ["QueuePolicy", *(["TopicPolicy"] if rule.to == "topic" else [])],
        "Properties": {
            "Name": rule.name,
            "Description": rule.says,
            "State": "ENABLED",
            "EventPattern": rule.pattern,
            "Targets": [target],
        },
    }


def _alarms(wish: Wish) -> dict[str, object]:
    found: dict[str, object] = {}
    for home, condition in ((True, "IsHome"), (False, "IsElsewhere")):
        rules = names_of(wish.mode, HERE, home=home)
        for each in alarms(rules, home=home, function=wish.mode != "notify"):
            actions = {"AlarmActions": [{"Ref": "Topic"}]} if home else {}
            found[_id("Alarm", each.name.removeprefix(f"{ALERTING}-"))] = {
                "Type": "AWS::CloudWatch::Alarm",
                "Condition": condition,
                "Properties": {**_alarm(each), **actions},
            }
    return found


def _alarm(alarm: Alarm) -> dict[str, object]:
    shared: dict[str, object] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.says,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0,
        "EvaluationPeriods": 1,
        "TreatMissingData": "notBreaching",
    }
    queries: list[dict[str, object]] = [
        {
            "Id": f"m{number}",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": each.namespace,
                    "MetricName": each.name,
                    "Dimensions": [{"Name": each.dimension, "Value": each.value}],
                },
                "Period": PERIOD,
                "Stat": each.statistic,
            },
        }
        for number, each in enumerate(alarm.metrics, start=1)
    ]
    if len(alarm.metrics) > 1:
        return {**shared, "Metrics": [*queries, {"Id": "sum", "Expression": "SUM(METRICS())", "ReturnData": True}]}
    (only,) = alarm.metrics
    return {
        **shared,
        "Namespace": only.namespace,
        "MetricName": only.name,
        "Dimensions": [{"Name": only.dimension, "Value": only.value}],
        "Statistic": only.statistic,
        "Period": PERIOD,
    }
