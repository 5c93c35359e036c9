"""The commands that take away what runs or calls something by itself: rules, functions, subscriptions, instances."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policies.eradication.comparison import Comparison, text_of
from policies.eradication.ways import Ways, call, parts_of
from scanner.drift.told import Change
from scanner.inventory import Account, EventRule, Gap
from scanner.shell import quote


def of_event_rule(found: Comparison, change: Change) -> Ways:
    """A rule of EventBridge: switched off, taken away, or put back."""
    new = _rule(found.new, change)
    if new is None:
        return Ways(urgency="code")
    named = {"name": new.name, "event_bus_name": new.bus}
    hold = (call(change, "events", "disable-rule", **named),)
    if new.managed_by:
        return Ways(urgency="code", note=f"It is managed by {new.managed_by}: change it there.")
    targets = () if isinstance(new.targets, Gap) else new.targets
    old = _rule(found.old, change)
    if old is None:
        gone = tuple(_removing_targets(change, new, [each.id for each in targets]))
        remove = (*gone, call(change, "events", "delete-rule", **named))
        return Ways(urgency="code", hold=hold, remove=remove, breaks="Whatever it sends events to.")
    known = {} if isinstance(old.targets, Gap) else {each.id: each for each in old.targets}
    other = [each.id for each in targets if known.get(each.id) != each]
    back = [] if isinstance(old.targets, Gap) else list(_removing_targets(change, new, other))
    if (old.pattern, old.state) != (new.pattern, new.state) and old.pattern is not None:
        back.append(call(change, "events", "put-rule", **named, event_pattern=old.pattern, state=old.state))
    note = (
        "Targets that were changed are taken away as a whole: put back those of before (put-targets)." if other else ""
    )
    return Ways(
        urgency="code", hold=hold, remove=tuple(back), breaks="Whatever it sends events to.", note=note if other else ""
    )


def _rule(account: Account, change: Change) -> EventRule | None:
    return next((each for each in parts_of(account, change, "event_rules") if each.arn == change.resource.arn), None)


def _removing_targets(change: Change, rule: EventRule, ids: list[str]) -> Iterable[str]:
    if ids:
        named = {"rule": rule.name, "event_bus_name": rule.bus}
        yield f"{call(change, 'events', 'remove-targets', **named)} --ids {' '.join(map(quote, ids))}"


def of_function(_: Comparison, change: Change) -> Ways:
    """A function: kept from running, deleted, or no longer called by whom it was not."""
    named = {"function_name": change.resource.arn}
    hold = (call(change, "lambda", "put-function-concurrency", **named, reserved_concurrent_executions="0"),)
    note = "Save its code before (get-function); look at its URL, layers, versions and event sources, too."
    if change.kind == "added":
        gone = (call(change, "lambda", "delete-function", **named),)
        return Ways(urgency="code", hold=hold, remove=gone, breaks="Whatever calls the function.", note=note)
    sids = _sids(change.after) - _sids(change.before)
    remove = tuple(call(change, "lambda", "remove-permission", **named, statement_id=each) for each in sorted(sids))
    return Ways(urgency="code", hold=hold, remove=remove, breaks="Whoever may call it since.", note=note)


def _sids(statements: Any) -> set[str]:
    listed = statements if isinstance(statements, list) else []
    return {each["Sid"] for each in listed if isinstance(each, dict) and isinstance(each.get("Sid"), str)}


def of_subscription(_: Comparison, change: Change) -> Ways:
    """A subscription of a topic."""
    held = change.after if isinstance(change.after, dict) else {}
    arn = held.get("arn", "")
    remove = (call(change, "sns", "unsubscribe", subscription_arn=arn),) if str(arn).startswith("arn:") else ()
    note = "" if remove else "It is not confirmed: it goes away by itself, and whoever confirms it gets the messages."
    return Ways(urgency="code", remove=remove, breaks="Whoever gets the messages.", note=note)


def of_bus(found: Comparison, change: Change) -> Ways:
    """An event bus, or its policy."""
    named = {"event_bus_name": change.resource.name}
    if change.kind == "added":
        return Ways(urgency="code", remove=(call(change, "events", "delete-event-bus", name=change.resource.name),))
    old = next((each for each in parts_of(found.old, change, "event_buses") if each.arn == change.resource.arn), None)
    policy = text_of(old.policy.document) if old is not None and old.policy is not None else None
    if policy is not None:
        return Ways(urgency="trust", remove=(call(change, "events", "put-permission", **named, policy=policy),))
    remove = f"{call(change, 'events', 'remove-permission', **named)} --remove-all-permissions"
    return Ways(urgency="trust", remove=(remove,), breaks="Whoever may send events to it.")


def of_instance(_: Comparison, change: Change) -> Ways:
    """An instance: stopped, then terminated."""
    which = f"--instance-ids {quote(change.resource.arn.rpartition('/')[2])}"
    hold = (f"{call(change, 'ec2', 'stop-instances')} {which}",)
    remove = (f"{call(change, 'ec2', 'terminate-instances')} {which}",) if change.kind == "added" else ()
    note = "Take snapshots of its disks, and of its memory where that matters, before."
    return Ways(urgency="code", hold=hold, remove=remove, breaks="What runs on it.", note=note)
