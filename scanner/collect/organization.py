"""Collect the organization: what every member may ask, and what only the management account or a delegate may."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from functools import partial
from typing import Any, TypeVar

import msgspec

from scanner.collect.desk import UNWANTED, Desk
from scanner.collect.organization_inquiry import PAGE, Inquirer, Texts
from scanner.collect.organization_policies import parsed, read_policies
from scanner.collect.reader import Reader
from scanner.collect.tasks import Task
from scanner.inventory import (
    DelegatedAdministrator,
    EffectivePolicy,
    Gap,
    MemberAccount,
    Organization,
    OrganizationalUnit,
    OrganizationFacts,
    OrganizationRoot,
    OrganizationTree,
    PolicyContent,
)

T = TypeVar("T")

_REFUSED = ("AccountNotManagementOrDelegatedAdministratorException",)

_FOR_THE_FEW: dict[str, tuple[str, ...]] = {
    "tree": ("organizations:ListRoots", "organizations:ListOrganizationalUnitsForParent"),
    "accounts": ("organizations:ListAccounts", "organizations:ListAccountsForParent"),
    "policies": ("organizations:ListPolicies", "organizations:DescribePolicy", "organizations:ListTargetsForPolicy"),
    "delegates": ("organizations:ListDelegatedAdministrators", "organizations:ListDelegatedServicesForAccount"),
    "trusted_services": ("organizations:ListAWSServiceAccessForOrganization",),
    "delegation_policy": ("organizations:DescribeResourcePolicy",),
    "features": ("iam:ListOrganizationsFeatures",),
}
"""The parts that only the management account and delegated administrators may read, and how they are asked for."""

_NOT_WITHOUT_ALL_FEATURES: dict[str, Any] = {
    "policies": (),
    "delegates": (),
    "trusted_services": (),
    "delegation_policy": None,
    "declarative_ec2": None,
    "features": (),
}
"""What an organization for consolidated billing alone cannot have."""


def read_organization(desk: Desk) -> OrganizationFacts:
    """The organization of the account, as far as the account may read it."""

    def read(reader: Reader) -> Organization | None:
        found = reader.find("DescribeOrganization")
        if found is None:
            return None
        described = found["Organization"]
        return Organization(described["Id"], described["MasterAccountId"], described.get("FeatureSet"))

    membership = desk.ask("organizations", "global", "DescribeOrganization", read, Organization | None)
    if membership is None:
        return OrganizationFacts(membership=None, tree=None, accounts=(), **_NOT_WITHOUT_ALL_FEATURES)
    if isinstance(membership, Gap):
        everything = {**_FOR_THE_FEW, "declarative_ec2": ("organizations:DescribeEffectivePolicy",)}
        unknown: dict[str, Any] = {
            part: membership if apis[0] in desk.wanted else _unwanted(apis[0]) for part, apis in everything.items()
        }
        return OrganizationFacts(membership=membership, **unknown)
    owner = None if membership.management_account == desk.account_id else membership.management_account
    has_all_features = membership.feature_set != "CONSOLIDATED_BILLING"
    found = _parts(Inquirer(desk, owner), has_all_features=has_all_features)
    return OrganizationFacts(membership=membership, **found)


def _parts(inquirer: Inquirer, *, has_all_features: bool) -> dict[str, Any]:
    desk = inquirer.desk
    tasks: dict[str, Task[Any]] = {}
    if has_all_features:
        tasks["declarative_ec2"] = desk.start(_declarative_ec2, desk)
    roots = inquirer.ask("ListRoots", _roots, tuple[OrganizationRoot, ...])
    found: dict[str, Any] = {}
    if isinstance(roots, Gap) and roots.status == "elsewhere":
        found = {part: _elsewhere(desk, apis, roots) for part, apis in _FOR_THE_FEW.items()}
    else:
        units = desk.start(_units, inquirer, roots)
        tasks["tree"] = desk.start(lambda: _tree(roots, units.result()))
        tasks["accounts"] = desk.start(lambda: _accounts(inquirer, roots, units.result()))
        if has_all_features:
            tasks |= {
                "policies": desk.start(read_policies, inquirer, roots),
                "delegates": desk.start(_delegates, inquirer),
                "trusted_services": desk.start(_trusted_services, inquirer),
                "delegation_policy": desk.start(_delegation_policy, inquirer),
                "features": desk.start(_features, inquirer),
            }
    found |= {part: task.result() for part, task in tasks.items()}
    return found if has_all_features else {**found, **_NOT_WITHOUT_ALL_FEATURES}


def _tree(
    roots: tuple[OrganizationRoot, ...] | Gap, units: tuple[OrganizationalUnit, ...] | Gap
) -> OrganizationTree | Gap:
    """Roots and units; a tree whose units only another account may read is read there as a whole."""
    if isinstance(roots, Gap):
        return roots
    if isinstance(units, Gap) and units.status == "elsewhere":
        return units
    return OrganizationTree(roots, units)


def _unwanted(api: str) -> Gap:
    return Gap(api, "skipped", "global", UNWANTED)


def _elsewhere(desk: Desk, apis: tuple[str, ...], refused: Gap) -> Gap:
    """The gap of a part that need not be asked for, since the organization has refused this account already."""
    for api in apis:
        if api in desk.wanted and api != refused.api:
            desk.ledger.record(api, "global", "elsewhere", refused.reason, calls=0)
    return Gap(apis[0], "elsewhere", "global", refused.reason) if apis[0] in desk.wanted else _unwanted(apis[0])


def _roots(reader: Reader) -> tuple[OrganizationRoot, ...]:
    roots = [
        OrganizationRoot(
            found["Id"],
            found.get("Name", ""),
            tuple(sorted(kind["Type"] for kind in found.get("PolicyTypes") or () if kind.get("Status") == "ENABLED")),
        )
        for page in reader.pages("ListRoots", PaginationConfig=PAGE)
        for found in page.get("Roots") or ()
    ]
    if not roots:
        # Every organization has one.
        raise KeyError("Roots")
    return tuple(sorted(roots, key=lambda root: root.id))


def _units(inquirer: Inquirer, roots: tuple[OrganizationRoot, ...] | Gap) -> tuple[OrganizationalUnit, ...] | Gap:
    """Every unit, one level of the tree after the other."""
    if isinstance(roots, Gap):
        return roots
    known: dict[str, OrganizationalUnit] = {}
    parents = [root.id for root in roots]
    while parents:
        level: dict[str, OrganizationalUnit] = {}
        for below in inquirer.desk.each(partial(_units_below, inquirer), parents):
            if isinstance(below, Gap):
                return below
            level |= {unit.id: unit for unit in below if unit.id not in known}
        known |= level
        parents = sorted(level)
    return tuple(sorted(known.values(), key=lambda unit: unit.id))


def _units_below(inquirer: Inquirer, parent: str) -> tuple[OrganizationalUnit, ...] | Gap:
    operation = "ListOrganizationalUnitsForParent"

    def read(reader: Reader) -> tuple[OrganizationalUnit, ...]:
        return tuple(
            OrganizationalUnit(found["Id"], found.get("Name", ""), parent)
            for page in reader.pages(operation, ParentId=parent, PaginationConfig=PAGE)
            for found in page.get("OrganizationalUnits") or ()
        )

    return inquirer.ask(operation, read, tuple[OrganizationalUnit, ...], parent)


def _accounts(
    inquirer: Inquirer, roots: tuple[OrganizationRoot, ...] | Gap, units: tuple[OrganizationalUnit, ...] | Gap
) -> tuple[MemberAccount, ...] | Gap:
    """Every account with its place, which is asked for where the list does not tell it."""
    listed = inquirer.ask("ListAccounts", _listed_accounts, tuple[MemberAccount, ...])
    if isinstance(listed, Gap) or all(account.parent for account in listed):
        return listed
    if isinstance(roots, Gap) or isinstance(units, Gap):
        return listed
    nodes = [*(root.id for root in roots), *(unit.id for unit in units)]
    places: dict[str, str] = {}
    for node, accounts in zip(nodes, inquirer.desk.each(partial(_accounts_below, inquirer), nodes), strict=True):
        if not isinstance(accounts, Gap):
            places |= dict.fromkeys(accounts, node)
    return tuple(
        msgspec.structs.replace(account, parent=account.parent or places.get(account.id)) for account in listed
    )


def _accounts_below(inquirer: Inquirer, parent: str) -> Texts:
    return inquirer.texts("ListAccountsForParent", "Accounts", "Id", parent, ParentId=parent)


def _listed_accounts(reader: Reader) -> tuple[MemberAccount, ...]:
    accounts = [
        MemberAccount(
            id=found["Id"],
            name=found.get("Name", ""),
            state=found.get("State") or found.get("Status") or "",
            parent=_place(found["Id"], found.get("Paths") or ()),
            joined=found["JoinedTimestamp"].astimezone(UTC) if found.get("JoinedTimestamp") else None,
        )
        for page in reader.pages("ListAccounts", PaginationConfig=PAGE)
        for found in page.get("Accounts") or ()
    ]
    return tuple(sorted(accounts, key=lambda account: account.id))


def _place(account: str, paths: Iterable[str]) -> str | None:
    """The root or unit in which paths like ``o-1234567890/r-abcd/ou-abcd-12345678/111122223333/`` say an account is."""
    nodes = ([part for part in path.split("/") if part not in {"", account}] for path in paths)
    places = {found[-1] for found in nodes if found and found[-1].startswith(("r-", "ou-"))}
    return places.pop() if len(places) == 1 else None


def _delegates(inquirer: Inquirer) -> tuple[DelegatedAdministrator, ...] | Gap:
    accounts = inquirer.texts("ListDelegatedAdministrators", "DelegatedAdministrators", "Id")
    if isinstance(accounts, Gap):
        return accounts

    def delegate(account: str) -> DelegatedAdministrator:
        operation, items = "ListDelegatedServicesForAccount", "DelegatedServices"
        return DelegatedAdministrator(
            account, inquirer.texts(operation, items, "ServicePrincipal", account, AccountId=account)
        )

    return tuple(inquirer.desk.each(delegate, accounts))


def _trusted_services(inquirer: Inquirer) -> Texts:
    return inquirer.texts("ListAWSServiceAccessForOrganization", "EnabledServicePrincipals", "ServicePrincipal")


def _delegation_policy(inquirer: Inquirer) -> PolicyContent | Gap | None:
    def read(reader: Reader) -> PolicyContent | None:
        found = reader.find("DescribeResourcePolicy")
        return None if found is None else PolicyContent(parsed(found["ResourcePolicy"]["Content"]))

    return inquirer.ask("DescribeResourcePolicy", read, PolicyContent | None)


def _declarative_ec2(desk: Desk) -> EffectivePolicy | Gap | None:
    """What the declarative policies for EC2 come to, which every account may ask about itself."""

    def read(reader: Reader) -> EffectivePolicy | None:
        found = reader.find("DescribeEffectivePolicy", PolicyType="DECLARATIVE_POLICY_EC2")
        return None if found is None else EffectivePolicy(parsed(found["EffectivePolicy"]["PolicyContent"]))

    return desk.ask("organizations", "global", "DescribeEffectivePolicy", read, EffectivePolicy | None)


def _features(inquirer: Inquirer) -> Texts:
    """The features of centralised root access; there are none where IAM has no access to the organization."""

    def read(reader: Reader) -> tuple[str, ...]:
        found = reader.find("ListOrganizationsFeatures")
        return () if found is None else tuple(sorted(found.get("EnabledFeatures") or ()))

    return inquirer.desk.ask(
        "iam",
        "global",
        "ListOrganizationsFeatures",
        read,
        tuple[str, ...],
        owner=inquirer.owner,
        elsewhere=_REFUSED,
    )
