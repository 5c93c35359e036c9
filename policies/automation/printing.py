"""A long template as text that is short enough for CloudFormation, and can be read.

Source: "CloudFormation quotas" in the CloudFormation User Guide: what is sent in a request may have 51,200 bytes; more
has to lie in a bucket.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

MOST_BYTES = 51_200
_WIDTH = 120


def compact(document: object) -> str:
    """JSON in which whatever fits on a line is on one, with an indentation of a space."""
    return _text(document, 0, 0) + "\n"


def _text(value: object, depth: int, used: int) -> str:
    flat = json.dumps(value)
    if not isinstance(value, dict | list) or depth + used + len(flat) < _WIDTH:
        return flat
    if isinstance(value, dict):
        return _lines("{}", (_member(str(name), inner, depth + 1) for name, inner in value.items()), depth)
    return _lines("[]", (_text(inner, depth + 1, 0) for inner in value), depth)


def _member(name: str, value: object, depth: int) -> str:
    start = f"{json.dumps(name)}: "
    return start + _text(value, depth, len(start))


def _lines(brackets: str, parts: Iterable[str], depth: int) -> str:
    gap = "\n" + " " * (depth + 1)
    return brackets[0] + gap + f",{gap}".join(parts) + "\n" + " " * depth + brackets[1]
