"""Trails: is everything recorded, is it recording now, and does it arrive?"""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, regions, verdict

COMPLETE, STOPPED, FAILING = "trail-no-multi-region", "trail-stopped", "trail-delivery-failing"

LOGGING: Json = {"kind": "trail-status", "is_logging": True, "latest_delivery": "2026-11-20T11:55:00Z"}
NOT_LOGGING: Json = {"kind": "trail-status", "is_logging": False, "stopped_logging": "2026-11-19T01:02:03Z"}
STATUS_DENIED = gap("cloudtrail:GetTrailStatus", region="eu-west-1")
SELECTORS_DENIED = gap("cloudtrail:GetEventSelectors", region="eu-west-1")
LIST_DENIED = gap("cloudtrail:DescribeTrails", region="eu-west-3")


def trail(name: str = "main", owner: str = OWN, home: str = "eu-west-1", **facts: object) -> Json:
    arn = f"arn:aws:cloudtrail:{home}:{owner}:trail/{name}"
    usual = {"is_multi_region": True, "status": LOGGING, "selectors": basic()}
    return {"arn": arn, "name": name, "home_region": home, **usual, **facts}


def basic(*selectors: Json) -> Json:
    return {"kind": "event-selectors", "basic": list(selectors)}


Fields = dict[str, dict[str, list[str]]]


def advanced(*selectors: Fields) -> Json:
    """Selectors by field; each is about management events unless it says otherwise."""
    category: Fields = {"eventCategory": {"Equals": ["Management"]}}
    fields = [
        [{"field": name, "operators": operators} for name, operators in (category | selector).items()]
        for selector in selectors
    ]
    return {"kind": "event-selectors", "advanced": fields}


def recorded(*trails: Json) -> Json:
    return regions(region(trails=list(trails)))


def selecting(selectors: Json) -> Json:
    return recorded(trail(selectors=selectors))


KMS, RDS = "kms.amazonaws.com", "rdsdata.amazonaws.com"
READS: Fields = {"readOnly": {"Equals": ["true"]}}
WRITES: Fields = {"readOnly": {"Equals": ["false"]}}
NO_KMS: Fields = {"eventSource": {"NotEquals": [KMS]}}

