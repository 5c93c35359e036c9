"""Which documents hold a principal: the first of the decision table for which there is room, and which is proven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from policies.cutoff import PLACEHOLDER, format_instant
from policies.dispatch import Resolved
from policies.dispatch.deciding import instance_of
from policies.documents import named
from policies.documents.template import Template
from policies.documents.writing import NotWritable
from policies.documents.written import Values, Written, write
from policies.placed import Effect, Placed, Session
from policies.proof import Proof, prove
from scanner.containment import inline_headroom, managed_slots
from scanner.containment.instances import locate
from scanner.inventory import Account, Role, Undetermined, User

_SESSIONS: tuple[Session, ...] = ("old session", "new session", "long-term key")
_TOGETHER = frozenset({"revoke-instance", "revoke-session"})


_ANY_PERMISSION_SET = "arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-0000000000000000"
"""Stands for the permission set, whose id the account does not tell: the commands take it from the shell."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Documents for one principal, with their proof.

    Attributes:
        templates: their templates, in the order of the documents.
        rejected: what was tried before, and why it would not do, as sentences.
    """

    placed: tuple[Placed, ...]
    templates: tuple[Template, ...]
    proof: Proof
    rejected: tuple[str, ...] = ()


class NoneHolds(msgspec.Struct, frozen=True):
    """No document holds the principal; why each that was tried would not do, as sentences."""

    reasons: tuple[str, ...]


def choose(
    resolved: Resolved, account: Account, cutoff: datetime | None, *, also: Sequence[Placed] = ()
) -> Chosen | NoneHolds:
    """The documents for a subject that was found.

    Args:
        resolved: whom it is, and the row of the decision table.
        account: its account.
        cutoff: a concrete time; None where the commands compute it.
        also: documents that are in place before.
    """
    if resolved.decided is None:
        return NoneHolds(("It is not known whom to contain.",))
    rejected: list[str] = []
    for names in _attempts(resolved.decided.templates, resolved.decided.instead):
        found = attempt(names, resolved, account, cutoff, also)
        if isinstance(found, Chosen):
            return msgspec.structs.replace(found, rejected=tuple(rejected))
        rejected += found.reasons
    return NoneHolds(tuple(rejected))


def _attempts(first: Sequence[str], instead: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Sets of templates, in their order; two of one instance belong together."""
    if first:
        yield tuple(first) if set(first) <= _TOGETHER else tuple(first[:1])
    for name in (*([] if set(first) <= _TOGETHER else first[1:]), *instead):
        yield (name,)


def attempt(
    names: Sequence[str], resolved: Resolved, account: Account, cutoff: datetime | None, also: Sequence[Placed] = ()
) -> Chosen | NoneHolds:
    """The documents of some templates, if they can be written, there is room for them, and they are proven."""
    placed: list[Placed] = []
    templates: list[Template] = []
    for name in names:
        template = named(name)
        try:
            written = write(template, values_of(resolved, account, cutoff))
        except NotWritable as fault:
            return NoneHolds((f"{name}: {fault}.",))
        found = _placed(written, resolved, account)
        if isinstance(found, str):
            return NoneHolds((f"{name}: {found}",))
        placed += found
        templates += [template] * len(found)
    proof = prove(
        (*also, *placed), resolved.subject, resolved.principal, account, expects=expected(templates), cutoff=cutoff
    )
    if not proof.is_proven:
        failed = next((each for each in proof.claims if not each.holds), None)
        why = f"for {failed.who}: {failed.why}" if failed else "nothing is claimed"
        return NoneHolds((f"{' and '.join(names)}: not proven, {why}",))
    return Chosen(placed=tuple(placed), templates=tuple(templates), proof=proof)


def expected(templates: Sequence[Template]) -> dict[Session, Effect]:
    """What the templates together promise of each signer: denied where one of them denies."""
    found: dict[Session, Effect] = {}
    for template in templates:
        for session in _SESSIONS:
            effect = template.effects.on(session) if template.effects else None
            if effect is not None and found.get(session) != "denied":
                found[session] = effect
    return found


def values_of(resolved: Resolved, account: Account, cutoff: datetime | None) -> Values:
    """What templates are filled in with for a subject."""
    principal, subject = resolved.principal, resolved.subject
    instance = instance_of(subject)
    region = subject.region or _region_of(instance, account)
    is_told = instance is not None and region is not None
    return Values(
        role=principal if isinstance(principal, Role) else None,
        user=principal if isinstance(principal, User) else None,
        session=resolved.session or "",
        instance=f"arn:{account.partition}:ec2:{region}:{account.account_id}:instance/{instance}" if is_told else "",
        principals=(resolved.arn,) if resolved.arn else (),
        account_id=subject.account_id or "" if subject.kind == "foreign-account" else "",
        source_identity=subject.source_identity or "",
        user_id=subject.user_id or "",
        cutoff=format_instant(cutoff) if cutoff is not None else PLACEHOLDER,
        partition=account.partition,
    )


def _region_of(instance: str | None, account: Account) -> str | None:
    if instance is None:
        return None
    try:
        found = locate(instance, account)
    except Undetermined:
        return None
    return None if found is None else found.region


def _placed(written: Sequence[Written], resolved: Resolved, account: Account) -> list[Placed] | str:
    """The documents in their places; why not where there is no room."""
    found = []
    for each in written:
        layer, name = each.layer, each.name
        if layer == "inline" and resolved.principal is not None:
            room = inline_headroom(resolved.principal, each.name)
            if not room.fits(each.document.replace(PLACEHOLDER, "2026-11-20T23:00:00Z")):
                if not managed_slots(resolved.principal, account).free:
                    return "There is neither room for an inline policy nor a slot for a managed one."
                layer, name = "managed", f"ir-{each.template}-{resolved.principal.name}"[:128]
        if layer in ("declarative policy", "stack"):
            return "It contains nothing by itself."
        is_own = layer in ("inline", "managed", "boundary", "trust")
        target = (each.target or resolved.arn or "") if is_own else account.account_id
        if layer == "permission set":
            target = _ANY_PERMISSION_SET
        found.append(
            Placed(
                template=each.template,
                layer=layer,  # type: ignore[arg-type]  # the two that act nowhere were refused above
                target=target,
                name=name,
                document=each.document,
                previous=_there(resolved, layer, name) if each.previous is None else each.previous,
            )
        )
    return found


def _there(resolved: Resolved, layer: str, name: str) -> str | None:
    """The inline policy of that name that is there already, to be put back."""
    if layer != "inline" or resolved.principal is None:
        return None
    return next((bytes(each.document).decode() for each in resolved.principal.inline if each.name == name), None)
