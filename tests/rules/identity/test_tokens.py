"""Sessions of federated users, which outlive the key that they were made with."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, allow, deny, gap, only_finding, policy, verdict
from tests.rules.identity.people import (
    DETAILS_DENIED,
    REPORT_DENIED,
    arn,
    iam,
    keys,
    report,
    row,
    user,
)
from tests.rules.organization.guarded import POLICY_ACTIONS, guarded

RULE = "iam-user-federation-token"
CALL = "sts:GetFederationToken"
FEDERATED = f"arn:aws:sts::{OWN}:federated-user/"
MFA: Json = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
BOUNDARY = f"arn:aws:iam::{OWN}:policy/storage"
STORAGE_ONLY: Json = {
    "arn": BOUNDARY,
    "name": "storage",
    "versions": [{"id": "v1", "document": policy(allow("s3:*")), "is_default": True}],
}
HAS_KEY = keys("ci", {}) | report(row("ci", key_1_active=True))


def may(*statements: Json, **facts: object) -> Json:
    return iam(user("ci", *statements, **facts)) | HAS_KEY


CASES: list[Case] = [
    ("everything", may(allow()), "fail"),
    ("the call itself", may(allow(CALL)), "fail"),
    ("for one name", may(allow(CALL, f"{FEDERATED}portal")), "fail"),
    ("for names with a prefix", may(allow(CALL, "arn:aws:sts::*:federated-user/portal-*")), "fail"),
    ("on the user itself", may(allow(CALL, arn("ci"))), "fail"),
    (
        "for federated users of another account",
        may(allow(CALL, f"arn:aws:sts::{FOREIGN}:federated-user/portal")),
        "pass",
    ),
    ("on something else", may(allow("sts:*", f"arn:aws:iam::{OWN}:role/*")), "pass"),
    ("allowed and denied", may(allow(), deny(CALL)), "pass"),
    ("allowed, and denied for another name", may(allow(), deny(CALL, f"{FEDERATED}portal")), "fail"),
    ("only other calls", may(allow("sts:AssumeRole")), "pass"),
    ("only with MFA, which a key does not carry", may(allow(CALL, Condition=MFA)), "pass"),
    (
        "only from some addresses",
        may(allow(CALL, Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})),
        "fail",
    ),
    ("held back by a quarantine at present", may(allow(), deny()), "fail"),
    ("held back by its boundary at present", may(allow(), boundary="arn:aws:iam::aws:policy/AWSDenyAll"), "fail"),
    ("kept from it by its boundary", may(allow(), boundary=BOUNDARY) | {"policies": [STORAGE_ONLY]}, "pass"),
    ("denied by a service control policy", may(allow()) | guarded(deny(CALL)), "pass"),
    ("a service control policy denies something else", may(allow()) | guarded(deny("s3:*")), "fail"),
    ("no keys", iam(user("ci", allow()), access_keys=[]), "pass"),
    ("an inactive key", may(allow()) | keys("ci", {"status": "Inactive"}), "pass"),
    ("the keys were denied", may(allow()) | {"access_keys": gap("iam:ListAccessKeys")}, "unknown"),
    (
        "the keys were denied, and it is not allowed",
        may(allow("s3:*")) | {"access_keys": gap("iam:ListAccessKeys")},
        "pass",
    ),
    ("a policy was not read", may(attached=[{"name": "x", "arn": f"arn:aws:iam::{OWN}:policy/x"}]), "unknown"),
    ("the boundary was not read", may(allow(), boundary=f"arn:aws:iam::{OWN}:policy/x"), "unknown"),
    ("the users were denied", {"users": DETAILS_DENIED, "credential_report": REPORT_DENIED}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_federated_sessions(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_conditions_and_what_is_assumed_are_told() -> None:
    sure = only_finding(RULE, may(allow(CALL)))
    unsure = only_finding(RULE, may(allow(CALL, Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})))

    assert (sure.severity, sure.confidence, sure.evidence["keys"]) == ("low", "high", ["AKIA1"])
    assert sure.evidence["assumed"] == "no service control policy denies it"
    assert unsure.confidence == "medium"
    assert ", only if aws:SourceVpc" in unsure.message


def test_nothing_is_assumed_where_the_policies_of_the_organization_were_read() -> None:
    assert "assumed" not in only_finding(RULE, may(allow()) | guarded(deny("s3:*"))).evidence


TABLES = {RULE: CASES}

ALSO_LOOKED_AT = {RULE: POLICY_ACTIONS}
