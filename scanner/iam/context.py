"""What is known of the keys of a request: their values, that they are absent, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

Values = tuple[str, ...]


class State(Enum):
    """How much is known of a key without a known value."""

    ABSENT = "absent"
    PRESENT = "present"
    UNDECIDED = "undecided"


class Context(msgspec.Struct, frozen=True):
    """The keys of a request, in lower case.

    Attributes:
        known: the values of keys that are in the request; single-valued keys have one.
        absent: keys that are known not to be in the request.
        present: keys that are in the request with a value that nobody knows.
        absent_families: beginnings of keys, such as ``aws:principaltag/``, of which none but the known ones exist.
        shapes: for keys that are present, a pattern that their value matches.
    """

    known: Mapping[str, Values] = {}
    absent: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()
    absent_families: tuple[str, ...] = ()
    shapes: Mapping[str, str] = {}

    def look_up(self, key: str) -> Values | State:
        """The values of a key, or what is known instead; an empty list of values is an absent key."""
        values = self.known.get(key)
        if values is not None:
            return values or State.ABSENT
        if key in self.absent:
            return State.ABSENT
        if key in self.present:
            return State.PRESENT
        if self.absent_families and key.startswith(self.absent_families):
            return State.ABSENT
        return State.UNDECIDED

    def with_request(
        self, known: Mapping[str, Values], absent: frozenset[str] = frozenset(), present: frozenset[str] = frozenset()
    ) -> Context:
        """This context with what a request says, which overrides what was known."""
        if not known and not absent and not present:
            return self
        said = known.keys() | absent | present
        kept = {key: values for key, values in self.known.items() if key not in said}
        return Context(
            known={**kept, **known},
            absent=(self.absent - said) | absent,
            present=(self.present - said) | present,
            absent_families=self.absent_families,
            shapes={key: shape for key, shape in self.shapes.items() if key not in said},
        )
