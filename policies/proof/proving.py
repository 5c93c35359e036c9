"""Prove a containment: every claim of a plan, by the statements of its documents and by decisions of the evaluator."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import get_args

import msgspec

from policies.cutoff import PLACEHOLDER, format_instant
from policies.placed import Effect, Placed, Session
from policies.proof import sampling
from policies.proof.beyond import beyond
from policies.proof.contributing import denying
from policies.proof.counterexamples import alive, touched
from policies.proof.facts import Facts
from policies.proof.model import Claim, Proof, Who
from policies.proof.sharing import shared
from policies.proof.signers import Form, forms_of
from policies.proof.trials import NEW, Trial, trials
from policies.proof.trust import frozen
from policies.proof.undoing import undoing
from policies.proof.universal import Verdict, denied, unchanged
from policies.subjects import Subject
from scanner.inventory import Account, Role, User

_ALWAYS: dict[Who, Effect] = {"another principal": "as before", "service-linked role": "as before"}
_NO_SUCH = "The principal has no such credential."


def prove(
    placed: Sequence[Placed],
    subject: Subject,
    principal: Role | User | None,
    account: Account,
    *,
    expects: Mapping[Session, Effect] | Mapping[Who, Effect],
    cutoff: datetime | None = None,
    spared: Collection[str] = (),
    contained: Collection[str] = (),
) -> Proof:
    """Prove what a plan promises of its documents, were they in place.

    Args:
        placed: the documents.
        subject: what is known of the suspected credential.
        principal: the user or role that it is of; None for root users, people and principals of other accounts.
        account: the account that is affected.
        expects: what the plan promises of each signer. That other principals and service-linked roles are left as they
            were is claimed besides, and where a trust policy is among the documents that nobody gets a new session.
        cutoff: the moment before which every session must be dead; without one the documents hold ``${CUTOFF}``.
        spared: ARNs of principals that documents may leave out, such as the responder.
        contained: ARNs of other principals that the same plan contains.
    """
    follows_chains = any('"aws:sourceidentity"' in each.document.lower() for each in placed)
    facts = Facts(subject, principal, account, follows_chains, frozenset(contained), frozenset(spared))
    tried = trials(placed, facts, cutoff)
    prover = _Prover(facts, tried)
    promised: dict[Who, Effect] = {**_ALWAYS, **expects}  # type: ignore[dict-item]  # every Session is a Who
    claims = tuple(prover.claims(promised))
    alone = denying(tried, promised, facts)
    ways, unknown = ((), "") if alone.is_by_organization else undoing(tried[0].puts, facts)
    return Proof(
        is_proven=bool(expects) and all(claim.holds for claim in claims) and not alone.useless,
        claims=claims,
        cutoff=format_instant(cutoff) if cutoff is not None else PLACEHOLDER,
        useless=alone.useless,
        undoable=ways,
        needs_scp_first=bool(ways) and not alone.has_scp,
        undoing_unknown=unknown,
        sampled=prover.sampled,
        beyond=beyond(placed, facts),
    )


class _Prover:
    """The claims about one containment; ``sampled`` counts the decisions that were asked."""

    def __init__(self, facts: Facts, tried: Sequence[Trial]) -> None:
        self._facts = facts
        self._tried = tried
        self._closed = frozen(tried[0].puts, facts)
        self.sampled = 0

    def claims(self, promised: Mapping[Who, Effect]) -> Iterator[Claim]:
        """Every claim, in the order of ``Who``."""
        fault = self._facts.mismatch()
        for who in get_args(Who):
            if who == "whoever assumes the role" and self._closed is not None:
                yield _claim(who, "denied", None, Verdict(False, fault) if fault else self._closed)
            elif who in promised and fault:
                yield Claim(who=who, expected=promised[who], holds=False, why=fault)
            elif who in promised:
                yield from self._about(who, promised[who])

    def _about(self, who: Who, effect: Effect) -> Iterator[Claim]:
        forms = forms_of(who, self._facts)
        if not forms:
            # A session that nobody can describe is not proven.
            yield Claim(who=who, expected=effect, holds=who == "long-term key", why=_NO_SUCH)
        for form in forms:
            yield self._of_form(who, effect, form)

    def _of_form(self, who: Who, effect: Effect, form: Form) -> Claim:
        """The claim at every cutoff and every issue time; the first that fails, if one does."""
        if who in NEW and effect == "denied" and form.is_own and self._closed is not None and self._closed.holds:
            return _claim(who, effect, form, self._closed)
        held: Claim | None = None
        for trial in self._tried:
            locked = trial.locked_out(who, effect)
            if locked:
                return _claim(who, effect, form, Verdict(False, locked))
            times = trial.instants(who, effect, form)
            nearest = min(times, key=lambda at: abs(at - trial.era.cutoff) if at else timedelta())
            for at in times:
                claim = self._at(who, effect, form, trial, at)
                if claim.holds and trial is self._tried[0] and at == nearest:
                    claim = self._sampled(claim, form, trial, at)
                if not claim.holds:
                    return _symbolic(claim, trial)
                held = held or _symbolic(claim, trial)
        return held or _claim(who, effect, form, Verdict(False, "There is no time at which it could be asked."))

    def _at(self, who: Who, effect: Effect, form: Form, trial: Trial, at: datetime | None) -> Claim:
        """The claim at one issue time."""
        context, facts, puts = form.issued(at), self._facts, trial.puts
        is_denied = effect == "denied"
        verdict = (denied if is_denied else unchanged)(puts, form, context, facts)
        if who == "another principal" and verdict.holds:
            verdict = shared(puts, facts) or verdict
        if verdict.holds:
            return _claim(who, effect, form, verdict)
        if at is not None and verdict.statement is not None:
            why = f"{verdict.why} (a session issued {trial.when(at)})"
            verdict = msgspec.structs.replace(verdict, why=why)
        example = (alive if is_denied else touched)(puts, form, context, facts)
        if example is not None and trial.era.text:
            example = msgspec.structs.replace(example, cutoff=trial.era.text)
        return msgspec.structs.replace(_claim(who, effect, form, verdict), counterexample=example)

    def _sampled(self, claim: Claim, form: Form, trial: Trial, at: datetime | None) -> Claim:
        """The claim, unless a decision of the evaluator says otherwise."""
        ask = sampling.refused if claim.expected == "denied" else sampling.as_before
        asked, otherwise = ask(trial.puts, form, form.issued(at), self._facts)
        self.sampled += asked
        if otherwise is None:
            return claim
        why = f"{otherwise.action} on {otherwise.resource} is decided otherwise: {otherwise.reason}"
        return _claim(claim.who, claim.expected, form, Verdict(False, why))


def _symbolic(claim: Claim, trial: Trial) -> Claim:
    """A claim in whose sentence the placeholder stands again."""
    text = trial.era.text
    return msgspec.structs.replace(claim, why=claim.why.replace(text, PLACEHOLDER)) if text else claim


def _claim(who: Who, effect: Effect, form: Form | None, verdict: Verdict) -> Claim:
    return Claim(
        who=who,
        form=form.name if form is not None else "",
        expected=effect,
        holds=verdict.holds,
        why=verdict.why,
        policy=verdict.put.name if verdict.put is not None else "",
        statement=verdict.statement.index if verdict.statement is not None else None,
    )
