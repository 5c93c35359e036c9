"""Who listens to the topics of alerts: somebody, more than one, and where you expect them."""

from __future__ import annotations

from rules.alert_path.places import AlertTopic, topics
from rules.frameworks import attack, csf, well_architected
from scanner.engine import AtLeastOne, Hit, NoParameters, Scene, rule
from scanner.engine.declared import is_named
from scanner.events.delivery_places import places_of
from scanner.inventory import Account, Gap, Subscription, Undetermined, describe, known
from scanner.shell import command, option

_GUIDE = "https://docs.aws.amazon.com/sns/latest/dg/"
_ALERTS = (
    "events:ListRules",
    "events:ListTargetsByRule",
    "cloudwatch:DescribeAlarms",
    "logs:DescribeMetricFilters",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptions",
)
_PEOPLE = frozenset({"email", "email-json", "sms"})


@rule(
    "alert-topic-unconfirmed",
    severity="critical",
    phase="detect",
    subjects=topics,
    apis=_ALERTS,
    controls=(*csf("RS.CO-02"), *well_architected("SEC10-BP01"), *attack(v18="T1078.004")),
    references=(f"{_GUIDE}sns-email-notifications.html", f"{_GUIDE}sns-create-subscribe-endpoint-to-topic.html"),
)
def alert_topic_unconfirmed(found: AlertTopic, scene: Scene[NoParameters]) -> Hit | None:
    r"""Nobody has confirmed a subscription to a topic of alerts.

    ## Why
    A subscription by mail is nothing until somebody follows the link in the message, and the link is valid for a few
    days. The topic is there, the rule publishes, all looks green, and the alert goes to nobody. Anybody with the link
    of an old message can also end a subscription. Subscriptions of other accounts count, and a topic that you declared
    as read by another system.

    ## Fix
    Subscribe again and have the message confirmed, best by a distribution list and a pager, and end subscriptions only
    with authentication (confirm-subscription with AuthenticateOnUnsubscribe).

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic", "confirmed": 0}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "subscriptions": [{"topic": "arn:aws:sns:eu-west-1:111122223333:security", "protocol": "email",
         "arn": "PendingConfirmation", "endpoint": "example.com"}],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```

    ## Good
    ```json
    {"topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic", "confirmed": 1}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "subscriptions": [{"topic": "arn:aws:sns:eu-west-1:111122223333:security", "protocol": "email",
         "arn": "arn:aws:sns:eu-west-1:111122223333:security:5f1d", "endpoint": "example.com"}],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```
    """
    if is_named(found.arn, scene.declared.siem):
        return None
    listed = places_of(scene.account).subscriptions(found.arn)
    if not isinstance(listed, Gap) and any(each.is_confirmed for each in listed):
        return None
    detail = found.topic.detail
    if isinstance(detail, Gap):
        raise Undetermined(describe(detail))
    if detail is not None and detail.confirmed:
        return None
    if isinstance(listed, Gap) and (detail is None or detail.confirmed is None):
        raise Undetermined(describe(listed))
    waiting = [] if isinstance(listed, Gap) else [each.endpoint or each.protocol for each in listed]
    who = f"; {len(waiting)} wait to be confirmed ({', '.join(sorted(set(waiting)))})" if waiting else ""
    return Hit(
        f"{found.publishing} here, and no subscription is confirmed{who}.",
        material=("topic:no-subscriber",),
        details={"senders": list(found.senders), "waiting": sorted(waiting)},
    )


class EndpointParameters(NoParameters, frozen=True):
    """How many have to listen.

    ``least`` is the number of mailboxes and telephones that a topic of alerts needs where nothing else listens.
    """

    least: AtLeastOne = 2


