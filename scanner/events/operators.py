"""The comparison operators of EventBridge and SNS, each as a test of one value.

Sources: eventbridge/latest/userguide/eb-create-pattern-operators.html, and the open-source matcher behind the service
(github.com/aws/event-ruler), which says what the guide leaves out. Where the two differ the answer is "not known".
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from scanner.events.verdicts import Verdict, any_of, opposite

Test = Callable[[object], Verdict]
"""Whether a value, which is neither an object nor an array, is accepted."""

_LARGEST = Decimal(5_000_000_000)


class BadPattern(ValueError):
    """A pattern that the service refuses, so that it matches nothing; the message says why."""


class Number(str):
    """A number of a pattern as it was written."""

    __slots__ = ()


def only_pair(pairs: tuple[tuple[str, Any], ...]) -> tuple[str, Any]:
    """The operator of a match expression with its operand."""
    if len(pairs) != 1:
        raise BadPattern("a match expression needs exactly one operator")
    return pairs[0]


def _text(operand: object, operator: str) -> str:
    if not isinstance(operand, str) or isinstance(operand, Number):
        raise BadPattern(f"{operator} needs a string")
    return operand


def equal(wanted: object) -> Test:
    """A number, null or truth value.

    The guide says that numbers are compared as they are written, so that 300, 300.0 and 3.0e2 differ; the matcher also
    compares their values. What is equal in value alone is therefore not known.
    """
    if not isinstance(wanted, Number):
        return lambda value: value is wanted

    def test(value: object) -> Verdict:
        number = as_number(value)
        if number is None:
            return False
        if json.dumps(value) == str(wanted):
            return True
        return None if number == Decimal(str(wanted)) else False

    return test


def as_number(value: object) -> Decimal | None:
    """The number that a JSON value is; strings and truth values are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() else None


def _string_test(accepts: Callable[[str], bool]) -> Test:
    return lambda value: isinstance(value, str) and accepts(value)


def _ignoring_case(operand: object, operator: str) -> str:
    """The text in an ``equals-ignore-case`` within another operator."""
    if not isinstance(operand, tuple):
        raise BadPattern(f"{operator} needs a string")
    name, text = only_pair(operand)
    if name != "equals-ignore-case":
        raise BadPattern(f"{operator} does not take {name}")
    return _text(text, name).lower()


def _prefix(operand: object) -> Test:
    if isinstance(operand, str):
        start = _text(operand, "prefix")
        return _string_test(lambda value: value.startswith(start))
    lower = _ignoring_case(operand, "prefix")
    return _string_test(lambda value: value.lower().startswith(lower))


def _suffix(operand: object) -> Test:
    if isinstance(operand, str):
        end = _text(operand, "suffix")
        return _string_test(lambda value: value.endswith(end))
    lower = _ignoring_case(operand, "suffix")
    return _string_test(lambda value: value.lower().endswith(lower))


def _exactly(operand: object) -> Test:
    return _string_test(_text(operand, "exactly").__eq__)


def _equals_ignore_case(operand: object) -> Test:
    lower = _text(operand, "equals-ignore-case").lower()
    return _string_test(lambda value: value.lower() == lower)


def _wildcard(operand: object) -> Test:
    first, *middle = _parts(_text(operand, "wildcard"))
    if not middle:
        return _string_test(first.__eq__)
    last = middle.pop()
    return _string_test(lambda value: _fits(value, first, middle, last))


def _parts(pattern: str) -> list[str]:
    """The literal parts between the wildcards."""
    parts, at = [""], 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            at += 1
            if pattern[at : at + 1] not in {"*", "\\"}:
                raise BadPattern("a backslash may only stand before an asterisk or a backslash")
            parts[-1] += pattern[at]
        elif character == "*":
            if pattern[at + 1 : at + 2] == "*":
                raise BadPattern("wildcards may not follow one another")
            parts.append("")
        else:
            parts[-1] += character
        at += 1
    return parts


