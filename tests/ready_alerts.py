"""The way of an alert in an account in which everything is in order, from its source to those who must hear of it."""

from __future__ import annotations

from tests.accounts import OWN, Json, policy
from tests.ready_identity import HOME, REGIONS, iam

_FINDINGS = '{"source":["aws.guardduty","aws.health"],"detail-type":["GuardDuty Finding","AWS Health Event"]}'
_OPEN_FINDINGS = (
    '{"source":["aws.guardduty"],"detail-type":["GuardDuty Finding"],"detail":{"service":{"archived":[false]}}}'
)
_CALLS = (
    '{"detail-type":["AWS API Call via CloudTrail","AWS Console Sign In via CloudTrail",'
    '"AWS Service Event via CloudTrail"]}'
)


def arn(service: str, rest: str, region: str = HOME, account: str = OWN) -> str:
    """The ARN of something in a region."""
    return f"arn:aws:{service}:{region}:{account}:{rest}"


def _topic_arn(region: str) -> str:
    return arn("sns", "security", region)


def _queue_arn(region: str) -> str:
    return arn("sqs", "undelivered", region)


def _key_arn(region: str) -> str:
    return arn("kms", "key/alerts", region)


def _responder_arn(region: str) -> str:
    return arn("lambda", "function:responder", region)


def resource_policy(*statements: Json) -> Json:
    """The policy of a resource."""
    return {"kind": "policy", "document": policy(*statements)}


def lets_in(service: str, actions: object, resource: str, **condition: object) -> Json:
    """A statement that lets in a service."""
    statement: Json = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": actions,
        "Resource": resource,
    }
    return {**statement, "Condition": condition} if condition else statement


def _from_rules(region: str) -> dict[str, Json]:
    return {"ArnLike": {"aws:SourceArn": arn("events", "rule/*", region)}}


def _event_rules(region: str) -> list[Json]:
    def rule(name: str, pattern: str, target: str, state: str = "ENABLED") -> Json:
        return {
            "name": name,
            "arn": arn("events", f"rule/{name}", region),
            "state": state,
            "pattern": pattern,
            "targets": [{"id": "1", "arn": target, "dead_letter_queue": _queue_arn(region)}],
        }

    return [
        rule("findings", _FINDINGS, _topic_arn(region)),
        rule("calls", _CALLS, _topic_arn(region), "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"),
        rule("respond", _OPEN_FINDINGS, _responder_arn(region)),
    ]


def _subscriptions(region: str) -> list[Json]:
    def subscription(number: int, protocol: str, endpoint: str) -> Json:
        return {
            "topic": _topic_arn(region),
            "protocol": protocol,
            "arn": f"{_topic_arn(region)}:{number}",
            "endpoint": endpoint,
            "endpoint_sha256": str(number) * 8,
            "settings": {"kind": "subscription-settings"},
        }

    return [subscription(1, "email", "example.com"), subscription(2, "https", "pager.example.com")]


def alerting(region: str) -> Json:
    """What a region tells of its alerts."""
    metric = ["Trail", "RootUse"]
    return {
        "event_buses": [{"name": "default", "arn": arn("events", "event-bus/default", region)}],
        "event_rules": _event_rules(region),
        "subscriptions": _subscriptions(region),
        "metric_filters": [
            {
                "name": "root",
                "log_group": "trail",
                "pattern": '{ $.userIdentity.type = "Root" }',
                "metrics": [metric],
            }
        ],
        "alarms": [
            {
                "name": "root",
                "arn": arn("cloudwatch", "alarm:root", region),
                "actions_enabled": True,
                "actions": [_topic_arn(region)],
                "metrics": [metric],
            }
        ],
    }


def _topic_of(region: str) -> Json:
    topic = _topic_arn(region)
    alarms = {"ArnLike": {"aws:SourceArn": arn("cloudwatch", "alarm:*", region)}}
    admitted = resource_policy(
        lets_in("events", "sns:Publish", topic, **_from_rules(region)),
        lets_in("cloudwatch", "sns:Publish", topic, **alarms),
    )
    return {"arn": topic, "detail": {"kind": "topic", "kms_key": _key_arn(region), "confirmed": 2, "policy": admitted}}


def _queue_of(region: str) -> Json:
    queue = _queue_arn(region)
    admitted = resource_policy(lets_in("events", "sqs:SendMessage", queue, **_from_rules(region)))
    return {"arn": queue, "detail": {"kind": "queue", "uses_sqs_encryption": True, "policy": admitted}}


def _function_of(region: str) -> Json:
    function = _responder_arn(region)
    return {
        "arn": function,
        "detail": {
            "kind": "function",
            "state": "Active",
            "runtime": "python3.13",
            "package_type": "Zip",
            "role": iam("role/responder"),
            "last_update": "Successful",
            "dead_letter_queue": _queue_arn(region),
        },
        "policy": resource_policy(lets_in("events", "lambda:InvokeFunction", function, **_from_rules(region))),
        "concurrency": {"kind": "concurrency", "reserved": 5},
    }


def kms_key(named: str, *statements: Json) -> Json:
    """A key of the account, with what its policy says besides that IAM decides."""
    whole: Json = {"Effect": "Allow", "Principal": {"AWS": iam("root")}, "Action": "kms:*", "Resource": "*"}
    return {
        "named": named,
        "region": named.split(":")[3],
        "arn": named,
        "detail": {
            "kind": "key-detail",
            "manager": "CUSTOMER",
            "state": "Enabled",
            "origin": "AWS_KMS",
            "spec": "SYMMETRIC_DEFAULT",
            "usage": "ENCRYPT_DECRYPT",
        },
        "policy": resource_policy(whole, *statements),
        "rotation": {"kind": "key-rotation", "enabled": True, "period_days": 365},
    }


def _alert_key(region: str) -> Json:
    used = ["kms:Decrypt", "kms:GenerateDataKey*"]
    return kms_key(_key_arn(region), *(lets_in(service, used, "*") for service in ("events", "cloudwatch")))


ALERT_KEYS: list[Json] = [_alert_key(region) for region in REGIONS]
RECEIVERS: Json = {
    "topics": [_topic_of(region) for region in REGIONS],
    "queues": [_queue_of(region) for region in REGIONS],
    "functions": [_function_of(region) for region in REGIONS],
}
"""What alerts pass through, in every region."""
