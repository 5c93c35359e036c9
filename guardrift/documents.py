"""The JSON Schemas of the documents that guardrift reads and writes, made from the types."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from scanner.errors import UsageError

NAMES = ("configuration", "report", "snapshot")


@cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a document; raises ``UsageError`` if there is none of that name."""
    if name not in NAMES:
        raise UsageError(f"there is no schema {name!r}", f"There are: {', '.join(NAMES)}.")
    body = msgspec.json.schema(_type(name))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:guardrift:{name}:1",
        "title": f"guardrift/{name}/1",
        **body,
    }


def _type(name: str) -> Any:
    if name == "configuration":
        from guardrift.configuration import Configuration

        return Configuration
    if name == "report":
        from scanner.report import Report

        return Report
    from scanner.inventory import Account

    return Account
