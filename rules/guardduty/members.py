"""Whether GuardDuty watches all accounts of the organization."""

from __future__ import annotations

from rules.guardduty.administrators import CONTROLS
from rules.guardduty.places import Placed, detectors_that
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.inventory import Account, Detector, Gap, Member, NotCollected, OrganizationDetection, known


def _administers_others(detector: Detector) -> bool:
    """Whether it administers other accounts, or may do so as far as was read."""
    if isinstance(detector.administrator, Gap):
        return True
    if detector.administrator is not None:
        return False
    return bool(isinstance(detector.members, Gap) or detector.members or detector.organization is not None)


@rule(
    "guardduty-members-off",
    severity="high",
    phase="detect",
    subjects=detectors_that(_administers_others),
    apis=(
        "guardduty:ListDetectors",
        "guardduty:GetAdministratorAccount",
        "guardduty:ListMembers",
        "guardduty:DescribeOrganizationConfiguration",
        "organizations:ListAccounts",
    ),
    controls=CONTROLS,
    references=(
        "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_organizations.html",
        "https://docs.aws.amazon.com/guardduty/latest/ug/set-guardduty-auto-enable-preferences.html",
    ),
    where_watched=True,
)
def guardduty_members_off(placed: Placed, scene: Scene[NoParameters]) -> Hit | None:
    """The administrator of GuardDuty does not watch all accounts of the organization.

    ## Why
    The account that nobody enrolled is where stolen credentials are used unseen, and with auto-enable off every new
    account is such a one. Asked of the administrator's detector in each region: whether all accounts are switched on
    by themselves, whether each account in use is an enabled member, and whether the limit of members is reached.

    ## Fix
    Set auto-enable to ALL in the administrator's account, in every region, and look at each member that stays off.

    ## Breaks
    Nothing; the accounts pay for their events.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg", "management_account": "777788889999",
                                     "feature_set": "ALL"},
                      "accounts": [{"id": "111122223333", "name": "security", "state": "ACTIVE"},
                                   {"id": "222233334444", "name": "shop", "state": "ACTIVE"}]},
     "regions": [{"name": "eu-west-1", "detectors": [
      {"id": "d1", "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
       "detail": {"kind": "detector", "status": "ENABLED"}, "administrator": null, "members": [],
       "organization": {"kind": "organization-detection", "auto_enable": "NEW"}}]}]}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg", "management_account": "777788889999",
                                     "feature_set": "ALL"},
                      "accounts": [{"id": "111122223333", "name": "security", "state": "ACTIVE"},
                                   {"id": "222233334444", "name": "shop", "state": "ACTIVE"},
                                   {"id": "333344445555", "name": "old", "state": "SUSPENDED"}]},
     "regions": [{"name": "eu-west-1", "detectors": [
      {"id": "d1", "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
       "detail": {"kind": "detector", "status": "ENABLED"}, "administrator": null,
       "members": [{"account_id": "222233334444", "status": "Enabled"},
                   {"account_id": "333344445555", "status": "AccountSuspended"}],
       "organization": {"kind": "organization-detection", "auto_enable": "ALL"}}]}]}
    ```
    """
    detector = placed.detector
    known(detector.administrator)
    setting = None if isinstance(detector.organization, Gap) else detector.organization
    material: dict[str, str] = {}
    if setting is not None and setting.auto_enable == "NONE":
        material["guardduty:auto-enable-none"] = "new accounts are not switched on"
    if setting is not None and setting.is_limit_reached:
        material["guardduty:member-limit-reached"] = "the limit of members is reached"
    off, unread = _accounts_off(detector, scene.account)
    if off:
        material["guardduty:member-off"] = f"{len(off)} {'account is' if len(off) == 1 else 'accounts are'} not watched"
    if not material:
        if isinstance(detector.organization, Gap):
            raise NotCollected(detector.organization)
        if unread is not None:
            raise NotCollected(unread)
        return None
    return Hit(
        f"In {placed.region.name} {', and '.join(material.values())}.",
        material=tuple(material),
        details={"accounts_off": off[:_MOST_NAMED], "number_off": len(off), **_settings(setting)},
        severity="high" if off else "medium",
    )


_MOST_NAMED = 50
_NOT_THERE = frozenset({"accountsuspended", "regiondisabled"})
"""How a member is called whose account is closed, or has switched the region off: there is nothing to watch."""
_LEFT = frozenset({"removed", "resigned"})


def _accounts_off(detector: Detector, account: Account) -> tuple[list[str], Gap | None]:
    """The accounts of the organization that are not watched, and what was missing to say whether these are all."""
    accounts = account.organization.accounts
    if isinstance(detector.members, Gap):
        return [], detector.members
    states = {member.account_id: member.status.casefold() for member in detector.members}
    if isinstance(accounts, Gap):
        # Who has left the relationship may have left the organization, too.
        off = [each for each, state in states.items() if state != "enabled" and state not in _NOT_THERE | _LEFT]
        return sorted(off), accounts if detector.organization is not None else _unclear(detector.members, accounts)
    in_use = {each.id for each in accounts if each.state == "ACTIVE"} - {account.account_id}
    if detector.organization is None:
        # Members that came by invitation say nothing of the organization.
        in_use = states.keys() - {each.id for each in accounts if each.state != "ACTIVE"}
    return sorted(each for each in in_use if states.get(each, "none") not in _NOT_THERE | {"enabled"}), None


def _unclear(members: tuple[Member, ...], accounts: Gap) -> Gap | None:
    return accounts if any(member.status.casefold() in _LEFT for member in members) else None


def _settings(setting: OrganizationDetection | None) -> dict[str, object]:
    if setting is None:
        return {}
    off = sorted(feature.name for feature in setting.features if feature.auto_enable == "NONE")
    return {"auto_enable": setting.auto_enable, "features_not_auto_enabled": off}
