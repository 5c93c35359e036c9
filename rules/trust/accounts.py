"""Trust policies: who may become a role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.trust.reading import trust_of
from scanner.engine import Declared, Hit, NoParameters, Scene, rule
from scanner.engine.declared import AccountId
from scanner.engine.subjects import roles
from scanner.iam.bounds import Demand, demands, ways_in
from scanner.iam.documents import Policy
from scanner.iam.principals import TrustedPrincipal, trusted_principals
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Gap, Organization, Role, Undetermined

_CONTROLS = (*csf("PR.AA-05"), *well_architected("SEC03-BP09"), *attack(v18="T1199"))
_CONFUSED_DEPUTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"


class Admission(msgspec.Struct, frozen=True):
    """A principal that a statement of a trust policy admits, and what the conditions demand of it."""

    principal: TrustedPrincipal
    demands: tuple[Demand, ...]
    statement: int

    @property
    def keys(self) -> set[str]:
        """The condition keys that restrict the caller."""
        return {key for demand in self.demands for key in demand.keys}


def admissions(role: Role) -> tuple[Admission, ...]:
    """Whom the trust policy lets assume the role; none while a Deny freezes it."""
    return _admissions.of(trust_of(role))


def _admitted(policy: Policy) -> tuple[Admission, ...]:
    statements = policy.statements
    return tuple(
        Admission(principal, demands(principal, statement, statements, ways), statement.index)
        for statement in statements
        if statement.allows
        for principal in trusted_principals(statement)
        if (ways := ways_in(principal, statement, statements))
    )


# Several rules ask for them, and roles share few trust policies.
_admissions = Remembered(_admitted)


@rule(
    "iam-role-trust-anyone",
    severity="critical",
    phase="contain",
    subjects=roles,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(*cis(v7="2.21"), *_CONTROLS),
    references=(_CONFUSED_DEPUTY,),
)
def iam_role_trust_anyone(role: Role, _: Scene[NoParameters]) -> Hit | None:
    """A role can be assumed by anyone with an AWS account.

    ## Why
    The trust policy names everyone, and no condition narrows it to an organization, an account or a principal. Role
    names are guessable, and their existence can be probed from outside.

    ## Fix
    Name the principals that need the role, or demand aws:PrincipalOrgID.

    ## Breaks
    Callers that nobody wrote down; look for AssumeRole events of the role in CloudTrail first.

    ## Bad
    ```json
    {"roles": [{"name": "open", "arn": "arn:aws:iam::111122223333:role/open", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}]}}]}
    ```

    ## Good
    ```json
    {"roles": [{"name": "shared", "arn": "arn:aws:iam::111122223333:role/shared", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}]}}]}
    ```
    """
    open_to_all = [found for found in admissions(role) if found.principal.kind == "anyone" and not _narrowed(found)]
    if not open_to_all:
        return None
    secret = [found for found in open_to_all if found.keys]
    softened = len(secret) == len(open_to_all)
    keys = sorted({key for found in secret for key in found.keys})
    return Hit(
        f"The trust policy admits everyone and asks only for {', '.join(keys)}, which strangers may come to fulfil."
        if softened
        else "The trust policy admits everyone, without a condition that narrows it.",
        material=tuple(sorted({f"trusts:{found.principal.text}" for found in open_to_all})),
        details={"statements": sorted({found.statement for found in open_to_all}), "conditions": keys},
        severity="high" if softened else None,
    )


_FULFILLED_BY_STRANGERS = {
    "aws:multifactorauthage", "aws:multifactorauthpresent", "aws:sourceidentity", "sts:externalid",
}  # fmt: skip


def _narrowed(found: Admission) -> bool:
    """Whether the conditions name who may come.

    An external id, MFA or a tag alone does not: strangers can send an id, and tag principals of their own.
    """
    return any(not any(map(is_met_by_strangers, demand.keys)) for demand in found.demands)


def is_met_by_strangers(key: str) -> bool:
    """Whether anybody with an account of his own can meet a demand on a key."""
    return key in _FULFILLED_BY_STRANGERS or key.startswith("aws:principaltag/")


class KnownAccounts(NoParameters, frozen=True):
    """Parameters of ``iam-role-trust-foreign-account``: ``known_accounts`` are the ids of accounts that are ours."""

    known_accounts: tuple[AccountId, ...] = ()


@rule(
    "iam-role-trust-foreign-account",
    severity="high",
    phase="contain",
    subjects=roles,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(*cis(v7="2.21"), *_CONTROLS),
    references=(_CONFUSED_DEPUTY,),
    parameters=KnownAccounts,
)
def iam_role_trust_foreign_account(role: Role, scene: Scene[KnownAccounts]) -> Hit | None:
    """A role can be assumed from a foreign account without an external id or another condition.

    ## Why
    Whoever breaks into that account, or tricks a vendor into using your role for another customer, is in yours. What
    you contain here does not reach the caller there.

    ## Fix
    For a vendor: demand an sts:ExternalId that the vendor made for you. For people: demand MFA. For an account of your
    own: name it in accounts of the section declared, or demand aws:PrincipalOrgID. The management account of the
    organization is known, and its other accounts are where their list was read; else the confidence is medium.

    ## Breaks
    The foreign caller fails until it sends the external id: agree on the time with the vendor.

    ## Bad
    ```json
    {"roles": [{"name": "vendor", "arn": "arn:aws:iam::111122223333:role/vendor", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
        "Action": "sts:AssumeRole"}]}}]}
    ```

    ## Good
    ```json
    {"roles": [{"name": "vendor", "arn": "arn:aws:iam::111122223333:role/vendor", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "b7c1"}}},
       {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}]}}]}
    ```
    """
    admitted = admissions(role)
    unbound = _unbound.of(admitted)
    foreign = sorted(unbound - known_accounts(scene) - set(scene.parameters.known_accounts)) if unbound else []
    if not foreign:
        unclear = [found for found in admitted if found.principal.kind == "other" and not found.keys]
        if unclear:
            raise Undetermined(f"the trust policy of {role.name} names {unclear[0].principal.text!r}, of no known form")
        return None
    return Hit(
        f"It can be assumed from {', '.join(foreign)} without an external id or another condition.",
        material=tuple(f"trusts:{account}" for account in foreign),
        details={"accounts": foreign, **({"assumed": assumed} if (assumed := _assumed(scene.account)) else {})},
        confidence="medium" if assumed else "high",
    )


def _assumed(account: Account) -> str:
    """What is taken for granted of a foreign account; empty where nothing is."""
    organization = account.organization
    if organization.membership is None or not isinstance(organization.accounts, Gap):
        return ""
    return "it is not an account of the same organization, whose accounts were not listed"


_MOST_ACCOUNTS = 2
_known: dict[int, tuple[Account, Declared, frozenset[str]]] = {}


def known_accounts(scene: Scene[Any]) -> frozenset[str]:
    """This account, those that the owner names, and those of the organization as far as they were read."""
    found = _known.get(id(scene.account))
    if found is None or found[0] is not scene.account or found[1] is not scene.declared:
        if len(_known) >= _MOST_ACCOUNTS:
            _known.clear()
        # An organization has thousands of accounts, and an account thousands of roles.
        found = _known[id(scene.account)] = scene.account, scene.declared, frozenset(_declared_or_members(scene))
    return found[2]


def _declared_or_members(scene: Scene[Any]) -> Iterator[str]:
    yield scene.account.account_id
    yield from scene.declared.accounts
    yield from scene.declared.response_accounts
    organization = scene.account.organization
    # Every member is told which account manages the organization; it is the usual way into all the others.
    if isinstance(organization.membership, Organization):
        yield organization.membership.management_account
    if not isinstance(organization.delegates, Gap):
        yield from (delegate.account_id for delegate in organization.delegates)
    if not isinstance(organization.accounts, Gap):
        yield from (member.id for member in organization.accounts)


def _unbound_accounts(found: Admission) -> frozenset[str]:
    """The accounts that a statement admits and of whose callers it demands nothing more."""
    demanded = [demand for demand in found.demands if not all(map(_is_set_by_callers, demand.keys))]
    if found.principal.kind == "account":
        account = found.principal.account_id
        free = all(account in demand.whole_accounts for demand in demanded)
        return frozenset({account} if free else ())
    if found.principal.kind == "anyone" and demanded:
        return frozenset.intersection(*(demand.accounts for demand in demanded))
    return frozenset()


def _is_set_by_callers(key: str) -> bool:
    """Whether the caller's account sets a key of the caller as it likes."""
    return key.startswith("aws:principaltag/")


def _unbound_of_all(admitted: tuple[Admission, ...]) -> frozenset[str]:
    return frozenset[str]().union(*map(_unbound_accounts, admitted))


# The same admissions are met again with every role that shares their trust policy.
_unbound = Remembered(_unbound_of_all)
