"""Credentials for single services, and signing certificates."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, findings, gap, only_finding, verdict
from tests.rules.access_keys.holding_keys import ARN, user

SERVICE, CERTIFICATE = "service-credential-active", "iam-signing-certificate-active"
MADE, EXPIRES = "2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z"


def credentials(*found: Json) -> Json:
    return {"service_credentials": list(found)}


def credential(**facts: object) -> Json:
    return {
        "id": "ACCA1",
        "user": "ci",
        "service": "bedrock.amazonaws.com",
        "status": "Active",
        "created": MADE,
        "expires": EXPIRES,
        **facts,
    }


SERVICES: list[Case] = [
    ("new, and expires", credentials(credential()), "pass"),
    ("new, never expires", credentials(credential(expires=None)), "fail"),
    ("old, expires", credentials(credential(created="2026-08-01T00:00:00Z")), "fail"),
    ("90 days old, expires", credentials(credential(created="2026-08-22T12:00:00Z")), "pass"),
    ("90 days and a second old, expires", credentials(credential(created="2026-08-22T11:59:59Z")), "fail"),
    ("expires in ten years", credentials(credential(expires="2036-11-01T00:00:00Z")), "fail"),
    ("lives for a year", credentials(credential(expires="2027-11-01T00:00:00Z")), "pass"),
    (
        "expired, and still said to be active",
        credentials(credential(created=MADE, expires="2026-11-20T12:00:00Z")),
        "pass",
    ),
    ("inactive", credentials(credential(status="Inactive", expires=None)), ""),
    ("expired", credentials(credential(status="Expired")), ""),
    ("when it was made is not known", credentials(credential(created=None)), "unknown"),
    ("when it was made is not known, never expires", credentials(credential(created=None, expires=None)), "fail"),
    ("a pair of two services", credentials(credential(), credential(id="ACCA2", expires=None)), "fail pass"),
    ("there are none", credentials(), ""),
    ("the list was denied", {"service_credentials": gap("iam:ListServiceSpecificCredentials")}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SERVICES])
def test_credentials_for_services(facts: Json, expected: str) -> None:
    assert verdict(SERVICE, facts) == expected


def test_the_credential_is_the_resource_and_can_be_switched_off_and_on() -> None:
    found = only_finding(SERVICE, credentials(credential(service="codecommit.amazonaws.com", expires=None)) | user())

    assert (found.resource.arn, found.resource.name) == (f"{ARN}#ACCA1", "ACCA1")
    assert "whatever happens to the access keys" in found.message
    assert found.evidence["material"] == [
        "service-credential:codecommit.amazonaws.com",
        "service-credential:never-expires",
    ]
    (command,), (undo,) = found.remediation.commands, found.remediation.undo
    assert command == (
        "aws iam update-service-specific-credential --status Inactive"
        " --user-name=ci --service-specific-credential-id=ACCA1"
    )
    assert undo == command.replace("Inactive", "Active")


def test_limits_are_parameters() -> None:
    facts = credentials(credential())

    assert verdict(SERVICE, facts, max_age_days=10) == "fail"
    assert verdict(SERVICE, facts, max_lifetime_days=59) == "fail"
    assert verdict(SERVICE, facts, max_lifetime_days=60) == "pass"


def rows(*found: Json, users: object = ()) -> Json:
    listed = [{"user": "ci", "arn": ARN, **row} for row in found]
    return {"users": users, "credential_report": {"kind": "credential-report", "rows": listed}}


ROOT: Json = {"user": "<root_account>", "arn": f"arn:aws:iam::{OWN}:root"}

CERTIFICATES: list[Case] = [
    ("one is active", rows({"cert_1_active": True}), "fail"),
    ("the second is active", rows({"cert_2_active": True}), "fail"),
    ("a user of the report and of the account", rows({}, users=[{"name": "ci", "arn": ARN}]), "pass"),
    ("both are inactive", rows({"cert_1_rotated": MADE, "cert_2_rotated": MADE}), "pass"),
    ("the root user has one", rows({**ROOT, "cert_1_active": True}), "fail"),
    ("the root user has none", rows(ROOT), "pass"),
    (
        "a user is newer than the report",
        rows({}, users=[{"name": "bob", "arn": f"arn:aws:iam::{OWN}:user/bob"}]),
        "pass unknown",
    ),
    (
        "who is newer than the report was denied",
        rows({"cert_1_active": True}, users=gap("iam:GetAccountAuthorizationDetails")),
        "fail unknown",
    ),
    ("the report was denied", {"credential_report": gap("iam:GetCredentialReport")}, "unknown"),
    ("nothing was collected", {}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CERTIFICATES])
def test_signing_certificates(facts: Json, expected: str) -> None:
    assert verdict(CERTIFICATE, facts) == expected


def test_a_certificate_of_the_root_user_is_critical() -> None:
    found = findings(CERTIFICATE, rows({"cert_1_active": True}, {**ROOT, "cert_1_active": True, "cert_2_active": True}))

    assert {each.resource.name: each.severity for each in found} == {"ci": "high", "<root_account>": "critical"}
    assert {each.message for each in found} == {
        "One signing certificate is active.",
        "Two signing certificates are active.",
    }


TABLES = {SERVICE: SERVICES, CERTIFICATE: CERTIFICATES}
