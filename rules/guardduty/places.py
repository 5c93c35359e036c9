"""Detectors with the region in which they lie, as subjects of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from scanner.engine import Subject, Unread
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.findings import Resource
from scanner.inventory import Account, Detector, Gap, Region


class Placed(msgspec.Struct, frozen=True):
    """A detector with its region."""

    detector: Detector
    region: Region


def detectors_that(chosen: Callable[[Detector], bool]) -> Callable[[Account], Iterator[Subject[Placed] | Unread]]:
    """The detectors of every region that fulfil a predicate; regions without GuardDuty have none."""

    def subjects(account: Account) -> Iterator[Subject[Placed] | Unread]:
        for region in account.regions:
            if isinstance(region.detectors, Gap):
                if region.detectors.status != "not_applicable":
                    yield Unread(account_resource(account, region.name), region.detectors)
                continue
            for detector in region.detectors:
                if chosen(detector):
                    yield Subject(detector_resource(account, region, detector), Placed(detector, region))
        yield from unlisted_regions(account)

    return subjects


def detector_resource(account: Account, region: Region, detector: Detector) -> Resource:
    """How findings name a detector."""
    return Resource(detector.arn, "AWS::GuardDuty::Detector", detector.id, account.account_id, region.name)
