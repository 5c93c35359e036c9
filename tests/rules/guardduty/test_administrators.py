"""Who administers GuardDuty, and which accounts it watches."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, gap, only_finding, region, verdict

ADMINISTRATOR, MEMBERS = "guardduty-no-administrator", "guardduty-members-off"
SECURITY, SHOP, CLOSED = "555566667777", "222233334444", "333344445555"
MANAGEMENT = "777788889999"


def organization(management: str = MANAGEMENT, **facts: object) -> Json:
    membership = {"kind": "organization", "id": "o-exampleorg", "management_account": management, "feature_set": "ALL"}
    return {"membership": membership, **facts}


def administered(by: str | None = None, status: str = "Enabled") -> Json | None:
    return None if by is None else {"kind": "administrator", "account_id": by, "status": status}


def detector(**facts: object) -> Json:
    arn = f"arn:aws:guardduty:eu-west-1:{OWN}:detector/d1"
    detail = {"kind": "detector", "status": "ENABLED"}
    own: Json = {"administrator": None, "members": [], "organization": None}
    return {"id": "d1", "arn": arn, "detail": detail, **own, **facts}


def within(*detectors: Json, told: Json | None = None, **parts: object) -> Json:
    return {
        "organization": organization() if told is None else told,
        "regions": [region("eu-west-1", detectors=detectors, **parts)],
    }


def named(*accounts: str) -> list[Json]:
    return [{"account_id": each, "status": "ENABLED"} for each in accounts]


SETTINGS: Json = {"kind": "organization-detection", "auto_enable": "ALL"}
ELSEWHERE = gap("guardduty:ListOrganizationAdminAccounts", "elsewhere", "eu-west-1")
NO_DETECTORS = gap("guardduty:ListDetectors", "not_applicable", "eu-west-1")
DENIED_ORGANIZATION = gap("guardduty:DescribeOrganizationConfiguration", region="eu-west-1")
DENIED_ADMINISTRATOR = gap("guardduty:GetAdministratorAccount", region="eu-west-1")

ADMINISTRATORS: list[Case] = [
    ("a member that is administered", within(detector(administrator=administered(SECURITY))), "pass"),
    (
        "a member that is administered, capitals",
        within(detector(administrator=administered(SECURITY, "ENABLED"))),
        "pass",
    ),
    (
        "a member that is administered, and nothing said of it",
        within(detector(administrator={"kind": "administrator", "account_id": SECURITY})),
        "pass",
    ),
    ("a member that was removed", within(detector(administrator=administered(SECURITY, "Removed"))), "fail"),
    ("nobody administers it", within(detector()), "fail"),
    ("it is the delegated administrator", within(detector(organization=SETTINGS)), "pass"),
    (
        "whether it is the delegated administrator was denied",
        within(detector(organization=DENIED_ORGANIZATION)),
        "unknown",
    ),
    (
        "the management account named this one",
        within(detector(organization=DENIED_ORGANIZATION), detection_admins=named(OWN)),
        "pass",
    ),
    (
        "the management account named another one, which has not enrolled this one",
        within(detector(), detection_admins=named(SECURITY)),
        "fail",
    ),
    (
        "named, and enrolled",
        within(detector(administrator=administered(SECURITY)), detection_admins=named(SECURITY)),
        "pass",
    ),
    ("none is named", within(detector(administrator=DENIED_ADMINISTRATOR), detection_admins=[]), "fail"),
    (
        "the one that was named is being taken off",
        within(detector(), detection_admins=[{"account_id": OWN, "status": "DISABLE_IN_PROGRESS"}]),
        "fail",
    ),
    ("none is named, and no detector", within(detection_admins=[]), "fail"),
    ("one is named, and no detector", within(detection_admins=named(SECURITY)), "fail"),
    ("no detector, and who is named is known elsewhere", within(detection_admins=ELSEWHERE), ""),
    (
        "administrator denied, which is no absence",
        within(detector(administrator=DENIED_ADMINISTRATOR), detection_admins=ELSEWHERE),
        "unknown",
    ),
    (
        "detectors denied",
        {"organization": organization(), "regions": [region(detectors=gap("guardduty:ListDetectors"))]},
        "unknown",
    ),
    ("no GuardDuty in the region", {"organization": organization(), "regions": [region(detectors=NO_DETECTORS)]}, ""),
    ("a stand-alone account", within(detector(), told={"membership": None}), ""),
    (
        "whether it is in an organization was denied",
        within(detector(), told={"membership": gap("organizations:DescribeOrganization")}),
        "unknown",
    ),
    (
        "an administrator that is not of the organization",
        within(
            detector(administrator=administered(FOREIGN)),
            told=organization(accounts=[{"id": OWN, "name": "own", "state": "ACTIVE"}]),
            detection_admins=named(SECURITY),
        ),
        "fail",
    ),
    (
        "the one that was named, which the list of accounts does not show",
        within(
            detector(administrator=administered(SECURITY)),
            told=organization(accounts=[{"id": OWN, "name": "own", "state": "ACTIVE"}]),
            detection_admins=named(SECURITY),
        ),
        "pass",
    ),
    (
        "an administrator whose account is not told",
        within(
            detector(administrator={"kind": "administrator", "status": "Enabled"}),
            told=organization(accounts=[{"id": OWN, "name": "own", "state": "ACTIVE"}]),
            detection_admins=named(SECURITY),
        ),
        "pass",
    ),
    (
        "another account of the organization than the one named",
        within(
            detector(administrator=administered(SHOP)),
            told=organization(accounts=[{"id": SHOP, "name": "shop", "state": "ACTIVE"}]),
            detection_admins=named(SECURITY),
        ),
        "pass",
    ),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in ADMINISTRATORS])
def test_administrators(facts: Json, expected: str) -> None:
    assert verdict(ADMINISTRATOR, facts) == expected


def test_an_administrator_outside_the_organization_is_critical_unless_declared() -> None:
    (facts,) = (
        facts for name, facts, _ in ADMINISTRATORS if name == "an administrator that is not of the organization"
    )

    assert only_finding(ADMINISTRATOR, facts).severity == "critical"
    assert verdict(ADMINISTRATOR, facts, declared={"accounts": [FOREIGN]}) == "pass"


def test_a_named_administrator_without_a_detector_is_told_by_its_account() -> None:
    found = only_finding(ADMINISTRATOR, within(detection_admins=named(SECURITY)))

    assert found.severity == "medium"
    assert found.message == f"There is no detector in eu-west-1 that account {SECURITY} could administer."


def test_regions_that_need_not_be_watched_need_no_administrator() -> None:
    assert verdict(ADMINISTRATOR, within(detector()), declared={"regions": ["eu-central-1"]}) == ""


def listed(**states: str) -> list[Json]:
    own: Json = {"id": OWN, "name": "security", "state": "ACTIVE"}
    others: list[Json] = [{"id": each.lstrip("a"), "name": each, "state": state} for each, state in states.items()]
    return [own, *others]


IN_USE = listed(a222233334444="ACTIVE", a333344445555="SUSPENDED")
NO_ACCOUNTS = gap("organizations:ListAccounts")


def member(account: str = SHOP, status: str = "Enabled") -> Json:
    return {"account_id": account, "status": status}


def watching(*members: Json, auto: str | None = "ALL", accounts: object = IN_USE, **facts: object) -> Json:
    settings = {**SETTINGS, "auto_enable": auto, **facts}
    return within(detector(members=members, organization=settings), told=organization(accounts=accounts))


WATCHED: list[Case] = [
    ("all are enabled", watching(member()), "pass"),
    ("a closed account is left out", watching(member(), member(CLOSED, "AccountSuspended")), "pass"),
    ("a closed account is not enrolled", watching(member(), member(CLOSED, "Removed")), "pass"),
    ("a member has the region switched off", watching(member(status="RegionDisabled")), "pass"),
    ("an account is not enrolled", watching(), "fail"),
    ("an account is not enrolled, by NEW", watching(auto="NEW"), "fail"),
    ("all are enabled, by NEW", watching(member(), auto="NEW"), "pass"),
    ("all are enabled, but new ones will not be", watching(member(), auto="NONE"), "fail"),
    ("a member is suspended", watching(member(status="Disabled")), "fail"),
    ("a member was invited only", watching(member(status="Invited")), "fail"),
    ("a member resigned", watching(member(status="Resigned")), "fail"),
    ("the limit is reached", watching(member(), is_limit_reached=True), "fail"),
    ("all members are enabled, accounts denied", watching(member(), accounts=NO_ACCOUNTS), "unknown"),
    ("a member is suspended, accounts denied", watching(member(status="Disabled"), accounts=NO_ACCOUNTS), "fail"),
    ("a member left, accounts denied", watching(member(status="Removed"), accounts=NO_ACCOUNTS), "unknown"),
    ("members denied", within(detector(members=gap("guardduty:ListMembers"), organization=SETTINGS)), "unknown"),
    (
        "members denied, new ones will not be enabled",
        within(detector(members=gap("guardduty:ListMembers"), organization={**SETTINGS, "auto_enable": "NONE"})),
        "fail",
    ),
    ("settings denied", within(detector(members=[member()], organization=DENIED_ORGANIZATION)), "unknown"),
    (
        "settings denied, a member off",
        within(detector(members=[member(status="Disabled")], organization=DENIED_ORGANIZATION)),
        "fail",
    ),
    ("a detector that another account administers", within(detector(administrator=administered(SECURITY))), ""),
    ("a detector that administers nobody", within(detector()), ""),
    ("members by invitation", within(detector(members=[member()])), "pass"),
    ("a member by invitation that resigned", within(detector(members=[member(status="Resigned")])), "unknown"),
    ("administrator denied", within(detector(administrator=DENIED_ADMINISTRATOR)), "unknown"),
    (
        "detectors denied",
        {"organization": organization(), "regions": [region(detectors=gap("guardduty:ListDetectors"))]},
        "unknown",
    ),
    ("no region was listed", {"organization": organization(), "regions": []}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in WATCHED])
def test_members(facts: Json, expected: str) -> None:
    assert verdict(MEMBERS, facts) == expected


def test_an_account_that_is_not_watched_weighs_more_than_a_setting() -> None:
    missing, setting = only_finding(MEMBERS, watching()), only_finding(MEMBERS, watching(member(), auto="NONE"))

    assert (missing.severity, setting.severity) == ("high", "medium")
    assert missing.evidence["accounts_off"] == [SHOP]
    assert missing.message == "In eu-west-1 1 account is not watched."


TABLES = {ADMINISTRATOR: ADMINISTRATORS, MEMBERS: WATCHED}
_WHERE_ACCOUNTS_HANG = {
    "organizations:ListRoots",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListAccountsForParent",
}
ALSO_LOOKED_AT = {
    ADMINISTRATOR: {
        "guardduty:ListOrganizationAdminAccounts",
        "guardduty:ListMembers",
        "organizations:ListAccounts",
        *_WHERE_ACCOUNTS_HANG,
    },
    MEMBERS: _WHERE_ACCOUNTS_HANG,
}
