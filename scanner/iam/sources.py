"""The policies of an account as the evaluator reads them: each document parsed once, and found by what it bears on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from scanner.iam.decision import Layer
from scanner.iam.documents import Policy, parse
from scanner.inventory import (
    Account,
    AttachedPolicy,
    Document,
    Gap,
    Group,
    InlinePolicy,
    ManagedPolicy,
    Role,
    Undetermined,
    User,
    describe,
)

_OF_AWS = {
    "AdministratorAccess": b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    "AWSDenyAll": b'{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}',
}
"""Documents of AWS-managed policies, for inputs that name them without carrying them."""


class Source(msgspec.Struct, frozen=True, eq=False):
    """One policy as it bears on a request.

    Attributes:
        layer: the kind of policy.
        name: how a person finds it, such as ``group admins: inline policy all``.
        policy: its statements.
        removed_by: (action, ARN) pairs: each is a call that takes the policy away from the principal.
    """

    layer: Layer
    name: str
    policy: Policy
    removed_by: tuple[tuple[str, str], ...] = ()

    @property
    def has_variables(self) -> bool:
        """Whether ``${...}`` is a variable in it and not literal text."""
        return self.policy.version != "2008-10-17"


class Holdings(msgspec.Struct, frozen=True):
    """The identity policies of a principal, or its boundary.

    Attributes:
        sources: those that were read, as far as they are well formed.
        unread: what was not read, each as a sentence.
    """

    sources: tuple[Source, ...]
    unread: tuple[str, ...] = ()


_NONE = Holdings(())


class _Holder(msgspec.Struct, frozen=True):
    """A principal or a group: how its policies are named, and what takes them away."""

    prefix: str
    attached: tuple[AttachedPolicy, ...]
    inline: tuple[InlinePolicy, ...]
    kind: str
    arn: str

    @classmethod
    def of_group(cls, group: Group) -> _Holder:
        return cls(f"group {group.name}: ", group.attached, group.inline, "Group", group.arn)

    def removed_by(self, verb: str) -> tuple[tuple[str, str], ...]:
        leaving = (("iam:RemoveUserFromGroup", self.arn),) if self.kind == "Group" else ()
        return ((f"iam:{verb}{self.kind}Policy", self.arn), *leaving)


@dataclass(frozen=True, eq=False)
class AccountPolicies:
    """The policies of one account, indexed."""

    account: Account
    _holdings: dict[str, Holdings] = field(default_factory=dict)
    _parsed: dict[str, Policy | Undetermined] = field(default_factory=dict)

    @cached_property
    def users(self) -> Mapping[str, User]:
        """Users by ARN; empty where they were not collected."""
        users = self.account.users
        return {} if isinstance(users, Gap) else {user.arn: user for user in users}

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """Roles by ARN; empty where they were not collected."""
        roles = self.account.roles
        return {} if isinstance(roles, Gap) else {role.arn: role for role in roles}

    @cached_property
    def groups(self) -> Mapping[str, Group]:
        """Groups by name; empty where they were not collected."""
        groups = self.account.groups
        return {} if isinstance(groups, Gap) else {group.name: group for group in groups}

    @cached_property
    def managed(self) -> Mapping[str, ManagedPolicy]:
        """Managed policies by ARN; empty where they were not collected."""
        policies = self.account.policies
        return {} if isinstance(policies, Gap) else {policy.arn: policy for policy in policies}

    def identity(self, principal: User | Role) -> Holdings:
        """The principal's own policies and those of its groups."""
        found = self._holdings.get(principal.arn)
        if found is None:
            found = self._holdings[principal.arn] = self._read_identity(principal)
        return found

    def boundary(self, principal: User | Role) -> Holdings:
        """The permissions boundary of a principal, if it has one."""
        if principal.boundary is None:
            return _NONE
        kind = "User" if isinstance(principal, User) else "Role"
        removed_by = tuple((f"iam:{verb}{kind}PermissionsBoundary", principal.arn) for verb in ("Delete", "Put"))
        name = f"permissions boundary {principal.boundary}"
        document = self.default_document(principal.boundary)
        if isinstance(document, Undetermined):
            return Holdings((), (document.reason,))
        policy = parse(document)
        return Holdings((Source("boundary", name, policy, removed_by),), _problems(name, policy))

    def of_group(self, group: Group) -> tuple[Source, ...]:
        """The policies of a group, as far as they were read."""
        return self._read(_Holder.of_group(group)).sources

    def unread_of_group(self, group: Group) -> tuple[str, ...]:
        """What was not read of the policies of a group, each as a sentence."""
        return self._read(_Holder.of_group(group)).unread

    def trust(self, role: Role) -> Source:
        """The trust policy of a role, which is the resource policy of sts:AssumeRole."""
        return Source("resource_policy", f"trust policy of {role.name}", parse(role.trust))

    def default_document(self, arn: str) -> Document | Undetermined:
        """The document of a managed policy in force, or why it is not known."""
        found = self.managed.get(arn)
        for version in found.versions if found else ():
            if version.is_default:
                return version.document
        name = name_at_aws(arn)
        if name in _OF_AWS:
            return Document(_OF_AWS[name])
        if isinstance(self.account.policies, Gap):
            return Undetermined(describe(self.account.policies))
        return Undetermined(missing(arn))

    def _read_identity(self, principal: User | Role) -> Holdings:
        sources: list[Source] = []
        unread: list[str] = []
        for holder in self._holders(principal):
            if isinstance(holder, str):
                unread.append(holder)
                continue
            held = self._read(holder)
            sources += held.sources
            unread += held.unread
        return Holdings(tuple(sources), tuple(unread))

    def _read(self, holder: _Holder) -> Holdings:
        sources: list[Source] = []
        unread: list[str] = []
        for name, policy, removed_by in self._documents(holder):
            if isinstance(policy, Undetermined):
                unread.append(policy.reason)
                continue
            sources.append(Source("identity", name, policy, removed_by))
            unread += _problems(name, policy)
        return Holdings(tuple(sources), tuple(unread))

    def _holders(self, principal: User | Role) -> Iterator[_Holder | str]:
        kind = "User" if isinstance(principal, User) else "Role"
        yield _Holder("", principal.attached, principal.inline, kind, principal.arn)
        if isinstance(principal, Role) or not principal.groups:
            return
        if isinstance(self.account.groups, Gap):
            yield describe(self.account.groups)
            return
        for name in principal.groups:
            group = self.groups.get(name)
            if group is None:
                yield f"group {name} was not collected"
            else:
                yield _Holder.of_group(group)

    def _documents(self, holder: _Holder) -> Iterator[tuple[str, Policy | Undetermined, tuple[tuple[str, str], ...]]]:
        if holder.inline:
            deleted_by = holder.removed_by("Delete")
            for embedded in holder.inline:
                yield f"{holder.prefix}inline policy {embedded.name}", parse(embedded.document), deleted_by
        if holder.attached:
            detached_by = holder.removed_by("Detach")
            for policy in holder.attached:
                yield f"{holder.prefix}policy {policy.arn}", self._in_force(policy.arn), detached_by

    def _in_force(self, arn: str) -> Policy | Undetermined:
        """The default version of a managed policy, parsed once however many principals hold it."""
        found = self._parsed.get(arn)
        if found is None:
            document = self.default_document(arn)
            found = document if isinstance(document, Undetermined) else parse(document)
            self._parsed[arn] = found
        return found


