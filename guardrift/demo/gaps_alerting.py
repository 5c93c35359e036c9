"""What stands behind the alerts of the demo account: a responder, a queue, alarms and filters of logs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

from guardrift.demo.answers import Answers, Asked, RefusedError
from guardrift.demo.documents import Conditions, document
from guardrift.demo.seed_detection import QUEUE, RESPONDER, SECURITY_TOPIC, queue_arn
from guardrift.demo.seed_trails import LOG_GROUP
from guardrift.demo.setting import ACCOUNT_ID, ENFORCING, HOME, iam_arn, regional_arn


class Watched(NamedTuple):
    """What the logs of the account's trail are searched for, and whether the alarm about it tells anybody."""

    name: str
    pattern: str
    tells: bool = True

    @property
    def metric(self) -> str:
        """The metric that counts what is found."""
        return "".join(word.title() for word in self.name.split("-"))


def _calls(service: str, *names: str) -> str:
    """A pattern of a filter for calls of one service."""
    called = " || ".join(f"($.eventName = {name})" for name in names)
    return f"{{ ($.eventSource = {service}.amazonaws.com) && ({called}) }}"


WATCHED = (
    Watched("root-use", '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS }'),
    Watched(
        "sign-in-without-mfa",
        '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "Yes" }',
        tells=False,
    ),
    Watched("sign-in-failures", '{ $.eventName = "ConsoleLogin" && $.errorMessage = "Failed authentication" }'),
    Watched("unauthorized-calls", '{ $.errorCode = "*UnauthorizedOperation" || $.errorCode = "AccessDenied*" }'),
    Watched("policy-changes", "{ ($.eventSource = iam.amazonaws.com) && ($.eventName = *Policy*) }"),
    Watched("trail-changes", _calls("cloudtrail", "*Trail", "*Logging")),
    Watched("recorder-changes", _calls("config", "*ConfigurationRecorder", "*DeliveryChannel")),
    Watched("key-deletion", _calls("kms", "DisableKey", "ScheduleKeyDeletion")),
    Watched("bucket-policy-changes", _calls("s3", "PutBucket*", "DeleteBucket*")),
    Watched("organization-changes", "{ ($.eventSource = organizations.amazonaws.com) && ($.readOnly IS FALSE) }"),
)
"""What the benchmark of the Center for Internet Security asks for; the first two have alarms of which one is off."""

FAILED_INVOCATIONS = "alerts-not-delivered"
NAMESPACE = "Security"


def _from_rules(service: str, action: str, resource: str, region: str = HOME) -> str:
    """A resource policy by which the rules of a region may use the resource."""
    conditions: Conditions = {"ArnLike": {"aws:SourceArn": regional_arn("events", region, "rule/*")}}
    statement = {
        "Sid": "LetRulesOfTheAccountIn",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": f"{service}:{action}",
        "Resource": resource,
        "Condition": conditions,
    }
    return document(statement)


def _is_responder(asked: Asked) -> None:
    if asked.parameters["FunctionName"] != RESPONDER:
        raise RefusedError(
            "ResourceNotFoundException",
            f"Function not found: {asked.parameters['FunctionName']}",
            HTTPStatus.NOT_FOUND,
        )


def _function(asked: Asked) -> dict[str, Any]:
    _is_responder(asked)
    return {
        "FunctionName": RESPONDER.rpartition(":")[2],
        "FunctionArn": RESPONDER,
        "Runtime": "python3.13",
        "Role": iam_arn("role", "session-revoker"),
        "Handler": "revoke.handler",
        "CodeSize": 4096,
        "Timeout": 30,
        "MemorySize": 128,
        "LastModified": asked.ago(days=300).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Version": "$LATEST",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["arm64"],
    }


def _function_policy(asked: Asked) -> dict[str, Any]:
    _is_responder(asked)
    return {
        "Policy": _from_rules("lambda", "InvokeFunction", RESPONDER),
        "RevisionId": "0a4d7b12-6c1e-4f57-9d0c-5e2f8b3a7c61",
    }


def _concurrency(asked: Asked) -> dict[str, Any]:
    _is_responder(asked)
    return {"ReservedConcurrentExecutions": 2}


def _queue(asked: Asked) -> dict[str, Any]:
    if asked.region not in (HOME, ENFORCING) or not asked.parameters["QueueUrl"].endswith(f"/{ACCOUNT_ID}/{QUEUE}"):
        raise RefusedError("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
    arn = queue_arn(asked.region)
    attributes = {
        "Policy": _from_rules("sqs", "SendMessage", arn, asked.region),
        "SqsManagedSseEnabled": "true",
        "QueueArn": arn,
    }
    wanted = asked.parameters.get("AttributeNames", ())
    return {"Attributes": {name: attributes[name] for name in attributes if name in wanted or "All" in wanted}}


def _alarms(asked: Asked) -> dict[str, Any]:
    if asked.region != HOME:
        return {"MetricAlarms": [], "CompositeAlarms": []}
    logs = [_alarm(asked, watched.name, NAMESPACE, watched.metric, tells=watched.tells) for watched in WATCHED]
    failures = _alarm(asked, FAILED_INVOCATIONS, "AWS/Events", "FailedInvocations")
    return {"MetricAlarms": [failures, *logs], "CompositeAlarms": []}


def _alarm(asked: Asked, name: str, namespace: str, metric: str, *, tells: bool = True) -> dict[str, Any]:
    made = asked.ago(days=380)
    return {
        "AlarmName": name,
        "AlarmArn": regional_arn("cloudwatch", HOME, f"alarm:{name}"),
        "AlarmConfigurationUpdatedTimestamp": made,
        "ActionsEnabled": tells,
        "OKActions": [],
        "AlarmActions": [regional_arn("sns", HOME, SECURITY_TOPIC)],
        "InsufficientDataActions": [],
        "StateValue": "OK",
        "StateReason": "Nothing was counted",
        "StateUpdatedTimestamp": made,
        "MetricName": metric,
        "Namespace": namespace,
        "Statistic": "Sum",
        "Dimensions": [],
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }


def _metric_filters(asked: Asked) -> dict[str, Any]:
    return {"metricFilters": [_metric_filter(asked, watched) for watched in WATCHED] if asked.region == HOME else []}


def _metric_filter(asked: Asked, watched: Watched) -> dict[str, Any]:
    counted = {"metricName": watched.metric, "metricNamespace": NAMESPACE, "metricValue": "1", "defaultValue": 0.0}
    return {
        "filterName": watched.name,
        "filterPattern": watched.pattern,
        "metricTransformations": [counted],
        "creationTime": int(asked.ago(days=380).timestamp() * 1000),
        "logGroupName": LOG_GROUP,
    }


ANSWERS: Answers = {
    "lambda:GetFunctionConfiguration": _function,
    "lambda:GetPolicy": _function_policy,
    "lambda:GetFunctionConcurrency": _concurrency,
    "sqs:GetQueueAttributes": _queue,
    "cloudwatch:DescribeAlarms": _alarms,
    "logs:DescribeMetricFilters": _metric_filters,
}
