"""Parse policy documents: once for each text, any spelling that IAM accepts, nothing dropped in silence."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, TypeGuard

import msgspec

from scanner.iam.pattern_sets import lower
from scanner.iam.repeated_names import Repeating, decoded
from scanner.inventory import Document, Undetermined

OPERATORS = {
    name.lower(): name
    for name in (
        "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
        "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
        "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan",
        "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress",
        "NotIpAddress", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "Null",
    )
}  # fmt: skip
"""Condition operators by their lower case, without prefix and suffix, spelt as in the IAM User Guide."""

QUANTIFIERS = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}
"""The set prefixes of condition operators by their lower case."""

_SCALARS = (str, int, float, bool)
_PRINCIPAL_TYPES = {"aws": "AWS", "service": "Service", "federated": "Federated", "canonicaluser": "CanonicalUser"}
_VERSIONS = ("2012-10-17", "2008-10-17")
_OF_DOCUMENT = {"version", "id", "statement"}
_OF_STATEMENT = {
    "sid", "effect", "action", "notaction", "resource", "notresource", "principal", "notprincipal", "condition",
}  # fmt: skip


class Condition(msgspec.Struct, frozen=True, eq=False):
    """One key of one operator; the values are alternatives.

    An operator that does not exist stands here whole, in lower case, so that it equals none of ``OPERATORS``: whether
    such a condition holds is never decided.

    Attributes:
        operator: lower case, without set prefix and ``IfExists``, such as ``stringequals``.
        key: the condition key in lower case.
        quantifier: ``forallvalues``, ``foranyvalue`` or empty.
        if_exists: whether an absent key satisfies it.
        written: the operator as the document has it, such as ``ForAnyValue:StringLikeIfExists``; no part of equality.
        name: the key as the document has it; no part of equality.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    if_exists: bool = False
    written: str = ""
    name: str = ""

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Condition) and self._meaning() == other._meaning())

    def __hash__(self) -> int:
        return hash((self.operator, self.key, self.values))

    def _meaning(self) -> tuple[object, ...]:
        return self.operator, self.key, self.values, self.quantifier, self.if_exists


class Statement(msgspec.Struct, frozen=True):
    """One statement; absent elements are empty tuples, and the ``not_`` flags say that the list is a complement.

    IAM takes an empty list (Access Analyzer only suggests to fill it): no action and no resource is nothing, all but
    none is everything. A statement with an empty ``Resource`` is read as one without actions, so that it is not
    mistaken for a statement of a trust policy, which has no such element.

    Principals are pairs of a type, spelt as in AWS's grammar, and a name.
    """

    index: int
    allows: bool
    actions: tuple[str, ...] = ()
    not_actions: bool = False
    resources: tuple[str, ...] = ()
    not_resources: bool = False
    principals: tuple[tuple[str, str], ...] = ()
    not_principals: bool = False
    conditions: tuple[Condition, ...] = ()
    sid: str = ""


class Policy(msgspec.Struct, frozen=True):
    """A parsed document.

    Attributes:
        statements: those that are of the grammar, and those of which only a condition operator is not.
        problems: the places that IAM would refuse, such as ``Statement[2].Condition.StringEqualz: no such operator``.
        version: 2012-10-17 or 2008-10-17, which is also that of a document without one; there ``${`` is literal text.
        id: the ``Id``, which some services write.
    """

    statements: tuple[Statement, ...]
    problems: tuple[str, ...] = ()
    version: str = "2008-10-17"
    id: str = ""


class _MalformedError(Exception):
    """A part of a document that is not of the policy grammar, with its place."""

    def __init__(self, place: str, fault: str) -> None:
        super().__init__(f"{place}: {fault}" if place else fault)


_MOST_DOCUMENTS = 65_536
_parsed: dict[int, tuple[Document, Policy]] = {}


def parse(document: Document) -> Policy:
    """The statements of a document; equal texts are parsed once."""
    known = _parsed.get(id(document))
    if known is not None and known[0] is document:
        return known[1]
    found = _parse(bytes(document))
    if len(_parsed) >= _MOST_DOCUMENTS:
        _parsed.clear()
    # Rules ask again for the same object; to compare texts would read each of them anew.
    _parsed[id(document)] = document, found
    return found


def understood(document: Document, where: str) -> Policy:
    """The statements of a document; raises ``Undetermined`` naming the place if any part of it is malformed."""
    policy = parse(document)
    if policy.problems:
        raise Undetermined(f"{where} is malformed: {policy.problems[0]}")
    return policy


