"""What comes of looking for a subject in an account: whom it is, what to do, and which guards speak against it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from policies.subjects import Subject
from scanner.containment.kinds import Kinds
from scanner.engine.declared import Declared
from scanner.inventory import Role, User

GuardName = Literal[
    "never-list", "finding-is-real", "own-account", "principal-is-known", "one-principal", "same-identity",
    "key-is-known", "revocable", "headroom", "snapshot-is-fresh",
]  # fmt: skip
Verdict = Literal["passed", "refused", "unknown"]

PlanKind = Literal[
    "role-sessions", "one-instance", "identity-center", "user-key", "user-session", "federated-user", "root", "service",
    "foreign-account",
]  # fmt: skip
"""What is done in the main, by whom the credential is of and what signed the requests."""

DEFAULT_MAX_AGE = timedelta(hours=24)
"""How old the facts may be: keys are made and roles re-created while one looks away."""


class Guard(msgspec.Struct, frozen=True):
    """One reason not to act, looked into.

    Attributes:
        verdict: ``unknown`` where facts are missing; it is never taken for passed.
        reason: one sentence or two, which may hold account text.
        alternative: what to do instead, or how to get the facts; empty where it passed and nothing is to be added.
    """

    name: GuardName
    verdict: Verdict
    reason: str
    alternative: str = ""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The row of the decision table.

    Attributes:
        plan: what is done in the main.
        templates: names of the documents to put in place now, in this order.
        instead: names of documents for where the first ones are not possible, or not enough.
        acts: the API calls beside the documents, in this order, and before them.
        because: why this row, as a sentence that may hold account text.
    """

    plan: PlanKind
    templates: tuple[str, ...]
    instead: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    because: str


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What is known beside the subject and the account.

    Attributes:
        at: the present time.
        declared: what the owner says: break-glass principals and response roles are never contained.
        protected: further principals that are never contained, such as the role of an automatic responder; patterns as
            in what is declared.
        is_finding: whether a finding named the subject, and not a person.
        is_sample: whether that finding was made up to try the alerts.
        is_archived: whether somebody put that finding away.
        max_age: how old the snapshot may be.
    """

    at: datetime
    declared: Declared = Declared()
    protected: tuple[str, ...] = ()
    is_finding: bool = False
    is_sample: bool = False
    is_archived: bool = False
    max_age: timedelta = DEFAULT_MAX_AGE


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """A subject as it was found in an account.

    Attributes:
        subject: as it was told.
        principal: the user or role; None where it is none of the inventory, or was not found.
        arn: by which policies know it: of the user, role, root user or federated user; None where nothing was found.
        session: the name of the session that is suspected, if one was told.
        kinds: how its credentials are handed out; empty where it was not found.
        decided: what to do; None where it is not known whom it is.
        guards: all of them, those that refuse first.
    """

    subject: Subject
    principal: Role | User | None
    arn: str | None
    session: str | None
    kinds: Kinds
    decided: Decided | None
    guards: tuple[Guard, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether a plan may be made: refused before unknown before passed."""
        verdicts = {guard.verdict for guard in self.guards}
        return "refused" if "refused" in verdicts else "unknown" if "unknown" in verdicts else "passed"

    def guard(self, name: GuardName) -> Guard:
        """One of the guards."""
        return next(guard for guard in self.guards if guard.name == name)


def shown(text: str | None) -> str:
    """Text of a finding or an account within a sentence: in quotation marks, cut, what is not seen as an escape."""
    if text is None:
        return "(not told)"
    return repr(text if len(text) <= 160 else f"{text[:157]}...")
