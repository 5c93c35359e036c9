"""Values of one condition key that tell the conditions on it apart.

Two values are alike if every condition says the same of both. The values given here hold one of each kind, so that
what is true of them is true of all; only where kinds are too many, or of unlike types, some may be missing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

from scanner.iam.automaton import Row, literal, strings
from scanner.iam.conditions import moment, network, number
from scanner.iam.documents import Condition
from scanner.iam.variables import NEVER

_FRESH = "zq0-something-else"
_MOST_SPELLINGS = 64


def one_of_each_kind(conditions: Sequence[Condition]) -> tuple[tuple[str, ...], bool]:
    """Values, and whether they hold one of every kind.

    Args:
        conditions: settled conditions on one key.
    """
    families: dict[str, list[Condition]] = {}
    for condition in conditions:
        families.setdefault(family(condition.operator), []).append(condition)
    families.pop("null", None)
    if not families:
        return (_FRESH,), True
    if "bool" in families:
        return ("true", "false"), families.keys() <= {"bool", "text", "glob", "arn"}
    found: dict[str, None] = {}
    complete = True
    texts = [each for name in ("text", "glob", "arn") for each in families.pop(name, ())]
    if texts:
        chosen, complete = _texts(texts)
        found.update(dict.fromkeys(chosen))
    for name, members in families.items():
        values = (value for condition in members for value in condition.values)
        found.update(dict.fromkeys(_OF[name](values)))
    return tuple(found), complete and len(families) + bool(texts) == 1


def family(operator: str) -> str:
    """How the values of an operator are compared; ``null`` compares none."""
    for beginning in ("null", "numeric", "date", "bool", "arn"):
        if operator.startswith(beginning):
            return beginning
    if operator.endswith("ipaddress"):
        return "address"
    return "glob" if operator.endswith("like") else "text"


def _texts(conditions: Sequence[Condition]) -> tuple[Iterable[str], bool]:
    rows = {
        Row(value, family(condition.operator), condition.operator.endswith("ignorecase"))
        for condition in conditions
        for value in condition.values
        if value != NEVER
    }
    if any(row.is_wild for row in rows):
        return strings(sorted(rows))
    literals = {literal(row.text) for row in rows}
    found = dict.fromkeys((*sorted(literals), _FRESH, ""))
    for row in sorted(rows):
        if row.ignores_case:
            found.update(dict.fromkeys(_spellings(row.text)))
    return found, True


def _spellings(text: str) -> Iterator[str]:
    """The text in other cases: so many that no list of literals names them all."""
    yield from (text.lower(), text.upper(), text.swapcase())
    for place in range(min(len(text), _MOST_SPELLINGS)):
        yield text[:place] + text[place].swapcase() + text[place + 1 :]


def _numbers(values: Iterable[str]) -> Iterator[str]:
    limits = sorted({limit for value in values if (limit := number(value)) is not None})
    yield "0"
    for limit in limits:
        yield from (str(limit), str(limit - 1), str(limit + 1))
    for lower, upper in pairwise(limits):
        yield str((lower + upper) / 2)


def _moments(values: Iterable[str]) -> Iterator[str]:
    limits = sorted({limit for value in values if (limit := moment(value)) is not None})
    second = datetime.timedelta(seconds=1)
    for limit in limits:
        yield limit.isoformat()
        for shift in (second, -second):
            try:
                yield (limit + shift).isoformat()
            except OverflowError:
                continue
    for lower, upper in pairwise(limits):
        yield (lower + (upper - lower) / 2).isoformat()


def _addresses(values: Iterable[str]) -> Iterator[str]:
    """The beginnings of all stretches into which the borders of the networks cut the addresses."""
    yield from ("0.0.0.0", "::", "198.51.100.77", "2001:db8::77")  # noqa: S104  (an address like any other)
    for value in values:
        block = network(value)
        if block is None:
            continue
        yield str(block[0])
        following = int(block[-1]) + 1
        if following < 1 << block.max_prefixlen:
            yield str(IPv4Address(following) if block.version == 4 else IPv6Address(following))


_OF = {"numeric": _numbers, "date": _moments, "address": _addresses}
