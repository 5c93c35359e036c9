"""Facts about containing a principal: can it be revoked in IAM, does a policy fit, who can do it, can it be undone?"""

from __future__ import annotations

from scanner.containment.headroom import (
    DEFAULT_ATTACHED_POLICIES,
    InlineHeadroom,
    Slots,
    Way,
    denies_all,
    inline_headroom,
    managed_slots,
    policy_size,
    trust_headroom,
    ways_left,
)
from scanner.containment.lasting import (
    LONGEST_ROLE_SESSION,
    LONGEST_USER_SESSION,
    Lasting,
    longest_session,
    maximum_session,
    safe_to_remove,
)
from scanner.containment.organization import can_take_scps, scps_in_force, why_scps_are_unknown
from scanner.containment.responding import Containing, Means, can_contain
from scanner.containment.revocable import NotRevocable, Revocable, revocability
from scanner.containment.undoing import Undoing, can_undo_quarantine

__all__ = [
    "DEFAULT_ATTACHED_POLICIES",
    "LONGEST_ROLE_SESSION",
    "LONGEST_USER_SESSION",
    "Containing",
    "InlineHeadroom",
    "Lasting",
    "Means",
    "NotRevocable",
    "Revocable",
    "Slots",
    "Undoing",
    "Way",
    "can_contain",
    "can_take_scps",
    "can_undo_quarantine",
    "denies_all",
    "inline_headroom",
    "longest_session",
    "managed_slots",
    "maximum_session",
    "policy_size",
    "revocability",
    "safe_to_remove",
    "scps_in_force",
    "trust_headroom",
    "ways_left",
    "why_scps_are_unknown",
]
