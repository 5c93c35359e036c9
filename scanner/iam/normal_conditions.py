"""The normal form of conditions, and which of two conditions holds wherever the other does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from ipaddress import ip_network

from scanner.iam.documents import OPERATORS, QUANTIFIERS, Condition
from scanner.iam.pattern_sets import (
    Effort,
    PatternIndex,
    canonical_variable,
    covers,
    lower,
    shape,
    variables_of,
    written,
)

Mark = tuple[str, str, str, str]

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]*?)0*)?")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]*?)0*)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = re.compile(r"[0-9]{9,10}")
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")


def canonical_conditions(conditions: Iterable[Condition], effort: Effort, *, variables: bool) -> frozenset[Condition]:
    """The conditions in normal form, without those that another of them implies.

    ``ArnEquals`` is ``ArnLike``: AWS documents them as the same. Numbers are compared as plain decimals, dates with a
    time zone and epochs of nine or ten digits by the instant, addresses by the network. What has another form is
    compared as text, because what IAM makes of it is not documented: ``08``, a date without a zone, 10.0.0.1/8.
    """
    found = {_canonical(condition, effort, variables=variables) for condition in conditions}
    return frozenset(
        condition for condition in found if not any(other != condition and implies(other, condition) for other in found)
    )


def _canonical(condition: Condition, effort: Effort, *, variables: bool) -> Condition:
    operator = {"arnequals": "arnlike", "arnnotequals": "arnnotlike"}.get(condition.operator, condition.operator)
    if operator.endswith("like"):
        values = _globs(condition.values, effort, by_part=operator.startswith("arn"), variables=variables)
    else:
        read = _READERS.get(operator, str)
        values = {read(_with_variables(value) if variables else value) for value in condition.values}
    return Condition(operator, condition.key, tuple(sorted(values)), condition.quantifier, condition.if_exists)


def _with_variables(value: str) -> str:
    if "${" not in value:
        return value
    return _VARIABLE.sub(lambda found: f"${{{canonical_variable(found.group(1))}}}", value)


def _globs(values: Iterable[str], effort: Effort, *, by_part: bool, variables: bool) -> set[str]:
    """The patterns that no other covers; one with a variable stays, since the condition fails where it has no value."""
    shapes = {shape(value, variables=variables) for value in values}
    index = PatternIndex(shapes, effort)
    return {
        written(each, variables=variables)
        for each in shapes
        if variables_of(each) or not any(not by_part or _covers_parts(wider, each) for wider in index.wider(each))
    }


def _covers_parts(wider: str, narrower: str) -> bool:
    """The operators of ARNs compare each of the six parts on its own: a star does not reach across a colon."""
    one, other = wider.split(":", 5), narrower.split(":", 5)
    return len(one) == len(other) == 6 and all(map(covers, one, other))


def _number(value: str) -> str:
    found = _NUMBER.fullmatch(value)
    if not found:
        return value
    sign, whole, fraction = found.groups()
    digits = f"{whole}.{fraction}" if fraction else whole
    return digits if digits == "0" else sign + digits


def _moment(value: str) -> str:
    found = _MOMENT.fullmatch(value)
    try:
        if found:
            seconds, fraction, zone = found.groups()
            instant = datetime.fromisoformat(seconds + zone).astimezone(UTC)
        elif _EPOCH.fullmatch(value):
            fraction, instant = None, datetime.fromtimestamp(int(value), UTC)
        else:
            return value
    except (ValueError, OverflowError):
        return value
    return f"{instant:%Y-%m-%dT%H:%M:%S}{'.' + fraction if fraction else ''}Z"


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError:
        return value


def _without_case(value: str) -> str:
    return value if "${" in value else lower(value)


_READERS: dict[str, Callable[[str], str]] = {
    "bool": lower,
    "null": lower,
    "ipaddress": _network,
    "notipaddress": _network,
    "stringequalsignorecase": _without_case,
    "stringnotequalsignorecase": _without_case,
    **{operator: _number for operator in OPERATORS if operator.startswith("numeric")},
    **{operator: _moment for operator in OPERATORS if operator.startswith("date")},
}


def implies(strong: Condition, weak: Condition) -> bool:
    """Whether one canonical condition holds wherever another does, and has a value for its policy variables.

    More values make a condition weaker, those of a negation make it stronger; ``IfExists`` makes it weaker.
    """
    if (strong.operator, strong.key, strong.quantifier) != (weak.operator, weak.key, weak.quantifier):
        return False
    if strong.if_exists and not weak.if_exists:
        return False
    if strong.values == weak.values:
        return True
    few, many = set(strong.values), set(weak.values)
    if "not" in strong.operator:
        few, many = many, few
    return bool(few) and few <= many and not any("${" in value for value in many - few)


def marks(condition: Condition, *, as_weak: bool) -> set[Mark]:
    """Marks of which a condition and one that it implies share at least one, so that the pair can be found by them."""
    decisive = condition.values or ("",)
    if ("not" in condition.operator) == as_weak:
        decisive = decisive[:1]
    return {(condition.operator, condition.key, condition.quantifier, value) for value in decisive}


def variables_in(conditions: Iterable[Condition]) -> frozenset[str]:
    """The policy variables in the values of conditions, as in the shapes of patterns."""
    found = (value for condition in conditions for value in condition.values if "${" in value)
    return frozenset().union(*(variables_of(shape(value, variables=True)) for value in found))


def as_element(conditions: Iterable[Condition]) -> dict[str, dict[str, list[str]]]:
    """The ``Condition`` element of a statement.

    Of two ``ArnLike`` for one key, which a document can have only as ``ArnLike`` and ``ArnEquals``, one is written so.
    """
    element: dict[str, dict[str, list[str]]] = {}
    for condition in sorted(conditions, key=lambda each: (each.operator, each.key, each.values)):
        name = OPERATORS[condition.operator]
        if condition.key in element.get(_spelt(condition, name), {}):
            name = name.replace("Like", "Equals")
        element.setdefault(_spelt(condition, name), {})[condition.key] = list(condition.values)
    return {name: dict(sorted(element[name].items())) for name in sorted(element)}


def _spelt(condition: Condition, name: str) -> str:
    prefix = f"{QUANTIFIERS[condition.quantifier]}:" if condition.quantifier else ""
    return prefix + name + ("IfExists" if condition.if_exists else "")
