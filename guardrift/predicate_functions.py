"""The functions of JMESPath: whether a call can be right, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from jmespath.functions import Functions

from guardrift.predicate_shapes import BOOLEAN, NUMBER, OPEN, STRING, Shape, can_be, either, named, scalar
from reports.verdict import counted

_SIGNATURES: dict[str, Sequence[dict[str, Any]]] = {
    name: found["signature"] for name, found in Functions.FUNCTION_TABLE.items()
}
_GIVES = {
    "abs": NUMBER, "avg": NUMBER, "ceil": NUMBER, "contains": BOOLEAN, "ends_with": BOOLEAN, "floor": NUMBER,
    "join": STRING, "keys": Shape(elements=STRING), "length": NUMBER, "max": scalar("number", "string"),
    "merge": Shape(values=OPEN), "min": scalar("number", "string"), "starts_with": BOOLEAN, "sum": NUMBER,
    "to_number": NUMBER, "to_string": STRING, "type": STRING, "values": Shape(elements=OPEN),
}  # fmt: skip


def misnamed(name: str, is_expression: Sequence[bool]) -> str | None:
    """What is wrong with the name or the number of arguments of a call; the latter are those that begin with ``&``."""
    signature = _SIGNATURES.get(name)
    if signature is None:
        close = get_close_matches(name, _SIGNATURES, 1)
        return f"there is no function {name}()" + (f"; did you mean {close[0]}()?" if close else "")
    least = len(signature)
    is_open = bool(signature[-1].get("variadic"))
    if len(is_expression) < least or (len(is_expression) > least and not is_open):
        wanted = f"{'at least ' if is_open else ''}{counted(least, 'argument')}"
        return f"{name}() takes {wanted}, not {len(is_expression)}"
    for number, (takes, given) in enumerate(zip(signature, is_expression, strict=False), 1):
        if given != ("expref" in takes["types"]):
            return f"argument {number} of {name}() has {'no' if given else 'to begin with'} &"
    return None


def mistyped(name: str, given: Sequence[Shape | None]) -> str | None:
    """Which argument of a call can never be of a type that the function takes; None stands for an expression."""
    for number, (takes, argument) in enumerate(zip(_SIGNATURES[name], given, strict=False), 1):
        if argument is None or not takes["types"]:
            continue
        types, within = _taken(takes["types"])
        if not can_be(argument, types):
            return f"argument {number} of {name}() is {named(argument.types)}, and has to be {named(types)}"
        if within and argument.elements is not None and not can_be(argument.elements, within):
            found = named(argument.elements.types)
            return f"argument {number} of {name}() is a list of which each is {found}, and has to be {named(within)}"
    return None


def _taken(types: Sequence[str]) -> tuple[set[str], set[str]]:
    """What a function takes, and of what a list has to consist; the latter is empty where that is free."""
    parts = [each.partition("-") for each in types]
    return {kind for kind, _, _ in parts}, {within for _, _, within in parts if within}


def given_by(name: str, given: Sequence[Shape], mapped: Sequence[Shape]) -> Shape:
    """What a call gives, with what it is given, and what the expressions give that it is given."""
    within = either(each.elements or OPEN for each in given)
    if name == "map":
        return Shape(elements=either(mapped))
    if name in {"reverse", "sort", "sort_by"}:
        return given[0]
    if name == "to_array":
        is_list = given[0].is_open or given[0].elements is not None
        return OPEN if is_list else Shape(elements=given[0])
    if name in {"max_by", "min_by"}:
        return within
    if name == "not_null":
        return either(given)
    return _GIVES.get(name, OPEN)
