"""Parse policy documents: once for each text, any spelling that IAM accepts, nothing dropped in silence."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeGuard

import msgspec

from scanner.inventory import Document, Undetermined

_SCALARS = (str, int, float, bool)


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
    """One statement; absent elements are empty tuples, and the ``not_`` flags say that the list is a complement."""

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
    elements = _elements(body)
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
    return {str(name).lower(): value for name, value in body.items()}


def _statement(index: int, item: object) -> Statement:
    if not isinstance(item, dict):
        raise _MalformedError("it is not an object")
    elements = _elements(item)
    effect = elements.get("effect")
    if not isinstance(effect, str) or effect.lower() not in {"allow", "deny"}:
        raise _MalformedError("Effect is neither Allow nor Deny")
    return Statement(
        index=index,
        allows=effect.lower() == "allow",
        actions=_strings(elements, "action") or _strings(elements, "notaction"),
        not_actions="notaction" in elements,
        resources=_strings(elements, "resource") or _strings(elements, "notresource"),
        not_resources="notresource" in elements,
        principals=_principals(elements.get("principal", elements.get("notprincipal"))),
        not_principals="notprincipal" in elements,
        conditions=_conditions(elements.get("condition")),
        sid=str(elements.get("sid") or ""),
    )


def _strings(elements: dict[str, object], name: str) -> tuple[str, ...]:
    value = elements.get(name)
    if value is None:
        return ()
    values = value if isinstance(value, list) else [value]
    if not _all_strings(values):
        raise _MalformedError(f"{name} is not a string or a list of strings")
    return tuple(values)


def _all_strings(values: list[object]) -> TypeGuard[list[str]]:
    return all(isinstance(value, str) for value in values)


def _principals(value: object) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if value == "*":
        return (("AWS", "*"),)
    if not isinstance(value, dict):
        raise _MalformedError("Principal is neither * nor an object")
    found = []
    for kind, names in value.items():
        values = names if isinstance(names, list) else [names]
        if not _all_strings(values):
            raise _MalformedError(f"Principal {kind} is not a string or a list of strings")
        found += [(str(kind), name) for name in values]
    return tuple(found)


def _conditions(value: object) -> tuple[Condition, ...]:
    if value is None:
        return ()
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
