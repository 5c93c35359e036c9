"""What was found out about a thing once, for all that ask about the same thing again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Remembered(dict[int, tuple[T, R]], Generic[T, R]):
    """Answers about things that are told apart by identity, such as parsed policies: equal texts are parsed once.

    To tell them apart by their content would read each of them anew. The thing is kept beside its answer, so that no
    other can have its identity; a table of a module is emptied like every other after an account was judged.
    """

    def __init__(self, find: Callable[[T], R], most: int = 65_536) -> None:
        super().__init__()
        self._find = find
        self._most = most

    def of(self, thing: T) -> R:
        """The answer about a thing, found when it is first asked for."""
        known = self.get(id(thing))
        if known is None or known[0] is not thing:
            if len(self) >= self._most:
                self.clear()
            known = self[id(thing)] = thing, self._find(thing)
        return known[1]
