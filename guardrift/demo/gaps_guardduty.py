"""The lists of the demo account's GuardDuty detectors that the emulator lacks."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from guardrift.demo.answers import Answer, Answers, Asked, RefusedError
from guardrift.demo.emulator import backend
from guardrift.demo.seed_compute import instance_id
from guardrift.demo.seed_storage import LISTS_BUCKET
from guardrift.demo.setting import ACCOUNT_ID, HOME, PARTITION, regional_arn


class Finding(NamedTuple):
    """A finding about an instance of the home region; ``age`` is in days."""

    type: str
    title: str
    severity: float
    machine: str
    age: float
    is_archived: bool = False

    @property
    def id(self) -> str:
        """The id, the same in every run."""
        return hashlib.sha256(self.type.encode()).hexdigest()[:32]


FINDINGS = (
    Finding(
        "CryptoCurrency:EC2/BitcoinTool.B!DNS",
        "An instance asks for a domain that belongs to a pool of miners",
        8.0, "web-legacy", 12,
    ),
    Finding(
        "Backdoor:EC2/C&CActivity.B!DNS",
        "An instance asks for the domain of a command and control server",
        8.0, "web-modern", 30, is_archived=True,
    ),
    Finding("Recon:EC2/Portscan", "An instance looks for open ports of others", 5.0, "web-legacy", 12),
)  # fmt: skip
"""What GuardDuty found in the last months; nobody looked at the first."""

_THREAT_LIST = "a4c1d6e2f0b84d6f9c3f1e5d7a902b18"
_DESTINATION = "d2b7f8a1c5e94a0f8e6d3c1b9a705f42"


def _at_home(body: dict[str, Any], elsewhere: dict[str, Any]) -> Answer:
    """The same answer always, one in the home region and another one in all others."""
    return lambda asked: body if asked.region == HOME else elsewhere


def _filters(asked: Asked) -> dict[str, Any]:
    detectors = backend("guardduty", asked.region).detectors
    return {"FilterNames": sorted(detectors[asked.parameters["DetectorId"]].filters)}


def _threat_list(_asked: Asked) -> dict[str, Any]:
    return {
        "Name": "known-attackers",
        "Format": "TXT",
        "Location": f"https://s3.amazonaws.com/{LISTS_BUCKET}/known-attackers.txt",
        "Status": "ACTIVE",
    }


def _findings(asked: Asked) -> dict[str, Any]:
    criterion = asked.parameters.get("FindingCriteria", {}).get("Criterion", {})
    found = FINDINGS if asked.region == HOME else ()
    return {"FindingIds": [finding.id for finding in found if _meets(finding, criterion)]}


def _meets(finding: Finding, criterion: dict[str, Any]) -> bool:
    archived = criterion.get("service.archived", {}).get("Equals", ("true", "false"))
    least = criterion.get("severity", {}).get("GreaterThanOrEqual", 0)
    return str(finding.is_archived).lower() in archived and finding.severity >= least


def _details(asked: Asked) -> dict[str, Any]:
    wanted = asked.parameters["FindingIds"]
    return {"Findings": [_finding(asked, finding) for finding in FINDINGS if finding.id in wanted]}


def _finding(asked: Asked, finding: Finding) -> dict[str, Any]:
    detector = asked.parameters["DetectorId"]
    seen = asked.ago(days=finding.age).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "AccountId": ACCOUNT_ID,
        "Arn": regional_arn("guardduty", HOME, f"detector/{detector}/finding/{finding.id}"),
        "CreatedAt": seen,
        "Id": finding.id,
        "Partition": PARTITION,
        "Region": HOME,
        "Resource": {"ResourceType": "Instance", "InstanceDetails": {"InstanceId": instance_id(finding.machine)}},
        "SchemaVersion": "2.0",
        "Service": {
            "Archived": finding.is_archived,
            "Count": 3,
            "DetectorId": detector,
            "EventFirstSeen": seen,
            "EventLastSeen": seen,
            "ResourceRole": "TARGET",
            "ServiceName": "guardduty",
        },
        "Severity": finding.severity,
        "Title": finding.title,
        "Type": finding.type,
        "UpdatedAt": seen,
    }


def _only_administrators(_asked: Asked) -> dict[str, Any]:
    raise RefusedError(
        "BadRequestException",
        "The request failed because you do not have required AWS Organization master permission.",
    )


ANSWERS: Answers = {
    "guardduty:ListFilters": _filters,
    "guardduty:ListIPSets": lambda _: {"IpSetIds": []},
    "guardduty:ListTrustedEntitySets": lambda _: {"TrustedEntitySetIds": []},
    "guardduty:ListThreatIntelSets": _at_home({"ThreatIntelSetIds": [_THREAT_LIST]}, {"ThreatIntelSetIds": []}),
    "guardduty:GetThreatIntelSet": _threat_list,
    "guardduty:ListThreatEntitySets": lambda _: {"ThreatEntitySetIds": []},
    "guardduty:ListPublishingDestinations": _at_home(
        {"Destinations": [{"DestinationId": _DESTINATION, "DestinationType": "S3", "Status": "PUBLISHING"}]},
        {"Destinations": []},
    ),
    "guardduty:ListMembers": lambda _: {"Members": []},
    "guardduty:DescribeOrganizationConfiguration": _only_administrators,
    "guardduty:ListOrganizationAdminAccounts": _only_administrators,
    "guardduty:ListFindings": _findings,
    "guardduty:GetFindings": _details,
}
