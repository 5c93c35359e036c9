"""The roles with which credentials are contained: those that are declared, else those that are plainly made for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec

from rules.assumable import entries
from rules.identity.asking import granted_on
from rules.response.privileged import is_revocable
from scanner.containment import can_contain
from scanner.engine import Scene
from scanner.engine.declared import Declared
from scanner.findings import Severity
from scanner.iam.administrator import administration_by, probes_of
from scanner.iam.bounds import demands, ways_in
from scanner.iam.documents import Statement, parse
from scanner.iam.grants import interest
from scanner.iam.powers import Power, power_of
from scanner.iam.principals import TrustedPrincipal, trusted_principals
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Document, Gap, Role, Undetermined, User, known

_MFA = {"aws:multifactorauthpresent", "aws:multifactorauthage"}
_RESERVED = "/aws-reserved/sso.amazonaws.com/"
_AUTOMATION = frozenset({"lambda.amazonaws.com", "ssm.amazonaws.com", "states.amazonaws.com"})
_NAME = "guardrift-probe-4c1f"
_NOBODY = Document(b'{"Version":"2012-10-17","Statement":[]}')
_MOST_ASKED = 1000
_STOPPING = (
    "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary", "iam:PutUserPolicy",
)  # fmt: skip
_CONTAINING = ("iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey")


class Responders(msgspec.Struct, frozen=True):
    """The response roles of an account.

    Attributes:
        roles: those that were declared with the most able first, else in the order of the account.
        declared: whether the owner named them. Else those count that can contain any user and role, and that nobody but
            people with MFA can assume.
        doubtful: where nobody named any, roles that can contain as much without being administrators, and that people
            and others can assume.
        unclear: why another role could be one; empty where that is certain.
    """

    roles: tuple[Role, ...]
    declared: bool
    doubtful: tuple[Role, ...] = ()
    unclear: str = ""


_UNSEEN = "mfa-unseen:"


class Fault(msgspec.Struct, frozen=True, order=True):
    """What is wrong with the trust policy of a response role.

    Attributes:
        token: a stable name.
        sentence: for people, to follow the name of the role.
    """

    severity: Severity
    token: str
    sentence: str

    @property
    def is_unseen(self) -> bool:
        """Whether nobody can tell from this account that it is one; the sentence is then a clause that says why."""
        return self.token.startswith(_UNSEEN)


_known: dict[int, tuple[Account, Declared, datetime, Responders]] = {}


def responders(scene: Scene[Any]) -> Responders:
    """The response roles, found once for an account and what is declared of it.

    Raises:
        Undetermined: the roles were not read.
    """
    account, declared, at = scene.account, scene.declared, scene.at
    known = _known.get(id(account))
    if known is None or known[0] is not account or known[1] is not declared or known[2] != at:
        found = _found(account, declared, at)
        _known.clear()
        known = _known[id(account)] = account, declared, at, found
    return known[3]


def _found(account: Account, declared: Declared, at: datetime) -> Responders:
    roles = [role for role in known(account.roles) if not role.path.startswith("/aws-service-role/")]
    policies = policies_of(account)
    wanted = interest().mask(_CONTAINING)
    if declared.response_roles:
        named = [role for role in roles if declared.may_respond(role.arn)]
        named.sort(key=lambda role: -(power_of(role, policies).potential & wanted).bit_count())
        return Responders(tuple(named), declared=True)
    recognised: list[Role] = []
    doubtful: list[Role] = []
    unclear = ""
    for role in roles:
        power = power_of(role, policies)
        able = power.potential & wanted == wanted
        if not is_revocable(role) or not (able or power.unread) or not _is_for_people(role):
            continue
        is_faulty = bool(trust_faults(role, account, declared))
        if is_faulty and administration_by(power, probes_of(account)):
            continue
        if power.unread or power.unread_boundary:
            unclear = (*power.unread, power.unread_boundary)[0]
        elif _contains_anybody(role, account, at):
            (doubtful if is_faulty else recognised).append(role)
    return Responders(tuple(recognised), declared=False, doubtful=tuple(doubtful), unclear=unclear)


def _is_for_people(role: Role) -> bool:
    """Whether somebody of an account, or of an identity provider, may assume the role, and no workload."""
    found = tuple(_principals(role))
    if parse(role.trust).problems or any(each.kind == "service" for each in found):
        return False
    return any(each.kind in ("anyone", "account", "federated") for each in found)


def _contains_anybody(role: Role, account: Account, at: datetime) -> bool:
    prefix = f"arn:{account.partition}:iam::{account.account_id}"
    user = User(name=_NAME, arn=f"{prefix}:user/{_NAME}")
    other = Role(name=_NAME, arn=f"{prefix}:role/{_NAME}", trust=_NOBODY)
    of_user = can_contain(role, user, account, at, with_organization=False)
    of_role = can_contain(role, other, account, at, with_organization=False)
    return of_user.verdict == of_role.verdict == "yes" and of_user.keys is not None and of_user.keys.verdict == "yes"


def contains_somebody(role: Role, account: Account, at: datetime) -> bool:
    """Whether a role that was declared can contain any principal at all, be it on conditions.

    Asked is about a user and a role that nobody named, about such of the names for which its policies are written, and
    about the principals of the account.

    Raises:
        Undetermined: it cannot by what was read, and a policy of it was not read, or not all were asked about.
    """
    power = power_of(role, policies_of(account))
    if power.potential & interest().mask(_STOPPING):
        users = () if isinstance(account.users, Gap) else account.users
        others: list[User | Role] = [*users, *known(account.roles)]
        asked = chain(_invented(power, account), (each for each in others[:_MOST_ASKED] if each is not role))
        if any(can_contain(role, each, account, at, with_organization=False).verdict != "no" for each in asked):
            return True
        if len(others) > _MOST_ASKED:
            raise Undetermined(
                f"{role.name} can contain none of the first {_MOST_ASKED} principals; others were not asked"
            )
    if power.unread:
        raise Undetermined(power.unread[0])
    return False


def _invented(power: Power, account: Account) -> Iterator[User | Role]:
    """A user and a role, with the paths and beginnings that policies name."""
    tails = dict.fromkeys((f"user/{_NAME}", f"role/{_NAME}"))
    for action in _STOPPING:
        tails |= dict.fromkeys(tail.replace("*", _NAME) for _, _, tail in granted_on(power, action))
    for tail in tails:
        arn = f"arn:{account.partition}:iam::{account.account_id}:{tail}"
        name = tail.rpartition("/")[2]
        if tail.startswith("user/"):
            yield User(name=name, arn=arn)
        elif tail.startswith("role/"):
            yield Role(name=name, arn=arn, trust=_NOBODY)


def trust_faults(role: Role, account: Account, declared: Declared) -> tuple[Fault, ...]:
    """What lets others than the responders assume the role, or assume it without MFA; the gravest first.

    Raises:
        Undetermined: the trust policy is malformed.
    """
    policy = parse(role.trust)
    if policy.problems:
        raise Undetermined(f"the trust policy of {role.name} is malformed: {policy.problems[0]}")
    found = {
        fault
        for statement in policy.statements
        if statement.allows
        for principal in trusted_principals(statement)
        for fault in _faults(principal, statement, policy.statements, account, declared)
    }
    found |= {
        Fault("critical", f"federated:{way.principal}", way.why)
        for way in entries(role, account.account_id)
        if way.severity in ("critical", "high") and _is_provider(role, way.principal)
    }
    if not role.path.startswith(_RESERVED) and not entries(role, account.account_id):
        found.add(Fault("critical", "nobody", "Nobody can assume it."))
    return tuple(sorted(found))


def _is_provider(role: Role, text: str) -> bool:
    return any(each.text == text and each.kind == "federated" for each in _principals(role))


def _principals(role: Role) -> Iterator[TrustedPrincipal]:
    for statement in parse(role.trust).statements:
        if statement.allows:
            yield from trusted_principals(statement)


def _faults(
    principal: TrustedPrincipal,
    allow: Statement,
    statements: tuple[Statement, ...],
    account: Account,
    declared: Declared,
) -> Iterator[Fault]:
    if principal.kind == "service" and principal.text not in _AUTOMATION:
        yield Fault("critical", f"service:{principal.text}", f"Whatever runs under {principal.text} holds it.")
    if principal.kind not in ("anyone", "account"):
        return
    ways = ways_in(principal, allow, statements)
    if not ways:
        return
    found = demands(principal, allow, statements, ways)
    accounts = {principal.account_id} if principal.account_id else {a for demand in found for a in demand.accounts}
    accepted = {account.account_id, *declared.response_accounts}
    if not accounts and any(all(key.startswith("aws:principalorg") for key in demand.keys) for demand in found):
        yield Fault("high", "organization", "Callers of every account of an organization can assume it.")
    elif not accounts:
        yield Fault("critical", "anyone", "Callers of any account can assume it.")
    for stranger in sorted(accounts - accepted):
        yield Fault("critical", f"account:{stranger}", f"It trusts account {stranger}, which is not declared.")
    if not any(demand.keys <= _MFA for demand in found) and not _signs_in(principal, allow.conditions, account):
        elsewhere = _seen_elsewhere(principal, allow.conditions, account, declared)
        if elsewhere:
            unseen = f"whether {elsewhere}, which can assume it, demands MFA itself is seen only in its account"
            yield Fault("low", f"{_UNSEEN}{elsewhere}", unseen)
        else:
            yield Fault("high", f"no-mfa:{principal.text}", f"{principal.text} can assume it without MFA.")


def _seen_elsewhere(
    principal: TrustedPrincipal, conditions: Iterable[Any], account: Account, declared: Declared
) -> str:
    """The first role that is named, where all are of accounts of the responders: what they demand is told there."""
    named = _pinned(conditions) or (principal.text,)
    theirs = tuple(f"{each}:role/" for each in declared.response_accounts if each != account.account_id)
    return named[0] if all(text.partition(":iam::")[2].startswith(theirs) for text in named) else ""


def _pinned(conditions: Iterable[Any]) -> tuple[str, ...]:
    """The principals that a condition names."""
    found = [c for c in conditions if c.key == "aws:principalarn" and not c.if_exists and c.operator.startswith(
        ("arnlike", "arnequals", "stringlike", "stringequals"))]  # fmt: skip
    return next((c.values for c in found if c.values and all(":role/" in value for value in c.values)), ())


def _signs_in(principal: TrustedPrincipal, conditions: Iterable[Any], account: Account) -> bool:
    """Whether MFA was asked for before: of a session of IAM Identity Center, or of a role that demands it itself.

    The credentials of a role carry no sign of MFA, so that a trust policy cannot demand it of a role.
    """
    if f":role{_RESERVED}" in principal.text:
        return True
    pinned = [c for c in conditions if c.key == "aws:principalarn" and not c.if_exists and c.operator.startswith(
        ("arnlike", "arnequals", "stringlike", "stringequals"))]  # fmt: skip
    if any(c.values and all(f":role{_RESERVED}" in value for value in c.values) for c in pinned):
        return True
    role = policies_of(account).roles.get(principal.text)
    return role is not None and _demands_mfa(role)


def _demands_mfa(role: Role) -> bool:
    statements = parse(role.trust).statements
    ways = [
        demands(principal, statement, statements, ways_in(principal, statement, statements))
        for statement in statements
        if statement.allows
        for principal in trusted_principals(statement)
    ]
    return bool(ways) and all(any(demand.keys <= _MFA for demand in found) for found in ways)
