"""How long a document may be, and how AWS counts.

Sources: "IAM and AWS STS quotas" in the IAM User Guide, where white space is not counted; "Quotas and service limits
for AWS Organizations" and "SCP syntax", where every character counts; the model of sso-admin for permission sets.
"""

from __future__ import annotations

import msgspec

from policies.cutoff import PLACEHOLDER
from scanner.containment import policy_size

_EXAMPLE = "2026-11-20T23:00:00Z"


class Quota(msgspec.Struct, frozen=True):
    """The room for a document.

    Attributes:
        characters: how many there may be.
        of: what they are counted in, for people.
        counts_white_space: whether white space is counted, too.
    """

    characters: int
    of: str
    counts_white_space: bool = False

    def size(self, document: str) -> int:
        """The size of a document as AWS counts it, with a time in the place of ``${CUTOFF}``."""
        text = document.replace(PLACEHOLDER, _EXAMPLE)
        return len(text) if self.counts_white_space else policy_size(text)

    def fits(self, document: str) -> bool:
        """Whether a document alone is within the quota."""
        return self.size(document) <= self.characters


INLINE_OF_ROLE = Quota(10_240, "all inline policies of a role together")
INLINE_OF_USER = Quota(2_048, "all inline policies of a user together")
MANAGED = Quota(6_144, "a managed policy")
TRUST = Quota(2_048, "a trust policy, unless the account has a higher quota")
TRUST_AT_MOST = Quota(4_096, "a trust policy in an account with the highest quota")
SCP = Quota(5_120, "a service control policy; AWS takes 10,240 since May 2026", counts_white_space=True)
"""Half of what AWS takes now, so that a document fits wherever the higher quota has not arrived."""
RCP = Quota(5_120, "a resource control policy", counts_white_space=True)
DECLARATIVE = Quota(10_000, "a declarative policy", counts_white_space=True)
PERMISSION_SET = Quota(32_768, "the inline policy of a permission set", counts_white_space=True)
