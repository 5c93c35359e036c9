"""Organizations that trust policies name, and accounts that are known since they are members or declared."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, gap, only_finding, verdict
from tests.rules.holding import DETAILS, named
from tests.rules.trusting import FOREIGN_ROOT, IN_ORGANIZATION, ORGANIZATION, OWN_ROOT, admit, refuse, trusting

RULE, ACCOUNT = "iam-role-trust-foreign-organization", "iam-role-trust-foreign-account"
DENIED = gap("organizations:DescribeOrganization")
ELSEWHERE = "o-zzzzz99999"


def within(organization: str = ORGANIZATION) -> Json:
    return {"kind": "organization", "id": organization, "management_account": "444455556666"}


def of(membership: Json | None, *statements: Json) -> Json:
    """A role of an account that is in an organization, in none, or in which nobody knows."""
    return trusting(*statements) | {"organization": {"membership": membership}}


EVERYBODY = admit(StringEquals=IN_ORGANIZATION)
PATHS = {"aws:PrincipalOrgPaths": [f"{ORGANIZATION}/r-1/ou-1/*"]}

CASES: list[Case] = [
    ("our own", of(within(), EVERYBODY), "pass"),
    ("another", of(within(ELSEWHERE), EVERYBODY), "fail"),
    ("one, and we are in none", of(None, EVERYBODY), "fail"),
    ("one, and ours is not known", of(DENIED, EVERYBODY), "unknown"),
    ("ours and another", of(within(), admit(StringEquals={"aws:PrincipalOrgID": [ORGANIZATION, ELSEWHERE]})), "fail"),
    ("a path of ours", of(within(), admit(**{"ForAnyValue:StringLike": PATHS})), "pass"),
    ("a path of another", of(within(ELSEWHERE), admit(**{"ForAnyValue:StringLike": PATHS})), "fail"),
    (
        "everybody but another is denied",
        of(within(ELSEWHERE), admit(), refuse(StringNotEquals=IN_ORGANIZATION)),
        "fail",
    ),
    ("everybody but ours is denied", of(within(), admit(), refuse(StringNotEquals=IN_ORGANIZATION)), "pass"),
    (
        "a foreign account in another",
        of(within(ELSEWHERE), admit({"AWS": FOREIGN_ROOT}, StringEquals=IN_ORGANIZATION)),
        "fail",
    ),
    ("this account in another", of(within(ELSEWHERE), admit({"AWS": OWN_ROOT}, StringEquals=IN_ORGANIZATION)), "pass"),
    (
        "another, with an external id",
        of(within(ELSEWHERE), admit(StringEquals=IN_ORGANIZATION | {"sts:ExternalId": "b7c1"})),
        "pass",
    ),
    (
        "another, one principal",
        of(within(ELSEWHERE), admit(StringEquals=IN_ORGANIZATION | {"aws:PrincipalAccount": OWN})),
        "pass",
    ),
    (
        "another, with a tag of its own and MFA",
        of(
            within(ELSEWHERE),
            admit(
                StringEquals=IN_ORGANIZATION | {"aws:PrincipalTag/team": "x"},
                Bool={"aws:MultiFactorAuthPresent": "true"},
            ),
        ),
        "fail",
    ),
    (
        "that of the role itself",
        of(within(), admit(StringEquals={"aws:PrincipalOrgID": "${aws:ResourceOrgID}"})),
        "pass",
    ),
    (
        "its paths",
        of(within(), admit(**{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "${aws:ResourceOrgPaths}"}})),
        "pass",
    ),
    ("no organization is named", of(DENIED, admit({"AWS": OWN_ROOT})), "pass"),
    ("frozen", of(within(ELSEWHERE), EVERYBODY, refuse()), "pass"),
    ("malformed", of(within(), {"Effect": "Perhaps"}), "unknown"),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]

TABLES = {RULE: CASES}
_MEMBERS = {
    "organizations:ListAccounts", "organizations:ListAccountsForParent", "organizations:ListDelegatedAdministrators",
}  # fmt: skip
ALSO_LOOKED_AT = {ACCOUNT: {*_MEMBERS, "organizations:DescribeOrganization"}, RULE: _MEMBERS}


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_organizations(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_an_organization_that_is_declared_is_known() -> None:
    facts = named(CASES, "another")

    assert verdict(RULE, facts, declared={"organizations": (ORGANIZATION,)}) == "pass"
    assert verdict(RULE, facts, declared={"organizations": (ELSEWHERE,)}) == "fail"
    assert (
        verdict(RULE, named(CASES, "one, and ours is not known"), declared={"organizations": (ORGANIZATION,)}) == "pass"
    )


def test_the_foreign_organization_is_named() -> None:
    found = only_finding(RULE, named(CASES, "ours and another"))

    assert found.evidence["organizations"] == [ELSEWHERE]
    assert found.evidence["material"] == [f"trusts:{ELSEWHERE}"]
    assert found.severity == "high"


def members(*ids: str) -> Json:
    accounts = [{"id": each, "name": each, "state": "ACTIVE"} for each in ids]
    return {"organization": {"membership": within(), "accounts": accounts}}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (members(OWN, FOREIGN), "pass"),
        (members(OWN), "fail"),
        ({"organization": {"membership": within(), "accounts": gap("organizations:ListAccounts")}}, "fail"),
        (
            {"organization": {"membership": within(), "accounts": gap("organizations:ListAccounts", "elsewhere")}},
            "fail",
        ),
    ],
)
def test_members_of_the_organization_are_known_accounts(parts: Json, expected: str) -> None:
    assert verdict(ACCOUNT, trusting(admit({"AWS": FOREIGN_ROOT})) | parts) == expected


ELSEWHERE_LISTED = gap("organizations:ListAccounts", "elsewhere")
MANAGING = {"AWS": "arn:aws:iam::444455556666:root"}


def test_the_management_account_and_delegates_are_known_to_every_member() -> None:
    member: Json = {"membership": within(), "accounts": ELSEWHERE_LISTED}
    delegates = [{"account_id": FOREIGN, "services": []}]

    assert verdict(ACCOUNT, trusting(admit(MANAGING)) | {"organization": member}) == "pass"
    assert verdict(ACCOUNT, trusting(admit(MANAGING)) | {"organization": {**member, "membership": DENIED}}) == "fail"
    assert verdict(ACCOUNT, trusting(admit({"AWS": FOREIGN_ROOT})) | {"organization": member}) == "fail"
    known = {**member, "delegates": delegates}
    assert verdict(ACCOUNT, trusting(admit({"AWS": FOREIGN_ROOT})) | {"organization": known}) == "pass"


@pytest.mark.parametrize(
    ("organization", "confidence"),
    [
        ({"membership": DENIED, "accounts": ELSEWHERE_LISTED}, "medium"),
        ({"membership": within(), "accounts": ELSEWHERE_LISTED}, "medium"),
        (members(OWN)["organization"], "high"),
        ({"membership": None, "accounts": ELSEWHERE_LISTED}, "high"),
    ],
)
def test_an_account_that_may_be_a_member_is_foreign_with_less_confidence(organization: Json, confidence: str) -> None:
    found = only_finding(ACCOUNT, trusting(admit({"AWS": FOREIGN_ROOT})) | {"organization": organization})

    assert found.confidence == confidence
    assert ("assumed" in found.evidence) is (confidence == "medium")


@pytest.mark.parametrize("section", ["accounts", "response_accounts"])
def test_declared_accounts_are_known(section: str) -> None:
    facts = trusting(admit({"AWS": FOREIGN_ROOT}))

    assert verdict(ACCOUNT, facts, declared={section: (FOREIGN,)}) == "pass"
    assert verdict(ACCOUNT, facts, declared={section: ("123412341234",)}) == "fail"
    assert verdict(ACCOUNT, facts, declared={"administrators": (FOREIGN,)}) == "fail"
