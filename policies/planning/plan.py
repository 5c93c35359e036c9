"""The plan of one containment: whom, with what, in which order, what it breaks, and what it cannot stop."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from policies.dispatch import Guard
from policies.placed import Placed
from policies.proof import Proof
from policies.subjects import Subject
from scanner.containment.revocation_set import RevocationSet
from scanner.containment.workloads import Workloads

Verdict = Literal["ready", "refused", "facts missing"]
Phase = Literal["evidence", "organization", "contain", "close", "renew", "verify", "remove"]

PHASES: dict[Phase, str] = {
    "evidence": "Save evidence",
    "organization": "Deny from the organization",
    "contain": "Contain",
    "close": "Close the way by which the credentials were stolen",
    "renew": "Renew, and bring back those who lost access",
    "verify": "Verify",
    "remove": "Take it away again",
}
"""The phases in their order: what is done later would destroy what an earlier one needs, or be undone."""


class PlannedDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document of the plan.

    Attributes:
        file: its name in the folder of the plan.
        placed: the document, and where it is put.
        size: its characters as AWS counts them.
        room: how many more characters there would be room for; None where that is not known.
        keep: how long it must stay.
        safe_to_remove: the time from which on it can be removed; None where that hangs on more than the time, or where
            the cutoff is computed when the plan is carried out.
    """

    file: str
    placed: Placed
    size: int
    room: int | None = None
    keep: str
    safe_to_remove: datetime | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to do.

    Attributes:
        phase: when.
        title: what, as a heading.
        why: what it is for, and what to watch.
        calls: the API actions.
        commands: of the AWS CLI, each complete in itself; ``${CUTOFF}`` is computed by them.
        expected: what they print if all is well.
        document: the file that it puts in place.
        breaks: what it does to those who did nothing.
        undo: commands that take it back.
    """

    phase: Phase
    title: str
    why: str = ""
    calls: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    expected: str = ""
    document: str = ""
    breaks: str = ""
    undo: tuple[str, ...] = ()


class ProvenFor(msgspec.Struct, frozen=True, kw_only=True):
    """The proof of the documents on one principal."""

    principal: str
    proof: Proof


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="schema", tag="guardrift/plan/1"):
    """How one suspected credential is contained.

    Attributes:
        verdict: ``ready`` is proven; ``refused`` says why and what to do instead; ``facts missing`` what to read first.
        subject: whom, as it was told.
        principal: the ARN of whom it was found to be.
        unique_id: of that principal; a principal made anew under its name has another.
        kinds: how its credentials are handed out.
        because: why this row of the decision table.
        cutoff: the time before which sessions are denied; None where the commands compute it.
        guards: what was checked before, those that refuse first.
        reason: why there is no plan, or what is uncertain about one that is ready; empty where nothing is.
        alternative: what to do instead.
        documents: in the order in which they are put in place.
        revocation_set: the roles that are revoked with it, with the same cutoff; those without a document here are in
            the notes.
        workloads: who uses a role rightfully, and breaks.
        proofs: of the principal, then of the roles of the set.
        steps: in a safe order.
        cannot_stop: what goes on all the same.
        users: what legitimate users must do next.
        notes: pitfalls.
    """

    verdict: Verdict
    account_id: str
    partition: str
    subject: Subject
    principal: str = ""
    unique_id: str = ""
    kinds: tuple[str, ...] = ()
    because: str = ""
    cutoff: datetime | None = None
    guards: tuple[Guard, ...] = ()
    reason: str = ""
    alternative: str = ""
    documents: tuple[PlannedDocument, ...] = ()
    revocation_set: RevocationSet | None = None
    workloads: Workloads | None = None
    proofs: tuple[ProvenFor, ...] = ()
    steps: tuple[Step, ...] = ()
    cannot_stop: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
