"""Conditions as clauses that a person can read, such as "aws:SourceVpc is vpc-1"; and what the opposite of one is."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.iam.documents import Condition

_MOST_VALUES = 5

_IS, _MATCHES, _LIES = ("is", "is not"), ("matches", "does not match"), ("lies in", "does not lie in")

_PHRASES: dict[str, tuple[str, str]] = {
    "stringequals": _IS,
    "stringequalsignorecase": ("is, in any case,", "is not, in any case,"),
    "stringlike": _MATCHES,
    "numericequals": _IS,
    "numericlessthan": ("is less than", "is at least"),
    "numericlessthanequals": ("is at most", "is more than"),
    "numericgreaterthan": ("is more than", "is at most"),
    "numericgreaterthanequals": ("is at least", "is less than"),
    "dateequals": _IS,
    "datelessthan": ("is before", "is not before"),
    "datelessthanequals": ("is not after", "is after"),
    "dategreaterthan": ("is after", "is not after"),
    "dategreaterthanequals": ("is not before", "is before"),
    "bool": _IS,
    "binaryequals": _IS,
    "ipaddress": _LIES,
    "arnequals": _MATCHES,
    "arnlike": _MATCHES,
}
"""What each operator says of its key, and what its negation says; ``not`` in the name of an operator swaps the two."""


def clause(condition: Condition, *, holds: bool = True, present: bool = False) -> str:
    """What a condition demands, as a clause that follows "only if".

    Args:
        condition: a condition, its operator in lower case.
        holds: whether it must hold, or must not.
        present: whether the key is known to be in the request, so that absence need not be spoken of.
    """
    key = condition.name or condition.key
    if condition.operator == "null":
        return _null(key, condition.values, holds=holds)
    positive = condition.operator.replace("not", "")
    phrases = _PHRASES.get(positive)
    if phrases is None:
        written = f"{condition.written or condition.operator} {key} {_either(condition.values)}".rstrip()
        return f"{written} {'holds' if holds else 'does not hold'} (no such operator is known)"
    negated = positive != condition.operator
    if not condition.values:
        return f"{key} is one of no values" if holds != negated else f"{key} is anything"
    if condition.quantifier:
        return _of_several(condition, key, _said(phrases, condition.values, affirmed=holds != negated), holds=holds)
    said = _said(phrases, condition.values, affirmed=holds != negated)
    if_absent = condition.if_exists or negated
    if present:
        return f"{key} {said}"
    if if_absent == holds:
        return f"{key} {said}, or absent"
    return f"{key} {said}" if holds or negated else f"{key} is present and {said}"


def _null(key: str, values: Sequence[str], *, holds: bool) -> str:
    wanted = {(value.lower() == "true") == holds for value in values}
    if len(wanted) == 2:
        return f"{key} is {'absent or present' if holds else 'neither absent nor present'}"
    return f"{key} is {'absent' if True in wanted else 'present'}"


def _of_several(condition: Condition, key: str, said: str, *, holds: bool) -> str:
    """A set operator: its opposite is about the other quantity of the opposite."""
    of_all = (condition.quantifier == "forallvalues") == holds
    text = f"{'every' if of_all else 'some'} value of {key} {said}"
    if of_all and not (condition.if_exists and not holds):
        return f"{text}, or there is none"
    return f"{text}, or there is none" if condition.if_exists and holds else text


def _said(phrases: tuple[str, str], values: Sequence[str], *, affirmed: bool) -> str:
    phrase = phrases[0] if affirmed else phrases[1]
    if not affirmed and phrases is _IS and len(values) > 1:
        return f"is neither {' nor '.join(_shown(values))}"
    if not affirmed and len(values) > 1 and "not" not in phrase:
        return f"{phrase} {' and '.join(_shown(values))}"
    return f"{phrase} {_either(values)}"


def _either(values: Sequence[str]) -> str:
    return " or ".join(_shown(values))


def _shown(values: Sequence[str]) -> list[str]:
    shown = [value or '""' for value in values[:_MOST_VALUES]]
    return shown if len(values) <= _MOST_VALUES else [*shown, f"{len(values) - _MOST_VALUES:,} more values"]
