"""Seeding of the alert path: GuardDuty, the EventBridge rules that take its findings, and who is told by SNS."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from guardrift.demo.emulator import backend
from guardrift.demo.setting import HOME, SUSPENDED, regional_arn


class Alert(NamedTuple):
    """An EventBridge rule on GuardDuty findings and the ARNs that it calls."""

    name: str
    pattern: dict[str, object]
    targets: tuple[str, ...]


class Listener(NamedTuple):
    """A subscription by e-mail."""

    topic: str
    endpoint: str
    is_confirmed: bool


SECURITY_TOPIC = "security-alerts"
ON_CALL_TOPIC = "on-call-alerts"
RESPONDER = regional_arn("lambda", HOME, "function:session-revoker")

ALERTS = (
    Alert(
        "credential-exfiltration",
        {
            "source": ["aws.guardduty"],
            "detail": {"type": ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]},
        },
        (RESPONDER, regional_arn("sns", HOME, SECURITY_TOPIC)),
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

_ALWAYS_ON = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
_DETECTORS = {HOME: True, SUSPENDED: False}
_WATCHED_FOR = timedelta(days=400)


def seed_detection(session: Any, at: datetime) -> None:
    """Create the detectors, topics, subscriptions and rules."""
    for region, is_enabled in _DETECTORS.items():
        _seed_detector(session.client("guardduty", region_name=region), region, at, is_enabled=is_enabled)
    _seed_subscriptions(session.client("sns", region_name=HOME))
    events = session.client("events", region_name=HOME)
    for alert in ALERTS:
        events.put_rule(Name=alert.name, EventPattern=json.dumps(alert.pattern), State="ENABLED")
        targets = [{"Id": str(number), "Arn": arn} for number, arn in enumerate(alert.targets, start=1)]
        events.put_targets(Rule=alert.name, Targets=targets)


def _seed_detector(guardduty: Any, region: str, at: datetime, *, is_enabled: bool) -> None:
    made = guardduty.create_detector(
        Enable=is_enabled,
        FindingPublishingFrequency="FIFTEEN_MINUTES" if is_enabled else "SIX_HOURS",
        Features=[{"Name": name, "Status": "ENABLED"} for name in _ALWAYS_ON],
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
