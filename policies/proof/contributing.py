"""What each document of a containment does by itself: one that denies nothing of what was promised has a fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from policies.placed import Effect
from policies.proof.facts import Facts
from policies.proof.model import Who
from policies.proof.signers import Form, forms_of
from policies.proof.trials import Trial
from policies.proof.universal import denied


class Denying(msgspec.Struct, frozen=True):
    """What the documents do by themselves.

    Attributes:
        useless: those that deny nothing of what is promised, as sentences.
        has_scp: whether a service control policy denies some of it.
        is_by_organization: whether one denies all of it, so that nobody in the account lifts it.
    """

    useless: tuple[str, ...] = ()
    has_scp: bool = False
    is_by_organization: bool = False


def denying(trials: Sequence[Trial], promised: Mapping[Who, Effect], facts: Facts) -> Denying:
    """What each document does, taken by itself; trust policies deny nothing to sessions, and have their own claim."""
    denied_to = [who for who, effect in promised.items() if effect == "denied"]
    wanted = [(who, form) for who in denied_to for form in forms_of(who, facts)]
    if facts.mismatch() or not wanted:
        return Denying()
    useless: list[str] = []
    has_scp = is_whole = False
    for place, each in enumerate(trials[0].puts):
        if each.placed.layer == "trust":
            continue
        held = [_holds(trials, place, who, form, facts) for who, form in wanted]
        if not any(held):
            useless.append(f"{each.name} denies nothing of what was promised")
        elif each.placed.layer == "scp":
            has_scp, is_whole = True, is_whole or all(held)
    return Denying(tuple(useless), has_scp, is_whole)


def _holds(trials: Sequence[Trial], place: int, who: Who, form: Form, facts: Facts) -> bool:
    """Whether a document alone denies everything to a kind of credential, whenever it was issued."""
    return all(
        denied(trial.puts[place : place + 1], form, form.issued(at), facts).holds
        for trial in trials
        for at in trial.instants(who, "denied", form)
    )
