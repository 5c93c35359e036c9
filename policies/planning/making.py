"""From a suspected credential to its plan, which is proven, or refused with its reason."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from policies.commands import cannot_be_sent
from policies.dispatch import Circumstances, Guard, Resolved, never_listed, resolve
from policies.planning.assembling import notes_of, numbered, planned, steps_of
from policies.planning.choosing import Chosen, NoneHolds, attempt, choose, expected
from policies.planning.credentials import keys_of, service_credentials_of
from policies.planning.organizing import First, first_of_all
from policies.planning.plan import Plan, ProvenFor
from policies.subjects import Subject
from scanner.containment.credential_facts import BOUNDARY, REVOKE
from scanner.containment.kind_facts import facts_of, not_stopped
from scanner.containment.revocation_set import RevocationSet, revocation_set
from scanner.containment.workloads import workloads_of
from scanner.inventory import Account, Gap, Role, User

MOST_TOGETHER = 200
"""So many roles of a revocation set get their document in one plan; the others are named."""

_MOST_NAMED = 20
_BY_HAND = "Contain it by hand, by an SCP or in the policies of the resources, and page a human."
_NO_SUCH_NAME = (
    "Its name, or that of a credential of it, is none that IAM has, and the AWS CLI would send something else for it."
)

_Found = tuple[Chosen, Resolved] | str


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
    _revocations: dict[str, _Found] = field(default_factory=dict)

    def plan(self, subject: Subject) -> Plan:
        """The plan for a suspected credential."""
        resolved = resolve(subject, self.account, self.circumstances)
        blank = _blank(resolved, self.account, self.cutoff)
        stopping = [guard for guard in resolved.guards if guard.verdict != "passed"]
        full = next((guard for guard in stopping if guard.name == "headroom"), None)
        if stopping and stopping != [full]:
            return _refused(blank, stopping[0])
        if cannot_be_sent(_sent(resolved, self.account)):
            return msgspec.structs.replace(blank, verdict="refused", reason=_NO_SUCH_NAME, alternative=_BY_HAND)
        chosen = choose(resolved, self.account, self.cutoff)
        if isinstance(chosen, NoneHolds) and full is not None:
            return _refused(blank, full)
        if isinstance(chosen, NoneHolds):
            return msgspec.structs.replace(
                blank,
                verdict="refused",
                reason=f"No containment is proven. {' '.join(chosen.reasons)}",
                alternative=resolved.guard("revocable").alternative or _BY_HAND,
            )
        if full is not None:
            blank = msgspec.structs.replace(blank, guards=tuple(_roomy(each, chosen) for each in blank.guards))
        return self._ready(blank, resolved, chosen)

    def _ready(self, blank: Plan, resolved: Resolved, chosen: Chosen) -> Plan:
        account, cutoff, principal = self.account, self.cutoff, resolved.principal
        linked = revocation_set(principal, account) if principal is not None else None
        others = self._others(linked) if linked is not None else {}
        held = {arn: found for arn, found in others.items() if not isinstance(found, str)}
        first = first_of_all(resolved, account, cutoff, chosen, tuple(held))
        listed = [*(planned(first.documents, resolved, account, cutoff) if first.documents else ())]
        listed += planned(chosen, resolved, account, cutoff)
        listed += [each for found, at in held.values() for each in planned(found, at, account, cutoff)]
        documents = tuple(numbered(listed))
        workloads = workloads_of(principal, account) if isinstance(principal, Role) else None
        templates = [*chosen.templates, *(first.documents.templates if first.documents else ())]
        return msgspec.structs.replace(
            blank,
            verdict="ready",
            reason=" ".join(filter(None, (first.warning, self._left_open(linked, others)))),
            documents=documents,
            revocation_set=_contained(linked, held),
            workloads=workloads,
            proofs=(
                ProvenFor(principal=resolved.arn or account.account_id, proof=first.proof),
                *(
                    ProvenFor(principal=arn, proof=found.proof)
                    for arn, (found, _) in held.items()
                    if self.proves_others
                ),
            ),
            steps=tuple(steps_of(resolved, account, cutoff, documents, workloads, expected(templates))),
            **self._told(resolved, chosen, first, linked, others),
        )

    def _told(
        self,
        resolved: Resolved,
        chosen: Chosen,
        first: First,
        linked: RevocationSet | None,
        others: dict[str, _Found],
    ) -> dict[str, tuple[str, ...]]:
        """What is left open, what users do next, and what is to be known."""
        kinds = resolved.kinds.names
        derived = [f"{each.what}: {each.lives} {each.instead}".strip() for each in not_stopped(kinds)]
        pitfalls = [said for kind in kinds for said in facts_of(kind).pitfalls]
        left = len(self._further(linked)) - len(others) if linked is not None else 0
        unproven = [f"{arn} is reached, too, and not contained here. {said}" for arn, said in others.items()
                    if isinstance(said, str)]  # fmt: skip
        notes = notes_of(linked, chosen, left, tuple(self._spared(linked)), unproven)
        return {
            "cannot_stop": tuple(dict.fromkeys((*derived, *first.proof.beyond))),
            "users": tuple(dict.fromkeys(said for kind in kinds for said in facts_of(kind).users)),
            "notes": tuple(dict.fromkeys((*notes, *pitfalls))),
        }

    def _left_open(self, linked: RevocationSet | None, others: dict[str, _Found]) -> str:
        """What is said at the top where the plan does not reach every role that the principal can become."""
        if linked is None:
            return ""
        open_ones = len(linked.batch) - (linked.principal in linked.batch)
        open_ones -= sum(not isinstance(found, str) for found in others.values())
        open_ones += sum(each.arn != linked.principal for each in linked.left_out)
        if open_ones <= 0:
            return ""
        roles = "a role" if open_ones == 1 else f"{open_ones:,} roles"
        return f"It can become {roles} that this plan does not contain: see the notes."

    def _spared(self, linked: RevocationSet | None) -> Iterator[str]:
        """What of the set is never contained, and so stays open to the thief."""
        for arn in linked.batch if linked is not None else ():
            why = never_listed(arn, self.account, self.circumstances) if arn != linked.principal else None  # type: ignore[union-attr]
            if why is not None:
                yield f"{arn} is reached, too, and is never contained: {why}. Watch it, and decide by hand."

    def _further(self, linked: RevocationSet) -> list[str]:
        """The other roles of the revocation set that may be contained."""
        return [
            arn
            for arn in linked.batch
            if arn != linked.principal and never_listed(arn, self.account, self.circumstances) is None
        ]

    def _others(self, linked: RevocationSet) -> dict[str, _Found]:
        """The other roles of the revocation set, each with its own proven document, or why there is none."""
        return {arn: self._revocation(arn) for arn in self._further(linked)[: self.together]}

    def _revocation(self, arn: str) -> _Found:
        """The revocation of a role, made once."""
        if arn not in self._revocations:
            name = arn.rpartition("/")[2]
            subject = Subject(kind="role", account_id=self.account.account_id, name=name, arn=arn)
            resolved = resolve(subject, self.account, self.circumstances)
            self._revocations[arn] = self._made(resolved)
        return self._revocations[arn]

    def _made(self, resolved: Resolved) -> _Found:
        if resolved.principal is None or cannot_be_sent((resolved.principal.name,)):
            return resolved.guard("principal-is-known").reason
        reasons: list[str] = []
        for name in (REVOKE, BOUNDARY):
            found = attempt((name,), resolved, self.account, self.cutoff)
            if isinstance(found, Chosen):
                return found, resolved
            reasons += found.reasons
        return " ".join(reasons)


def _contained(linked: RevocationSet | None, held: Container[str]) -> RevocationSet | None:
    """The revocation set as far as the plan has documents for it; of hundreds of roles the others are counted."""
    if linked is None:
        return None
    return msgspec.structs.replace(
        linked,
        reached=tuple(each for each in linked.reached if each.arn in held),
        circle=tuple(arn for arn in linked.circle if arn == linked.principal or arn in held),
        left_out=linked.left_out[:_MOST_NAMED],
        outside=linked.outside[:_MOST_NAMED],
        unread=linked.unread[:_MOST_NAMED],
    )


def make_plan(
    subject: Subject, account: Account, circumstances: Circumstances, *, cutoff: datetime | None = None
) -> Plan:
    """The plan for one suspected credential; see ``Planner``."""
    return Planner(account, circumstances, cutoff).plan(subject)


def _sent(resolved: Resolved, account: Account) -> tuple[str, ...]:
    """The account texts that commands send as they are."""
    principal = resolved.principal
    if principal is None:
        return ()
    found = [principal.name, *([principal.boundary] if principal.boundary is not None else [])]
    if isinstance(principal, User):
        for held in (keys_of(account, principal), service_credentials_of(account, principal)):
            found += [] if isinstance(held, Gap) else [each.id for each in held]
    return tuple(found)


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


def _roomy(guard: Guard, chosen: Chosen) -> Guard:
    """The guard on the room, where a document was found that needs none."""
    if guard.name != "headroom":
        return guard
    names = " and ".join(dict.fromkeys(each.name for each in chosen.templates))
    return Guard("headroom", "passed", f"{guard.reason} So {names} is chosen, which needs neither.")


def _refused(blank: Plan, guard: Guard) -> Plan:
    return msgspec.structs.replace(
        blank,
        verdict="refused" if guard.verdict == "refused" else "facts missing",
        reason=guard.reason,
        alternative=guard.alternative,
    )
