"""What the roles and stacks that one has before an incident shall be like."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from policies.documents.protecting import RESPONSE_ROLE
from policies.documents.values import role_name
from policies.documents.writing import NotWritable
from policies.preparation.response_role import can_carry_mfa
from policies.scanner_role import trusted

ISOLATION_ROLE = "guardrift-isolation"
"""How the role and the instance profile without rights are called."""

Mode = Literal["notify", "approve", "auto"]
"""What follows an alert: people read it, or a function plans and waits for one of them, or it acts by itself."""

Architecture = Literal["x86_64", "arm64"]
"""The processor of a function."""

MODES: tuple[Mode, ...] = get_args(Mode)
ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
RUNTIMES = ("python3.11", "python3.12", "python3.13")
"""The runtimes of Lambda on which the function can run; the code is built for one of them."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for.

    Attributes:
        principal: the account id or ARN that may assume the response role; None leaves it open where the form can.
        response_role: the name of the response role.
        mode: what follows an alert.
        runtime: of the function, if there is one.
        architecture: of the function, if there is one.
    """

    principal: str | None = None
    response_role: str = RESPONSE_ROLE
    mode: Mode = "notify"
    runtime: str = "python3.13"
    architecture: Architecture = "x86_64"

    @property
    def demands_mfa(self) -> bool:
        """Whether the trust policy asks for MFA: it does unless nobody could show it."""
        return self.principal is None or can_carry_mfa(self.principal)


def checked(wish: Wish) -> Wish:
    """The same wish; raises ``NotWritable`` where AWS would not take it."""
    role_name(wish.response_role)
    _one_of(wish.mode, "mode", MODES)
    _one_of(wish.runtime, "runtime", RUNTIMES)
    _one_of(wish.architecture, "architecture", ARCHITECTURES)
    if wish.principal is not None:
        try:
            trusted(wish.principal)
        except ValueError as fault:
            raise NotWritable(str(fault)) from None
    return wish


def _one_of(text: str, what: str, known: tuple[str, ...]) -> None:
    if text not in known:
        raise NotWritable(f"{text!r} is no {what}: it is one of {', '.join(known)}")
