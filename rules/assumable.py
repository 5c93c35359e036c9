"""Who can become a role, and how far that reaches: by it the severity of an administrator role is decided."""

from __future__ import annotations

from functools import partial

import msgspec

from scanner.findings import SEVERITIES, Severity
from scanner.iam.bounds import Demand, demands, ways_in
from scanner.iam.documents import Statement, parse
from scanner.iam.federation import asked, provider_of, reach
from scanner.iam.issuers import Width, issuer_of
from scanner.iam.matching import covers_action
from scanner.iam.principals import TrustedPrincipal, trusted_principals
from scanner.inventory import Role

_MFA = {"aws:multifactorauthpresent", "aws:multifactorauthage"}
_RESERVED = "/aws-reserved/sso.amazonaws.com/"
SERVICE_LINKED = ":role/aws-service-role/"
"""What the ARN of a role holds that AWS made for one of its services: it is no way in for people."""

_BY_WIDTH: dict[Width, Severity] = {"anyone": "critical", "tenant": "high", "group": "high"}


class Entry(msgspec.Struct, frozen=True, order=True):
    """One way into a role.

    Attributes:
        principal: as the trust policy has it.
        severity: what that is worth where the role is an administrator.
        why: a sentence.
        bound_by: the condition keys that restrict who comes.
    """

    principal: str
    severity: Severity
    why: str
    bound_by: tuple[str, ...] = ()


def entries(role: Role, account_id: str) -> tuple[Entry, ...]:
    """The ways into a role, the widest first; none where nobody can assume it."""
    statements = parse(role.trust).statements
    found = {
        entry
        for statement in statements
        if statement.allows
        for principal in trusted_principals(statement)
        if (entry := _entry(principal, statement, statements, account_id)) is not None
    }
    return tuple(sorted(found, key=lambda entry: (SEVERITIES.index(entry.severity), entry)))


def severity_of(role: Role, ways: tuple[Entry, ...]) -> Severity:
    """What an administrator role is worth to a thief, by who can become it.

    A permission set of IAM Identity Center is how administration is meant to be done. What was not understood of a
    trust policy may admit as much as a service.
    """
    if role.path.startswith(_RESERVED):
        return "info"
    least: Severity = "high" if parse(role.trust).problems else "low"
    return min((least, *(way.severity for way in ways)), key=SEVERITIES.index)


def told(role: Role, ways: tuple[Entry, ...]) -> str:
    """Who can become a role, in a sentence or two, the widest way first."""
    problems = parse(role.trust).problems
    found = ways[0].why if ways else "" if problems else "Nobody can assume it at present."
    if not problems:
        return found
    return f"{found} Who {'else ' if ways else ''}can assume it is not known: {problems[0]}.".lstrip()


def _entry(
    principal: TrustedPrincipal, allow: Statement, statements: tuple[Statement, ...], account_id: str
) -> Entry | None:
    if principal.kind == "service":
        return _of_service(principal, allow, statements)
    if principal.kind == "federated":
        return _of_provider(principal, allow, statements)
    if principal.kind in ("anyone", "account"):
        ways = ways_in(principal, allow, statements)
        return _of_callers(principal, demands(principal, allow, statements, ways), account_id) if ways else None
    return None


def _of_service(principal: TrustedPrincipal, allow: Statement, statements: tuple[Statement, ...]) -> Entry | None:
    frozen = any(
        not deny.allows and not deny.conditions and not deny.not_principals and covers_action(deny, "sts:AssumeRole")
        and {("AWS", "*"), ("Service", principal.text)} & set(deny.principals)
        for deny in statements
    )  # fmt: skip
    if frozen or not covers_action(allow, "sts:AssumeRole"):
        return None
    keys = tuple(sorted({condition.key for condition in allow.conditions}))
    return Entry(principal.text, "high", f"Whatever runs under {principal.text} holds it, without MFA.", keys)


def _of_provider(principal: TrustedPrincipal, allow: Statement, statements: tuple[Statement, ...]) -> Entry | None:
    provider = provider_of(principal)
    if provider.kind == "other":
        return Entry(principal.text, "high", f"The identity provider {principal.text} decides who assumes it.")
    request = asked(principal, provider, allow, statements)
    if request is None:
        return None
    claims = tuple(sorted({want.claim for choice in request.wanted for want in choice}))
    if provider.kind == "saml":
        return Entry(principal.text, "medium", f"People whom {principal.text} lets sign in can assume it.", claims)
    width = reach(issuer_of(provider.issuer), request).width
    severity = _BY_WIDTH.get(width, "medium")
    return Entry(principal.text, severity, f"Tokens of {provider.issuer} become it.", claims)


def _of_callers(principal: TrustedPrincipal, found: tuple[Demand, ...], account_id: str) -> Entry:
    keys = tuple(sorted({key for demand in found for key in demand.keys}))
    if SERVICE_LINKED in principal.text:
        return Entry(principal.text, "high", f"A service of AWS holds it, as {principal.text}, without MFA.", keys)
    entry = partial(Entry, principal.text, bound_by=keys)
    if any(demand.keys <= _MFA for demand in found):
        return entry("medium", f"{_named(principal)} can assume it, with MFA.")
    if principal.kind == "anyone" and not any(demand.accounts or _is_organization(demand) for demand in found):
        return entry("critical", "Anyone with an AWS account can assume it.")
    accounts = {principal.account_id} if principal.account_id else {a for demand in found for a in demand.accounts}
    if accounts != {account_id}:
        return entry("high", f"{_named(principal)} can assume it, without MFA.")
    if _is_whole_account(principal) and not any(demand.keys <= {"aws:principalarn"} for demand in found):
        return entry("high", "Whoever in the account is allowed sts:AssumeRole on it can assume it, without MFA.")
    return entry("medium", f"{_named(principal)} can assume it, without MFA.")


def _is_organization(demand: Demand) -> bool:
    return all(key.startswith("aws:principalorg") for key in demand.keys)


def _is_whole_account(principal: TrustedPrincipal) -> bool:
    return principal.kind == "anyone" or principal.text == principal.account_id or principal.text.endswith(":root")


def _named(principal: TrustedPrincipal) -> str:
    return "Everyone that the conditions admit" if principal.kind == "anyone" else principal.text
