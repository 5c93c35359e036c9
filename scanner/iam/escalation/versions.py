"""What principals held, or would hold, under another version of a managed policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from scanner.iam.documents import parse
from scanner.iam.escalation.landscape import Landscape
from scanner.iam.grants import extract
from scanner.iam.powers import Power
from scanner.iam.sources import Source
from scanner.inventory import Role, User


@dataclass(eq=False)
class Versions:
    """The versions of an account's managed policies that are not in force."""

    landscape: Landscape

    def others(self, policy: str, layer: Literal["identity", "boundary"]) -> Iterator[Source]:
        """The versions of a policy that are not in force."""
        managed = self.landscape.policies.managed.get(policy)
        for version in managed.versions if managed else ():
            if not version.is_default:
                yield Source(layer, f"policy {policy} at version {version.id}", parse(version.document))

    def rolled_back(self, power: Power) -> Iterator[tuple[str, Power]]:
        """The versions of a principal's own policies that give it more, each as the policy and what it holds then."""
        for source in power.sources:
            policy = source.name.rpartition("policy ")[2]
            if self.landscape.own_policies.bit(policy):
                for version in self.others(policy, "identity"):
                    changed = power.with_policy(source, version)
                    if gains(changed, power):
                        yield policy, changed

    @cached_property
    def holders(self) -> int:
        """The principals who hold a policy that has several versions, as a set."""
        found = 0
        for arn, policy in self.landscape.policies.managed.items():
            if len(policy.versions) > 1:
                found |= self.landscape.holders.get(arn, 0)
        return found

    @cached_property
    def former_administrators(self) -> int:
        """The principals who are administrators under another version of one policy, as a set."""
        return self.landscape.where(self._was_administrator) & self.holders

    @cached_property
    def _masks(self) -> dict[str, tuple[int, int]]:
        """For each policy of several versions what the others of them allow, and allow by leaving out."""
        found: dict[str, tuple[int, int]] = {}
        for arn, policy in self.landscape.policies.managed.items():
            if len(policy.versions) > 1 and self.landscape.own_policies.bit(arn):
                covered = leaves_out = 0
                for version in self.others(arn, "identity"):
                    each = extract(version.policy)
                    covered, leaves_out = covered | each.potential, leaves_out | each.leaves_out
                found[arn] = covered, leaves_out
        return found

    def _was_administrator(self, principal: User | Role) -> bool:
        power, probes = self.landscape.power(principal.arn), self.landscape.probes
        covered, leaves_out = power.covered, power.leaves_out
        for arn in self.landscape.held[principal.arn]:
            if arn in self._masks:
                covered, leaves_out = covered | self._masks[arn][0], leaves_out | self._masks[arn][1]
        # Masks tell it of nearly all principals, without making what each held.
        if covered & probes.needed != probes.needed and not leaves_out & probes.changing:
            return False
        return any(self.landscape.administration(changed) is not None for _, changed in self.rolled_back(power))


def gains(new: Power, old: Power) -> bool:
    """Whether a power may allow what another does not: a further action, or one on more than before."""
    if new.potential & ~old.potential:
        return True
    allowed = {grant.statement for each in old.extracts for grant in each.allows}
    kept = {grant.statement for each in new.extracts for grant in each.denies}
    fresh = 0
    for each in new.extracts:
        for grant in each.allows:
            fresh |= grant.mask if grant.statement not in allowed else 0
    for each in old.extracts:
        for grant in each.denies:
            fresh |= grant.mask if grant.statement not in kept else 0
    return bool(fresh & new.potential & ~old.unlimited)
