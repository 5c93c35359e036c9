"""What is checked: one module per family of rules; a new family is one more import and one more name here."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from rules import (
    access_keys,
    escalation,
    evasion,
    federation,
    guardduty,
    identity,
    imds,
    incident,
    least_privilege,
    trails,
    trust,
)
from scanner.engine import Rule


def registry(families: Iterable[ModuleType]) -> dict[str, Rule]:
    """The rules of some modules by id; raises ValueError if an id occurs twice."""
    found: dict[str, Rule] = {}
    for family in families:
        for item in vars(family).values():
            if isinstance(item, Rule):
                if item.id in found:
                    raise ValueError(f"two rules are called {item.id}")
                found[item.id] = item
    return dict(sorted(found.items()))


_FAMILIES = (
    access_keys, escalation, evasion, federation, guardduty, identity, imds, incident, least_privilege, trails, trust,
)  # fmt: skip

RULES: dict[str, Rule] = registry(_FAMILIES)
"""Every built-in rule by id."""
