"""The principals that a trust policy names."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from scanner.iam.documents import Statement

_PLAIN = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):[A-Za-z0-9_+=,.@/:*-]+")
"""How nearly every policy names an account, a principal in it, or what a service sends of it."""

PrincipalKind = Literal["anyone", "account", "deleted", "service", "federated", "other"]


class TrustedPrincipal(msgspec.Struct, frozen=True, order=True):
    """One principal of a trust policy.

    Attributes:
        kind: ``anyone`` (``*``), ``account`` (an account, or a user, role or session in one), ``deleted`` (the unique
            id of a principal that no longer exists), ``service``, ``federated`` or ``other``.
        text: as the document has it.
        account_id: the account of ``account`` principals.
    """

    kind: PrincipalKind
    text: str
    account_id: str = ""


def trusted_principals(statement: Statement) -> tuple[TrustedPrincipal, ...]:
    """The principals of an Allow statement; a NotPrincipal admits everyone else, and so anyone."""
    if statement.not_principals:
        return (TrustedPrincipal("anyone", "NotPrincipal"),)
    return tuple(_principal(kind, text) for kind, text in statement.principals)


def _principal(kind: str, text: str) -> TrustedPrincipal:
    if kind == "Service":
        return TrustedPrincipal("service", text)
    if kind == "Federated":
        return TrustedPrincipal("federated", text)
    if kind != "AWS":
        return TrustedPrincipal("other", text)
    account = account_of(text)
    if account is not None:
        return TrustedPrincipal("account", text, account)
    # IAM itself refuses a wildcard in the account of a principal, but a document may come from elsewhere.
    if "*" in text or "?" in text:
        return TrustedPrincipal("anyone", text)
    if text.startswith(("AIDA", "AROA")):
        return TrustedPrincipal("deleted", text)
    return TrustedPrincipal("other", text)


def account_of(principal: str) -> str | None:
    """The account id of a principal written as an ARN or as twelve digits; None where it names none exactly."""
    if is_account_id(principal):
        return principal
    plain = _PLAIN.fullmatch(principal)
    if plain is not None:
        return plain[1]
    if not principal.startswith("arn:"):
        return None
    # Loading it reads its action data, which costs more than a small account; few accounts need it.
    from policyuniverse.arn import ARN

    arn = ARN(principal)
    return arn.account_number if not arn.error and is_account_id(arn.account_number) else None


def is_account_id(text: object) -> bool:
    """Whether the text is twelve digits."""
    return isinstance(text, str) and len(text) == 12 and text.isascii() and text.isdigit()
