"""What is checked: one package per family of rules; a new family is one more import and one more name here."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from rules import (
    access_keys,
    alert_path,
    blast_radius,
    detection,
    guardduty,
    identity,
    imds,
    least_privilege,
    log_storage,
    organization,
    response,
    trails,
    trust,
)
from scanner.engine import Rule


def registry(modules: Iterable[ModuleType]) -> dict[str, Rule]:
    """The rules of some modules by id; raises ValueError if an id occurs twice."""
    found: dict[str, Rule] = {}
    for module in modules:
        for item in vars(module).values():
            if isinstance(item, Rule):
                if item.id in found:
                    raise ValueError(f"two rules are called {item.id}")
                found[item.id] = item
    return dict(sorted(found.items()))


_FAMILIES = (
    access_keys, alert_path, blast_radius, detection, guardduty, identity, imds, least_privilege, log_storage,
    organization, response, trails, trust,
)  # fmt: skip

RULES: dict[str, Rule] = registry(module for family in _FAMILIES for module in family.MODULES)
"""Every built-in rule by id."""
