"""What is wrong behind the alerts of the demo account, with its other services that watch, and with its logs."""

from __future__ import annotations

from collections.abc import Container

from guardrift.demo.gaps_account import CREDENTIAL_USER
from guardrift.demo.gaps_alerting import WATCHED
from guardrift.demo.gaps_compute import BALANCED
from guardrift.demo.gaps_detection import STANDARDS
from guardrift.demo.gaps_guardduty import FINDINGS
from guardrift.demo.place import Place, Planted, Seed, Twin
from guardrift.demo.seed_detection import ALERTS, ON_CALL_TOPIC, SECURITY_TOPIC, SUPPRESSIONS
from guardrift.demo.seed_storage import FORMER_LOG_BUCKET, LOG_BUCKET
from guardrift.demo.setting import ENFORCING, HOME, REGIONS, SUSPENDED

_SECURITY, _ON_CALL = (Place("topic", name, HOME) for name in (SECURITY_TOPIC, ON_CALL_TOPIC))
_REVOKING, _TELLING = (Place("rule", alert.name, HOME) for alert in ALERTS)
_ROOT_USE, _SIGN_IN = (Place("alarm", watched.name, HOME) for watched in WATCHED)
_HIDING, _SORTING = (Place("filter", suppression.name, HOME) for suppression in SUPPRESSIONS)
_OPEN, _ARCHIVED, _ = (Place("finding", finding.type, HOME) for finding in FINDINGS)
_LEGACY, _MODERN = Place("instance", BALANCED, HOME), Place("instance", "web-modern", HOME)

_ALERT_PATH = "the alert path: needs rules about its topics, queues and alarms"
_DETECTION = "detection services: need rules about them"
_STORAGE = "storage of logs: needs rules about its buckets"
_RESPONSE = "response: needs rules about reach, contacts and management"

_GUIDE: Seed = "guide-credential-breach"

_DELIVERY = (
    Planted(
        "topic-closed-to-rules",
        "the policy of the on-call topic lets nobody in but the account, so that no rule can publish to it",
        "automation-role-credential-exfiltration",
        _ON_CALL,
        (Twin(_SECURITY, "its policy lets the rules and the alarms of the account publish"),),
        planned=_ALERT_PATH,
    ),
    Planted(
        "topic-key-closed-to-rules",
        "the on-call topic is encrypted with the key of AWS for topics, which no rule may use",
        "automation-role-credential-exfiltration",
        _ON_CALL,
        (Twin(_SECURITY, "it is encrypted with a key of the account, whose policy lets rules use it"),),
        planned=_ALERT_PATH,
    ),
    Planted(
        "alerts-without-queue",
        "an alert about the threat list that cannot be delivered is lost",
        "scenario-compromised-iam-user",
        _TELLING,
        (Twin(_REVOKING, "a queue takes what cannot be delivered"),),
        planned=_ALERT_PATH,
    ),
    Planted(
        "alarm-without-voice",
        "the actions of the alarm about sign-ins without MFA are switched off",
        _GUIDE,
        _SIGN_IN,
        (Twin(_ROOT_USE, "its actions are on"),),
        planned=_ALERT_PATH,
    ),
)

_FINDINGS = (
    Planted(
        "findings-suppressed",
        "a filter archives what GuardDuty says about stolen credentials of a web server",
        "workshop-0-instance-credential-exfiltration",
        _HIDING,
        (Twin(_SORTING, "it archives findings of the lowest severity only"),),
        planned=_DETECTION,
    ),
    Planted(
        "finding-open",
        "a finding of high severity has been open for twelve days",
        "workshop-0-instance-credential-exfiltration",
        _OPEN,
        (Twin(_ARCHIVED, "it is as severe, but somebody dealt with it and archived it"),),
        planned=_DETECTION,
    ),
)


def _everywhere_but(healthy: Container[str], name: str, what: str, good: str) -> tuple[Planted, ...]:
    """One fault in every region that is not a healthy one, with the home region as its twin."""
    return tuple(
        Planted(
            f"{name}-{region}",
            f"{what} in {region}",
            _GUIDE,
            Place("region", region, region),
            (Twin(Place("region", HOME, HOME), good),),
            planned=_DETECTION,
        )
        for region in REGIONS
        if region not in healthy
    )


_SERVICES = (
    *_everywhere_but(
        {HOME, ENFORCING}, "analyzer-missing", "no analyzer looks for access from outside", "an analyzer looks for it"
    ),
    *_everywhere_but(
        {HOME, ENFORCING}, "config-not-recording", "AWS Config does not record", "its recorder records everything"
    ),
    *_everywhere_but(STANDARDS, "security-hub-off", "Security Hub is off", "it is on, with two standards"),
)

_LOGS = (
    Planted(
        "logs-deleted-early",
        "the bucket of the stopped trail deletes logs after 30 days, and keeps no older versions",
        _GUIDE,
        Place("bucket", FORMER_LOG_BUCKET, SUSPENDED),
        (Twin(Place("bucket", LOG_BUCKET, HOME), "it is versioned and locked, and keeps logs for 400 days"),),
        planned=_STORAGE,
    ),
)

_HOSTS_AND_PEOPLE = (
    Planted(
        "instance-reachable",
        "a load balancer leads the internet to the instance with a wide role that answers IMDSv1",
        "workshop-0-instance-credential-exfiltration",
        _LEGACY,
        (Twin(_MODERN, "its security group lets nobody in from outside"),),
        planned=_RESPONSE,
    ),
    Planted(
        "instance-not-managed",
        "Systems Manager has not heard of the agent on an instance for a month",
        "workshop-0-instance-credential-exfiltration",
        _LEGACY,
        (Twin(_MODERN, "its agent answers"),),
        planned=_RESPONSE,
    ),
    Planted(
        "service-credential",
        "a user has a password for Git repositories, which the deactivation of its access key leaves valid",
        "scenario-compromised-iam-user",
        Place("user", CREDENTIAL_USER),
        (Twin(Place("user", "report-agent"), "it has an access key only"),),
        planned=_RESPONSE,
    ),
    Planted(
        "contact-missing",
        "AWS would not know whom to ask about a bill that a thief ran up",
        "scenario-compromised-iam-user",
        Place("contact", "billing"),
        (Twin(Place("contact", "security"), "the people of security are named"),),
        planned=_RESPONSE,
    ),
)

IN_SERVICES: tuple[Planted, ...] = (*_DELIVERY, *_FINDINGS, *_SERVICES, *_LOGS, *_HOSTS_AND_PEOPLE)
