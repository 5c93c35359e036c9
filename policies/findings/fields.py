"""The members of JSON that others wrote: found without regard to case, and taken only if they are of the right type."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from scanner.errors import UsageError
from scanner.iam.principals import is_account_id

_LONGEST = 2048
"""The longest ARN of AWS; a longer text names nothing, and is not carried on."""

_LONGEST_TITLE = 512
_SURROGATE = re.compile("[\ud800-\udfff]")
_REGION = re.compile(r"[a-z]{2,6}(?:-[a-z]+){1,3}-[0-9]{1,2}")
_ZONE = re.compile(r"([a-z]{2,6}(?:-[a-z]+){1,3}?-[0-9]{1,2})(?:[a-z]|-[a-z0-9-]+)")
_INSTANCE = re.compile(r"i-[0-9a-f]{8,32}")
_KEY = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{12,124}")
_LARGEST_SECONDS = 100_000_000_000
"""A larger number of a time counts milliseconds: as seconds it would lie in the year 5138."""


class _Repeated:
    """Stands for a member that an object has more than once, in whatever case."""


_REPEATED: Final = _Repeated()


def folded(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """A JSON object by the lower case of its names; a name that occurs twice cannot be read any more."""
    found: dict[str, object] = {}
    for name, value in pairs:
        key = name.lower()
        found[key] = _REPEATED if key in found else value
    return found


def member(node: object, *path: str) -> object:
    """What lies under a path of names; None where there is nothing, or null.

    Raises:
        UsageError: an object on the way has the name twice, so that it is not known what is meant.
    """
    for name in path:
        if not isinstance(node, dict):
            return None
        node = node.get(name.lower())
        if node is _REPEATED:
            raise UsageError(
                f"The finding has {name} twice in one object, so that it cannot be told which of them is meant.",
                "Export the finding again, as AWS gives it.",
            )
    return node


def text(node: object, *path: str) -> str | None:
    """The text under a path; None where it is empty, of another type, or too long to name anything.

    Halves of surrogate pairs, which no file can hold, become U+FFFD, which no name of AWS has.
    """
    value = member(node, *path)
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
        return None
    return _SURROGATE.sub("\ufffd", value)


def title(node: object, *path: str) -> str:
    """A sentence under a path, cut where it is too long."""
    value = member(node, *path)
    if not isinstance(value, str):
        return ""
    value = _SURROGATE.sub("\ufffd", value[: _LONGEST_TITLE + 1])
    return value if len(value) <= _LONGEST_TITLE else f"{value[: _LONGEST_TITLE - 3]}..."


def items(node: object, *path: str) -> Iterator[object]:
    """The elements of the array under a path."""
    value = member(node, *path)
    if isinstance(value, list):
        yield from value


def number(node: object, *path: str) -> float | None:
    """The finite number under a path, also where it is written as text."""
    value = member(node, *path)
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and len(value) <= 20:
        with suppress(ValueError):
            value = float(value)
    if not isinstance(value, int | float):
        return None
    with suppress(OverflowError):
        return float(value) if math.isfinite(value) else None
    return None


def whole(node: object, *path: str) -> int | None:
    """The count under a path."""
    value = number(node, *path)
    return int(value) if value is not None and 0 <= value < 2**53 else None


def flag(node: object, *path: str) -> bool | None:
    """The truth value under a path, also where it is written as text."""
    value = member(node, *path)
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def account(node: object, *path: str) -> str | None:
    """The account id under a path; None where it is not twelve digits."""
    value = member(node, *path)
    return value if isinstance(value, str) and is_account_id(value) else None


def region(node: object, *path: str) -> str | None:
    """The region under a path; None where the text has not the form of one."""
    value = text(node, *path)
    return value if value and _REGION.fullmatch(value) else None


def region_of_zone(zone: str | None) -> str | None:
    """The region of an availability zone, a local zone or a wavelength zone."""
    found = _ZONE.fullmatch(zone) if zone else None
    return found[1] if found else None


def is_instance_id(value: str | None) -> bool:
    """Whether a text is the id of an EC2 instance."""
    return bool(value and _INSTANCE.fullmatch(value))


def is_key_id(value: str | None) -> bool:
    """Whether a text is the id of an access key, long-term or of a session."""
    return bool(value and _KEY.fullmatch(value))


def instant(node: object, *path: str) -> datetime | None:
    """The time under a path: ISO 8601 with or without a fraction, seconds or milliseconds, or as mail writes it."""
    value = member(node, *path)
    if isinstance(value, bool) or value is None:
        return None
    with suppress(ValueError, OverflowError, OSError, TypeError):
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000 if abs(value) > _LARGEST_SECONDS else value, UTC)
        if isinstance(value, str) and len(value) <= 64:
            return _in_utc(_parsed(value.strip()))
    return None


def _parsed(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return parsedate_to_datetime(value)


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
