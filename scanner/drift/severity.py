"""How bad it is that a principal gained something, or that a role admits more."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.drift.actions import OTHERS, levels_of
from scanner.drift.deciding import Layers
from scanner.drift.documents import Reworded, Statement
from scanner.drift.grants import compare_grants
from scanner.drift.grave import of_grave
from scanner.drift.told import Grant
from scanner.findings import SEVERITIES, Severity
from scanner.iam.catalogue import Level

_MOST_NAMED = 5
_CHANGING = frozenset({Level.WRITE.value, Level.TAGGING.value, "Unknown"})


def severity_of(gained: Iterable[Grant]) -> Severity:
    """How bad it is to gain this: everything, then permissions and what is grave, what changes, what reads."""
    gained = list(gained)
    found = [(grant, each) for grant in gained for each in grant.actions]
    if any("*" in grant.resources and _is_nearly_everything(grant) for grant in gained):
        return "critical"
    grave = [each for each in map(of_grave, gained) if each is not None]
    if "high" in grave:
        return "high"
    # Those of whole services are looked up last, since that takes longest.
    worst: Severity = min(("low", *grave), key=SEVERITIES.index)
    for _, each in sorted(found, key=lambda pair: pair[1].level == "*"):
        levels = set(levels_of(each.service)) if each.level == "*" else {each.level}
        if Level.PERMISSIONS_MANAGEMENT.value in levels:
            return "high"
        if levels & _CHANGING:
            worst = "medium"
    return worst


def of_holder(layers: Layers) -> Severity:
    """How bad it is that somebody else has a name, by all that it holds: what was not read may be anything."""
    if layers.unread or layers.unread_boundary:
        return "high"
    held = severity_of(compare_grants(Layers(caller=layers.caller, scps=layers.scps), layers).gained)
    return "high" if held in ("critical", "high") else "medium"


def _is_nearly_everything(grant: Grant) -> bool:
    """Whether it is everything but what was allowed before: actions that nobody knows are in it, and those of IAM."""
    if any(each.service == each.level == "*" for each in grant.actions):
        return True
    return any(each.names == (OTHERS,) for each in grant.actions) and any(
        each.service == "iam" and each.level in ("*", Level.PERMISSIONS_MANAGEMENT.value) for each in grant.actions
    )


def of_strangers(trust: Reworded, account_id: str) -> tuple[Severity, str] | None:
    """How bad it is whom a new role admits, and in words; None where it admits nobody beyond the account itself."""
    if of_admitted(trust) == "critical":
        return "critical", "its trust policy admits everyone"
    named: set[str] = set()
    for each in trust.come:
        principals = each.get("Principal")
        if each["Effect"] == "Allow" and isinstance(principals, dict):
            named.update(name for name in principals.get("AWS", ()) if account_id not in _accounts(name))
    if not named:
        return None
    more = f" and {len(named) - _MOST_NAMED:,} more" if len(named) > _MOST_NAMED else ""
    return (
        "high",
        f"its trust policy admits principals beyond the account: {', '.join(sorted(named)[:_MOST_NAMED])}{more}",
    )


def _accounts(name: str) -> list[str]:
    """The account of a principal, by its id or in its ARN."""
    return [name, *name.split(":")[4:5]]


def of_admitted(changed: Reworded) -> Severity:
    """Critical where everyone is admitted without a condition."""
    is_open = any(
        each["Effect"] == "Allow" and not each.get("Condition") and ("NotPrincipal" in each or _has_everyone(each))
        for each in changed.come
    )
    return "critical" if is_open else "high"


def _has_everyone(statement: Statement) -> bool:
    named = statement.get("Principal")
    return named == "*" or (isinstance(named, dict) and "*" in named.get("AWS", ()))
