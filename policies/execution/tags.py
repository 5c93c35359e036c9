"""The tag by which a contained principal is known, and how many were contained lately."""

from __future__ import annotations

from datetime import datetime, timedelta

from policies.cutoff import format_instant
from policies.documents.protecting import QUARANTINE_TAG
from scanner.iam.conditions import moment
from scanner.inventory import Account, Role, User, known

CONTAINED = "contained"
"""How the value of the tag begins; the time follows."""

_LATELY = timedelta(hours=1)


def value_at(now: datetime) -> str:
    """The value of the tag of a principal that is contained now."""
    return f"{CONTAINED} {format_instant(now)}"


def says_contained(value: str | None) -> bool:
    """Whether a value of the tag says that a principal is contained."""
    return value is not None and value.partition(" ")[0] == CONTAINED


def contained_lately(account: Account, now: datetime) -> int:
    """How many principals were contained within the last hour, by guardrift.

    Raises:
        NotCollected: roles or users were not read.
    """
    everybody: tuple[Role | User, ...] = (*known(account.roles), *known(account.users))
    values = (tag.value for each in everybody for tag in each.tags if tag.key.casefold() == QUARANTINE_TAG.casefold())
    times = (moment(value.partition(" ")[2]) for value in values if says_contained(value))
    return sum(time is not None and abs(now - time) < _LATELY for time in times)
