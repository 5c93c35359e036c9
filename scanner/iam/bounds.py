"""What the conditions of a trust policy demand of the caller, and which accounts they leave."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

import msgspec

from scanner.addresses import Network, is_private, is_wide
from scanner.iam.documents import Condition, Statement
from scanner.iam.matching import covers_action
from scanner.iam.principals import TrustedPrincipal, account_of, is_account_id

ASSUMPTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
"""The actions by which credentials of a role are had; the others (TagSession, SetSourceIdentity) only go with them."""


class Demand(msgspec.Struct, frozen=True):
    """Something that a caller must fulfil, in one of several ways.

    Attributes:
        keys: the condition keys by which it can be fulfilled, in lower case.
        accounts: the accounts that it names, be it by the ARN of one principal.
        whole_accounts: those of them of which every caller fulfils it.
    """

    keys: frozenset[str]
    accounts: frozenset[str] = frozenset()
    whole_accounts: frozenset[str] = frozenset()


_ACCOUNT_KEYS = {"aws:principalaccount", "aws:sourceaccount"}
_ARN_KEYS = {"aws:principalarn", "aws:sourcearn"}
_ORGANIZATION_PATHS = {"aws:principalorgpaths", "aws:sourceorgpaths"}
_OPAQUE_IDS = {"aws:principalorgid", "aws:sourceorgid", "aws:sourcevpc", "aws:sourcevpce"}
_WORDS = {"aws:sourceidentity", "sts:externalid"}
_POSITIVE = {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}
_GLOBS = {"stringlike", "arnequals", "arnlike"}
_NEGATIVE = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
}
OF_THE_ROLE = {"${aws:resourceaccount}", "${aws:resourceorgid}", "${aws:resourceorgpaths}"}


def ways_in(principal: TrustedPrincipal, allow: Statement, statements: tuple[Statement, ...]) -> frozenset[str]:
    """The actions by which a principal of an Allow statement can assume the role, without those that a Deny stops.

    Principals of accounts sign their requests and so use AssumeRole alone; "everyone" includes web and SAML identities.
    """
    asked = ASSUMPTIONS if principal.kind == "anyone" else ASSUMPTIONS[:1]
    stopped = [s for s in statements if not s.allows and not s.conditions and _names(s, principal)]
    return frozenset(
        action
        for action in asked
        if covers_action(allow, action) and not any(covers_action(s, action) for s in stopped)
    )


def _names(statement: Statement, principal: TrustedPrincipal) -> bool:
    """Whether a Deny speaks of every caller that the principal stands for."""
    if statement.not_principals:
        return False
    names = {name for kind, name in statement.principals if kind == "AWS"}
    account = principal.account_id
    whole_account = bool(account) and any(name == account or name.endswith(f":iam::{account}:root") for name in names)
    return whole_account or not names.isdisjoint({"*", principal.text})


def demands(
    principal: TrustedPrincipal, allow: Statement, statements: tuple[Statement, ...], ways: frozenset[str]
) -> tuple[Demand, ...]:
    """What a principal must fulfil to pass an Allow statement of a trust policy, given the Deny statements beside it.

    Counted are conditions that hold only for some callers: an organization, named accounts or principals, an external
    id, MFA, an address range. ``IfExists`` and ``ForAllValues`` in an Allow are counted only beside a ``Null`` that
    demands the key, since a caller without the key passes them. A Deny "unless" with the negated operator binds in the
    same way, absent key included.
    """
    present = {c.key for c in allow.conditions if c.operator == "null" and c.values == ("false",)}
    found = [
        [condition]
        for condition in allow.conditions
        if condition.key in present or not (condition.if_exists or condition.quantifier == "forallvalues")
    ]
    found += [
        _escapes(statement)
        for statement in statements
        if not statement.allows
        and _names(statement, principal)
        and all(covers_action(statement, action) for action in ways)
    ]
    return tuple(_demand(each) for each in found if each and all(_binds(condition) for condition in each))


def _demand(alternatives: list[Condition]) -> Demand:
    pinned = [(condition, accounts) for condition in alternatives if (accounts := _accounts(condition)) is not None]
    return Demand(
        frozenset(condition.key for condition in alternatives),
        frozenset(account for _, accounts in pinned for account in accounts),
        frozenset(account for condition, accounts in pinned if not _names_callers(condition) for account in accounts),
    )


def _escapes(deny: Statement) -> list[Condition]:
    """The conditions of which a caller must fulfil one to escape a conditional Deny; none if some escape is open.

    The conditions of the Deny must all hold for it to fire, so a caller escapes by any one of them.
    """
    # Every caller but AWS itself fulfils this exemption of AWS services.
    conditions = [c for c in deny.conditions if c.key != "aws:principalisawsservice" or c.values != ("false",)]
    inverted = [_invert(condition) for condition in conditions]
    escapes = [condition for condition in inverted if condition is not None]
    return escapes if len(escapes) == len(conditions) else []


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
        return key in {"aws:multifactorauthpresent", "aws:principalisawsservice"} and values == ("true",)
    if condition.operator.startswith("numericlessthan"):
        return key == "aws:multifactorauthage"
    if condition.operator == "ipaddress":
        return key == "aws:sourceip" and not _is_anybodys(values)
    if condition.operator not in _POSITIVE:
        return False
    if key in _ACCOUNT_KEYS | _ARN_KEYS and _accounts(condition) is not None:
        return True
    return all(_names_somebody(key, value.lower(), condition.operator in _GLOBS) for value in values)


def _names_somebody(key: str, value: str, is_glob: bool) -> bool:
    """Whether a value is out of reach for a stranger, who chooses session names and can found organizations."""
    if "${" in value:
        return value in OF_THE_ROLE
    decisive = value
    if key == "aws:userid":
        decisive = value.partition(":")[0]
    elif key in _ORGANIZATION_PATHS:
        decisive = value.partition("/")[0]
    elif key in _WORDS or key.startswith(("aws:principaltag/", "saml:")) or key.endswith((":aud", ":sub")):
        return not is_glob or value.strip("*?") != ""
    elif key not in _OPAQUE_IDS:
        return False
    return not is_glob or not {"*", "?"} & set(decisive)


def _is_anybodys(values: tuple[str, ...]) -> bool:
    """Whether anybody may have an address of the networks; a value that is no network holds any."""
    try:
        networks = [ip_network(value, strict=False) for value in values]
    except ValueError:
        return True
    fours = collapse_addresses(network for network in networks if isinstance(network, IPv4Network))
    sixes = collapse_addresses(network for network in networks if isinstance(network, IPv6Network))
    ranges: list[Network] = [*fours, *sixes]
    return any(is_wide(network) and not is_private(network) for network in ranges)


def _names_callers(condition: Condition) -> bool:
    """Whether the condition names principals, and not whole accounts."""
    if condition.key != "aws:principalarn":
        return False
    return condition.operator not in _GLOBS or not any({"*", "?"} & set(value) for value in condition.values)


def _accounts(condition: Condition) -> tuple[str, ...] | None:
    """The accounts that a condition pins the caller to, or None if it leaves any account open."""
    if condition.key in _ACCOUNT_KEYS:
        found = [value if is_account_id(value) else None for value in condition.values]
    elif condition.key in _ARN_KEYS:
        found = [_account_of_pattern(value, condition.operator) for value in condition.values]
    else:
        return None
    accounts = [account for account in found if account is not None]
    return tuple(accounts) if accounts and len(accounts) == len(found) else None


def _account_of_pattern(value: str, operator: str) -> str | None:
    """The account in the pattern of an ARN.

    A star of the string operators runs across colons, so one before the account lets it match inside a path, which the
    owner of any account may choose; the ARN operators compare each part on its own.
    """
    before = ":".join(value.split(":")[:4])
    if operator == "stringlike" and {"*", "?"} & set(before):
        return None
    return account_of(value)
