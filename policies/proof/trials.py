"""One cutoff that is tried, with the documents as they read then, and when sessions were issued to ask about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from policies.cutoff import format_instant
from policies.placed import Effect, Placed
from policies.proof.facts import Facts
from policies.proof.model import Who
from policies.proof.putting import Put, put_all
from policies.proof.signers import Form
from policies.proof.times import LONGEST_LEAD, Era, eras, limits_of

NEW: tuple[Who, ...] = ("new session", "new session with MFA", "new session without MFA")
"""The signers whose sessions were issued since the cutoff."""


class Trial(msgspec.Struct, frozen=True, eq=False):
    """One cutoff, and the documents in their places."""

    era: Era
    puts: tuple[Put, ...]

    def instants(self, who: Who, effect: Effect, form: Form) -> list[datetime | None]:
        """Issue times that stand for all of a signer; None alone where requests do not tell any."""
        if not form.is_session or form.hides_time:
            return [None]
        limits = limits_of(statement for each in self.puts for statement, _ in each.changed())
        if who == "old session":
            return [*self.era.old(limits)]
        if who in NEW:
            return [*(self.era.since(limits) if effect == "denied" else self.era.new(self._of_documents()))]
        return [*self.era.old(limits), *self.era.new(limits)]

    def _of_documents(self) -> tuple[datetime, ...]:
        return limits_of(statement for each in self.puts for statement in each.policy.statements)

    def locked_out(self, who: Who, effect: Effect) -> str:
        """That the cutoff lies so far ahead that new sessions, which are to work, would wait for it; or empty."""
        last = max(self._of_documents(), default=self.era.cutoff)
        if who not in NEW or effect == "denied" or last - self.era.cutoff <= LONGEST_LEAD:
            return ""
        return (
            f"Sessions issued until {format_instant(last)} would be denied, long after the cutoff: that is a lock-out."
        )

    def when(self, at: datetime) -> str:
        """A time by its distance from the cutoff."""
        seconds = int((at - self.era.cutoff).total_seconds())
        if not seconds:
            return "at the cutoff"
        return f"{timedelta(seconds=abs(seconds))} {'before' if seconds < 0 else 'after'} the cutoff"


def trials(placed: Sequence[Placed], facts: Facts, cutoff: datetime | None) -> tuple[Trial, ...]:
    """Every cutoff to try."""
    return tuple(Trial(era, put_all(placed, facts, era)) for era in eras(facts.account, cutoff, placed))
