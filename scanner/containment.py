"""Facts about containing a principal: can it be revoked in IAM, does a policy fit, can it undo its own quarantine?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache

import msgspec

from scanner.iam.context import Values
from scanner.iam.evaluation import decide
from scanner.iam.grants import interest
from scanner.iam.powers import Power, power_of
from scanner.iam.request import Policies, Request
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Group, Role, User

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


class Undoing(msgspec.Struct, frozen=True):
    """An action by which a principal can take a containment off itself.

    Attributes:
        action: it is allowed on the principal's own ARN.
        undoes: which form of containment goes: ``inline Deny``, ``attached Deny`` or ``boundary``.
        conditions: on what it hangs, as clauses that follow "only if"; empty where it hangs on nothing.
    """

    action: str
    undoes: str
    conditions: tuple[str, ...] = ()


_UNDOING = (
    ("iam:Delete{}Policy", "inline Deny"),
    ("iam:Put{}Policy", "inline Deny"),
    ("iam:Detach{}Policy", "attached Deny"),
    ("iam:Delete{}PermissionsBoundary", "boundary"),
    ("iam:Put{}PermissionsBoundary", "boundary"),
)


@cache
def _undoing_of(kind: str) -> tuple[tuple[str, str, int], ...]:
    """The actions for a kind of principal, the form of containment that each undoes, and its mask."""
    named = [(action.format(kind), undoes) for action, undoes in _UNDOING]
    return tuple((action, undoes, interest().mask([action])) for action, undoes in named)


def can_undo_quarantine(principal: User | Role, account: Account) -> tuple[Undoing, ...]:
    """The actions by which a principal can undo its own quarantine; none for a role that IAM refuses to have edited.

    IAM takes seconds to spread a change, and until then a principal keeps what it has: whoever may change its own
    policies or boundary can remove a Deny in a loop, as fast as it is put there. Identity policies and the boundary are
    asked; a service control policy, which alone prevents it, is not known here. Identity policies that could not be
    read count as absent.
    """
    if isinstance(principal, Role) and isinstance(revocability(principal), NotRevocable):
        return ()
    power = power_of(principal, policies_of(account))
    wanted = _undoing_of("Role" if isinstance(principal, Role) else "User")
    able = [(action, undoes) for action, undoes, bit in wanted if power.potential & bit]
    found = (_undoing(principal, power, action, undoes, account.partition) for action, undoes in able)
    return tuple(each for each in found if each is not None)


def _undoing(principal: User | Role, power: Power, action: str, undoes: str, partition: str) -> Undoing | None:
    """The most certain way to do the action to itself."""
    own = Policies(identity=power.sources, boundary=power.boundary, resource_is_known=True)
    context = power.caller.context
    decisions = [
        decide(Request(power.caller, action, principal.arn, context.with_request(said)), own)
        for said in _requests(principal, action, f"arn:{partition}:iam::aws:policy/")
    ]
    allowed = [decision for decision in decisions if decision.decision != "no"]
    if not allowed:
        return None
    surest = min(allowed, key=lambda decision: decision.decision != "yes")
    return Undoing(action, undoes, tuple(dict.fromkeys(provision.text for provision in surest.conditions)))


def _requests(principal: User | Role, action: str, of_aws: str) -> Iterator[dict[str, Values]]:
    """The keys of the requests that would undo a quarantine: by them policies can tell a Deny from other policies."""
    families = ("aws:resourcetag", "iam:resourcetag")
    said: dict[str, Values] = {f"{key}/{tag.key.lower()}": (tag.value,) for tag in principal.tags for key in families}
    own: Values = (principal.boundary,) if principal.boundary else ()
    if action.endswith("PermissionsBoundary"):
        # Its present boundary back in the place of the one that denies, or one that leaves it everything.
        others = (f"{of_aws}AdministratorAccess", *own) if action.startswith("iam:Put") else (f"{of_aws}AWSDenyAll",)
        for boundary in others:
            yield {**said, "iam:policyarn": (), "iam:permissionsboundary": (boundary,)}
        return
    detached: Values = (f"{of_aws}AWSDenyAll",) if action.startswith("iam:Detach") else ()
    yield {**said, "iam:policyarn": detached, "iam:permissionsboundary": own}
