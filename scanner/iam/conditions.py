"""Condition operators: whether a condition holds for given values, and in a context of which not all is known.

Source: "IAM JSON policy elements: Condition operators" and "Conditions with multiple context keys or values" in the IAM
User Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import msgspec

from scanner.iam.context import Context, State, Values
from scanner.iam.documents import Condition
from scanner.iam.globs import example, overlap
from scanner.iam.variables import MARK, NEVER, escaped, matches_resolved, resolve, unescaped

Test = Callable[[str, str], bool]

_LONGEST = 400
"""Up to so many characters a pattern is compared with the pattern of an unknown value; nobody writes longer ones."""


def truth(condition: Condition, context: Context, *, has_variables: bool = True) -> bool | Condition:
    """Whether the condition holds in the context, or what of it is still to be decided.

    The remaining condition has its policy variables replaced as far as they are known. One with a variable that has no
    value counts as not holding, also where its operator is a negation: AWS takes the whole statement as not matching.

    Args:
        condition: one condition of a statement.
        context: what is known of the request.
        has_variables: whether the document is of a version that knows policy variables.
    """
    known = context.look_up(condition.key)
    if condition.operator == "null":
        if known is State.UNDECIDED:
            return condition
        return holds(condition, None if known is State.ABSENT else ("",))
    settled = condition
    if condition.operator.startswith(("string", "arn")) and any(MARK in value for value in condition.values):
        settled = _resolved(condition, context) if has_variables else _literal(condition)
        if NEVER in settled.values:
            return False
    if not is_settled(settled):
        return settled
    if known is State.ABSENT:
        return holds(settled, None)
    if not isinstance(known, State):
        return holds(settled, known)
    shape = context.shapes.get(condition.key) if known is State.PRESENT else None
    return settled if shape is None else _by_shape(settled, shape)


def _by_shape(condition: Condition, shape: str) -> bool | Condition:
    """The truth for a value of which only a pattern is known, where every value of that pattern gives the same."""
    if condition.operator.removeprefix("stringnot").removeprefix("string") not in {"like", "equals"}:
        return condition
    if any(len(value) > _LONGEST for value in condition.values):
        return condition
    sample = example(shape)
    if sample is not None and condition.operator.endswith("like") and holds(_positive(condition), (sample,)):
        return not is_negated(condition.operator)
    is_like = condition.operator.endswith("like")
    patterns = (value if is_like or MARK in value else escaped(value) for value in condition.values)
    if all(overlap(pattern, shape) is None for pattern in patterns):
        return is_negated(condition.operator)
    return condition


def _positive(condition: Condition) -> Condition:
    return msgspec.structs.replace(condition, operator=condition.operator.replace("not", ""), quantifier="")


def _resolved(condition: Condition, context: Context) -> Condition:
    resolved = ((value, resolve(value, context)) for value in condition.values)
    values = tuple(value if found is None else found for value, found in resolved)
    return msgspec.structs.replace(condition, values=values)


def _literal(condition: Condition) -> Condition:
    return msgspec.structs.replace(condition, values=tuple(value.replace(MARK, "${$}{") for value in condition.values))


def is_settled(condition: Condition) -> bool:
    """Whether no value of the condition has a variable that is still to be decided, and the operator is known."""
    if condition.operator not in _TESTS and condition.operator != "null":
        return False
    return not any(_open_variable(value) for value in condition.values if MARK in value)


def _open_variable(value: str) -> bool:
    bare = value
    for escape in ("${*}", "${?}", "${$}", NEVER):
        bare = bare.replace(escape, "")
    return MARK in bare


def holds(condition: Condition, values: Values | None) -> bool:
    """Whether the condition holds for the values of its key; None and an empty list are an absent key.

    Raises:
        KeyError: the operator does not exist.
    """
    operator = condition.operator
    if operator == "null":
        return any((value.lower() == "true") == (not values) for value in condition.values)
    negated, test = _TESTS[operator]
    if not values:
        if condition.if_exists or condition.quantifier == "forallvalues":
            return True
        return negated and condition.quantifier != "foranyvalue"

    def satisfied(value: str) -> bool:
        return any(test(wanted, value) for wanted in condition.values) != negated

    if condition.quantifier == "forallvalues":
        return all(satisfied(value) for value in values)
    if condition.quantifier == "foranyvalue":
        return any(satisfied(value) for value in values)
    if negated:
        return all(satisfied(value) for value in values)
    return any(satisfied(value) for value in values)


def _text(wanted: str) -> str:
    """The text of a value of an operator without wildcards."""
    return wanted if MARK not in wanted else unescaped(wanted) or wanted


def _equals(wanted: str, value: str) -> bool:
    return wanted != NEVER and _text(wanted) == value


def _equals_ignoring_case(wanted: str, value: str) -> bool:
    return wanted != NEVER and _text(wanted).lower() == value.lower()


def _like(wanted: str, value: str) -> bool:
    return matches_resolved(wanted, value)


def _boolean(wanted: str, value: str) -> bool:
    return wanted.lower() == value.lower()


def _arn(wanted: str, value: str) -> bool:
    """Each of the six parts on its own, so that a star does not reach across a colon."""
    patterns, parts = wanted.split(":", 5), value.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(matches_resolved, patterns, parts))


@lru_cache(maxsize=4096)
def number(text: str) -> Decimal | None:
    """The number, or None where the text is none."""
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime | None:
    """The time in UTC, from ISO 8601 or seconds since the epoch, or None where the text is neither."""
    seconds = number(text)
    try:
        if seconds is not None and not ("-" in text.strip()[1:] or len(text.strip()) == 4):
            return datetime.fromtimestamp(float(seconds), UTC)
        found = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError, OSError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


@lru_cache(maxsize=4096)
def network(text: str) -> IPv4Network | IPv6Network | None:
    """The network of a CIDR block or a single address, or None where the text is neither."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _within(wanted: str, value: str) -> bool:
    block = network(wanted)
    try:
        address = ip_address(value.strip())
    except ValueError:
        return False
    return block is not None and address.version == block.version and address in block


