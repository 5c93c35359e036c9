"""Evidence as a tree of names, lists and texts, for pages that show it to people."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

_DEEPEST = 6
_MOST_ITEMS = 60
_LONGEST_TEXT = 4_000


class Node(NamedTuple):
    """A value of the evidence: a text, a list (pairs without names) or a mapping.

    Attributes:
        kind: ``text``, ``list`` or ``map``.
        text: the value of a text.
        items: the parts of a list or mapping, with their names.
        omitted: how many more parts there are, which only the JSON report has.
    """

    kind: str
    text: str = ""
    items: tuple[tuple[str, Node], ...] = ()
    omitted: int = 0


def tree(evidence: dict[str, object]) -> Node:
    """The evidence with sorted names; what is too deep, too long or too much is cut, and says so."""
    plain = msgspec.to_builtins(evidence, str_keys=True, order="sorted")
    return _node({name: value for name, value in plain.items() if value not in ([], (), {}, "")}, 1)


def _node(value: object, depth: int) -> Node:
    if value is None or value in ([], (), {}, ""):
        return Node("text", "none")
    if depth > _DEEPEST and isinstance(value, dict | list | tuple):
        return Node("text", "nested deeper: see the JSON report")
    if isinstance(value, dict):
        parts = [(str(name), _node(item, depth + 1)) for name, item in list(value.items())[:_MOST_ITEMS]]
        return Node("map", items=tuple(parts), omitted=max(0, len(value) - _MOST_ITEMS))
    if isinstance(value, list | tuple):
        parts = [("", _node(item, depth + 1)) for item in value[:_MOST_ITEMS]]
        return Node("list", items=tuple(parts), omitted=max(0, len(value) - _MOST_ITEMS))
    return Node("text", _text(value))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if len(text) <= _LONGEST_TEXT:
        return text
    return f"{text[:_LONGEST_TEXT]} … and {len(text) - _LONGEST_TEXT:,} more characters in the JSON report"
