"""What is wrong behind the alerts of the demo account, and with the services that watch it."""

from __future__ import annotations

from collections.abc import Container

from guardrift.demo.gaps_alerting import WATCHED
from guardrift.demo.gaps_compute import BALANCED
from guardrift.demo.gaps_detection import STANDARDS
from guardrift.demo.gaps_guardduty import FINDINGS
from guardrift.demo.place import ACCOUNT, Place, Planted, Seed, Twin
from guardrift.demo.seed_detection import ALERTS, ON_CALL_TOPIC, SECURITY_TOPIC
from guardrift.demo.setting import ARCHIVE, ENFORCING, HOME, REGIONS, SUSPENDED

_SECURITY, _ON_CALL = (Place("topic", name, HOME) for name in (SECURITY_TOPIC, ON_CALL_TOPIC))
_REVOKING, _TELLING, _TAMPERED, _HEALTH = (Place("rule", alert.name, HOME) for alert in ALERTS if alert.region == HOME)
_ALARMS = {watched.name: Place("alarm", watched.name, HOME) for watched in WATCHED}
_OPEN, _ARCHIVED, _ = (Place("finding", finding.type, HOME) for finding in FINDINGS)
_HOME, _ENFORCING = Place("region", HOME, HOME), Place("region", ENFORCING, ENFORCING)

_GUIDE: Seed = "guide-credential-breach"
_INSTANCE: Seed = "workshop-0-instance-credential-exfiltration"
_AUTOMATION: Seed = "automation-role-credential-exfiltration"
_USER: Seed = "scenario-compromised-iam-user"

_DELIVERY = (
    Planted(
        "alert-pattern-too-wide",
        "the rule that revokes stolen sessions does not name the detail-type, and acts on archived findings too",
        _AUTOMATION,
        _REVOKING,
        (Twin(_TELLING, "its pattern names the detail-type"),),
        rule_id="alert-pattern-never-matches",
    ),
    Planted(
        "topic-closed-to-rules",
        "the policy of the on-call topic lets in the account alone, and its key is one of AWS that no rule may use",
        _AUTOMATION,
        _ON_CALL,
        (Twin(_SECURITY, "its policy lets rules and alarms publish, and that of its key lets them use it"),),
        rule_id="alert-target-broken",
    ),
    Planted(
        "subscription-unconfirmed",
        "the only address that the on-call topic would tell never confirmed",
        "workshop-1-compromised-iam-credentials",
        _ON_CALL,
        (Twin(_SECURITY, "a mailbox and a pager confirmed their subscriptions"),),
        rule_id="alert-topic-unconfirmed",
    ),
    Planted(
        "alerts-without-queue",
        "an alert about the threat list that cannot be delivered is lost",
        _USER,
        _TELLING,
        (Twin(_REVOKING, "a queue takes what cannot be delivered"),),
        rule_id="alert-without-dead-letter-queue",
    ),
    Planted(
        "alarm-without-voice",
        "the actions of the alarm about sign-ins without MFA are switched off",
        _GUIDE,
        _ALARMS["sign-in-without-mfa"],
        (Twin(_ALARMS["root-use"], "its actions are on"),),
        rule_id="alarm-without-action",
    ),
    Planted(
        "alert-only-notifies",
        "callers from the threat list are reported by e-mail and by nothing else",
        _USER,
        _TELLING,
        (Twin(_REVOKING, "it calls a responder beside the e-mail"),),
        planned="a choice, and no fault: whether something acts by itself is for the owner to decide",
    ),
)

