"""Ask one service in one region, and note every call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, PaginationError
from botocore.exceptions import ConnectionError as NotConnectedError

from scanner.collect.clients import Clients
from scanner.collect.ledger import Ledger
from scanner.collect.outcome import (
    BROKEN,
    MALFORMED,
    NOT_THERE,
    ONLY_OWNER,
    error_code,
    malformed,
    message_of,
    outcome_of,
    says_absent,
)
from scanner.inventory import Gap, NotCollected, Outcome

T = TypeVar("T")


class _SilentError(Exception):
    """A region fell silent while a call waited for its turn."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One service in one region, for the calls of one unit of a collection.

    Attributes:
        endpoint: the region whose endpoint is asked.
        region: the region as coverage names it: ``global`` for global services.
        owner: the account of the resource that is asked about, if it is another one: what only the owner may ask is
            ``elsewhere``, and no failure.
        elsewhere: further error codes by which AWS says that only the owner may ask.
    """

    clients: Clients
    ledger: Ledger
    service: str
    endpoint: str
    region: str
    owner: str | None = None
    elsewhere: frozenset[str] = frozenset()

    def call(self, operation: str, **parameters: object) -> dict[str, Any]:
        """One request; raises ``NotCollected`` with the gap that it leaves."""
        (page,) = self._ask(operation, lambda: self._once(operation, parameters))
        return page

    def find(self, operation: str, **parameters: object) -> dict[str, Any] | None:
        """One request about what may not exist: None where AWS says so (``ABSENT`` lists how)."""
        api = f"{self.service}:{operation}"

        def ask() -> Iterator[dict[str, Any]]:
            try:
                yield from self._once(operation, parameters)
            except ClientError as fault:
                if not says_absent(api, fault):
                    raise
                yield {_NOTHING: True}

        (page,) = self._ask(operation, ask)
        return None if _NOTHING in page else page

    def pages(self, operation: str, **parameters: object) -> list[dict[str, Any]]:
        """Every page of a list, empty ones with a token included; a list of which one page fails is not collected."""

        def ask() -> Iterator[dict[str, Any]]:
            page: dict[str, Any] = {}
            seen: list[object] = []
            client = self.clients.get(self.service, self.endpoint)
            every = client.get_paginator(xform_name(operation)).paginate(**parameters)
            following = iter(every)
            while (found := self._next(following)) is not None:
                page = found
                yield page
                # The SDK sees that a token repeats the one before, but follows a longer circle for ever.
                token = every._get_next_token(page)  # noqa: SLF001  (only the paginator knows where its tokens are)
                if any(token.values()):
                    if token in seen:
                        raise PaginationError(message=_CIRCLE)
                    seen.append(token)
            if page.get("IsTruncated"):
                raise PaginationError(message="the list goes on, but the answer does not say where")

        return self._ask(operation, ask)

    def linked(
        self, operation: str, *, takes: str = "NextToken", gives: str = "NextToken", **parameters: object
    ) -> list[dict[str, Any]]:
        """Every page of a list for which the SDK has no paginator.

        Args:
            operation: the operation.
            takes: the parameter for the token of the page that is asked for.
            gives: the member of an answer that holds the token of the next page.
            parameters: the other parameters.
        """

        def ask() -> Iterator[dict[str, Any]]:
            seen: set[str] = set()
            token: str | None = None
            while True:
                page = next(self._once(operation, {**parameters, **({takes: token} if token else {})}))
                yield page
                token = page.get(gives)
                if not token:
                    return
                if token in seen:
                    raise PaginationError(message=_CIRCLE)
                seen.add(token)

        return self._ask(operation, ask)

    def _once(self, operation: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
        client = self.clients.get(self.service, self.endpoint)
        with self._turn():
            page = getattr(client, xform_name(operation))(**parameters)
        self.clients.reached(self.endpoint)
        self.clients.count_retries(page)
        yield page

    def _next(self, pages: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
        with self._turn():
            page = next(pages, None)
        if page is not None:
            self.clients.reached(self.endpoint)
            self.clients.count_retries(page)
        return page

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for one's turn; raises where the region fell silent meanwhile."""
        with self.clients.in_flight():
            if self.clients.is_silent(self.endpoint):
                raise _SilentError
            yield

    def _ask(self, operation: str, ask: Callable[[], Iterator[dict[str, Any]]]) -> list[dict[str, Any]]:
        api = f"{self.service}:{operation}"
        pages: list[dict[str, Any]] = []
        try:
            pages.extend(ask())
        except _SilentError:
            self.ledger.record(api, self.region, "error", _SILENT, len(pages))
            raise NotCollected(Gap(api, "error", self.region, _SILENT)) from None
        except (ClientError, BotoCoreError, *BROKEN, *MALFORMED) as fault:
            status, message = self._outcome(api, fault)
            self._note_silence(fault)
            # The paginator complains about a page that it has already handed out.
            calls = len(pages) + (not isinstance(fault, PaginationError))
            self.ledger.record(api, self.region, status, message, calls)
            raise NotCollected(Gap(api, status, self.region, message)) from fault
        self.ledger.record(api, self.region, "ok", calls=len(pages))
        return pages

    def _note_silence(self, fault: Exception) -> None:
        if isinstance(fault, ClientError):
            self.clients.reached(self.endpoint)
        elif isinstance(fault, NotConnectedError | HTTPClientError):
            self.clients.not_reached(self.service, self.endpoint)

    def _outcome(self, api: str, fault: Exception) -> tuple[Outcome, str]:
        if isinstance(fault, ClientError) and (api, error_code(fault)) in NOT_THERE:
            return "not_applicable", message_of(fault)
        if self._is_elsewhere(fault):
            return "elsewhere", f"readable only in account {self.owner}"
        if isinstance(fault, ClientError | BotoCoreError):
            exists = self.region == "global" or self.clients.exists(self.service, self.endpoint)
            return outcome_of(fault, service_exists=exists), message_of(fault)
        return "error", malformed(fault) if isinstance(fault, MALFORMED) else f"{type(fault).__name__} in the SDK"

    def _is_elsewhere(self, fault: Exception) -> bool:
        """Whether only the owner may ask; what the caller's own policies lack is a denial, whoever the owner is."""
        if self.owner is None or not isinstance(fault, ClientError):
            return False
        is_own_lack = "no identity-based policy allows" in str(fault.response.get("Error", {}).get("Message", ""))
        return error_code(fault) in ONLY_OWNER | self.elsewhere and not is_own_lack


_NOTHING = "guardrift:nothing"
_SILENT = "the region cannot be reached"
_CIRCLE = "the list names the same next page again and again"
