"""Who administers GuardDuty for the organization."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.inventory import (
    Account,
    Administrator,
    Detector,
    Gap,
    NotCollected,
    Region,
    known,
)

CONTROLS = (
    *cis(v7="2.1.6"), *csf("DE.CM-06"), *well_architected("SEC04-BP03"), *attack(v18="T1562.001", v19="T1685"),
)  # fmt: skip
_GUIDE = "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_organizations.html"


_NAMED = frozenset({"", "ENABLED"})
"""The states of an account that the organization named; another one says that it is being taken off."""


def _regions_of_members(account: Account) -> Iterator[Subject[Region] | Unread]:
    """The regions of an account in an organization in which there is something to administer, or a word on who does."""
    membership = account.organization.membership
    if isinstance(membership, Gap):
        yield Unread(account_resource(account), membership)
        return
    if membership is None:
        return
    for region in account.regions:
        detectors, admins = region.detectors, region.detection_admins
        if isinstance(detectors, Gap) and detectors.status == "not_applicable":
            continue
        # Without a detector there is nothing to administer; that the detector is missing is another rule's finding.
        if isinstance(detectors, Gap) or detectors or not isinstance(admins, Gap):
            yield Subject(account_resource(account, region.name), region)
        elif admins.is_refused:
            yield Unread(account_resource(account, region.name), admins)
    yield from unlisted_regions(account)


@rule(
    "guardduty-no-administrator",
    severity="high",
    phase="detect",
    subjects=_regions_of_members,
    apis=(
        "organizations:DescribeOrganization",
        "guardduty:ListDetectors",
        "guardduty:GetAdministratorAccount",
        "guardduty:DescribeOrganizationConfiguration",
        "guardduty:ListOrganizationAdminAccounts",
    ),
    controls=CONTROLS,
    references=(_GUIDE,),
    where_watched=True,
)
def guardduty_no_administrator(region: Region, scene: Scene[NoParameters]) -> Hit | None:
    """In a region nobody administers GuardDuty for the organization.

    ## Why
    Whoever becomes administrator of the account can suspend a detector that no other account administers, hide findings
    by a filter, and nobody outside sees either. An administrator outside the organization is worse: it reads and
    archives the findings. A member is told who administers it; whom the organization named, only the management
    account is told.

    ## Fix
    In the management account name one security account the delegated administrator of GuardDuty, in every region, and
    let it enrol all accounts.

    ## Breaks
    Filters and lists of the members lose their effect: the administrator's apply.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg", "management_account": "777788889999",
                                     "feature_set": "ALL"}},
     "regions": [{"name": "eu-west-1", "detectors": [
      {"id": "d1", "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
       "detail": {"kind": "detector", "status": "ENABLED"},
       "administrator": null, "members": [], "organization": null}]}]}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg", "management_account": "777788889999",
                                     "feature_set": "ALL"}},
     "regions": [{"name": "eu-west-1", "detectors": [
      {"id": "d1", "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
       "detail": {"kind": "detector", "status": "ENABLED"},
       "administrator": {"kind": "administrator", "account_id": "555566667777", "status": "Enabled"},
       "members": [], "organization": null}]}]}
    ```
    """
    admins = region.detection_admins
    named = None if isinstance(admins, Gap) else {each.account_id for each in admins if each.status in _NAMED}
    if named is not None and not named:
        return Hit(
            f"The organization has named no administrator of GuardDuty in {region.name}.",
            material=("guardduty:no-delegated-administrator",),
        )
    detectors = known(region.detectors)
    if not detectors:
        return Hit(
            f"There is no detector in {region.name} that account {', '.join(sorted(named or ()))} could administer.",
            material=("guardduty:not-administered",),
            details={"named": sorted(named or ())},
            severity="medium",
        )
    return _of_detector(detectors[0], region, scene, named)


def _of_detector(detector: Detector, region: Region, scene: Scene[NoParameters], named: set[str] | None) -> Hit | None:
    administrator = known(detector.administrator)
    if administrator is None:
        if scene.account.account_id in (named or ()) or known(detector.organization) is not None:
            return None
        return Hit(
            f"No other account administers the detector in {region.name}, and this one administers none.",
            material=("guardduty:not-administered",),
            details={"named": sorted(named or ())},
        )
    # Where GuardDuty says nothing of the relationship, nothing is said to be wrong with it.
    if (administrator.status or "Enabled").casefold() != "enabled":
        return Hit(
            f"Account {administrator.account_id} administers the detector in {region.name}, but the relationship is "
            f"{administrator.status}.",
            material=("guardduty:relationship-broken",),
            details={"administrator": administrator.account_id, "status": administrator.status},
        )
    return _if_foreign(administrator, region, scene, named)


def _if_foreign(
    administrator: Administrator, region: Region, scene: Scene[NoParameters], named: set[str] | None
) -> Hit | None:
    """An administrator that the organization neither named nor has among its accounts, as far as it is told."""
    accounts = scene.account.organization.accounts
    who, admins = administrator.account_id, region.detection_admins
    if isinstance(admins, Gap) and admins.is_refused:
        raise NotCollected(admins)
    if named is None or who in named or who is None or who in scene.declared.accounts:
        return None
    if isinstance(accounts, Gap) or any(each.id == who for each in accounts):
        return None
    return Hit(
        f"Account {who}, which is not of this organization, administers the detector in {region.name}.",
        material=("guardduty:foreign-administrator",),
        details={"administrator": who, "named": sorted(named)},
        severity="critical",
    )
