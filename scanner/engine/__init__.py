"""The rule engine: rules are handed to it, and it asks each of them once per subject."""

from scanner.engine.declared import Declared
from scanner.engine.rule import (
    AtLeastOne,
    Hit,
    Met,
    NoParameters,
    NotNegative,
    Rule,
    Scene,
    ServicePrincipal,
    rule,
)
from scanner.engine.subjects import Subject, Unread

__all__ = [
    "AtLeastOne",
    "Declared",
    "Hit",
    "Met",
    "NoParameters",
    "NotNegative",
    "Rule",
    "Scene",
    "ServicePrincipal",
    "Subject",
    "Unread",
    "rule",
]
