"""What hides findings: filters of GuardDuty that archive them, alone or among other filters."""

from __future__ import annotations

from typing import Any

from scanner.baseline.stored import NotRead
from scanner.drift.fields import Difference
from scanner.drift.weighing import Weighed

_ARCHIVE = "ARCHIVE"


def of_filters(found: Difference) -> Weighed | None:
    """Filters that came or went; one that shows findings only is no matter."""
    before, after = _hiding(found.before), _hiding(found.after)
    if any(each not in before for each in after):
        return Weighed("widens", "high", "filter that hides findings added")
    if any(each not in after for each in before):
        return Weighed("narrows", "high", "filter that hides findings removed")
    return None


def _hiding(value: Any) -> list[Any]:
    """The filters that hide findings, or may; one by itself counts as a list."""
    filters = value if isinstance(value, tuple) else (value,)
    return [each for each in filters if each is not None and _may_hide(each.detail)]


def _may_hide(detail: Any) -> bool:
    return isinstance(detail, NotRead) or getattr(detail, "action", _ARCHIVE) == _ARCHIVE
