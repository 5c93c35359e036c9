"""Trust policies: who can still get a session of a role.

Source: "Policies and permissions in IAM" (role trust policies) and "AWS JSON policy elements: Principal" in the IAM
User Guide: in a Deny, ``*`` names everybody, also services and those that an identity provider sends.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from policies.proof.facts import PRINCIPAL, Facts
from policies.proof.putting import Put
from policies.proof.statements import shown
from policies.proof.universal import Verdict, broken
from scanner.iam.conditions import is_negated
from scanner.iam.documents import Condition, Policy, Statement
from scanner.iam.matching import covers_action
from scanner.iam.variables import MARK

ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
"""The actions by which sessions of a role are issued."""

_EVERYBODY = ("AWS", "*")


def frozen(puts: Sequence[Put], facts: Facts) -> Verdict | None:
    """Whether nobody gets a session any more, by the trust policy among the documents; None where there is none."""
    there = next((each for each in puts if each.placed.layer == "trust"), None)
    if there is None:
        return None
    fault = broken(puts)
    if fault:
        return fault
    admitted = _admitted_anew(there)
    if admitted:
        return Verdict(False, admitted, there)
    spared: set[str] = set()
    for action in ASSUMING:
        found = _closed(there, action, facts)
        if isinstance(found, str):
            return Verdict(False, found, there)
        spared |= found
    but = f", save for {', '.join(sorted(spared))}" if spared else ""
    return Verdict(
        True, f"{there.name} denies {', '.join(ASSUMING)} to everybody{but}", there, _first_deny(there.policy)
    )


def _first_deny(policy: Policy) -> Statement | None:
    return next((each for each in policy.statements if not each.allows), None)


def _admitted_anew(put: Put) -> str:
    """An Allow that the saved trust policy does not have, or empty."""
    old = {_meaning(each) for each in put.before.statements} if put.before is not None else set()
    for statement in put.policy.statements:
        if statement.allows and _meaning(statement) not in old:
            return f"statement {statement.index} of {put.name} admits somebody whom the present trust policy does not"
    return ""


def _meaning(statement: Statement) -> Statement:
    return msgspec.structs.replace(statement, index=0, sid="")


def _closed(put: Put, action: str, facts: Facts) -> set[str] | str:
    """Whom a Deny of an action spares, or why it does not hold for everybody else."""
    nearest = f"{put.name} does not deny {action} to everybody"
    for statement in put.policy.statements:
        if statement.allows or statement.not_actions or not covers_action(statement, action):
            continue
        if statement.not_principals or _EVERYBODY not in statement.principals:
            nearest = f"statement {statement.index} of {put.name} does not name everybody as its Principal"
            continue
        spared: set[str] = set()
        for condition in statement.conditions:
            names = _spares(condition, facts)
            if names is None:
                nearest = f"statement {statement.index} of {put.name} hangs on {shown(condition)}"
                break
            spared |= names
        else:
            return spared
    return nearest


def _spares(condition: Condition, facts: Facts) -> set[str] | None:
    """The principals that a condition leaves out on purpose; None where it leaves out others, or more."""
    if condition.key != PRINCIPAL or not is_negated(condition.operator) or condition.quantifier:
        return None
    if not condition.operator.startswith(("arn", "string")):
        return None
    names = set(condition.values)
    plain = all(not any(mark in name for mark in ("*", "?", MARK)) for name in names)
    return names if plain and names <= facts.spared - facts.own_arns else None
