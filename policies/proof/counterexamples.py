"""Requests by which a claim fails, found by trying: values that tell the conditions apart, actions on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product

from policies.cutoff import format_instant
from policies.proof.facts import PRINCIPAL, USERID, Facts
from policies.proof.model import Counterexample
from policies.proof.putting import Put
from policies.proof.signers import Form
from policies.proof.times import ISSUED
from policies.proof.universal import open_keys
from scanner.iam.conditions import moment, truth
from scanner.iam.context import Context, State
from scanner.iam.documents import Condition, Statement
from scanner.iam.globs import example
from scanner.iam.matching import covers_action, covers_resource, matches
from scanner.iam.value_kinds import one_of_each_kind

_ACTIONS = (
    ("s3:GetObject", "arn:aws:s3:::zq0-bucket/zq0"),
    ("ec2:DescribeInstances", "*"),
    ("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/zq0"),
    ("sts:AssumeRole", "arn:aws:iam::111122223333:role/zq0"),
    ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/zq0"),
    ("sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:111122223333:zq0"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:zq0"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/zq0"),
)
_MOST_VALUES = 8
_MOST_TRIED = 512
_SOME_TIME = "2026-11-20T00:00:00Z"
_BOUND = frozenset({USERID, PRINCIPAL})


def alive(puts: Sequence[Put], form: Form, context: Context, facts: Facts) -> Counterexample | None:
    """A request of the signer that no document denies."""
    if any(each.broken or (each.idle and each.may_act) for each in puts):
        # What does not come into force, or is not known to, is reason enough.
        return None
    acting = [each for each in puts if each.reaches(form, facts) and not each.idle]
    services = {"s3", "kms", "sqs", "sts", "secretsmanager"} if any(e.placed.layer == "rcp" for e in puts) else None
    denies = [(each, one) for each in acting for one in each.policy.statements if not one.allows]
    for whole in _contexts(acting, form, context):
        for action, resource in (*_ACTIONS, *_named(denies)):
            if services is not None and action.partition(":")[0] not in services:
                continue
            if not any(_applies(one, each, action, resource, whole) for each, one in denies):
                return _told(action, resource, whole)
    return None


def touched(puts: Sequence[Put], form: Form, context: Context, facts: Facts) -> Counterexample | None:
    """A request of the signer that a document denies, though it was not meant to."""
    if any(each.broken or each.idle for each in puts):
        return None
    acting = [each for each in puts if each.reaches(form, facts)]
    denies = [(each, one) for each in acting for one in each.policy.statements if not one.allows]
    added = {id(one) for each in acting for one, _ in each.changed()}
    for whole in _contexts(acting, form, context):
        for action, resource in (*_ACTIONS, *_named(denies)):
            if any(id(one) in added and _applies(one, each, action, resource, whole) for each, one in denies):
                return _told(action, resource, whole)
    return None


def _named(denies: Sequence[tuple[Put, Statement]]) -> Iterator[tuple[str, str]]:
    """What the statements name: also what they leave out."""
    for _, statement in denies:
        for pattern, resource in product(statement.actions[:4], (*statement.resources[:2], "*")):
            action, place = example(pattern), example(resource)
            if action is not None and place is not None and ":" in action:
                yield action, place


def _applies(statement: Statement, put: Put, action: str, resource: str, context: Context) -> bool:
    if not covers_action(statement, action) or not covers_resource(statement, resource):
        return False
    return all(truth(each, context, has_variables=put.source.has_variables) is True for each in statement.conditions)


def _told(action: str, resource: str, context: Context) -> Counterexample:
    keys = {key: values[0] for key, values in sorted(context.known.items())}
    issued = moment(keys.get(ISSUED, ""))
    if issued is not None:
        keys[ISSUED] = format_instant(issued)
    return Counterexample(action=action, resource=resource, keys=keys)


def _contexts(puts: Sequence[Put], form: Form, context: Context) -> Iterator[Context]:
    """Contexts in which every key that a condition names has a value or is absent."""
    by_key: dict[str, list[Condition]] = {key: [] for key in context.present}
    for condition in open_keys(puts):
        if isinstance(context.look_up(condition.key), State):
            by_key.setdefault(condition.key, []).append(condition)
    keys = sorted(by_key)
    choices = [list(_values(key, by_key[key], form, context)) for key in keys]
    for chosen in islice(product(*choices), _MOST_TRIED):
        known = {key: (value,) for key, value in zip(keys, chosen, strict=True) if value is not None}
        yield Context({**context.known, **known}, absent_families=("",))


def _values(key: str, conditions: list[Condition], form: Form, context: Context) -> Iterator[str | None]:
    state = context.look_up(key)
    if state is not State.PRESENT and key not in _BOUND:
        yield None
    if state is State.ABSENT:
        return
    shape = context.shapes.get(key) or _usual(key, form)
    if key == ISSUED:
        yield _SOME_TIME
    else:
        yield example(shape) if shape else "zq0-something-else"
    values = one_of_each_kind(conditions)[0] if conditions else ()
    kept = (
        each
        for each in values
        if (key != ISSUED or moment(each))
        and each not in form.differs.get(key, ())
        and (not shape or matches(shape, each))
    )
    yield from islice(kept, _MOST_VALUES)


def _usual(key: str, form: Form) -> str:
    """The pattern of values of keys that identify a principal."""
    caller = form.caller
    if key == PRINCIPAL:
        return f"arn:{caller.partition}:iam::{caller.account_id}:role/*"
    return "AROA*:*" if key == USERID else ""
