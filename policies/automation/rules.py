"""The rules of the stack: what each takes, where it is, and where it sends it.

EventBridge hands an event on to a bus of another region as it is, and no further: what came from another bus is not
sent to a third. So the other regions send to the home region, which sends to nobody's bus, and nothing goes in circles.

Source: "Sending and receiving events between AWS Regions" and "Sending events between event buses in the same account
and Region" in the EventBridge User Guide; "Creating EventBridge rules for AWS Region coverage" in the AWS Health User
Guide: events that belong to no region come in us-east-1, and in us-west-2 for when that fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from policies.automation import messages, patterns
from policies.automation.messages import Message
from policies.automation.names import ALERTING
from policies.automation.patterns import Pattern
from policies.preparation.language import Language
from policies.preparation.wish import Mode

Place = Literal["home", "elsewhere", "elsewhere, where IAM tells"]
Receiver = Literal["topic", "function", "home"]

MOST_TRIES = 185
"""How often EventBridge tries to hand an event over, within the time below."""

LONGEST_TRY = 3_600
"""For how many seconds EventBridge tries; then the event comes into the queue, and an alarm goes off."""


class AlertRule(NamedTuple):
    """One rule.

    Attributes:
        short: its name without the beginning that all share.
        says: what it is for.
        pattern: what it takes.
        place: the regions in which it is.
        to: who gets the event; the bus of the home region, where it is not in there.
        message: what is made of it for people.
    """

    short: str
    says: str
    pattern: Pattern
    place: Place
    to: Receiver
    message: Message | None = None

    @property
    def name(self) -> str:
        """How the rule is called in EventBridge."""
        return f"{ALERTING}-{self.short}"


def rules_of(mode: Mode, language: Language) -> tuple[AlertRule, ...]:
    """Every rule of the stack."""
    return (*_telling(language), *_acting(mode), *_forwarding(language))


def _telling(language: Language) -> Iterator[AlertRule]:
    taken: tuple[tuple[str, str, Pattern, Message], ...] = (
        ("findings", "Findings of GuardDuty about credentials.", patterns.findings(), messages.FINDING),
        ("exposures", "Credentials found in public, by AWS Health.", patterns.exposures(), messages.EXPOSURE),
        ("quarantines", "AWS's own quarantine of a user.", patterns.quarantines(language), messages.QUARANTINE),
        ("alarms", "Alarms of this stack in other regions.", patterns.alarms_elsewhere(), messages.ALARM),
    )
    for short, says, pattern, message in taken:
        yield AlertRule(short, says, pattern, "home", "topic", message)


def _acting(mode: Mode) -> Iterator[AlertRule]:
    if mode == "notify":
        return
    findings, exposures = patterns.findings_to_act_on(), patterns.exposures_to_act_on()
    yield AlertRule("act-on-findings", "Findings for the function; no samples.", findings, "home", "function")
    yield AlertRule("act-on-exposures", "Open exposures for the function.", exposures, "home", "function")


def _forwarding(language: Language) -> Iterator[AlertRule]:
    says = "On to the home region."
    yield AlertRule("forward-findings", says, patterns.findings(), "elsewhere", "home")
    yield AlertRule("forward-exposures", says, patterns.exposures(), "elsewhere", "home")
    yield AlertRule("forward-alarms", says, patterns.alarms_elsewhere(), "elsewhere", "home")
    quarantines = patterns.quarantines(language)
    yield AlertRule("forward-quarantines", says, quarantines, "elsewhere, where IAM tells", "home")


def names_of(mode: Mode, language: Language, *, home: bool) -> tuple[str, ...]:
    """The names of the rules in the home region, or in the others."""
    return tuple(each.name for each in rules_of(mode, language) if (each.place == "home") is home)
