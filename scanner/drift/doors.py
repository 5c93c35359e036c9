"""What opens a thing by where it leads: security groups open to the world, and keys and log groups of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scanner.addresses import is_private, is_wide
from scanner.drift.fields import Difference
from scanner.drift.surroundings import Surroundings
from scanner.drift.weighing import Weighed
from scanner.findings import Severity
from scanner.reach_admission import family_of, network_of

_Door = tuple[str, int | None, int | None, str]
"""Protocol, ports and the family of addresses of a rule that lets anybody in."""

WeighBeside = Callable[[Difference, Any, Surroundings, Surroundings], Weighed | None]
"""Weighs a difference of an entry by what else there is on either side."""


def of_new_group(entry: Any) -> Weighed | None:
    """A security group that came, by whether anybody comes in by it; what a list of prefixes holds is not known."""
    if _doors([entry]):
        return Weighed("widens", "medium", "open to the world")
    sources = [text for rule in entry.ingress for text in rule.sources]
    if any(text.startswith("pl-") for text in sources):
        return Weighed("widens", "low", "open to a list of prefixes")
    return None


def of_carried(found: Difference, entry: Any, before: Surroundings, after: Surroundings) -> Weighed | None:
    """Other security groups on something: it is open to the world in more ways than before, or in fewer."""
    old, _ = before.groups(entry.region, found.before or ())
    new, _ = after.groups(entry.region, found.after or ())
    come = frozenset(found.after or ()) - frozenset(found.before or ())
    gone = frozenset(found.before or ()) - frozenset(found.after or ())
    is_read = after.groups(entry.region, come)[1]
    was_read = before.groups(entry.region, gone)[1]
    wider, narrower = _doors(new) - _doors(old), _doors(old) - _doors(new)
    if wider:
        return Weighed("widens", "medium", "has a security group that is open to the world")
    if not is_read:
        return Weighed("widens", "medium", "has a security group that was not read")
    return Weighed("narrows", "info", "has a security group less that is open") if narrower or not was_read else None


def _of_place(severity: Severity, words: str, *, is_better_than_none: bool = False) -> WeighBeside:
    """A key or a log group: that one of another account comes is bad, and a key by another name is the same.

    Where any is better than none, that it goes weighs as the loss of one of the account does.
    """

    def weigh(found: Difference, entry: Any, before: Surroundings, after: Surroundings) -> Weighed | None:
        region = _region(entry)
        place = after.key(region, found.after) if found.after else ""
        if not found.before and place and not after.is_own(_account(place)):
            return Weighed("widens", severity, words)
        if (
            not place
            and not is_better_than_none
            and not before.is_own(_account(before.key(region, found.before or "")))
        ):
            return Weighed("narrows", "info", f"no longer {words}")
        if found.before and place and before.key(region, found.before) == place:
            return Weighed("neutral", "info", found.field)
        return None

    return weigh


def _region(entry: Any) -> str:
    """Where a thing is, by what it says or by its ARN; names of keys are those of a region."""
    own = getattr(entry, "region", None) or getattr(getattr(entry, "bucket", None), "region", None)
    return own or ":".join([*getattr(entry, "arn", "").split(":"), *[""] * 4]).split(":")[3]


def _account(arn: str) -> str | None:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else None


BESIDE: dict[tuple[str, str], WeighBeside] = {
    ("instance", "security_groups"): of_carried,
    ("load-balancer", "security_groups"): of_carried,
    ("trail", "kms_key"): _of_place(
        "high", "log files encrypted with a key of another account", is_better_than_none=True
    ),
    ("trail", "log_group"): _of_place(
        "high", "trail delivers to a log group of another account", is_better_than_none=True
    ),
    ("topic", "detail.kms_key"): _of_place("medium", "topic encrypted with a key of another account"),
    ("queue", "detail.kms_key"): _of_place("medium", "queue encrypted with a key of another account"),
    ("event-data-store", "detail.kms_key"): _of_place("high", "events encrypted with a key of another account"),
    ("log-bucket", "bucket.encryption.kms_key"): _of_place("medium", "objects encrypted with a key of another account"),
}
"""What is weighed by more than itself."""


def _doors(groups: Iterable[Any]) -> frozenset[_Door]:
    return frozenset(
        (rule.protocol, rule.from_port, rule.to_port, family_of(network))
        for group in groups
        for rule in group.ingress
        for text in rule.sources
        if (network := network_of(text)) is not None and is_wide(network) and not is_private(network)
    )
