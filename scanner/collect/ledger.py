"""What was asked and how it ended: the coverage of a collection while it grows."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import msgspec

from scanner.inventory import CoverageRow, Outcome

_WORST_FIRST: tuple[Outcome, ...] = ("error", "denied", "throttled", "elsewhere", "not_applicable", "skipped", "ok")


class Entry(msgspec.Struct):
    """The calls of one action in one region."""

    region: str
    api: str
    status: Outcome = "ok"
    calls: int = 0
    message: str = ""


class Ledger:
    """Calls by region and action; safe to use from many threads."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}
        self._lock = threading.Lock()

    def record(self, api: str, region: str, status: Outcome, message: str = "", calls: int = 1) -> None:
        """Count calls; a row keeps its worst status, and of the messages with it one that no order of calls decides."""
        with self._lock:
            entry = self._entries.setdefault((region, api), Entry(region, api))
            entry.calls += calls
            if (_WORST_FIRST.index(status), message) < (_WORST_FIRST.index(entry.status), entry.message):
                entry.status, entry.message = status, message

    def skip(self, api: str, region: str, message: str) -> None:
        """Note that something was not asked for; where it was, nothing changes."""
        with self._lock:
            self._entries.setdefault((region, api), Entry(region, api, "skipped", 0, message))

    def entries(self) -> tuple[Entry, ...]:
        """What was recorded so far."""
        with self._lock:
            return tuple(self._entries.values())

    def add(self, entries: Iterable[Entry]) -> None:
        """Take over what another ledger recorded."""
        for entry in entries:
            self.record(entry.api, entry.region, entry.status, entry.message, entry.calls)

    def rows(self, account_id: str) -> tuple[CoverageRow, ...]:
        """The coverage of the account, sorted by region and action."""
        return tuple(
            CoverageRow(
                account_id=account_id,
                region=region,
                api=api,
                status=entry.status,
                calls=entry.calls,
                message=entry.message,
            )
            for (region, api), entry in sorted(self._entries.items())
        )
