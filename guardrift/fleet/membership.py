"""What the organization means for one of its accounts: where it hangs, and which policies reach it."""

from __future__ import annotations

import msgspec

from scanner.inventory import Gap, OrganizationalUnit, OrganizationFacts, OrganizationPolicy, OrganizationTree

OF_EACH_ACCOUNT = frozenset({"declarative_ec2", "read_in"})
"""The facts of an organization that differ from account to account."""


def path_to(facts: OrganizationFacts, account_id: str) -> tuple[str, ...] | None:
    """The ids of the root and of the units above an account; None where that is not known."""
    if isinstance(facts.accounts, Gap) or isinstance(facts.tree, Gap) or facts.tree is None:
        return None
    place = next((account.parent for account in facts.accounts if account.id == account_id), None)
    roots = {root.id for root in facts.tree.roots}
    units = {} if isinstance(facts.tree.units, Gap) else {unit.id: unit for unit in facts.tree.units}
    path: list[str] = []
    while place is not None and place not in roots:
        if place not in units or place in path:
            return None
        path.append(place)
        place = units[place].parent
    return None if place is None else (place, *reversed(path))


def place_of(facts: OrganizationFacts, account_id: str) -> tuple[str, ...]:
    """The names of the root and of the units above an account; empty where that is not known."""
    path = path_to(facts, account_id)
    if path is None or isinstance(facts.tree, Gap) or facts.tree is None:
        return ()
    names = {root.id: root.name or root.id for root in facts.tree.roots}
    names |= {unit.id: unit.name for unit in _units(facts.tree)}
    return tuple(names[one] for one in path)


def as_seen_by(facts: OrganizationFacts, account_id: str) -> OrganizationFacts:
    """The facts of the organization without what does not reach an account: other units, and policies of others.

    The list of accounts stays whole, since whoever trusts another account must know whether it is one of them. Where it
    is not known where the account hangs, every policy may reach it, and all stay.
    """
    path = path_to(facts, account_id)
    if path is None or isinstance(facts.tree, Gap) or facts.tree is None:
        return facts
    reaching = {*path, account_id}
    tree = OrganizationTree(
        tuple(root for root in facts.tree.roots if root.id in reaching),
        facts.tree.units
        if isinstance(facts.tree.units, Gap)
        else tuple(unit for unit in facts.tree.units if unit.id in reaching),
    )
    policies = facts.policies
    if not isinstance(policies, Gap):
        policies = tuple(kept for policy in policies if (kept := _reaching(policy, reaching)) is not None)
    return msgspec.structs.replace(facts, tree=tree, policies=policies)


def _units(tree: OrganizationTree) -> tuple[OrganizationalUnit, ...]:
    return () if isinstance(tree.units, Gap) else tree.units


def _reaching(policy: OrganizationPolicy, reaching: set[str]) -> OrganizationPolicy | None:
    """The policy with the targets that lie above the account or are it; None where there is none."""
    if isinstance(policy.targets, Gap):
        return policy
    targets = tuple(target for target in policy.targets if target in reaching)
    return msgspec.structs.replace(policy, targets=targets) if targets else None
