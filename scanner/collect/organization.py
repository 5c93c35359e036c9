"""Collect the organization: what every member may ask, and what only the management account or a delegate may."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from typing import Any, TypeAlias, TypeVar

import msgspec
from botocore.exceptions import ClientError

from scanner.authorization_details import document
from scanner.collect.desk import UNWANTED, Desk
from scanner.collect.ledger import Ledger
from scanner.collect.reader import Reader
from scanner.collect.tasks import Task
from scanner.inventory import (
    DelegatedAdministrator,
    Document,
    EffectivePolicy,
    Gap,
    MemberAccount,
    NotCollected,
    Organization,
    OrganizationalUnit,
    OrganizationFacts,
    OrganizationPolicy,
    OrganizationRoot,
    OrganizationTree,
    PolicyContent,
)

T = TypeVar("T")
_Texts: TypeAlias = tuple[str, ...] | Gap

_PAGE = {"PageSize": 20}
_POLICY_TYPES = frozenset(
    {"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "DECLARATIVE_POLICY_EC2", "GUARDDUTY_POLICY"}
)
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


class _ListedPolicy(msgspec.Struct, frozen=True):
    id: str
    name: str
    type: str
    is_aws_managed: bool


@dataclass(frozen=True, slots=True)
class _Inquirer:
    """Asks AWS Organizations for one account.

    Attributes:
        owner: the management account, if it is another one.
    """

    desk: Desk
    owner: str | None

    def ask(self, operation: str, read: Callable[[Reader], T], kind: Any, subject: str = "") -> T | Gap:
        """One unit of the collection; what the organization does not tell this account is ``elsewhere``."""
        judged = partial(_judged, read=read, owner=self.owner)
        return self.desk.ask("organizations", "global", operation, judged, kind, subject=subject)

    def texts(self, operation: str, items: str, name: str, subject: str = "", **parameters: str) -> _Texts:
        """One member of every item of a list, sorted."""

        def read(reader: Reader) -> tuple[str, ...]:
            pages = reader.pages(operation, PaginationConfig=_PAGE, **parameters)
            return tuple(sorted(found[name] for page in pages for found in page.get(items) or ()))

        return self.ask(operation, read, tuple[str, ...], subject)


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
    found = _parts(_Inquirer(desk, owner), has_all_features=has_all_features)
    return OrganizationFacts(membership=membership, **found)


def _parts(inquirer: _Inquirer, *, has_all_features: bool) -> dict[str, Any]:
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
        tasks["tree"] = desk.start(lambda: roots if isinstance(roots, Gap) else OrganizationTree(roots, units.result()))
        tasks["accounts"] = desk.start(lambda: _accounts(inquirer, roots, units.result()))
        if has_all_features:
            tasks |= {
                "policies": desk.start(_policies, inquirer, roots),
                "delegates": desk.start(_delegates, inquirer),
                "trusted_services": desk.start(_trusted_services, inquirer),
                "delegation_policy": desk.start(_delegation_policy, inquirer),
                "features": desk.start(_features, inquirer),
            }
    found |= {part: task.result() for part, task in tasks.items()}
    return found if has_all_features else {**found, **_NOT_WITHOUT_ALL_FEATURES}


def _unwanted(api: str) -> Gap:
    return Gap(api, "skipped", "global", UNWANTED)


def _elsewhere(desk: Desk, apis: tuple[str, ...], refused: Gap) -> Gap:
    """The gap of a part that need not be asked for, since the organization has refused this account already."""
    for api in apis:
        if api in desk.wanted and api != refused.api:
            desk.ledger.record(api, "global", "elsewhere", refused.reason, calls=0)
    return Gap(apis[0], "elsewhere", "global", refused.reason) if apis[0] in desk.wanted else _unwanted(apis[0])


def _judged(reader: Reader, read: Callable[[Reader], T], owner: str | None) -> T:
    """Read, and tell a refusal by the organization from one by the caller's own policies.

    AWS answers both with one error code. Only what it says to the second names a missing permission, or the policy
    that denies it; a policy of the organization itself, which is resource-based, is not the caller's own.
    """
    noted = Ledger()
    try:
        return read(replace(reader, ledger=noted))
    except NotCollected as missing:
        gap = missing.gap
        if owner is None or gap.status != "denied" or _is_own_refusal(missing.__cause__):
            raise
        calls = sum(entry.calls for entry in noted.entries())
        noted, gap = Ledger(), Gap(gap.api, "elsewhere", gap.region, f"readable only in account {owner}")
        noted.record(gap.api, gap.region, gap.status, gap.reason, calls)
        raise NotCollected(gap) from missing
    finally:
        reader.ledger.add(noted.entries())


def _is_own_refusal(fault: BaseException | None) -> bool:
    said = str(fault.response.get("Error", {}).get("Message", "")) if isinstance(fault, ClientError) else ""
    return "is not authorized to perform" in said and "resource-based policy" not in said


def _roots(reader: Reader) -> tuple[OrganizationRoot, ...]:
    roots = [
        OrganizationRoot(
            found["Id"],
            found.get("Name", ""),
            tuple(sorted(kind["Type"] for kind in found.get("PolicyTypes") or () if kind.get("Status") == "ENABLED")),
        )
        for page in reader.pages("ListRoots", PaginationConfig=_PAGE)
        for found in page.get("Roots") or ()
    ]
    if not roots:
        # Every organization has one.
        raise KeyError("Roots")
    return tuple(sorted(roots, key=lambda root: root.id))


def _units(inquirer: _Inquirer, roots: tuple[OrganizationRoot, ...] | Gap) -> tuple[OrganizationalUnit, ...] | Gap:
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


def _units_below(inquirer: _Inquirer, parent: str) -> tuple[OrganizationalUnit, ...] | Gap:
    operation = "ListOrganizationalUnitsForParent"

    def read(reader: Reader) -> tuple[OrganizationalUnit, ...]:
        return tuple(
            OrganizationalUnit(found["Id"], found.get("Name", ""), parent)
            for page in reader.pages(operation, ParentId=parent, PaginationConfig=_PAGE)
            for found in page.get("OrganizationalUnits") or ()
        )

    return inquirer.ask(operation, read, tuple[OrganizationalUnit, ...], parent)


def _accounts(
    inquirer: _Inquirer, roots: tuple[OrganizationRoot, ...] | Gap, units: tuple[OrganizationalUnit, ...] | Gap
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


def _accounts_below(inquirer: _Inquirer, parent: str) -> _Texts:
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
        for page in reader.pages("ListAccounts", PaginationConfig=_PAGE)
        for found in page.get("Accounts") or ()
    ]
    return tuple(sorted(accounts, key=lambda account: account.id))


def _place(account: str, paths: Iterable[str]) -> str | None:
    """The root or unit in which paths like ``o-1234567890/r-abcd/ou-abcd-12345678/111122223333/`` say an account is."""
    nodes = ([part for part in path.split("/") if part not in {"", account}] for path in paths)
    places = {found[-1] for found in nodes if found and found[-1].startswith(("r-", "ou-"))}
    return places.pop() if len(places) == 1 else None


def _policies(inquirer: _Inquirer, roots: tuple[OrganizationRoot, ...] | Gap) -> tuple[OrganizationPolicy, ...] | Gap:
    """The policies of the types that are switched on; those of other types are not in force."""
    if isinstance(roots, Gap):
        return roots
    types = sorted({kind for root in roots for kind in root.enabled_policy_types} & _POLICY_TYPES)
    policies: list[_ListedPolicy] = []
    for listed in inquirer.desk.each(partial(_listed_policies, inquirer), types):
        if isinstance(listed, Gap):
            return listed
        policies += listed
    policies.sort(key=lambda policy: policy.id)
    return tuple(inquirer.desk.each(partial(_policy, inquirer), policies))


def _listed_policies(inquirer: _Inquirer, kind: str) -> tuple[_ListedPolicy, ...] | Gap:
    def read(reader: Reader) -> tuple[_ListedPolicy, ...]:
        return tuple(
            _ListedPolicy(found["Id"], found.get("Name", ""), found.get("Type", kind), found.get("AwsManaged", False))
            for page in reader.pages("ListPolicies", Filter=kind, PaginationConfig=_PAGE)
            for found in page.get("Policies") or ()
        )

    return inquirer.ask("ListPolicies", read, tuple[_ListedPolicy, ...], kind)


def _policy(inquirer: _Inquirer, listed: _ListedPolicy) -> OrganizationPolicy:
    def content(reader: Reader) -> PolicyContent:
        return PolicyContent(_parsed(reader.call("DescribePolicy", PolicyId=listed.id)["Policy"]["Content"]))

    return OrganizationPolicy(
        id=listed.id,
        name=listed.name,
        type=listed.type,
        is_aws_managed=listed.is_aws_managed,
        content=inquirer.ask("DescribePolicy", content, PolicyContent, listed.id),
        targets=inquirer.texts("ListTargetsForPolicy", "Targets", "TargetId", listed.id, PolicyId=listed.id),
    )


def _parsed(text: str) -> Document:
    """A policy that AWS sends as text; raises ``msgspec.DecodeError`` where it is not a JSON object."""
    msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return document(msgspec.Raw(msgspec.json.encode(text)))


def _delegates(inquirer: _Inquirer) -> tuple[DelegatedAdministrator, ...] | Gap:
    accounts = inquirer.texts("ListDelegatedAdministrators", "DelegatedAdministrators", "Id")
    if isinstance(accounts, Gap):
        return accounts

    def delegate(account: str) -> DelegatedAdministrator:
        operation, items = "ListDelegatedServicesForAccount", "DelegatedServices"
        return DelegatedAdministrator(
            account, inquirer.texts(operation, items, "ServicePrincipal", account, AccountId=account)
        )

    return tuple(inquirer.desk.each(delegate, accounts))


def _trusted_services(inquirer: _Inquirer) -> _Texts:
    return inquirer.texts("ListAWSServiceAccessForOrganization", "EnabledServicePrincipals", "ServicePrincipal")


def _delegation_policy(inquirer: _Inquirer) -> PolicyContent | Gap | None:
    def read(reader: Reader) -> PolicyContent | None:
        found = reader.find("DescribeResourcePolicy")
        return None if found is None else PolicyContent(_parsed(found["ResourcePolicy"]["Content"]))

    return inquirer.ask("DescribeResourcePolicy", read, PolicyContent | None)


def _declarative_ec2(desk: Desk) -> EffectivePolicy | Gap | None:
    """What the declarative policies for EC2 come to, which every account may ask about itself."""

    def read(reader: Reader) -> EffectivePolicy | None:
        found = reader.find("DescribeEffectivePolicy", PolicyType="DECLARATIVE_POLICY_EC2")
        return None if found is None else EffectivePolicy(_parsed(found["EffectivePolicy"]["PolicyContent"]))

    return desk.ask("organizations", "global", "DescribeEffectivePolicy", read, EffectivePolicy | None)


def _features(inquirer: _Inquirer) -> _Texts:
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
