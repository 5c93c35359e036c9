"""A preflight of the account behind a session, and what it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scanner.actions import BY_API, LAST_ACCESSED, all_but_options
from scanner.collect.account import Scope
from scanner.collect.preflight import Found, preflight
from scanner.preflight import Answer, Status
from tests.collect.faulty import HOME, OTHER


def probe(session: Any, *, wanted: frozenset[str] | None = None, **scope: Any) -> Found:
    every = all_but_options(LAST_ACCESSED)
    return preflight(session, Scope(wanted=every if wanted is None else wanted, **scope))


def said(found: Found, *statuses: Status) -> set[tuple[str, str]]:
    """The actions and regions with one of these statuses."""
    return {(answer.api, answer.region) for answer in found.answers if answer.status in statuses}


def the(found: Found, api: str, region: str = "global") -> Answer:
    (answer,) = (answer for answer in found.answers if (answer.api, answer.region) == (api, region))
    return answer


def places(apis: Iterable[str]) -> set[tuple[str, str]]:
    """The actions with every region in which they are asked."""
    return {(api, region) for api in apis for region in ((HOME, OTHER) if BY_API[api].is_regional else ("global",))}
