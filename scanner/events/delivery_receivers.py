"""The last links that are in the account itself: functions and queues."""

from __future__ import annotations

from scanner.events.delivery_admission import Answer, Sender, admits
from scanner.events.delivery_keys import past_key
from scanner.events.delivery_places import Delivery
from scanner.events.delivery_ways import Routes, Trail, named, undecided
from scanner.inventory import Function, Gap, Queue, QueueDetail, ResourcePolicy, describe

_RUNNING = frozenset({None, "Active", "Inactive", "Pending"})
"""States in which a function takes invocations, at once or after it was woken; they are tried again for hours."""


def of_stranger(delivery: Delivery, trail: Trail, kind: str, arn: str) -> Routes | None:
    """What becomes of it in another account, of which only is known what the owner declared; None for this account."""
    owner = (*arn.split(":"), "", "", "", "", "")[4]
    if owner == delivery.places.account.account_id:
        return None
    if delivery.is_siem(arn) and kind != "function":
        return trail.reaches(arn, "siem", f"The {kind} {named(arn)} of another account is declared to be read.")
    return undecided(f"The {kind} {named(arn)} is of account {owner or 'nobody'}, which was not scanned")


def to_function(delivery: Delivery, trail: Trail, arn: str, sender: Sender, role: str | None = None) -> Routes:
    """Whether a function is run with what a service sends."""
    functions = delivery.places.functions
    elsewhere = of_stranger(delivery, trail, "function", arn)
    if elsewhere is not None:
        return elsewhere
    if isinstance(functions, Gap):
        return undecided(describe(functions))
    function = functions.get(arn)
    if function is None:
        return undecided(f"Nobody asked about the function {named(arn)}")
    if isinstance(function.detail, Gap):
        return undecided(f"About the function {named(arn)}: {describe(function.detail)}")
    if function.detail is None:
        return trail.ends("target:function-missing", f"The function {named(arn)} does not exist.")
    if function.detail.state not in _RUNNING:
        return trail.ends("function:not-running", f"The function {named(arn)} is {function.detail.state}.")
    if not isinstance(function.concurrency, Gap) and function.concurrency and function.concurrency.reserved == 0:
        return trail.ends("function:throttled", f"The reserved concurrency of the function {named(arn)} is 0.")
    answer = let_in(delivery, function.policy, sender, "lambda:InvokeFunction", arn, role)
    if answer.verdict == "no":
        text = f"{sender.service} may not run the function {named(arn)}: {answer.reason}."
        return trail.ends("target:function-closed", text)
    if answer.verdict == "only_if":
        return undecided(f"The function {named(arn)}: {answer.reason}")
    return _run(trail, arn, function, answer)


def _run(trail: Trail, arn: str, function: Function, answer: Answer) -> Routes:
    if isinstance(function.concurrency, Gap):
        return undecided(f"The function {named(arn)}: {describe(function.concurrency)}")
    return trail.reaches(arn, "responder", f"The function {named(arn)} is run: {answer.reason}.")


def to_queue(delivery: Delivery, trail: Trail, arn: str, sender: Sender, role: str | None = None) -> Routes:
    """Whether a message comes into a queue; nobody but the owner can say that somebody reads it."""
    queues = delivery.places.queues
    elsewhere = of_stranger(delivery, trail, "queue", arn)
    if elsewhere is not None:
        return elsewhere
    if isinstance(queues, Gap):
        return undecided(describe(queues))
    queue = queues.get(arn)
    if queue is None:
        return undecided(f"Nobody asked about the queue {named(arn)}")
    if isinstance(queue.detail, Gap):
        return undecided(f"About the queue {named(arn)}: {describe(queue.detail)}")
    if queue.detail is None:
        return trail.ends("target:queue-missing", f"The queue {named(arn)} does not exist.")
    return _into_queue(delivery, trail, queue, queue.detail, sender, role)


def _into_queue(
    delivery: Delivery, trail: Trail, queue: Queue, detail: QueueDetail, sender: Sender, role: str | None
) -> Routes:
    key = past_key(delivery, trail, "queue", queue.arn, detail.kms_key, sender)
    if key is not None and key.broken:
        return key
    answer = let_in(delivery, detail.policy, sender, "sqs:SendMessage", queue.arn, role)
    if answer.verdict == "no":
        text = f"{sender.service} may not send to the queue {named(queue.arn)}: {answer.reason}."
        return trail.ends("target:queue-closed", text)
    if answer.verdict == "only_if":
        return undecided(f"The queue {named(queue.arn)}: {answer.reason}")
    if key is not None:
        return key
    if delivery.is_siem(queue.arn):
        return trail.reaches(queue.arn, "siem", f"The queue {named(queue.arn)} is declared to be read.")
    if delivery.hands_over:
        return trail.reaches(queue.arn, "service", f"The queue {named(queue.arn)} has it: {answer.reason}.")
    return undecided(f"Who reads the queue {named(queue.arn)} is not known; declare it where another system does")


def let_in(
    delivery: Delivery, policy: ResourcePolicy | Gap | None, sender: Sender, action: str, arn: str, role: str | None
) -> Answer:
    """By its policy, and where the target names a role by that as well.

    EventBridge takes no role for these targets in some cases and fails with it in others, so that one of them alone
    settles nothing.
    """
    answer = Answer("only_if", describe(policy)) if isinstance(policy, Gap) else admits(policy, sender, action, arn)
    if role is None:
        return answer
    by_role = delivery.places.role_may(role, sender, action, arn)
    if answer.verdict == by_role.verdict:
        return answer
    return Answer("only_if", f"{answer.reason}, but {by_role.reason}")
