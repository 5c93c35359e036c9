"""Policies in one spelling, so that what means the same is the same, and hangs on the same conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from scanner.iam.documents import Condition, Policy, Statement
from scanner.iam.in_force import Levels, levels_in_force
from scanner.iam.normal_conditions import canonical_conditions
from scanner.iam.normal_form import normalise
from scanner.iam.pattern_sets import Effort, canonical_variable
from scanner.iam.sources import Source
from scanner.iam.variables import MARK
from scanner.inventory import Account, Gap, OrganizationPolicy, Undetermined

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_ESCAPES = frozenset("*?$")


def in_one_spelling(source: Source) -> Source:
    """The policy with every condition in normal form, as a baseline keeps it; names stay as they are written.

    Of resources with the same variables each has a statement of its own, since a decision may hang on it alone.
    """
    policy = _in_one_spelling(source.policy)
    return source if policy is source.policy else msgspec.structs.replace(source, policy=policy)


def scps_in_one_spelling(account: Account) -> Levels | None:
    """The service control policies in force, each in normal form and at each level in the order of their ids."""
    facts = account.organization
    if isinstance(facts.policies, Gap):
        return levels_in_force(account, "scp")
    policies = tuple(sorted(map(_normal, facts.policies), key=lambda each: each.id))
    organization = msgspec.structs.replace(facts, policies=policies)
    return levels_in_force(msgspec.structs.replace(account, organization=organization), "scp")


def _normal(policy: OrganizationPolicy) -> OrganizationPolicy:
    if isinstance(policy.content, Gap):
        return policy
    try:
        document = normalise(policy.content.document)
    except Undetermined:
        return policy
    content = msgspec.structs.replace(policy.content, document=document)
    return msgspec.structs.replace(policy, content=content)


@lru_cache(maxsize=4_096)
def _in_one_spelling(policy: Policy) -> Policy:
    variables = policy.version != "2008-10-17"
    if not any(each.conditions or (variables and _has_variables(each)) for each in policy.statements):
        return policy
    statements = (_statement(each, variables=variables) for each in policy.statements)
    if variables:
        statements = (part for each in statements for part in _apart(each))
    return msgspec.structs.replace(policy, statements=tuple(statements))


def _has_variables(statement: Statement) -> bool:
    return any(MARK in pattern for pattern in statement.resources)


def _apart(statement: Statement) -> Iterator[Statement]:
    """The statement by its patterns, where that means the same.

    A variable without a value takes the whole statement away, so one with other variables, or none, stays beside it;
    and the complement of some patterns is one thing.
    """
    if not _has_variables(statement):
        yield statement
        return
    patterns = sorted({_VARIABLE.sub(_canonical, pattern) for pattern in statement.resources})
    if statement.not_resources or len({frozenset(_VARIABLE.findall(pattern)) - _ESCAPES for pattern in patterns}) > 1:
        yield msgspec.structs.replace(statement, resources=tuple(patterns))
        return
    yield from (msgspec.structs.replace(statement, resources=(pattern,)) for pattern in patterns)


def _canonical(found: re.Match[str]) -> str:
    return f"${{{canonical_variable(found.group(1))}}}"


def _statement(statement: Statement, *, variables: bool) -> Statement:
    if not statement.conditions:
        return statement
    try:
        found = canonical_conditions(statement.conditions, Effort(), variables=variables)
    except Undetermined:
        return statement
    names = {each.key: each.name for each in statement.conditions}
    named = (msgspec.structs.replace(each, name=names.get(each.key, "")) for each in found)
    return msgspec.structs.replace(statement, conditions=tuple(sorted(named, key=_order)))


def _order(condition: Condition) -> tuple[object, ...]:
    return condition.key, condition.operator, condition.quantifier, condition.if_exists, condition.values
