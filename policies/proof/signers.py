"""Who signs requests: the kinds of credential that a subject has, and the others that a containment must leave alone.

Source: "AWS global condition context keys" and "Comparing AWS STS credentials" in the IAM User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from policies.cutoff import format_instant
from policies.proof.facts import (
    OWNER,
    PERSON,
    PRINCIPAL,
    SOURCE_IDENTITY,
    USERID,
    Facts,
    is_of_identity_center,
    session_of,
)
from policies.proof.model import Who
from policies.proof.times import ISSUED
from scanner.iam.caller import Caller, other_caller, role_caller, user_caller
from scanner.iam.context import Context, Values
from scanner.inventory import Role, User

_MFA = "aws:multifactorauthpresent"
_OF_MFA = frozenset({_MFA, "aws:multifactorauthage"})
_NEVER_OF_USERS = frozenset({SOURCE_IDENTITY, PERSON})
_ANY_NAME = "zq0-any"


class Form(msgspec.Struct, frozen=True, eq=False):
    """One kind of credential.

    Attributes:
        name: the kind, for people; empty where a principal has one only.
        is_session: whether it expires, and so carries the time at which it was issued.
        is_own: whether it is of the principal that the documents are put on.
        differs: condition keys with the values that it certainly does not have.
        hides_time: whether policies cannot tell when it was issued.
    """

    name: str
    caller: Caller
    is_session: bool = True
    is_own: bool = True
    differs: Mapping[str, frozenset[str]] = {}
    hides_time: bool = False

    def issued(self, at: datetime | None) -> Context:
        """The context of a request that is signed by a session issued at a time."""
        if at is None or not self.is_session or self.hides_time:
            return self.caller.context
        return self.caller.context.with_request({ISSUED: (format_instant(at),)})


def forms_of(who: Who, facts: Facts) -> tuple[Form, ...]:
    """The kinds of credential of a signer; none where it has none of these."""
    if who == "another principal":
        return tuple(_other_principal(facts))
    if who == "another session":
        return tuple(_other_sessions(facts))
    if who == "service-linked role":
        return (_service_linked(facts),)
    found = tuple(_own(facts))
    if who == "long-term key":
        return tuple(form for form in found if not form.is_session)
    if who == "new session without MFA":
        return tuple(each for form in found if form.is_session for each in _without_mfa(form))
    if who == "new session with MFA":
        return tuple(_with_mfa(form) for form in found if form.is_session and _MFA not in form.caller.context.absent)
    return tuple(form for form in found if form.is_session)


def _own(facts: Facts) -> Iterator[Form]:
    principal = facts.principal
    if isinstance(principal, Role):
        yield Form("", session_of(facts, principal))
        if facts.subject.source_identity and facts.follows_chains:
            yield _chained(facts, facts.subject.source_identity)
    elif isinstance(principal, User):
        yield from _of_user(principal)
    elif facts.subject.kind == "root":
        yield from _of_root(facts)
    elif facts.subject.kind == "person" and facts.subject.user_id:
        yield _person(facts, facts.subject.user_id)
    elif facts.subject.kind == "foreign-account" and facts.subject.account_id:
        yield from _foreign(facts, facts.subject.account_id)


def _of_user(user: User) -> Iterator[Form]:
    caller = user_caller(user)
    key = caller.context.with_request({}, absent=_NEVER_OF_USERS | _OF_MFA | {ISSUED})
    yield Form("", msgspec.structs.replace(caller, context=key), is_session=False)
    session = caller.context.with_request({}, absent=_NEVER_OF_USERS)
    yield Form("of GetSessionToken or the console", msgspec.structs.replace(caller, context=session))
    yield Form("of GetFederationToken", _federated(caller, user))


def _federated(caller: Caller, user: User) -> Caller:
    """A session that the user made for somebody, under a name that is free to choose."""
    beginning = f"arn:{caller.partition}:sts::{caller.account_id}:federated-user/"
    kept = {OWNER, "aws:principalisawsservice"}
    known: dict[str, Values] = {key: values for key, values in caller.context.known.items() if key in kept}
    context = Context(
        {**known, "aws:principaltype": ("FederatedUser",)},
        absent=caller.context.absent | _NEVER_OF_USERS | _OF_MFA | {"aws:username"},
        present=frozenset({PRINCIPAL, USERID}),
        shapes={PRINCIPAL: f"{beginning}*", USERID: f"{caller.account_id}:*"},
    )
    return Caller(f"{beginning}{_ANY_NAME}", "federated", caller.account_id, caller.partition, user, context)


def _of_root(facts: Facts) -> Iterator[Form]:
    caller = other_caller(facts.root_arn)
    key = caller.context.with_request({}, absent=_NEVER_OF_USERS | _OF_MFA | {ISSUED})
    yield Form("", msgspec.structs.replace(caller, context=key), is_session=False)
    # Sessions of root users cannot be limited by their time.
    yield Form("of the root user", caller, hides_time=True)


def _unnamed(facts: Facts, known: Mapping[str, Values]) -> Caller:
    """A session of some role of the account."""
    account = facts.account
    arn = f"arn:{account.partition}:sts::{account.account_id}:assumed-role/{_ANY_NAME}/{_ANY_NAME}"
    caller = other_caller(arn)
    context = caller.context.with_request(known, present=frozenset({PRINCIPAL, USERID}))
    return msgspec.structs.replace(caller, context=context)


def _chained(facts: Facts, who: str) -> Form:
    """A session of another role that was assumed from the suspected one: the source identity goes along."""
    caller = _unnamed(facts, {SOURCE_IDENTITY: (who,)} if _is_fixed(facts) else {})
    return Form("of another role, chained with the same source identity", caller, is_own=False)


def _is_fixed(facts: Facts) -> bool:
    role = facts.principal
    return isinstance(role, Role) and SOURCE_IDENTITY in facts.certain(role)


def _person(facts: Facts, user_id: str) -> Form:
    return Form("of any permission set", _unnamed(facts, {PERSON: (user_id,)}), is_own=False)


def _foreign(facts: Facts, account_id: str) -> Iterator[Form]:
    caller = Caller(
        arn=f"arn:{facts.account.partition}:iam::{account_id}:role/{_ANY_NAME}",
        kind="unknown",
        account_id=account_id,
        partition=facts.account.partition,
        principal=None,
        context=Context(
            {OWNER: (account_id,), "aws:principalisawsservice": ("false",)}, present=frozenset({PRINCIPAL, USERID})
        ),
    )
    key = caller.context.with_request({}, absent=frozenset({ISSUED}))
    yield Form("", msgspec.structs.replace(caller, context=key), is_session=False, is_own=False)
    yield Form("of a principal of the other account", caller, is_own=False)


def _with_mfa(form: Form) -> Form:
    return _saying(form, "with MFA", form.caller.context.with_request({_MFA: ("true",)}))


def _without_mfa(form: Form) -> Iterator[Form]:
    """Whether a session without MFA says so depends on how it was issued."""
    yield _saying(form, "that says nothing of MFA", form.caller.context.with_request({}, absent=_OF_MFA))
    if _MFA not in form.caller.context.absent:
        yield _saying(form, "without MFA", form.caller.context.with_request({_MFA: ("false",)}))


def _saying(form: Form, what: str, context: Context) -> Form:
    caller = msgspec.structs.replace(form.caller, context=context)
    return msgspec.structs.replace(form, name=f"{form.name}, {what}".strip(", "), caller=caller)


def _other_principal(facts: Facts) -> Iterator[Form]:
    """Whoever else asks: not the suspected principal, and not the person or chain that is suspected."""
    account, subject = facts.account, facts.subject
    context = Context({"aws:principalisawsservice": ("false",)}, present=frozenset({PRINCIPAL, USERID}))
    differs = {PRINCIPAL: facts.own_arns} if facts.own_arns else {}
    differs |= {key: frozenset({value}) for key, value in facts.told().items()}
    if subject.kind == "foreign-account":
        differs[OWNER] = frozenset({subject.account_id or ""})
    else:
        context = context.with_request({OWNER: (account.account_id,)})
    arn = f"arn:{account.partition}:iam::{account.account_id}:role/{_ANY_NAME}"
    caller = Caller(arn, "unknown", account.account_id, account.partition, None, context)
    yield Form("by a session", caller, is_own=False, differs=differs)
    key = msgspec.structs.replace(caller, context=context.with_request({}, absent=_OF_MFA | {ISSUED}))
    yield Form("by a long-term key", key, is_session=False, is_own=False, differs=differs)


def _other_sessions(facts: Facts) -> Iterator[Form]:
    """Sessions of the same principal that are not the suspected one."""
    differs = {key: frozenset({value}) for key, value in facts.told().items()}
    principal = facts.principal
    if isinstance(principal, Role):
        yield Form("of the same role", role_caller(principal), differs=differs)
    elif isinstance(principal, User):
        own = (form for form in _of_user(principal) if form.is_session)
        yield from (msgspec.structs.replace(form, differs=differs) for form in own)
    elif facts.subject.kind == "person":
        yield Form("of another person", _unnamed(facts, {}), is_own=False, differs=differs)


def _service_linked(facts: Facts) -> Form:
    account = facts.account
    path = "/aws-service-role/zq0.amazonaws.com/"
    role = Role(
        name=_ANY_NAME,
        arn=f"arn:{account.partition}:iam::{account.account_id}:role{path}{_ANY_NAME}",
        trust=_NO_TRUST,
        path=path,
    )
    return Form("", role_caller(role), is_own=False)


_NO_TRUST = msgspec.Raw(b'{"Version":"2012-10-17","Statement":[]}')


def is_session_of_permission_set(form: Form, facts: Facts) -> bool:
    """Whether a form is a session that IAM Identity Center gave to somebody."""
    if form.is_own:
        return is_of_identity_center(facts.principal)
    return PERSON in form.caller.context.known or PERSON in form.differs
