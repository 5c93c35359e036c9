"""GuardDuty: every part of a detector on its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from scanner.collect.guardduty import read_detectors
from scanner.inventory import (
    CoverageRow,
    Detector,
    DetectorDetail,
    DetectorFeature,
    Document,
    FeatureEnablement,
    FilterDetail,
    FindingFilter,
    FindingSet,
    Gap,
    Member,
    OpenFinding,
    Organization,
    OrganizationDetection,
    PublishingDestination,
    SetDetail,
    known,
)
from tests.collect.answers_detection import ANSWERS, DETECTOR, FINDINGS
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import DENIED, Asked, StandIn

MANAGEMENT = "444455556666"
MEMBERSHIP = Organization("o-1", MANAGEMENT)

LISTS = {
    "ListFilters": ("filters", "FilterNames"),
    "ListIPSets": ("trusted_ips", "IpSetIds"),
    "ListTrustedEntitySets": ("trusted_entities", "TrustedEntitySetIds"),
    "ListThreatIntelSets": ("threat_ips", "ThreatIntelSetIds"),
    "ListThreatEntitySets": ("threat_entities", "ThreatEntitySetIds"),
    "ListPublishingDestinations": ("destinations", "Destinations"),
    "ListMembers": ("members", "Members"),
    "ListFindings": ("open_findings", "FindingIds"),
}
"""Each operation that lists something: the part of a detector, and the member of the answer."""


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def read(
    session: Any, membership: Organization | Gap | None = MEMBERSHIP, unwanted: Iterable[str] = ()
) -> tuple[Detector, list[CoverageRow]]:
    with asking(session, unwanted=unwanted) as desk:
        (detector,) = known(read_detectors(desk, HOME, membership))
        return detector, [row for row in desk.ledger.rows(ACCOUNT_ID) if row.status != "ok"]


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


def asked_of(aws: StandIn, operation: str) -> list[dict[str, Any]]:
    return [dict(asked.parameters) for asked in aws.asked if asked.api == f"guardduty:{operation}"]


def test_every_part_of_a_detector(session: Any) -> None:
    detector, faults = read(session)

    assert faults == []
    criteria = {"Criterion": {"severity": {"LessThanOrEqual": 4}, "type": {"Equals": ["Recon:EC2/Portscan"]}}}
    office = FindingSet("office", SetDetail("office", "ACTIVE", "TXT", "s3://lists/office.txt"))
    old = FindingSet("old", SetDetail("old", "INACTIVE"))
    assert detector == Detector(
        id="d1",
        arn=f"arn:aws:guardduty:{HOME}:{ACCOUNT_ID}:detector/d1",
        detail=DetectorDetail(
            "ENABLED",
            "SIX_HOURS",
            (
                DetectorFeature("CLOUD_TRAIL", "ENABLED"),
                DetectorFeature("RUNTIME_MONITORING", "DISABLED", ("EC2_AGENT_MANAGEMENT", "EKS_ADDON_MANAGEMENT")),
                DetectorFeature("S3_DATA_EVENTS", "ENABLED"),
            ),
        ),
        filters=(
            FindingFilter("quiet", FilterDetail("ARCHIVE", Document(msgspec.json.encode(criteria)), 1)),
            FindingFilter("view", FilterDetail("NOOP", Document(b"{}"))),
        ),
        trusted_ips=(office, old),
        trusted_entities=(office,),
        threat_ips=(old,),
        threat_entities=(old,),
        destinations=(
            PublishingDestination("p1", "S3", "STOPPED"),
            PublishingDestination("p2", "S3", "PUBLISHING"),
        ),
        administrator=None,
        members=(Member("222233334444", "Removed"), Member("444455556666", "Enabled")),
        organization=OrganizationDetection(
            "NEW",
            (FeatureEnablement("LAMBDA_NETWORK_LOGS", "NONE"), FeatureEnablement("S3_DATA_EVENTS", "ALL")),
            is_limit_reached=True,
        ),
        open_findings=(
            OpenFinding("f1", "Discovery:S3/AnomalousBehavior", 7.5, "S3Bucket", "logs"),
            OpenFinding(
                "f2",
                "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
                8.0,
                "AccessKey",
                "ASIAEXAMPLE",
                ACCOUNT_ID,
                datetime(2026, 11, 19, 10, 20, 30, 456000, UTC),
            ),
            OpenFinding("f3", "AttackSequence:IAM/CompromisedCredentials", 9.0),
        ),
    )


def test_people_and_addresses_stay_unknown(session: Any) -> None:
    text = msgspec.json.encode(read(session)[0]).decode()

    assert "watch@" not in text
    assert "198.51.100.7" not in text
    assert "AROAEXAMPLE" not in text
    assert "somebody" not in text


def test_each_question_is_asked_once(session: Any, aws: StandIn) -> None:
    read(session)

    once = {api for api in ANSWERS if api.startswith("guardduty:")}
    once -= {"guardduty:ListOrganizationAdminAccounts"}
    twice = {"guardduty:GetFilter": 2, "guardduty:GetIPSet": 2}
    assert aws.requests == {(api, HOME): number for api, number in {**dict.fromkeys(once, 1), **twice}.items()}


def test_a_region_without_a_detector(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        assert read_detectors(desk, OTHER, MEMBERSHIP) == ()

    assert aws.requests == {("guardduty:ListDetectors", OTHER): 1}


def test_detectors_that_cannot_be_listed(session: Any, aws: StandIn) -> None:
    aws.answer("guardduty:ListDetectors", DENIED)

    with asking(session) as desk:
        assert gap_of(read_detectors(desk, HOME, MEMBERSHIP)) == ("guardduty:ListDetectors", "denied", HOME)

    assert aws.requests == {("guardduty:ListDetectors", HOME): 1}


def test_a_detector_that_says_little(session: Any, aws: StandIn) -> None:
    aws.answer("guardduty:GetDetector", {"Status": "DISABLED", "Features": [{"Name": "NEW_ONE"}, {}]})

    assert read(session)[0].detail == DetectorDetail("DISABLED", None, (DetectorFeature("NEW_ONE", ""),))


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ("GetDetector", "detail"),
        ("GetAdministratorAccount", "administrator"),
        ("DescribeOrganizationConfiguration", "organization"),
        *((operation, part) for operation, (part, _) in LISTS.items()),
        ("GetFindings", "open_findings"),
    ],
)
def test_one_part_that_is_denied(session: Any, aws: StandIn, operation: str, part: str) -> None:
    usual, _ = read(session)
    aws.reset(ANSWERS)
    aws.answer(f"guardduty:{operation}", DENIED)

    detector, faults = read(session)

    assert gap_of(getattr(detector, part)) == (f"guardduty:{operation}", "denied", HOME)
    assert [(row.api, row.region, row.status) for row in faults] == [(f"guardduty:{operation}", HOME, "denied")]
    # Who may be asked about the organization depends on the administrator, and nothing else on anything.
    depending = {"members", "organization"} if part == "administrator" else set()
    for name in set(Detector.__struct_fields__) - {part} - depending:
        assert getattr(detector, name) == getattr(usual, name), name


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ("GetFilter", "filters"),
        ("GetIPSet", "trusted_ips"),
        ("GetTrustedEntitySet", "trusted_entities"),
        ("GetThreatIntelSet", "threat_ips"),
    ],
)
def test_an_entry_without_its_detail(session: Any, aws: StandIn, operation: str, part: str) -> None:
    names = [entry.name if part == "filters" else entry.id for entry in known(getattr(read(session)[0], part))]
    aws.reset(ANSWERS)
    aws.answer(f"guardduty:{operation}", DENIED)

    found = known(getattr(read(session)[0], part))

    assert [entry.name if part == "filters" else entry.id for entry in found] == names
    assert {gap_of(entry.detail) for entry in found} == {(f"guardduty:{operation}", "denied", HOME)}


@pytest.mark.parametrize("operation", [*LISTS, "DescribeOrganizationConfiguration"])
def test_several_pages(session: Any, aws: StandIn, operation: str) -> None:
    """The first page is empty and says that the list goes on; the second is the usual one."""
    part, member = LISTS.get(operation, ("organization", "Features"))
    usual = getattr(read(session)[0], part)
    aws.reset(ANSWERS)
    answer = aws.plain(f"guardduty:{operation}")

    def paged(asked: Asked) -> dict[str, Any]:
        return answer if asked.parameters.get("NextToken") == "more" else {**answer, member: [], "NextToken": "more"}

    aws.answer(f"guardduty:{operation}", paged)

    assert getattr(read(session)[0], part) == usual
    assert aws.requests[f"guardduty:{operation}", HOME] == 2


@pytest.mark.parametrize("operation", [*LISTS, "DescribeOrganizationConfiguration"])
def test_a_list_whose_second_page_fails_is_no_short_list(session: Any, aws: StandIn, operation: str) -> None:
    answer = aws.plain(f"guardduty:{operation}")

    def paged(asked: Asked) -> Any:
        return DENIED if asked.parameters.get("NextToken") else {**answer, "NextToken": "more"}

    aws.answer(f"guardduty:{operation}", paged)

    part = LISTS.get(operation, ("organization",))[0]
    assert gap_of(getattr(read(session)[0], part)) == (f"guardduty:{operation}", "denied", HOME)


@pytest.mark.parametrize(
    ("operation", "answer", "part"),
    [
        ("GetDetector", {}, "detail"),
        ("GetDetector", {"Status": "ENABLED", "Features": [{"Name": 5}]}, "detail"),
        *((operation, {}, part) for operation, (part, _) in LISTS.items()),
        ("ListFilters", {"FilterNames": [None]}, "filters"),
        ("ListPublishingDestinations", {"Destinations": [{"DestinationId": "p"}]}, "destinations"),
        ("ListMembers", {"Members": [{"AccountId": "1"}]}, "members"),
        ("GetAdministratorAccount", {"Administrator": "somebody"}, "administrator"),
        ("DescribeOrganizationConfiguration", {"Features": "all"}, "organization"),
        ("GetFindings", {}, "open_findings"),
        ("GetFindings", {"Findings": [{**FINDINGS[0], "UpdatedAt": "yesterday"}]}, "open_findings"),
        ("GetFindings", {"Findings": [{**FINDINGS[0], "UpdatedAt": "2026-11-19T10:20:30"}]}, "open_findings"),
        ("GetFindings", {"Findings": [{**FINDINGS[0], "Severity": "high"}]}, "open_findings"),
    ],
)
def test_an_answer_of_a_strange_shape(
    session: Any, aws: StandIn, operation: str, answer: dict[str, Any], part: str
) -> None:
    aws.answer(f"guardduty:{operation}", answer)

    assert gap_of(getattr(read(session)[0], part)) == (f"guardduty:{operation}", "error", HOME)


@pytest.mark.parametrize("operation", ["GetFilter", "GetIPSet"])
def test_a_detail_of_a_strange_shape(session: Any, aws: StandIn, operation: str) -> None:
    aws.answer(f"guardduty:{operation}", {"Name": "x"})

    detector, _ = read(session)

    found: Any = known(detector.filters if operation == "GetFilter" else detector.trusted_ips)
    assert {gap_of(entry.detail) for entry in found} == {(f"guardduty:{operation}", "error", HOME)}


def test_parts_that_nothing_needs_are_not_asked_for(session: Any, aws: StandIn) -> None:
    unwanted = [api for api in ANSWERS if api not in {"guardduty:ListDetectors", "guardduty:ListFilters"}]

    detector, faults = read(session, unwanted=unwanted)

    assert {api for api, _ in aws.requests} == {"guardduty:ListDetectors", "guardduty:ListFilters"}
    assert faults == []
    assert [gap_of(entry.detail) for entry in known(detector.filters)] == [("guardduty:GetFilter", "skipped", HOME)] * 2
    parts = set(Detector.__struct_fields__) - {"id", "arn", "filters"}
    assert {gap_of(getattr(detector, part))[1] for part in parts} == {"skipped"}


def test_findings_are_asked_for_by_severity_and_archive(session: Any, aws: StandIn) -> None:
    read(session)

    (listed,) = asked_of(aws, "ListFindings")
    assert listed["FindingCriteria"] == {
        "Criterion": {"severity": {"GreaterThanOrEqual": 7}, "service.archived": {"Equals": ["false"]}}
    }


def test_findings_are_read_fifty_at_a_time(session: Any, aws: StandIn) -> None:
    ids = [f"f{number:03}" for number in range(101)]
    aws.answer("guardduty:ListFindings", {"FindingIds": ids})
    aws.answer(
        "guardduty:GetFindings",
        lambda asked: {
            "Findings": [{"Id": name, "Type": "t", "Severity": 7} for name in asked.parameters["FindingIds"]]
        },
    )

    assert [finding.id for finding in known(read(session)[0].open_findings)] == ids
    assert [len(asked["FindingIds"]) for asked in asked_of(aws, "GetFindings")] == [50, 50, 1]


def test_no_finding_is_no_question(session: Any, aws: StandIn) -> None:
    aws.answer("guardduty:ListFindings", {"FindingIds": []})

    assert read(session)[0].open_findings == ()
    assert not asked_of(aws, "GetFindings")


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ({"ResourceType": "Instance", "InstanceDetails": {"InstanceId": "i-1"}}, "i-1"),
        ({"ResourceType": "Lambda", "LambdaDetails": {"FunctionName": "f"}}, "f"),
        ({"ResourceType": "EKSCluster", "EksClusterDetails": {"Name": "k"}}, "k"),
        ({"ResourceType": "ECSCluster", "EcsClusterDetails": {"Name": "e"}}, "e"),
        ({"ResourceType": "RDSDBInstance", "RdsDbInstanceDetails": {"DbInstanceIdentifier": "r"}}, "r"),
        ({"ResourceType": "S3Bucket", "S3BucketDetails": []}, None),
        ({"ResourceType": "Instance"}, None),
        ({"ResourceType": "Unheard", "InstanceDetails": {"InstanceId": "i-1"}}, None),
        ({}, None),
    ],
)
def test_what_a_finding_is_about(session: Any, aws: StandIn, resource: dict[str, Any], name: str | None) -> None:
    aws.answer("guardduty:GetFindings", {"Findings": [{"Id": "f", "Type": "t", "Severity": 7, "Resource": resource}]})

    assert known(read(session)[0].open_findings) == (OpenFinding("f", "t", 7.0, resource.get("ResourceType"), name),)


def test_the_order_of_answers_does_not_matter(session: Any, aws: StandIn) -> None:
    first = msgspec.json.encode(read(session)[0])
    aws.reset(ANSWERS)
    aws.answer("guardduty:GetDetector", {**DETECTOR, "Features": DETECTOR["Features"][::-1]})
    for operation, (_, member) in LISTS.items():
        answer = aws.plain(f"guardduty:{operation}")
        aws.answer(f"guardduty:{operation}", {**answer, member: answer[member][::-1]})

    assert json.loads(msgspec.json.encode(read(session)[0])) == json.loads(first)


def test_through_the_real_parsers() -> None:
    with mock_aws():
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
        guardduty = session.client("guardduty")
        made = guardduty.create_detector(
            Enable=True,
            FindingPublishingFrequency="FIFTEEN_MINUTES",
            Features=[
                {
                    "Name": "RUNTIME_MONITORING",
                    "Status": "ENABLED",
                    "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}],
                }
            ],
        )["DetectorId"]
        in_moto = {f"guardduty:{name}" for name in ("ListDetectors", "GetDetector", "GetAdministratorAccount")}

        with asking(session, wanted=in_moto) as desk:
            (detector,) = known(read_detectors(desk, HOME, None))
            assert read_detectors(desk, OTHER, None) == ()

    assert (detector.id, detector.administrator) == (made, None)
    assert detector.detail == DetectorDetail(
        "ENABLED",
        "FIFTEEN_MINUTES",
        (DetectorFeature("RUNTIME_MONITORING", "ENABLED", ("EC2_AGENT_MANAGEMENT",)),),
    )
