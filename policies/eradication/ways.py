"""How a thing of the diff is taken away, and how the calls for it are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from policies.eradication.comparison import Comparison
from policies.eradication.told import Urgency
from scanner.drift.told import Change
from scanner.inventory import Account, Gap
from scanner.shell import command, option


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How one thing is disabled and taken away; see ``Remnant``."""

    urgency: Urgency = "other"
    hold: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    breaks: str = ""
    note: str = ""


Make = Callable[[Comparison, Change], Ways]


def call(change: Change, service: str, operation: str, **options: str) -> str:
    """A call in the region of a thing; an option is named as its parameter."""
    words = [option("--" + name.replace("_", "-"), value) for name, value in options.items()]
    where = [option("--region", region)] if (region := region_of(change)) else []
    return " ".join((command("aws", service, operation), *where, *words))


def region_of(change: Change) -> str:
    """The region of a thing; empty for what has none."""
    arn = change.resource.arn.split(":")
    return change.resource.region or (arn[3] if len(arn) > 5 and arn[0] == "arn" else "")


def parts_of(account: Account, change: Change, part: str) -> Iterable[Any]:
    """The things of a part of the region of a change."""
    for region in account.regions:
        if region.name == change.resource.region:
            found = getattr(region, part)
            return () if isinstance(found, Gap) else found
    return ()
