"""Collect GuardDuty: detectors with all that is set about them, and who administers them."""

from __future__ import annotations

from typing import Any

from scanner.collect.desk import Desk
from scanner.collect.detector_lists import PAGE, SETS, Place, read_filters, read_open_findings, read_sets
from scanner.collect.reader import Reader
from scanner.collect.tasks import Task
from scanner.collect.values import flag
from scanner.inventory import (
    Administrator,
    DetectionAdmin,
    Detector,
    DetectorDetail,
    DetectorFeature,
    FeatureEnablement,
    Gap,
    Member,
    NotCollected,
    Organization,
    OrganizationDetection,
    PublishingDestination,
)


def read_detectors(desk: Desk, region: str, membership: Organization | Gap | None) -> tuple[Detector, ...] | Gap:
    """The detectors of the region; an empty tuple only where the list call succeeded.

    Args:
        desk: where to ask.
        region: the region.
        membership: the organization that the account is in; None where it is in none.
    """

    def read(reader: Reader) -> tuple[str, ...]:
        pages = reader.pages("ListDetectors", PaginationConfig=PAGE)
        return tuple(sorted(detector for page in pages for detector in page["DetectorIds"]))

    ids = desk.ask("guardduty", region, "ListDetectors", read, tuple[str, ...])
    if isinstance(ids, Gap):
        return ids
    return tuple(desk.each(lambda detector: _read_detector(Place(desk, region, detector), membership), ids))


def _read_detector(place: Place, membership: Organization | Gap | None) -> Detector:
    start = place.desk.start
    administrator = start(_read_administrator, place)
    members = start(lambda: _read_members(place, administrator.result()))
    parts: dict[str, Task[Any]] = {
        "detail": start(_read_detail, place),
        "filters": start(read_filters, place),
        "destinations": start(_read_destinations, place),
        "open_findings": start(read_open_findings, place),
        "administrator": administrator,
        "members": members,
        "organization": start(lambda: _read_organization(place, administrator.result(), members.result(), membership)),
        **{name: start(read_sets, place, api, administrator) for name, api in SETS.items()},
    }
    return Detector(
        id=place.detector,
        arn=place.desk.arn("guardduty", place.region, f"detector/{place.detector}"),
        **{name: task.result() for name, task in parts.items()},
    )


def _read_detail(place: Place) -> DetectorDetail | Gap:
    def read(reader: Reader) -> DetectorDetail:
        answer = reader.call("GetDetector", DetectorId=place.detector)
        features = (_feature(item) for item in answer.get("Features") or () if item.get("Name"))
        return DetectorDetail(
            status=answer["Status"],
            publishing_frequency=answer.get("FindingPublishingFrequency"),
            features=tuple(sorted(features, key=lambda feature: feature.name)),
        )

    return place.ask("GetDetector", read, DetectorDetail)


def _feature(answer: dict[str, Any]) -> DetectorFeature:
    more = answer.get("AdditionalConfiguration") or ()
    agents = (item["Name"] for item in more if item.get("Status") == "ENABLED")
    return DetectorFeature(answer["Name"], answer.get("Status") or "", tuple(sorted(agents)))


def _read_destinations(place: Place) -> tuple[PublishingDestination, ...] | Gap:
    def read(reader: Reader) -> tuple[PublishingDestination, ...]:
        found = (
            PublishingDestination(item["DestinationId"], item["DestinationType"], item["Status"])
            for page in reader.linked("ListPublishingDestinations", DetectorId=place.detector, MaxResults=50)
            for item in page["Destinations"]
        )
        return tuple(sorted(found, key=lambda destination: destination.id))

    return place.ask("ListPublishingDestinations", read, tuple[PublishingDestination, ...])


def _read_administrator(place: Place) -> Administrator | Gap | None:
    def read(reader: Reader) -> Administrator | None:
        # An account that nobody else administers gets an empty answer.
        found = reader.call("GetAdministratorAccount", DetectorId=place.detector).get("Administrator")
        return Administrator(found.get("AccountId"), found.get("RelationshipStatus")) if found else None

    return place.ask("GetAdministratorAccount", read, Administrator | None)


def _read_members(place: Place, administrator: Administrator | Gap | None) -> tuple[Member, ...] | Gap:
    if isinstance(administrator, Gap):
        return administrator
    if administrator is not None:
        return ()

    def read(reader: Reader) -> tuple[Member, ...]:
        # Members that were invited only, or that left, are listed too.
        pages = reader.pages("ListMembers", DetectorId=place.detector, OnlyAssociated="false", PaginationConfig=PAGE)
        found = (Member(item["AccountId"], item["RelationshipStatus"]) for page in pages for item in page["Members"])
        return tuple(sorted(found, key=lambda member: member.account_id))

    return place.ask("ListMembers", read, tuple[Member, ...])


def _read_organization(
    place: Place,
    administrator: Administrator | Gap | None,
    members: tuple[Member, ...] | Gap,
    membership: Organization | Gap | None,
) -> OrganizationDetection | Gap | None:
    if isinstance(administrator, Gap):
        return administrator
    if administrator is not None or membership is None:
        return None
    operation = "DescribeOrganizationConfiguration"

    def read(reader: Reader) -> OrganizationDetection | None:
        # A bad request is how AWS says that another account decides, but also that rights in the organization are
        # missing: of an account with members only the latter is likely.
        ask = reader.call if isinstance(members, Gap) or members else reader.find
        first = ask(operation, DetectorId=place.detector)
        if first is None:
            return None
        token = first.get("NextToken")
        more = reader.linked(operation, DetectorId=place.detector, NextToken=token) if token else []
        features = (
            FeatureEnablement(item["Name"], item.get("AutoEnable") or "")
            for page in (first, *more)
            for item in page.get("Features") or ()
            if item.get("Name")
        )
        return OrganizationDetection(
            auto_enable=first.get("AutoEnableOrganizationMembers"),
            features=tuple(sorted(features, key=lambda feature: feature.name)),
            is_limit_reached=flag(first["MemberAccountLimitReached"]),
        )

    found = place.ask(operation, read, OrganizationDetection | None)
    # Of an account without an organization it says nothing, and such an account has no members either.
    has_members = not isinstance(members, Gap) and bool(members)
    if isinstance(membership, Gap) and isinstance(found, OrganizationDetection) and not has_members:
        return membership
    return found


def read_detection_admins(
    desk: Desk, region: str, membership: Organization | Gap | None
) -> tuple[DetectionAdmin, ...] | Gap:
    """Whom the organization made the administrator of GuardDuty; AWS tells its management account only."""
    operation = "ListOrganizationAdminAccounts"

    def read(reader: Reader) -> tuple[DetectionAdmin, ...]:
        if membership is None:
            return ()
        if isinstance(membership, Gap):
            raise NotCollected(membership)
        management = membership.management_account
        if management != desk.account_id:
            gap = Gap(f"guardduty:{operation}", "elsewhere", region, f"readable only in account {management}")
            reader.ledger.record(gap.api, region, gap.status, gap.reason, calls=0)
            raise NotCollected(gap)
        found = (
            DetectionAdmin(item["AdminAccountId"], item.get("AdminStatus") or "")
            for page in reader.pages(operation, PaginationConfig=PAGE)
            for item in page["AdminAccounts"]
        )
        return tuple(sorted(found, key=lambda admin: admin.account_id))

    return desk.ask("guardduty", region, operation, read, tuple[DetectionAdmin, ...])
