"""The plans of one incident: one for each principal, however many of its credentials are suspected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from guardrift.cli.suspects import Suspect
from policies.dispatch import Circumstances
from policies.planning import PHASES, Plan, make_plan
from policies.subjects import Subject
from scanner.inventory import Account

_OF_ONE_SESSION = {"revoke-instance", "revoke-session", "isolate-session"}
"""Templates whose policy has one name on a role, whichever session it denies."""

_OF_CREDENTIAL = ("evidence", "close", "renew", "verify")
"""Phases whose steps may be other ones for another credential of the same principal."""


def plans_of_incident(
    suspects: Iterable[Suspect],
    account: Account,
    circumstances: Callable[[Suspect], Circumstances],
    cutoff: datetime | None,
) -> list[Plan]:
    """The plans, in the order in which their principals were told; those that are refused each for itself."""
    found: dict[object, list[Plan]] = {}
    whole: dict[object, Circumstances] = {}
    for at, suspect in enumerate(suspects):
        known = circumstances(suspect)
        plan = make_plan(suspect.subject, account, known, cutoff=cutoff)
        principal = plan.principal if plan.verdict == "ready" and plan.unique_id else at
        found.setdefault(principal, []).append(plan)
        whole.setdefault(principal, known)
    return [plan for at, plans in found.items() for plan in _of_principal(plans, account, whole[at], cutoff)]


def _of_principal(
    plans: Sequence[Plan], account: Account, circumstances: Circumstances, cutoff: datetime | None
) -> list[Plan]:
    first, *further = plans
    if not further:
        return [first]
    if all(_puts(each) == _puts(first) for each in further):
        return [_both(first, further)]
    if not any(document.placed.template in _OF_ONE_SESSION for plan in plans for document in plan.documents):
        return list(plans)
    # A policy that names one session is overwritten by that of the next one, whose thief then gives the first back.
    subject = first.subject
    everybody = Subject(
        kind="role",
        account_id=account.account_id,
        name=subject.name,
        arn=first.principal,
        unique_id=first.unique_id,
        told_by=", ".join(dict.fromkeys(each.subject.told_by for each in plans if each.subject.told_by)),
    )
    again = make_plan(everybody, account, circumstances, cutoff=cutoff)
    return [_both(again, plans)] if again.verdict == "ready" else [again]


def _puts(plan: Plan) -> dict[tuple[str, str, str], str]:
    return {(each.placed.layer, each.placed.target, each.placed.name): each.placed.document for each in plan.documents}


def _both(first: Plan, further: Sequence[Plan]) -> Plan:
    """One plan for several credentials of one principal: what is saved, closed and verified for each of them."""
    steps = list(first.steps)
    for step in (step for plan in further for step in plan.steps if step.phase in _OF_CREDENTIAL):
        alike = [at for at, known in enumerate(steps) if (known.phase, known.title) == (step.phase, step.title)]
        there = {command for at in alike for command in steps[at].commands}
        more = tuple(command for command in step.commands if command not in there)
        if not alike:
            steps.append(step)
        elif more:
            known = steps[alike[-1]]
            steps[alike[-1]] = msgspec.structs.replace(known, commands=(*known.commands, *more))
    order = list(PHASES)
    told = [f"Suspected as well: {_named(each.subject)}." for each in further if each.subject != first.subject]
    return msgspec.structs.replace(
        first,
        steps=tuple(sorted(steps, key=lambda step: order.index(step.phase))),
        cannot_stop=tuple(dict.fromkeys(said for plan in (first, *further) for said in plan.cannot_stop)),
        notes=tuple(dict.fromkeys((*told, *(said for plan in (first, *further) for said in plan.notes)))),
    )


def _named(subject: Subject) -> str:
    parts = {"key": subject.access_key, "session": subject.session, "instance": subject.instance}
    named = ", ".join(f"{what} {value!r}" for what, value in parts.items() if value)
    return f"{named or subject.kind} ({subject.told_by or 'named by a person'})"
