"""Of which kinds a principal is: by whom its credentials are handed out, and so what stops them.

Sources: "IAM roles", "AWS service principals" and "Using service-linked roles" in the IAM User Guide; "IAM roles for
service accounts", "EKS Pod Identities" and "Amazon EKS node IAM role" in the Amazon EKS User Guide; "Amazon ECS task
IAM role" and "container instance IAM role" in the Amazon ECS Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

import msgspec

from scanner.containment.revocable import NotRevocable, revocability
from scanner.iam.documents import Statement, parse
from scanner.iam.federation import SAML, WEB_IDENTITY, provider_of
from scanner.iam.issuers import issuer_of
from scanner.iam.matching import covers_action
from scanner.iam.principals import TrustedPrincipal, trusted_principals
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Gap, Role, User, describe

Kind = Literal[
    "ec2-role", "cross-account-role", "saml-role", "oidc-role", "identity-center-role", "user-key", "user-session",
    "federated-user", "console-session", "root", "service-linked-role", "lambda-role", "ecs-role", "eks-role",
    "chained-role", "roles-anywhere-role", "cognito-role", "bedrock-key", "delegated-access", "assumed-role",
    "service-role",
]  # fmt: skip
"""How the credentials of a principal are handed out.

``assumed-role`` is a role that users of its own account assume, ``service-role`` one that a service of AWS holds which
no other kind names.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Every kind, in the order in which they are told."""

_ASSUME = "sts:AssumeRole"
_SERVICE_LINKED_PATH = "/aws-service-role/"

# Without the suffix of the partition and the region, which are written in several ways.
_OF_SERVICES: dict[str, Kind] = {
    "ec2": "ec2-role",
    "lambda": "lambda-role",
    "edgelambda": "lambda-role",
    "ecs-tasks": "ecs-role",
    "pods.eks": "eks-role",
    "eks-fargate-pods": "eks-role",
    "rolesanywhere": "roles-anywhere-role",
}
_OF_NODES: dict[str, tuple[Kind, str]] = {
    "AmazonEKSWorkerNodePolicy": ("eks-role", "nodes of an EKS cluster"),
    "AmazonEKSWorkerNodeMinimalPolicy": ("eks-role", "nodes of an EKS cluster"),
    "AmazonEC2ContainerServiceforEC2Role": ("ecs-role", "container instances of an ECS cluster"),
}
_BEDROCK = "bedrock.amazonaws.com"
_BEDROCK_USER = "BedrockAPIKey-"


class OfKind(msgspec.Struct, frozen=True):
    """One kind of a principal, and what tells it, as sentences that may hold account text."""

    kind: Kind
    because: tuple[str, ...]


class Kinds(msgspec.Struct, frozen=True):
    """Every kind of a principal.

    Attributes:
        found: in the order of ``KINDS``; none for a role that nobody can assume at present.
        unclear: what was not read or not understood, and might add a kind.
    """

    found: tuple[OfKind, ...]
    unclear: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[Kind, ...]:
        """The kinds alone."""
        return tuple(each.kind for each in self.found)

    def __contains__(self, kind: Kind) -> bool:
        return kind in self.names


_Told = Iterator[tuple[Kind, str]]


def kinds_of(principal: Role | User, account: Account) -> Kinds:
    """The kinds of a user or role of the account."""
    return _kinds_of_role(principal, account) if isinstance(principal, Role) else _kinds_of_user(principal, account)


def one_kind(kind: Kind, because: str) -> Kinds:
    """The kinds of a credential that is of one kind alone."""
    return Kinds((OfKind(kind, (because,)),))


def _collected(told: Iterable[tuple[Kind, str]], unclear: Iterable[str] = ()) -> Kinds:
    reasons: dict[Kind, list[str]] = {}
    for kind, because in told:
        reasons.setdefault(kind, []).append(because)
    found = (OfKind(kind, tuple(dict.fromkeys(reasons[kind]))) for kind in KINDS if kind in reasons)
    return Kinds(tuple(found), tuple(dict.fromkeys(unclear)))


def _kinds_of_role(role: Role, account: Account) -> Kinds:
    if isinstance(revocability(role), NotRevocable):
        # AWS alone says whom these roles trust.
        if role.path.startswith(_SERVICE_LINKED_PATH):
            return one_kind("service-linked-role", "its path is kept for roles that AWS made for one of its services")
        return one_kind("identity-center-role", "its path is kept for permission sets of IAM Identity Center")
    trust = parse(role.trust)
    told = [*_by_trust(trust.statements, account.account_id), *_by_use(role, account)]
    unclear = (f"the trust policy was not understood: {problem}" for problem in trust.problems[:1])
    return _collected([*told, *_by_policies(role, {kind for kind, _ in told})], unclear)


def _by_trust(statements: Iterable[Statement], own: str) -> _Told:
    for statement in statements:
        if not statement.allows:
            continue
        for principal in trusted_principals(statement):
            if principal.kind == "federated":
                yield from _of_provider(principal, statement)
            elif covers_action(statement, _ASSUME):
                yield from _of_caller(principal, own)


def _of_caller(principal: TrustedPrincipal, own: str) -> _Told:
    because = f"its trust policy names {principal.text}"
    if principal.kind == "service":
        yield _OF_SERVICES.get(_plain(principal.text), "service-role"), because
    elif principal.kind == "anyone":
        for kind in ("cross-account-role", "chained-role", "assumed-role"):
            yield kind, because
    elif principal.kind == "account" and principal.account_id != own:
        yield "cross-account-role", because
    elif principal.kind == "account":
        within = principal.text.rpartition(":")[2].partition("/")[0]
        if within not in ("user", "federated-user"):
            yield "chained-role", because
        if within not in ("role", "assumed-role"):
            yield "assumed-role", because


def _of_provider(principal: TrustedPrincipal, statement: Statement) -> _Told:
    provider = provider_of(principal)
    because = f"its trust policy names the identity provider {principal.text}"
    if provider.kind != "oidc" and covers_action(statement, SAML):
        yield "saml-role", because
    if provider.kind == "saml" or not covers_action(statement, WEB_IDENTITY):
        return
    issuer = issuer_of(provider.issuer).name
    if issuer == "Cognito identity pools":
        yield "cognito-role", because
        return
    yield "oidc-role", because
    if issuer == "EKS":
        yield "eks-role", because


def _plain(service: str) -> str:
    """A service principal without the region and the suffix of a partition."""
    stem = service.lower().removesuffix(".cn").removesuffix(".amazonaws.com")
    head, _, last = stem.rpartition(".")
    return head if head and last.count("-") >= 2 else stem


class _Uses(msgspec.Struct, frozen=True):
    """Names of roles that instance profiles carry, and ARNs of roles that functions run with, by what uses them."""

    profiles: dict[str, str]
    functions: dict[str, str]


def _find_uses(account: Account) -> _Uses:
    profiles = () if isinstance(account.instance_profiles, Gap) else account.instance_profiles
    functions: dict[str, str] = {}
    for each in () if isinstance(account.functions, Gap) else account.functions:
        if each.detail is not None and not isinstance(each.detail, Gap) and each.detail.role:
            functions.setdefault(each.detail.role, each.arn)
    return _Uses({name: profile.name for profile in profiles for name in profile.roles}, functions)


_uses = Remembered(_find_uses, most=4)


def _by_use(role: Role, account: Account) -> _Told:
    uses = _uses.of(account)
    profile = next(iter(role.instance_profiles), None) or uses.profiles.get(role.name)
    if profile is not None:
        yield "ec2-role", f"the instance profile {profile} carries it"
    if role.arn in uses.functions:
        yield "lambda-role", f"the function {uses.functions[role.arn]} runs with it"


def _by_policies(role: Role, kinds: set[Kind]) -> _Told:
    """That instances with the role run containers, which AWS's policies for such hosts tell."""
    for policy in role.attached if "ec2-role" in kinds else ():
        if ":iam::aws:policy/" in policy.arn and (found := _OF_NODES.get(policy.arn.rpartition("/")[2])):
            yield found[0], f"AWS's policy for {found[1]} is attached to it"


