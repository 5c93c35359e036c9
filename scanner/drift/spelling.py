"""Policies in one spelling, so that what means the same is the same, and hangs on the same conditions."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from scanner.iam.documents import Condition, Policy, Statement
from scanner.iam.in_force import Levels, levels_in_force
from scanner.iam.normal_conditions import canonical_conditions
from scanner.iam.normal_form import normalise
from scanner.iam.pattern_sets import Effort
from scanner.iam.sources import Source
from scanner.inventory import Account, Gap, OrganizationPolicy, Undetermined


def in_one_spelling(source: Source) -> Source:
    """The policy with every condition in normal form, as a baseline keeps it; names stay as they are written."""
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
    if not any(each.conditions for each in policy.statements):
        return policy
    variables = policy.version != "2008-10-17"
    statements = tuple(_statement(each, variables=variables) for each in policy.statements)
    return msgspec.structs.replace(policy, statements=statements)


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
