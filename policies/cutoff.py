"""The cutoff of a revocation: sessions issued before it are denied."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

PLACEHOLDER = "${CUTOFF}"
"""Stands for the cutoff in a document rendered ahead of an incident."""

_MARGIN = timedelta(seconds=30)
_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

# `date` cuts fractions of a second off where format_cutoff rounds up, hence 31 and not 30. BSD's -v comes first: GNU's
# date refuses it, whereas -d sets the kernel's daylight saving time on older BSDs.
SHELL_ASSIGNMENT = (
    "CUTOFF=$(date -u -v+31S +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -d '+31 seconds' +%Y-%m-%dT%H:%M:%SZ)"
)
"""A shell command that sets ``CUTOFF`` when it is run, with GNU or BSD ``date``, and fails where neither works."""

SHELL_EXPANSION = '"${CUTOFF:?no time came from date, so nothing was sent}"'
"""The cutoff as part of a shell word; the shell refuses the whole command if it is empty."""


def format_cutoff(now: datetime) -> str:
    """The cutoff for a revocation made now: rounded up to a second, plus 30 seconds, such as ``2026-11-20T23:00:31Z``.

    It lies ahead because a policy takes seconds to spread, and sessions issued meanwhile must be caught, too; AWS's own
    console does the same. Raises ValueError if ``now`` has no time zone.
    """
    utc = _utc(now)
    begun = timedelta(seconds=1) if utc.microsecond else timedelta()
    return format_instant(utc.replace(microsecond=0) + begun + _MARGIN)


def format_instant(instant: datetime) -> str:
    """An aware time, cut to the second, in the form that every reader of policies takes: ``YYYY-MM-DDThh:mm:ssZ``."""
    return _utc(instant).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def parse_cutoff(text: str) -> datetime:
    """The cutoff that someone gave, as an aware time; raises ValueError, which says the form, for anything else."""
    if _FORM.fullmatch(text):
        # Digits in the right places may still be no date, such as the 31st of June.
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    raise ValueError(f"{text!r} is not a time of the form YYYY-MM-DDThh:mm:ssZ (UTC), such as 2026-11-20T23:00:00Z")


def _utc(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError("a time without a time zone cannot be a cutoff")
    return instant.astimezone(UTC)
