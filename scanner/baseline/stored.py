"""The types of what a baseline holds, made from those of the inventory: without what is left out, and with digests."""

from __future__ import annotations

import types
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, UnsetType

from scanner.baseline.fields import kept
from scanner.baseline.shelf import Digest
from scanner.inventory import Gap, Outcome


class NotRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="gap"):
    """An API answer within an entry that was not read; why, in words, is not kept."""

    api: str
    status: Outcome
    region: str = "global"


def is_managed_by_aws(arn: str) -> bool:
    """Whether a policy is one of AWS, whose content its name and version tell."""
    return arn.split(":")[4:5] == ["aws"]


@cache
def hints_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The types of the fields that are kept of a type."""
    found = get_type_hints(kind, include_extras=True)
    return {name: found[name] for name in kept(kind)}


@cache
def defaults_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The defaults of the fields that have one."""
    fields = msgspec.structs.fields(kind)
    found = {field.name: field.default for field in fields if field.default is not msgspec.NODEFAULT}
    return found | {field.name: field.default_factory() for field in fields if callable(field.default_factory)}


@cache
def stored_type(kind: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The type of the stored form of a fact."""
    if kind is Gap:
        return NotRead
    config = kind.__struct_config__
    found = msgspec.defstruct(
        kind.__name__,
        stored_fields(kind),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        module=__name__,
        tag_field=config.tag_field,
        tag=config.tag,
    )
    _FACTS[found] = kind
    return found


_FACTS: dict[type[msgspec.Struct], type[msgspec.Struct]] = {}


def fact_type(stored: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The type of the fact of which a type is the stored form."""
    return _FACTS[stored]


def stored_fields(kind: type[msgspec.Struct]) -> list[tuple[str, Any] | tuple[str, Any, Any]]:
    """The fields of the stored form of a type.

    A field that a later version adds is not in older baselines. Where it is an answer of an API it is then not read.
    """
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    defaults = defaults_of(kind)
    for name, hint in hints_of(kind).items():
        stored = _stored_hint(hint)
        if (kind.__name__, name) == ("PolicyVersion", "document"):
            fields.append((name, Digest | None, None))
        elif name not in defaults:
            fields.append((name, stored))
        elif isinstance(defaults[name], Gap):
            fields.append((name, stored | UnsetType, UNSET))
        elif isinstance(defaults[name], msgspec.Struct):
            fields.append((name, stored))
        else:
            fields.append((name, stored, defaults[name]))
    # In one order for ever, wherever the inventory puts a new field.
    return sorted(fields, key=lambda field: field[0])


def _stored_hint(hint: Any) -> Any:
    if hint is msgspec.Raw:
        return Digest
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return stored_type(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return Union[tuple(_stored_hint(argument) for argument in arguments)]  # noqa: UP007  (of a number of types)
    if origin is tuple:
        return tuple[tuple(argument if argument is ... else _stored_hint(argument) for argument in arguments)]  # type: ignore[misc]
    if origin is dict:
        return dict[str, _stored_hint(arguments[1])]  # type: ignore[misc]
    return hint
