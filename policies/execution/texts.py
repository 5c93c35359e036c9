"""What texts in AWS mean: when two say the same, which is a containment, and up to when it denies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from policies.cutoff import PLACEHOLDER, format_instant
from scanner.iam.conditions import moment

MARGIN = timedelta(seconds=30)
"""How far ahead a cutoff lies: a policy takes seconds to spread, and sessions issued meanwhile are caught, too."""

STEP = timedelta(seconds=10)
"""Cutoffs are whole multiples of it, so that runs at nearly the same time write the same one (see ``putting``)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime.max.replace(microsecond=0, tzinfo=UTC)
_ISSUED = "aws:tokenissuetime"
_PRINCIPAL = "aws:principalarn"


def same(one: str | None, other: str | None) -> bool:
    """Whether two texts say the same: equal, or the same JSON."""
    if one == other or one is None or other is None:
        return one == other
    return _json(one) is not None and _canonical(_json(one)) == _canonical(_json(other))


def digest(text: str | None) -> str:
    """The SHA-256 of what a text says; empty where there is none."""
    if text is None:
        return ""
    found = _json(text)
    meant = text if found is None else _canonical(found)
    return hashlib.sha256(meant.encode("utf-8", "surrogatepass")).hexdigest()


def is_timed(document: str) -> bool:
    """Whether a document that guardrift rendered has a time that is computed when it is put in place."""
    return PLACEHOLDER in document


def filled(document: str, cutoff: datetime) -> str:
    """A document with its cutoff."""
    return document.replace(PLACEHOLDER, format_instant(cutoff))


def least_cutoff(now: datetime) -> datetime:
    """The cutoff that a revocation made at this time has at least: the margin ahead, rounded up to a whole step."""
    ahead = now.astimezone(UTC) + MARGIN
    beyond = (ahead - _EPOCH) % STEP
    return ahead if not beyond else ahead + STEP - beyond


def latest_cutoff(text: str | None) -> datetime | None:
    """The latest time in the conditions on when a session was issued, up to a whole second; None without such."""
    times = [found for value in _issued(_json(text or "")) if (found := _moment(value)) is not None]
    return max(map(_whole, times), default=None)


def is_like(present: str, document: str) -> bool:
    """Whether a policy says what a rendered document says, but for its times and for further principals it names.

    Sids, the order of elements and of values, and whether a single value stands in a list mean nothing.
    """
    return bool(_shape(present)) and _shape(present) == _shape(document)


def names_all_of(present: str, document: str) -> bool:
    """Whether a policy names every principal in its conditions that another one does."""
    return set(_principals(_json(document))) <= set(_principals(_json(present)))


def principals_of(document: str) -> frozenset[str]:
    """The ARNs, or patterns of them, of the principals that a policy names in its conditions."""
    return frozenset(_principals(_json(document)))


def with_all_principals(document: str, present: str | None) -> str:
    """A document that names the principals of the present one, too, so that none of them is let go."""
    there = sorted(_principals(_json(present or "")))
    mine = _json(document)
    if not there or not set(there) - set(_principals(mine)):
        return document
    for conditions in _conditions(mine):
        for operands in conditions.values():
            for key in [key for key in operands if key.lower() == _PRINCIPAL]:
                operands[key] = sorted({*_listed(operands[key]), *there})
    return json.dumps(mine, separators=(",", ":"))


def _whole(instant: datetime) -> datetime:
    begun = timedelta(seconds=1) if instant.microsecond else timedelta()
    whole = instant.replace(microsecond=0)
    # The last second that there is has no next one.
    return whole if whole == _LAST else whole + begun


def _moment(value: object) -> datetime | None:
    """A time in a policy that anybody may have written."""
    try:
        return moment(str(value))
    except (ValueError, OverflowError):
        return None


def _json(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _statements(policy: Any) -> list[dict[str, Any]]:
    found = policy.get("Statement") if isinstance(policy, dict) else None
    return [each for each in _listed(found) if isinstance(each, dict)]


def _conditions(policy: Any) -> Iterator[dict[str, Any]]:
    for statement in _statements(policy):
        found = statement.get("Condition")
        if isinstance(found, dict) and all(isinstance(each, dict) for each in found.values()):
            yield found


def _issued(policy: Any) -> Iterator[Any]:
    for conditions in _conditions(
        {"Statement": [each for each in _statements(policy) if each.get("Effect") == "Deny"]}
    ):
        for operator, operands in conditions.items():
            if operator.lower().startswith("datelessthan"):
                yield from (one for key, value in operands.items() if key.lower() == _ISSUED for one in _listed(value))


def _principals(policy: Any) -> Iterator[str]:
    for conditions in _conditions(policy):
        for operands in conditions.values():
            yield from (
                str(one) for key, value in operands.items() if key.lower() == _PRINCIPAL for one in _listed(value)
            )


def _shape(text: str) -> list[str]:
    return sorted(_canonical(_plain(each)) for each in _statements(_json(text)))


def _plain(statement: dict[str, Any]) -> dict[str, Any]:
    found = {name: sorted(map(str, _listed(value))) for name, value in statement.items() if name not in _APART}
    conditions = statement.get("Condition")
    if isinstance(conditions, dict):
        found["Condition"] = {
            operator.lower(): _operands(operands) if isinstance(operands, dict) else operands
            for operator, operands in conditions.items()
        }  # type: ignore[assignment]  # a condition is a mapping, where every other element is a list of texts
    return found


_APART = frozenset({"Sid", "Condition"})


def _operands(operands: dict[str, Any]) -> dict[str, Any]:
    masked = {_ISSUED, _PRINCIPAL}
    return {
        key.lower(): "any" if key.lower() in masked else sorted(map(str, _listed(value)))
        for key, value in operands.items()
    }
