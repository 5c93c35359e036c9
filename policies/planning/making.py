"""From a suspected credential to its plan, which is proven, or refused with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from policies.dispatch import Circumstances, Guard, Resolved, never_listed, resolve
from policies.documents.template import Template
from policies.placed import Effect, Session
from policies.planning.choosing import Chosen, NoneHolds, attempt, choose, expected
from policies.planning.plan import Plan, PlannedDocument, ProvenFor, Step
from policies.planning.steps import closing, containing, evidence, keys_of, keys_off, removing, renewing
from policies.planning.verifying import rotation, verification
from policies.proof import Proof
from policies.subjects import Subject
from scanner.containment import can_take_scps, inline_headroom, longest_session
from scanner.containment.credential_facts import REVOKE, SCP_PRINCIPALS, SCP_TIME
from scanner.containment.kind_facts import facts_of, not_stopped
from scanner.containment.revocation_set import RevocationSet, revocation_set
from scanner.containment.workloads import Workloads, workloads_of
from scanner.inventory import Account, Role, Undetermined, User

MOST_TOGETHER = 200
"""So many roles of a revocation set get their document in one plan; the others are named."""


_BY_HAND = "Contain it by hand, by an SCP or in the policies of the resources, and page a human."


@dataclass(frozen=True)
class Planner:
    """Makes the plans of one account.

    Attributes:
        account: the affected account.
        circumstances: the time, what is declared, and what is known of the finding.
        cutoff: a concrete time; without one the commands compute it when they are run.
        together: so many further roles of a revocation set get their document in a plan; the others are named.
        proves_others: whether the proofs of these are told, too, which each role's own plan has.
    """

    account: Account
    circumstances: Circumstances
    cutoff: datetime | None = None
    together: int = MOST_TOGETHER
    proves_others: bool = True
    _revocations: dict[str, tuple[Chosen, Resolved] | None] = field(default_factory=dict)

    def plan(self, subject: Subject) -> Plan:
        """The plan for a suspected credential."""
        resolved = resolve(subject, self.account, self.circumstances)
        blank = _blank(resolved, self.account, self.cutoff)
        stopping = [guard for guard in resolved.guards if guard.verdict != "passed"]
        if stopping:
            return _refused(blank, stopping[0])
        chosen = choose(resolved, self.account, self.cutoff)
        if isinstance(chosen, NoneHolds):
            return msgspec.structs.replace(
                blank,
                verdict="refused",
                reason=f"No containment is proven. {' '.join(chosen.reasons)}",
                alternative=resolved.guard("revocable").alternative or _BY_HAND,
            )
        first, warning = _from_the_organization(resolved, self.account, self.cutoff, chosen)
        return self._ready(blank, resolved, chosen, first, warning)

    def _ready(self, blank: Plan, resolved: Resolved, chosen: Chosen, first: Chosen | None, warning: str) -> Plan:
        account, cutoff, principal = self.account, self.cutoff, resolved.principal
        linked = revocation_set(principal, account) if principal is not None else None
        others = list(self._others(linked)) if linked is not None else []
        planned = [*(_documents(first, resolved, account, cutoff) if first else ())]
        planned += _documents(chosen, resolved, account, cutoff)
        planned += [each for _, found, at in others for each in _documents(found, at, account, cutoff)]
        documents = tuple(_numbered(planned))
        workloads = workloads_of(principal, account) if isinstance(principal, Role) else None
        proof = _proof(resolved, account, cutoff, chosen, first)
        kinds = resolved.kinds.names
        derived = [f"{each.what}: {each.lives} {each.instead}".strip() for each in not_stopped(kinds)]
        pitfalls = [said for kind in kinds for said in facts_of(kind).pitfalls]
        return msgspec.structs.replace(
            blank,
            verdict="ready",
            reason=warning,
            documents=documents,
            revocation_set=linked,
            workloads=workloads,
            proofs=(
                ProvenFor(principal=resolved.arn or account.account_id, proof=proof),
                *(ProvenFor(principal=arn, proof=found.proof) for arn, found, _ in others if self.proves_others),
            ),
            steps=tuple(_steps(resolved, account, documents, workloads, _expects(chosen, first))),
            cannot_stop=tuple(dict.fromkeys((*derived, *proof.beyond))),
            users=tuple(dict.fromkeys(said for kind in kinds for said in facts_of(kind).users)),
            notes=tuple(dict.fromkeys((*self._spared(linked), *_notes(linked, chosen, self.together), *pitfalls))),
        )

    def _spared(self, linked: RevocationSet | None) -> Iterator[str]:
        """What of the set is never contained, and so stays open to the thief."""
        for arn in linked.batch if linked is not None else ():
            why = never_listed(arn, self.account, self.circumstances) if arn != linked.principal else None
            if why is not None:
                yield f"{arn} is reached, too, and is never contained: {why}. Watch it, and decide by hand."

    def _others(self, linked: RevocationSet) -> Iterator[tuple[str, Chosen, Resolved]]:
        """The other roles of the revocation set, each with its own proven document."""
        for arn in [arn for arn in linked.batch if arn != linked.principal][: self.together]:
            found = self._revocation(arn)
            if found is not None:
                yield arn, *found

    def _revocation(self, arn: str) -> tuple[Chosen, Resolved] | None:
        """The revocation of a role, made once; None for a role that is never contained, or cannot be."""
        if arn not in self._revocations:
            account, circumstances = self.account, self.circumstances
            found: tuple[Chosen, Resolved] | None = None
            if never_listed(arn, account, circumstances) is None:
                name = arn.rpartition("/")[2]
                subject = Subject(kind="role", account_id=account.account_id, name=name, arn=arn)
                resolved = resolve(subject, account, circumstances)
                chosen = attempt((REVOKE,), resolved, account, self.cutoff) if resolved.principal is not None else None
                found = (chosen, resolved) if isinstance(chosen, Chosen) else None
            self._revocations[arn] = found
        return self._revocations[arn]


def make_plan(
    subject: Subject, account: Account, circumstances: Circumstances, *, cutoff: datetime | None = None
) -> Plan:
    """The plan for one suspected credential; see ``Planner``."""
    return Planner(account, circumstances, cutoff).plan(subject)


def _blank(resolved: Resolved, account: Account, cutoff: datetime | None) -> Plan:
    return Plan(
        verdict="refused",
        account_id=account.account_id,
        partition=account.partition,
        subject=resolved.subject,
        principal=resolved.arn or "",
        unique_id=resolved.principal.id if resolved.principal else "",
        kinds=resolved.kinds.names,
        because=resolved.decided.because if resolved.decided else "",
        cutoff=cutoff,
        guards=resolved.guards,
    )


def _refused(blank: Plan, guard: Guard) -> Plan:
    return msgspec.structs.replace(
        blank,
        verdict="refused" if guard.verdict == "refused" else "facts missing",
        reason=guard.reason,
        alternative=guard.alternative,
    )


def _from_the_organization(
    resolved: Resolved, account: Account, cutoff: datetime | None, chosen: Chosen
) -> tuple[Chosen | None, str]:
    """An SCP that comes first, where the principal could take the other documents off; or why there is none."""
    if not chosen.proof.needs_scp_first or any(each.layer == "scp" for each in chosen.placed):
        return None, ""
    evadable = "It may take the containment off again within seconds, before that has spread"
    try:
        why_not = can_take_scps(account)
    except Undetermined as unknown:
        return None, f"{evadable}, and whether an SCP reaches the account is not known: {unknown.reason}."
    if why_not is not None:
        return None, f"{evadable}, and no SCP can come first: {why_not}. Repeat it until it holds, and watch."
    name = SCP_TIME if isinstance(resolved.principal, Role) else SCP_PRINCIPALS
    found = attempt((name,), resolved, account, cutoff)
    if isinstance(found, NoneHolds):
        return None, f"{evadable}, and the SCP is not proven: {' '.join(found.reasons)}"
    return found, ""


def _proof(
    resolved: Resolved, account: Account, cutoff: datetime | None, chosen: Chosen, first: Chosen | None
) -> Proof:
    """The proof of all documents on the principal together."""
    if first is None:
        return chosen.proof
    again = attempt([each.name for each in chosen.templates], resolved, account, cutoff, first.placed)
    return again.proof if isinstance(again, Chosen) else chosen.proof


def _documents(
    chosen: Chosen, resolved: Resolved, account: Account, cutoff: datetime | None
) -> Iterator[PlannedDocument]:
    principal = resolved.principal
    for placed, template in zip(chosen.placed, chosen.templates, strict=True):
        size = template.quota.size(placed.document) if template.quota else len(placed.document)
        room = None
        if placed.layer == "inline" and principal is not None:
            room = inline_headroom(principal, placed.name).free - size
        until = cutoff + longest_session(principal, account).longest if cutoff and principal is not None else None
        yield PlannedDocument(
            file=template.file,
            placed=placed,
            size=size,
            room=room,
            keep=template.keep,
            safe_to_remove=until if _goes_by_time(template) else None,
        )


def _goes_by_time(template: Template) -> bool:
    effects = template.effects
    return effects is not None and effects.new_session == "as before" and effects.old_session == "denied"


def _numbered(documents: Sequence[PlannedDocument]) -> Iterator[PlannedDocument]:
    """The documents with file names of their own."""
    seen: dict[str, int] = {}
    for each in documents:
        seen[each.file] = seen.get(each.file, 0) + 1
        number = seen[each.file]
        stem = each.file.removesuffix(".json")
        yield msgspec.structs.replace(each, file=each.file if number == 1 else f"{stem}-{number}.json")


def _expects(chosen: Chosen, first: Chosen | None) -> dict[Session, Effect]:
    return expected([*chosen.templates, *(first.templates if first else ())])


def _steps(
    resolved: Resolved,
    account: Account,
    documents: tuple[PlannedDocument, ...],
    workloads: Workloads | None,
    expects: dict[Session, Effect],
) -> Iterator[Step]:
    principal, partition = resolved.principal, account.partition
    yield from evidence(resolved, workloads)
    steps = list(containing(documents, partition))
    yield from (step for step in steps if step.phase == "organization")
    if isinstance(principal, User):
        yield from keys_off(principal, keys_of(account, principal))
    yield from (step for step in steps if step.phase == "contain")
    yield from closing(resolved, workloads)
    again = [step for step in steps if step.phase == "contain" and "CUTOFF" in " ".join(step.commands)]
    for step in again:
        yield msgspec.structs.replace(
            step,
            phase="close",
            title="Revoke once more, now that the way is closed",
            why=f"Run the commands of '{step.title}' again: sessions made meanwhile end with it.",
            commands=(),
            expected="",
            undo=(),
        )
    yield from renewing(workloads)
    is_in_iam = any(each.placed.layer in ("inline", "managed", "boundary") for each in documents)
    yield from verification(resolved.subject, principal, expects, is_in_iam)
    checked = rotation([(each.id, each.region) for each in workloads.instances]) if workloads else None
    yield from () if checked is None else (checked,)
    removed = removing(documents, partition)
    yield from () if removed is None else (removed,)


def _notes(linked: RevocationSet | None, chosen: Chosen, together: int) -> Iterator[str]:
    yield from (f"Not chosen: {each}" for each in chosen.rejected)
    if linked is None:
        return
    others = [arn for arn in linked.batch if arn != linked.principal]
    if len(others) > together:
        yield f"{len(others) - together:,} further roles of the revocation set have no document here: plan each one."
    yield from (f"{each.arn} is reached, too: {each.reason} {each.alternative}" for each in linked.left_out)
    if linked.outside:
        shown = ", ".join(linked.outside[:5])
        yield f"It may assume roles of other accounts, which are revoked there: {shown}"
    yield from (f"Not read, and may hide a further role: {each}." for each in linked.unread)
