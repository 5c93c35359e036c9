"""Service control policies as a means of containment, and as what stands in the way of others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from scanner.iam.in_force import Levels, levels_in_force
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Gap, NotCollected, Undetermined

_SCP = "SERVICE_CONTROL_POLICY"

_levels = Remembered(partial(levels_in_force, layer="scp"), most=2)


def scps_in_force(account: Account) -> Levels | None:
    """The service control policies by level, read once: none where none apply, None where not all were collected."""
    return _levels.of(account)


def why_scps_are_unknown(account: Account) -> Undetermined:
    """What was not collected where ``scps_in_force`` is None."""
    gap = _first_gap.of(account)
    if gap is not None:
        return NotCollected(gap)
    return Undetermined("the place of the account in its organization is not known")


def _gap_in(account: Account) -> Gap | None:
    return next((part for part in _parts(account) if isinstance(part, Gap)), None)


# It is asked for with each principal of whom it has to be said.
_first_gap = Remembered(_gap_in, most=2)


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
