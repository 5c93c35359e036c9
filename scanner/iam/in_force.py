"""The organization policies that are in force for an account, as far as they were collected.

Source: "SCP evaluation" and "Resource control policies (RCPs)" in the AWS Organizations User Guide: every level from
the root down to the account has its own policies, neither kind binds the management account, and a type that is not
switched on in the root has no effect.
"""

from __future__ import annotations

from typing import Literal

from scanner.iam.documents import parse
from scanner.iam.sources import Source
from scanner.inventory import Account, Gap, MemberAccount, OrganizationPolicy, OrganizationTree

Levels = tuple[tuple[Source, ...], ...]

_TYPES: dict[Literal["scp", "rcp"], str] = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}


def levels_in_force(account: Account, layer: Literal["scp", "rcp"]) -> Levels | None:
    """The policies by level, the root first: no levels where none apply, None where they were not all collected."""
    facts = account.organization
    membership = facts.membership
    if isinstance(membership, Gap):
        return None
    if membership is None or membership.management_account == account.account_id:
        return ()
    tree, policies = facts.tree, facts.policies
    if tree is None or isinstance(tree, Gap) or isinstance(policies, Gap) or isinstance(facts.accounts, Gap):
        return None
    path = _path(account.account_id, tree, facts.accounts)
    if path is None:
        return None
    root = next((root for root in tree.roots if root.id == path[0]), None)
    if root is None:
        return None
    if _TYPES[layer] not in root.enabled_policy_types:
        return ()
    return _levels(layer, path, [policy for policy in policies if policy.type == _TYPES[layer]])


def _path(account_id: str, tree: OrganizationTree, accounts: tuple[MemberAccount, ...]) -> tuple[str, ...] | None:
    """The ids from the root to the account; None where a step was not read."""
    if isinstance(tree.units, Gap):
        return None
    parents = {unit.id: unit.parent for unit in tree.units}
    parents |= {member.id: member.parent for member in accounts if member.parent is not None}
    roots = {root.id for root in tree.roots}
    path = [account_id]
    while path[-1] not in roots:
        parent = parents.get(path[-1])
        if parent is None or parent in path:
            return None
        path.append(parent)
    return tuple(reversed(path))


def _levels(layer: Literal["scp", "rcp"], path: tuple[str, ...], policies: list[OrganizationPolicy]) -> Levels | None:
    attached: dict[str, list[Source]] = {node: [] for node in path}
    for policy in policies:
        if isinstance(policy.targets, Gap):
            return None
        nodes = [node for node in path if node in policy.targets]
        if not nodes:
            continue
        if isinstance(policy.content, Gap):
            return None
        found = Source(layer, f"{policy.name} ({policy.id})", parse(policy.content.document))
        for node in nodes:
            attached[node].append(found)
    return tuple(tuple(attached[node]) for node in path)
