"""From the target of a rule to who has the event in the end; other event buses are walked by ``delivery``."""

from __future__ import annotations

from scanner.events.delivery_admission import Answer
from scanner.events.delivery_places import Delivery
from scanner.events.delivery_receivers import to_function, to_queue
from scanner.events.delivery_topics import to_topic
from scanner.events.delivery_ways import ReceiverKind, Routes, Trail, named, undecided
from scanner.inventory import EventRule, EventTarget

_EVENTS = "events.amazonaws.com"
_ACTING: dict[str, tuple[str, ReceiverKind]] = {
    "states:stateMachine": ("states:StartExecution", "service"),
    "ssm:automation-definition": ("ssm:StartAutomationExecution", "service"),
    "ssm:document": ("ssm:SendCommand", "service"),
    "ssm:opsitem": ("ssm:CreateOpsItem", "service"),
    "ssm-incidents:response-plan": ("ssm-incidents:StartIncident", "person"),
    "codebuild:project": ("codebuild:StartBuild", "service"),
    "batch:job-queue": ("batch:SubmitJob", "service"),
    "events:api-destination": ("events:InvokeApiDestination", "service"),
}
"""Targets that act on an event, with what their role has to be allowed; by service and kind of resource."""

_STORING = {
    "kinesis:stream": "kinesis:PutRecord",
    "firehose:deliverystream": "firehose:PutRecord",
}
"""Targets that only keep an event until something reads it."""


def kind_of(arn: str) -> str:
    """The service and the kind of resource of an ARN, such as ``events:event-bus``."""
    parts = [*arn.split(":", 5), *[""] * 6][:6]
    return f"{parts[2]}:{parts[5].replace(':', '/').partition('/')[0]}"


def to_target(delivery: Delivery, trail: Trail, rule: EventRule, target: EventTarget) -> Routes:
    """The ways behind one target that is no event bus."""
    arn, kind = target.arn, kind_of(target.arn)
    where = arn.split(":")[3:4]
    if where and where[0] and where != rule.arn.split(":")[3:4]:
        return trail.ends("target:other-region", f"{named(arn)} is in {where[0]}, into which a rule cannot send.")
    sender = delivery.places.sender(_EVENTS, rule.arn)
    if kind.startswith("sns:"):
        return to_topic(delivery, trail, arn, sender, target.role)
    if kind == "lambda:function":
        return to_function(delivery, trail, arn, sender, target.role)
    if kind.startswith("sqs:"):
        return to_queue(delivery, trail, arn, sender, target.role)
    if kind == "logs:log-group":
        if delivery.is_siem(arn.removesuffix(":*")) or delivery.is_siem(arn):
            return trail.reaches(arn, "siem", f"The log group {named(arn)} is declared to be read.")
        return trail.ends("target:log-group-only", f"The log group {named(arn)} keeps it, and tells nobody.")
    return _by_role(delivery, trail, rule, target)


def _by_role(delivery: Delivery, trail: Trail, rule: EventRule, target: EventTarget) -> Routes:
    """Targets that EventBridge reaches with a role."""
    kind = kind_of(target.arn)
    acting = _ACTING.get(kind)
    action = acting[0] if acting else _STORING.get(kind)
    name = named(target.arn)
    if action is None:
        return undecided(f"What becomes of it in {target.arn} is not known")
    if target.role is None:
        return trail.ends("role:none", f"The target {name} names no role, without which EventBridge cannot {action}.")
    answer = _allowed(delivery, rule, target.role, action, target.arn)
    if answer.verdict == "no":
        return trail.ends("role:not-allowed", f"EventBridge cannot {action} on {name}: {answer.reason}.")
    if answer.verdict == "only_if":
        return undecided(f"Whether EventBridge can {action} on {name}: {answer.reason}")
    if delivery.is_siem(target.arn):
        return trail.reaches(target.arn, "siem", f"{name} is declared to be read; {answer.reason}.")
    if delivery.hands_over:
        return trail.reaches(target.arn, "service", f"{name} has it: {answer.reason}.")
    if acting is None:
        return undecided(f"Who reads {name} is not known; declare it where another system does")
    return trail.reaches(target.arn, acting[1], f"{name} acts on it: {answer.reason}.")


def _allowed(delivery: Delivery, rule: EventRule, role: str, action: str, arn: str) -> Answer:
    """Whether EventBridge can do something with a role.

    Systems Manager asked for the right to start an automation on its definition, and asks for it on the document now:
    where a role has only one of them, that settles nothing.
    """
    sender = delivery.places.sender(_EVENTS, rule.arn)
    answer = delivery.places.role_may(role, sender, action, arn)
    if kind_of(arn) != "ssm:automation-definition":
        return answer
    before, _, name = arn.partition(":automation-definition/")
    owner = before.rpartition(":")[0] + ":" if name.startswith("AWS") else before  # those of AWS are of no account
    document = delivery.places.role_may(role, sender, action, f"{owner}:document/{name.partition(':')[0]}")
    if document.verdict == answer.verdict:
        return answer
    return Answer("only_if", f"on the definition {answer.reason}; on the document {document.reason}")
