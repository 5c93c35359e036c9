"""What the services that alerts pass through answer: EventBridge, SNS, Lambda, SQS, CloudWatch."""

from __future__ import annotations

import json
from typing import Any

from tests.collect.faulty import ACCOUNT_ID, HOME
from tests.collect.stand_in import Refusal

_EVENTS = f"arn:aws:events:{HOME}:{ACCOUNT_ID}"
TOPIC = f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:alarms"
CHANGES = f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:changes"
RESPONDER = f"arn:aws:lambda:{HOME}:{ACCOUNT_ID}:function:responder"
DEAD = f"arn:aws:sqs:{HOME}:{ACCOUNT_ID}:dead"
INBOX = f"arn:aws:sqs:{HOME}:{ACCOUNT_ID}:inbox"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/app"

NOT_FOUND = Refusal("ResourceNotFoundException", 404, "The resource you requested does not exist.")


def policy(action: str) -> str:
    """A policy that lets EventBridge do one thing."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": action}],
        }
    )


BUSES: list[dict[str, Any]] = [
    {"Name": "default", "Arn": f"{_EVENTS}:event-bus/default"},
    {"Name": "apps", "Arn": f"{_EVENTS}:event-bus/apps", "Policy": policy("events:PutEvents"), "Description": "x"},
]

RULES: dict[str, list[dict[str, Any]]] = {
    "default": [
        {
            "Name": "alarm",
            "Arn": f"{_EVENTS}:rule/alarm",
            "State": "ENABLED",
            "EventPattern": '{"source": ["aws.guardduty"]}',
        },
        {
            "Name": "nightly",
            "Arn": f"{_EVENTS}:rule/nightly",
            "State": "ENABLED",
            "ScheduleExpression": "rate(1 day)",
            "EventBusName": "default",
        },
    ],
    "apps": [
        {
            "Name": "orders",
            "Arn": f"{_EVENTS}:rule/apps/orders",
            "State": "ENABLED",
            "EventPattern": '{"source": ["com.example.orders"]}',
            "EventBusName": "apps",
        },
        {
            "Name": "forwarded",
            "Arn": f"{_EVENTS}:rule/apps/forwarded",
            "State": "DISABLED",
            "EventPattern": '{"detail-type": ["GuardDuty Finding"]}',
            "EventBusName": "apps",
            "ManagedBy": "inspector2.amazonaws.com",
        },
    ],
}

TARGETS: dict[str, list[dict[str, Any]]] = {
    "alarm": [
        {"Id": "sns", "Arn": TOPIC, "DeadLetterConfig": {"Arn": DEAD}},
        {
            "Id": "function",
            "Arn": RESPONDER,
            "RoleArn": ROLE,
            "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
            "InputTransformer": {"InputTemplate": '"a secret"'},
        },
    ],
    "forwarded": [{"Id": "queue", "Arn": INBOX, "HttpParameters": {"HeaderParameters": {"token": "a secret"}}}],
}

_SUBSCRIPTIONS: list[dict[str, Any]] = [
    {
        "TopicArn": TOPIC,
        "Protocol": "email",
        "Endpoint": "night.watch@example.com",
        "SubscriptionArn": f"{TOPIC}:1",
        "Owner": ACCOUNT_ID,
    },
    {
        "TopicArn": TOPIC,
        "Protocol": "https",
        "Endpoint": "https://hooks.example.com/x",
        "SubscriptionArn": "PendingConfirmation",
    },
    {"TopicArn": TOPIC, "Protocol": "lambda", "Endpoint": RESPONDER, "SubscriptionArn": f"{TOPIC}:2"},
    {"TopicArn": CHANGES, "Protocol": "sqs", "Endpoint": INBOX, "SubscriptionArn": f"{CHANGES}:3"},
]

SETTINGS: dict[str, dict[str, str]] = {
    f"{TOPIC}:1": {
        "FilterPolicy": '{"severity": [{"numeric": [">=", 7]}]}',
        "FilterPolicyScope": "MessageBody",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": DEAD}),
        "Endpoint": "night.watch@example.com",
    },
    f"{TOPIC}:2": {"RawMessageDelivery": "false"},
}

FUNCTION: dict[str, Any] = {
    "FunctionName": "responder",
    "FunctionArn": RESPONDER,
    "State": "Active",
    "Runtime": "python3.13",
    "PackageType": "Zip",
    "Role": ROLE,
    "LastUpdateStatus": "Successful",
    "DeadLetterConfig": {"TargetArn": DEAD},
    "Environment": {"Variables": {"TOKEN": "a secret"}},
}

ALARMS: dict[str, Any] = {
    "MetricAlarms": [
        {
            "AlarmName": "root-use",
            "AlarmArn": f"arn:aws:cloudwatch:{HOME}:{ACCOUNT_ID}:alarm:root-use",
            "AlarmDescription": "ask somebody",
            "ActionsEnabled": True,
            "AlarmActions": [TOPIC, RESPONDER],
            "OKActions": [CHANGES],
            "StateValue": "OK",
            "Namespace": "Trail",
            "MetricName": "RootUse",
            "Dimensions": [{"Name": "Trail", "Value": "main"}],
        },
        {
            "AlarmName": "failed",
            "AlarmArn": f"arn:aws:cloudwatch:{HOME}:{ACCOUNT_ID}:alarm:failed",
            "ActionsEnabled": False,
            "Metrics": [
                {"Id": "all", "Expression": "a + b"},
                {
                    "Id": "a",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/Events",
                            "MetricName": "FailedInvocations",
                            "Dimensions": [{"Name": "RuleName", "Value": "alarm"}],
                        },
                        "Period": 60,
                        "Stat": "Sum",
                    },
                },
                {
                    "Id": "b",
                    "MetricStat": {
                        "Metric": {"Namespace": "AWS/Events", "MetricName": "ThrottledRules"},
                        "Period": 60,
                        "Stat": "Sum",
                    },
                },
            ],
        },
    ],
    "CompositeAlarms": [
        {
            "AlarmName": "any",
            "AlarmArn": f"arn:aws:cloudwatch:{HOME}:{ACCOUNT_ID}:alarm:any",
            "ActionsEnabled": True,
            "AlarmActions": [TOPIC],
            "AlarmRule": 'ALARM("root-use") OR ALARM("failed")',
            "StateValue": "ALARM",
        }
    ],
    "LogAlarms": [
        {
            "AlarmName": "denied",
            "AlarmArn": f"arn:aws:cloudwatch:{HOME}:{ACCOUNT_ID}:alarm:denied",
            "ActionsEnabled": True,
            "AlarmActions": [TOPIC],
            "ScheduledQueryConfiguration": {"QueryString": "filter errorCode like /Denied/"},
        }
    ],
}

ANSWERS: dict[str, Any] = {
    "events:ListEventBuses": lambda asked: {"EventBuses": BUSES if asked.region == HOME else BUSES[:1]},
    "events:ListRules": lambda asked: {
        "Rules": RULES[asked.parameters["EventBusName"]] if asked.region == HOME else []
    },
    "events:ListTargetsByRule": lambda asked: {"Targets": TARGETS[asked.parameters["Rule"]]},
    "sns:ListSubscriptions": lambda asked: {"Subscriptions": _SUBSCRIPTIONS if asked.region == HOME else []},
    "sns:GetSubscriptionAttributes": lambda asked: {"Attributes": SETTINGS[asked.parameters["SubscriptionArn"]]},
    "sns:GetTopicAttributes": {
        "Attributes": {
            "Policy": policy("sns:Publish"),
            "KmsMasterKeyId": "alias/aws/sns",
            "SubscriptionsConfirmed": "2",
            "DeliveryPolicy": "{}",
            "Owner": ACCOUNT_ID,
        }
    },
    "lambda:GetFunctionConfiguration": FUNCTION,
    "lambda:GetPolicy": {"Policy": policy("lambda:InvokeFunction"), "RevisionId": "1"},
    "lambda:GetFunctionConcurrency": {"ReservedConcurrentExecutions": 0},
    "sqs:GetQueueAttributes": lambda asked: {
        "Attributes": {
            "Policy": policy("sqs:SendMessage"),
            "KmsMasterKeyId": f"arn:aws:kms:{HOME}:{ACCOUNT_ID}:key/1",
            "SqsManagedSseEnabled": "false",
        }
        if asked.parameters["QueueUrl"].endswith("/dead")
        else {"SqsManagedSseEnabled": "true"}
    },
    "cloudwatch:DescribeAlarms": lambda asked: ALARMS if asked.region == HOME else {"MetricAlarms": []},
    "logs:DescribeMetricFilters": lambda asked: {
        "metricFilters": [
            {
                "filterName": "root",
                "logGroupName": "trail",
                "filterPattern": '{ $.userIdentity.type = "Root" }',
                "metricTransformations": [
                    {"metricName": "RootUse", "metricNamespace": "Trail", "metricValue": "1"},
                ],
            },
            {"filterName": "all", "logGroupName": "trail"},
        ]
        if asked.region == HOME
        else []
    },
}
"""By API action, for both regions; all that alerts pass through is at home."""
