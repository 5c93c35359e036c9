"""GuardDuty in every enabled region."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, findings, gap, only_finding, region, regions, verdict

RULE = "guardduty-off"


def detector(status: str | None = "ENABLED", name: str = "d1") -> Json:
    detail = gap("guardduty:GetDetector") if status is None else {"kind": "detector", "status": status}
    return {"id": name, "arn": f"arn:aws:guardduty:eu-west-1:{OWN}:detector/{name}", "detail": detail}


def watched(*detectors: Json) -> Json:
    return regions(region(detectors=list(detectors)))


CASES: list[Case] = [
    ("enabled", watched(detector()), "pass"),
    ("suspended", watched(detector("DISABLED")), "fail"),
    ("in a state that is not known", watched(detector("PENDING")), "fail"),
    ("missing", watched(), "fail"),
    ("detail denied", watched(detector(None)), "unknown"),
    ("one suspended, one with its detail denied", watched(detector("DISABLED"), detector(None, "d2")), "unknown"),
    ("one enabled, one with its detail denied", watched(detector(None), detector(name="d2")), "pass"),
    ("one suspended, one enabled", watched(detector("DISABLED"), detector(name="d2")), "pass"),
    ("list denied", regions(region(detectors=gap("guardduty:ListDetectors"))), "unknown"),
    ("list throttled", regions(region(detectors=gap("guardduty:ListDetectors", "throttled"))), "unknown"),
    ("region not asked for", regions(region()), "unknown"),
    (
        "the service does not exist in the region",
        regions(region(detectors=gap("guardduty:ListDetectors", "not_applicable"))),
        "pass",
    ),
    (
        "on in one region only",
        regions(region("eu-west-1", detectors=[detector()]), region("eu-west-3", detectors=[])),
        "fail pass",
    ),
    (
        "on where the session lives, other regions not known",
        {"regions": [region(detectors=[detector()])], "other_regions": gap("ec2:DescribeRegions")},
        "pass unknown",
    ),
    ("no region was listed", {"regions": []}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_detectors(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_missing_and_suspended_are_different_evidence_and_commands() -> None:
    missing, suspended = only_finding(RULE, watched()), only_finding(RULE, watched(detector("DISABLED")))

    assert missing.evidence["material"] == ["guardduty:no-detector"]
    assert suspended.evidence["material"] == ["guardduty:suspended"]
    assert missing.remediation.commands == ("aws guardduty create-detector --enable --region=eu-west-1",)
    assert suspended.remediation.commands == (
        "aws guardduty update-detector --detector-id=d1 --region=eu-west-1 --enable",
    )


def test_the_region_is_part_of_the_identity() -> None:
    two = regions(region("eu-west-1", detectors=[]), region("eu-west-3", detectors=[]))

    found = findings(RULE, two)

    assert {(finding.resource.name, finding.resource.region) for finding in found} == {
        ("eu-west-1", "eu-west-1"),
        ("eu-west-3", "eu-west-3"),
    }
    assert len({finding.fingerprint for finding in found}) == 2


TABLES = {RULE: CASES}
