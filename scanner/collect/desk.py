"""Where every collector asks: each unit of a collection is gated, noted and remembered, and work is spread out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import msgspec

from scanner.collect.clients import Clients
from scanner.collect.journal import Journal, Unit
from scanner.collect.ledger import Ledger
from scanner.collect.outcome import MALFORMED, malformed
from scanner.collect.reader import Reader
from scanner.collect.session import Caller
from scanner.collect.tasks import Task, Tasks
from scanner.inventory import Gap, NotCollected

A = TypeVar("A")
T = TypeVar("T")

UNWANTED = "no rule that was asked for needs it"

_FAILED: tuple[bytes, ...] = (b"denied", b"error", b"throttled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every collector needs.

    Attributes:
        caller: who asks.
        global_region: the region whose endpoint answers for global services.
        wanted: the API actions that may be called; every other one leaves a gap without a call.
        journal: what is remembered of this collection, and of one that was interrupted.
    """

    clients: Clients
    ledger: Ledger
    caller: Caller
    global_region: str
    tasks: Tasks
    wanted: frozenset[str]
    journal: Journal

    @property
    def account_id(self) -> str:
        """The account that is read."""
        return self.caller.account_id

    def arn(self, service: str, region: str, resource: str) -> str:
        """The ARN of something in this account."""
        return f"arn:{self.caller.partition}:{service}:{region}:{self.account_id}:{resource}"

    def ask(
        self,
        service: str,
        region: str,
        operation: str,
        read: Callable[[Reader], T],
        kind: Any,
        *,
        subject: str = "",
        owner: str | None = None,
        elsewhere: Iterable[str] = (),
        endpoint: str | None = None,
        is_lasting: bool = True,
    ) -> T | Gap:
        """One unit of the collection: a few calls of one service that together give one fact, or leave one gap.

        A unit does not ask the desk again: it is noted and remembered as a whole. An answer of a strange shape is an
        error, not a crash.

        Args:
            service: as the SDK names it.
            region: the region, ``global`` for global services.
            operation: the operation for which the unit stands in ``wanted``, in gaps and in the journal.
            read: makes the calls, all by the reader that it is given, and returns the fact.
            kind: the type of the fact, as msgspec understands it; what ``read`` returns is held to it.
            subject: tells apart several units of the same operation in one region.
            owner: the account of the resource asked about, where it may be another one.
            elsewhere: error codes by which AWS says that only the owner may ask.
            endpoint: the region whose endpoint is asked, if not the usual one.
            is_lasting: whether the answer can be used again by a collection that goes on later.
        """
        api = f"{service}:{operation}"
        if api not in self.wanted:
            return Gap(api, "skipped", region, UNWANTED)
        unit = Unit(api, region, subject)
        remembered = self.journal.recall(unit)
        if remembered is not None:
            with suppress(msgspec.DecodeError):  # another version may have written it in another shape
                known: T = _decoded(remembered.value, kind)
                self.ledger.add(remembered.entries)
                return known
        noted = Ledger()
        where = endpoint or (self.global_region if region == "global" else region)
        reader = Reader(self.clients, noted, service, where, region, owner, frozenset(elsewhere))
        fact = _attempt(reader, operation, read, kind)
        self.ledger.add(noted.entries())
        if is_lasting and not isinstance(fact, Gap) and not _lacks_something(fact):
            self.journal.remember(unit, noted.entries(), fact)
        return fact

    def start(self, work: Callable[..., T], *arguments: Any) -> Task[T]:
        """Let work be done beside others."""
        return self.tasks.start(partial(work, *arguments))

    def each(self, work: Callable[[A], T], items: Iterable[A]) -> list[T]:
        """Do the same for every item, many at once; the results have the order of the items."""
        begun = [self.start(work, item) for item in items]
        return [task.result() for task in begun]


def _attempt(reader: Reader, operation: str, read: Callable[[Reader], T], kind: Any) -> T | Gap:
    try:
        fact: T = _decoded(msgspec.json.encode(read(reader)), kind)
    except NotCollected as missing:
        return missing.gap
    except MALFORMED as fault:
        reason = malformed(fault)
        api = f"{reader.service}:{operation}"
        reader.ledger.record(api, reader.region, "error", reason, calls=0)
        return Gap(api, "error", reader.region, reason)
    return fact


def _lacks_something(fact: object) -> bool:
    """Whether an answer has a failed part, which the next collection shall ask for."""
    text = msgspec.json.encode(fact)
    return b'"kind":"gap"' in text and any(b'"status":"%s"' % status in text for status in _FAILED)


def _decoded(text: bytes, kind: Any) -> Any:
    """A fact, held to its type; raises ``msgspec.ValidationError``.

    AWS's services of the JSON protocols are not held to their types by the SDK, and a snapshot must be readable again.
    """
    return msgspec.json.decode(text, type=kind)
