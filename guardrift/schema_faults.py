"""What a JSON Schema says against a document that people wrote, as lines with places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any


def faults_of(content: Mapping[str, object], schema: Mapping[str, Any]) -> list[str]:
    """Every fault with its place; for keys that do not exist, the nearest one that does. None is an empty list."""
    from jsonschema import Draft202012Validator  # takes as long to load as a small account to scan

    faults = sorted(Draft202012Validator(schema).iter_errors(content), key=lambda fault: fault.json_path)
    return [line for fault in faults for line in _told(fault)]


def _told(fault: Any) -> list[str]:
    place = _place(fault.absolute_path)
    if fault.validator != "additionalProperties":
        return [f"{place}: {fault.message}" if place else fault.message]
    allowed = list(fault.schema["properties"])
    lines = []
    for key in sorted(set(fault.instance) - set(allowed)):
        close = get_close_matches(key, allowed, 1)
        lines.append(
            f"{_place((*fault.absolute_path, key))}: there is no such key"
            + (f". Did you mean {close[0]}?" if close else "")
        )
    return lines


def _place(parts: Iterable[str | int]) -> str:
    """Such as ``account[0].ids[1]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")
