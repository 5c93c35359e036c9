"""Seeding of the alert path: GuardDuty, the EventBridge rules that take its findings, and who is told by SNS."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from guardrift.demo.documents import Statement, document
from guardrift.demo.emulator import backend
from guardrift.demo.setting import (
    ACCOUNT_ID,
    ALERTS_KEY_ID,
    ENFORCING,
    ENFORCING_ALERTS_KEY_ID,
    HOME,
    SUSPENDED,
    key_arn,
    regional_arn,
)


class Alert(NamedTuple):
    """An EventBridge rule and the ARNs that it calls; what fails goes to the queue of its region, or is lost."""

    name: str
    pattern: dict[str, object]
    targets: tuple[str, ...]
    has_queue: bool = True
    region: str = HOME


class Suppression(NamedTuple):
    """A filter of a detector that archives findings of one type, or all those below a severity."""

    name: str
    criterion: dict[str, dict[str, object]]
    region: str = HOME


class Listener(NamedTuple):
    """A subscription, by e-mail unless another protocol is named."""

    topic: str
    endpoint: str
    is_confirmed: bool = True
    protocol: str = "email"
    region: str = HOME


SECURITY_TOPIC = "security-alerts"
ON_CALL_TOPIC = "on-call-alerts"
RESPONDER = regional_arn("lambda", HOME, "function:session-revoker")
QUEUE = "undelivered-alerts"
"""The queue, in each region with alerts, that takes what could not be delivered."""


def topic_arn(name: str, region: str = HOME) -> str:
    """The ARN of a topic."""
    return regional_arn("sns", region, name)


def queue_arn(region: str) -> str:
    """The ARN of the queue of a region."""
    return regional_arn("sqs", region, QUEUE)


_CALL = "AWS API Call via CloudTrail"
_WATCHING = ("access-analyzer", "cloudtrail", "config", "events", "guardduty", "securityhub")

ALERTS = (
    Alert(
        "credential-exfiltration",
        {
            "source": ["aws.guardduty"],
            "detail": {"type": ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]},
        },
        (RESPONDER, topic_arn(SECURITY_TOPIC)),
    ),
    Alert(
        "threat-list-caller",
        {
            "source": ["aws.guardduty"],
            "detail-type": ["GuardDuty Finding"],
            "detail": {
                "type": [
                    "Recon:IAMUser/MaliciousIPCaller.Custom",
                    "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
                ]
            },
        },
        (topic_arn(ON_CALL_TOPIC),),
        has_queue=False,
    ),
    Alert(
        "detection-tampered",
        {
            "detail-type": [_CALL],
            "detail": {
                "eventSource": [f"{service}.amazonaws.com" for service in _WATCHING],
                "eventName": [
                    *({"prefix": verb} for verb in ("Delete", "Disable", "Disassociate", "Remove", "Stop")),
                    "CreateFilter",
                    "PutEventSelectors",
                    "UpdateDetector",
                    "UpdateTrail",
                ],
            },
        },
        (topic_arn(SECURITY_TOPIC),),
    ),
    Alert(
        "account-health", {"source": ["aws.health"], "detail-type": ["AWS Health Event"]}, (topic_arn(SECURITY_TOPIC),)
    ),
    Alert(
        "guardduty-findings",
        {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]},
        (topic_arn(SECURITY_TOPIC, ENFORCING),),
        region=ENFORCING,
    ),
)

LISTENERS = (
    Listener(SECURITY_TOPIC, "security@example.com"),
    Listener(ON_CALL_TOPIC, "on-call@example.net", is_confirmed=False),
    Listener(SECURITY_TOPIC, "https://pager.example.com/hooks/security", protocol="https"),
    Listener(SECURITY_TOPIC, "security@example.com", region=ENFORCING),
    Listener(SECURITY_TOPIC, "https://pager.example.com/hooks/security", protocol="https", region=ENFORCING),
)

SUPPRESSIONS = (
    Suppression(
        "web-legacy-is-behind-a-proxy",
        {
            "type": {"Equals": ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]},
            "resource.accessKeyDetails.userName": {"Equals": ["web-legacy-app"]},
        },
    ),
    Suppression("too-low-to-look-at", {"severity": {"LessThan": 2}}),
    Suppression("too-low-to-look-at", {"severity": {"LessThan": 2}}, ENFORCING),
)

_ALWAYS_ON = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
_PROTECTION = (
    "S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS",
    "RUNTIME_MONITORING",
)  # fmt: skip
_DETECTORS = {HOME: True, ENFORCING: True, SUSPENDED: False}
_WATCHED_FOR = timedelta(days=400)


def seed_detection(session: Any, at: datetime) -> None:
    """Create the detectors, topics, subscriptions and rules."""
    for region, is_enabled in _DETECTORS.items():
        _seed_detector(session.client("guardduty", region_name=region), region, at, is_enabled=is_enabled)
    for listener in LISTENERS:
        _seed_subscription(session.client("sns", region_name=listener.region), listener)
    for alert in ALERTS:
        events = session.client("events", region_name=alert.region)
        events.put_rule(Name=alert.name, EventPattern=json.dumps(alert.pattern), State="ENABLED")
        queue = {"DeadLetterConfig": {"Arn": queue_arn(alert.region)}} if alert.has_queue else {}
        targets = [{"Id": str(number), "Arn": arn, **queue} for number, arn in enumerate(alert.targets, start=1)]
        events.put_targets(Rule=alert.name, Targets=targets)
    _seed_topics(session)
    for rank, suppression in enumerate(SUPPRESSIONS, start=1):
        _seed_suppression(session.client("guardduty", region_name=suppression.region), suppression, rank)


def _seed_detector(guardduty: Any, region: str, at: datetime, *, is_enabled: bool) -> None:
    made = guardduty.create_detector(
        Enable=is_enabled,
        FindingPublishingFrequency="FIFTEEN_MINUTES" if is_enabled else "SIX_HOURS",
        Features=[{"Name": name, "Status": "ENABLED"} for name in (*_ALWAYS_ON, *(_PROTECTION if is_enabled else ()))],
    )
    detector = backend("guardduty", region).detectors[made["DetectorId"]]
    detector.created_at = detector.updated_at = at - _WATCHED_FOR


def _seed_subscription(sns: Any, listener: Listener) -> None:
    topic = sns.create_topic(Name=listener.topic)["TopicArn"]
    made = sns.subscribe(
        TopicArn=topic, Protocol=listener.protocol, Endpoint=listener.endpoint, ReturnSubscriptionArn=True
    )
    if not listener.is_confirmed:
        # moto confirms every subscription; AWS shows this text in place of the ARN until someone follows the link.
        backend("sns", listener.region).subscriptions[made["SubscriptionArn"]].arn = "PendingConfirmation"


def _seed_topics(session: Any) -> None:
    """Let rules and alarms publish to the topics of the security team; the other one stays as AWS makes topics."""
    for region, key in ((HOME, ALERTS_KEY_ID), (ENFORCING, ENFORCING_ALERTS_KEY_ID)):
        security = topic_arn(SECURITY_TOPIC, region)
        _set(session, security, "Policy", _publishers(security, region))
        _set(session, security, "KmsMasterKeyId", key_arn(key, region))
    _set(session, topic_arn(ON_CALL_TOPIC), "KmsMasterKeyId", "alias/aws/sns")


def _set(session: Any, topic: str, attribute: str, value: str) -> None:
    sns = session.client("sns", region_name=topic.split(":")[3])
    sns.set_topic_attributes(TopicArn=topic, AttributeName=attribute, AttributeValue=value)


def _publishers(topic: str, region: str) -> str:
    def publisher(name: str, source: str) -> Statement:
        return {
            "Effect": "Allow",
            "Principal": {"Service": f"{name}.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {
                "ArnLike": {"aws:SourceArn": regional_arn(name, region, source)},
                "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
            },
        }

    return document(publisher("events", "rule/*"), publisher("cloudwatch", "alarm:*"))


def _seed_suppression(guardduty: Any, suppression: Suppression, rank: int) -> None:
    (detector,) = backend("guardduty", suppression.region).detectors
    guardduty.create_filter(
        DetectorId=detector,
        Name=suppression.name,
        Action="ARCHIVE",
        Rank=rank,
        FindingCriteria={"Criterion": suppression.criterion},
    )
