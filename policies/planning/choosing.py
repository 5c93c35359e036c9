"""Which documents hold a principal: the first of the decision table for which there is room, and which is proven."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from policies.cutoff import PLACEHOLDER
from policies.dispatch import Resolved
from policies.documents import named
from policies.documents.template import Template
from policies.documents.writing import NotWritable
from policies.documents.written import write
from policies.placed import Effect, Placed, Session
from policies.planning.placing import instance_and_region, place, values_of
from policies.proof import Proof, prove
from policies.subjects import Subject
from scanner.containment.credential_facts import BOUNDARY
from scanner.inventory import Account, Role

_SESSIONS: tuple[Session, ...] = ("old session", "new session", "long-term key")
_TOGETHER = frozenset({"revoke-instance", "revoke-session"})
_OF_ONE = frozenset({*_TOGETHER, "isolate-session"})
_TIME = re.compile(re.escape(PLACEHOLDER) + r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")


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
    decided = resolved.decided
    # A boundary needs neither characters nor a slot.
    last = (BOUNDARY,) if isinstance(resolved.principal, Role) and decided.plan == "one-instance" else ()
    for names in _attempts(decided.templates, (*decided.instead, *last)):
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


class Unproven(msgspec.Struct, frozen=True, kw_only=True):
    """Documents for which there is room, with their templates."""

    placed: tuple[Placed, ...]
    templates: tuple[Template, ...]


def written(
    names: Sequence[str], resolved: Resolved, account: Account, cutoff: datetime | None, others: Sequence[str] = ()
) -> Unproven | NoneHolds:
    """The documents of some templates, if they can be written and there is room for them; see ``attempt``."""
    placed: list[Placed] = []
    templates: list[Template] = []
    for name in names:
        template = named(name)
        try:
            texts = write(template, values_of(resolved, account, cutoff, others))
        except NotWritable as fault:
            return NoneHolds((f"{name}: {fault}.",))
        found = place(texts, resolved, account, placed)
        if isinstance(found, str):
            return NoneHolds((f"{name}: {found}",))
        held = next((each.name for each in found if name in _OF_ONE and _holds_another(each)), None)
        if held is not None:
            return NoneHolds(
                (f"{name}: the policy {held} is there already, for another session, which it would free.",)
            )
        placed += found
        templates += [template] * len(found)
    return Unproven(placed=tuple(placed), templates=tuple(templates))


def _holds_another(placed: Placed) -> bool:
    """Whether a policy of the name is there that says something else than the document, but for its time."""
    if placed.layer != "inline" or placed.previous is None:
        return False
    try:
        there, here = (msgspec.json.decode(_TIME.sub("", text)) for text in (placed.previous, placed.document))
    except msgspec.DecodeError:
        return True
    return bool(there != here)


def attempt(
    names: Sequence[str],
    resolved: Resolved,
    account: Account,
    cutoff: datetime | None,
    also: Sequence[Placed] = (),
    *,
    more: Sequence[Template] = (),
    others: Sequence[str] = (),
) -> Chosen | NoneHolds:
    """The documents of some templates, if they can be written, there is room for them, and they are proven.

    Args:
        names: of the templates.
        resolved: whom they are for.
        account: its account.
        cutoff: a concrete time; None where the commands compute it.
        also: documents that are in place before.
        more: the templates of these, whose promises are proven, too.
        others: ARNs of further principals that the same plan contains.
    """
    found = written(names, resolved, account, cutoff, others)
    if isinstance(found, NoneHolds):
        return found
    proof = prove(
        (*also, *found.placed),
        _suspected(resolved, account),
        resolved.principal,
        account,
        expects=expected([*found.templates, *more]),
        cutoff=cutoff,
        contained=others,
    )
    if not proof.is_proven:
        return NoneHolds((f"{' and '.join(names)}: not proven, {_failing(proof)}",))
    return Chosen(placed=found.placed, templates=found.templates, proof=proof)


def _suspected(resolved: Resolved, account: Account) -> Subject:
    """The subject, with the instance that the name of its session tells where EC2 alone gives such names."""
    subject = resolved.subject
    if resolved.decided is None or resolved.decided.plan != "one-instance":
        return subject
    instance, region = instance_and_region(subject, account)
    return msgspec.structs.replace(subject, instance=instance, region=region, session=resolved.session or instance)


def _failing(proof: Proof) -> str:
    failed = next((each for each in proof.claims if not each.holds), None)
    if failed is None:
        return "; ".join(proof.useless) or "nothing is claimed"
    return f"for {failed.who}: {failed.why}"


def expected(templates: Sequence[Template]) -> dict[Session, Effect]:
    """What the templates together promise of each signer: denied where one of them denies."""
    found: dict[Session, Effect] = {}
    for template in templates:
        for session in _SESSIONS:
            effect = template.effects.on(session) if template.effects else None
            if effect is not None and found.get(session) != "denied":
                found[session] = effect
    return found