def _compared(compare: Callable[[Decimal, Decimal], bool]) -> Test:
    def test(wanted: str, value: str) -> bool:
        limit, found = number(wanted), number(value)
        return limit is not None and found is not None and compare(found, limit)

    return test


def _dated(compare: Callable[[datetime, datetime], bool]) -> Test:
    def test(wanted: str, value: str) -> bool:
        limit, found = moment(wanted), moment(value)
        return limit is not None and found is not None and compare(found, limit)

    return test


_TESTS: dict[str, tuple[bool, Test]] = {
    "stringequals": (False, _equals),
    "stringnotequals": (True, _equals),
    "stringequalsignorecase": (False, _equals_ignoring_case),
    "stringnotequalsignorecase": (True, _equals_ignoring_case),
    "stringlike": (False, _like),
    "stringnotlike": (True, _like),
    "numericequals": (False, _compared(lambda found, limit: found == limit)),
    "numericnotequals": (True, _compared(lambda found, limit: found == limit)),
    "numericlessthan": (False, _compared(lambda found, limit: found < limit)),
    "numericlessthanequals": (False, _compared(lambda found, limit: found <= limit)),
    "numericgreaterthan": (False, _compared(lambda found, limit: found > limit)),
    "numericgreaterthanequals": (False, _compared(lambda found, limit: found >= limit)),
    "dateequals": (False, _dated(lambda found, limit: found == limit)),
    "datenotequals": (True, _dated(lambda found, limit: found == limit)),
    "datelessthan": (False, _dated(lambda found, limit: found < limit)),
    "datelessthanequals": (False, _dated(lambda found, limit: found <= limit)),
    "dategreaterthan": (False, _dated(lambda found, limit: found > limit)),
    "dategreaterthanequals": (False, _dated(lambda found, limit: found >= limit)),
    "bool": (False, _boolean),
    "binaryequals": (False, _equals),
    "ipaddress": (False, _within),
    "notipaddress": (True, _within),
    "arnequals": (False, _arn),
    "arnlike": (False, _arn),
    "arnnotequals": (True, _arn),
    "arnnotlike": (True, _arn),
}
"""For each operator: whether it negates its test, and the test of one policy value against one value of a request."""


def is_negated(operator: str) -> bool:
    """Whether an operator is a negation, which an absent key satisfies."""
    return operator in _TESTS and _TESTS[operator][0]


def operators() -> Iterable[str]:
    """The operators that exist, in lower case; ``null`` stands apart."""
    return _TESTS.keys()
