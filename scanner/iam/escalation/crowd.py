"""The principals of an account as callers: what requests say of them, asked for many at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from scanner.iam.caller import Caller
from scanner.iam.context import Context, Values
from scanner.iam.documents import Statement
from scanner.iam.escalation.population import Population, bits_of, places
from scanner.iam.formula import Clause
from scanner.iam.tally import conditions_left

TAG = "aws:principaltag/"
MFA = "aws:multifactorauth"
"""The beginnings of keys of a caller that it may be able to change for itself."""

_OF_CALLERS = (
    "aws:principal", "aws:userid", "aws:username", "aws:tokenissuetime", "aws:federatedprovider", "aws:assumedroot",
    "aws:multifactorauth",
)  # fmt: skip
_RESOURCE_TAGS = ("aws:resourcetag/", "iam:resourcetag/")
_VARIABLE = re.compile(r"\$\{([^{},]*)[^{}]*\}")
_FEW = 8


@dataclass(eq=False)
class Crowd:
    """Callers, by their place in the population.

    Attributes:
        people: the principals of the account.
        callers: each of them as the sender of requests, by ARN.
        changed: what they changed about their requests.
    """

    people: Population
    callers: Callable[[str], Caller]
    changed: Callable[[Context], Context] | None = None
    _alike: dict[tuple[str, ...], list[tuple[int, Context]]] = field(default_factory=dict)

    def caller(self, place: int) -> Caller:
        """One of them as the sender of requests."""
        return self.callers(self.people.arns[place])

    def context(self, place: int) -> Context:
        """The keys of its requests."""
        found = self.caller(place).context
        return found if self.changed is None else self.changed(found)

    def satisfying(
        self, statement: Statement, callers: int, said: Mapping[str, Values], *, has_variables: bool
    ) -> Iterator[tuple[int, Clause]]:
        """The callers who meet the conditions of a statement, by what of these is still to be decided.

        Args:
            statement: its principals and actions are not looked at.
            callers: those who are asked about.
            said: the keys of the request that describe the resource; it has no other tags.
            has_variables: whether the document is of a version that knows policy variables.
        """
        if not statement.conditions:
            yield callers, frozenset()
            return
        found: dict[Clause, int] = {}
        for members, context in self._contexts(callers, _keys(statement)):
            left = conditions_left(statement, of_resource(context, said), has_variables=has_variables)
            if left is not None:
                found[left] = found.get(left, 0) | members
        for left, members in found.items():
            yield members, left

    def _contexts(self, callers: int, keys: tuple[str, ...]) -> Iterator[tuple[int, Context]]:
        """Parts of the callers of whom these keys are the same, each with the keys of one of them."""
        if not keys:
            yield callers, Context()
        elif callers.bit_count() <= _FEW:
            yield from ((1 << place, self.context(place)) for place in places(callers))
        else:
            alike = ((members & callers, context) for members, context in self._parts(keys))
            yield from ((members, context) for members, context in alike if members)

    def _parts(self, keys: tuple[str, ...]) -> list[tuple[int, Context]]:
        found = self._alike.get(keys)
        if found is None:
            parts: dict[object, list[int]] = {}
            for place in range(len(self.people.arns)):
                context = self.context(place)
                same = tuple((context.look_up(key), context.shapes.get(key)) for key in keys)
                parts.setdefault(same, []).append(place)
            found = [(bits_of(iter(part)), self.context(part[0])) for part in parts.values()]
            self._alike[keys] = found
        return found


def of_resource(context: Context, said: Mapping[str, Values]) -> Context:
    """The keys of a request on a principal of which all tags are known."""
    whole = context.with_request(said)
    return msgspec.structs.replace(whole, absent_families=(*whole.absent_families, *_RESOURCE_TAGS))


def with_mfa(context: Context) -> Context:
    """The keys of a caller that used MFA."""
    return context.with_request({"aws:multifactorauthpresent": ("true",)})


def with_any_tags(context: Context) -> Context:
    """The keys of a caller that can choose its own tags."""
    return msgspec.structs.replace(
        context,
        known={key: value for key, value in context.known.items() if not key.startswith(TAG)},
        absent_families=tuple(each for each in context.absent_families if each != TAG),
        present=frozenset(key for key in context.present if not key.startswith(TAG)),
    )


def asks_of_callers(statement: Statement, beginnings: tuple[str, ...]) -> bool:
    """Whether a statement has a condition, or a variable, of keys with one of these beginnings."""
    return any(key.startswith(beginnings) for key in _keys(statement))


def _keys(statement: Statement) -> tuple[str, ...]:
    """The keys of callers on which the conditions of a statement depend."""
    found = {condition.key for condition in statement.conditions if condition.key.startswith(_OF_CALLERS)}
    found |= _variables(value for condition in statement.conditions for value in condition.values if "${" in value)
    return tuple(sorted(found))


def _variables(texts: Iterable[str]) -> set[str]:
    return {name.strip().lower() for text in texts for name in _VARIABLE.findall(text)} - {"*", "?", "$"}
