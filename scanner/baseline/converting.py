"""Turn facts into their stored form: sorted, nothing twice, documents by digest.

A stored form has the fields of its fact under the same names, so that what turns a fact into it also turns it into
itself, unless somebody changed it by hand.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, UnsetType

from scanner.baseline.shelf import Shelf, normal_filter
from scanner.baseline.stored import NotRead, defaults_of, hints_of, is_managed_by_aws, stored_type
from scanner.inventory import Document, Gap, ManagedPolicy, PolicyVersion

Convert = Callable[[Any, Shelf], Any]
"""Turns a fact into its stored form, its documents put on the shelf; a stored form into the same in normal order."""


_DOCUMENTS: dict[tuple[str, str], Callable[[Shelf, Document], str]] = {
    ("InlinePolicy", "document"): Shelf.policy,
    ("Role", "trust"): Shelf.policy,
    ("PolicyVersion", "document"): Shelf.policy,
    ("ResourcePolicy", "document"): Shelf.policy,
    ("PolicyContent", "document"): Shelf.policy_or_json,
    ("EffectivePolicy", "document"): Shelf.json,
    ("FilterPolicy", "document"): Shelf.filter,
    ("FilterDetail", "criteria"): Shelf.filter,
}
"""In which language each field of the inventory that holds a document is written."""

_ORDERED = frozenset({("AutoScalingGroup", "templates")})
"""Lists whose order says something."""


def _is_setting(counter: str) -> bool:
    """Whether a counter of the account summary is not the length of some list."""
    return counter.startswith("Account") or counter.endswith("Quota") or counter == "GlobalEndpointTokenVersion"


@cache
def converter(kind: type[msgspec.Struct]) -> Convert:
    """What turns a value of an inventory type into its stored form."""
    if kind is Gap:
        return _not_read
    stored, fields = stored_type(kind), field_converters(kind)

    def convert(value: Any, shelf: Shelf) -> Any:
        return stored(**{name: change(getattr(value, name), shelf) for name, change in fields})

    return _managed_policy if kind.__name__ == "ManagedPolicy" else convert


@cache
def field_converters(kind: type[msgspec.Struct]) -> tuple[tuple[str, Convert], ...]:
    """What turns each field into its stored form; a value that equals the default becomes the default."""
    defaults = defaults_of(kind)
    return tuple(
        (name, _with_default(_field(kind, name, hint), defaults.get(name, UNSET)))
        for name, hint in hints_of(kind).items()
    )


def _with_default(change: Convert, default: Any) -> Convert:
    if isinstance(default, (msgspec.Struct, UnsetType)):
        return change

    def convert(value: Any, shelf: Shelf) -> Any:
        if value is default:
            return value
        found = change(value, shelf)
        # What is left out of a file is what is the default itself, and no more than equal to it.
        return default if type(found) is type(default) and found == default else found

    return convert


def _field(kind: type[msgspec.Struct], name: str, hint: Any) -> Convert:
    place = (kind.__name__, name)
    if place in _DOCUMENTS:
        return _document(_DOCUMENTS[place])
    if place == ("EventRule", "pattern"):
        return lambda value, _: None if value is None else normal_filter(value)
    if place == ("AccountSummary", "counters"):
        return lambda value, _: {key: value[key] for key in sorted(value) if _is_setting(key)}
    return _convert(hint, in_order=place in _ORDERED)


def _document(take: Callable[[Shelf, Document], str]) -> Convert:
    def convert(value: Any, shelf: Shelf) -> Any:
        if value is None:
            return None
        if isinstance(value, str):
            shelf.named.add(value)
            return value
        return take(shelf, value)

    return convert


def _convert(hint: Any, *, in_order: bool = False) -> Convert:
    """What turns a value of a hint into its stored form: lists are sorted and hold nothing twice."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return lambda value, shelf: converter(hint)(value, shelf)
    if origin in (Union, types.UnionType):
        return _one_of(arguments)
    if origin is tuple and arguments[1:] == (...,):
        change = _convert(arguments[0])
        if in_order:
            return lambda value, shelf: tuple([change(item, shelf) for item in value])
        if arguments[0] is str:
            return lambda value, _: tuple(sorted(set(value)))
        return lambda value, shelf: as_set([change(item, shelf) for item in value])
    if origin is dict:
        change = _convert(arguments[1])
        return lambda value, shelf: {key: change(value[key], shelf) for key in sorted(value)}
    if origin is tuple or origin is Annotated or origin is typing.Literal or isinstance(hint, type):
        return lambda value, _: value
    raise TypeError(f"no stored form is known for {hint}")


def _one_of(hints: tuple[Any, ...]) -> Convert:
    by_type: dict[type, Convert] = {}
    for hint in hints:
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            by_type[hint] = by_type[stored_type(hint)] = _convert(hint)
        elif get_origin(hint) is tuple:
            by_type[tuple] = _convert(hint)

    def convert(value: Any, shelf: Shelf) -> Any:
        change = by_type.get(type(value))
        return value if change is None else change(value, shelf)

    return convert


def as_set(items: list[Any]) -> tuple[Any, ...]:
    """The items in the order of what names them, then of their texts, each once."""
    if len(items) < 2:
        return tuple(items)
    by_text = {(_name(item), msgspec.json.encode(item, order="sorted")): item for item in items}
    return tuple([by_text[text] for text in sorted(by_text)])


def _name(item: Any) -> str:
    # A policy that is changed stays in its place, so that a review shows no more than that.
    found = (getattr(item, name, None) for name in ("arn", "id", "name", "key"))
    return next((name for name in found if isinstance(name, str)), "")


def _not_read(value: Any, _: Shelf) -> NotRead:
    if value.region == "global":
        # What is left out of a file is what is the default itself.
        return NotRead(value.api, value.status)
    return NotRead(value.api, value.status, value.region)


def _managed_policy(value: Any, shelf: Shelf) -> Any:
    """A managed policy; of one of AWS no more than the version in force, whose content is the same everywhere."""
    if is_managed_by_aws(value.arn):
        version = stored_type(PolicyVersion)
        versions = [version(id=each.id, is_default=True) for each in value.versions if each.is_default]
    else:
        versions = [converter(PolicyVersion)(each, shelf) for each in value.versions]
    return stored_type(ManagedPolicy)(arn=value.arn, name=value.name, versions=as_set(versions))
