"""JSON Schemas (2020-12), made from the types so that they cannot differ from them."""

from __future__ import annotations

from typing import Any

import msgspec


def json_schema(kind: type[Any], name: str) -> dict[str, Any]:
    """The schema of a type; ``name`` is the document kind, such as ``report``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:guardrift:{name}:1",
        "title": f"guardrift/{name}/1",
        **msgspec.json.schema(kind),
    }
