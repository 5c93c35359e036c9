"""Documents in their places: what each adds and takes away, whom it reaches, and why it might not come into force.

Source: "Policy evaluation logic" and "Permissions boundaries for IAM entities" in the IAM User Guide; "Service control
policies" and "Resource control policies" in the AWS Organizations User Guide.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from policies.cutoff import PLACEHOLDER
from policies.placed import Layer, Placed
from policies.proof.facts import Facts
from policies.proof.grammar import read
from policies.proof.organization import why_not_there
from policies.proof.signers import Form, is_session_of_permission_set
from policies.proof.times import Era, is_only_ordered
from scanner.containment import NotRevocable, revocability
from scanner.iam.decision import Layer as Kind
from scanner.iam.documents import Policy, Statement, parse
from scanner.iam.sources import AccountPolicies, Source, policies_of
from scanner.inventory import Role, Undetermined, User

KINDS: dict[Layer, Kind] = {
    "inline": "identity",
    "managed": "identity",
    "permission set": "identity",
    "boundary": "boundary",
    "trust": "resource_policy",
    "scp": "scp",
    "rcp": "rcp",
}
OF_PRINCIPAL: frozenset[Layer] = frozenset({"inline", "managed", "boundary", "trust"})


class Put(msgspec.Struct, frozen=True, eq=False):
    """One document in its place.

    Attributes:
        source: the document as the evaluator reads it.
        before: the document of which it takes the place; None where there was none.
        unread: why it is not known what it takes the place of, or empty.
        broken: why it would be refused, or lies on somebody else; empty where nothing stands against it.
        idle: why it certainly does nothing, or why that is not known.
        may_act: whether it acts in spite of what ``idle`` says, as far as anybody knows.
    """

    placed: Placed
    source: Source
    before: Policy | None = None
    unread: str = ""
    broken: str = ""
    idle: str = ""
    may_act: bool = True

    @property
    def policy(self) -> Policy:
        """The document."""
        return self.source.policy

    @property
    def name(self) -> str:
        """The document, for people."""
        return self.source.name

    def changed(self) -> tuple[tuple[Statement, bool], ...]:
        """Statements that come or go, each with whether ``${`` is a variable in its document."""
        if self.before is None:
            return tuple((each, self.source.has_variables) for each in self.policy.statements)
        old, new = _meanings(self.before), _meanings(self.policy)
        was = self.before.version != "2008-10-17"
        same = was == self.source.has_variables
        come = [
            each for each, meaning in zip(self.policy.statements, new, strict=True) if meaning not in old or not same
        ]
        gone = [
            each for each, meaning in zip(self.before.statements, old, strict=True) if meaning not in new or not same
        ]
        return (*((each, self.source.has_variables) for each in come), *((each, was) for each in gone))

    def reaches(self, form: Form, facts: Facts) -> bool:
        """Whether the document has a say in requests of a signer, trust policies left aside."""
        layer = self.placed.layer
        if layer == "trust" or self.broken:
            return False
        if layer == "scp":
            return form.caller.account_id == facts.account.account_id and not form.caller.is_service_linked
        if layer == "rcp":
            return not form.caller.is_service_linked
        if layer == "permission set":
            return is_session_of_permission_set(form, facts)
        return form.is_own


def _meanings(policy: Policy) -> list[Statement]:
    """Statements without what tells their place and their name alone."""
    return [msgspec.structs.replace(each, index=0, sid="") for each in policy.statements]


def put(placed: Placed, facts: Facts, era: Era) -> Put:
    """A document in its place, with the cutoff in it."""
    written = read(placed.document, placed.layer)[0] if era.text and PLACEHOLDER in placed.document else None
    text = placed.document.replace(PLACEHOLDER, era.text) if era.text else placed.document
    policy, fault = read(text, placed.layer)
    broken = fault or _misplaced(placed, facts)
    if not broken and written is not None and not is_only_ordered(placed, written.statements):
        broken = f"{PLACEHOLDER} stands for something else than the time at which a session was issued"
    before: Policy | Undetermined | None = None
    if not broken and placed.layer == "permission set" and placed.previous:
        before = read(placed.previous, placed.layer)[0]
    elif not broken and facts.principal is not None and placed.layer in OF_PRINCIPAL:
        before = _before(placed, facts.principal, policies_of(facts.account))
    unread = ""
    if isinstance(before, Undetermined):
        unread, before = before.reason, None
    idle, may_act = ("", True) if broken else why_not_there(placed.layer, facts)
    source = Source(KINDS[placed.layer], _named(placed), policy)
    return Put(placed, source, before, unread, broken, idle, may_act)


def _named(placed: Placed) -> str:
    return f"{placed.layer} policy {placed.name}" if placed.name else f"{placed.layer} policy of {placed.target}"


def _misplaced(placed: Placed, facts: Facts) -> str:
    """Why a document cannot be put where it is meant to be."""
    principal, layer = facts.principal, placed.layer
    if layer in ("scp", "rcp"):
        own = placed.target == facts.account.account_id
        return "" if own else f"it is put on {placed.target}, which is not the account of the principal"
    if layer == "permission set":
        return "" if ":permissionSet/" in placed.target else f"{placed.target} is no permission set"
    if principal is None or placed.target != principal.arn:
        return f"it is put on {placed.target}, which is not the principal"
    if layer == "trust" and isinstance(principal, User):
        return "a user has no trust policy"
    verdict = revocability(principal) if isinstance(principal, Role) else None
    return verdict.reason if isinstance(verdict, NotRevocable) else ""


def _before(placed: Placed, principal: Role | User, held: AccountPolicies) -> Policy | Undetermined | None:
    """The document of which a new one takes the place."""
    if placed.layer == "trust":
        return parse(principal.trust) if isinstance(principal, Role) else None
    if placed.layer == "inline":
        return next((parse(each.document) for each in principal.inline if each.name == placed.name), None)
    if placed.layer == "boundary":
        return _default(principal.boundary, held) if principal.boundary is not None else None
    attached = [each.arn for each in principal.attached if placed.name in (each.arn, each.name)]
    return _default(attached[0], held) if attached else None


def _default(arn: str, held: AccountPolicies) -> Policy | Undetermined:
    document = held.default_document(arn)
    return document if isinstance(document, Undetermined) else parse(document)


def put_all(placed: Sequence[Placed], facts: Facts, era: Era) -> tuple[Put, ...]:
    """All documents in their places."""
    return tuple(put(each, facts, era) for each in placed)
