"""What the values of facts may be, told from their types, for what is to be known of an expression beforehand."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any

import msgspec

from scanner.inventory import Gap

_LISTS = (tuple, list, set, frozenset)
_SCALAR_TYPES: dict[object, str] = {
    bool: "boolean", int: "number", float: "number", str: "string", datetime: "string", NoneType: "null",
}  # fmt: skip
_NAMES = {
    "boolean": "true or false", "number": "a number", "string": "a text", "null": "null", "array": "a list",
    "object": "an object",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value may be.

    Attributes:
        structs: the facts that it may be.
        elements: of what it is a list, where it may be one.
        values: what it holds by name, where it may be an object without fields of its own.
        scalars: what else it may be, as JSON types: boolean, number, string, null.
        is_open: it may be anything, as in a policy document.
    """

    structs: frozenset[type[msgspec.Struct]] = field(default_factory=frozenset)
    elements: Shape | None = None
    values: Shape | None = None
    scalars: frozenset[str] = field(default_factory=frozenset)
    is_open: bool = False

    @property
    def types(self) -> frozenset[str]:
        """The JSON types that it may have; none where nothing is known of that."""
        if self.is_open:
            return frozenset()
        found = set(self.scalars)
        if self.structs or self.values is not None:
            found.add("object")
        if self.elements is not None:
            found.add("array")
        return frozenset(found)


OPEN = Shape(is_open=True)


def scalar(*types: str) -> Shape:
    """A value of one of these JSON types."""
    return Shape(scalars=frozenset(types))


BOOLEAN, NUMBER, STRING = scalar("boolean"), scalar("number"), scalar("string")


def can_be(shape: Shape, types: Iterable[str]) -> bool:
    """Whether a value may have one of these JSON types; that it may be absent does not count."""
    found = shape.types
    return not found or not (found - {"null"} or found).isdisjoint(types)


def named(types: Iterable[str]) -> str:
    """JSON types for people; that a value may be absent is not told where it may be something else."""
    found = set(types)
    return " or ".join(_NAMES[each] for each in sorted(found - {"null"} or found))


def either(shapes: Iterable[Shape]) -> Shape:
    """A value that may be as any of these."""
    found = Shape()
    for each in shapes:
        found = Shape(
            found.structs | each.structs,
            _both(found.elements, each.elements),
            _both(found.values, each.values),
            found.scalars | each.scalars,
            found.is_open or each.is_open,
        )
    return found


def _both(one: Shape | None, other: Shape | None) -> Shape | None:
    return either((one, other)) if one is not None and other is not None else one or other


@cache
def shapes_of(kind: type[msgspec.Struct]) -> dict[str, Shape]:
    """What the fields and properties of a fact may be, by name."""
    return {name: _shape(hint) for name, hint in _fields_of(kind)}


@cache
def properties(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """What a fact tells of itself beside its fields, such as ``is_active``; only what it tells without a gap."""
    return tuple(name for name, held in vars(kind).items() if isinstance(held, property) and name != "was_asked")


def shape_of_value(value: object) -> Shape:
    """What a literal is."""
    if isinstance(value, list):
        return Shape(elements=OPEN)
    if isinstance(value, dict):
        return Shape(values=OPEN)
    return scalar(_SCALAR_TYPES[type(value)])


def _fields_of(kind: type[msgspec.Struct]) -> Iterator[tuple[str, object]]:
    hints = typing.get_type_hints(kind)
    yield from ((name, hints.get(name, Any)) for name in kind.__struct_fields__)
    for name in properties(kind):
        returned = typing.get_type_hints(vars(kind)[name].fget).get("return", Any)
        yield name, returned


def _shape(hint: object) -> Shape:
    if hint is Any or hint is msgspec.Raw or hint is object:
        return OPEN
    if hint is Gap:
        # Reading it ends the evaluation.
        return Shape()
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _shape(arguments[0])
    if origin in _LISTS:
        return Shape(elements=either(_shape(each) for each in arguments if each is not ...))
    if origin in (dict, Mapping):
        return Shape(values=_shape(arguments[1]))
    if origin is typing.Literal:
        return either(map(shape_of_value, arguments))
    if arguments:
        return either(_shape(each) for each in arguments)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return Shape(structs=frozenset({hint}))
    known = _SCALAR_TYPES.get(hint)
    return scalar(known) if known else OPEN
