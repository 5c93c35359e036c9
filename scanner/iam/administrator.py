"""Whether the policies of a principal make it an administrator, by what they say and not by their names.

The test asks about actions of unlike services on invented resources. An Allow counts as administration if it covers
all of them, however it is spelt (``*``, ``*:*``, a NotAction). A Deny takes that away only if it is unconditional and
removes every way to change permissions, since who keeps one of those can undo the rest. A Deny that contains an
incident (AWS's key quarantine, a Deny of everything) is named, and does not make the principal look harmless: it will
be removed.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from scanner.iam.documents import Statement, understood
from scanner.iam.matching import covers_action, covers_resource
from scanner.inventory import (
    Account,
    AttachedPolicy,
    Document,
    InlinePolicy,
    ManagedPolicy,
    Role,
    Undetermined,
    User,
    known,
)

_PERMISSION_CHANGES = (
    ("iam:AttachRolePolicy", "iam::{account}:role/guardrift-probe-4c1f"),
    ("iam:AttachUserPolicy", "iam::{account}:user/guardrift-probe-4c1f"),
    ("iam:CreateAccessKey", "iam::{account}:user/guardrift-probe-4c1f"),
    ("iam:CreatePolicyVersion", "iam::{account}:policy/guardrift-probe-4c1f"),
    ("iam:PutRolePolicy", "iam::{account}:role/guardrift-probe-4c1f"),
    ("iam:PutUserPolicy", "iam::{account}:user/guardrift-probe-4c1f"),
    ("iam:UpdateAssumeRolePolicy", "iam::{account}:role/guardrift-probe-4c1f"),
)

_PROBES = (
    *_PERMISSION_CHANGES,
    ("cloudtrail:StopLogging", "cloudtrail:eu-west-1:{account}:trail/guardrift-probe-4c1f"),
    ("ec2:TerminateInstances", "ec2:eu-west-1:{account}:instance/i-04c1f04c1f04c1f04"),
    ("kms:Decrypt", "kms:eu-west-1:{account}:key/4c1f4c1f-0000-4000-8000-4c1f4c1f4c1f"),
    ("lambda:UpdateFunctionCode", "lambda:eu-west-1:{account}:function:guardrift-probe-4c1f"),
    ("s3:GetObject", "s3:::guardrift-probe-4c1f/object"),
    ("secretsmanager:GetSecretValue", "secretsmanager:eu-west-1:{account}:secret:guardrift-probe-4c1f"),
    ("sts:AssumeRole", "iam::{account}:role/guardrift-probe-4c1f"),
)

_AWS_ADMINISTRATOR = b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
"""The document of the AWS-managed AdministratorAccess, for inputs that name it without carrying it."""


class Administration(msgspec.Struct, frozen=True):
    """How a principal is an administrator.

    Attributes:
        sources: the policies whose Allow statements make it one, such as ``group admins: policy AdministratorAccess``.
        conditions: the condition keys on which that depends; empty where nothing does.
        contained_by: the policies that hold it back at present, as in an incident.
    """

    sources: tuple[str, ...]
    conditions: tuple[str, ...]
    contained_by: tuple[str, ...] = ()


class _Layer(msgspec.Struct, frozen=True):
    source: str
    statements: tuple[Statement, ...]
    contains: bool = False


def administration(principal: User | Role, account: Account) -> Administration | None:
    """How the identity policies make the principal an administrator, or None.

    Own, inline and group policies are united, Deny statements taken off, and a permissions boundary caps the result.
    Organization policies are not looked at: they can only restrict.

    Raises:
        Undetermined: a policy that could change the answer is missing or malformed.
    """
    layers, missing = _identity_layers(principal, account)
    probes = [
        (action, f"arn:{account.partition}:{tail.format(account=account.account_id)}") for action, tail in _PROBES
    ]
    found = _grants_all(layers, probes)
    if found is None:
        if missing:
            raise Undetermined(f"{missing[0]} is attached, but its document was not collected")
        return None
    if principal.boundary is not None:
        boundary = _boundary_layer(principal.boundary, account)
        if not boundary.contains and _grants_all([boundary], probes) is None:
            return None
        layers.append(boundary)
    if _changes_denied(layers, probes[: len(_PERMISSION_CHANGES)]):
        return None
    # A document that is missing could still take rights away by an explicit Deny; the finding stands on what was seen.
    unseen = tuple(f"no Deny in {source}" for source in missing)
    return Administration(
        found.sources, (*found.conditions, *unseen), tuple(layer.source for layer in layers if layer.contains)
    )


def _identity_layers(principal: User | Role, account: Account) -> tuple[list[_Layer], list[str]]:
    managed = {policy.arn: policy for policy in known(account.policies)}
    holders: list[tuple[str, tuple[AttachedPolicy, ...], tuple[InlinePolicy, ...]]] = [
        ("", principal.attached, principal.inline)
    ]
    if isinstance(principal, User) and principal.groups:
        groups = {group.name: group for group in known(account.groups)}
        for name in principal.groups:
            if name not in groups:
                raise Undetermined(f"group {name} was not collected")
            holders.append((f"group {name}: ", groups[name].attached, groups[name].inline))
    layers, missing = [], []
    for prefix, attached, inline in holders:
        for embedded in inline:
            source = f"{prefix}inline policy {embedded.name}"
            layers.append(_layer(source, embedded.document))
        for attachment in attached:
            source = f"{prefix}policy {attachment.arn}"
            document = _default_document(attachment.arn, managed)
            if document is None:
                missing.append(source)
            else:
                layers.append(_layer(source, document))
    return layers, missing


def _layer(source: str, document: Document) -> _Layer:
    statements = understood(document, source).statements
    quarantine = f"{source}/".rpartition("policy/")[2].startswith("AWSCompromisedKeyQuarantine")
    return _Layer(source, statements, contains=quarantine or any(_denies_everything(s) for s in statements))


def _denies_everything(statement: Statement) -> bool:
    everywhere = not statement.not_resources and "*" in statement.resources
    return (
        not statement.allows
        and not statement.conditions
        and everywhere
        and not statement.not_actions
        and any(pattern in {"*", "*:*"} for pattern in statement.actions)
    )


def _default_document(arn: str, managed: dict[str, ManagedPolicy]) -> Document | None:
    if arn in managed:
        return next((version.document for version in managed[arn].versions if version.is_default), None)
    owner, _, name = arn.rpartition("/")
    if name == "AdministratorAccess" and owner.startswith("arn:") and owner.endswith(":iam::aws:policy"):
        return Document(_AWS_ADMINISTRATOR)
    return None


def _grants_all(layers: Iterable[_Layer], probes: list[tuple[str, str]]) -> Administration | None:
    allows = [(layer, statement) for layer in layers for statement in layer.statements if statement.allows]
    sources: set[str] = set()
    conditions: set[str] = set()
    for action, resource in probes:
        granting = [(layer, s) for layer, s in allows if covers_action(s, action) and covers_resource(s, resource)]
        if not granting:
            return None
        free = [(layer, s) for layer, s in granting if not s.conditions]
        for layer, statement in (free or granting)[:1]:
            sources.add(layer.source)
            conditions.update(condition.key for condition in statement.conditions)
    return Administration(tuple(sorted(sources)), tuple(sorted(conditions)))


def _changes_denied(layers: Iterable[_Layer], changes: list[tuple[str, str]]) -> bool:
    denials = [
        statement
        for layer in layers
        if not layer.contains
        for statement in layer.statements
        if not statement.allows and not statement.conditions
    ]
    return all(
        any(covers_action(s, action) and covers_resource(s, resource) for s in denials) for action, resource in changes
    )


def _boundary_layer(arn: str, account: Account) -> _Layer:
    document = _default_document(arn, {policy.arn: policy for policy in known(account.policies)})
    if document is None:
        raise Undetermined(f"the document of the permissions boundary {arn} was not collected")
    return _layer(f"permissions boundary {arn}", document)