_UNHEARD = (
    Planted(
        "findings-unrouted",
        "of the findings about stolen credentials one type reaches somebody, and all others reach nobody",
        _INSTANCE,
        _HOME,
        (Twin(_ENFORCING, "one rule takes every finding to people"),),
        rule_id="guardduty-findings-unrouted",
    ),
    Planted(
        "health-unrouted",
        "the rule on AWS Health is in the home region, but that a key is in public is told in us-east-1",
        _USER,
        ACCOUNT,
        (Twin(_HEALTH, "what AWS tells of the home region reaches people"),),
        rule_id="health-exposure-unrouted",
    ),
    Planted(
        "lasting-access-unheard",
        "the filters of the benchmark look for changed policies, and for no new keys, passwords and users",
        _USER,
        ACCOUNT,
        (Twin(_ALARMS["policy-changes"], "it tells of changed policies"),),
        rule_id="persistence-events-unwatched",
    ),
    Planted(
        "sign-in-unheard",
        "nobody is told of a sign-in without MFA, since the alarm about it is mute",
        _GUIDE,
        ACCOUNT,
        (Twin(_ALARMS["sign-in-failures"], "it tells of sign-ins that fail"),),
        rule_id="cis-sign-in-without-mfa-unmonitored",
    ),
    *(
        Planted(
            f"tampering-unheard-{region}",
            f"nobody is told when somebody switches off what watches {region}",
            _GUIDE,
            Place("region", region, region),
            (Twin(_HOME, f"the rule {_TAMPERED.name} tells it"),),
            rule_id="evasion-events-unwatched",
        )
        for region in REGIONS
        if region != HOME
    ),
    Planted(
        "contact-missing",
        "AWS would not know whom to tell that a key was found in public",
        _USER,
        ACCOUNT,
        (Twin(Place("contact", "billing"), "somebody is named for bills"),),
        rule_id="security-contact-missing",
    ),
)

_FINDINGS = (
    Planted(
        "findings-suppressed",
        "a filter archives what GuardDuty says about stolen credentials of a web server",
        _INSTANCE,
        _HOME,
        (Twin(_ENFORCING, "its filter archives findings of the lowest severity only"),),
        rule_id="guardduty-credential-findings-suppressed",
    ),
    Planted(
        "finding-open",
        "a finding of high severity has been open for twelve days",
        _INSTANCE,
        _OPEN,
        (Twin(_ARCHIVED, "it is as severe, but somebody dealt with it and archived it"),),
        rule_id="guardduty-finding-open",
    ),
)


def _everywhere_but(healthy: Container[str], name: str, what: str, good: str, rule_id: str) -> tuple[Planted, ...]:
    """One fault in every region that is not a healthy one, with the home region as its twin."""
    return tuple(
        Planted(
            f"{name}-{region}",
            f"{what} in {region}",
            _GUIDE,
            Place("region", region, region),
            (Twin(_HOME, good),),
            rule_id=rule_id,
        )
        for region in REGIONS
        if region not in healthy
    )


_SERVICES = (
    *_everywhere_but(
        {HOME, ENFORCING},
        "guardduty-off",
        "no detector of GuardDuty is on",
        "its detector is enabled",
        "guardduty-off",
    ),
    *(
        Planted(
            f"guardduty-alone-{region}",
            f"no other account sees what becomes of the detector in {region}",
            _GUIDE,
            Place("region", region, region),
            (Twin(Place("region", ARCHIVE, ARCHIVE), "it has no detector, which is a finding of its own"),),
            rule_id="guardduty-no-administrator",
        )
        for region in (HOME, ENFORCING, SUSPENDED)
    ),
    *_everywhere_but(
        {HOME, ENFORCING},
        "analyzer-missing",
        "no analyzer looks for access from outside",
        "an analyzer looks for it",
        "access-analyzer-external-missing",
    ),
    *_everywhere_but(
        {HOME, ENFORCING},
        "config-not-recording",
        "AWS Config does not record",
        "its recorder records everything",
        "config-not-recording",
    ),
    *_everywhere_but(
        STANDARDS, "security-hub-off", "Security Hub is off", "it is on, with two standards", "security-hub-off"
    ),
)

_HOSTS = (
    Planted(
        "instance-not-managed",
        "Systems Manager has not heard of the agent on an instance for a month",
        _INSTANCE,
        Place("instance", BALANCED, HOME),
        (Twin(Place("instance", "web-modern", HOME), "its agent answers"),),
        planned="no rule asks whether instances can be reached by Systems Manager",
    ),
)

IN_SERVICES: tuple[Planted, ...] = (*_DELIVERY, *_UNHEARD, *_FINDINGS, *_SERVICES, *_HOSTS)
