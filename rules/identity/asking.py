"""Whether a principal may do what lies outside the actions of the escalation catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from scanner.containment.organization import scps_in_force
from scanner.iam.documents import Policy
from scanner.iam.evaluation import decide
from scanner.iam.formula import Verdict
from scanner.iam.matching import covers_action
from scanner.iam.powers import Power
from scanner.iam.request import Policies, Request
from scanner.inventory import Account

PROBE = "guardrift-probe-4c1f"
"""What stands where a policy has a wildcard."""

MFA_KEYS = frozenset({"aws:multifactorauthpresent", "aws:multifactorauthage"})
"""The keys that tell of a second factor."""

WITH_A_KEY = MFA_KEYS | {"aws:tokenissuetime"}
"""What a request does not carry that is signed with a long-term key."""

_BEST: tuple[Verdict, ...] = ("yes", "only_if", "no")


class May(msgspec.Struct, frozen=True):
    """Whether a principal may do something.

    Attributes:
        verdict: by what was read.
        resource: on what.
        conditions: on what it hangs, as clauses that follow "only if".
        assumed: what is taken as restricting nothing, since it was not read.
    """

    verdict: Verdict
    resource: str
    conditions: tuple[str, ...] = ()
    assumed: str = ""

    @property
    def only_if(self) -> str:
        """The conditions as the end of a sentence; empty where it hangs on nothing."""
        return f", only if {' and '.join(self.conditions)}" if self.conditions else ""

    @property
    def evidence(self) -> dict[str, object]:
        """All of it but the verdict, as evidence."""
        return {
            "resource": self.resource,
            "conditions": list(self.conditions),
            **({"assumed": self.assumed} if self.assumed else {}),
        }


def may(
    power: Power,
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    account: Account,
    absent: frozenset[str] = frozenset(),
) -> May:
    """Whether all of the actions are allowed on one of the resources.

    What contains an incident is left out, since it will be removed. Service control policies count as far as they were
    collected.
    """
    if not all(is_granted(power, action) for action in actions):
        return May("no", resources[0])
    scps = scps_in_force(account)
    assumed = "no service control policy denies it" if scps is None and not power.caller.is_service_linked else ""
    own = Policies(identity=power.sources, boundary=power.boundary, scps=scps, resource_is_known=True)
    context = power.caller.context.with_request({"aws:resourceaccount": (account.account_id,)}, absent)
    best = May("no", resources[0])
    for resource in resources:
        decisions = [decide(Request(power.caller, action, resource, context), own) for action in actions]
        verdict = max((each.decision for each in decisions), key=_BEST.index)
        if _BEST.index(verdict) < _BEST.index(best.verdict):
            texts = dict.fromkeys(provision.text for each in decisions for provision in each.conditions)
            best = May(verdict, resource, tuple(texts), assumed)
        if verdict == "yes":
            break
    return best


_MOST_KNOWN = 65_536
_granting: dict[tuple[int, str], tuple[Policy, bool]] = {}


def is_granted(power: Power, action: str) -> bool:
    """Whether some Allow statement speaks of an action at all; most principals have none that does."""
    return any(_grants(source.policy, action) for source in power.sources)


def _grants(policy: Policy, action: str) -> bool:
    # Policies are parsed once for each text, so that they are told apart by identity.
    known = _granting.get((id(policy), action))
    if known is None or known[0] is not policy:
        if len(_granting) >= _MOST_KNOWN:
            _granting.clear()
        found = any(each.allows and covers_action(each, action) for each in policy.statements)
        known = _granting[id(policy), action] = policy, found
    return known[1]


def granted_on(power: Power, action: str) -> Iterator[tuple[str, str, str]]:
    """Region, account and tail of the resources on which Allow statements grant an action, wildcards and all."""
    for source in power.sources:
        for statement in source.policy.statements:
            if statement.allows and covers_action(statement, action):
                parts = (pattern.split(":", 5) for pattern in statement.resources)
                yield from ((each[3], each[4], each[5]) for each in parts if len(each) == 6)
