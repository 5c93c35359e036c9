"""The services of a neglected account: what can be wrong with machines, alerts and logs, as AWS answers about them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tests.collect import answers_alerts, answers_compute, answers_detection, answers_logs
from tests.collect.answers_alerts import CHANGES, DEAD, TOPIC
from tests.collect.answers_logs import LOG_KEY, MAIN, OLD, of
from tests.collect.faulty import ACCOUNT_ID, HOME, MADE, iam_arn
from tests.collect.stand_in import Asked

MAILBOX = f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:mailbox"
SESSION = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/ops/ann"


def _open_to(principal: object, *actions: str) -> str:
    statements = [{"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"} for action in actions]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _at_home(member: str, found: list[Any]) -> Any:
    return lambda asked: {member: found if asked.region == HOME else []}


def instance(name: str, profile: str | None, image: str, group: str) -> dict[str, Any]:
    """A running instance."""
    options = {"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2}
    carried = {"IamInstanceProfile": {"Arn": iam_arn(f"instance-profile/{profile}")}} if profile else {}
    return {
        "InstanceId": name,
        "State": {"Code": 16, "Name": "running"},
        "ImageId": image,
        "LaunchTime": MADE,
        "MetadataOptions": options,
        "VpcId": "vpc-2",
        "SubnetId": "subnet-2",
        "SecurityGroups": [{"GroupId": group, "GroupName": group}],
        **carried,
    }


_INSTANCES = [
    answers_compute.INSTANCE,
    instance("i-one", "both", "ami-6", "sg-6"),
    instance("i-two", "both", "ami-7", "sg-7"),
    instance("i-wide", "chief", "ami-6", "sg-6"),
]

_DEFAULT_GROUPS = [
    {"GroupId": f"sg-default-{number}", "GroupName": "default", "VpcId": f"vpc-{number}"} for number in (1, 2)
]
"""By these it shows that the VPCs are the account's own."""

_STOPPED = {
    "InstanceId": "i-good",
    "State": {"Name": "stopped"},
    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
}

_RULES = {
    **answers_alerts.RULES,
    "default": [
        {
            "Name": "calls",
            "Arn": f"arn:aws:events:{HOME}:{ACCOUNT_ID}:rule/calls",
            "State": "ENABLED",
            "EventPattern": '{"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]}',
        },
        *answers_alerts.RULES["default"],
    ],
}
_TARGETS = {
    **answers_alerts.TARGETS,
    "calls": [{"Id": "changes", "Arn": CHANGES}, {"Id": "mail", "Arn": MAILBOX}, {"Id": "queue", "Arn": DEAD}],
}


def _subscription(topic: str, protocol: str, endpoint: str, number: int | None) -> dict[str, Any]:
    arn = "PendingConfirmation" if number is None else f"{topic}:{number}"
    return {"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint, "SubscriptionArn": arn, "Owner": ACCOUNT_ID}


_SUBSCRIPTIONS = [
    _subscription(TOPIC, "http", "http://hooks.example.com/x", 1),
    _subscription(CHANGES, "email", "night.watch@example.com", None),
    _subscription(MAILBOX, "email", "night.watch@example.com", 2),
]
_TOPICS: dict[str, dict[str, str]] = {
    TOPIC: {"Policy": _open_to("*", "sns:Subscribe"), "SubscriptionsConfirmed": "1"},
    CHANGES: {"Policy": answers_alerts.policy("sns:Publish"), "SubscriptionsConfirmed": "0"},
    MAILBOX: {"Policy": answers_alerts.policy("sns:Publish"), "SubscriptionsConfirmed": "1"},
}


def _topic(asked: Asked) -> dict[str, Any]:
    return {"Attributes": {"Owner": ACCOUNT_ID, **_TOPICS[asked.parameters["TopicArn"]]}}


def _queue(asked: Asked) -> dict[str, Any]:
    principal: object = "*" if asked.parameters["QueueUrl"].endswith("/dead") else {"AWS": SESSION}
    return {"Attributes": {"Policy": _open_to(principal, "sqs:*"), "SqsManagedSseEnabled": "true"}}


_ALARMS = {
    **answers_alerts.ALARMS,
    "MetricAlarms": [
        {**answers_alerts.ALARMS["MetricAlarms"][0], "ActionsEnabled": False},
        answers_alerts.ALARMS["MetricAlarms"][1],
    ],
    "CompositeAlarms": [],
}

_ENDPOINT = {
    "VpcEndpointId": "vpce-keys",
    "VpcEndpointType": "Interface",
    "VpcId": "vpc-2",
    "ServiceName": f"com.amazonaws.{HOME}.kms",
    "State": "available",
}

_SUPPRESSED = ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]
_FILTERS = {
    **answers_detection.FILTERS,
    "quiet": {
        "Name": "quiet",
        "Action": "ARCHIVE",
        "Rank": 1,
        "FindingCriteria": {"Criterion": {"type": {"Equals": _SUPPRESSED}}},
    },
}

