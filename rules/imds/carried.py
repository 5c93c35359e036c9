"""What an instance hands out: the role of its instance profile, and what that role makes of a thief."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from rules.principals import confidence_in
from scanner.findings import Confidence
from scanner.iam.administrator import administration
from scanner.iam.escalation.graph import graph_of
from scanner.iam.escalation.paths import paths_of
from scanner.inventory import Account, Gap, Role, Undetermined, known

_MOST_ACCOUNTS = 4

_OF_CONTAINER_HOSTS = frozenset({
    "AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy", "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerServiceforEC2Role", "AmazonECSInstanceRolePolicyForManagedInstances",
    "AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly",
    "AWSElasticBeanstalkMulticontainerDocker",
})  # fmt: skip
"""Policies of AWS that say that containers run where the role is."""

_OF_AGENTS = frozenset({"ecs:registercontainerinstance", "ecs:poll", "eks:describecluster"})
"""What the programs call that make an instance a host of containers."""

_OF_EVERY_HOST = frozenset({
    "AmazonSSMManagedInstanceCore", "AmazonSSMManagedEC2InstanceDefaultPolicy", "AmazonSSMPatchAssociation",
    "CloudWatchAgentServerPolicy",
})  # fmt: skip
"""Policies of AWS that let an instance be managed, whatever runs on it."""


class Privilege(msgspec.Struct, frozen=True):
    """What a role can do to the account.

    Attributes:
        words: a clause that follows the role's name.
        confidence: how far it holds.
    """

    kind: Literal["administrator", "escalates", "plain"]
    words: str
    confidence: Confidence = "high"

    @property
    def is_high(self) -> bool:
        """Whether the account is lost with the role."""
        return self.kind != "plain"


_PLAIN = Privilege("plain", "which is no administrator and cannot make itself one")


class _Index(msgspec.Struct):
    """What profiles carry in one account, with what was found out about roles."""

    account: Account
    carried: dict[str, tuple[str, ...]]
    roles: dict[str, Role]
    sessions: dict[str, int]
    privileges: dict[str, Privilege | Undetermined] = {}


_indexes: dict[int, _Index] = {}


def _index(account: Account) -> _Index:
    found = _indexes.get(id(account))
    if found is None or found.account is not account:
        if len(_indexes) >= _MOST_ACCOUNTS:
            _indexes.clear()
        found = _indexes[id(account)] = _made(account)
    return found


def _made(account: Account) -> _Index:
    roles = () if isinstance(account.roles, Gap) else account.roles
    profiles = account.instance_profiles
    carried: dict[str, tuple[str, ...]]
    if isinstance(profiles, Gap):
        # The roles tell the names of the profiles that carry them, too.
        carried = {name: (role.name,) for role in roles for name in role.instance_profiles}
    else:
        carried = {profile.name: profile.roles for profile in profiles}
    settings = () if isinstance(account.role_settings, Gap) else account.role_settings
    sessions = {each.arn: each.max_session for each in settings if each.max_session is not None}
    return _Index(account, carried, {role.name: role for role in roles}, sessions)


def profile_name(profile: str) -> str:
    """The name of an instance profile that is given by name or by ARN."""
    return profile.rpartition("/")[2]


def role_name(profile: str, account: Account) -> str | None:
    """The name of the role that an instance profile carries, None where it carries none.

    Raises:
        Undetermined: it is not known.
    """
    name = profile_name(profile)
    roles = _index(account).carried.get(name)
    if roles is None:
        known(account.instance_profiles)
        raise Undetermined(f"the instance profile {name} is not among those of the account")
    return roles[0] if roles else None


def role_of(profile: str | None, account: Account) -> Role | None:
    """The role that an instance profile carries; None where there is no profile, or none in it.

    Raises:
        Undetermined: it is not known.
    """
    name = role_name(profile, account) if profile else None
    if name is None:
        return None
    known(account.roles)
    found = _index(account).roles.get(name)
    if found is None:
        raise Undetermined(f"the role {name} is not among those of the account")
    return found


def privilege_of(role: Role, account: Account) -> Privilege:
    """What a role can do to the account; found out once.

    Raises:
        Undetermined: something that was not read could make it more than it seems to be.
    """
    index = _index(account)
    found = index.privileges.get(role.arn)
    if found is None:
        try:
            found = _found_out(role, account)
        except Undetermined as unclear:
            found = unclear
        index.privileges[role.arn] = found
    if isinstance(found, Undetermined):
        raise found
    return found


def _found_out(role: Role, account: Account) -> Privilege:
    graph = graph_of(account)
    power = graph.landscape.power(role.arn)
    at = graph.place(role.arn)
    if at in graph.administrations:
        found = administration(role, account)
        if found is not None:
            confidence: Confidence = "medium" if found.conditions else "high"
            return Privilege("administrator", f"which may do everything, by {', '.join(found.sources)}", confidence)
    escalation = paths_of(account).escalation(role.arn)
    if escalation is not None:
        path = escalation.paths[0]
        first = path.steps[0]
        words = f"which can make itself an administrator: {first.title} ({', '.join(first.actions)})"
        sure = path.confidence == "high" and confidence_in(power, certain=True) == "high"
        return Privilege("escalates", words, "high" if sure else "medium")
    if power.unread:
        raise Undetermined(power.unread[0])
    if at is not None and (power.potential or graph.landscape.trusting.names(at)):
        _refuse_half_knowledge(at, account)
    return _PLAIN


def _refuse_half_knowledge(at: int, account: Account) -> None:
    """Raise ``Undetermined`` where the role may become more by something that was not read."""
    graph = graph_of(account)
    for part in (account.users, account.groups, account.policies):
        known(part)
    unclear = graph.landscape.trusting.unread & graph.reaching
    if unclear:
        raise Undetermined(f"the trust policy of {graph.arn(unclear.bit_length() - 1)} is malformed")
    unread = graph.leading_to(at, graph.unread)
    if unread is not None:
        other = graph.nodes[unread].power
        raise Undetermined(f"it can become {other.caller.arn}, of whose policies {other.unread[0]}")
    cut = graph.leading_to(at, graph.cut)
    if cut is not None:
        raise Undetermined(graph.left_out[cut])


def known_privilege(role: Role, account: Account) -> tuple[Privilege | None, str]:
    """What a role can do, or None and what is not known."""
    try:
        return privilege_of(role, account), ""
    except Undetermined as missing:
        return None, missing.reason


def powers(privilege: Privilege | None) -> tuple[str, ...]:
    """The evidence that the account is lost with a role; none where it is not, as far as is known."""
    return (f"role:{privilege.kind}",) if privilege is not None and privilege.is_high else ()


def max_session(role: Role, account: Account) -> int | None:
    """The longest session that assuming the role gives, in seconds; None where it is not known."""
    return _index(account).sessions.get(role.arn)


def runs_containers(role: Role | None, account: Account) -> bool:
    """Whether the policies on a role say that its instances run containers: those of AWS, or actions of such hosts."""
    if role is None:
        return False
    if _policies_of_aws(role) & _OF_CONTAINER_HOSTS:
        return True
    power = graph_of(account).landscape.power(role.arn)
    # Patterns with a wildcard are those of people and administrators.
    return any(
        action.lower() in _OF_AGENTS
        for source in power.sources
        for statement in source.policy.statements
        if statement.allows
        for action in statement.actions
    )


def only_manages_hosts(role: Role) -> bool:
    """Whether a role does no more than let instances be managed, as one role for all of them is meant to."""
    attached = _policies_of_aws(role)
    return bool(attached) and len(attached) == len(role.attached) and not role.inline and attached <= _OF_EVERY_HOST


def _policies_of_aws(role: Role) -> set[str]:
    return set(_names_of_aws(policy.arn for policy in role.attached))


def _names_of_aws(arns: Iterable[str]) -> Iterable[str]:
    return (arn.rpartition("/")[2] for arn in arns if ":iam::aws:policy/" in arn)
