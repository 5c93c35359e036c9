"""The service control policies that come first, where a principal could take the other documents off."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from policies.dispatch import Resolved
from policies.planning.choosing import Chosen, NoneHolds, Unproven, attempt, written
from policies.proof import Proof
from scanner.containment import can_take_scps
from scanner.containment.credential_facts import SCP_PRINCIPALS, SCP_TIME
from scanner.inventory import Account, Role, Undetermined

_EVADABLE = "It may take the containment off again within seconds, before that has spread"


class First(NamedTuple):
    """What comes first: the documents, the proof of all of the plan together, and why there are none."""

    documents: Chosen | Unproven | None
    proof: Proof
    warning: str = ""


def first_of_all(
    resolved: Resolved, account: Account, cutoff: datetime | None, chosen: Chosen, others: tuple[str, ...]
) -> First:
    """The service control policies that are needed, or the reason why there are none.

    Args:
        resolved: whom it is.
        account: its account.
        cutoff: a concrete time; None where the commands compute it.
        chosen: what is put on the principal.
        others: ARNs of the roles that are revoked with it.
    """
    if not chosen.proof.needs_scp_first or any(each.layer == "scp" for each in chosen.placed):
        return First(None, chosen.proof)
    try:
        why_not = can_take_scps(account)
    except Undetermined as unknown:
        warning = f"{_EVADABLE}, and whether an SCP reaches the account is not known: {unknown.reason}."
        return First(None, chosen.proof, warning)
    if why_not is not None:
        warning = f"{_EVADABLE}, and no SCP can come first: {why_not}. Repeat it until it holds, and watch."
        return First(None, chosen.proof, warning)
    # Roles that it could become to take the documents off are denied with it.
    further = others if _leads_on(chosen.proof) else ()
    first = _policies(resolved, account, cutoff, further)
    if isinstance(first, NoneHolds):
        return First(None, chosen.proof, f"{_EVADABLE}, and the SCP is not proven: {' '.join(first.reasons)}")
    names = list(dict.fromkeys(each.name for each in chosen.templates))
    all_of_it = attempt(names, resolved, account, cutoff, first.placed, more=first.templates, others=further)
    if isinstance(all_of_it, NoneHolds):
        return First(None, chosen.proof, f"{_EVADABLE}, and with an SCP before it, {' '.join(all_of_it.reasons)}")
    return First(first, all_of_it.proof)


def _leads_on(proof: Proof) -> bool:
    """Whether it could become another role, and take the documents off as that."""
    return any(undo.through for undo in proof.undoable)


def _policies(
    resolved: Resolved, account: Account, cutoff: datetime | None, others: tuple[str, ...]
) -> Chosen | Unproven | NoneHolds:
    """A role is revoked by time, with those that it can become; a user is denied everything, and they by time.

    Those of a user are proven together with what is put on the user alone: by itself no service control policy on the
    user denies what GetFederationToken gave, which has an ARN of its own, and may not call IAM.
    """
    if isinstance(resolved.principal, Role):
        return attempt((SCP_TIME,), resolved, account, cutoff, others=others)
    found = written((SCP_PRINCIPALS,), resolved, account, cutoff)
    if not others or isinstance(found, NoneHolds):
        return found
    further = written((SCP_TIME,), resolved, account, cutoff, others)
    if isinstance(further, NoneHolds):
        return further
    return Unproven(placed=(*found.placed, *further.placed), templates=(*found.templates, *further.templates))
