"""Whether an action is allowed on anything at all, for resources that IAM data does not hold.

The answer comes from examples: ARNs of the forms that the action takes and that the patterns of the statements leave
room for. One that is allowed proves that there is something; a Deny of all of them proves that there is nothing which
the policies single out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import combinations, islice

from scanner.iam.catalogue import catalogue
from scanner.iam.context import Values
from scanner.iam.documents import Statement
from scanner.iam.escalation.population import NONE, Population
from scanner.iam.escalation.reach import Reach
from scanner.iam.globs import example, overlap
from scanner.iam.grants import Grant, interest
from scanner.iam.matching import matches
from scanner.iam.powers import Power
from scanner.iam.tally import patterns_of

NEW = "guardrift-new"
"""How something is called that a thief would make."""

_CONTENT = frozenset({"codecommit", "ecr", "s3"})
"""Services whose resources hold what others run. Write access to one of them that a policy singles out is how teams
deliver; only access to any of them is taken as access to the one that a privileged job reads."""


@cache
def _is_of_content(action: str) -> bool:
    return action.partition(":")[0].lower() in _CONTENT


_ANYTHING = ("*", True)
_MOST_PAIRS = 400
_NO_RESOURCE = "${*}"


def _is_plain(statement: Statement) -> bool:
    """Whether it is an Allow on listed resources, without conditions and variables."""
    return (
        statement.allows
        and not statement.conditions
        and not statement.not_resources
        and bool(statement.resources)
        and not any("${" in pattern for pattern in statement.resources)
    )


_HEAD = 5
"""The parts of an ARN before its resource."""


@lru_cache(maxsize=65536)
def _common(form: str, pattern: str) -> str | None:
    """An ARN of a form that a pattern matches; its parts hold no colon, so they are compared one by one."""
    forms, parts = form.split(":", _HEAD), pattern.split(":", _HEAD)
    if len(forms) <= _HEAD or len(parts) <= _HEAD:
        return overlap(form, pattern)
    head: list[str] = []
    for wanted, given in zip(forms[:_HEAD], parts[:_HEAD], strict=True):
        text = wanted if wanted != "*" else example(given)
        if text is None or not matches(given, text):
            return None
        head.append(text)
    resource = overlap(forms[_HEAD], parts[_HEAD])
    return None if resource is None else ":".join((*head, resource))


@dataclass(eq=False)
class Witnesses:
    """Examples of resources for the principals of one account."""

    account_id: str
    partition: str
    _known_forms: dict[str, list[list[str]]] = field(default_factory=dict)
    _equal_forms: dict[str, list[list[str]]] = field(default_factory=dict)
    _somewhere: dict[Hashable, tuple[str, bool] | None] = field(default_factory=dict)

    def somewhere(self, power: Power, action: str, said: Mapping[str, Values] | None = None) -> tuple[str, bool] | None:
        """A resource on which the principal may do the action, and whether no condition leaves that open.

        None where there is none. An action that needs resources of several types is asked for each type; the answer
        names one of them.
        """
        bit = interest().bits[action.lower()]
        if not power.potential & bit:
            return None
        if power.unlimited & bit:
            return _ANYTHING
        facet = power.facet(bit)
        spoken = tuple((key, values) for key, values in said.items() if key in facet.keys) if said else ()
        # What is allowed is the same for every action of these grants; where it is looked for depends on its forms.
        key = (facet, spoken, id(self._forms(action)), _is_of_content(action))
        if key not in self._somewhere:
            grants = (*facet.allows, *facet.denies, *(facet.bounds or ()))
            self._somewhere[key] = self._ask(power, action, grants, dict(spoken))
        return self._somewhere[key]

    def names(self, power: Power, actions: Iterable[str], kind: str) -> list[str]:
        """ARNs that something new of a kind (``role``, ``user``, ``group``) may have, as the patterns suggest."""
        form = f"arn:{self.partition}:iam::{self.account_id}:{kind}/*"
        grants: list[Grant] = []
        for action in actions:
            bit = interest().bits[action.lower()]
            grants += [*power.allows(bit), *power.denies(bit), *power.bounds(bit)]
        return [f"arn:{self.partition}:iam::{self.account_id}:{kind}/{NEW}", *self._examples([form], grants, power)]

    def _ask(
        self, power: Power, action: str, grants: tuple[Grant, ...], said: Mapping[str, Values] | None
    ) -> tuple[str, bool] | None:
        if power.bound is None and all(_is_plain(grant.statement) for grant in grants):
            return self._by_patterns(action, [pattern for grant in grants for pattern in grant.statement.resources])
        certain = True
        first = ""
        for forms in self._forms(action):
            if forms and _is_of_content(action):
                found = [text for form in forms if (text := example(form)) is not None]
            else:
                found = self._examples(forms, grants, power)
            population = Population(sorted(set(found)))
            selection = Reach(population).of(power, action, said)
            if selection == NONE:
                return None
            chosen = selection.certain or selection.possible
            certain = certain and bool(selection.certain)
            first = first or next(population.members(chosen))
        return (first, certain) if first else None

    def _by_patterns(self, action: str, patterns: list[str]) -> tuple[str, bool] | None:
        """The answer for Allow statements alone: each type of resource has to be covered by some pattern."""
        first = ""
        for forms in self._forms(action):
            if not forms:
                found = example(patterns[0])
            elif _is_of_content(action):
                texts = (example(form) for form in forms)
                found = next((text for text in texts if text and any(matches(each, text) for each in patterns)), None)
            else:
                both = (_common(form, pattern) for form in forms for pattern in patterns)
                found = next(filter(None, both), None)
            if found is None:
                return None
            first = first or found
        return first, True

    def _examples(self, forms: list[str], grants: Iterable[Grant], power: Power) -> list[str]:
        patterns: dict[str, None] = {}
        for grant in grants:
            if grant.statement.allows != grant.statement.not_resources:
                found = patterns_of(grant.statement, power.caller.context, has_variables=grant.has_variables)
                patterns.update(dict.fromkeys(found[0] if found else ()))
        kept = list(patterns)
        if not forms:
            return list(dict.fromkeys(filter(None, map(example, kept))))
        texts: dict[str, None] = {}
        for form in forms:
            texts.update(dict.fromkeys(filter(None, (example(form), *(_common(form, pattern) for pattern in kept)))))
        if power.bound is not None:
            # What a boundary and an identity policy allow together may be narrower than either.
            fitting = [each for each in kept if any(_common(form, each) is not None for form in forms)]
            pairs = islice(combinations(fitting, 2), _MOST_PAIRS)
            both = filter(None, (overlap(one, other) for one, other in pairs))
            texts.update(dict.fromkeys(text for text in both if any(matches(form, text) for form in forms)))
        return list(texts)

    def _forms(self, action: str) -> list[list[str]]:
        """The forms of the resources that an action takes: one list for each type that it needs."""
        found = self._known_forms.get(action)
        if found is None:
            made = self._make_forms(action)
            found = self._known_forms[action] = self._equal_forms.setdefault(str(made), made)
        return found

    def _make_forms(self, action: str) -> list[list[str]]:
        facts = catalogue().action(action)
        if facts is None:
            return [[]]
        if not facts.resources:
            return [[_NO_RESOURCE]]
        required = [use for use in facts.resources if use.required]
        if required:
            return [[self._form(text) for text in use.formats] for use in required]
        return [[self._form(text) for use in facts.resources for text in use.formats]]

    def _form(self, text: str) -> str:
        """The ARN format of a resource type as a pattern; ``${...}`` of the reference stands for any text."""
        known = {"Partition": self.partition, "Account": self.account_id}
        parts: list[str] = []
        rest = text
        while "${" in rest:
            before, _, after = rest.partition("${")
            name, _, rest = after.partition("}")
            parts += [before, known.get(name, "*")]
        return "".join((*parts, rest))
