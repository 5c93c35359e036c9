"""Seeding of the alert path: GuardDuty, the EventBridge rules that take its findings, and who is told by SNS."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from guardrift.demo.documents import Statement, document
from guardrift.demo.emulator import backend
from guardrift.demo.setting import ACCOUNT_ID, ALERTS_KEY_ID, HOME, SUSPENDED, key_arn, regional_arn


class Alert(NamedTuple):
    """An EventBridge rule on GuardDuty findings and the ARNs that it calls; what fails goes to the ``queue``."""

    name: str
    pattern: dict[str, object]
    targets: tuple[str, ...]
    queue: str | None = None


class Suppression(NamedTuple):
    """A filter of the home region's detector that archives findings of one type, or all those below a severity."""

    name: str
    criterion: dict[str, dict[str, object]]


class Listener(NamedTuple):
    """A subscription by e-mail."""

    topic: str
    endpoint: str
    is_confirmed: bool


SECURITY_TOPIC = "security-alerts"
ON_CALL_TOPIC = "on-call-alerts"
RESPONDER = regional_arn("lambda", HOME, "function:session-revoker")
UNDELIVERED = regional_arn("sqs", HOME, "undelivered-alerts")

ALERTS = (
    Alert(
        "credential-exfiltration",
        {
            "source": ["aws.guardduty"],
            "detail": {"type": ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]},
        },
        (RESPONDER, regional_arn("sns", HOME, SECURITY_TOPIC)),
        queue=UNDELIVERED,
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
        (regional_arn("sns", HOME, ON_CALL_TOPIC),),
    ),
)

LISTENERS = (
    Listener(SECURITY_TOPIC, "security@example.com", is_confirmed=True),
    Listener(ON_CALL_TOPIC, "on-call@example.net", is_confirmed=False),
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
)

_ALWAYS_ON = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
_PROTECTION = (
    "S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS",
    "RUNTIME_MONITORING",
)  # fmt: skip
_DETECTORS = {HOME: True, SUSPENDED: False}
_WATCHED_FOR = timedelta(days=400)


def seed_detection(session: Any, at: datetime) -> None:
    """Create the detectors, topics, subscriptions and rules."""
    for region, is_enabled in _DETECTORS.items():
        _seed_detector(session.client("guardduty", region_name=region), region, at, is_enabled=is_enabled)
    sns = session.client("sns", region_name=HOME)
    _seed_subscriptions(sns)
    events = session.client("events", region_name=HOME)
    for alert in ALERTS:
        events.put_rule(Name=alert.name, EventPattern=json.dumps(alert.pattern), State="ENABLED")
        queue = {} if alert.queue is None else {"DeadLetterConfig": {"Arn": alert.queue}}
        targets = [{"Id": str(number), "Arn": arn, **queue} for number, arn in enumerate(alert.targets, start=1)]
        events.put_targets(Rule=alert.name, Targets=targets)
    _seed_topics(sns)
    _seed_suppressions(session.client("guardduty", region_name=HOME))


def _seed_detector(guardduty: Any, region: str, at: datetime, *, is_enabled: bool) -> None:
    made = guardduty.create_detector(
        Enable=is_enabled,
        FindingPublishingFrequency="FIFTEEN_MINUTES" if is_enabled else "SIX_HOURS",
        Features=[{"Name": name, "Status": "ENABLED"} for name in (*_ALWAYS_ON, *(_PROTECTION if is_enabled else ()))],
    )
    detector = backend("guardduty", region).detectors[made["DetectorId"]]
    detector.created_at = detector.updated_at = at - _WATCHED_FOR


def _seed_subscriptions(sns: Any) -> None:
    for listener in LISTENERS:
        topic = sns.create_topic(Name=listener.topic)["TopicArn"]
        made = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=listener.endpoint, ReturnSubscriptionArn=True)
        if not listener.is_confirmed:
            # moto confirms every subscription; AWS shows this text in place of the ARN until someone follows the link.
            backend("sns", HOME).subscriptions[made["SubscriptionArn"]].arn = "PendingConfirmation"


def _seed_topics(sns: Any) -> None:
    """Let rules and alarms publish to the topic of the security team; the other one stays as AWS makes topics."""
    security, on_call = (regional_arn("sns", HOME, topic) for topic in (SECURITY_TOPIC, ON_CALL_TOPIC))
    sns.set_topic_attributes(TopicArn=security, AttributeName="Policy", AttributeValue=_publishers(security))
    sns.set_topic_attributes(TopicArn=security, AttributeName="KmsMasterKeyId", AttributeValue=key_arn(ALERTS_KEY_ID))
    sns.set_topic_attributes(TopicArn=on_call, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")


def _publishers(topic: str) -> str:
    def publisher(name: str, source: str) -> Statement:
        return {
            "Effect": "Allow",
            "Principal": {"Service": f"{name}.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {
                "ArnLike": {"aws:SourceArn": regional_arn(name, HOME, source)},
                "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
            },
        }

    return document(publisher("events", "rule/*"), publisher("cloudwatch", "alarm:*"))


def _seed_suppressions(guardduty: Any) -> None:
    (detector,) = backend("guardduty", HOME).detectors
    for rank, suppression in enumerate(SUPPRESSIONS, start=1):
        guardduty.create_filter(
            DetectorId=detector,
            Name=suppression.name,
            Action="ARCHIVE",
            Rank=rank,
            FindingCriteria={"Criterion": suppression.criterion},
        )
