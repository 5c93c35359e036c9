"""The conditions on JSON records in a filter pattern of CloudWatch Logs, such as ``$.eventName = "StopLogging"``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from scanner.events.log_regex import BadRegex, read_regex
from scanner.events.operators import as_number
from scanner.events.verdicts import Verdict, all_of, any_of, opposite

Condition = Callable[[Mapping[str, Any]], Verdict]

_DEEPEST = 100
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<mark>&&|\|\||[()])
    | (?P<operator>!=|>=|<=|=|<|>)
    | (?P<selector>\$(?:\.(?:[A-Za-z0-9_-]+|\*)|\[(?:\d+|\*)\])+)
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | %(?P<regex>(?:[^%\\]|\\.)+)%
    | (?P<word>[^\s()"%$&|=!<>]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_STEP = re.compile(r"\.([A-Za-z0-9_-]+|\*)|\[(\d+|\*)\]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?")


class BadFilter(ValueError):
    """A filter pattern that cannot be read; the message says why."""


class _Absent:
    """The value of a field that is not there."""


_ABSENT = _Absent()


class _Token(NamedTuple):
    kind: str
    text: str


class _Several(NamedTuple):
    """What a selector with a wildcard leads to."""

    values: tuple[object, ...]


def read_conditions(text: str) -> Condition:
    """The conditions between the braces.

    Raises:
        BadFilter: they cannot be read.
    """
    reader = _Reader(_tokens(text))
    condition = reader.alternatives(0)
    if reader.at < len(reader.tokens):
        raise BadFilter(f"{reader.tokens[reader.at].text!r} stands where nothing is expected")
    return condition


def _tokens(text: str) -> list[_Token]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise BadFilter(f"it cannot be read from {text[at : at + 20]!r} on")
        found.append(_Token(match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


@dataclass(slots=True)
class _Reader:
    """Reads the tokens from left to right."""

    tokens: list[_Token]
    at: int = 0

    def alternatives(self, depth: int) -> Condition:
        parts = [self._conjunction(depth)]
        while self._take("||"):
            parts.append(self._conjunction(depth))
        return parts[0] if len(parts) == 1 else lambda record: any_of(part(record) for part in parts)

    def _conjunction(self, depth: int) -> Condition:
        parts = [self._single(depth)]
        while self._take("&&"):
            parts.append(self._single(depth))
        return parts[0] if len(parts) == 1 else lambda record: all_of(part(record) for part in parts)

    def _single(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise BadFilter("it is nested too deeply")
        if self._take("("):
            inner = self.alternatives(depth + 1)
            if not self._take(")"):
                raise BadFilter("a parenthesis is not closed")
            return inner
        selector = self._next()
        if selector.kind != "selector":
            raise BadFilter(f"{selector.text!r} is no selector")
        steps = _STEP.findall(selector.text)
        test = self._test()
        return lambda record: _applied(test, _selected(record, steps))

    def _test(self) -> _Test:
        token = self._next()
        word = token.text.upper() if token.kind == "word" else ""
        if word == "EXISTS":
            return _Test(lambda value: value is not _ABSENT)
        if word == "NOT" and self._next().text.upper() == "EXISTS":
            return _Test(lambda value: value is _ABSENT, negative=True)
        if word == "IS":
            return _Test(_is(self._next().text.upper()))
        if token.kind != "operator":
            raise BadFilter(f"{token.text!r} is no operator")
        return _comparison(token.text, self._next())

    def _take(self, mark: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == ("mark", mark):
            self.at += 1
            return True
        return False

    def _next(self) -> _Token:
        if self.at == len(self.tokens):
            raise BadFilter("it ends too early")
        self.at += 1
        return self.tokens[self.at - 1]


class _Test(NamedTuple):
    """A test of what a selector leads to; a negative one says nothing about several values at once."""

    of: Callable[[object], Verdict]
    negative: bool = False


def _applied(test: _Test, value: object) -> Verdict:
    if not isinstance(value, _Several):
        return test.of(value)
    if test.negative:
        return None
    return any_of(test.of(each) for each in value.values)


def _selected(node: object, steps: list[tuple[str, str]]) -> object:
    for place, (name, index) in enumerate(steps):
        if "*" in {name, index}:
            return _Several(tuple(_spread(node, name, steps[place + 1 :])))
        if name:
            node = node.get(name, _ABSENT) if isinstance(node, Mapping) else _ABSENT
        elif isinstance(node, list | tuple) and int(index) < len(node):
            node = node[int(index)]
        else:
            node = _ABSENT
    return node


def _spread(node: object, name: str, steps: list[tuple[str, str]]) -> list[object]:
    """What the rest of a selector leads to from each member of an object or an array."""
    members: list[object] = []
    if name and isinstance(node, Mapping):
        members = list(node.values())
    elif not name and isinstance(node, list | tuple):
        members = list(node)
    found: list[object] = []
    for member in members:
        value = _selected(member, steps)
        found += value.values if isinstance(value, _Several) else [value]
    return found


def _is(word: str) -> Callable[[object], Verdict]:
    wanted = {"NULL": None, "TRUE": True, "FALSE": False}
    if word not in wanted:
        raise BadFilter(f"IS {word} is not known")

    def test(value: object) -> Verdict:
        if isinstance(value, str) and value.upper() == word:
            return None
        return value is wanted[word]

    return test


def _comparison(operator: str, operand: _Token) -> _Test:
    if operand.kind not in {"word", "quoted", "regex"}:
        raise BadFilter(f"{operand.text!r} is no value")
    negative = operator == "!="
    if operator in {"=", "!="}:
        equal = _equal(operand)
        return _Test(lambda value: _negated(equal(value), value) if negative else equal(value), negative)
    bound = _number(operand.text) if operand.kind == "word" else None
    if bound is None:
        raise BadFilter(f"{operator} compares with numbers")
    compare: Callable[[Decimal], bool] = {
        "<": bound.__gt__,
        "<=": bound.__ge__,
        ">": bound.__lt__,
        ">=": bound.__le__,
    }[operator]

    def test(value: object) -> Verdict:
        number = as_number(value)
        if number is not None:
            return compare(number)
        return None if isinstance(value, str) and _number(value) is not None else False

    return _Test(test)


def _negated(equal: Verdict, value: object) -> Verdict:
    """What ``!=`` says: no for objects and arrays; for what is missing, null or boolean nothing is documented."""
    if isinstance(value, Mapping | list | tuple):
        return False
    if value is _ABSENT or value is None or isinstance(value, bool):
        return None
    return opposite(equal)


def _equal(operand: _Token) -> Callable[[object], Verdict]:
    accepts = _text_test(operand)
    wanted = _number(operand.text) if operand.kind == "word" else None

    def test(value: object) -> Verdict:
        if isinstance(value, str):
            if accepts(value):
                return True
            return None if wanted is not None and _number(value) == wanted else False
        if value is _ABSENT or value is None or isinstance(value, Mapping | list | tuple):
            return False
        if isinstance(value, bool):
            return None if accepts(str(value).lower()) else False
        if wanted is not None:
            return as_number(value) == wanted
        return None if accepts(str(value)) else False

    return test


def _text_test(operand: _Token) -> Callable[[str], bool]:
    if operand.kind == "regex":
        try:
            return read_regex(operand.text).found_in
        except BadRegex as error:
            raise BadFilter(str(error)) from None
    text = re.sub(r"\\(.)", r"\1", operand.text, flags=re.DOTALL) if operand.kind == "quoted" else operand.text
    if text == "*":
        return lambda _: True
    inner = text[text.startswith("*") : len(text) - text.endswith("*")]
    if text.startswith("*") and text.endswith("*"):
        return lambda value: inner in value
    if text.startswith("*"):
        return lambda value: value.endswith(inner)
    if text.endswith("*"):
        return lambda value: value.startswith(inner)
    return text.__eq__


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None
