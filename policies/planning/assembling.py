"""What a plan is made of: its documents as files, its steps in their order, and its notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from policies.dispatch import Resolved
from policies.documents.template import Template
from policies.placed import Effect, Session
from policies.planning.choosing import Chosen, Unproven
from policies.planning.closing import closing, left_behind, renewing
from policies.planning.containing import by_organization, is_open, removing, within_account
from policies.planning.credentials import credentials_off, credentials_on
from policies.planning.evidence import evidence, suspected
from policies.planning.plan import PlannedDocument, Step
from policies.planning.verifying import rotation, verification
from scanner.containment import inline_headroom, longest_session
from scanner.containment.revocation_set import RevocationSet
from scanner.containment.workloads import InstanceUse, Workloads
from scanner.inventory import Account, User

_SHOWN = 20


def planned(
    chosen: Chosen | Unproven, resolved: Resolved, account: Account, cutoff: datetime | None
) -> Iterator[PlannedDocument]:
    """The documents of one principal."""
    principal = resolved.principal
    taken = 0
    for placed, template in zip(chosen.placed, chosen.templates, strict=True):
        size = template.quota.size(placed.document) if template.quota else len(placed.document)
        room = None
        if placed.layer == "inline" and principal is not None:
            taken += size
            room = inline_headroom(principal, placed.name).free - taken
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


def numbered(documents: Sequence[PlannedDocument]) -> Iterator[PlannedDocument]:
    """The documents with file names; one that several principals get word for word is one file."""
    held: dict[str, list[str]] = {}
    for each in documents:
        texts = held.setdefault(each.file, [])
        if each.placed.document not in texts:
            texts.append(each.placed.document)
        number = texts.index(each.placed.document) + 1
        stem = each.file.removesuffix(".json")
        yield msgspec.structs.replace(each, file=each.file if number == 1 else f"{stem}-{number}.json")


def steps_of(
    resolved: Resolved,
    account: Account,
    cutoff: datetime | None,
    documents: tuple[PlannedDocument, ...],
    workloads: Workloads | None,
    expects: dict[Session, Effect],
) -> Iterator[Step]:
    """The steps in a safe order: what is done later would destroy what an earlier one needs, or be undone."""
    principal = resolved.principal
    yield from evidence(resolved, workloads)
    yield from by_organization(documents, account, cutoff, workloads)
    if isinstance(principal, User):
        yield from credentials_off(principal, account)
    yield from within_account(documents, account, cutoff, workloads)
    yield from closing(resolved, workloads)
    yield left_behind()
    if is_open(documents) or cutoff is not None:
        yield from _again(documents)
    yield from renewing(resolved, workloads)
    yield from verification(resolved, documents, expects, cutoff)
    checked = rotation([(each.id, each.region) for each in _renewed(resolved, workloads)])
    yield from () if checked is None else (checked,)
    yield from removing(documents, account)
    if isinstance(principal, User):
        yield from credentials_on(principal, account)


def _renewed(resolved: Resolved, workloads: Workloads | None) -> list[InstanceUse]:
    """The instances that need new credentials; of one that is suspected and told apart, that one alone."""
    if workloads is None:
        return []
    is_one = resolved.decided is not None and resolved.decided.plan == "one-instance"
    return suspected(resolved, workloads) if is_one else list(workloads.instances)


def _again(documents: Sequence[PlannedDocument]) -> Iterator[Step]:
    timed = [each for each in documents if "aws:TokenIssueTime" in each.placed.document]
    if timed:
        files = ", ".join(dict.fromkeys(each.file for each in timed))
        yield Step(
            phase="close",
            title="Revoke once more, now that the way is closed",
            why=(
                f"Run the commands by which {files} came into place again: sessions made meanwhile end with it. Where "
                "the cutoff is written in them, make the plan anew, with one of now."
            ),
        )


def notes_of(
    linked: RevocationSet | None, chosen: Chosen, left: int, spared: Sequence[str], unproven: Sequence[str]
) -> Iterator[str]:
    """What is to be known: what is left open, and why another document was not chosen.

    Args:
        linked: the roles to be revoked together.
        chosen: the documents.
        left: how many of the roles have no document here, since there are too many.
        spared: sentences on those that are never contained.
        unproven: sentences on those for which no document is proven.
    """
    yield from spared
    yield from unproven
    yield from (f"Not chosen: {each}" for each in chosen.rejected)
    if linked is None:
        return
    if left > 0:
        yield f"{left:,} further roles of the revocation set have no document here: plan each one."
    yield from (f"{each.arn} is reached, too: {each.reason} {each.alternative}" for each in linked.left_out[:_SHOWN])
    if linked.outside:
        shown = ", ".join(linked.outside[:5])
        yield f"It may assume roles of other accounts, which are revoked there: {shown}"
    yield from (f"Not read, and may hide a further role: {each}." for each in linked.unread[:_SHOWN])
    if (more := len(linked.left_out[_SHOWN:]) + len(linked.unread[_SHOWN:])) > 0:
        yield f"{more:,} more are not shown that are reached and cannot be edited, or were not read."
