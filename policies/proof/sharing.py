"""Managed policies that others carry, too: a new version of one reaches them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policies.proof.facts import Facts
from policies.proof.putting import Put
from policies.proof.universal import Verdict
from scanner.iam.remembered import Remembered
from scanner.iam.sources import name_at_aws
from scanner.inventory import Account, Gap, ManagedPolicy


def shared(puts: Sequence[Put], facts: Facts) -> Verdict | None:
    """A document that would be a new version of a policy which others carry; None where there is none."""
    for each in puts:
        if each.placed.layer not in ("managed", "boundary") or name_at_aws(each.placed.name) is not None:
            continue
        held = _by_name.of(facts.account)
        if held is None:
            continue
        policy = held.get(each.placed.name)
        others = policy.attachments + policy.boundary_uses - _carried(facts, policy) if policy is not None else 0
        if others > 0:
            return Verdict(False, f"{each.name} exists, and {others} others carry it", each)
    return None


def _carried(facts: Facts, policy: ManagedPolicy) -> int:
    """How often the principal itself carries it."""
    principal = facts.principal
    if principal is None:
        return 0
    return (principal.boundary == policy.arn) + any(each.arn == policy.arn for each in principal.attached)


def _named(account: Account) -> Mapping[str, ManagedPolicy] | None:
    """Managed policies of the account by name and by ARN; None where they were not collected."""
    if isinstance(account.policies, Gap):
        return None
    own = [policy for policy in account.policies if name_at_aws(policy.arn) is None]
    return {policy.name: policy for policy in own} | {policy.arn: policy for policy in own}


_by_name = Remembered(_named, most=2)
