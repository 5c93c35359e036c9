"""What a preflight says of the organization, which answers a few of its accounts only."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collect.probes import PROBES
from tests.collect.answers_preflight import FULL, refused
from tests.collect.faulty import ACCOUNT_ID
from tests.collect.preflighting import places, probe, said, the
from tests.collect.stand_in import Refusal, StandIn

MANAGEMENT = "999988887777"
NOT_FOR_MEMBERS = Refusal("AccessDeniedException", 400, "You don't have permissions to access this resource.")
FOR_THE_FEW = {
    "iam:ListOrganizationsFeatures",
    *(
        api
        for api in PROBES
        if api.startswith("organizations:")
        and api not in {"organizations:DescribeOrganization", "organizations:DescribeEffectivePolicy"}
    ),
}


@pytest.fixture
def member(aws: StandIn) -> StandIn:
    """An account that the organization tells nothing."""
    aws.reset(FULL)
    described = {"Organization": {"MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}}
    aws.answer("organizations:DescribeOrganization", described)
    for api in FOR_THE_FEW:
        aws.answer(api, NOT_FOR_MEMBERS)
    return aws


def test_a_member_of_an_organization(session: Any, member: StandIn) -> None:
    found = probe(session)

    assert said(found, "denied", "throttled", "error") == set()
    assert said(found, "elsewhere") == places({*FOR_THE_FEW, "guardduty:ListOrganizationAdminAccounts"})
    assert MANAGEMENT in the(found, "organizations:ListAccounts").message
    asked = {asked.api for asked in member.asked if asked.api in FOR_THE_FEW}
    assert asked == {"organizations:ListRoots"}


def test_a_member_that_its_own_policies_deny(session: Any, member: StandIn) -> None:
    member.answer("organizations:ListRoots", refused("organizations:ListRoots"))

    found = probe(session)

    assert said(found, "denied") == {("organizations:ListRoots", "global")}
    assert ("organizations:ListAccounts", "global") in said(found, "elsewhere")


def test_a_delegated_administrator(session: Any, member: StandIn) -> None:
    for api in FOR_THE_FEW:
        member.answer(api, FULL[api])
    member.answer("organizations:ListPolicies", NOT_FOR_MEMBERS)
    few = "AccountNotManagementOrDelegatedAdministratorException"
    member.answer("iam:ListOrganizationsFeatures", Refusal(few, 400))

    found = probe(session)

    assert {api for api, _ in said(found, "elsewhere")} == {
        "organizations:ListPolicies", "iam:ListOrganizationsFeatures", "guardduty:ListOrganizationAdminAccounts",
    }  # fmt: skip
    assert said(found, "denied", "throttled", "error") == set()


def test_a_membership_that_may_not_be_asked(session: Any, member: StandIn) -> None:
    member.answer("organizations:DescribeOrganization", refused("organizations:DescribeOrganization"))
    member.answer("organizations:ListPolicies", refused("organizations:ListPolicies"))

    found = probe(session)

    assert said(found, "denied") == {
        ("organizations:DescribeOrganization", "global"), ("organizations:ListPolicies", "global"),
    }  # fmt: skip
    assert the(found, "organizations:ListAccounts").status == "untold"


def test_an_organization_for_bills(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)
    described = {"Organization": {"MasterAccountId": ACCOUNT_ID, "FeatureSet": "CONSOLIDATED_BILLING"}}
    aws.answer("organizations:DescribeOrganization", described)

    found = probe(session)

    assert the(found, "organizations:ListAccounts").status == "readable"
    assert the(found, "organizations:ListPolicies").status == "not_applicable"
    assert "organizations:ListPolicies" not in {asked.api for asked in aws.asked}
