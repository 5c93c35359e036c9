"""What a JMESPath expression can find in the facts of a kind, so that a path which leads nowhere is told beforehand."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec

from scanner.inventory import Gap


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value may be.

    Attributes:
        structs: the facts that it may be.
        elements: of what it is a list, where it may be one.
        values: what it holds by name, where it may be an object without fields of its own.
        is_open: it may be anything, as in a policy document.
    """

    structs: frozenset[type[msgspec.Struct]] = field(default_factory=frozenset)
    elements: Shape | None = None
    values: Shape | None = None
    is_open: bool = False


_SCALAR = Shape()
_OPEN = Shape(is_open=True)

_KEPT = {"reverse", "sort", "sort_by", "to_array"}
_ONE_OF = {"max_by", "min_by"}
_SCALARS = {
    "abs", "avg", "ceil", "contains", "ends_with", "floor", "join", "length", "starts_with", "sum", "to_number",
    "to_string", "type",
}  # fmt: skip


def lost_in(parsed: Any, kind: type[msgspec.Struct]) -> str | None:
    """Where a parsed expression leaves what a fact of the kind can hold, as a sentence; None where it never does."""
    try:
        _follow(parsed, Shape(structs=frozenset({kind})))
    except _Lost as lost:
        return str(lost)
    return None


class _Lost(Exception):
    """A path leads nowhere."""


def fields_of(kind: type[msgspec.Struct]) -> Iterator[tuple[str, object]]:
    """The names of a fact's fields and properties, with their types."""
    hints = typing.get_type_hints(kind)
    yield from ((name, hints.get(name, Any)) for name in kind.__struct_fields__)
    for name in properties(kind):
        returned = typing.get_type_hints(vars(kind)[name].fget).get("return", Any)
        yield name, returned


@cache
def properties(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """What a fact tells of itself beside its fields, such as ``is_active``; only what it tells without a gap."""
    return tuple(name for name, held in vars(kind).items() if isinstance(held, property) and name != "was_asked")


@cache
def _shapes(kind: type[msgspec.Struct]) -> dict[str, Shape]:
    return {name: _shape(hint) for name, hint in fields_of(kind)}


def _shape(hint: object) -> Shape:
    if hint is Any or hint is msgspec.Raw or hint is object:
        return _OPEN
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _shape(arguments[0])
    if origin is tuple or origin is list:
        return Shape(elements=_either(_shape(each) for each in arguments if each is not ...))
    if origin is dict:
        return Shape(values=_shape(arguments[1]))
    if origin is typing.Literal:
        return _SCALAR
    if arguments:
        return _either(_shape(each) for each in arguments)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and hint is not Gap:
        return Shape(structs=frozenset({hint}))
    return _SCALAR


def _either(shapes: Iterable[Shape]) -> Shape:
    found = _SCALAR
    for each in shapes:
        found = Shape(
            found.structs | each.structs,
            _both(found.elements, each.elements),
            _both(found.values, each.values),
            found.is_open or each.is_open,
        )
    return found


def _both(one: Shape | None, other: Shape | None) -> Shape | None:
    return _either((one, other)) if one is not None and other is not None else one or other


def _follow(node: Any, at: Shape) -> Shape:
    """What a node of the expression gives of a value; raises ``_Lost`` where that is always nothing."""
    step = _STEPS.get(node["type"])
    if step is not None:
        return step(node, at)
    for child in node["children"]:
        if isinstance(child, dict):
            _follow(child, at)
    return _OPEN


def _field(node: Any, at: Shape) -> Shape:
    name = node["value"]
    if at.is_open:
        return _OPEN
    found = [_shapes(kind)[name] for kind in at.structs if name in _shapes(kind)]
    if at.values is not None:
        found.append(at.values)
    if found:
        return _either(found)
    if at.structs:
        names = sorted({known for kind in at.structs for known in _shapes(kind)})
        kinds = " or ".join(sorted(kind.__name__ for kind in at.structs))
        close = get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
        raise _Lost(f"{kinds} has no field {name!r}; {hint}")
    if at.elements is not None:
        raise _Lost(f"{name!r} is asked of a list, not of what it holds; write [] before it")
    raise _Lost(f"{name!r} is asked of a value that has no fields")


def _elements(at: Shape) -> Shape:
    if at.is_open:
        return _OPEN
    if at.elements is None:
        raise _Lost("[] is asked of a value that is no list")
    return at.elements


def _in_turn(node: Any, at: Shape) -> Shape:
    for child in node["children"]:
        at = _follow(child, at)
    return at


def _projection(node: Any, at: Shape) -> Shape:
    elements = _elements(_follow(node["children"][0], at))
    if len(node["children"]) > 2:
        _follow(node["children"][2], elements)
    return Shape(elements=_follow(node["children"][1], elements))


def _value_projection(node: Any, at: Shape) -> Shape:
    _follow(node["children"][0], at)
    return Shape(elements=_follow(node["children"][1], _OPEN))


def _flatten(node: Any, at: Shape) -> Shape:
    elements = _elements(_follow(node["children"][0], at))
    if elements.elements is None:
        return Shape(elements=elements)
    # What is no list itself stays among the elements of those that are.
    return Shape(
        elements=_either((Shape(elements.structs, None, elements.values, elements.is_open), elements.elements))
    )


def _slice(_: Any, at: Shape) -> Shape:
    return Shape(elements=_elements(at))


def _alternatives(node: Any, at: Shape) -> Shape:
    return _either([_follow(child, at) for child in node["children"]])


def _list_of(node: Any, at: Shape) -> Shape:
    return Shape(elements=_alternatives(node, at))


def _verdict(node: Any, at: Shape) -> Shape:
    for child in node["children"]:
        _follow(child, at)
    return _SCALAR


def _function(node: Any, at: Shape) -> Shape:
    name = node["value"]
    given = [_follow(child, at) for child in node["children"] if child["type"] != "expref"]
    within = _either(each.elements or _OPEN for each in given)
    mapped = [_follow(child["children"][0], within) for child in node["children"] if child["type"] == "expref"]
    if name == "map":
        return Shape(elements=_either(mapped))
    if name in _KEPT and given:
        return given[0] if given[0].elements is not None else _OPEN
    if name in _ONE_OF:
        return within
    if name == "not_null":
        return _either(given)
    return _SCALAR if name in _SCALARS else _OPEN


_STEPS: dict[str, Callable[[Any, Shape], Shape]] = {
    "field": _field,
    "identity": lambda _, at: at,
    "current": lambda _, at: at,
    "literal": lambda _node, _at: _OPEN,
    "subexpression": _in_turn,
    "index_expression": _in_turn,
    "pipe": _in_turn,
    "index": lambda _, at: _elements(at),
    "slice": _slice,
    "projection": _projection,
    "filter_projection": _projection,
    "value_projection": _value_projection,
    "flatten": _flatten,
    "multi_select_list": _list_of,
    "or_expression": _alternatives,
    "and_expression": _alternatives,
    "comparator": _verdict,
    "not_expression": _verdict,
    "function_expression": _function,
}
