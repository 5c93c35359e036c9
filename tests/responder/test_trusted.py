"""Which findings are acted on without asking."""

from __future__ import annotations

import json

import msgspec
import pytest

from guardrift.responder.trusted import why_not_trusted
from policies.findings import FoundFinding, read_findings
from scanner.events.finding_samples import CREDENTIAL_FINDINGS, finding_event
from tests.policies.findings.samples import OUTSIDE, USER_KEY, finding, health

TRUSTED = {
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS",
    "CredentialAccess:IAMUser/CompromisedCredentials",
    "AttackSequence:IAM/CompromisedCredentials",
}


def read(document: object) -> FoundFinding:
    (found,) = read_findings(json.dumps(document).encode())
    return found


@pytest.mark.parametrize(("kind", "severity"), CREDENTIAL_FINDINGS)
def test_every_type(kind: str, severity: float) -> None:
    found = read(finding_event("aws", "111122223333", "eu-west-1", kind, severity))
    assert (why_not_trusted(found) == "") == (kind in TRUSTED)
    assert why_not_trusted(msgspec.structs.replace(found, severity=6.9)) != ""
    assert why_not_trusted(msgspec.structs.replace(found, severity=None)) != ""
    assert why_not_trusted(msgspec.structs.replace(found, is_sample=True)) != ""
    assert why_not_trusted(msgspec.structs.replace(found, is_archived=True)) != ""


@pytest.mark.parametrize(
    "kind",
    [
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration",
        "CredentialAccess:IAMUser/CompromisedCredentials.New",
        "AttackSequence:IAM",
        f"x{OUTSIDE}",
        "",
    ],
)
def test_a_type_that_only_looks_like_one(kind: str) -> None:
    assert why_not_trusted(read(finding(type=kind or "none"))) != ""


def test_an_account_of_the_own_organization_is_asked_about() -> None:
    document = finding()
    document["service"]["action"]["awsApiCallAction"]["remoteAccountDetails"] = {
        "accountId": "444455556666", "affiliated": True,
    }  # fmt: skip
    assert "same organization" in why_not_trusted(read(document))


def test_only_the_key_of_a_user_that_was_found_in_public() -> None:
    assert why_not_trusted(read(health(USER_KEY))) == ""
    assert why_not_trusted(read(health("deployer"))) != ""
    assert why_not_trusted(read(health("ASIAEXAMPLESESSION01"))) != ""
    assert why_not_trusted(read(health(USER_KEY, "deployer"))) != ""
    assert why_not_trusted(read(health())) != ""
    assert why_not_trusted(read(health(USER_KEY, eventTypeCode="AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED"))) != ""
