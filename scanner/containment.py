"""Facts about containing a principal: can it be revoked in IAM, and does a policy still fit into it?"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from scanner.inventory import Group, Role, User

LONGEST_ROLE_SESSION = timedelta(hours=12)
"""The highest ``MaxSessionDuration`` that IAM allows a role; chained and service-issued sessions are shorter."""

LONGEST_USER_SESSION = timedelta(hours=36)
"""The longest session of ``sts:GetSessionToken`` and ``sts:GetFederationToken``."""

DEFAULT_ATTACHED_POLICIES = 10
"""How many managed policies IAM lets a role or user carry, unless the account has a higher quota (at most 20)."""

_SERVICE_LINKED_PATH = "/aws-service-role/"
_RESERVED_PATH = "/aws-reserved/"

# Characters of all inline policies together; these quotas of IAM cannot be raised.
_INLINE_LIMITS = {Role: 10_240, User: 2_048, Group: 5_120}

# IAM does not count white space; JSON knows no other than these four.
_WHITE_SPACE = dict.fromkeys(map(ord, " \t\r\n"))


class Revocable(msgspec.Struct, frozen=True):
    """A role whose sessions can be revoked by a policy put on it."""


class NotRevocable(msgspec.Struct, frozen=True):
    """A role that IAM refuses to have edited in the account.

    Attributes:
        reason: why, in one sentence.
        alternative: what stops its sessions instead.
    """

    reason: str
    alternative: str


_SERVICE_LINKED = NotRevocable(
    reason=(
        "A service-linked role cannot be edited in the account, SCPs and RCPs do not apply to it, "
        "and its sessions cannot be revoked."
    ),
    alternative=(
        "AWS holds its credentials, so look for the principal that drove the service (invokedBy in CloudTrail) and "
        "contain that one; then remove the service's configuration, or contact AWS."
    ),
)

_RESERVED = NotRevocable(
    reason=(
        "A role of IAM Identity Center can be modified only by AWS: a policy put on it in the account is refused "
        "(UnmodifiableEntity)."
    ),
    alternative=(
        "Deny the person by an SCP on identitystore:UserId, and in the management account, which SCPs do not reach, by "
        "the inline policy of the permission set; then disable the user and end the sessions in IAM Identity Center. "
        "Sessions of the role outlive those of the portal."
    ),
)


def revocability(role: Role) -> Revocable | NotRevocable:
    """Whether the sessions of a role can be revoked by a policy put on the role."""
    # Only the path tells. AWS keeps these paths for its own roles, whereas a name such as AWSReservedSSO_x or
    # AWSServiceRoleForX under another path proves nothing. Should IAM refuse to edit such a role after all, a command
    # fails visibly; taking it for reserved would leave a role that someone named with care without a revocation.
    if role.path.startswith(_SERVICE_LINKED_PATH):
        return _SERVICE_LINKED
    if role.path.startswith(_RESERVED_PATH):
        return _RESERVED
    return Revocable()


class InlineHeadroom(msgspec.Struct, frozen=True):
    """The room for inline policies in a principal, in characters without white space.

    Attributes:
        limit: the quota of IAM on all inline policies of the principal together; it cannot be raised.
        used: what the policies that stay take up.
    """

    limit: int
    used: int

    @property
    def free(self) -> int:
        """The characters left; negative where the facts exceed the quota."""
        return self.limit - self.used

    def fits(self, document: str) -> bool:
        """Whether a policy document can be added."""
        return policy_size(document) <= self.free


def inline_headroom(principal: Role | User | Group, policy_name: str) -> InlineHeadroom:
    """The room for an inline policy of this name; a policy of the same name is replaced, so it is not counted."""
    kept = (policy for policy in principal.inline if policy.name != policy_name)
    used = sum(policy_size(bytes(policy.document).decode("utf-8", "replace")) for policy in kept)
    return InlineHeadroom(_INLINE_LIMITS[type(principal)], used)


def policy_size(document: str) -> int:
    """The size of a policy document as IAM counts it against its quotas: characters, white space left out."""
    return len(document.translate(_WHITE_SPACE))


def denies_all(principal: Role | User) -> bool:
    """Whether AWS's managed policy ``AWSDenyAll`` is attached to the principal."""
    return any(policy.arn.endswith(":iam::aws:policy/AWSDenyAll") for policy in principal.attached)
