"""What an account has on the way of an event, by ARN, and what of its policies is asked again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from scanner.engine.declared import Declared, is_named
from scanner.events.composites import by_name, goes_off
from scanner.events.delivery_admission import Answer, Sender, role_may
from scanner.events.pattern import BadPattern, Pattern, read_pattern
from scanner.iam.questions import Questions
from scanner.inventory import (
    Account,
    Alarm,
    EventRule,
    Function,
    Gap,
    KmsKey,
    Organization,
    Queue,
    Region,
    Role,
    Subscription,
    Topic,
    describe,
)


@dataclass(eq=False)
class Places:
    """The places of one account; a mapping that could not be read is a gap."""

    account: Account
    _patterns: dict[str, Pattern | None] = field(default_factory=dict)
    _roles_may: dict[tuple[str, Sender, str, str], Answer] = field(default_factory=dict)
    _composites: dict[str, Mapping[str, tuple[Alarm, ...]]] = field(default_factory=dict)

    @cached_property
    def questions(self) -> Questions:
        """Who asks the IAM engine."""
        return Questions(self.account)

    @cached_property
    def regions(self) -> Mapping[str, Region]:
        """The enabled regions, as far as they are known."""
        return {region.name: region for region in self.account.regions}

    @cached_property
    def topics(self) -> Mapping[str, Topic] | Gap:
        """The topics that something sends alerts to."""
        found = self.account.topics
        return found if isinstance(found, Gap) else {each.arn: each for each in found}

    @cached_property
    def functions(self) -> Mapping[str, Function] | Gap:
        """The functions that something sends alerts to."""
        found = self.account.functions
        return found if isinstance(found, Gap) else {each.arn: each for each in found}

    @cached_property
    def queues(self) -> Mapping[str, Queue] | Gap:
        """The queues that something sends alerts to."""
        found = self.account.queues
        return found if isinstance(found, Gap) else {each.arn: each for each in found}

    @cached_property
    def roles(self) -> Mapping[str, Role] | Gap:
        """The roles of the account."""
        found = self.account.roles
        return found if isinstance(found, Gap) else {each.arn: each for each in found}

    @cached_property
    def keys(self) -> Mapping[tuple[str, str], KmsKey] | Gap:
        """The keys, by region and by the name with which a resource names them."""
        found = self.account.keys
        return found if isinstance(found, Gap) else {(each.region, each.named): each for each in found}

    @cached_property
    def _subscriptions(self) -> Mapping[str, tuple[Subscription, ...]]:
        found: dict[str, list[Subscription]] = {}
        for region in self.account.regions:
            for each in () if isinstance(region.subscriptions, Gap) else region.subscriptions:
                found.setdefault(each.topic, []).append(each)
        return {topic: tuple(each) for topic, each in found.items()}

    def subscriptions(self, topic: str) -> tuple[Subscription, ...] | Gap:
        """The subscriptions that the account has to a topic."""
        name = topic.split(":")[3]
        region = self.regions.get(name)
        if region is None:
            return Gap("sns:ListSubscriptions", "skipped", name)
        return region.subscriptions if isinstance(region.subscriptions, Gap) else self._subscriptions.get(topic, ())

    @cached_property
    def _rules(self) -> Mapping[tuple[str, str], tuple[EventRule, ...]]:
        found: dict[tuple[str, str], list[EventRule]] = {}
        for region in self.account.regions:
            for rule in () if isinstance(region.event_rules, Gap) else region.event_rules:
                found.setdefault((region.name, rule.bus.rpartition("/")[2]), []).append(rule)
        return {place: tuple(rules) for place, rules in found.items()}

    def rules(self, region: str, bus: str) -> tuple[EventRule, ...]:
        """The rules of a bus, as far as they are known."""
        return self._rules.get((region, bus), ())

    def around(self, region: Region, alarm: Alarm) -> tuple[tuple[Alarm, bool | None], ...]:
        """The composite alarms that look at an alarm, each with whether it goes off with it, as far as that is known.

        Those are left out that certainly do not go off because of it.
        """
        if region.name not in self._composites:
            self._composites[region.name] = by_name(() if isinstance(region.alarms, Gap) else region.alarms)
        found = self._composites[region.name]
        every = dict.fromkeys((*found.get(alarm.name, ()), *found.get(alarm.arn, ())))
        judged = ((other, goes_off(other.rule or "", alarm)) for other in every)
        return tuple((other, answer) for other, answer in judged if answer is not False)

    def pattern(self, text: str) -> Pattern | None:
        """A pattern, read once; None for one that EventBridge would refuse, and so never match."""
        if text not in self._patterns:
            try:
                self._patterns[text] = read_pattern(text)
            except BadPattern:
                self._patterns[text] = None
        return self._patterns[text]

    def sender(self, service: str, source: str) -> Sender:
        """A service that acts for a resource of the account."""
        member = self.account.organization.membership
        organization = None if isinstance(member, Gap) else member.id if isinstance(member, Organization) else ""
        parts = source.split(":")
        return Sender(service, source, parts[4] if len(parts) > 4 else self.account.account_id, organization)

    def role_may(self, arn: str, sender: Sender, action: str, resource: str) -> Answer:
        """Whether a service may do something with a role of this account."""
        asked = (arn, sender, action, resource)
        if asked not in self._roles_may:
            self._roles_may[asked] = self._ask_role(*asked)
        return self._roles_may[asked]

    def _ask_role(self, arn: str, sender: Sender, action: str, resource: str) -> Answer:
        if arn.split(":")[4:5] != [self.account.account_id]:
            return Answer("only_if", f"the role {arn} is of another account")
        if isinstance(self.roles, Gap):
            return Answer("only_if", describe(self.roles))
        role = self.roles.get(arn)
        if role is None:
            return Answer("no", f"the role {arn.rpartition('/')[2]} does not exist")
        return role_may(self.questions, role, sender, action, resource)


class Message(NamedTuple):
    """What is sent: an event as it is, or a text made of it that nobody kept, then None."""

    event: Mapping[str, Any] | None


class Delivery(NamedTuple):
    """What every link is judged with.

    Attributes:
        message: what is sent.
        hands_over: whether only the first link is asked about: then a topic, queue or bus that takes it is an end.
    """

    places: Places
    declared: Declared
    message: Message
    hands_over: bool = False

    def is_siem(self, arn: str) -> bool:
        """Whether the owner says that another system reads what comes here."""
        return is_named(arn, self.declared.siem)


_MOST_ACCOUNTS = 4
_known: dict[int, Places] = {}


def places_of(account: Account) -> Places:
    """The places of an account, indexed once for all that ask."""
    found = _known.get(id(account))
    if found is None or found.account is not account:
        if len(_known) >= _MOST_ACCOUNTS:
            _known.clear()
        found = _known[id(account)] = Places(account)
    return found
