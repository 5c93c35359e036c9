"""Collect GuardDuty detectors."""

from __future__ import annotations

from typing import Any

import msgspec

from scanner.collect.reader import Reader, answered
from scanner.inventory import Detector, DetectorDetail, DetectorFeature, Gap


def read_detectors(reader: Reader, partition: str, account_id: str) -> tuple[Detector, ...] | Gap:
    """The detectors of the region with their settings; an empty tuple only where the list call succeeded."""

    def read() -> tuple[Detector, ...]:
        pages = reader.pages("ListDetectors", PaginationConfig={"PageSize": 50})
        ids = sorted(msgspec.convert([detector for page in pages for detector in page["DetectorIds"]], list[str]))
        prefix = f"arn:{partition}:guardduty:{reader.region}:{account_id}:detector/"
        return tuple(Detector(detector, prefix + detector, _detail(reader, detector)) for detector in ids)

    return answered(reader, "ListDetectors", read)


def _detail(reader: Reader, detector: str) -> DetectorDetail | Gap:
    def read() -> DetectorDetail:
        answer = reader.call("GetDetector", DetectorId=detector)
        features = [DetectorFeature(item["Name"], item["Status"]) for item in _features(answer)]
        return DetectorDetail(
            status=answer["Status"],
            publishing_frequency=answer.get("FindingPublishingFrequency"),
            features=tuple(sorted(features, key=lambda feature: feature.name)),
        )

    return answered(reader, "GetDetector", read)


def _features(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [feature for feature in answer.get("Features") or () if feature.get("Name") and feature.get("Status")]
