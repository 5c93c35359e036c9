"""What came of looking for a principal: found, not there, not read, or another one than was told."""

from __future__ import annotations

import msgspec

from policies.dispatch.known import Known
from policies.dispatch.resolved import Guard, shown
from policies.subjects import SubjectKind
from scanner.inventory import Role, User

COLLECT = "Collect the account again with credentials that may read it, then ask again."
NEITHER = "Name the role or user yourself, or look for the key in CloudTrail, which tells the unique id beside it."


class Search(msgspec.Struct, frozen=True):
    """The principal, or None, with what spoke for or against it."""

    principal: Role | User | None
    is_known: Guard
    is_one: Guard | None = None
    is_same: Guard | None = None


def recreated(kind: SubjectKind, old: str, present: Role | User) -> Search:
    """A principal of the name is there, but it is another one, or it is not known which."""
    is_known = Guard("principal-is-known", "passed", f"There is a {kind} {shown(present.name)}.")
    if not present.id:
        reason = f"The snapshot does not tell the unique id of {kind} {shown(present.name)}, to compare with that told."
        return Search(None, is_known, is_same=Guard("same-identity", "unknown", reason, COLLECT))
    reason = (
        f"The {kind} {shown(present.name)} was re-created: it has the unique id {shown(present.id)}, and the "
        f"credential is of {shown(old)}, which is gone with all its sessions."
    )
    look = "Find out who made the new one, and whether it is the thief's; to contain it as well, name it yourself."
    return Search(None, is_known, is_same=Guard("same-identity", "refused", reason, look))


def unsettled(guard: Guard) -> Search:
    """What came of a search that a guard ended."""
    is_known = Guard("principal-is-known", guard.verdict, "It is not settled which principal is meant.", NEITHER)
    is_one = guard if guard.name == "one-principal" else None
    return Search(None, is_known, is_one, guard if is_one is None else None)


def missing_facts(kind: SubjectKind, why: str) -> Guard:
    """That a list was not read, which is never that somebody is not in it."""
    reason = f"Facts are missing: the {kind}s were not read ({why})."
    return Guard("principal-is-known", "unknown", reason, COLLECT)


def no_such(kind: SubjectKind, name: str, known: Known) -> Guard:
    """That a list was read and does not hold the principal; one of another kind never takes its place."""
    other = "user" if kind == "role" else "role"
    beside = f" There is a {other} of this name, which is another principal and is not touched."
    reason = f"There is no {kind} {shown(name)} in the account as it was collected."
    look = "It may have been made since, or deleted, which ends its sessions: collect the account again."
    return Guard("principal-is-known", "refused", reason + (beside if known.named(other, name) else ""), look)


def others(kind: SubjectKind, name: str, known: Known) -> Guard:
    """Whether a principal of the other kind goes by the same name."""
    other = "user" if kind == "role" else "role"
    if not known.named(other, name):
        return Guard("one-principal", "passed", "No other principal goes by this name.")
    reason = f"There is a {other} of the name {shown(name)}, too: it is another principal and is not touched."
    return Guard("one-principal", "passed", reason)


def found_as(principal: Role | User) -> Guard:
    """That the principal was found."""
    return Guard("principal-is-known", "passed", f"It is {principal.arn}.")
