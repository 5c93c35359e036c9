"""Whether the policies of a principal make it an administrator, by what they say and not by their names.

The test asks about actions of unlike services on invented resources. An Allow counts as administration if it covers
all of them, however it is spelt (``*``, ``*:*``, a NotAction). A Deny takes that away only if it is unconditional,
removes every way to change permissions, and cannot be lifted by the principal itself, since who keeps one of those can
undo the rest; what a NotAction leaves out of an Allow is judged in the same way. A Deny that contains an incident
(AWS's key quarantine, a Deny of everything) is named, and does not make the principal look harmless: it will be
removed.
"""

from __future__ import annotations

import msgspec

from scanner.iam.documents import Statement
from scanner.iam.identity import Layer, identity_policies, permissions_boundary
from scanner.iam.matching import covers_action, covers_resource
from scanner.inventory import Account, Role, User

_NAME = "guardrift-probe-4c1f"

_CHANGES = (
    ("iam:AttachRolePolicy", f"iam::{{account}}:role/{_NAME}"),
    ("iam:AttachUserPolicy", f"iam::{{account}}:user/{_NAME}"),
    ("iam:CreateAccessKey", f"iam::{{account}}:user/{_NAME}"),
    ("iam:CreatePolicyVersion", f"iam::{{account}}:policy/{_NAME}"),
    ("iam:PutRolePolicy", f"iam::{{account}}:role/{_NAME}"),
    ("iam:PutUserPolicy", f"iam::{{account}}:user/{_NAME}"),
    ("iam:UpdateAssumeRolePolicy", f"iam::{{account}}:role/{_NAME}"),
)

_FURTHER_CHANGES = (
    ("iam:AddUserToGroup", f"iam::{{account}}:group/{_NAME}"),
    ("iam:AttachGroupPolicy", f"iam::{{account}}:group/{_NAME}"),
    ("iam:CreateLoginProfile", f"iam::{{account}}:user/{_NAME}"),
    ("iam:PutGroupPolicy", f"iam::{{account}}:group/{_NAME}"),
    ("iam:SetDefaultPolicyVersion", f"iam::{{account}}:policy/{_NAME}"),
    ("iam:UpdateLoginProfile", f"iam::{{account}}:user/{_NAME}"),
)

_SERVICES = (
    ("cloudtrail:StopLogging", f"cloudtrail:eu-west-1:{{account}}:trail/{_NAME}"),
    ("ec2:TerminateInstances", "ec2:eu-west-1:{account}:instance/i-04c1f04c1f04c1f04"),
    ("kms:Decrypt", "kms:eu-west-1:{account}:key/4c1f4c1f-0000-4000-8000-4c1f4c1f4c1f"),
    ("lambda:UpdateFunctionCode", f"lambda:eu-west-1:{{account}}:function:{_NAME}"),
    ("s3:GetObject", f"s3:::{_NAME}/object"),
    ("secretsmanager:GetSecretValue", f"secretsmanager:eu-west-1:{{account}}:secret:{_NAME}"),
    ("sts:AssumeRole", f"iam::{{account}}:role/{_NAME}"),
)


class Administration(msgspec.Struct, frozen=True):
    """How a principal is an administrator.

    Attributes:
        sources: the policies whose Allow statements make it one, such as ``group admins: policy AdministratorAccess``.
        conditions: the condition keys on which that depends, and what is assumed of policies that could not be read;
            empty where it depends on nothing.
        contained_by: the policies that hold it back at present, as in an incident.
    """

    sources: tuple[str, ...]
    conditions: tuple[str, ...]
    contained_by: tuple[str, ...] = ()


class _Probe(msgspec.Struct, frozen=True):
    action: str
    resource: str


class _Probes(msgspec.Struct, frozen=True):
    """What is asked: changes of permissions, further ones that a Deny must cover too, and other services."""

    changes: tuple[_Probe, ...]
    further: tuple[_Probe, ...]
    services: tuple[_Probe, ...]