COVERAGE: list[Case] = [
    ("complete", recorded(trail()), "pass"),
    ("stopped", recorded(trail(status=NOT_LOGGING)), "fail"),
    ("single region", recorded(trail(is_multi_region=False)), "fail"),
    ("single region in every region", regions(
        region("eu-west-1", trails=[trail(is_multi_region=False)]),
        region("eu-west-3", trails=[trail(is_multi_region=False, home="eu-west-3")])), "fail"),
    ("none", recorded(), "fail"),
    ("of the organization", recorded(trail(owner="999988887777", is_organization=True)), "pass"),
    ("of the organization, single region", recorded(
        trail(owner="999988887777", is_organization=True, is_multi_region=False)), "fail"),
    ("shadow of a region that is not listed", recorded(trail(home="us-east-1")), "pass"),
    ("status denied", recorded(trail(status=STATUS_DENIED)), "unknown"),
    ("status of a single-region trail denied", recorded(trail(is_multi_region=False, status=STATUS_DENIED)), "fail"),
    ("selectors denied", recorded(trail(selectors=SELECTORS_DENIED)), "unknown"),
    ("stopped, selectors denied", recorded(trail(status=NOT_LOGGING, selectors=SELECTORS_DENIED)), "fail"),
    ("one stopped, one complete", recorded(trail(status=NOT_LOGGING), trail("second")), "pass"),
    ("one denied, one complete", recorded(trail(status=STATUS_DENIED), trail("second")), "pass"),
    ("one denied, one stopped", recorded(trail(status=STATUS_DENIED), trail("second", status=NOT_LOGGING)), "unknown"),
    ("one complete, another region denied", regions(
        region("eu-west-1", trails=[trail()]), region("eu-west-3", trails=LIST_DENIED)), "pass"),
    ("one stopped, another region denied", regions(
        region("eu-west-1", trails=[trail(status=NOT_LOGGING)]), region("eu-west-3", trails=LIST_DENIED)), "unknown"),
    ("complete, other regions not known", recorded(trail()) | {"other_regions": gap("ec2:DescribeRegions")}, "pass"),
    ("none, other regions not known", recorded() | {"other_regions": gap("ec2:DescribeRegions")}, "unknown"),
    ("no region was listed", regions(), "unknown"),
    ("writes", selecting(basic({"read_write": "WriteOnly"})), "fail"),
    ("reads", selecting(basic({"read_write": "ReadOnly"})), "fail"),
    ("reads and writes", selecting(basic({"read_write": "ReadOnly"}, {"read_write": "WriteOnly"})), "pass"),
    ("reads by one trail, writes by another", recorded(
        trail(selectors=basic({"read_write": "ReadOnly"})),
        trail("second", selectors=basic({"read_write": "WriteOnly"}))), "fail"),
    ("all", selecting(basic({"read_write": "All"})), "pass"),
    ("data events only", selecting(basic({"management": False})), "fail"),
    ("without KMS", selecting(basic({"excluded_sources": [KMS]})), "fail"),
    ("without KMS, and all", selecting(basic({"excluded_sources": [KMS]}, {})), "pass"),
    ("without KMS by one trail, complete by another", recorded(
        trail(selectors=basic({"excluded_sources": [KMS]})), trail("second")), "pass"),
    ("advanced: all", selecting(advanced({})), "pass"),
    ("advanced: reads", selecting(advanced(READS)), "fail"),
    ("advanced: writes", selecting(advanced(WRITES)), "fail"),
    ("advanced: reads and writes", selecting(advanced(READS, WRITES)), "pass"),
    ("advanced: reads by exclusion of writes", selecting(advanced({"readOnly": {"NotEquals": ["false"]}})), "fail"),
    ("advanced: both values", selecting(advanced({"readOnly": {"Equals": ["true", "false"]}})), "pass"),
    ("advanced: by another operator", selecting(advanced({"readOnly": {"StartsWith": ["t"]}})), "fail"),
    ("advanced: without KMS", selecting(advanced(NO_KMS)), "fail"),
    ("advanced: without KMS, and KMS", selecting(advanced(NO_KMS, {"eventSource": {"Equals": [KMS]}})), "pass"),
    ("advanced: without KMS, and KMS reads", selecting(
        advanced(NO_KMS, {"eventSource": {"Equals": [KMS]}} | READS)), "fail"),
    ("advanced: KMS only", selecting(advanced({"eventSource": {"Equals": [KMS]}})), "fail"),
    ("advanced: sources that begin with a", selecting(advanced({"eventSource": {"StartsWith": ["a"]}})), "fail"),
    ("advanced: some names only", selecting(advanced({"eventName": {"Equals": ["ConsoleLogin"]}})), "fail"),
    ("advanced: all names but some", selecting(advanced({"eventName": {"NotEquals": ["Decrypt"]}})), "fail"),
    ("advanced: some names, and all", selecting(advanced({"eventName": {"Equals": ["ConsoleLogin"]}}, {})), "pass"),
    ("advanced: data events only", selecting(advanced({"eventCategory": {"Equals": ["Data"]}})), "fail"),
    ("advanced: insight events, and all", selecting(
        advanced({"eventCategory": {"Equals": ["Insight"]}}, {})), "pass"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in COVERAGE])
def test_coverage(facts: Json, expected: str) -> None:
    assert verdict(COMPLETE, facts) == expected


@pytest.mark.parametrize(
    ("selectors", "material"),
    [
        (basic({"excluded_sources": [KMS, RDS]}), [f"trail:excludes:{KMS}, {RDS}"]),
        (advanced(NO_KMS | READS, WRITES), [f"trail:excludes:{KMS}"]),
    ],
    ids=["basic", "reads of KMS are lost"],
)
def test_an_exclusion_is_milder_and_named(selectors: Json, material: list[str]) -> None:
    found = only_finding(COMPLETE, selecting(selectors))

    assert found.severity == "medium"
    assert found.evidence["material"] == material


def test_no_trail_is_critical() -> None:
    assert only_finding(COMPLETE, recorded()).severity == "critical"