def _fits(value: str, first: str, middle: list[str], last: str) -> bool:
    """Whether the parts occur in order; the earliest place for each is as good as any later one."""
    at, end = len(first), len(value) - len(last)
    if end < at or not value.startswith(first) or not value.endswith(last):
        return False
    for part in middle:
        at = value.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _anything_but(operand: object) -> Test:
    """Every value that exists but the given ones; a missing field is not accepted."""
    if isinstance(operand, tuple):
        name, inner = only_pair(operand)
        if name not in _NEGATABLE:
            raise BadPattern(f"anything-but does not take {name}")
        texts = inner if isinstance(inner, list) else [inner]
        if not texts or (name in {"prefix", "suffix"} and "" in texts):
            raise BadPattern(f"anything-but needs something in {name}")
        excluded = [_NEGATABLE[name](_text(text, name)) for text in texts]
        return lambda value: opposite(any_of(test(value) for test in excluded))
    values = operand if isinstance(operand, list) else [operand]
    if not values or not all(isinstance(value, str) for value in values):
        raise BadPattern("anything-but takes strings or numbers")
    if len({isinstance(value, Number) for value in values}) > 1:
        raise BadPattern("anything-but does not mix strings and numbers")
    if isinstance(values[0], Number):
        numbers = frozenset(Decimal(str(value)) for value in values)
        return lambda value: as_number(value) not in numbers
    strings = frozenset(values)
    return lambda value: not (isinstance(value, str) and value in strings)


def _numeric(operand: object) -> Test:
    """One bound, or a lower and then an upper one."""
    if not isinstance(operand, list) or len(operand) not in {2, 4}:
        raise BadPattern("numeric takes one operator with its number, or two")
    bounds = [(operand[at], _bound(operand[at + 1])) for at in range(0, len(operand), 2)]
    operators = tuple(operator for operator, _ in bounds)
    if operators[0] not in _ORDERS or (
        len(operators) == 2 and not (operators[0] in {">", ">="} and operators[1] in {"<", "<="})
    ):
        raise BadPattern("numeric has an operator that does not exist, or a range that is none")
    if len(bounds) == 2 and bounds[0][1] > bounds[1][1]:
        raise BadPattern("numeric has an empty range")

    def test(value: object) -> Verdict:
        number = as_number(value)
        return number is not None and all(_ORDERS[operator](number, bound) for operator, bound in bounds)

    return test


def _bound(value: object) -> Decimal:
    if not isinstance(value, Number):
        raise BadPattern("numeric compares with numbers")
    number = Decimal(str(value))
    if abs(number) > _LARGEST:
        raise BadPattern("numeric goes up to five billion")
    return number


_ORDERS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address(value: object) -> _Address | None:
    if not isinstance(value, str) or "%" in value:
        return None
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


def is_address(value: object) -> bool:
    """Whether a text is an address, of which another notation is equal."""
    return _address(value) is not None


def same_address(wanted: str) -> Test:
    """Another notation of the same address is equal."""
    address = _address(wanted)
    return lambda value: address is not None and _address(value) == address


def _cidr(operand: object) -> Test:
    """An address in the block.

    Versions of the matcher differ in addresses of the block below the one that it is written with.
    """
    text = _text(operand, "cidr")
    start, slash, _ = text.partition("/")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadPattern("cidr needs an address block") from None
    base = _address(start)
    if not slash or base is None:
        raise BadPattern("cidr needs an address block")

    def test(value: object) -> Verdict:
        address = _address(value)
        if address is None or address.version != network.version or address not in network:
            return False
        return True if int(address) >= int(base) else None

    return test


_NEGATABLE: Mapping[str, Callable[[object], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
    "equals-ignore-case": _equals_ignore_case,
}

OPERATORS: Mapping[str, Callable[[object], Test]] = {
    **_NEGATABLE,
    "exactly": _exactly,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}
"""The operators that do not ask for the absence of a field, by name."""
