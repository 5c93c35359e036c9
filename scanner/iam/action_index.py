"""Which statements of a policy speak of an action, found without trying every pattern of every statement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_lowercase, ascii_uppercase

from scanner.iam.documents import Policy, Statement
from scanner.iam.matching import covers_action, matches

_WILDCARD = re.compile(r"[*?]")
_FOLD = str.maketrans(ascii_uppercase, ascii_lowercase)
_MOST_POLICIES = 65_536
_MOST_ACTIONS = 256


def statements_on(policy: Policy, action: str) -> tuple[Statement, ...]:
    """The statements of a policy that cover an action, in their order.

    Args:
        policy: parsed; the same object for equal texts, so that its index is made once.
        action: as ``folded`` has it.
    """
    index = _indexes.get(id(policy))
    if index is None:
        if len(_indexes) >= _MOST_POLICIES:
            _indexes.clear()
        index = _indexes[id(policy)] = _Index(policy)
    found = index.found.get(action)
    return index.find(action) if found is None else found


def folded(text: str) -> str:
    """In lower case as AWS compares it: the letters of ASCII only, for which the Kelvin sign is no k."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


class _Index:
    """The actions of one policy; it keeps the policy, whose identity is therefore never that of another.

    Attributes:
        found: the statements on those actions that were asked about.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._exact: dict[str, list[int]] = {}
        self._patterns: list[tuple[str, str, int]] = []
        self._complements: list[int] = []
        self.found: dict[str, tuple[Statement, ...]] = {}
        for place, statement in enumerate(policy.statements):
            if statement.not_actions:
                self._complements.append(place)
                continue
            for pattern in map(folded, statement.actions):
                first = _WILDCARD.search(pattern)
                if first is None:
                    self._exact.setdefault(pattern, []).append(place)
                else:
                    self._patterns.append((pattern[: first.start()], pattern, place))

    def find(self, action: str) -> tuple[Statement, ...]:
        """The statements on an action in lower case, which are then in ``found``."""
        if len(self.found) >= _MOST_ACTIONS:
            self.found.clear()
        statements = self._policy.statements
        places = sorted(set(self._places(action)))
        self.found[action] = tuple(statements[place] for place in places)
        return self.found[action]

    def _places(self, action: str) -> Iterator[int]:
        yield from self._exact.get(action, ())
        for beginning, pattern, place in self._patterns:
            if action.startswith(beginning) and matches(pattern, action):
                yield place
        for place in self._complements:
            if covers_action(self._policy.statements[place], action):
                yield place


_indexes: dict[int, _Index] = {}
