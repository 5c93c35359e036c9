"""Whether a policy of the organization does anything in an account."""

from __future__ import annotations

from policies.placed import Layer
from policies.proof.facts import Facts
from scanner.containment import can_take_scps
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Gap, NotCollected, Undetermined

_RCP = "RESOURCE_CONTROL_POLICY"
_FINE = ("", True)


def why_not_there(layer: Layer, facts: Facts) -> tuple[str, bool]:
    """Why a document of a layer does nothing, or why that is not known, and whether it may act nevertheless."""
    if layer == "scp":
        return _scps.of(facts.account)
    return _rcps.of(facts.account) if layer == "rcp" else _FINE


def _of_scps(account: Account) -> tuple[str, bool]:
    try:
        reason = can_take_scps(account)
    except Undetermined as unknown:
        return f"whether service control policies reach the account is not known: {unknown.reason}", True
    return (reason, False) if reason else _FINE


def _of_rcps(account: Account) -> tuple[str, bool]:
    try:
        reason = _no_rcps(account)
    except Undetermined as unknown:
        return f"whether resource control policies reach the account is not known: {unknown.reason}", True
    return (reason, False) if reason else _FINE


def _no_rcps(account: Account) -> str:
    membership, tree = account.organization.membership, account.organization.tree
    if isinstance(membership, Gap):
        raise NotCollected(membership)
    if membership is None:
        return "the account is in no organization"
    if membership.management_account == account.account_id:
        return "it is the management account, whose resources resource control policies do not protect"
    if isinstance(tree, Gap):
        raise NotCollected(tree)
    if tree is None:
        raise Undetermined("the roots of the organization are not known")
    if not any(_RCP in root.enabled_policy_types for root in tree.roots):
        return "resource control policies are not switched on in the organization"
    return ""


_scps = Remembered(_of_scps, most=4)
_rcps = Remembered(_of_rcps, most=4)
