"""The policies that decide what a principal may do: its own, those of its groups, and its permissions boundary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from scanner.iam.documents import Statement, understood
from scanner.inventory import (
    Account,
    AttachedPolicy,
    Document,
    Gap,
    InlinePolicy,
    NotCollected,
    Role,
    Undetermined,
    User,
)

_OF_AWS = {
    "AdministratorAccess": b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    "AWSDenyAll": b'{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}',
}
"""Documents of AWS-managed policies, for inputs that name them without carrying them."""


class Layer(msgspec.Struct, frozen=True):
    """The statements of one policy as it bears on a principal.

    Attributes:
        source: how a person finds it, such as ``group admins: inline policy all``.
        removed_by: (action, ARN) pairs: each is a call that takes the policy away from the principal.
    """

    source: str
    statements: tuple[Statement, ...]
    removed_by: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityPolicies:
    """The identity policies of a principal.

    Attributes:
        layers: those that were read.
        unread: for each of the others, why it was not.
        quarantines: AWS's key quarantines among them, which are no layers: their Denies are there to be removed.
    """

    layers: tuple[Layer, ...]
    unread: tuple[Undetermined, ...]
    quarantines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Holder:
    """A principal or a group: how its policies are named, and what takes them away."""

    prefix: str
    attached: tuple[AttachedPolicy, ...]
    inline: tuple[InlinePolicy, ...]
    kind: str
    arn: str

    def removed_by(self, verb: str) -> tuple[tuple[str, str], ...]:
        leaving = (("iam:RemoveUserFromGroup", self.arn),) if self.kind == "Group" else ()
        return ((f"iam:{verb}{self.kind}Policy", self.arn), *leaving)


def identity_policies(principal: User | Role, account: Account) -> IdentityPolicies:
    """What the principal's own and its groups' policies say."""
    layers: list[Layer] = []
    unread: list[Undetermined] = []
    quarantines: list[str] = []
    for holder in _holders(principal, account):
        if isinstance(holder, Undetermined):
            unread.append(holder)
            continue
        for source, document, removed_by in _documents(holder, account):
            if isinstance(document, Undetermined):
                unread.append(document)
            elif document is None:
                quarantines.append(source)
            else:
                try:
                    layers.append(Layer(source, understood(document, source).statements, removed_by))
                except Undetermined as malformed:
                    unread.append(malformed)
    return IdentityPolicies(tuple(layers), tuple(unread), tuple(quarantines))


def permissions_boundary(principal: User | Role, account: Account) -> Layer:
    """The policy that caps the principal.

    Raises:
        Undetermined: its document is missing or malformed.
        ValueError: the principal has no boundary.
    """
    if principal.boundary is None:
        raise ValueError(f"{principal.arn} has no permissions boundary")
    source = f"permissions boundary {principal.boundary}"
    document = _default_document(principal.boundary, account)
    if isinstance(document, Undetermined):
        raise document
    kind = "User" if isinstance(principal, User) else "Role"
    removed_by = tuple((f"iam:{verb}{kind}PermissionsBoundary", principal.arn) for verb in ("Delete", "Put"))
    return Layer(source, understood(document, source).statements, removed_by)


def _holders(principal: User | Role, account: Account) -> Iterator[_Holder | Undetermined]:
    kind = "User" if isinstance(principal, User) else "Role"
    yield _Holder("", principal.attached, principal.inline, kind, principal.arn)
    if isinstance(principal, Role) or not principal.groups:
        return
    if isinstance(account.groups, Gap):
        yield NotCollected(account.groups)
        return
    groups = {group.name: group for group in account.groups}
    for name in principal.groups:
        group = groups.get(name)
        if group is None:
            yield Undetermined(f"group {name} was not collected")
        else:
            yield _Holder(f"group {name}: ", group.attached, group.inline, "Group", group.arn)


def _documents(
    holder: _Holder, account: Account
) -> Iterator[tuple[str, Document | Undetermined | None, tuple[tuple[str, str], ...]]]:
    """The policies of a holder: how each is named, its document, and what takes it away; a quarantine has none."""
    for embedded in holder.inline:
        yield f"{holder.prefix}inline policy {embedded.name}", embedded.document, holder.removed_by("Delete")
    for policy in holder.attached:
        quarantine = (_name_at_aws(policy.arn) or "").startswith("AWSCompromisedKeyQuarantine")
        document = None if quarantine else _default_document(policy.arn, account)
        yield f"{holder.prefix}policy {policy.arn}", document, holder.removed_by("Detach")


def _default_document(arn: str, account: Account) -> Document | Undetermined:
    policies = account.policies
    if not isinstance(policies, Gap):
        found = next((policy for policy in policies if policy.arn == arn), None)
        document = next((version.document for version in found.versions if version.is_default), None) if found else None
        if document is not None:
            return document
    name = _name_at_aws(arn)
    if name in _OF_AWS:
        return Document(_OF_AWS[name])
    if isinstance(policies, Gap):
        return NotCollected(policies)
    return Undetermined(f"policy {arn} is in use, but its document was not collected")


def _name_at_aws(arn: str) -> str | None:
    """The name of a policy that AWS manages, or None; the path of a customer's policy may imitate any text."""
    parts = arn.split(":", 5)
    return parts[5].removeprefix("policy/") if len(parts) == 6 and parts[2:5] == ["iam", "", "aws"] else None
