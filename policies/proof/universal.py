"""Universal claims: a signer is denied everything, or nothing changes for it, whatever it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from policies.proof.facts import INSTANCE, PERSON, SOURCE_IDENTITY, USERID, Facts
from policies.proof.putting import Put
from policies.proof.signers import Form
from policies.proof.statements import (
    RCP_SERVICES,
    covers_all_actions,
    covers_all_resources,
    covers_service,
    settled,
    shown,
    undecided,
)
from scanner.iam.conditions import is_settled
from scanner.iam.context import Context, State
from scanner.iam.documents import Condition, Policy, Statement

_LACKING = {
    "aws:tokenissuetime": "requests that are signed with a long-term key do not carry it",
    USERID: "where callers choose the name of the session, the thief may have another",
    INSTANCE: "sessions that were not issued to that instance, such as chained ones, do not carry it",
    SOURCE_IDENTITY: "the trust policy admits sessions without it, or with another",
    PERSON: "only sessions of IAM Identity Center carry it",
    "aws:principalarn": "the signer may have another",
}


class Verdict(msgspec.Struct, frozen=True, eq=False):
    """Whether a claim holds for one signer at one time.

    Attributes:
        put: the document that decides, if one does.
        statement: its statement.
    """

    holds: bool
    why: str
    put: Put | None = None
    statement: Statement | None = None


def denied(puts: Sequence[Put], form: Form, context: Context, facts: Facts) -> Verdict:
    """Whether some Deny certainly refuses every request of a signer."""
    fault = broken(puts)
    if fault:
        return fault
    nearest: Verdict | None = None
    for each in puts:
        if not each.reaches(form, facts):
            nearest = nearest or Verdict(False, f"{each.name} does not reach this signer", each)
            continue
        if each.idle:
            nearest = Verdict(False, f"{each.name} is not certain to act: {each.idle}", each)
            continue
        found = _by_document(each, form, context)
        if found.holds:
            return found
        nearest = found
    return nearest or Verdict(False, "the containment has no document")


def broken(puts: Sequence[Put]) -> Verdict | None:
    """A document that would not come into force: nothing is proven of a containment with such a part."""
    for each in puts:
        if each.broken:
            return Verdict(False, f"{each.name} would not come into force: {each.broken}", each)
    return None


def _by_document(put: Put, form: Form, context: Context) -> Verdict:
    if put.placed.layer == "rcp":
        return _by_services(put, form, context)
    nearest = Verdict(False, f"{put.name} has no Deny statement", put)
    for statement in put.policy.statements:
        if statement.allows:
            continue
        found = _by_statement(put, statement, form, context)
        if found.holds:
            return found
        nearest = found
    return nearest


def _by_statement(put: Put, statement: Statement, form: Form, context: Context) -> Verdict:
    where = f"statement {statement.index} of {put.name}"
    if not covers_all_actions(statement):
        return Verdict(False, f"{where} does not cover every action", put, statement)
    if not covers_all_resources(statement):
        return Verdict(False, f"{where} does not cover every resource", put, statement)
    left = undecided(statement, form, context, has_variables=put.source.has_variables)
    if left is True:
        conditions = " and ".join(map(shown, statement.conditions))
        proviso = f" and its condition is certainly true: {conditions}" if conditions else " without a condition"
        return Verdict(True, f"{where} denies everything{proviso}", put, statement)
    return Verdict(False, _open(where, statement, left, form, context, put), put, statement)


def _open(
    where: str, statement: Statement, left: Condition | bool | None, form: Form, context: Context, put: Put
) -> str:
    if isinstance(left, Condition):
        why = _LACKING.get(left.key, "requests may lack that key, or carry another value")
        return f"{where} hangs on {shown(left)}: {why}"
    variables = put.source.has_variables
    false = next(
        (each for each in statement.conditions if settled(each, form, context, has_variables=variables) is False), None
    )
    if false is None:
        return f"{where} does not apply"
    if context.look_up(false.key) is State.ABSENT and false.key in _LACKING:
        return f"{where} does not apply, since {shown(false)} is false: {_LACKING[false.key]}"
    return f"{where} does not apply, since {shown(false)} is false"


def _by_services(put: Put, form: Form, context: Context) -> Verdict:
    """Resource control policies name actions: the proof is about the services whose resources they protect."""
    missing = Verdict(False, f"{put.name} has no Deny statement", put)
    deciding: Statement | None = None
    for service in RCP_SERVICES:
        found = _of_service(put, service, form, context)
        if isinstance(found, str):
            return Verdict(False, found, put)
        deciding = found
    if deciding is None:
        return missing
    conditions = " and ".join(map(shown, deciding.conditions)) or "no condition"
    named = ", ".join(RCP_SERVICES)
    why = f"statement {deciding.index} of {put.name} denies every action of {named} on resources of the account"
    return Verdict(True, f"{why}, and its condition is certainly true: {conditions}", put, deciding)


def _of_service(put: Put, service: str, form: Form, context: Context) -> Statement | str:
    nearest = f"{put.name} does not cover every action of {service} on every resource"
    for statement in put.policy.statements:
        if statement.allows or not covers_service(statement, service) or not covers_all_resources(statement):
            continue
        left = undecided(statement, form, context, has_variables=put.source.has_variables)
        if left is True:
            return statement
        nearest = _open(f"statement {statement.index} of {put.name}", statement, left, form, context, put)
    return nearest


def unchanged(puts: Sequence[Put], form: Form, context: Context, facts: Facts) -> Verdict:
    """Whether the documents certainly leave every request of a signer as it was."""
    fault = broken(puts)
    if fault:
        return fault
    spared: list[str] = []
    for each in puts:
        if not each.reaches(form, facts):
            spared.append(f"{each.name} does not reach it")
            continue
        if each.idle and not each.may_act:
            spared.append(f"{each.name} does nothing here: {each.idle}")
            continue
        found = _left_alone(each, form, context)
        if not found.holds:
            return found
        spared.append(found.why)
    return Verdict(True, "; ".join(spared) or "the containment has no document")


def _left_alone(put: Put, form: Form, context: Context) -> Verdict:
    if put.unread:
        return Verdict(False, f"what {put.name} takes the place of was not read: {put.unread}", put)
    if put.placed.layer == "boundary":
        fault = _narrowed(put)
        if fault:
            return Verdict(False, fault, put)
    why: list[str] = []
    for statement, has_variables in put.changed():
        if put.placed.layer == "boundary" and statement.allows:
            continue
        where = f"statement {statement.index} of {put.name}"
        left = undecided(statement, form, context, has_variables=has_variables)
        if left is False:
            why.append(f"{where} certainly does not apply")
            continue
        verb = "allows" if statement.allows else "denies"
        if statement not in put.policy.statements:
            return Verdict(False, f"{put.name} takes away a statement that {verb} something", put, statement)
        if left is True:
            return Verdict(False, f"{where} {verb} what it names to this signer, too", put, statement)
        open_ = shown(left) if isinstance(left, Condition) else ""
        return Verdict(False, f"{where} may apply to this signer, too: {open_}", put, statement)
    return Verdict(True, "; ".join(why) or f"{put.name} adds nothing", put)


def _narrowed(put: Put) -> str:
    """How a boundary allows other things than what was allowed before, or empty."""
    allows = _allows(put.policy)
    if put.before is not None:
        return "" if allows == _allows(put.before) else f"{put.name} allows something else than the previous boundary"
    free = any(
        each.allows and not each.conditions and covers_all_actions(each) and covers_all_resources(each)
        for each in put.policy.statements
    )
    return "" if free else f"{put.name} does not allow everything, and nothing limited the principal before"


def _allows(policy: Policy) -> frozenset[Statement]:
    return frozenset(msgspec.structs.replace(each, index=0, sid="") for each in policy.statements if each.allows)


def open_keys(puts: Sequence[Put]) -> Iterator[Condition]:
    """The conditions of all documents on keys of which every value can be told apart."""
    for each in puts:
        for statement, _ in each.changed():
            yield from (condition for condition in statement.conditions if is_settled(condition))
