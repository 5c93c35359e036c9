"""What a single statement certainly does to every request of a signer: it applies, it does not, or nobody can say.

A Deny of everything is one whose ``Action`` has a pattern that covers every name of an action, also of one that does
not exist yet, and whose ``Resource`` covers every text. Whether two narrower statements come to the same is not asked.
"""

from __future__ import annotations

from policies.proof.signers import Form
from scanner.iam.conditions import is_negated, truth
from scanner.iam.context import Context, State
from scanner.iam.documents import Condition, Statement
from scanner.iam.globs import overlap
from scanner.iam.variables import MARK

RCP_SERVICES = ("kms", "s3", "secretsmanager", "sqs", "sts")
"""Services whose resources a resource control policy against an outsider has to protect; it can protect more."""


def covers_all_resources(statement: Statement) -> bool:
    """Whether a statement speaks of every resource."""
    return not statement.not_resources and any(_is_star(pattern) for pattern in statement.resources)


def covers_all_actions(statement: Statement) -> bool:
    """Whether a statement speaks of every action, also of those that nobody knows yet."""
    return not statement.not_actions and any(_is_star(each) or each == "*:*" for each in statement.actions)


def covers_service(statement: Statement, service: str) -> bool:
    """Whether a statement speaks of every action of a service."""
    if covers_all_actions(statement):
        return True
    return not statement.not_actions and any(each.lower() == f"{service}:*" for each in statement.actions)


def _is_star(pattern: str) -> bool:
    return bool(pattern) and not pattern.strip("*")


def undecided(statement: Statement, form: Form, context: Context, *, has_variables: bool) -> Condition | bool | None:
    """True where all conditions certainly hold, False where one certainly does not, else one that is open."""
    left: Condition | None = None
    for condition in statement.conditions:
        found = settled(condition, form, context, has_variables=has_variables)
        if found is False:
            return False
        if found is not True and left is None:
            left = condition
    return True if left is None else left


def settled(condition: Condition, form: Form, context: Context, *, has_variables: bool) -> bool | Condition:
    """Whether a condition holds for every request of the signer, for none, or what is left open."""
    if _is_for_others(condition, form):
        return False
    found = truth(condition, context, has_variables=has_variables)
    if isinstance(found, bool) or context.look_up(condition.key) is not State.PRESENT:
        return found
    return _by_shape(found, context)


def _is_for_others(condition: Condition, form: Form) -> bool:
    """Whether a condition asks for values that the signer certainly does not have."""
    excluded = form.differs.get(condition.key)
    if not excluded or condition.if_exists or condition.quantifier == "forallvalues":
        return False
    if is_negated(condition.operator) or not condition.operator.startswith(("string", "arn")):
        return False
    return all(value in excluded and _is_one(value) for value in condition.values)


def _is_one(value: str) -> bool:
    """Whether a pattern stands for one value, or for all federated users, whom a plan can only contain together."""
    plain = value.removesuffix("*") if value.endswith(":federated-user/*") else value
    return not any(mark in plain for mark in ("*", "?", MARK))


def _by_shape(condition: Condition, context: Context) -> bool | Condition:
    """The same for ARN operators, where only a pattern of the value is known."""
    shape = context.shapes.get(condition.key)
    if shape is None or not condition.operator.startswith("arn") or any(MARK in each for each in condition.values):
        return condition
    if shape in condition.values:
        return not is_negated(condition.operator)
    # An ARN operator compares part for part, so that it matches nothing which the plain pattern does not match.
    if all(_are_apart(value, shape) for value in condition.values):
        return is_negated(condition.operator)
    return condition


def _are_apart(one: str, shape: str) -> bool:
    # Where a search would take long, the answer is the same as for "apart"; so only short patterns are asked about.
    return len(one) <= 200 and len(shape) <= 200 and overlap(one, shape) is None


def shown(condition: Condition) -> str:
    """A condition, for people."""
    values = ", ".join(condition.values[:3]) + (", ..." if len(condition.values) > 3 else "")
    return f"{condition.written or condition.operator} {condition.name or condition.key} {values}"