def missing(arn: str) -> str:
    """What is said of a managed policy that is in use without its document."""
    return f"policy {arn} is in use, but its document was not collected"


def _problems(name: str, policy: Policy) -> tuple[str, ...]:
    """What is wrong with an identity policy or a boundary; these need a Resource, which trust policies do not have."""
    if policy.problems:
        return (f"{name} is malformed: {policy.problems[0]}",)
    for statement in policy.statements:
        if statement.actions and not statement.resources and not statement.not_resources:
            return (f"{name} is malformed: Statement[{statement.index}]: it has no Resource",)
    return ()


def name_at_aws(arn: str) -> str | None:
    """The name of a policy that AWS manages, or None; the path of a customer's policy may imitate any text."""
    parts = arn.split(":", 5)
    return parts[5].removeprefix("policy/") if len(parts) == 6 and parts[2:5] == ["iam", "", "aws"] else None


_MOST_ACCOUNTS = 4
_known: dict[int, AccountPolicies] = {}


def policies_of(account: Account) -> AccountPolicies:
    """The policies of an account, indexed once for all that ask."""
    found = _known.get(id(account))
    if found is None or found.account is not account:
        if len(_known) >= _MOST_ACCOUNTS:
            _known.clear()
        found = _known[id(account)] = AccountPolicies(account)
    return found