def administration(principal: User | Role, account: Account) -> Administration | None:
    """How the identity policies make the principal an administrator, or None.

    Own, inline and group policies are united, Deny statements taken off, and a permissions boundary caps the result.
    Organization policies are not looked at: they can only restrict.

    Raises:
        Undetermined: a policy that could change the answer is missing or malformed.
    """
    probes = _Probes(*(_probes(kind, account) for kind in (_CHANGES, _FURTHER_CHANGES, _SERVICES)))
    identity = identity_policies(principal, account)
    found = _grants_all(identity.layers, probes)
    if found is None:
        if identity.unread:
            raise identity.unread[0]
        return None
    layers, conditions = identity.layers, set(found.conditions)
    if principal.boundary is not None:
        boundary = permissions_boundary(principal, account)
        capped = _grants_all((boundary,), probes)
        if capped is None and not _contains(boundary, probes):
            return None
        conditions.update(capped.conditions if capped else ())
        layers = (*layers, boundary)
    containing = [layer for layer in layers if _contains(layer, probes)]
    if _changes_denied([layer for layer in layers if layer not in containing], probes):
        return None
    # A document that is missing could still take rights away by an explicit Deny; the finding stands on what was seen.
    assumed = (f"no Deny in what was not read ({fault.reason})" for fault in identity.unread)
    return Administration(
        found.sources,
        (*sorted(conditions), *assumed),
        (*identity.quarantines, *(layer.source for layer in containing)),
    )


def _probes(templates: tuple[tuple[str, str], ...], account: Account) -> tuple[_Probe, ...]:
    prefix = f"arn:{account.partition}:"
    return tuple(_Probe(action, prefix + tail.format(account=account.account_id)) for action, tail in templates)


def _grants_all(layers: tuple[Layer, ...], probes: _Probes) -> Administration | None:
    allows = [(layer, statement) for layer in layers for statement in layer.statements if statement.allows]
    sources: set[str] = set()
    conditions: set[str] = set()
    for probe in (*probes.changes, *probes.services):
        granting = [(layer, s) for layer, s in allows if _grants(s, probe, probes)]
        if not granting:
            return None
        free = [(layer, s) for layer, s in granting if not s.conditions]
        for layer, statement in (free or granting)[:1]:
            sources.add(layer.source)
            conditions.update(condition.key for condition in statement.conditions)
    return Administration(tuple(sorted(sources)), tuple(sorted(conditions)))


def _grants(allow: Statement, probe: _Probe, probes: _Probes) -> bool:
    if not covers_resource(allow, probe.resource):
        return False
    all_but = allow.not_actions and any(
        covers_action(allow, change.action) for change in (*probes.changes, *probes.further)
    )
    return all_but or covers_action(allow, probe.action)


def _contains(layer: Layer, probes: _Probes) -> bool:
    """Whether an unconditional Deny leaves nothing, or next to nothing such as the actions by which one tests it."""
    asked = (*probes.changes, *probes.further, *probes.services)
    return any(all(_denies(statement, probe) for probe in asked) for statement in layer.statements)


def _denies(statement: Statement, probe: _Probe) -> bool:
    applies = not statement.allows and not statement.conditions
    return applies and covers_action(statement, probe.action) and covers_resource(statement, probe.resource)


def _changes_denied(layers: list[Layer], probes: _Probes) -> bool:
    """Whether every change of permissions is denied, and so is every way to lift one of these denials."""

    def denied(probe: _Probe) -> bool:
        return any(_denies(statement, probe) for layer in layers for statement in layer.statements)

    changes = (*probes.changes, *probes.further)
    denying = [layer for layer in layers if any(_denies(s, probe) for s in layer.statements for probe in changes)]
    lifting = [_Probe(action, resource) for layer in denying for action, resource in layer.removed_by]
    return all(denied(probe) for probe in (*changes, *lifting))
