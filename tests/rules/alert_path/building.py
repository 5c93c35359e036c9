"""Alert paths as the JSON of a snapshot: rules, topics, functions, queues and keys that fit together unless told."""

from __future__ import annotations

import json
from typing import Any

from scanner.engine.documentation import example_account
from scanner.inventory import Account

Json = dict[str, object]

OWN, FOREIGN, HOME, AWAY = "111122223333", "999988887777", "eu-west-1", "us-east-1"
EVENTS = "events.amazonaws.com"
FINDINGS: Json = {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]}


def arn(service: str, name: str, region: str = HOME, account: str = OWN) -> str:
    return f"arn:aws:{service}:{region}:{account}:{name}"


TOPIC, RULE = arn("sns", "security"), arn("events", "rule/findings")
FUNCTION, QUEUE = arn("lambda", "function:revoke"), arn("sqs", "alerts")
KEY = arn("kms", "key/11112222-3333-4444-5555-666677778888")
ROLE = f"arn:aws:iam::{OWN}:role/events"


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def resource_policy(*statements: Json) -> Json:
    return {"kind": "policy", "document": document(*statements)}


def lets_in(action: object, resource: str = "*", service: str = EVENTS, **elements: object) -> Json:
    """A statement by which a service may use a resource."""
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource, **elements}


def asking(operator: str = "ArnEquals", key: str = "aws:SourceArn", value: str = RULE) -> Json:
    """A condition."""
    return {operator: {key: value}}


DEFAULT_OF_TOPICS: Json = {
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": ["SNS:Publish", "SNS:Subscribe"],
    "Resource": TOPIC,
    "Condition": {"StringEquals": {"AWS:SourceOwner": OWN}},
}
"""What SNS writes into the policy of a new topic."""


def target(of: str = TOPIC, **parts: object) -> Json:
    return {"id": of.rpartition(":")[2], "arn": of, **parts}


def event_rule(
    *targets: Json, name: str = "findings", pattern: object = None, region: str = HOME, **parts: object
) -> Json:
    """A rule that takes the findings of GuardDuty, and sends them to a topic."""
    bus = parts.get("bus", "default")
    path = name if bus == "default" else f"{bus}/{name}"
    return {
        "name": name,
        "arn": arn("events", f"rule/{path}", region),
        "state": "ENABLED",
        "pattern": json.dumps(FINDINGS if pattern is None else pattern),
        "targets": list(targets) or [target()],
        **parts,
    }


def topic(*statements: Json, of: str = TOPIC, **parts: object) -> Json:
    """A topic to which rules may publish."""
    policy = resource_policy(*(statements or (lets_in("sns:Publish", of),)))
    return {"arn": of, "detail": {"kind": "topic", "policy": policy, **parts}}


def subscription(
    protocol: str = "email", endpoint: str | None = "example.com", of: str = TOPIC, **parts: object
) -> Json:
    """A confirmed subscription without a filter."""
    return {
        "topic": of,
        "protocol": protocol,
        "arn": f"{of}:{protocol}-{endpoint}",
        "endpoint": endpoint,
        "settings": {"kind": "subscription-settings"},
        **parts,
    }


def pending(of: str = TOPIC) -> Json:
    return subscription(of=of, arn="PendingConfirmation", settings=None)


def filtered(scope: str | None = None, **policy: object) -> Json:
    """The settings of a subscription that has a filter."""
    found: Json = {
        "kind": "subscription-settings",
        "filter_policy": {"kind": "filter-policy", "document": policy},
    }
    return found if scope is None else {**found, "filter_scope": scope}


def function(*statements: Json, of: str = FUNCTION, reserved: int | None = None, **detail: object) -> Json:
    """A function that rules may run."""
    concurrency: Json = {"kind": "concurrency"} if reserved is None else {"kind": "concurrency", "reserved": reserved}
    return {
        "arn": of,
        "detail": {"kind": "function", "state": "Active", "runtime": "python3.13", **detail},
        "policy": resource_policy(*(statements or (lets_in("lambda:InvokeFunction", of),))),
        "concurrency": concurrency,
    }


def queue(*statements: Json, of: str = QUEUE, **detail: object) -> Json:
    """A queue to which rules may send."""
    policy = resource_policy(*(statements or (lets_in("sqs:SendMessage", of),)))
    return {"arn": of, "detail": {"kind": "queue", "policy": policy, **detail}}


def key(*statements: Json, named: str = KEY, state: str = "Enabled", manager: str = "CUSTOMER") -> Json:
    """A key that rules may use."""
    policy = resource_policy(*(statements or (lets_in(["kms:GenerateDataKey*", "kms:Decrypt"]),)))
    detail = {"kind": "key-detail", "manager": manager, "state": state}
    return {"named": named, "region": HOME, "arn": KEY, "detail": detail, "policy": policy, "rotation": None}


def role(*statements: Json, name: str = "events", service: str = EVENTS) -> Json:
    """A role that a service may assume."""
    trust: Json = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {
        "name": name,
        "arn": f"arn:aws:iam::{OWN}:role/{name}",
        "trust": document(trust),
        "inline": [{"name": "own", "document": document(*statements)}] if statements else [],
    }


def may(action: object, resource: object = "*") -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def detector(region: str = HOME, **parts: object) -> Json:
    """A detector that nobody else administers."""
    found: Json = {
        "id": "d1",
        "arn": arn("guardduty", "detector/d1", region),
        "administrator": None,
        "filters": [],
        "trusted_ips": [],
        "trusted_entities": [],
        "threat_ips": [],
        "threat_entities": [],
        "detail": {"kind": "detector", "status": "ENABLED", "publishing_frequency": "FIFTEEN_MINUTES"},
    }
    return {**found, **parts}


def region(*rules: Json, name: str = HOME, **parts: Any) -> Json:
    """A region with its rules, of which everything else on an alert path was read."""
    return {
        "name": name,
        "event_rules": list(rules),
        "event_buses": [],
        "subscriptions": [],
        "alarms": [],
        "metric_filters": [],
        "security_hub": None,
        "security_hub_v2": None,
        "detectors": [],
        **parts,
    }


def facts(*regions: Json, **parts: object) -> Json:
    """An account of which everything on an alert path was read."""
    return {
        "users": [],
        "groups": [],
        "roles": [],
        "policies": [],
        "topics": [],
        "functions": [],
        "queues": [],
        "keys": [],
        "organization": {"membership": None},
        "regions": list(regions),
        **parts,
    }


def heard(*rules: Json, **parts: Any) -> Json:
    """An account with one region whose topic somebody hears."""
    listed = {"subscriptions": [subscription()], **parts}
    return facts(region(*(rules or (event_rule(),)), **listed), topics=[topic()])


def read(found: Json) -> Account:
    return example_account(json.dumps(found))
