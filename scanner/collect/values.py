"""Values of answers, held to their types: the SDK lets whatever JSON has through, and a text is as good as true."""

from __future__ import annotations

from typing import Any


def flag(value: object) -> bool:
    """A truth value; raises ``TypeError`` for anything else, such as the text ``false``."""
    if not isinstance(value, bool):
        raise TypeError("not a truth value")
    return value


def as_list(value: object) -> list[Any]:
    """A list; raises ``TypeError`` for anything else, such as a text, which has letters."""
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value
