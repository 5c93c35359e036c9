"""By which fields two entries of the same name differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from scanner.baseline.shelf import ShelvedDocument
from scanner.baseline.stored import NotRead

_NAMES = ("arn", "id", "name", "key", "serial", "type", "account_id")
_MISSING = object()


class Difference(msgspec.Struct, frozen=True):
    """One value that is other.

    Attributes:
        path: the fields that lead to it, with dots; things of lists are told in ``key``.
        key: what names the thing of a list, or empty.
        before: the value, None where there was none.
        after: alike.
        is_gap: whether one side did not read it.
    """

    path: str
    key: str
    before: Any
    after: Any
    is_gap: bool = False

    @property
    def field(self) -> str:
        """The path with the key, for people."""
        return f"{self.path}[{self.key}]" if self.key else self.path


def differences(old: Any, new: Any) -> Iterator[Difference]:
    """The fields of two entries that differ; a field that one side did not read is a gap."""
    yield from _of_struct(old, new, "", "")


def is_unread(value: Any) -> bool:
    """Whether a value says that it was not read."""
    return value is msgspec.UNSET or (isinstance(value, NotRead) and value.status != "not_applicable")


def _of_struct(old: Any, new: Any, path: str, key: str) -> Iterator[Difference]:
    for name in old.__struct_fields__:
        if path or name not in ("entry", "region"):
            below = f"{path}.{name}" if path else name
            yield from _of_value(getattr(old, name), getattr(new, name), below, key)


def _of_value(old: Any, new: Any, path: str, key: str) -> Iterator[Difference]:
    if is_unread(old) or is_unread(new):
        if is_unread(old) != is_unread(new):
            yield Difference(path, key, old, new, is_gap=True)
        return
    if old == new:
        return
    if isinstance(old, msgspec.Struct) and type(old) is type(new):
        yield from _of_struct(old, new, path, key)
    elif isinstance(old, tuple) and isinstance(new, tuple) and (keyed := _keyed(old, new)):
        here, there = keyed
        for name in sorted(here.keys() | there.keys()):
            one, other = here.get(name, _MISSING), there.get(name, _MISSING)
            if one is _MISSING or other is _MISSING:
                yield Difference(path, name, None if one is _MISSING else one, None if other is _MISSING else other)
            else:
                yield from _of_value(one, other, path, name)
    else:
        yield Difference(path, key, old, new)


def _keyed(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The things of two lists by what names them, where that tells them apart."""
    every = (*old, *new)
    if not all(isinstance(each, msgspec.Struct) for each in every):
        return None
    fields = set.intersection(*(set(each.__struct_fields__) for each in every))
    name = next((name for name in _NAMES if name in fields), None)
    if name is None or not all(isinstance(getattr(each, name), str) for each in every):
        return None
    here = {getattr(each, name): each for each in old}
    there = {getattr(each, name): each for each in new}
    return (here, there) if len(here) == len(old) and len(there) == len(new) else None


def plain(value: Any, documents: Mapping[str, ShelvedDocument]) -> Any:
    """A value as JSON holds it, a document in place of its digest."""
    found = msgspec.to_builtins(value, order="sorted") if value is not msgspec.UNSET else None
    return _spelt(found, documents)


def _spelt(value: Any, documents: Mapping[str, ShelvedDocument]) -> Any:
    if isinstance(value, str) and value in documents:
        return msgspec.json.decode(bytes(documents[value].document))
    if isinstance(value, dict):
        return {name: _spelt(item, documents) for name, item in value.items()}
    return [_spelt(item, documents) for item in value] if isinstance(value, list) else value
