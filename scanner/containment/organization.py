"""Service control policies as a means of containment, and as what stands in the way of others."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from scanner.iam.in_force import Levels, levels_in_force
from scanner.iam.sources import AccountPolicies, policies_of
from scanner.inventory import Account, Gap, NotCollected, Undetermined

_SCP = "SERVICE_CONTROL_POLICY"

_levels: WeakKeyDictionary[AccountPolicies, Levels | None] = WeakKeyDictionary()


def scps_in_force(account: Account) -> Levels | None:
    """The service control policies by level, read once: none where none apply, None where not all were collected."""
    policies = policies_of(account)
    if policies not in _levels:
        _levels[policies] = levels_in_force(account, "scp")
    return _levels[policies]


def why_scps_are_unknown(account: Account) -> Undetermined:
    """What was not collected where ``scps_in_force`` is None."""
    for part in _parts(account):
        if isinstance(part, Gap):
            return NotCollected(part)
    return Undetermined("the place of the account in its organization is not known")


def _parts(account: Account) -> Iterator[object]:
    facts = account.organization
    yield facts.membership
    yield facts.tree
    yield facts.accounts
    yield facts.policies
    if facts.tree is not None and not isinstance(facts.tree, Gap):
        yield facts.tree.units
    for policy in () if isinstance(facts.policies, Gap) else facts.policies:
        if policy.type == _SCP:
            yield policy.targets
            yield policy.content


def can_take_scps(account: Account) -> str | None:
    """Why no service control policy can contain a principal of this account; None where one can.

    Raises:
        Undetermined: the organization, or whether the type is switched on in it, was not read.
    """
    membership = account.organization.membership
    if isinstance(membership, Gap):
        raise NotCollected(membership)
    if membership is None:
        return "the account is in no organization"
    if membership.management_account == account.account_id:
        return "it is the management account, which service control policies do not reach"
    if membership.feature_set not in (None, "ALL"):
        return "the organization has consolidated billing only"
    tree = account.organization.tree
    if isinstance(tree, Gap):
        raise NotCollected(tree)
    if tree is None:
        raise Undetermined("the roots of the organization are not known")
    if not any(_SCP in root.enabled_policy_types for root in tree.roots):
        return "service control policies are not switched on in the organization"
    return None
