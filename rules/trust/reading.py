"""The trust policy of a role, as its rules read it."""

from __future__ import annotations

from scanner.iam.documents import Policy, parse
from scanner.inventory import Role, Undetermined


def trust_of(role: Role) -> Policy:
    """The trust policy; raises ``Undetermined`` if any part of it is malformed."""
    policy = parse(role.trust)
    if policy.problems:
        raise Undetermined(f"the trust policy of {role.name} is malformed: {policy.problems[0]}")
    return policy
