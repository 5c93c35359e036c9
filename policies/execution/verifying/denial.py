"""From when on a contained credential can do nothing, and which of its sessions that is true of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from policies.execution.verifying.carried import Carried, Held
from policies.execution.verifying.covering import denies, is_date, is_of_everything, latest, others, policy_of
from scanner.iam.documents import Policy, parse
from scanner.iam.sources import name_at_aws
from scanner.inventory import Document

_DENY_ALL = parse(Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'))
_DOCUMENTS = frozenset({"inline policy", "managed policy", "organization policy", "permission set policy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """What is denied to the main principal of a containment.

    Attributes:
        since: when the last of it came into force.
        cutoff: sessions from before it are denied; None where no document goes by time.
        is_whole: whether later sessions are denied, too.
        holds_keys: whether keys that do not expire can do nothing.
    """

    since: datetime
    cutoff: datetime | None
    is_whole: bool
    holds_keys: bool


def document_of(held: Held, every: tuple[Held, ...]) -> Policy | None:
    """What a policy that is in place says; None where the journal does not tell."""
    change, text = held.change, held.settled.stored
    if text is None:
        return None
    if change.kind in _DOCUMENTS:
        return policy_of(text)
    arn = text if change.kind == "boundary" else change.name
    if name_at_aws(arn) == "AWSDenyAll":
        return _DENY_ALL
    own = next((each for each in every if each.change.kind == "managed policy" and each.change.name == arn), None)
    return policy_of(own.settled.stored) if own is not None and own.settled.stored is not None else None


def denial(found: Carried) -> Denial | None:
    """What is denied to whom the containment is for; None where nothing of it was carried out."""
    since: list[datetime] = []
    cutoffs: list[datetime] = []
    is_whole = holds_keys = False
    for held in found.held:
        change = held.change
        if change.principal not in ("", found.begun.principal):
            continue
        if change.kind in ("access key", "service credential"):
            since.append(held.settled.at)
            holds_keys = holds_keys or change.kind == "access key"
            continue
        if change.kind not in {*_DOCUMENTS, "attachment", "boundary"}:
            continue
        policy = document_of(held, found.held)
        for statement in denies(policy) if policy is not None else ():
            cutoff = latest(statement.conditions)
            is_dated = any(is_date(each) for each in statement.conditions)
            if not is_of_everything(statement) or any(others(statement)) or (is_dated and cutoff is None):
                continue
            since.append(cutoff or held.settled.at)
            cutoffs += [cutoff] if cutoff is not None else []
            is_whole = is_whole or cutoff is None
            spares_keys = any(is_date(each) and not each.if_exists for each in statement.conditions)
            holds_keys = holds_keys or not spares_keys
    if not since:
        return None
    return Denial(since=max(since), cutoff=max(cutoffs, default=None), is_whole=is_whole, holds_keys=holds_keys)