STOPS: list[Case] = [
    ("logging", recorded(trail()), "pass"),
    ("stopped", recorded(trail(status=NOT_LOGGING)), "fail"),
    ("a single-region trail stopped", recorded(trail(is_multi_region=False, status=NOT_LOGGING)), "fail"),
    ("never started", recorded(trail(status={"kind": "trail-status", "is_logging": False})), "fail"),
    ("status denied", recorded(trail(status=STATUS_DENIED)), "unknown"),
    ("no trails", recorded(), ""),
    ("list denied", regions(region(trails=LIST_DENIED)), "unknown"),
    ("one of two", recorded(trail(status=NOT_LOGGING), trail("second")), "fail pass"),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in STOPS])
def test_stopped(facts: Json, expected: str) -> None:
    assert verdict(STOPPED, facts) == expected


@pytest.mark.parametrize(
    ("second", "severity"),
    [
        (trail("second"), "medium"),
        (trail("second", is_multi_region=False), "high"),
        (trail("second", selectors=basic({"excluded_sources": [KMS]})), "high"),
        (trail("second", selectors=SELECTORS_DENIED), "high"),
    ],
    ids=["complete", "single region", "partial", "not known"],
)
def test_a_stopped_trail_is_milder_beside_a_complete_one(second: Json, severity: str) -> None:
    found = only_finding(STOPPED, recorded(trail(status=NOT_LOGGING), second))

    assert found.severity == severity
    assert found.evidence["covered_by_another"] is (severity == "medium")


def test_the_trail_is_started_by_arn_in_its_home_region() -> None:
    facts = regions(region("eu-west-3", trails=[trail(home="us-east-1", status=NOT_LOGGING)]))

    assert only_finding(STOPPED, facts).remediation.commands == (
        f"aws cloudtrail start-logging --name=arn:aws:cloudtrail:us-east-1:{OWN}:trail/main --region=us-east-1",
    )


def delivering(latest: str | None = None, since: str | None = None, error: str | None = None, **facts: object) -> Json:
    status = {"latest_delivery": latest, "started_logging": since, "latest_delivery_error": error}
    return recorded(trail(status={"kind": "trail-status", "is_logging": True, **status}) | facts)


DELIVERIES: list[Case] = [
    ("five minutes ago", delivering("2026-11-20T11:55:00Z"), "pass"),
    ("a day ago", delivering("2026-11-19T12:00:00Z"), "pass"),
    ("a day and a second ago", delivering("2026-11-19T11:59:59Z"), "fail"),
    ("never, started a day and a second ago", delivering(since="2026-11-19T11:59:59Z"), "fail"),
    ("never, started just now", delivering(since="2026-11-20T11:59:00Z"), "pass"),
    ("neither delivery nor start is known", delivering(), "unknown"),
    ("error", delivering("2026-11-20T11:55:00Z", error="AccessDenied"), "fail"),
    ("error of a single-region trail", delivering(error="NoSuchBucket", is_multi_region=False), "fail"),
    ("late in one region, which may be idle", delivering("2026-11-01T00:00:00Z", is_multi_region=False), "pass"),
    ("late, writes only", delivering("2026-11-01T00:00:00Z", selectors=basic({"read_write": "WriteOnly"})), "pass"),
    ("late, data events only", delivering("2026-11-01T00:00:00Z", selectors=basic({"management": False})), "pass"),
    ("late, selectors denied", delivering("2026-11-01T00:00:00Z", selectors=SELECTORS_DENIED), "unknown"),
    ("stopped", recorded(trail(status=NOT_LOGGING)), ""),
    ("status denied", recorded(trail(status=STATUS_DENIED)), "unknown"),
    ("list denied", regions(region(trails=LIST_DENIED)), "unknown"),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in DELIVERIES])
def test_delivery(facts: Json, expected: str) -> None:
    assert verdict(FAILING, facts) == expected


def test_lateness_is_less_sure_than_an_error_and_has_a_limit() -> None:
    late = delivering("2026-11-20T06:00:00Z")

    assert verdict(FAILING, late, max_delay_hours=6) == "pass"
    found = only_finding(FAILING, late, max_delay_hours=5)
    assert (found.severity, found.confidence) == ("medium", "medium")
    error = only_finding(FAILING, delivering(error="NoSuchBucket"))
    assert (error.severity, error.confidence) == ("high", "high")
    assert error.evidence["material"] == ["trail:delivery-error:NoSuchBucket"]


TABLES = {COMPLETE: COVERAGE, STOPPED: STOPS, FAILING: DELIVERIES}
