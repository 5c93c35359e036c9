"""Whether a statement of a resource policy speaks of a caller, and how strong an Allow that is.

Source: "AWS JSON policy elements: Principal", "NotPrincipal" and "Determining whether a request is allowed or denied
within an account" in the IAM User Guide.
"""

from __future__ import annotations

from typing import Literal

from scanner.iam.caller import Caller
from scanner.iam.documents import Condition, Statement
from scanner.iam.formula import Atom, Clause
from scanner.inventory import Role

Strength = Literal["final", "role", "delegation"]
"""How far an Allow reaches within the account.

``final`` needs nothing else; ``role`` stands for an identity policy, so that boundary and session policy still limit
it; ``delegation`` names the account, so that an identity policy has to allow as well.
"""

_CERTAIN: Clause = frozenset()


def granted(statement: Statement, caller: Caller) -> tuple[tuple[Strength, Clause], ...]:
    """How an Allow names the caller, each way with what is not known about it; empty where it does not."""
    if statement.not_principals:
        return () if _all_listed(statement, caller) else (("final", _CERTAIN),)
    found: dict[tuple[Strength, Clause], None] = {}
    for kind, name in statement.principals:
        if kind == "AWS" and (way := _named(name, caller)):
            found[way] = None
    return tuple(found)


def denied(statement: Statement, caller: Caller, *, has_boundary: bool) -> tuple[Clause, ...]:
    """The ways in which a Deny speaks of the caller, each with what must hold for it; none where it does not.

    A Deny with NotPrincipal hits every caller that has a permissions boundary, whomever it lists, and spares a session
    only if session, role and account are all listed.
    """
    if statement.not_principals:
        if has_boundary or not _all_listed(statement, caller):
            return (_CERTAIN,)
        spared = _sessions_listed(statement, caller) if caller.kind == "role" else ()
        return (frozenset({Atom(Condition("other session", "the session", spared))}),) if spared else ()
    named = (_named(name, caller) for kind, name in statement.principals if kind == "AWS")
    clauses = tuple(dict.fromkeys(way[1] for way in named if way))
    return (_CERTAIN,) if _CERTAIN in clauses else clauses


def _named(name: str, caller: Caller) -> tuple[Strength, Clause] | None:
    if name == "*":
        return "final", _CERTAIN
    if name in _account(caller):
        return ("final" if caller.kind == "root" else "delegation"), _CERTAIN
    identifier = caller.principal.id if caller.principal else ""
    is_identifier = bool(identifier) and name == identifier
    if caller.kind in ("role", "session"):
        if is_identifier or _is_role_of(name, caller):
            return "role", _CERTAIN
        if name == caller.arn:
            return "final", _CERTAIN
        if caller.kind == "role" and name.startswith(_sessions_of(caller)):
            return "final", frozenset({Atom(Condition("session", "the session", (name,)))})
        return None
    return ("final", _CERTAIN) if is_identifier or name == caller.arn else None


def _account(caller: Caller) -> tuple[str, str]:
    return caller.account_id, f"arn:{caller.partition}:iam::{caller.account_id}:root"


def _is_role_of(name: str, caller: Caller) -> bool:
    """Whether an ARN is that of the caller's role; a session's own ARN does not say the path of its role."""
    if caller.role_arn is not None:
        return name == caller.role_arn
    role = caller.arn.rpartition(":assumed-role/")[2].partition("/")[0]
    return name.startswith(f"arn:{caller.partition}:iam::{caller.account_id}:role/") and name.endswith(f"/{role}")


def _sessions_of(caller: Caller) -> str:
    name = caller.principal.name if isinstance(caller.principal, Role) else caller.arn.rpartition("/")[2]
    return f"arn:{caller.partition}:sts::{caller.account_id}:assumed-role/{name}/"


def _sessions_listed(statement: Statement, caller: Caller) -> tuple[str, ...]:
    beginning = _sessions_of(caller)
    return tuple(name for kind, name in statement.principals if kind == "AWS" and name.startswith(beginning))


def _all_listed(statement: Statement, caller: Caller) -> bool:
    """Whether an element lists the caller with everything above it, or everybody."""
    names = {name for kind, name in statement.principals if kind == "AWS"}
    if "*" in names:
        return True
    if names.isdisjoint(_account(caller)):
        return False
    if caller.kind == "root":
        return True
    if caller.kind in ("role", "session") and not any(_is_role_of(name, caller) for name in names):
        return False
    return bool(_sessions_listed(statement, caller)) if caller.kind == "role" else caller.arn in names