class _Plain(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="pascal"):
    """A statement as almost all are written; anything else is read element by element."""

    effect: Literal["Allow", "Deny"]
    action: str | list[str] | None = None
    not_action: str | list[str] | None = None
    resource: str | list[str] | None = None
    principal: str | dict[str, str | list[str]] | None = None
    condition: dict[str, dict[str, str | list[str]]] | None = None
    sid: str | None = None


class _PlainDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    version: Literal["2012-10-17"]
    statement: list[_Plain]


_PLAIN = msgspec.json.Decoder(_PlainDocument)


def _read_plain(text: bytes) -> Policy | None:
    """A document in the usual spelling, or None for the careful way; both read the same."""
    try:
        document = _PLAIN.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    # An element that occurs twice is lost without a word; fewer quotation marks are left then.
    if b"\\" in text or msgspec.json.encode(document).count(b'"') != text.count(b'"'):
        return None
    statements = []
    for index, plain in enumerate(document.statement):
        actions = plain.action if plain.not_action is None else plain.not_action
        if actions is None or (plain.action is not None and plain.not_action is not None):
            return None
        if not plain.resource and (plain.resource is not None or plain.principal is None):
            return None
        try:
            conditions = _conditions(plain.condition, "") if plain.condition else ()
            principals = _principals(plain.principal, "") if plain.principal is not None else ()
        except _MalformedError:
            return None
        if any(condition.operator not in OPERATORS for condition in conditions):
            return None
        statements.append(
            Statement(
                index,
                plain.effect == "Allow",
                (actions,) if isinstance(actions, str) else tuple(actions),
                plain.not_action is not None,
                (plain.resource,) if isinstance(plain.resource, str) else tuple(plain.resource or ()),
                principals=principals,
                conditions=conditions,
                sid=plain.sid or "",
            )
        )
    return Policy(tuple(statements), version=document.version)


@lru_cache(maxsize=65536)
def _parse(text: bytes) -> Policy:
    plain = _read_plain(text)
    if plain is not None:
        return plain
    try:
        elements = _elements(_decoded(text), "", _OF_DOCUMENT)
        items = _items(elements)
    except _MalformedError as fault:
        return Policy((), (str(fault),))
    statements, problems = [], []
    for index, item in enumerate(items):
        place = f"Statement[{index}]"
        try:
            statement = _statement(index, item, place)
        except _MalformedError as fault:
            problems.append(str(fault))
            continue
        statements.append(statement)
        problems += [
            f"{place}.Condition.{_shown(condition.written)}: no such operator"
            for condition in statement.conditions
            if condition.operator not in OPERATORS
        ]
    version = elements.get("version", "2008-10-17")
    if version not in _VERSIONS:
        problems.append(f"Version: it is neither {' nor '.join(_VERSIONS)}")
    identifier = elements.get("id", "")
    if not isinstance(identifier, str):
        problems.append("Id: it is not a string")
    return Policy(
        tuple(statements),
        tuple(problems),
        version if isinstance(version, str) and version in _VERSIONS else "2008-10-17",
        identifier if isinstance(identifier, str) else "",
    )


def _decoded(text: bytes) -> object:
    try:
        return decoded(text)
    except RecursionError:
        raise _MalformedError("", "it is nested too deeply") from None
    except ValueError:
        raise _MalformedError("", "it is not JSON") from None


def _members(value: object, place: str) -> dict[str, object]:
    """An object as it is; IAM takes each name once, whatever its case."""
    if not isinstance(value, dict):
        raise _MalformedError(place, "it is not an object" if place else "it is not a JSON object")
    if isinstance(value, Repeating):
        raise _MalformedError(_within(place, value.repeated), "it occurs twice")
    if len(value) == 1:
        return value
    lowered: set[str] = set()
    for name in value:
        if name.lower() in lowered:
            raise _MalformedError(_within(place, name), "it occurs twice")
        lowered.add(name.lower())
    return value


def _elements(value: object, place: str, allowed: set[str]) -> dict[str, object]:
    """The elements of a document or a statement by their lower case."""
    elements: dict[str, object] = {}
    for name, element in _members(value, place).items():
        if name.lower() not in allowed:
            raise _MalformedError(_within(place, name), "no such element")
        elements[name.lower()] = element
    return elements


def _within(place: str, name: str) -> str:
    return f"{place}.{_shown(name)}" if place else _shown(name)


