"""JMESPath predicates over facts: true, false, or undetermined where a fact was not collected."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

import jmespath
import jmespath.exceptions
import jmespath.visitor
import msgspec
from msgspec import Raw

from guardrift.predicate_paths import lost_in
from guardrift.predicate_shapes import properties
from scanner.inventory import Account, Gap, NotCollected, Undetermined

_BLIND = {
    "keys", "length", "map", "max_by", "min_by", "not_null", "reverse", "sort_by", "to_array", "type", "values",
}  # fmt: skip
"""The functions that do not look into what they are given, or hand it on: a gap in it may not matter to them."""


class PredicateFault(ValueError):
    """An expression that is not JMESPath, or that can never be true or false of the fact."""


class Predicate:
    """An expression that is true or false of a subject.

    Args:
        text: JMESPath; its fields are those of a snapshot.
        kind: the fact that it is asked about.

    Raises:
        PredicateFault: the text is not JMESPath, names a field that does not exist where it is asked for, calls a
            function as nobody can, or gives something other than true or false.
    """

    def __init__(self, text: str, kind: type[msgspec.Struct] = Account) -> None:
        try:
            self._parsed = jmespath.compile(text).parsed
            self._check_names(text)
            lost = lost_in(self._parsed, kind)
        except (RecursionError, MemoryError):
            raise PredicateFault(f"{text[:20]!r}... is nested too deeply") from None
        except PredicateFault:
            raise
        except ValueError as fault:  # as all faults of jmespath are
            raise PredicateFault(f"{text!r} is not JMESPath: {' '.join(str(fault).split())}") from None
        if lost is not None:
            raise PredicateFault(f"{text!r}: {lost}")
        self._text = text

    def _check_names(self, text: str) -> None:
        own = set(_named(self._parsed, "key_val_pair"))
        for name in sorted(set(_named(self._parsed, "field")) - own - field_names()):
            # Policy documents, whose elements begin with a capital, may hold anything.
            if not name[:1].isupper():
                close = get_close_matches(name, field_names(), 1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise PredicateFault(f"{text!r}: no fact has a field {name!r}{hint}")

    def holds(self, facts: object) -> bool:
        """Whether it is true of the facts.

        Raises:
            NotCollected: it reads an answer that was not collected.
            Undetermined: it gives something other than true or false, such as nothing at all.
        """
        try:
            found = _Reader().visit(self._parsed, facts)
        except (jmespath.exceptions.JMESPathError, TypeError) as fault:
            raise Undetermined(f"the expression {self._text!r} fails: {' '.join(str(fault).split())}") from None
        if not isinstance(found, bool):
            raise Undetermined(f"the expression {self._text!r} gives {json_name(found)}, not true or false")
        return found


class _Reader(jmespath.visitor.TreeInterpreter):  # type: ignore[misc]  # jmespath has no types
    """Evaluates, and refuses to go on where it comes upon an answer that was not collected."""

    def visit(self, node: Any, *arguments: Any, **named: Any) -> Any:
        found = super().visit(node, *arguments, **named)
        if isinstance(found, Gap):
            raise NotCollected(found)
        if isinstance(found, list):
            for each in found:
                if isinstance(each, Gap):
                    raise NotCollected(each)
        return found

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        given = [self.visit(child, value) for child in node["children"]]
        if node["value"] not in _BLIND:
            _refuse_gaps(given)
        return self._functions.call_function(node["value"], given)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        sides = [self.visit(child, value) for child in node["children"]]
        # Whether there is anything at all can be told without what lies within.
        if not any(side is None or side == [] or side == {} for side in sides):
            _refuse_gaps(sides)
        read = [{"type": "literal", "value": side, "children": []} for side in sides]
        return super().visit_comparator({**node, "children": read}, value)


def _refuse_gaps(values: list[Any]) -> None:
    """Raise ``NotCollected`` where a gap lies anywhere within, for what reads values as a whole."""
    within = list(values)
    while within:
        each = within.pop()
        if isinstance(each, Gap):
            raise NotCollected(each)
        if isinstance(each, dict):
            within += each.values()
        elif isinstance(each, list):
            within += each


def plain(value: Any) -> Any:
    """A fact as JSON values with every field, absent ones too; gaps stay gaps, documents are read."""
    if isinstance(value, Gap) or value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Raw):
        return msgspec.json.decode(value)
    if isinstance(value, msgspec.Struct):
        found = {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        return found | {name: getattr(value, name) for name in properties(type(value))}
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return msgspec.to_builtins(value)


def json_name(value: object) -> str:
    """What a JSON value is called."""
    if value is None:
        return "null"
    kinds = (("a text", str), ("an object", dict), ("a list", list))
    return next((name for name, kind in kinds if isinstance(value, kind)), "a number")


@cache
def field_names() -> frozenset[str]:
    """The names of all fields that a fact can have."""
    return frozenset(_names(Account, set()))


def _names(kind: type[msgspec.Struct], seen: set[type]) -> Iterator[str]:
    seen.add(kind)
    yield from kind.__struct_fields__
    yield from properties(kind)
    for hint in typing.get_type_hints(kind).values():
        for part in _parts(hint):
            if isinstance(part, type) and issubclass(part, msgspec.Struct) and part not in seen and part is not Gap:
                yield from _names(part, seen)


def _parts(hint: object) -> Iterator[object]:
    yield hint
    for each in typing.get_args(hint):
        yield from _parts(each)


def _named(node: Any, kind: str) -> Iterator[str]:
    """The names in a parsed expression: ``field`` for what it reads, ``key_val_pair`` for keys that it makes itself."""
    if node["type"] == kind:
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, dict) and "type" in child:
            yield from _named(child, kind)
