"""What the encryption of a topic or a queue makes of a message that a service sends there."""

from __future__ import annotations

from scanner.events.delivery_admission import Sender, admits
from scanner.events.delivery_places import Delivery
from scanner.events.delivery_ways import Routes, Trail, named, undecided
from scanner.iam.context import Values
from scanner.inventory import Gap, KmsKey, describe

_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
_CONTEXT = {"topic": "aws:sns:topicArn", "queue": "aws:sqs:arn"}
"""Under which name SNS and SQS tell a key for what they use it."""


def past_key(delivery: Delivery, trail: Trail, kind: str, arn: str, name: str | None, sender: Sender) -> Routes | None:
    """What becomes of a message before a ``topic`` or ``queue`` that is encrypted; None where it is no obstacle.

    Args:
        delivery: what every link is judged with.
        trail: the way so far.
        kind: ``topic`` or ``queue``.
        arn: which one.
        name: its key as it names it.
        sender: the service that sends.
    """
    if not name:
        return None
    what = f"The {kind} {named(arn)}"
    if name.rpartition(":")[2].startswith("alias/aws/"):
        return trail.ends(f"{kind}:aws-managed-key", _managed(what, kind, sender))
    keys = delivery.places.keys
    if isinstance(keys, Gap):
        return undecided(f"{what} is encrypted: {describe(keys)}")
    key = keys.get((_region_of(name) or arn.split(":")[3], name))
    if key is None:
        return undecided(f"{what} is encrypted with {name}, about which nobody asked")
    return _through(trail, kind, arn, key, sender)


def _through(trail: Trail, kind: str, arn: str, key: KmsKey, sender: Sender) -> Routes | None:
    what = f"The {kind} {named(arn)}"
    if isinstance(key.detail, Gap):
        return undecided(f"{what} is encrypted: {describe(key.detail)}")
    if key.detail is None:
        return trail.ends(f"{kind}:key-missing", f"{what} is encrypted with a key that does not exist.")
    if key.detail.manager == "AWS":
        return trail.ends(f"{kind}:aws-managed-key", _managed(what, kind, sender))
    if key.detail.state != "Enabled":
        return trail.ends(f"{kind}:key-disabled", f"{what} is encrypted with a key that is {key.detail.state}.")
    if isinstance(key.policy, Gap):
        return undecided(f"{what} is encrypted: {describe(key.policy)}")
    tells_source = _tells_source(kind, sender)
    for action in _ACTIONS:
        resource, said = key.arn or key.named, _said(kind, arn)
        found = admits(key.policy, sender, action, resource, names_source=tells_source, said=said)
        if found.verdict == "no":
            text = f"{sender.service} may not {action} with the key of the {kind} {named(arn)}: {found.reason}."
            return trail.ends(f"{kind}:key-closed", text)
        if found.verdict == "only_if":
            return undecided(f"The key of the {kind} {named(arn)}: {found.reason}")
    return None


def _tells_source(kind: str, sender: Sender) -> bool | None:
    """Whether a key is told for whom the service sends; None where that is not known.

    SNS documents that a key policy cannot ask for whom EventBridge publishes: such a statement lets nothing in. For
    queues nothing of the kind is documented.
    """
    return None if kind == "queue" else sender.service != "events.amazonaws.com"


def _said(kind: str, arn: str) -> dict[str, Values]:
    context = _CONTEXT[kind]
    return {f"kms:encryptioncontext:{context.lower()}": (arn,), "kms:encryptioncontextkeys": (context,)}


def _managed(what: str, kind: str, sender: Sender) -> str:
    return f"{what} is encrypted with the key of AWS for {kind}s, which {sender.service} may not use."


def _region_of(key: str) -> str:
    return key.split(":")[3] if key.startswith("arn:") and key.count(":") >= 5 else ""
