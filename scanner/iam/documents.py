"""Parse policy documents: once for each text, any spelling that IAM accepts, nothing dropped in silence."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeGuard

import msgspec

from scanner.inventory import Document, Undetermined

_SCALARS = (str, int, float, bool)
_PRINCIPAL_TYPES = {"aws": "AWS", "service": "Service", "federated": "Federated", "canonicaluser": "CanonicalUser"}


class Condition(msgspec.Struct, frozen=True):
    """One key of one operator; the values are alternatives.

    Attributes:
        operator: lower case, without set prefix and ``IfExists``, such as ``stringequals``.
        key: the condition key in lower case.
        quantifier: ``forallvalues``, ``foranyvalue`` or empty.
        if_exists: whether an absent key satisfies it.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    if_exists: bool = False


class Statement(msgspec.Struct, frozen=True):
    """One statement; absent elements are empty tuples, and the ``not_`` flags say that the list is a complement.

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
    """A parsed document; ``problems`` name the places that could not be understood."""

    statements: tuple[Statement, ...]
    problems: tuple[str, ...] = ()


class _MalformedError(Exception):
    """A part of a document that is not of the policy grammar."""


def parse(document: Document) -> Policy:
    """The statements of a document; equal texts are parsed once."""
    return _parse(bytes(document))


def understood(document: Document, where: str) -> Policy:
    """The statements of a document; raises ``Undetermined`` naming the place if any part of it is malformed."""
    policy = parse(document)
    if policy.problems:
        raise Undetermined(f"{where} is malformed: {policy.problems[0]}")
    return policy


@lru_cache(maxsize=65536)
def _parse(text: bytes) -> Policy:
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Policy((), ("it is not JSON",))
    if not isinstance(body, dict):
        return Policy((), ("it is not a JSON object",))
    try:
        elements = _elements(body)
    except _MalformedError as fault:
        return Policy((), (str(fault),))
    if "statement" not in elements:
        return Policy((), ("it has no Statement",))
    raw = elements["statement"]
    statements, problems = [], []
    for index, item in enumerate(raw if isinstance(raw, list) else [raw]):
        try:
            statements.append(_statement(index, item))
        except _MalformedError as fault:
            problems.append(f"Statement[{index}]: {fault}")
    return Policy(tuple(statements), tuple(problems))


def _elements(body: dict[object, object]) -> dict[str, object]:
    elements: dict[str, object] = {}
    for name, value in body.items():
        lowered = str(name).lower()
        if lowered in elements:
            raise _MalformedError(f"{name} occurs twice")
        elements[lowered] = value
    return elements


def _statement(index: int, item: object) -> Statement:
    if not isinstance(item, dict):
        raise _MalformedError("it is not an object")
    elements = _elements(item)
    effect = elements.get("effect")
    if not isinstance(effect, str) or effect.lower() not in {"allow", "deny"}:
        raise _MalformedError("Effect is neither Allow nor Deny")
    actions, not_actions = _one_of(elements, "Action")
    if actions is None:
        raise _MalformedError("it has neither Action nor NotAction")
    resources, not_resources = _one_of(elements, "Resource")
    principals, not_principals = _one_of(elements, "Principal")
    return Statement(
        index=index,
        allows=effect.lower() == "allow",
        actions=_strings(actions.value, actions.name),
        not_actions=not_actions,
        resources=_strings(resources.value, resources.name) if resources else (),
        not_resources=not_resources,
        principals=_principals(principals.value) if principals else (),
        not_principals=not_principals,
        conditions=_conditions(elements["condition"]) if "condition" in elements else (),
        sid=str(elements.get("sid") or ""),
    )


class _Element(NamedTuple):
    name: str
    value: object


def _one_of(elements: dict[str, object], name: str) -> tuple[_Element | None, bool]:
    """An element or its complement, and whether it is the complement; IAM takes one of them only."""
    negated = f"Not{name}"
    if negated.lower() not in elements:
        return (_Element(name, elements[name.lower()]) if name.lower() in elements else None), False
    if name.lower() in elements:
        raise _MalformedError(f"it has both {name} and {negated}")
    return _Element(negated, elements[negated.lower()]), True


def _strings(value: object, name: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not _all_strings(values):
        raise _MalformedError(f"{name} is not a string or a list of strings")
    return tuple(values)


def _all_strings(values: list[object]) -> TypeGuard[list[str]]:
    return all(isinstance(value, str) for value in values)


def _principals(value: object) -> tuple[tuple[str, str], ...]:
    if value == "*":
        return (("AWS", "*"),)
    if not isinstance(value, dict):
        raise _MalformedError("Principal is neither * nor an object")
    found = []
    for kind, names in value.items():
        known_as = _PRINCIPAL_TYPES.get(str(kind).lower())
        if known_as is None:
            raise _MalformedError(f"Principal {kind} is of no known type")
        found += [(known_as, name) for name in _strings(names, f"Principal {kind}")]
    return tuple(found)


def _conditions(value: object) -> tuple[Condition, ...]:
    if not isinstance(value, dict):
        raise _MalformedError("Condition is not an object")
    found = []
    for operator, keys in value.items():
        if not isinstance(keys, dict):
            raise _MalformedError(f"Condition {operator} is not an object")
        found += [_condition(str(operator).lower(), str(key).lower(), values) for key, values in keys.items()]
    return tuple(found)


def _condition(operator: str, key: str, value: object) -> Condition:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, _SCALARS) for item in values):
        raise _MalformedError(f"Condition {operator} {key} has a value that is not a scalar")
    quantifier, _, rest = operator.rpartition(":")
    if_exists = rest.endswith("ifexists")
    return Condition(
        operator=rest.removesuffix("ifexists"),
        key=key,
        values=tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in values),
        quantifier=quantifier,
        if_exists=if_exists,
    )
