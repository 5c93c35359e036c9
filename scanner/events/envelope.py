"""The form in which EventBridge hands on every event, and what the synthetic ones have in common."""

from __future__ import annotations

from typing import Any, NamedTuple

Json = dict[str, Any]

TIME = "2026-01-15T10:20:30Z"
ID = "11112222-3333-4444-5555-666677778888"
KEY = "AKIAIOSFODNN7EXAMPLE"
SESSION_KEY = "ASIAIOSFODNN7EXAMPLE"
ADDRESS = "198.51.100.7"
DETECTOR = "12abc34d567e8fa901bc2d34e56789f0"
USER = "nobody-in-particular"


class Sample(NamedTuple):
    """An event with what it is an example of."""

    name: str
    event: Json


def envelope(source: str, kind: str, account_id: str, region: str, detail: Json) -> Json:
    """An event of a service of AWS."""
    return {
        "version": "0",
        "id": ID,
        "detail-type": kind,
        "source": source,
        "account": account_id,
        "time": TIME,
        "region": region,
        "resources": [],
        "detail": detail,
    }
