"""What the roles and stacks that one has before an incident shall be like."""

from __future__ import annotations

import msgspec

from policies.documents.protecting import RESPONSE_ROLE
from policies.documents.values import role_name
from policies.documents.writing import NotWritable
from policies.preparation.response_role import can_carry_mfa
from policies.scanner_role import trusted

ISOLATION_ROLE = "guardrift-isolation"
"""How the role and the instance profile without rights are called."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for.

    Attributes:
        principal: the account id or ARN that may assume the response role; None leaves it open where the form can.
        response_role: the name of the response role.
    """

    principal: str | None = None
    response_role: str = RESPONSE_ROLE

    @property
    def demands_mfa(self) -> bool:
        """Whether the trust policy asks for MFA: it does unless nobody could show it."""
        return self.principal is None or can_carry_mfa(self.principal)


def checked(wish: Wish) -> Wish:
    """The same wish; raises ``NotWritable`` where IAM would not take it."""
    role_name(wish.response_role)
    if wish.principal is not None:
        try:
            trusted(wish.principal)
        except ValueError as fault:
            raise NotWritable(str(fault)) from None
    return wish