def _shown(name: str) -> str:
    """A name as it goes into a message: whoever wrote the document chose its length."""
    return name if len(name) <= 80 else f"{name[:77]}..."


def _items(elements: dict[str, object]) -> list[object]:
    if "statement" not in elements:
        raise _MalformedError("", "it has no Statement")
    raw = elements["statement"]
    return raw if isinstance(raw, list) else [raw]


def _statement(index: int, item: object, place: str) -> Statement:
    elements = _elements(item, place, _OF_STATEMENT)
    if not elements:
        raise _MalformedError(place, "it is empty")
    effect = elements.get("effect")
    if not isinstance(effect, str) or effect.lower() not in {"allow", "deny"}:
        raise _MalformedError(f"{place}.Effect", "it is neither Allow nor Deny")
    actions, not_actions = _one_of(elements, "Action", place)
    if actions is None:
        raise _MalformedError(place, "it has neither Action nor NotAction")
    resources, not_resources = _one_of(elements, "Resource", place)
    principals, not_principals = _one_of(elements, "Principal", place)
    names = _strings(actions.value, actions.place)
    on_nothing = resources is not None and resources.value == [] and not not_resources
    sid = elements.get("sid", "")
    if not isinstance(sid, str):
        raise _MalformedError(f"{place}.Sid", "it is not a string")
    return Statement(
        index=index,
        allows=effect.lower() == "allow",
        actions=() if on_nothing else names,
        not_actions=not_actions and not on_nothing,
        resources=_strings(resources.value, resources.place) if resources else (),
        not_resources=not_resources,
        principals=_principals(principals.value, principals.place) if principals else (),
        not_principals=not_principals,
        conditions=_conditions(elements["condition"], f"{place}.Condition") if "condition" in elements else (),
        sid=sid,
    )


class _Element(NamedTuple):
    place: str
    value: object


def _one_of(elements: dict[str, object], name: str, place: str) -> tuple[_Element | None, bool]:
    """An element or its complement, and whether it is the complement; IAM takes one of them only."""
    negated = f"Not{name}"
    if negated.lower() not in elements:
        return (_Element(f"{place}.{name}", elements[name.lower()]) if name.lower() in elements else None), False
    if name.lower() in elements:
        raise _MalformedError(place, f"it has both {name} and {negated}")
    return _Element(f"{place}.{negated}", elements[negated.lower()]), True


def _strings(value: object, place: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not _all_strings(values):
        raise _MalformedError(place, "it is not a string or a list of strings")
    return tuple(values)


def _all_strings(values: list[object]) -> TypeGuard[list[str]]:
    return all(isinstance(value, str) for value in values)


def _principals(value: object, place: str) -> tuple[tuple[str, str], ...]:
    if value == "*":
        return (("AWS", "*"),)
    if not isinstance(value, dict):
        raise _MalformedError(place, "it is neither * nor an object")
    found = []
    for kind, names in _members(value, place).items():
        known_as = _PRINCIPAL_TYPES.get(kind.lower())
        if known_as is None:
            raise _MalformedError(_within(place, kind), "no such type of principal")
        found += [(known_as, name) for name in _strings(names, f"{place}.{known_as}")]
    if not found:
        raise _MalformedError(place, "it is empty")
    return tuple(found)


def _conditions(value: object, place: str) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for written, keys in _members(value, place).items():
        there = _within(place, written)
        operator, quantifier, if_exists = _operator(written)
        for name, values in _members(keys, there).items():
            read = _values(values, there, name)
            found.append(Condition(operator, lower(name), read, quantifier, if_exists, written, name))
        if not keys and operator not in OPERATORS:
            raise _MalformedError(there, "no such operator")
    return tuple(found)


@lru_cache(maxsize=4096)
def _operator(written: str) -> tuple[str, str, bool]:
    """Operator, quantifier and whether it ends in ``IfExists``; what is no operator is left whole."""
    lowered = written.lower()
    if lowered in OPERATORS:
        return lowered, "", False
    quantifier, colon, rest = lowered.rpartition(":")
    operator = rest.removesuffix("ifexists")
    if_exists = operator != rest
    known = operator in OPERATORS and not (if_exists and operator == "null")
    if not known or (colon and quantifier not in QUANTIFIERS):
        return lowered, "", False
    return operator, quantifier, if_exists


def _values(value: object, place: str, key: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, _SCALARS) for item in values):
        raise _MalformedError(_within(place, key), "it has a value that is not a scalar")
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in values)
