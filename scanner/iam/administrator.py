"""Whether the policies of a principal make it an administrator, by what they say and not by their names.

The test asks about actions of unlike services on invented resources. An Allow counts as administration if it covers
all of them, however it is spelt (``*``, ``*:*``, a NotAction). A Deny takes that away only if it is unconditional,
removes every way to change permissions, and cannot be lifted by the principal itself, since who keeps one of those can
undo the rest; what a NotAction leaves out of an Allow is judged in the same way. What contains an incident (AWS's key
quarantine, a Deny of everything) is named, and does not make the principal look harmless: it will be removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from scanner.iam.grants import Extract, Grant, interest
from scanner.iam.matching import covers_action, covers_resource
from scanner.iam.powers import Power, power_of
from scanner.iam.sources import Source, policies_of
from scanner.iam.tally import patterns_of
from scanner.iam.variables import matches_resolved
from scanner.inventory import Account, Role, Undetermined, User

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
    bit: int


class Probes(msgspec.Struct, frozen=True):
    """What is asked.

    Attributes:
        changes: changes of permissions.
        further: further ones, which a Deny must cover too.
        services: actions of other services.
        needed: the mask of the actions that an administrator's Allow statements cover.
        changing: the mask of those that change permissions.
    """

    changes: tuple[_Probe, ...]
    further: tuple[_Probe, ...]
    services: tuple[_Probe, ...]
    needed: int
    changing: int


def _mask(probes: tuple[_Probe, ...]) -> int:
    found = 0
    for probe in probes:
        found |= probe.bit
    return found


def probes_of(account: Account) -> Probes:
    """The questions, for resources of this account."""
    return _probes_of(account.partition, account.account_id)


@lru_cache(maxsize=64)
def _probes_of(partition: str, account_id: str) -> Probes:
    prefix = f"arn:{partition}:"

    def probes(templates: tuple[tuple[str, str], ...]) -> tuple[_Probe, ...]:
        return tuple(
            _Probe(action, prefix + tail.format(account=account_id), interest().bits[action.lower()])
            for action, tail in templates
        )

    changes, further, services = probes(_CHANGES), probes(_FURTHER_CHANGES), probes(_SERVICES)
    return Probes(changes, further, services, _mask((*changes, *services)), _mask((*changes, *further)))


def administration(principal: User | Role, account: Account) -> Administration | None:
    """How the identity policies make the principal an administrator, or None.

    Own, inline and group policies are united, Deny statements taken off, and a permissions boundary caps the result.
    Organization policies are not looked at: they can only restrict.

    Raises:
        Undetermined: a policy that could change the answer is missing or malformed.
    """
    power = power_of(principal, policies_of(account))
    if power.unread_boundary and power.boundary is not None:
        power = power.without(power.boundary)
    found = administration_by(power, probes_of(account))
    if found is None:
        if power.unread:
            raise Undetermined(power.unread[0])
        return None
    if power.unread_boundary:
        raise Undetermined(power.unread_boundary)
    return found


def administration_by(power: Power, probes: Probes) -> Administration | None:
    """How what a principal holds makes it an administrator, as far as it was read."""
    if power.covered & probes.needed != probes.needed and not power.leaves_out & probes.changing:
        return None
    held = zip(power.sources, power.extracts, strict=True)
    allows = [(source, grant) for source, each in held for grant in each.allows]
    found = _grants_all(allows, probes)
    if found is None:
        return None
    conditions = set(found.conditions)
    if power.boundary is not None and power.bound is not None:
        capped = _capped(power.boundary, power.bound, probes)
        if capped is None:
            return None
        conditions.update(capped.conditions)
    if is_kept_from_changes(power, probes):
        return None
    # A document that is missing could still take rights away by an explicit Deny; the finding stands on what was seen.
    assumed = (f"no Deny in what was not read ({reason})" for reason in power.unread)
    return Administration(found.sources, (*sorted(conditions), *assumed), power.contained_by)


def leaves_administrator(boundary: Source, bound: Extract, probes: Probes) -> bool:
    """Whether a boundary allows what makes an administrator, whatever it denies."""
    return _capped(boundary, bound, probes) is not None


def _capped(boundary: Source, bound: Extract, probes: Probes) -> Administration | None:
    return _grants_all([(boundary, grant) for grant in bound.allows], probes)


def _grants_all(allows: list[tuple[Source, Grant]], probes: Probes) -> Administration | None:
    sources: set[str] = set()
    conditions: set[str] = set()
    for probe in (*probes.changes, *probes.services):
        granting = [(source, grant.statement) for source, grant in allows if _grants(grant, probe, probes)]
        if not granting:
            return None
        free = [(source, s) for source, s in granting if not s.conditions]
        for source, statement in (free or granting)[:1]:
            sources.add(source.name)
            conditions.update(condition.key for condition in statement.conditions)
    return Administration(tuple(sorted(sources)), tuple(sorted(conditions)))


def _grants(allow: Grant, probe: _Probe, probes: Probes) -> bool:
    all_but = allow.statement.not_actions and allow.mask & probes.changing
    return bool(all_but or allow.mask & probe.bit) and covers_resource(allow.statement, probe.resource)


def _denies(deny: Grant, power: Power, action: str, resource: str) -> bool:
    """Whether a Deny certainly refuses, with the policy variables of its resources resolved for the principal."""
    statement = deny.statement
    if statement.conditions or not covers_action(statement, action):
        return False
    if deny.is_plain:
        return covers_resource(statement, resource)
    found = patterns_of(statement, power.caller.context, has_variables=deny.has_variables)
    if found is None:
        return False
    patterns, some_unknown = found
    if any(matches_resolved(pattern, resource) for pattern in patterns):
        return not statement.not_resources
    return statement.not_resources and not some_unknown


def _denying(power: Power) -> Iterator[tuple[Source, Grant]]:
    for source, each in zip(power.sources, power.extracts, strict=True):
        yield from ((source, grant) for grant in each.denies)
    if power.boundary is not None and power.bound is not None:
        yield from ((power.boundary, grant) for grant in power.bound.denies)


def is_kept_from_changes(power: Power, probes: Probes) -> bool:
    """Whether every change of permissions is denied, and so is every way to lift one of these denials."""
    if probes.changing & ~(power.denied | (power.bound.denied if power.bound else 0)):
        return False
    denying = list(_denying(power))
    changes = (*probes.changes, *probes.further)
    if not all(any(_hits(grant, power, probe) for _, grant in denying) for probe in changes):
        return False
    hitting = {source: None for source, grant in denying if any(_hits(grant, power, probe) for probe in changes)}
    lifting = [call for source in hitting for call in source.removed_by]
    return all(any(_denies(grant, power, *call) for _, grant in denying) for call in lifting)


def _hits(deny: Grant, power: Power, probe: _Probe) -> bool:
    return bool(deny.mask & probe.bit) and _denies(deny, power, probe.action, probe.resource)
