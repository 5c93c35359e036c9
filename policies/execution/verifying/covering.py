"""Whether the Denies of one document are in force by another, and what a Deny goes by.

Source: "IAM JSON policy elements: Condition operators" in the IAM User Guide. A Deny is never taken back by an Allow,
so that further statements beside it change nothing of what it denies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from scanner.containment.artefact_shapes import DATED, EQUAL_OPERATORS, IDENTITY_KEYS, ISSUED
from scanner.iam.conditions import moment
from scanner.iam.documents import Condition, Policy, Statement, parse


def policy_of(text: str) -> Policy | None:
    """A document that is understood as a whole; None for any other text."""
    try:
        found = parse(msgspec.Raw(text.encode()))
    except UnicodeEncodeError:
        return None
    return None if found.problems else found


def denies(policy: Policy) -> tuple[Statement, ...]:
    """The statements that deny."""
    return tuple(each for each in policy.statements if not each.allows)


def uncovered(wanted: Policy, present: Policy) -> list[Statement]:
    """The Denies of a document that another one does not hold, or holds with an earlier cutoff."""
    there = denies(present)
    return [each for each in denies(wanted) if not any(_covers(other, each) for other in there)]


def is_date(condition: Condition) -> bool:
    """Whether a condition is on when the session was issued, and holds for those from before."""
    return condition.key == ISSUED and condition.operator in DATED and not condition.quantifier


def latest(conditions: Iterable[Condition]) -> datetime | None:
    """The cutoff of a statement: of several values the latest, since they are alternatives."""
    times = [_instant(value) for each in conditions if is_date(each) for value in each.values]
    return max((time for time in times if time is not None), default=None)


def is_of_everything(statement: Statement) -> bool:
    """Whether a statement is about every action on every resource."""
    actions = any(not each.strip("*") and each for each in statement.actions) and not statement.not_actions
    resources = any(not each.strip("*") and each for each in statement.resources) and not statement.not_resources
    return actions and resources


def others(statement: Statement) -> Iterator[Condition]:
    """The conditions that are neither a time nor say who asks."""
    return (each for each in statement.conditions if not is_date(each) and each.key not in IDENTITY_KEYS)


def _instant(value: str) -> datetime | None:
    try:
        return moment(value)
    except (ValueError, OverflowError):
        return None


def _covers(present: Statement, wanted: Statement) -> bool:
    """Whether one Deny denies all that another one does."""
    flags = (present.not_actions, present.not_resources, present.not_principals)
    if flags != (wanted.not_actions, wanted.not_resources, wanted.not_principals):
        return False
    return (
        _holds_all(present.actions, wanted.actions, is_complement=present.not_actions)
        and _holds_all(present.resources, wanted.resources, is_complement=present.not_resources)
        and set(present.principals) == set(wanted.principals)
        and all(_is_looser(each, wanted.conditions) for each in present.conditions)
    )


def _holds_all(present: tuple[str, ...], wanted: tuple[str, ...], *, is_complement: bool) -> bool:
    one, other = {each.lower() for each in present}, {each.lower() for each in wanted}
    if is_complement:
        return one <= other
    return "*" in one or one >= other


def _is_looser(condition: Condition, conditions: tuple[Condition, ...]) -> bool:
    """Whether a condition holds wherever one of others does."""
    if not is_date(condition):
        return any(_holds_more(condition, each) for each in conditions)
    here = latest([condition])
    alike = [
        each
        for each in conditions
        if is_date(each)
        and (condition.if_exists or not each.if_exists)
        and (condition.operator == each.operator or condition.operator == "datelessthanequals")
    ]
    there = latest(alike)
    return here is not None and there is not None and here >= there


def _holds_more(one: Condition, other: Condition) -> bool:
    """Whether a condition is the same as another one, or names further principals."""
    meaning = [(each.operator, each.key, each.quantifier, each.if_exists) for each in (one, other)]
    if meaning[0] != meaning[1]:
        return False
    if one.key in IDENTITY_KEYS and one.operator in EQUAL_OPERATORS and not one.quantifier:
        return set(one.values) >= set(other.values)
    return set(one.values) == set(other.values)
