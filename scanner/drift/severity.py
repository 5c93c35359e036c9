"""How bad it is that a principal gained something, or that a role admits more."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.drift.actions import levels_of
from scanner.drift.documents import Reworded
from scanner.drift.told import Grant
from scanner.findings import Severity
from scanner.iam.catalogue import Level

_CHANGING = frozenset({Level.WRITE.value, Level.TAGGING.value, "Unknown"})


def severity_of(gained: Iterable[Grant]) -> Severity:
    """How bad it is to gain this: everything, then permissions, then what changes things, then what reads."""
    found = [(grant, each) for grant in gained for each in grant.actions]
    if any(each.service == each.level == "*" and "*" in grant.resources for grant, each in found):
        return "critical"
    # Those of whole services are looked up last, since that takes longest.
    worst: Severity = "low"
    for _, each in sorted(found, key=lambda pair: pair[1].level == "*"):
        levels = set(levels_of(each.service)) if each.level == "*" else {each.level}
        if Level.PERMISSIONS_MANAGEMENT.value in levels:
            return "high"
        if levels & _CHANGING:
            worst = "medium"
    return worst


def of_admitted(changed: Reworded) -> Severity:
    """Critical where everyone is admitted without a condition."""
    everyone = ({"AWS": ["*"]}, "*")
    is_open = any(
        each["Effect"] == "Allow" and not each.get("Condition")
        and (each.get("Principal") in everyone or "NotPrincipal" in each)
        for each in changed.come
    )  # fmt: skip
    return "critical" if is_open else "high"
