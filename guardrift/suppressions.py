"""Suppressions as people write them: what the schema of the configuration cannot say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from scanner.errors import UsageError
from scanner.suppression import Suppression, days_left


def with_dates_as_texts(content: Mapping[str, object]) -> Mapping[str, object]:
    """The table with the days on which suppressions expire as JSON has them, which TOML writes without quotes."""
    entries = content.get("suppress")
    if not isinstance(entries, list):
        return content
    return {**content, "suppress": [_with_text_for_date(entry) for entry in entries]}


def _with_text_for_date(entry: object) -> object:
    if not isinstance(entry, dict) or not isinstance(entry.get("expires"), date):
        return entry
    return {**entry, "expires": entry["expires"].isoformat()}


def check_resources(suppressions: Sequence[Suppression], place: str) -> None:
    """Raise ``UsageError`` for a suppression that no resource can fit, which would silently do nothing."""
    for number, suppression in enumerate(suppressions):
        if not suppression.can_fit:
            raise UsageError(
                f"{place}: suppress[{number}].resource: {suppression.resource!r} is the whole of no ARN",
                "Write the whole ARN, or begin with *.",
            )


def check_lengths(suppressions: Sequence[Suppression], most: int, place: str, now: datetime) -> None:
    """Raise ``UsageError`` for a suppression that would last longer than so many days."""
    for number, suppression in enumerate(suppressions):
        ahead = days_left(suppression.expires, now)
        if ahead > most:
            raise UsageError(
                f"{place}: suppress[{number}].expires: {suppression.expires} is {ahead:,} days ahead, and at most "
                f"{most:,} are allowed",
                "Choose an earlier day, or set max_days of [acceptance].",
            )
