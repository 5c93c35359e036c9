"""What the rules of this family are asked about: detectors by region, and the topics and targets of security alerts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from scanner.engine import Subject, Unread
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.events.delivery_places import places_of
from scanner.events.delivery_targets import kind_of
from scanner.events.reaching import alerting_of
from scanner.findings import Resource
from scanner.inventory import (
    Account,
    Alarm,
    Detector,
    EventRule,
    EventTarget,
    Function,
    Gap,
    Region,
    Topic,
)

DELIVERY = (
    "events:ListRules",
    "events:ListTargetsByRule",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptions",
    "sns:GetSubscriptionAttributes",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionConcurrency",
    "lambda:GetPolicy",
    "sqs:GetQueueAttributes",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "iam:GetAccountAuthorizationDetails",
    "organizations:DescribeOrganization",
)
"""What tells where an event goes: every answer on which one of the links depends."""


class Watched(msgspec.Struct, frozen=True):
    """A region with its detector, which is enabled."""

    region: Region
    detector: Detector


class AlertRule(msgspec.Struct, frozen=True):
    """A rule that takes security events, and the region in which it was found."""

    region: Region
    rule: EventRule


class SecurityAlarm(msgspec.Struct, frozen=True):
    """An alarm on a security metric, and the region in which it was found."""

    region: Region
    alarm: Alarm


class Aimed(msgspec.Struct, frozen=True):
    """What security alerts are sent to, with the rules that name it and their targets."""

    arn: str
    aims: tuple[tuple[EventRule, EventTarget], ...]


class AlertTopic(msgspec.Struct, frozen=True):
    """A topic of the account to which security alerts are published, with the names of the rules and alarms."""

    arn: str
    topic: Topic
    senders: tuple[str, ...]

    @property
    def publishing(self) -> str:
        """Who publishes, as the beginning of a sentence."""
        return f"{', '.join(self.senders)} {'publishes' if len(self.senders) == 1 else 'publish'}"


def detectors(account: Account) -> Iterator[Subject[Watched] | Unread]:
    """Every enabled detector by its region; a region without GuardDuty has a finding of its own."""
    for region in account.regions:
        resource = account_resource(account, region.name)
        if isinstance(region.detectors, Gap):
            if region.detectors.status != "not_applicable":
                yield Unread(resource, region.detectors)
            continue
        for detector in region.detectors:
            if isinstance(detector.detail, Gap):
                yield Unread(resource, detector.detail)
            elif detector.detail.status == "ENABLED":
                yield Subject(resource, Watched(region, detector))
    yield from unlisted_regions(account)


def alert_rules(account: Account) -> Iterator[Subject[AlertRule] | Unread]:
    """Every enabled rule that takes security events."""
    for region, rule in alerting_of(account).rules:
        yield Subject(rule_resource(account, region, rule), AlertRule(region, rule))
    yield from _unread(account, of_targets=False)


def targets(account: Account) -> Iterator[Subject[Aimed] | Unread]:
    """Everything that rules for security events send to; log groups, whose policies nobody reads, are left out."""
    for arn, aims in alerting_of(account).targets.items():
        if arn.split(":")[2:3] != ["logs"]:
            yield Subject(resource_of(account, arn), Aimed(arn, aims))
    yield from _unread(account)


def topics(account: Account) -> Iterator[Subject[AlertTopic] | Unread]:
    """Every topic of the account to which security alerts are published; a missing one has a finding of its own."""
    alerting = alerting_of(account)
    own = {arn: names for arn, names in alerting.topics.items() if arn.split(":")[4:5] == [account.account_id]}
    if own and isinstance(account.topics, Gap):
        yield Unread(account_resource(account), account.topics)
    for topic in () if isinstance(account.topics, Gap) else account.topics:
        if topic.arn in own and topic.detail is not None:
            yield Subject(resource_of(account, topic.arn), AlertTopic(topic.arn, topic, own[topic.arn]))
    yield from _unread(account, of_alarms=True)


def functions(account: Account) -> Iterator[Subject[Function] | Unread]:
    """Every function of the account that a rule for security events runs, by way of a topic too."""
    named = {arn for arn in alerting_of(account).targets if arn.split(":")[2:3] == ["lambda"]}
    unread: dict[str, Gap] = {}
    for topic in (arn for arn in alerting_of(account).targets if arn.split(":")[2:3] == ["sns"]):
        found = places_of(account).subscriptions(topic)
        if isinstance(found, Gap):
            unread.setdefault(topic.split(":")[3], found)
        else:
            named |= {
                each.endpoint for each in found if each.protocol == "lambda" and each.is_confirmed and each.endpoint
            }
    own = {arn for arn in named if arn.split(":")[4:5] == [account.account_id]}
    if own and isinstance(account.functions, Gap):
        yield Unread(account_resource(account), account.functions)
    for function in () if isinstance(account.functions, Gap) else account.functions:
        if function.arn in own and function.detail is not None:
            yield Subject(resource_of(account, function.arn), function)
    told = {found.resource.region: found for found in _unread(account)}
    yield from told.values()
    yield from (
        Unread(account_resource(account, region), gap) for region, gap in sorted(unread.items()) if region not in told
    )


def alarms(account: Account) -> Iterator[Subject[SecurityAlarm] | Unread]:
    """Every alarm on what is searched for in the logs of CloudTrail, and on rules that fail."""
    for region, alarm in alerting_of(account).alarms:
        resource = Resource(alarm.arn, "AWS::CloudWatch::Alarm", alarm.name, account.account_id, region.name)
        yield Subject(resource, SecurityAlarm(region, alarm))
    for region in account.regions:
        parts = (region.alarms, region.metric_filters)
        gap = next((part for part in parts if isinstance(part, Gap) and part.status != "not_applicable"), None)
        if gap is not None:
            yield Unread(account_resource(account, region.name), gap)
    yield from unlisted_regions(account)


def _unread(account: Account, *, of_targets: bool = True, of_alarms: bool = False) -> Iterator[Unread]:
    for region, gap in alerting_of(account).gaps(of_targets=of_targets, of_alarms=of_alarms):
        yield Unread(account_resource(account, region.name), gap)
    yield from unlisted_regions(account)


_KINDS = {
    "lambda:function": "AWS::Lambda::Function",
    "events:event-bus": "AWS::Events::EventBus",
    "events:api-destination": "AWS::Events::ApiDestination",
    "states:stateMachine": "AWS::StepFunctions::StateMachine",
    "kinesis:stream": "AWS::Kinesis::Stream",
    "firehose:deliverystream": "AWS::KinesisFirehose::DeliveryStream",
}


def rule_resource(account: Account, region: Region, rule: EventRule) -> Resource:
    """A rule as what a finding speaks of."""
    return Resource(rule.arn, "AWS::Events::Rule", rule.name, account.account_id, region.name)


def resource_of(account: Account, arn: str) -> Resource:
    """A target as what a finding speaks of."""
    parts = [*arn.split(":", 5), *[""] * 6][:6]
    name = parts[5].rpartition("/")[2] or arn
    plain = {"sns": "AWS::SNS::Topic", "sqs": "AWS::SQS::Queue"}.get(parts[2])
    kind = plain or _KINDS.get(kind_of(arn), "AWS::Events::Target")
    return Resource(arn, kind, name.removeprefix("function:"), account.account_id, parts[3] or None)


_MOST_NAMED = 4


def listed(types: Iterable[str]) -> str:
    """The families of some types of findings, as a message names them."""
    families = list(dict.fromkeys(kind.partition("/")[0] for kind in types))
    more = len(families) - _MOST_NAMED
    others = f" and {more} more {'family' if more == 1 else 'families'}" if more > 0 else ""
    return ", ".join(families[:_MOST_NAMED]) + others
