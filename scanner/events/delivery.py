"""What becomes of an event: the rules that take it, where they send it, and who is told in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.engine.declared import Declared
from scanner.events.delivery_admission import Answer
from scanner.events.delivery_places import Delivery, Message, places_of
from scanner.events.delivery_receivers import to_function, to_queue
from scanner.events.delivery_targets import kind_of, to_target
from scanner.events.delivery_topics import to_topic
from scanner.events.delivery_ways import Break as Break
from scanner.events.delivery_ways import ReceiverKind as ReceiverKind
from scanner.events.delivery_ways import Route as Route
from scanner.events.delivery_ways import Routes as Routes
from scanner.events.delivery_ways import Trail, named, together, undecided
from scanner.inventory import Account, Alarm, EventRule, EventTarget, Gap, Undetermined, describe

_Bus = tuple[str, str]
"""A bus by its region and its name."""

_Buses = tuple[_Bus, ...]
_NOTHING_DECLARED = Declared()
_MOST_HOPS = 2
"""EventBridge does not route what came from another bus to a third one."""

_ON = "ENABLED"
_WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_RESPONSE_SERVICE = "security-ir.amazonaws.com"
"""AWS Security Incident Response, whose rules take findings to people of AWS."""


def routes(account: Account, region: str, event: Mapping[str, Any], declared: Declared = _NOTHING_DECLARED) -> Routes:
    """What becomes of an event on the default bus of a region.

    Positive evidence comes first: one way that is whole suffices, whatever else is unknown.

    Args:
        account: the account of the bus.
        region: the region in which a service of AWS puts the event.
        event: the whole event, as rules see it.
        declared: what the owner says; a destination that another system reads counts as a receiver.
    """
    return _on_bus(Delivery(places_of(account), declared, Message(event)), Trail(), (region, "default"), ())


def rule_routes(
    account: Account, rule: EventRule, event: Mapping[str, Any] | None, declared: Declared = _NOTHING_DECLARED
) -> Routes:
    """The ways behind one rule, for an event that it takes; None stands for any such event."""
    delivery = Delivery(places_of(account), declared, Message(event))
    return _behind(delivery, Trail(rule.arn), rule, ((_region_of(rule.arn), rule.bus.rpartition("/")[2]),))


def handing_over(
    account: Account, rule: EventRule, target: EventTarget, declared: Declared = _NOTHING_DECLARED
) -> Routes:
    """Whether one target of a rule takes what the rule sends, whoever has it in the end."""
    delivery = Delivery(places_of(account), declared, Message(None), hands_over=True)
    return _to(
        delivery, Trail(rule.arn, target.arn), rule, target, ((_region_of(rule.arn), rule.bus.rpartition("/")[2]),)
    )


def alarm_routes(account: Account, alarm: Alarm, declared: Declared = _NOTHING_DECLARED) -> Routes:
    """Who is told when an alarm goes off; actions that tell nobody, such as scaling, are left out."""
    if not alarm.actions_enabled or not alarm.actions:
        token = "alarm:actions-off" if alarm.actions else "alarm:no-action"
        why = "Its actions are switched off." if alarm.actions else "It has no action."
        return Routes(broken=(Break(token, f"The alarm {alarm.name} tells nobody. {why}", alarm.arn),))
    delivery = Delivery(places_of(account), declared, Message(None))
    return together(_of_alarm(delivery, Trail(alarm.arn, action), action) for action in alarm.actions)


def _of_alarm(delivery: Delivery, trail: Trail, action: str) -> Routes:
    kind = kind_of(action)
    if kind.startswith("sns:"):
        return to_topic(delivery, trail, action, delivery.places.sender("cloudwatch.amazonaws.com", trail.rule))
    if kind == "ssm-incidents:response-plan":
        return trail.reaches(action, "person", f"The response plan {named(action)} is started.")
    if kind == "lambda:function":
        sender = delivery.places.sender("lambda.alarms.cloudwatch.amazonaws.com", trail.rule)
        return to_function(delivery, trail, action, sender)
    if kind.startswith(("autoscaling:", "automate:", "ec2:", "swf:")):
        return trail.ends("alarm:acts-only", f"{named(action)} acts, and tells nobody.")
    return undecided(f"What becomes of the action {action} is not known")


def _region_of(arn: str) -> str:
    return arn.split(":")[3]


def _on_bus(delivery: Delivery, trail: Trail, place: _Bus, before: _Buses) -> Routes:
    """The ways of an event on a bus, ``before`` which it was on others."""
    name, bus = place
    region = delivery.places.regions.get(name)
    if region is None:
        other = delivery.places.account.other_regions
        if other is not None:
            return undecided(describe(other))
        return trail.ends("bus:region-missing", f"{name} is no enabled region of the account.")
    if isinstance(region.event_rules, Gap) and region.event_rules.status != "not_applicable":
        return undecided(describe(region.event_rules))
    found = list(_taken(delivery, trail, (*before, place), delivery.places.rules(name, bus)))
    if not found:
        where = f"the bus {bus} in {name}" if before or bus != "default" else name
        return trail.ends("rule:none", f"No rule of {where} takes it.")
    return together(found)


def _taken(delivery: Delivery, trail: Trail, places: _Buses, rules: Iterable[EventRule]) -> Iterator[Routes]:
    for rule in rules:
        if rule.pattern is None or delivery.message.event is None:
            continue
        pattern = delivery.places.pattern(rule.pattern)
        try:
            if pattern is None or not pattern.matches(delivery.message.event):
                continue
        except Undetermined as error:
            if rule.state.startswith(_ON):
                yield undecided(f"Whether the rule {named(rule.arn)} takes it: {error.reason}")
            continue
        on = Trail(rule.arn, "", trail.by, trail.proof) if not trail.rule else trail.past(rule.arn, _takes(rule))
        yield _behind(delivery, on, rule, places) if _is_on(rule, delivery) else _off(on, rule)


def _takes(rule: EventRule) -> str:
    return f"The rule {named(rule.arn)} takes it."


def _is_on(rule: EventRule, delivery: Delivery) -> bool:
    """Whether a rule is on for the event; calls that only read are for rules that ask for them."""
    detail = (delivery.message.event or {}).get("detail")
    reads = isinstance(detail, Mapping) and detail.get("readOnly") is True and "eventSource" in detail
    return rule.state == _WITH_READS or (rule.state == _ON and not reads)


def _off(trail: Trail, rule: EventRule) -> Routes:
    if rule.state == _ON:
        text = f"The rule {named(rule.arn)} is not on for calls that only read."
        return trail.ends("rule:no-reads", text)
    return trail.ends("rule:disabled", f"The rule {named(rule.arn)} takes it, but is switched off.")


def _behind(delivery: Delivery, trail: Trail, rule: EventRule, places: _Buses) -> Routes:
    if isinstance(rule.targets, Gap):
        return undecided(f"Where the rule {named(rule.arn)} sends it: {describe(rule.targets)}")
    if rule.managed_by and _RESPONSE_SERVICE in rule.managed_by:
        return trail.reaches(rule.arn, "service", f"{rule.managed_by} takes it with the rule {named(rule.arn)}.")
    if rule.managed_by:
        return undecided(f"What {rule.managed_by} does with its rule {named(rule.arn)} is not known")
    if not rule.targets:
        return trail.ends("rule:no-target", f"The rule {named(rule.arn)} takes it, but has no target.")
    return together(_to(delivery, _aimed(trail, target, rule), rule, target, places) for target in rule.targets)


def _aimed(trail: Trail, target: EventTarget, rule: EventRule) -> Trail:
    if trail.target:
        return trail
    return Trail(trail.rule, target.arn, trail.by, (*trail.proof, _takes(rule)))


def _to(delivery: Delivery, trail: Trail, rule: EventRule, target: EventTarget, places: _Buses) -> Routes:
    if target.transforms_input:
        delivery = delivery._replace(message=Message(None))
    if kind_of(target.arn) == "events:event-bus":
        return _to_bus(delivery, trail, rule, target, places)
    return to_target(delivery, trail, rule, target)


def _to_bus(delivery: Delivery, trail: Trail, rule: EventRule, target: EventTarget, places: _Buses) -> Routes:
    """On to another bus: of this account, in any region, or of another one."""
    arn = target.arn
    answer = _by_role(delivery, rule, target)
    if answer.verdict == "no":
        return trail.ends("bus:role-not-allowed", f"The rule cannot send to the bus {named(arn)}: {answer.reason}.")
    account = arn.split(":")[4]
    if account == delivery.places.account.account_id:
        return _to_own_bus(delivery, trail, arn, answer, places)
    is_declared = delivery.is_siem(arn) or account in delivery.declared.accounts
    if is_declared and (answer.verdict == "yes" or target.role is None):
        return trail.reaches(arn, "siem", f"The bus {named(arn)} of account {account} is declared.")
    return undecided(f"It goes on in account {account}, which was not scanned")


def _to_own_bus(delivery: Delivery, trail: Trail, arn: str, answer: Answer, places: _Buses) -> Routes:
    region = _region_of(arn)
    place = (region, arn.rpartition("/")[2])
    if place in places:
        return trail.ends("bus:circle", f"The bus {named(arn)} in {region} sends it round in a circle.")
    if _is_missing(delivery, place):
        return trail.ends("target:bus-missing", f"The bus {named(arn)} does not exist in {region}.")
    if len(places) >= _MOST_HOPS:
        if {name for name, _ in places} == {region}:
            return trail.ends("bus:too-far", f"EventBridge does not take it on to the bus {named(arn)}, its third.")
        return undecided(f"Whether EventBridge takes it on to the bus {named(arn)} in {region}, its third")
    if answer.verdict == "only_if":
        return undecided(f"The bus {named(arn)}: {answer.reason}")
    if delivery.is_siem(arn):
        return trail.reaches(arn, "siem", f"The bus {named(arn)} is declared to be read.")
    if delivery.hands_over:
        return trail.reaches(arn, "service", f"The bus {named(arn)} has it: {answer.reason}.")
    if delivery.message.event is None:
        return undecided(f"What the rules of the bus {named(arn)} in {region} take is not known")
    taken = f"The bus {named(arn)} in {region} takes it: {answer.reason}."
    return _on_bus(delivery, trail.past(arn, taken), place, places)


def _is_missing(delivery: Delivery, place: _Bus) -> bool:
    """Whether a bus is not among those of its region; where these are not known, its rules are not either."""
    region = delivery.places.regions.get(place[0])
    if region is None or isinstance(region.event_buses, Gap):
        return False
    return place[1] != "default" and place[1] not in {bus.name for bus in region.event_buses}


def _by_role(delivery: Delivery, rule: EventRule, target: EventTarget) -> Answer:
    if target.role is None:
        return Answer("only_if", "the target names no role, and only old rules need none")
    sender = delivery.places.sender("events.amazonaws.com", rule.arn)
    return delivery.places.role_may(target.role, sender, "events:PutEvents", target.arn)


def dead_letter(account: Account, rule: EventRule, target: EventTarget) -> Routes | None:
    """Whether what cannot be handed to a target comes into its dead-letter queue; None where it names none."""
    if target.dead_letter_queue is None:
        return None
    delivery = Delivery(places_of(account), _NOTHING_DECLARED, Message(None), hands_over=True)
    sender = delivery.places.sender("events.amazonaws.com", rule.arn)
    return to_queue(delivery, Trail(rule.arn, target.arn), target.dead_letter_queue, sender)
