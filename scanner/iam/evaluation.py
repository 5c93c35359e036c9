"""AWS's order of evaluation, over every layer of policies, for one request.

Source: "Policy evaluation logic" and "Cross-account policy evaluation logic" in the IAM User Guide; for resource
control policies, "Resource control policies" in the AWS Organizations User Guide; for keys, "Key policies in AWS KMS".
"""

from __future__ import annotations

from scanner.iam.decision import Decision
from scanner.iam.explanation import explain
from scanner.iam.formula import Formula, verdict
from scanner.iam.request import Policies, Request
from scanner.iam.tally import Applying, Tally, take, unread

Gates = tuple[tuple[Applying, ...], ...]
"""What must all let a request pass: of each, one statement has to apply."""


def decide(request: Request, policies: Policies) -> Decision:
    """Whether the request is allowed, and which statements and conditions decide it."""
    tally = take(request, policies)
    ways = ways_of(request, policies, tally)
    return explain(request, policies, tally, ways, verdict(_formula(tally, ways)))


def _formula(tally: Tally, ways: tuple[Gates, ...]) -> Formula:
    return Formula(
        denies=tuple(applying.clause for applying in tally.denies),
        alternatives=tuple(tuple(tuple(each.clause for each in gate) for gate in gates) for gates in ways),
    )


def ways_of(request: Request, policies: Policies, tally: Tally) -> tuple[Gates, ...]:
    """The ways by which the request can be allowed, as far as no Deny applies; of each, all gates must be passed."""
    limits: Gates = ()
    if policies.scps and not request.caller.is_service_linked:
        limits = tuple(tally.allowing("scp", level) for level in range(len(policies.scps)))
    ways = _of_root(request, policies, tally) if request.caller.kind == "root" else _of_others(request, policies, tally)
    return tuple((*limits, *way) for way in ways)


def _of_root(request: Request, policies: Policies, tally: Tally) -> tuple[Gates, ...]:
    """The root user needs no policy of its own, and cannot assume a role."""
    if request.action.lower().startswith("sts:assumerole"):
        return ()
    if _is_foreign(request, policies):
        return (_there(policies, tally),)
    if _needs_resource_policy(request, policies):
        return ((tally.granting("final", "role", "delegation"),),)
    return ((),)


def _of_others(request: Request, policies: Policies, tally: Tally) -> tuple[Gates, ...]:
    identity = (*tally.allowing("identity"), *(unread("identity", what) for what in policies.unread_identity))
    caps: Gates = ()
    if policies.boundary is not None:
        caps += (tally.allowing("boundary"),)
    if policies.session is not None:
        caps += (tally.allowing("session_policy"),)
    elif request.caller.kind == "federated":
        # Without a session policy a federated user has only what a resource policy gives to it by name.
        caps += ((),)
    if _is_foreign(request, policies):
        return ((identity, *caps, *_there(policies, tally)),)
    final: Gates = ((*tally.granting("final"), *_unread_resource(policies)),)
    role: Gates = (tally.granting("role"), *caps)
    if _needs_resource_policy(request, policies):
        return final, role, (tally.granting("delegation"), identity, *caps)
    return final, role, (identity, *caps)


def _there(policies: Policies, tally: Tally) -> Gates:
    """The other account's half of a decision across accounts."""
    if policies.resource is None and not policies.resource_is_known:
        what = f"the policy of the resource, in account {policies.resource_account}, was not collected"
        return ((unread("resource_policy", what),),)
    return ((*tally.granting("final", "role", "delegation"), *_unread_resource(policies)),)


def _unread_resource(policies: Policies) -> tuple[Applying, ...]:
    return (unread("resource_policy", policies.unread_resource),) if policies.unread_resource else ()


def _is_foreign(request: Request, policies: Policies) -> bool:
    return bool(policies.resource_account) and policies.resource_account != request.caller.account_id


def _needs_resource_policy(request: Request, policies: Policies) -> bool:
    """Whether nothing is allowed unless the policy of the resource says so: trust policies, and those of KMS keys."""
    if policies.resource is None and not policies.resource_is_known:
        return False
    is_of_key = request.action.lower().startswith("kms:") and ":key/" in request.resource
    return is_of_key or request.is_of_trust
