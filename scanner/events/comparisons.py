"""What an event pattern demands of one field: one of some values, or what an operator accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scanner.events.operators import OPERATORS, BadPattern, Number, Test, equal, is_address, only_pair, same_address
from scanner.events.verdicts import Verdict, any_of


@dataclass(frozen=True, slots=True)
class Demand:
    """What a field has to be: one of some strings, or accepted by one of some tests.

    Attributes:
        or_absent: whether it may also be missing.
        unknown: the operators among the tests whose meaning is not known.
    """

    strings: frozenset[str] = frozenset()
    tests: tuple[Test, ...] = ()
    or_absent: bool = False
    unknown: tuple[str, ...] = ()

    def accepts(self, value: object) -> Verdict:
        """Whether the field may have this value."""
        if isinstance(value, str) and value in self.strings:
            return True
        return any_of(test(value) for test in self.tests)


def read_demand(values: list[Any]) -> Demand:
    """The demand of an array of values and operators; objects are tuples of pairs.

    Raises:
        BadPattern: the service would refuse it.
    """
    if not values:
        raise BadPattern("an array is empty")
    strings: set[str] = set()
    tests: list[Test] = []
    unknown: list[str] = []
    or_absent = False
    for value in values:
        if isinstance(value, tuple):
            name, operand = only_pair(value)
            if name == "exists":
                or_absent = or_absent or not _truth(operand)
                if operand:
                    tests.append(_exists)
            elif name in OPERATORS:
                tests.append(OPERATORS[name](operand))
            else:
                unknown.append(name)
                tests.append(_not_known)
        elif isinstance(value, list):
            raise BadPattern("an array lies directly in an array")
        elif isinstance(value, str) and not isinstance(value, Number):
            strings.add(value)
            if is_address(value):
                tests.append(same_address(value))
        else:
            tests.append(equal(value))
    return Demand(frozenset(strings), tuple(tests), or_absent, tuple(unknown))


def doubtful(reason: str) -> Demand:
    """A demand of which nothing is known."""
    return Demand(tests=(_not_known,), or_absent=False, unknown=(reason,))


def _not_known(_: object) -> Verdict:
    return None


def _exists(_: object) -> Verdict:
    return True


def _truth(operand: object) -> bool:
    if not isinstance(operand, bool):
        raise BadPattern("exists must be true or false")
    return operand
