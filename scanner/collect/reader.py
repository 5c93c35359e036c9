"""Ask one service in one region, and keep the ledger of every call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, PaginationError, UnknownRegionError
from botocore.handlers import json_decode_policies

from scanner.collect.outcome import MALFORMED, ONLY_OWNER, error_code, malformed, message_of, outcome_of
from scanner.inventory import CoverageRow, Fact, Gap, NotCollected, Outcome

T = TypeVar("T")

_WORST_FIRST: tuple[Outcome, ...] = ("error", "denied", "throttled", "elsewhere", "not_applicable", "skipped", "ok")


@dataclass(slots=True)
class _Entry:
    status: Outcome = "ok"
    calls: int = 0
    message: str = ""


class Ledger:
    """What was asked and how it ended, by region and action; safe to use from many threads."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._lock = threading.Lock()

    def record(self, api: str, region: str, status: Outcome, message: str = "", calls: int = 1) -> None:
        """Count calls; a row keeps its worst status, and of the messages with it one that no order of calls decides."""
        with self._lock:
            entry = self._entries.setdefault((region, api), _Entry())
            entry.calls += calls
            if (_WORST_FIRST.index(status), message) < (_WORST_FIRST.index(entry.status), entry.message):
                entry.status, entry.message = status, message

    def skip(self, api: str, region: str, message: str) -> None:
        """Note that something was not asked for; where it was, nothing changes."""
        with self._lock:
            self._entries.setdefault((region, api), _Entry("skipped", 0, message))

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


@dataclass(slots=True)
class Clients:
    """Clients of one session, one for each service and region, made one by one: a boto3 session is not thread-safe."""

    session: Any
    config: Config
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, service: str, region: str) -> Any:
        """The client, made on first use."""
        with self._lock:
            if (service, region) not in self._made:
                client = self.session.client(service, region_name=region, config=self.config)
                # The SDK would parse policy documents, and a single one that it chokes on would cost the whole answer.
                client.meta.events.unregister("after-call.iam", json_decode_policies)
                self._made[service, region] = client
            return self._made[service, region]

    def exists(self, service: str, region: str) -> bool:
        """Whether the service may be there: false only for a region that the SDK knows, and knows to be without it."""
        with self._lock:
            try:
                partition = self.session.get_partition_for_region(region)
            except UnknownRegionError:
                return True
            known, offered = (
                self.session.get_available_regions(name, partition_name=partition) for name in ("ec2", service)
            )
        return region in offered or region not in known


@dataclass(frozen=True, slots=True)
class Reader:
    """One service in one region.

    Attributes:
        endpoint: the region whose endpoint is asked.
        region: the region as coverage names it: ``global`` for global services.
        owner: the account of the resource that is asked about, if it is another one: what only the owner may ask is
            ``elsewhere``, and no failure.
    """

    clients: Clients
    ledger: Ledger
    service: str
    endpoint: str
    region: str
    owner: str | None = None

    def call(self, operation: str, **parameters: object) -> dict[str, Any]:
        """One request; raises ``NotCollected`` with the gap that it leaves."""

        def ask(client: Any) -> Iterator[dict[str, Any]]:
            yield getattr(client, xform_name(operation))(**parameters)

        (page,) = self._ask(operation, ask)
        return page

    def pages(self, operation: str, **parameters: object) -> list[dict[str, Any]]:
        """Every page of a list, empty ones with a token included; a list of which one page fails is not collected."""

        def ask(client: Any) -> Iterator[dict[str, Any]]:
            page: dict[str, Any] = {}
            for page in client.get_paginator(xform_name(operation)).paginate(**parameters):
                yield page
            if page.get("IsTruncated"):
                raise PaginationError(message="the list goes on, but the answer does not say where")

        return self._ask(operation, ask)

    def gap(self, operation: str, status: Outcome, reason: str) -> Gap:
        """A gap in the answer of an operation here; it is recorded."""
        api = f"{self.service}:{operation}"
        self.ledger.record(api, self.region, status, reason, calls=0)
        return Gap(api, status, self.region, reason)

    def _ask(self, operation: str, ask: Callable[[Any], Iterable[dict[str, Any]]]) -> list[dict[str, Any]]:
        api = f"{self.service}:{operation}"
        pages: list[dict[str, Any]] = []
        try:
            pages.extend(ask(self.clients.get(self.service, self.endpoint)))
        except (ClientError, BotoCoreError, *MALFORMED) as fault:
            status, message = self._outcome(fault)
            # The paginator complains about a page that it has already handed out.
            calls = len(pages) + (not isinstance(fault, PaginationError))
            self.ledger.record(api, self.region, status, message, calls)
            raise NotCollected(Gap(api, status, self.region, message)) from fault
        self.ledger.record(api, self.region, "ok", calls=len(pages))
        return pages

    def _outcome(self, fault: Exception) -> tuple[Outcome, str]:
        if self.owner is not None and isinstance(fault, ClientError) and error_code(fault) in ONLY_OWNER:
            return "elsewhere", f"readable only in account {self.owner}"
        if isinstance(fault, ClientError | BotoCoreError):
            exists = self.region == "global" or self.clients.exists(self.service, self.endpoint)
            return outcome_of(fault, service_exists=exists), message_of(fault)
        return "error", malformed(fault)


def answered(reader: Reader, operation: str, read: Callable[[], T]) -> T | Gap:
    """The answer of a collector, or the gap that it leaves; an answer of a strange shape is an error, not a crash."""
    try:
        return typed(read())
    except NotCollected as missing:
        return missing.gap
    except MALFORMED as fault:
        return reader.gap(operation, "error", malformed(fault))


def typed(answer: T) -> T:
    """The answer itself; raises ``msgspec.ValidationError`` if a field of a fact is not of its type.

    AWS's services of the JSON protocols are not held to their types by the SDK, and a snapshot must be readable again.
    """
    for part in answer if isinstance(answer, tuple) else (answer,):
        if isinstance(part, Fact):
            msgspec.json.decode(msgspec.json.encode(part), type=type(part))
    return answer
