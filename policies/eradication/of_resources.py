"""The commands that take a resource away, or put its policy back."""

from __future__ import annotations

import json
from typing import Any

from policies.eradication.comparison import Comparison, as_json, text_of
from policies.eradication.of_code import of_bus, of_event_rule, of_function, of_instance, of_subscription
from policies.eradication.ways import Make, Ways, call, parts_of
from scanner.drift.told import Change
from scanner.inventory import Account, Gap, Queue, ResourcePolicy, SecurityGroup, Topic
from scanner.shell import command, option, quote


def _document(account: Account, change: Change) -> str | None:
    """The policy of a resource as it was; None where it had none, or it was not read."""
    for part in (account.topics, account.queues, account.functions, account.keys):
        for each in () if isinstance(part, Gap) else part:
            if each.arn == change.resource.arn:
                return _held(each.detail if isinstance(each, Topic | Queue) else each)
    for bucket in () if isinstance(account.log_buckets, Gap) else account.log_buckets:
        if change.resource.type == "log-bucket" and bucket.name == change.resource.name:
            return _held(bucket.bucket)
    return None


def _held(holder: Any) -> str | None:
    if holder is None or isinstance(holder, Gap):
        return None
    policy = holder.policy
    return text_of(policy.document) if isinstance(policy, ResourcePolicy) else None


_NO_POLICY = "The policy of before was not read, or there was none: take away what was added."


def _topic(found: Comparison, change: Change) -> Ways:
    named = {"topic_arn": change.resource.arn}
    if change.kind == "added":
        return Ways(remove=(call(change, "sns", "delete-topic", **named),), breaks="Its subscribers.")
    document = _document(found.old, change)
    back = call(change, "sns", "set-topic-attributes", **named, attribute_name="Policy", attribute_value=document or "")
    return Ways(urgency="trust", remove=(back,) if document else (), note="" if document else _NO_POLICY)


def _queue(found: Comparison, change: Change) -> Ways:
    arn = change.resource.arn.split(":")
    url = call(change, "sqs", "get-queue-url", queue_name=arn[-1])
    where = f'"--queue-url=$({url} --query=QueueUrl --output=text)"'
    if change.kind == "added":
        return Ways(remove=(f"{call(change, 'sqs', 'delete-queue')} {where}",), breaks="Its messages are lost.")
    document = _document(found.old, change)
    attributes = option("--attributes", json.dumps({"Policy": document}, ensure_ascii=False))
    back = f"{call(change, 'sqs', 'set-queue-attributes')} {where} {attributes}"
    return Ways(urgency="trust", remove=(back,) if document else (), note="" if document else _NO_POLICY)


def _key(found: Comparison, change: Change) -> Ways:
    named = {"key_id": change.resource.arn}
    if change.kind == "added":
        hold = (call(change, "kms", "disable-key", **named),)
        note = "What is encrypted with it cannot be read while it is disabled, and never again once it is deleted."
        return Ways(hold=hold, breaks="Whatever is encrypted with it.", note=note)
    document = _document(found.old, change)
    back = call(change, "kms", "put-key-policy", **named, policy_name="default", policy=document or "")
    note = "Grants are not collected: list-grants, and revoke-grant." if document else _NO_POLICY
    return Ways(urgency="trust", remove=(back,) if document else (), note=note)


def _bucket(found: Comparison, change: Change) -> Ways:
    document = _document(found.old, change)
    back = command("aws", "s3api", "put-bucket-policy", f"--bucket={change.resource.name}", f"--policy={document}")
    return Ways(urgency="trust", remove=(back,) if document else (), note="" if document else _NO_POLICY)


def _security_group(found: Comparison, change: Change) -> Ways:
    group = _group(found.new, change)
    if group is None:
        return Ways(urgency="network")
    if change.kind == "added":
        remove = (call(change, "ec2", "delete-security-group", group_id=group.id),)
        return Ways(urgency="network", remove=remove, note="It goes once nothing uses it.")
    listed = call(change, "ec2", "describe-security-group-rules")
    rules = f"{listed} {option('--filters', as_json([{'Name': 'group-id', 'Values': [group.id]}]))}"
    note = "List its rules, then revoke-security-group-ingress with --security-group-rule-ids of those that were added."
    return Ways(urgency="network", hold=(rules,), note=note, breaks="Whoever connects by them.")


def _group(account: Account, change: Change) -> SecurityGroup | None:
    names = {change.resource.name.rpartition(" ")[2], change.resource.arn.rpartition(" ")[2]}
    return next(
        (each for each in parts_of(account, change, "security_groups") if each.id in names or each.name in names), None
    )


def _endpoint(_: Comparison, change: Change) -> Ways:
    which = f"--vpc-endpoint-ids {quote(change.resource.name.rpartition(' ')[2])}"
    remove = (f"{call(change, 'ec2', 'delete-vpc-endpoints')} {which}",) if change.kind == "added" else ()
    return Ways(urgency="network", remove=remove, breaks="What reaches the service by it.")


def _trail(_: Comparison, change: Change) -> Ways:
    if change.what == "trail stopped":
        start = call(change, "cloudtrail", "start-logging", name=change.resource.arn)
        return Ways(urgency="logging", remove=(start,))
    return Ways(urgency="logging")


def _detector(_: Comparison, change: Change) -> Ways:
    if change.what != "detector off":
        return Ways(urgency="logging")
    detector = change.resource.arn.rpartition("/")[2]
    on = f"{call(change, 'guardduty', 'update-detector', detector_id=detector)} --enable"
    return Ways(urgency="logging", remove=(on,))


def _switched_on(_: Comparison, change: Change) -> Ways:
    off = command("aws", "account", "disable-region", f"--region-name={change.resource.name}")
    note = "Look first at what is in it: it goes on running, and cannot be reached while the region is off."
    return Ways(urgency="other", remove=(off,), note=note)


def _delegate(_: Comparison, change: Change) -> Ways:
    held = change.after if isinstance(change.after, dict) else {}
    told = held.get("services")
    services = told if isinstance(told, list) else []
    account = str(held.get("account_id", ""))
    remove = tuple(
        command(
            "aws", "organizations", "deregister-delegated-administrator", f"--account-id={account}",
            f"--service-principal={each}",
        )
        for each in services
    )  # fmt: skip
    return Ways(urgency="trust", remove=remove, note="From the management account.")


WAYS: dict[tuple[str, str], Make] = {
    ("event-rule", "any"): of_event_rule,
    ("function", "any"): of_function,
    ("subscription", "added"): of_subscription,
    ("topic", "any"): _topic,
    ("queue", "any"): _queue,
    ("kms-key", "any"): _key,
    ("log-bucket", "changed"): _bucket,
    ("event-bus", "any"): of_bus,
    ("security-group", "any"): _security_group,
    ("instance", "any"): of_instance,
    ("vpc-endpoint", "any"): _endpoint,
    ("trail", "any"): _trail,
    ("detector", "any"): _detector,
    ("region", "added"): _switched_on,
    ("delegated-administrator", "added"): _delegate,
}
"""By the kind of the thing, and of its change."""
