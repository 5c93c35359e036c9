"""GuardDuty in an organization: who administers a detector, whom it administers, and who may ask about that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from scanner.collect.guardduty import read_detection_admins, read_detectors
from scanner.inventory import (
    Administrator,
    CoverageRow,
    DetectionAdmin,
    Detector,
    Gap,
    Organization,
    OrganizationDetection,
    known,
)
from tests.collect.answers_detection import ANSWERS
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME
from tests.collect.stand_in import DENIED, Refusal, StandIn

MANAGEMENT = "444455556666"
MEMBERSHIP = Organization("o-1", MANAGEMENT)
BAD_REQUEST = Refusal("BadRequestException", 400, "The request failed because you are not the administrator.")
NOT_MEMBER = Gap("organizations:DescribeOrganization", "denied")
ABOVE = {"Administrator": {"AccountId": MANAGEMENT, "RelationshipStatus": "Enabled"}}


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def read(
    session: Any, membership: Organization | Gap | None = MEMBERSHIP, unwanted: Iterable[str] = ()
) -> tuple[Detector, list[CoverageRow]]:
    with asking(session, unwanted=unwanted) as desk:
        (detector,) = known(read_detectors(desk, HOME, membership))
        return detector, [row for row in desk.ledger.rows(ACCOUNT_ID) if row.status != "ok"]


def admins(
    session: Any, membership: Organization | Gap | None, unwanted: Iterable[str] = ()
) -> tuple[tuple[DetectionAdmin, ...] | Gap, list[CoverageRow]]:
    with asking(session, unwanted=unwanted) as desk:
        return read_detection_admins(desk, HOME, membership), list(desk.ledger.rows(ACCOUNT_ID))


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


def asked_of(aws: StandIn, operation: str) -> list[dict[str, Any]]:
    return [dict(asked.parameters) for asked in aws.asked if asked.api == f"guardduty:{operation}"]


@pytest.mark.parametrize("membership", [MEMBERSHIP, None, NOT_MEMBER])
def test_a_detector_that_another_account_administers(
    session: Any, aws: StandIn, membership: Organization | Gap | None
) -> None:
    aws.answer("guardduty:GetAdministratorAccount", ABOVE)

    detector, _ = read(session, membership)

    assert detector.administrator == Administrator(MANAGEMENT, "Enabled")
    assert (detector.members, detector.organization) == ((), None)
    assert not asked_of(aws, "ListMembers")
    assert not asked_of(aws, "DescribeOrganizationConfiguration")


def test_an_administrator_without_its_account(session: Any, aws: StandIn) -> None:
    aws.answer("guardduty:GetAdministratorAccount", {"Administrator": {"RelationshipStatus": "Enabled"}})

    assert read(session)[0].administrator == Administrator(None, "Enabled")


def test_lists_of_the_administrator_may_be_readable_there_only(session: Any, aws: StandIn) -> None:
    aws.answer("guardduty:GetAdministratorAccount", ABOVE)
    aws.answer("guardduty:GetIPSet", BAD_REQUEST)

    detector, faults = read(session)

    found = known(detector.trusted_ips)
    assert [entry.id for entry in found] == ["office", "old"]
    assert {gap_of(entry.detail) for entry in found} == {("guardduty:GetIPSet", "elsewhere", HOME)}
    assert [(row.status, row.message) for row in faults] == [("elsewhere", f"readable only in account {MANAGEMENT}")]


def test_own_lists_that_cannot_be_read_are_an_error(session: Any, aws: StandIn) -> None:
    aws.answer("guardduty:GetIPSet", BAD_REQUEST)

    assert {gap_of(entry.detail)[1] for entry in known(read(session)[0].trusted_ips)} == {"error"}


def test_members_that_left_are_listed_too(session: Any, aws: StandIn) -> None:
    read(session)

    assert asked_of(aws, "ListMembers") == [{"DetectorId": "d1", "OnlyAssociated": "false", "MaxResults": 50}]


def test_an_account_without_an_organization(session: Any, aws: StandIn) -> None:
    detector, _ = read(session, None)

    assert detector.organization is None
    assert len(known(detector.members)) == 2
    assert not asked_of(aws, "DescribeOrganizationConfiguration")


@pytest.mark.parametrize("membership", [MEMBERSHIP, NOT_MEMBER])
def test_an_account_that_nobody_joined_is_not_the_administrator(
    session: Any, aws: StandIn, membership: Organization | Gap
) -> None:
    aws.answer("guardduty:ListMembers", {"Members": []})
    aws.answer("guardduty:DescribeOrganizationConfiguration", BAD_REQUEST)

    detector, faults = read(session, membership)

    assert (detector.members, detector.organization, faults) == ((), None, [])


@pytest.mark.parametrize("members", [ANSWERS["guardduty:ListMembers"], DENIED])
def test_an_account_that_has_members_may_lack_a_right(session: Any, aws: StandIn, members: Any) -> None:
    aws.answer("guardduty:ListMembers", members)
    aws.answer("guardduty:DescribeOrganizationConfiguration", BAD_REQUEST)

    detector, _ = read(session)

    assert gap_of(detector.organization) == ("guardduty:DescribeOrganizationConfiguration", "error", HOME)


def test_an_administrator_that_nobody_joined(session: Any, aws: StandIn) -> None:
    aws.answer("guardduty:ListMembers", {"Members": []})
    aws.answer("guardduty:DescribeOrganizationConfiguration", {"MemberAccountLimitReached": False})

    assert read(session)[0].organization == OrganizationDetection()


def test_whether_an_account_without_members_has_an_organization_must_be_known(session: Any, aws: StandIn) -> None:
    aws.answer("guardduty:ListMembers", {"Members": []})

    assert read(session, NOT_MEMBER)[0].organization is NOT_MEMBER


def test_an_account_with_members_needs_not_be_known_to_have_an_organization(session: Any, aws: StandIn) -> None:
    assert isinstance(read(session, NOT_MEMBER)[0].organization, OrganizationDetection)


@pytest.mark.parametrize("part", ["members", "organization"])
def test_without_the_administrator_the_rest_of_the_organization_is_unknown(
    session: Any, aws: StandIn, part: str
) -> None:
    aws.answer("guardduty:GetAdministratorAccount", DENIED)

    detector, _ = read(session)

    assert gap_of(getattr(detector, part)) == ("guardduty:GetAdministratorAccount", "denied", HOME)
    assert not asked_of(aws, "ListMembers")


def test_the_management_account_is_told_who_administers(session: Any, aws: StandIn) -> None:
    found, rows = admins(session, Organization("o-1", ACCOUNT_ID))

    assert found == (DetectionAdmin("444455556666", "ENABLED"),)
    assert aws.requests == {("guardduty:ListOrganizationAdminAccounts", HOME): 1}
    assert [(row.status, row.calls) for row in rows] == [("ok", 1)]


def test_other_accounts_need_not_ask_who_administers(session: Any, aws: StandIn) -> None:
    found, rows = admins(session, MEMBERSHIP)

    assert gap_of(found) == ("guardduty:ListOrganizationAdminAccounts", "elsewhere", HOME)
    assert not aws.requests
    assert [(row.api, row.region, row.status, row.calls, row.message) for row in rows] == [
        (
            "guardduty:ListOrganizationAdminAccounts",
            HOME,
            "elsewhere",
            0,
            f"readable only in account {MANAGEMENT}",
        )
    ]


def test_without_an_organization_nobody_administers(session: Any, aws: StandIn) -> None:
    assert admins(session, None)[0] == ()
    assert not aws.requests


def test_of_an_unknown_organization_nothing_is_known(session: Any, aws: StandIn) -> None:
    assert gap_of(admins(session, NOT_MEMBER)[0]) == ("organizations:DescribeOrganization", "denied", "global")
    assert not aws.requests


@pytest.mark.parametrize("membership", [Organization("o-1", ACCOUNT_ID), MEMBERSHIP, None])
def test_who_administers_is_not_asked_for_if_nothing_needs_it(
    session: Any, aws: StandIn, membership: Organization | None
) -> None:
    found, rows = admins(session, membership, ["guardduty:ListOrganizationAdminAccounts"])

    assert gap_of(found) == ("guardduty:ListOrganizationAdminAccounts", "skipped", HOME)
    assert (rows, aws.asked) == ([], [])


def test_the_management_account_may_be_denied(session: Any, aws: StandIn) -> None:
    aws.answer("guardduty:ListOrganizationAdminAccounts", DENIED)

    found, _ = admins(session, Organization("o-1", ACCOUNT_ID))

    assert gap_of(found) == ("guardduty:ListOrganizationAdminAccounts", "denied", HOME)
