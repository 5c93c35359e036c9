"""The room for a containment: characters, slots for managed policies, and the ways that still fit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import msgspec

from scanner.containment.revocable import Revocable, revocability
from scanner.inventory import Account, Document, Gap, Group, Role, User

DEFAULT_ATTACHED_POLICIES = 10
"""How many managed policies IAM lets a role or user carry, unless the account has a higher quota (at most 20)."""

_DEFAULT_TRUST_SIZE = 2_048
_DENY_ALL = ":iam::aws:policy/AWSDenyAll"

# Characters of all inline policies together; these quotas of IAM cannot be raised.
_INLINE_LIMITS = {Role: 10_240, User: 2_048, Group: 5_120}

# IAM does not count white space; JSON knows no other than these four.
_WHITE_SPACE = dict.fromkeys(map(ord, " \t\r\n"))
_WHITE_BYTES = (b" ", b"\t", b"\r", b"\n")

ROLE_REVOCATION = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],'
    '"Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-20T23:00:00Z"}}}]}'
)
"""The revocation of a role's sessions, by an example of a cutoff: the size is the same for all."""

USER_QUARANTINE = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"IrQuarantineUser","Effect":"Deny","Action":"*","Resource":"*"}]}'
)
"""The quarantine of a user."""

_NAMES = {Role: "AWSRevokeOlderSessions", User: "ir-quarantine-user"}

_TRUST_FREEZE = (
    '{"Sid":"IrFreezeTrust","Effect":"Deny","Principal":"*","Action":["sts:AssumeRole","sts:AssumeRoleWithSAML",'
    '"sts:AssumeRoleWithWebIdentity","sts:TagSession"]},'
)

Way = Literal["inline policy", "managed policy", "boundary", "trust policy"]
"""How a principal is held in IAM; changing the trust policy stops new sessions alone."""


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
    used = sum(document_size(policy.document) for policy in kept)
    return InlineHeadroom(_INLINE_LIMITS[type(principal)], used)


@lru_cache(maxsize=64)
def policy_size(document: str) -> int:
    """The size of a policy document as IAM counts it against its quotas: characters, white space left out."""
    return len(document.translate(_WHITE_SPACE))


def document_size(document: Document) -> int:
    """The size of a document of the inventory; thousands of these are measured, and nearly all are plain ASCII."""
    text = bytes(document)
    if text.isascii():
        return len(text) - sum(map(text.count, _WHITE_BYTES))
    return len(text.decode("utf-8", "replace").translate(_WHITE_SPACE))


def denies_all(principal: Role | User) -> bool:
    """Whether AWS's managed policy ``AWSDenyAll`` is attached to the principal."""
    return any(policy.arn.endswith(_DENY_ALL) for policy in principal.attached)


class Slots(msgspec.Struct, frozen=True):
    """The managed policies that a principal may carry.

    Attributes:
        limit: the quota of the account.
        used: how many are attached.
        is_live: whether the quota was read; else it is IAM's default, and the real one may be higher.
    """

    limit: int
    used: int
    is_live: bool

    @property
    def free(self) -> int:
        """How many more can be attached."""
        return max(self.limit - self.used, 0)


def managed_slots(principal: Role | User, account: Account) -> Slots:
    """The managed policies that can still be attached to a principal."""
    kind = "Role" if isinstance(principal, Role) else "User"
    quota = _counter(account, f"AttachedPoliciesPer{kind}Quota")
    return Slots(
        DEFAULT_ATTACHED_POLICIES if quota is None else quota, len(principal.attached), is_live=quota is not None
    )


def trust_headroom(role: Role, account: Account) -> int:
    """The characters left in the trust policy of a role; where the quota was not read, of IAM's default."""
    quota = _counter(account, "AssumeRolePolicySizeQuota")
    used = document_size(role.trust)
    return (_DEFAULT_TRUST_SIZE if quota is None else quota) - used


def _counter(account: Account, name: str) -> int | None:
    return None if isinstance(account.summary, Gap) else account.summary.counters.get(name)


def ways_left(principal: Role | User, account: Account) -> tuple[Way, ...]:
    """The ways to hold a principal in IAM for which there is room, the gentlest first; none where IAM refuses them."""
    return tuple(each_way_left(principal, account))


def each_way_left(principal: Role | User, account: Account) -> Iterator[Way]:
    """The same one after another, for those who are content with the first that serves."""
    if isinstance(principal, Role) and not isinstance(revocability(principal), Revocable):
        return
    if fits_inline(principal):
        yield "inline policy"
    if managed_slots(principal, account).free or denies_all(principal):
        yield "managed policy"
    # A principal has one boundary at most, and another can always take its place.
    yield "boundary"
    if isinstance(principal, Role) and trust_headroom(principal, account) >= policy_size(_TRUST_FREEZE):
        yield "trust policy"


def containment_document(principal: Role | User) -> str:
    """The document that holds a principal: of a role the revocation of sessions, of a user the quarantine."""
    return ROLE_REVOCATION if isinstance(principal, Role) else USER_QUARANTINE


def fits_inline(principal: Role | User) -> bool:
    """Whether the document that holds a principal fits beside its inline policies."""
    # No document has more characters than bytes, and most principals have room by far.
    most = len(containment_document(principal)) + sum([len(policy.document) for policy in principal.inline])
    if most <= _INLINE_LIMITS[type(principal)]:
        return True
    return own_headroom(principal).fits(containment_document(principal))


def own_headroom(principal: Role | User) -> InlineHeadroom:
    """The room for that document, which replaces an earlier one."""
    return inline_headroom(principal, _NAMES[type(principal)])
