"""Whether the criteria of a GuardDuty filter choose a finding.

All conditions have to hold. Values are compared as texts, severities by their whole number, times in milliseconds since
1970; a field in an array holds if one element does. A condition on a field that the finding does not have is not met;
whether ``NotEquals`` and ``NotMatches`` are is not documented, so that where it decides the answer is ``Undetermined``.

Source: guardduty/latest/APIReference/API_Condition.html and API_CreateFilter.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from scanner.events.verdicts import Verdict, all_of, any_of, opposite
from scanner.iam.matching import matches as fits
from scanner.inventory import Undetermined

_ALIASES = {"eq": "equals", "neq": "notequals", "gt": "greaterthan", "gte": "greaterthanorequal"} | {
    "lt": "lessthan",
    "lte": "lessthanorequal",
}
_ORDERS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "greaterthan": Decimal.__gt__,
    "greaterthanorequal": Decimal.__ge__,
    "lessthan": Decimal.__lt__,
    "lessthanorequal": Decimal.__le__,
}
_TIMES = ("At", "FirstSeen", "LastSeen")


def matches(criteria: Mapping[str, Any], finding: Mapping[str, Any]) -> bool:
    """Whether a finding, in the form of the ``detail`` of its event, is chosen.

    Args:
        criteria: the filter's ``FindingCriteria``, as the API gives it.
        finding: with the names of EventBridge, such as ``service.archived``.

    Raises:
        Undetermined: the answer depends on an operator that is not known, or on something that is not documented.
    """
    conditions = criteria.get("Criterion", criteria.get("criterion"))
    if not isinstance(conditions, Mapping):
        raise Undetermined("the criteria of a filter cannot be read")
    verdict = all_of(_holds(field, condition, finding) for field, condition in conditions.items())
    if verdict is None:
        raise Undetermined("it is not documented whether the filter chooses such a finding")
    return verdict


def _holds(field: str, condition: object, finding: Mapping[str, Any]) -> Verdict:
    if not isinstance(condition, Mapping):
        return None
    values = list(_values(finding, field.split(".")))
    return all_of(_compared(field, str(operator), operand, values) for operator, operand in condition.items())


def _values(node: object, parts: list[str]) -> Iterator[object]:
    if isinstance(node, list | tuple):
        for element in node:
            yield from _values(element, parts)
    elif not parts:
        if not isinstance(node, Mapping) and node is not None:
            yield node
    elif isinstance(node, Mapping) and parts[0] in node:
        yield from _values(node[parts[0]], parts[1:])


def _compared(field: str, operator: str, operand: object, values: list[object]) -> Verdict:
    name = _ALIASES.get(operator.lower(), operator.lower())
    if name in _ORDERS:
        bound = _number(field, operand)
        return any_of(_ordered(name, _number(field, value), bound) for value in values)
    if name not in {"equals", "notequals", "matches", "notmatches"} or not isinstance(operand, list | tuple):
        return None
    wanted = [_text(field, each) for each in operand]
    chosen = any(
        fits(each, _text(field, value)) if name.endswith("matches") else each == _text(field, value)
        for value in values
        for each in wanted
    )
    if not name.startswith("not"):
        return chosen
    return opposite(chosen) if len(values) == 1 or (not chosen and values) else None


def _ordered(name: str, value: Decimal | None, bound: Decimal | None) -> Verdict:
    return None if value is None or bound is None else _ORDERS[name](value, bound)


def _text(field: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    number = _number(field, value)
    if number is not None and (field == "severity" or not isinstance(value, str)):
        # High is written as 7 and 8, which takes in 8.9.
        return str(int(number)) if field == "severity" or number == number.to_integral_value() else str(number)
    return str(value)


def _number(field: str, value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and field.endswith(_TIMES):
        try:
            return Decimal(int(datetime.fromisoformat(value).timestamp() * 1000))
        except ValueError:
            pass
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None
