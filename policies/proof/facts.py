"""Whom a proof is about, and which keys of a request that settles.

A key of a session counts as known only where its holder cannot have chosen it otherwise: the name of a session where
the trust policy admits nothing but services that assign it, the issuing instance where nothing but EC2 may assume the
role, a source identity where the trust policy lets nobody in without it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policies.subjects import Subject
from scanner.iam.caller import Caller, role_caller
from scanner.iam.context import Values
from scanner.iam.documents import Condition, Policy, Statement, parse
from scanner.iam.matching import covers_action
from scanner.iam.remembered import Remembered
from scanner.iam.variables import MARK
from scanner.inventory import Account, Role, User

USERID, INSTANCE = "aws:userid", "ec2:sourceinstancearn"
SOURCE_IDENTITY, PERSON = "aws:sourceidentity", "identitystore:userid"
PRINCIPAL, OWNER = "aws:principalarn", "aws:principalaccount"

_SSO_PATH = "/aws-reserved/sso.amazonaws.com/"
_EC2 = frozenset({"ec2.amazonaws.com", "ec2.amazonaws.com.cn"})
_NAMING = _EC2 | {"lambda.amazonaws.com", "ecs-tasks.amazonaws.com"}
_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")


class Facts(msgspec.Struct, frozen=True, eq=False):
    """The subject of a proof.

    Attributes:
        principal: the user or role; None for root users, people, foreign accounts and what is not known.
        follows_chains: whether a document denies by a key that goes along when one role assumes another.
        contained: ARNs of other principals that the same plan contains on purpose.
        spared: ARNs that the documents spare on purpose, such as that of the responder.
    """

    subject: Subject
    principal: Role | User | None
    account: Account
    follows_chains: bool = False
    contained: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()

    @property
    def root_arn(self) -> str:
        """The root user of the account."""
        return f"arn:{self.account.partition}:iam::{self.account.account_id}:root"

    @property
    def own_arns(self) -> frozenset[str]:
        """The values of ``aws:PrincipalArn`` that the plan means to contain."""
        if self.principal is not None:
            return self.contained | {self.principal.arn}
        return self.contained | {self.root_arn} if self.subject.kind == "root" else self.contained

    def told(self) -> dict[str, str]:
        """What the subject says of the suspected session, by condition key, whether or not it is certain."""
        subject, found = self.subject, {}
        if isinstance(self.principal, Role) and subject.session and self.principal.id:
            found[USERID] = f"{self.principal.id}:{subject.session}"
        if subject.source_identity:
            found[SOURCE_IDENTITY] = subject.source_identity
        if subject.user_id:
            found[PERSON] = subject.user_id
        if subject.instance and subject.region:
            account = self.account
            found[INSTANCE] = (
                f"arn:{account.partition}:ec2:{subject.region}:{account.account_id}:instance/{subject.instance}"
            )
        return found

    def certain(self, role: Role) -> dict[str, Values]:
        """What of it the holder of a session of the role cannot have chosen otherwise."""
        told, trusts = self.told(), _trusts.of(parse(role.trust))
        is_sso = is_of_identity_center(role)
        found: dict[str, Values] = {}
        if USERID in told and (is_sso or (trusts.services and trusts.services <= _NAMING)):
            found[USERID] = (told[USERID],)
        if INSTANCE in told and trusts.services and trusts.services <= _EC2:
            found[INSTANCE] = (told[INSTANCE],)
        if SOURCE_IDENTITY in told and fixes_source_identity(role, told[SOURCE_IDENTITY]):
            found[SOURCE_IDENTITY] = (told[SOURCE_IDENTITY],)
        if PERSON in told and is_sso:
            found[PERSON] = (told[PERSON],)
        return found

    def mismatch(self) -> str:
        """Why the subject is not the principal that the account holds, or empty."""
        subject, principal = self.subject, self.principal
        if principal is None:
            known = subject.kind in ("root", "person", "foreign-account")
            return "" if known else "The account holds no user or role of this name, so that nothing can be said."
        if subject.unique_id and principal.id and subject.unique_id != principal.id:
            return "The unique id is no longer that of the principal: it was deleted and made anew."
        return ""


def is_of_identity_center(principal: Role | User | None) -> bool:
    """Whether it is a role that IAM Identity Center made for a permission set."""
    return isinstance(principal, Role) and principal.path.startswith(_SSO_PATH)


class _Trusts(msgspec.Struct, frozen=True):
    """Attributes: services: those that may assume a role, empty where anybody else may, or nobody."""

    services: frozenset[str] = frozenset()


def _read(policy: Policy) -> _Trusts:
    allowing = [statement for statement in policy.statements if statement.allows]
    named = [pair for statement in allowing for pair in statement.principals]
    if policy.problems or any(statement.not_principals for statement in allowing):
        return _Trusts()
    if any(kind != "Service" for kind, _ in named):
        return _Trusts()
    return _Trusts(frozenset(name for _, name in named))


_trusts = Remembered(_read)


def fixes_source_identity(role: Role, value: str) -> bool:
    """Whether nobody gets a session of the role but with this source identity, or with the name that they have."""
    policy = parse(role.trust)
    admitting = list(_admitting(policy))
    if policy.problems or not admitting:
        return False
    return all(any(_fixes(condition, value) for condition in statement.conditions) for statement in admitting)


def _admitting(policy: Policy) -> Iterator[Statement]:
    for statement in policy.statements:
        if statement.allows and any(covers_action(statement, action) for action in _ASSUMING):
            yield statement


def _fixes(condition: Condition, value: str) -> bool:
    if condition.key not in ("sts:sourceidentity", SOURCE_IDENTITY) or condition.if_exists or condition.quantifier:
        return False
    if condition.operator not in ("stringequals", "stringlike"):
        return False
    return all(each == value or (MARK in each and "*" not in each) for each in condition.values)


def session_of(facts: Facts, role: Role) -> Caller:
    """The suspected session of a role, without the time at which it was issued."""
    caller = role_caller(role)
    return msgspec.structs.replace(caller, context=caller.context.with_request(facts.certain(role)))
