"""What a stolen access key alone is worth, where its user has to show a second factor."""

from __future__ import annotations

from functools import cache
from typing import Literal

from rules.identity.asking import MFA_KEYS, PROBE, WITH_A_KEY, granted_on, may
from scanner.iam.escalation.graph import graph_of
from scanner.iam.escalation.paths import paths_of
from scanner.iam.escalation.population import places
from scanner.iam.escalation.step import Step
from scanner.iam.grants import interest
from scanner.iam.lookup import NoSuchPrincipal
from scanner.iam.methods import escalation_catalogue
from scanner.iam.powers import Power
from scanner.iam.questions import questions_of
from scanner.inventory import Account, User

_MOST_ASKED = 200

SecondFactor = Literal["not needed", "needed", "registered by the key"]


def second_factor(user: User, account: Account) -> SecondFactor:
    """Whether the user becomes an administrator only with MFA, which a request with an access key does not carry.

    Who may register a device without MFA registers one of his own, and makes a session with it by GetSessionToken.
    """
    power = graph_of(account).landscape.power(user.arn)
    if _reaches_without(user, power, account):
        return "not needed"
    return "registered by the key" if _registers(user, power, account) else "needed"


def _reaches_without(user: User, power: Power, account: Account) -> bool:
    graph = graph_of(account)
    at = graph.place(user.arn)
    if at in graph.administrations:
        extracts = (*power.extracts, *((power.bound,) if power.bound else ()))
        if not any(each.keys & MFA_KEYS for each in extracts):
            return True
        # A role that names the user in its trust policy asks nothing of the policies of the user.
        return _assumes_bare(power, account) or any(
            all(_may_bare(action, power, account) for action in actions) for actions in _leading()
        )
    found = paths_of(account).escalation(user.arn)
    return (
        found is None or bool(found.others) or not all(_needs_mfa(path.steps[0], user, account) for path in found.paths)
    )


@cache
def _leading() -> tuple[tuple[str, ...], ...]:
    """The ways of the catalogue to another principal or to more rights, each as its actions."""
    ways = (way for method in escalation_catalogue().methods for way in method.ways)
    actions = {tuple(sorted({act.action for act in way})) for way in ways}
    # What registers a device of MFA is asked about on its own.
    return tuple(sorted(way for way in actions if "iam:EnableMFADevice" not in way))


def _may_bare(action: str, power: Power, account: Account) -> bool:
    facet = power.facet(interest().bits[action.lower()])
    if not facet.allows:
        return False
    if not facet.keys & MFA_KEYS:
        return True
    if action == "sts:AssumeRole":
        return _assumes_bare(power, account)
    prefix = f"arn:{account.partition}:"
    named = (
        f"{prefix}{action.partition(':')[0]}:{region}:{owner}:{tail}"
        for region, owner, tail in granted_on(power, action)
    )
    resources = dict.fromkeys(("*", power.caller.arn, *(each.replace("*", PROBE) for each in named)))
    return may(power, (action,), tuple(resources), account, absent=WITH_A_KEY).verdict != "no"


def _assumes_bare(power: Power, account: Account) -> bool:
    """Whether the key alone assumes a role that leads to an administrator."""
    graph = graph_of(account)
    leading = graph.reaching & graph.landscape.roles
    if leading.bit_count() > _MOST_ASKED:
        return True
    ask = questions_of(account).ask
    user = power.caller.arn
    roles = (graph.arn(at) for at in places(leading))
    return any(ask(user, "sts:AssumeRole", role, absent=WITH_A_KEY).decision != "no" for role in roles)


def _needs_mfa(step: Step, user: User, account: Account) -> bool:
    """Whether the evaluator allows a step, and refuses it once the request carries no sign of MFA."""
    return bool(step.conditions) and any(_hangs_on_mfa(action, step.target, user, account) for action in step.actions)


def _hangs_on_mfa(action: str, target: str, user: User, account: Account) -> bool:
    questions = questions_of(account)
    for resource in (target, "*"):
        try:
            with_all = questions.ask(user.arn, action, resource)
            bare = questions.ask(user.arn, action, resource, absent=WITH_A_KEY)
        except NoSuchPrincipal:
            return False
        if with_all.decision != "no":
            return bare.decision == "no"
    return False


def _registers(user: User, power: Power, account: Account) -> bool:
    device = f"arn:{account.partition}:iam::{account.account_id}:mfa/"
    names = tuple(dict.fromkeys(device + name for name in (user.name, PROBE)))
    return (
        may(power, ("iam:CreateVirtualMFADevice",), names, account, absent=WITH_A_KEY).verdict == "yes"
        and may(power, ("iam:EnableMFADevice",), (user.arn,), account, absent=WITH_A_KEY).verdict == "yes"
    )
