"""The principals that a trust policy names, and which accounts its conditions admit."""

from __future__ import annotations

from typing import Literal

import msgspec
from policyuniverse.arn import ARN

from scanner.iam.documents import Condition, Statement
from scanner.iam.matching import covers_action

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
    if kind.lower() == "service":
        return TrustedPrincipal("service", text)
    if kind.lower() == "federated":
        return TrustedPrincipal("federated", text)
    if kind.lower() != "aws":
        return TrustedPrincipal("other", text)
    if text == "*":
        return TrustedPrincipal("anyone", text)
    account = account_of(text)
    if account is not None:
        return TrustedPrincipal("account", text, account)
    if text.startswith(("AIDA", "AROA")):
        return TrustedPrincipal("deleted", text)
    return TrustedPrincipal("other", text)


def account_of(principal: str) -> str | None:
    """The account id of a principal written as an ARN or as twelve digits; None where it names none exactly."""
    if _is_account_id(principal):
        return principal
    arn = ARN(principal)
    return arn.account_number if not arn.error and _is_account_id(arn.account_number) else None


def _is_account_id(text: object) -> bool:
    return isinstance(text, str) and len(text) == 12 and text.isascii() and text.isdigit()


class Bound(msgspec.Struct, frozen=True):
    """What the conditions of a statement demand of the caller.

    Attributes:
        keys: the condition keys that really restrict, in lower case.
        accounts: the accounts to which they restrict the caller; None where they do not name accounts.
    """

    keys: tuple[str, ...]
    accounts: tuple[str, ...] | None


_ACCOUNT_KEYS = {"aws:principalaccount", "aws:sourceaccount"}
_ARN_KEYS = {"aws:principalarn", "aws:sourcearn"}
_CALLER_KEYS = {
    "aws:principalorgid", "aws:principalorgpaths", "aws:userid", "aws:sourceidentity", "aws:sourcevpc",
    "aws:sourcevpce", "aws:sourceorgid", "aws:sourceorgpaths", "sts:externalid",
}  # fmt: skip
_POSITIVE = {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}
_NEGATIVE = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
}


def bound_by(allow: Statement, statements: tuple[Statement, ...]) -> Bound:
    """What a caller must fulfil to pass an Allow statement of a trust policy, given the Deny statements beside it.

    Counted are conditions that hold only for some callers: an organization, named accounts or principals, an external
    id, MFA, an address range. ``IfExists`` and ``ForAllValues`` in an Allow are not counted, since a caller without the
    key passes them. A Deny "unless" with the negated operator binds in the same way, absent key included.
    """
    demands = [c for c in allow.conditions if not c.if_exists and c.quantifier != "forallvalues"]
    for statement in statements:
        if not statement.allows and _denies_everyone(statement):
            demands += _unless(statement)
    binding = [condition for condition in demands if _binds(condition)]
    pinned = [accounts for condition in binding if (accounts := _accounts(condition)) is not None]
    common = set(pinned[0]).intersection(*pinned[1:]) if pinned else None
    return Bound(
        tuple(sorted({condition.key for condition in binding})), tuple(sorted(common)) if common is not None else None
    )


def _unless(deny: Statement) -> list[Condition]:
    """What a caller must fulfil to escape a conditional Deny.

    Its conditions must all hold for it to fire, so a caller escapes by any one of them: only if each of them binds is a
    caller bound.
    """
    # Every caller but AWS itself fulfils this exemption of AWS services.
    conditions = [c for c in deny.conditions if c.key != "aws:principalisawsservice" or c.values != ("false",)]
    inverted = [_invert(condition) for condition in conditions]
    ways = [condition for condition in inverted if condition is not None and _binds(condition)]
    if not ways or len(ways) != len(conditions):
        return []
    unpinned = [condition for condition in ways if _accounts(condition) is None]
    return (unpinned or ways)[:1]


def is_frozen(statements: tuple[Statement, ...]) -> bool:
    """Whether an unconditional Deny stops every assumption of the role."""
    return any(not s.allows and not s.conditions and _denies_everyone(s) for s in statements)


def _denies_everyone(statement: Statement) -> bool:
    assumes = covers_action(statement, "sts:AssumeRole")
    return assumes and not statement.not_principals and ("AWS", "*") in statement.principals


def _invert(condition: Condition) -> Condition | None:
    if condition.quantifier == "foranyvalue":
        return None
    operator = _NEGATIVE.get(condition.operator)
    if operator:
        return msgspec.structs.replace(condition, operator=operator, if_exists=False, quantifier="")
    if condition.operator == "bool" and condition.if_exists and condition.values == ("false",):
        return msgspec.structs.replace(condition, values=("true",), if_exists=False)
    return None


def _binds(condition: Condition) -> bool:
    key, values = condition.key, condition.values
    if not values:
        return False
    if condition.operator == "bool":
        return key == "aws:multifactorauthpresent" and values == ("true",)
    if condition.operator == "ipaddress":
        return key == "aws:sourceip" and not any(value.split("/")[-1] == "0" for value in values)
    if condition.operator not in _POSITIVE:
        return False
    if key in _ACCOUNT_KEYS or key in _ARN_KEYS:
        return _accounts(condition) is not None
    if key in _CALLER_KEYS or key.startswith("aws:principaltag/"):
        # A value of wildcards alone ("o-*", "*") is fulfilled by strangers too.
        return not any(_is_open(value, condition.operator) for value in values)
    return False


def _is_open(value: str, operator: str) -> bool:
    if operator not in {"stringlike", "arnlike", "arnequals"}:
        return False
    return value.strip("*?") in {"", "o-", "vpc-", "vpce-"}


def _accounts(condition: Condition) -> tuple[str, ...] | None:
    """The accounts that a condition pins the caller to, or None if it leaves any account open."""
    if condition.key in _ACCOUNT_KEYS:
        found = [value if _is_account_id(value) else None for value in condition.values]
    elif condition.key in _ARN_KEYS:
        found = [account_of(value) for value in condition.values]
    else:
        return None
    accounts = [account for account in found if account is not None]
    return tuple(accounts) if accounts and len(accounts) == len(found) else None