_LATELY = datetime(2026, 10, 20, tzinfo=UTC)
_STATUSES = {
    MAIN["TrailARN"]: {
        "IsLogging": True,
        "StartLoggingTime": _LATELY,
        "LatestDeliveryTime": answers_logs.AT,
        "LatestDeliveryError": "AccessDenied",
        "LatestDigestDeliveryTime": answers_logs.AT,
        "LatestCloudWatchLogsDeliveryTime": answers_logs.AT,
    },
    OLD["TrailARN"]: {"IsLogging": False, "StopLoggingTime": MADE},
}
_SELECTORS: dict[str, Any] = {
    arn: {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]}
    for arn in _STATUSES
}
_UNPROTECTED = {
    "s3:GetBucketPolicy": {"Policy": _open_to("*", "s3:GetObject", "s3:PutObject")},
    "s3:GetObjectLockConfiguration": answers_logs.absent("ObjectLockConfigurationNotFoundError"),
    "s3:GetPublicAccessBlock": answers_logs.absent("NoSuchPublicAccessBlockConfiguration"),
    "s3:GetBucketOwnershipControls": answers_logs.absent("OwnershipControlsNotFoundError"),
    "s3:GetBucketLifecycleConfiguration": {
        "Rules": [{"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]
    },
    "s3control:GetPublicAccessBlock": answers_logs.absent("NoSuchPublicAccessBlockConfiguration"),
}


def _key(asked: Asked) -> dict[str, Any]:
    named = asked.parameters["KeyId"]
    arn = LOG_KEY if named.startswith("alias/") else named
    return answers_logs.described(arn, KeyState="PendingDeletion" if arn == LOG_KEY else "Enabled")


ANSWERS: dict[str, Any] = {
    "ec2:DescribeInstances": lambda asked: {
        "Reservations": [{"Instances": _INSTANCES if asked.region == HOME else [_STOPPED]}]
    },
    "ec2:DescribeVpcEndpoints": _at_home("VpcEndpoints", [_ENDPOINT]),
    "ec2:DescribeFlowLogs": _at_home("FlowLogs", []),
    "ec2:DescribeSecurityGroups": _at_home("SecurityGroups", [*answers_compute.SECURITY_GROUPS, *_DEFAULT_GROUPS]),
    "events:ListEventBuses": lambda _asked: {
        "EventBuses": [{**answers_alerts.BUSES[0], "Policy": _open_to("*", "events:PutEvents")}]
    },
    "events:ListRules": lambda asked: {
        "Rules": _RULES[asked.parameters["EventBusName"]] if asked.region == HOME else []
    },
    "events:ListTargetsByRule": of({name: {"Targets": found} for name, found in _TARGETS.items()}, "Rule"),
    "sns:ListSubscriptions": _at_home("Subscriptions", _SUBSCRIPTIONS),
    "sns:GetSubscriptionAttributes": {"Attributes": {}},
    "sns:GetTopicAttributes": _topic,
    "lambda:GetPolicy": {"Policy": _open_to({"AWS": SESSION}, "lambda:InvokeFunction"), "RevisionId": "1"},
    "sqs:GetQueueAttributes": _queue,
    "cloudwatch:DescribeAlarms": lambda asked: _ALARMS if asked.region == HOME else {"MetricAlarms": []},
    "guardduty:GetFilter": of(_FILTERS, "FilterName"),
    "cloudtrail:GetTrailStatus": of(_STATUSES, "Name"),
    "cloudtrail:GetEventSelectors": of(_SELECTORS, "TrailName"),
    **_UNPROTECTED,
    "config:DescribeConfigurationRecorders": _at_home(
        "ConfigurationRecorders", [{"name": "default", "roleARN": iam_arn("role/app")}]
    ),
    "kms:DescribeKey": _key,
    "kms:GetKeyRotationStatus": {"KeyRotationEnabled": False},
}
"""By API action; what is not named is as ``tests.collect.whole`` answers."""
