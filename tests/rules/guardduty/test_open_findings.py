"""Findings that nobody has dealt with."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, findings, gap, only_finding, region, regions, verdict

RULE = "guardduty-finding-open"
EXFILTRATION = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"


def found(kind: str = "Backdoor:EC2/C&CActivity.B!DNS", severity: float = 8.0, **facts: object) -> Json:
    return {"id": kind.lower(), "type": kind, "severity": severity, "account_id": OWN, **facts}


def having(*findings: Json) -> Json:
    return detected(list(findings))


def detected(findings: object) -> Json:
    arn = f"arn:aws:guardduty:eu-west-1:{OWN}:detector/d1"
    detail = {"kind": "detector", "status": "ENABLED"}
    return regions(region(detectors=[{"id": "d1", "arn": arn, "detail": detail, "open_findings": findings}]))


CASES: list[Case] = [
    ("of severity 8", having(found()), "fail"),
    ("of severity 7, which a filter for 8 misses", having(found(severity=7.0)), "fail"),
    ("of severity 8.5, which a filter for 8 misses", having(found(severity=8.5)), "fail"),
    ("just below", having(found(severity=6.9)), "pass"),
    ("none", having(), ""),
    ("two", having(found(), found(EXFILTRATION)), "fail fail"),
    ("a sample about a key", having(found(EXFILTRATION, resource_id="GeneratedFindingAccessKeyId")), "pass"),
    ("a sample about an instance", having(found(resource_id="i-99999999")), "pass"),
    ("about a function that is called like a sample", having(found(resource_id="GeneratedFindingName")), "fail"),
    ("findings denied", detected(gap("guardduty:ListFindings", region="eu-west-1")), "unknown"),
    ("details denied", detected(gap("guardduty:GetFindings", region="eu-west-1")), "unknown"),
    ("detectors denied", regions(region(detectors=gap("guardduty:ListDetectors"))), "unknown"),
    ("no GuardDuty in the region", regions(region(detectors=gap("guardduty:ListDetectors", "not_applicable"))), ""),
    ("no detector", regions(region(detectors=[])), ""),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_open_findings(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


@pytest.mark.parametrize(
    ("finding", "severity"),
    [
        (found(EXFILTRATION, resource_type="AccessKey", resource_id="ASIAEXAMPLE"), "critical"),
        (found("AttackSequence:IAM/CompromisedCredentials", 9.0), "critical"),
        (found("AttackSequence:S3/CompromisedData", 9.3), "critical"),
        (found("CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin", resource_type="RDSDBInstance"), "high"),
        (found(resource_type="Instance", resource_id="i-0a"), "high"),
    ],
)
def test_stolen_credentials_come_first(finding: Json, severity: str) -> None:
    assert only_finding(RULE, having(finding)).severity == severity


def test_the_finding_itself_is_the_resource() -> None:
    one, other = findings(RULE, having(found(), found(EXFILTRATION)))

    assert {one.resource.name, other.resource.name} == {"Backdoor:EC2/C&CActivity.B!DNS", EXFILTRATION}
    assert one.fingerprint != other.fingerprint


def test_an_administrator_is_told_in_which_account_it_was() -> None:
    theirs = only_finding(RULE, having(found(account_id=FOREIGN, resource_type="Instance", resource_id="i-0a")))

    assert (
        theirs.message
        == f"Backdoor:EC2/C&CActivity.B!DNS (severity 8) about Instance i-0a in account {FOREIGN} is open."
    )


def test_the_least_severity_can_be_raised() -> None:
    assert verdict(RULE, having(found(severity=8.0)), min_severity=9) == "pass"


TABLES = {RULE: CASES}
