"""The state of an incident: a quarantine by AWS, and revocations that outlived the sessions that they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import OWN, Case, Json, allow, deny, gap, only_finding, verdict
from tests.rules.holding import DETAILS, QUARANTINE, arn_of, iam, managed, named, role, user

QUARANTINED, LEFT_OVER = "iam-user-key-quarantined", "iam-revocation-left-over"
LINKED = "/aws-service-role/x.amazonaws.com/"


def carrying(*arns: str) -> Json:
    return iam(user("u-dev", attached=arns))


QUARANTINES: list[Case] = [
    ("the first version", carrying(QUARANTINE.replace("V3", "")), "fail"),
    ("a version to come", carrying(QUARANTINE.replace("V3", "V5")), "fail"),
    ("in China", carrying(QUARANTINE.replace("aws:", "aws-cn:", 1)), "fail"),
    ("a policy of the customer's", carrying(arn_of("policy", "AWSCompromisedKeyQuarantineV3")), "pass"),
    (
        "a path of the customer's",
        carrying(f"arn:aws:iam::{OWN}:policy/:iam::aws:policy/AWSCompromisedKeyQuarantineV3"),
        "pass",
    ),
    ("another policy of AWS", carrying("arn:aws:iam::aws:policy/AWSDenyAll"), "pass"),
    ("none", carrying(), "pass"),
    ("users denied", {"users": gap(DETAILS)}, "unknown"),
]


def before(cutoff: str, operator: str = "DateLessThan", **elements: object) -> Json:
    return deny(Condition={operator: {"aws:TokenIssueTime": cutoff}}, **elements)


def revoked(*statements: Json, **facts: Any) -> Json:
    return iam(role("r-app", "ec2", *statements, **facts))


LEFT_OVERS: list[Case] = [
    ("of last month", revoked(before("2026-10-20T00:00:00Z")), "fail"),
    ("of yesterday", revoked(before("2026-11-19T00:00:00Z")), "pass"),
    ("of tomorrow", revoked(before("2026-11-21T00:00:00Z")), "pass"),
    ("twelve hours and a week ago", revoked(before("2026-11-13T00:00:00Z")), "unknown"),
    ("six hours and a week ago", revoked(before("2026-11-13T06:00:00Z")), "pass"),
    ("a second more than twelve hours", revoked(before("2026-11-12T23:59:59Z")), "fail"),
    ("of a user, twelve hours and a week ago", iam(user("u-dev", before("2026-11-12T23:59:59Z"))), "pass"),
    ("of a user, 36 hours and a week ago", iam(user("u-dev", before("2026-11-11T23:59:59Z"))), "fail"),
    ("or equal", revoked(before("2026-10-20T00:00:00Z", "DateLessThanEquals")), "fail"),
    ("after instead of before", revoked(before("2026-10-20T00:00:00Z", "DateGreaterThan")), "pass"),
    ("of one bucket", revoked(before("2026-10-20T00:00:00Z") | {"Resource": "arn:aws:s3:::logs"}), "pass"),
    ("an Allow", revoked(before("2026-10-20T00:00:00Z") | {"Effect": "Allow"}), "pass"),
    ("a Deny of everything", revoked(deny()), "pass"),
    ("renewed in the same policy", iam(
        role("r-app", "ec2", attached=(arn_of("policy", "ir"),)),
        policies=[managed("ir", before("2026-10-20T00:00:00Z"), before("2026-11-19T00:00:00Z"))],
    ), "pass"),
    ("renewed in another", revoked(before("2026-10-20T00:00:00Z"), before("2026-11-19T00:00:00Z")), "fail"),
    ("of a role of a service", revoked(before("2026-10-20T00:00:00Z"), path=LINKED), "pass"),
    ("a document missing", revoked(attached=(arn_of("policy", "x"),)), "unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]  # fmt: skip

EVERY = ((QUARANTINED, QUARANTINES), (LEFT_OVER, LEFT_OVERS))


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in EVERY for case in cases],
)
def test_incident(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected


def test_a_quarantine_names_the_keys_that_still_work() -> None:
    keys = [
        {"id": "AKIA1", "user": "u-dev", "status": "Active", "created": "2026-01-01T00:00:00Z"},
        {"id": "AKIA2", "user": "u-dev", "status": "Inactive", "created": "2026-01-01T00:00:00Z"},
    ]
    found = only_finding(QUARANTINED, carrying(QUARANTINE) | {"access_keys": [{"user": "u-dev", "keys": keys}]})

    assert (found.severity, found.evidence["active_access_keys"]) == ("critical", ["AKIA1"])
    assert found.evidence["material"] == [f"quarantine:{QUARANTINE}"]
    assert QUARANTINE in found.message


def test_a_revocation_is_told_with_its_time_and_the_time_is_not_material() -> None:
    found = only_finding(LEFT_OVER, named(LEFT_OVERS, "of last month"))

    assert found.message == "inline policy own-0 refuses sessions from before 2026-10-20T00:00:00Z."
    assert found.evidence["material"] == ["revocation:inline policy own-0"]
    assert found.evidence["incident"][0]["age_days"] == 31


def test_the_grace_is_a_parameter() -> None:
    settings = [{"arn": arn_of("role", "r-app"), "max_session": 43_200}]
    facts = {**named(LEFT_OVERS, "of last month"), "role_settings": settings}

    assert (verdict(LEFT_OVER, facts, grace_days=30), verdict(LEFT_OVER, facts, grace_days=31)) == ("fail", "pass")


def test_a_revocation_of_the_future_is_of_no_age() -> None:
    facts = iam(role("r-app", "ec2", allow(), before("2026-11-20T12:00:30Z")))

    (told,) = only_finding("iam-role-admin", facts).evidence["incident"]
    assert (told["cutoff"], told["age_days"]) == ("2026-11-20T12:00:30Z", 0)


TABLES = {QUARANTINED: QUARANTINES, LEFT_OVER: LEFT_OVERS}
