"""The rule engine: rules are handed to it, and it asks each of them once per subject."""

from scanner.engine.declared import Declared
from scanner.engine.rule import AtLeastOne, Hit, Met, NoParameters, NotNegative, Rule, Scene, rule
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
    "Subject",
    "Unread",
    "rule",
]
