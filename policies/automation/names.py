"""How the parts of the alerting stack are called; fixed names, so that policies can name each other."""

from __future__ import annotations

from policies.documents.protecting import RESPONDER
from policies.preparation.language import Language

ALERTING = "guardrift-alerting"
"""The topic, the queue of what could not be handed over; what the names of rules and alarms begin with."""

ELSEWHERE = f"{ALERTING}-elsewhere"
"""What the names of alarms begin with in other regions than the home region."""

FORWARD = f"{ALERTING}-forward"
"""The role by which other regions send to the home region; with the region behind it where each has its own."""

APPROVE = "guardrift-approve"
"""The policy of those who may run the function."""

BUNDLE = "guardrift-responder.zip"
"""The code of the function, as ``guardrift policies lambda-bundle`` builds it."""

HANDLER = "guardrift.responder.handle"
"""What Lambda calls in it."""

JOURNAL = "journal/"
"""What the names of the function's objects begin with."""

LOG_GROUP = f"/aws/lambda/{RESPONDER}"
"""Where the function writes its log."""


def rule_arn(language: Language, rule: str) -> object:
    """The ARN of a rule on the default bus."""
    return language.arn(f"events:{language.region}:{language.account}:rule/{rule}")


def topic_arn(language: Language) -> object:
    """The ARN of the topic."""
    return language.arn(f"sns:{language.region}:{language.account}:{ALERTING}")


def queue_arn(language: Language) -> object:
    """The ARN of the queue of a region."""
    return language.arn(f"sqs:{language.region}:{language.account}:{ALERTING}")


def function_arn(language: Language) -> object:
    """The ARN of the function."""
    return language.arn(f"lambda:{language.region}:{language.account}:function:{RESPONDER}")
