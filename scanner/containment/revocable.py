"""Which roles can be revoked by a policy put on them, and what stops the sessions of the others."""

from __future__ import annotations

import msgspec

from scanner.inventory import Role

_SERVICE_LINKED_PATH = "/aws-service-role/"
_RESERVED_PATH = "/aws-reserved/"


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


_REVOCABLE = Revocable()

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
    return _REVOCABLE
