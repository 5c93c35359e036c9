"""What GuardDuty has found, and nobody has dealt with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.findings import Resource
from scanner.inventory import Account, Detector, Gap, OpenFinding
from scanner.shell import command, option

_CRITICAL = 9.0
_SAMPLES = frozenset({"GeneratedFindingAccessKeyId", "i-99999999"})
"""The key and the instance of sample findings, which are made for trying; nobody can choose such an id."""


class _Found(msgspec.Struct, frozen=True):
    finding: OpenFinding
    detector: Detector
    region: str


def _open_findings(account: Account) -> Iterator[Subject[_Found] | Unread]:
    for region in account.regions:
        if isinstance(region.detectors, Gap):
            if region.detectors.status != "not_applicable":
                yield Unread(account_resource(account, region.name), region.detectors)
            continue
        for detector in region.detectors:
            if isinstance(detector.open_findings, Gap):
                yield Unread(
                    Resource(detector.arn, "AWS::GuardDuty::Detector", detector.id, account.account_id, region.name),
                    detector.open_findings,
                )
                continue
            for finding in detector.open_findings:
                arn = f"{detector.arn}/finding/{finding.id}"
                resource = Resource(arn, "AWS::GuardDuty::Finding", finding.type, account.account_id, region.name)
                yield Subject(resource, _Found(finding, detector, region.name))
    yield from unlisted_regions(account)


class OpenFindings(NoParameters, frozen=True):
    """Parameters of ``guardduty-finding-open``: ``min_severity`` is the least severity told of, 7 or more."""

    min_severity: Annotated[float, msgspec.Meta(ge=0, le=10)] = 7.0


@rule(
    "guardduty-finding-open",
    severity="high",
    phase="detect",
    subjects=_open_findings,
    apis=("guardduty:ListDetectors", "guardduty:ListFindings", "guardduty:GetFindings"),
    controls=(*csf("DE.AE-06"), *well_architected("SEC10-BP06"), *attack(v18="T1078.004")),
    references=(
        "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html",
        "https://docs.aws.amazon.com/guardduty/latest/ug/findings_management.html",
    ),
    parameters=OpenFindings,
)
def guardduty_finding_open(found: _Found, scene: Scene[OpenFindings]) -> Hit | None:
    """A severe finding of GuardDuty is open.

    ## Why
    Somebody was told, or nobody was, and the thief goes on. Critical are findings about credentials, since whoever
    holds them needs no second attempt, and those that GuardDuty itself calls critical (9 and above), such as attack
    sequences. Sample findings are left out.

    ## Fix
    Handle it as an incident: contain the principal or the instance that it names, look in CloudTrail for what was done
    since, and archive the finding when the case is closed.

    ## Breaks
    Nothing. Do not archive a finding to silence this rule: archived ones are not told to anybody again.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "detectors": [
      {"id": "d1", "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
       "detail": {"kind": "detector", "status": "ENABLED"}, "open_findings": [
         {"id": "f1", "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", "severity": 8.0,
          "resource_type": "AccessKey", "resource_id": "ASIAEXAMPLEEXAMPLE12", "account_id": "111122223333"}]}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "detectors": [
      {"id": "d1", "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
       "detail": {"kind": "detector", "status": "ENABLED"}, "open_findings": [
         {"id": "f1", "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", "severity": 8.0,
          "resource_type": "AccessKey", "resource_id": "GeneratedFindingAccessKeyId"}]}]}]}
    ```
    """
    finding = found.finding
    if finding.severity < scene.parameters.min_severity or finding.resource_id in _SAMPLES:
        return None
    is_of_credentials = finding.resource_type == "AccessKey" or finding.type.startswith("AttackSequence:IAM/")
    place = (
        option("--detector-id", found.detector.id),
        option("--finding-ids", finding.id),
        option("--region", found.region),
    )
    return Hit(
        f"{finding.type} (severity {finding.severity:g}){_about(finding, scene.account.account_id)} is open.",
        material=("finding:open", *(("finding:credentials",) if is_of_credentials else ())),
        details={
            "type": finding.type,
            "severity": finding.severity,
            "resource_type": finding.resource_type,
            "resource_id": finding.resource_id,
            "account_id": finding.account_id,
            "updated": finding.updated,
        },
        severity="critical" if is_of_credentials or finding.severity >= _CRITICAL else None,
        commands=(" ".join((command("aws", "guardduty", "get-findings"), *place)),),
    )


def _about(finding: OpenFinding, own: str) -> str:
    """What the finding is about; the administrator of other accounts sees theirs, too."""
    what = f" about {finding.resource_type} {finding.resource_id or '(not named)'}" if finding.resource_type else ""
    return what + (f" in account {finding.account_id}" if finding.account_id not in (None, own) else "")
