"""From a topic to who listens: its policy, its key, its subscriptions and their filters."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.events.delivery_admission import Answer, Sender
from scanner.events.delivery_keys import past_key
from scanner.events.delivery_places import Delivery, Message
from scanner.events.delivery_receivers import let_in, of_stranger, to_function, to_queue
from scanner.events.delivery_ways import Routes, Trail, named, together, undecided
from scanner.events.filter_policy import passes
from scanner.inventory import (
    Gap,
    Subscription,
    SubscriptionSettings,
    TopicDetail,
    Undetermined,
    describe,
)

_PEOPLE = frozenset({"email", "email-json", "sms", "application"})


def to_topic(delivery: Delivery, trail: Trail, arn: str, sender: Sender, role: str | None = None) -> Routes:
    """The ways of a message that a service publishes to a topic."""
    topics = delivery.places.topics
    elsewhere = of_stranger(delivery, trail, "topic", arn)
    if elsewhere is not None:
        return elsewhere
    if isinstance(topics, Gap):
        return undecided(describe(topics))
    topic = topics.get(arn)
    if topic is None:
        return undecided(f"Nobody asked about the topic {named(arn)}")
    if isinstance(topic.detail, Gap):
        return undecided(f"About the topic {named(arn)}: {describe(topic.detail)}")
    if topic.detail is None:
        return trail.ends("target:topic-missing", f"The topic {named(arn)} does not exist.")
    answer = let_in(delivery, topic.detail.policy, sender, "sns:Publish", arn, role)
    return _into_topic(delivery, trail, arn, topic.detail, answer, sender)


def _into_topic(
    delivery: Delivery, trail: Trail, arn: str, detail: TopicDetail, answer: Answer, sender: Sender
) -> Routes:
    key = past_key(delivery, trail, "topic", arn, detail.kms_key, sender)
    if answer.verdict == "no":
        text = f"{sender.service} may not publish to the topic {named(arn)}: {answer.reason}."
        closed = trail.ends("target:topic-closed", text)
        return together((closed, key)) if key is not None and key.broken else closed
    if key is not None and key.broken:
        return key
    if answer.verdict == "only_if":
        return undecided(f"The topic {named(arn)}: {answer.reason}")
    if key is not None:
        return key
    on = trail.past(arn, f"The topic {named(arn)} takes it: {answer.reason}.")
    if delivery.is_siem(arn):
        return on.reaches(arn, "siem", f"The topic {named(arn)} is declared to be read.")
    if delivery.hands_over:
        return on.reaches(arn, "service", f"The topic {named(arn)} has it.")
    return _to_subscribers(delivery, on, arn, detail)


def _to_subscribers(delivery: Delivery, trail: Trail, arn: str, detail: TopicDetail) -> Routes:
    found = delivery.places.subscriptions(arn)
    if isinstance(found, Gap):
        if detail.confirmed == 0:
            return _nobody(trail, arn, 0)
        return undecided(f"Who listens to the topic {named(arn)}: {describe(found)}")
    confirmed = [each for each in found if each.is_confirmed]
    others = (detail.confirmed or 0) - len(confirmed)
    if not confirmed and others <= 0:
        return _nobody(trail, arn, len(found))
    foreign = (
        undecided(f"The topic {named(arn)} has {others} subscriptions of other accounts, which cannot be seen here"),
    )
    return together((*_each(delivery, trail, arn, confirmed), *(foreign if others > 0 else ())))


def _nobody(trail: Trail, arn: str, waiting: int) -> Routes:
    more = f"; {waiting} wait to be confirmed" if waiting else ""
    return trail.ends("topic:no-subscriber", f"The topic {named(arn)} has no confirmed subscription{more}.")


def _each(delivery: Delivery, trail: Trail, arn: str, confirmed: list[Subscription]) -> Iterator[Routes]:
    for subscription in confirmed:
        passed = _passes(delivery.message, subscription)
        if passed is None:
            yield _to_subscriber(delivery, trail, arn, subscription)
        elif passed == "":
            yield trail.ends("subscription:filtered", f"A filter keeps it from {_listener(subscription)}.")
        else:
            yield undecided(f"Whether it passes the filter of {_listener(subscription)}: {passed}")


def _passes(message: Message, subscription: Subscription) -> str | None:
    """None where a message passes, empty where it does not, else why nobody knows."""
    settings = subscription.settings
    if settings is None:
        return "its settings were not asked for"
    if isinstance(settings, Gap):
        return describe(settings)
    if settings.filter_policy is None:
        return None
    return _filtered(message, settings)


def _filtered(message: Message, settings: SubscriptionSettings) -> str | None:
    if settings.filter_policy is None:
        return None
    if message.event is None and settings.filter_scope == "MessageBody":
        return "the rule or alarm sends a text of its own in place of the event"
    try:
        fits = passes(bytes(settings.filter_policy.document), settings.filter_scope, message.event or {})
    except Undetermined as error:
        return error.reason
    return None if fits else ""


def _listener(subscription: Subscription) -> str:
    place = subscription.endpoint
    if place is None:
        return f"a subscriber by {subscription.protocol}"
    return named(place) if place.startswith("arn:") else f"{subscription.protocol} at {place}"


def _to_subscriber(delivery: Delivery, trail: Trail, arn: str, subscription: Subscription) -> Routes:
    """The last link behind a topic."""
    endpoint = subscription.endpoint or ""
    if subscription.protocol == "lambda" and endpoint:
        return to_function(delivery, trail, endpoint, delivery.places.sender("sns.amazonaws.com", arn))
    if subscription.protocol == "sqs" and endpoint:
        return to_queue(delivery, trail, endpoint, delivery.places.sender("sns.amazonaws.com", arn))
    if subscription.protocol in _PEOPLE:
        return trail.reaches(
            _listener(subscription), "person", f"{_listener(subscription)} is a confirmed subscription."
        )
    if subscription.protocol in {"https", "http"}:
        return trail.reaches(
            _listener(subscription), "service", f"{_listener(subscription)} is a confirmed subscription."
        )
    if delivery.is_siem(endpoint):
        return trail.reaches(endpoint, "siem", f"{named(endpoint)} is declared to be read.")
    return undecided(f"What becomes of it behind the subscription of {_listener(subscription)} is not known")
