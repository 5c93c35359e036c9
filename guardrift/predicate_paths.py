"""What a JMESPath expression can find in the facts of a kind, so that a path which leads nowhere is told beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import msgspec

from guardrift.predicate_functions import given_by, misnamed, mistyped
from guardrift.predicate_shapes import BOOLEAN, OPEN, Shape, can_be, either, named, shape_of_value, shapes_of

_ORDERED = ("number", "string")
_EQUALITY = {"eq", "ne"}


def lost_in(parsed: Any, kind: type[msgspec.Struct]) -> str | None:
    """Why a parsed expression can never be true or false of a fact of the kind, as a sentence; None where it can.

    It leaves what such a fact can hold, calls what is no function or as nobody can call it, or gives something else.
    """
    at = Shape(structs=frozenset({kind}))
    try:
        _follow(parsed, at)
        return _never_decided(parsed, at)
    except _Lost as lost:
        return str(lost)


def _never_decided(node: Any, at: Shape) -> str | None:
    found = _follow(node, at)
    if not can_be(found, {"boolean"}):
        return f"it gives {named(found.types)}, never true or false; compare it with something"
    # What stands last is what is given where the rest does not decide.
    return _never_decided(node["children"][-1], at) if node["type"] in {"and_expression", "or_expression"} else None


class _Lost(Exception):
    """A path leads nowhere."""


def _follow(node: Any, at: Shape) -> Shape:
    """What a node of the expression gives of a value; raises ``_Lost`` where that is always nothing."""
    step = _STEPS.get(node["type"])
    if step is not None:
        return step(node, at)
    for child in node["children"]:
        if isinstance(child, dict):
            _follow(child, at)
    return OPEN


def _field(node: Any, at: Shape) -> Shape:
    name = node["value"]
    if at.is_open:
        return OPEN
    found = [shapes_of(kind)[name] for kind in at.structs if name in shapes_of(kind)]
    if at.values is not None:
        found.append(at.values)
    if found:
        return either(found)
    if at.structs:
        names = sorted({known for kind in at.structs for known in shapes_of(kind)})
        kinds = " or ".join(sorted(kind.__name__ for kind in at.structs))
        close = get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
        raise _Lost(f"{kinds} has no field {name!r}; {hint}")
    if at.elements is not None:
        raise _Lost(f"{name!r} is asked of a list, not of what it holds; write [] before it")
    raise _Lost(f"{name!r} is asked of a value that has no fields")


def _elements(at: Shape) -> Shape:
    if at.is_open:
        return OPEN
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
    return Shape(elements=_follow(node["children"][1], OPEN))


def _flatten(node: Any, at: Shape) -> Shape:
    elements = _elements(_follow(node["children"][0], at))
    if elements.elements is None:
        return Shape(elements=elements)
    # What is no list itself stays among the elements of those that are.
    return Shape(elements=either((replace(elements, elements=None), elements.elements)))


def _slice(_: Any, at: Shape) -> Shape:
    return Shape(elements=_elements(at))


def _alternatives(node: Any, at: Shape) -> Shape:
    return either([_follow(child, at) for child in node["children"]])


def _list_of(node: Any, at: Shape) -> Shape:
    return Shape(elements=_alternatives(node, at))


def _object_of(node: Any, at: Shape) -> Shape:
    for child in node["children"]:
        _follow(child["children"][0], at)
    return Shape(values=OPEN)


def _negation(node: Any, at: Shape) -> Shape:
    _follow(node["children"][0], at)
    return BOOLEAN


def _comparison(node: Any, at: Shape) -> Shape:
    one, other = (_follow(child, at) for child in node["children"])
    if node["value"] not in _EQUALITY and not any(can_be(one, {kind}) and can_be(other, {kind}) for kind in _ORDERED):
        raise _Lost(f"{named(one.types)} and {named(other.types)} have no order: compare two numbers, or two texts")
    return BOOLEAN


def _function(node: Any, at: Shape) -> Shape:
    name, children = node["value"], node["children"]
    fault = misnamed(name, [child["type"] == "expref" for child in children])
    if fault is not None:
        raise _Lost(fault)
    every = [None if child["type"] == "expref" else _follow(child, at) for child in children]
    fault = mistyped(name, every)
    if fault is not None:
        raise _Lost(fault)
    given = [each for each in every if each is not None]
    within = either(each.elements or OPEN for each in given)
    mapped = [_follow(child["children"][0], within) for child in children if child["type"] == "expref"]
    return given_by(name, given, mapped)


_STEPS: dict[str, Callable[[Any, Shape], Shape]] = {
    "field": _field,
    "identity": lambda _, at: at,
    "current": lambda _, at: at,
    "literal": lambda node, _: shape_of_value(node["value"]),
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
    "multi_select_dict": _object_of,
    "or_expression": _alternatives,
    "and_expression": _alternatives,
    "comparator": _comparison,
    "not_expression": _negation,
    "function_expression": _function,
}