def _kinds_of_user(user: User, account: Account) -> Kinds:
    told: list[tuple[Kind, str]] = []
    unclear: list[str] = []
    for source in (_of_keys, _of_passwords, _of_bedrock):
        found, unread = source(user, account)
        told += found
        unclear += unread
    # The snapshot does not tell keys that were deleted since, and their sessions live on.
    since = "sessions outlive the access key from which they were made"
    told += [("user-session", since), ("federated-user", since)]
    return _collected(told, unclear)


_Answer = tuple[list[tuple[Kind, str]], list[str]]


def _of_keys(user: User, account: Account) -> _Answer:
    if isinstance(account.access_keys, Gap):
        return [("user-key", "its access keys were not read")], [describe(account.access_keys)]
    held = next((each.keys for each in account.access_keys if each.user == user.name), None)
    if held is None:
        return [("user-key", "its access keys were not read")], ["the user is not among those whose keys were listed"]
    if isinstance(held, Gap):
        return [("user-key", "its access keys were not read")], [describe(held)]
    return [("user-key", f"it has the access key {key.id} ({key.status})") for key in held], []


def _of_passwords(user: User, account: Account) -> _Answer:
    may_sign_in: list[tuple[Kind, str]] = [("console-session", "whether it has a password was not read")]
    if isinstance(account.credential_report, Gap):
        return may_sign_in, [describe(account.credential_report)]
    row = next((row for row in account.credential_report.rows if row.arn == user.arn), None)
    if row is None or row.password_enabled is None:
        return may_sign_in, ["the credential report does not tell whether the user has a password"]
    return ([("console-session", "it has a password for the console")] if row.password_enabled else []), []


def _of_bedrock(user: User, account: Account) -> _Answer:
    told: list[tuple[Kind, str]] = []
    if user.name.startswith(_BEDROCK_USER):
        told.append(("bedrock-key", "its name is one that the console of Bedrock gives to the holder of an API key"))
    if isinstance(account.service_credentials, Gap):
        return told, [describe(account.service_credentials)]
    held = (each for each in account.service_credentials if each.user == user.name and each.service == _BEDROCK)
    return [*told, *(("bedrock-key", f"it has the API key {each.id} ({each.status})") for each in held)], []
