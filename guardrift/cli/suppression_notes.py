"""Say on stderr what is to be said of suppressions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from guardrift.cli.output import note
from reports.suppressed import sentences
from reports.verdict import counted
from scanner.report import SuppressionNotice

_MOST = 20


def note_suppressions(notices: Sequence[SuppressionNotice], place: str, at: datetime, *, quiet: bool = False) -> None:
    """Say which suppressions have expired, will soon, are too wide or unused; if quiet, only what has expired."""
    told = sentences([notice for notice in notices if not quiet or notice.kind == "expired"], at)
    for sentence in told[:_MOST]:
        note(f"warning: {place}: {sentence}")
    if len(told) > _MOST:
        note(f"warning: {place}: {counted(len(told) - _MOST, 'more warning')} about suppressions")