@rule(
    "alert-topic-weak-listeners",
    severity="medium",
    phase="detect",
    subjects=topics,
    apis=_ALERTS,
    controls=(*csf("RS.CO-02"), *well_architected("SEC10-BP01"), *attack(v18="T1078.004")),
    references=(f"{_GUIDE}sns-create-subscribe-endpoint-to-topic.html",),
    parameters=EndpointParameters,
)
def alert_topic_weak_listeners(found: AlertTopic, scene: Scene[EndpointParameters]) -> Hit | None:
    r"""The alerts of a topic are heard by one mailbox only, or by a foreign one.

    ## Why
    People go on holiday, leave, and have full mailboxes; a filter of the mail provider suffices. One address is one
    link that breaks unnoticed, and a thief who reads that mailbox deletes the alert before its owner wakes. A system
    that pages (a webhook, a function, a queue) is not counted as a single mailbox. An address outside the domains that
    you declared weighs more: whoever reads it learns what you have noticed, and the thief may have put it there.

    ## Fix
    Add a second way that does not share the first one's fate: a pager or a chat by webhook beside the mailbox.
    End the subscription of a foreign address, after somebody else listens.

    ## Breaks
    Who read the alerts at the foreign address hears nothing more.

    ## Bad
    ```json
    {"topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic", "confirmed": 1}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "subscriptions": [{"topic": "arn:aws:sns:eu-west-1:111122223333:security", "protocol": "email",
         "arn": "arn:aws:sns:eu-west-1:111122223333:security:5f1d", "endpoint": "example.com"}],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```

    ## Good
    ```json
    {"topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic", "confirmed": 1}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "subscriptions": [{"topic": "arn:aws:sns:eu-west-1:111122223333:security", "protocol": "https",
         "arn": "arn:aws:sns:eu-west-1:111122223333:security:5f1d", "endpoint": "pager.example.com"}],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```
    """
    confirmed = _confirmed(scene.account, found)
    foreign = _foreign(confirmed, scene.declared.mail_domains)
    if not foreign and not _is_single(found, confirmed, scene.parameters.least):
        return None
    heard = len({each.endpoint_sha256 or each.arn for each in confirmed})
    if foreign:
        text = f"What {found.publishing} is mailed to {', '.join(foreign)}."
    else:
        count = "One mailbox or telephone hears" if heard == 1 else f"{heard} mailboxes or telephones hear"
        text = f"{count} what {found.publishing}, and nothing else does."
    mails = [each.arn for each in confirmed if each.endpoint in foreign]
    place = option("--region", found.arn.split(":")[3])
    return Hit(
        text,
        severity="high" if foreign else "medium",
        material=tuple(f"mail-domain:{name}" for name in foreign) or ("topic:single-endpoint",),
        details={"senders": list(found.senders), "protocols": sorted({each.protocol for each in confirmed})},
        commands=tuple(
            f"{command('aws', 'sns', 'unsubscribe')} {option('--subscription-arn', arn)} {place}" for arn in mails
        ),
    )


def _foreign(confirmed: list[Subscription], domains: tuple[str, ...]) -> list[str]:
    """The domains of mailboxes that are not among those declared, if any are."""
    known_ones = {domain.lower() for domain in domains}
    mails = {each.endpoint for each in confirmed if each.protocol.startswith("email") and each.endpoint}
    return sorted(mail for mail in mails if known_ones and mail.lower() not in known_ones)


def _is_single(found: AlertTopic, confirmed: list[Subscription], least: int) -> bool:
    """Whether only a few people listen; a topic to which nobody does has a finding of its own."""
    if not confirmed or any(each.protocol not in _PEOPLE for each in confirmed):
        return False
    heard = {each.endpoint_sha256 or each.arn for each in confirmed}
    return len(heard) < least and _others(found, confirmed) <= 0


def _confirmed(account: Account, found: AlertTopic) -> list[Subscription]:
    return [each for each in known(places_of(account).subscriptions(found.arn)) if each.is_confirmed]


def _others(found: AlertTopic, confirmed: list[Subscription]) -> int:
    """How many subscriptions belong to other accounts."""
    detail = known(found.topic.detail)
    return 0 if detail is None or detail.confirmed is None else detail.confirmed - len(confirmed)
