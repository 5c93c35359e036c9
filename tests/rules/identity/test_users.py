"""Privileged users whom nobody uses, and policies on users."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, allow, deny, gap, only_finding, policy, verdict
from tests.rules.identity.people import DETAILS_DENIED, REPORT_DENIED, arn, iam, keys, report, row, user

UNUSED, DIRECT = "iam-user-unused", "iam-user-policy-direct"
LONG_AGO, LATELY = "2026-01-01T00:00:00Z", "2026-11-01T00:00:00Z"
OF_AWS = "arn:aws:iam::aws:policy/"


def old(name: str = "ann", *statements: Json, **facts: object) -> Json:
    return user(name, *(statements or (allow(),)), **{"created": "2024-01-01T00:00:00Z", **facts})


def used(*rows: Json, **parts: object) -> Json:
    """The account of an old administrator."""
    return iam(old(), **{"access_keys": [], **parts}) | report(*rows)


DOORWAY = allow("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/admin")
ADMIN_ROLE: Json = {
    "name": "admin",
    "arn": f"arn:aws:iam::{OWN}:role/admin",
    "trust": policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": arn("ann")}}),
    "inline": [{"name": "all", "document": policy(allow())}],
}

USES: list[Case] = [
    ("signed in 90 days ago", used(row("ann", password=True, password_last_used="2026-08-22T12:00:00Z")), "pass"),
    ("signed in 91 days ago", used(row("ann", password=True, password_last_used="2026-08-21T12:00:00Z")), "fail"),
    ("neither password nor keys", used(row("ann", password=False)), "fail"),
    ("a key was used lately", used(row("ann")) | keys("ann", {"last_used": LATELY}), "pass"),
    ("a key that was deactivated since was used lately", used(row("ann", key_1_last_used=LATELY)), "pass"),
    ("a key was used long ago", used(row("ann")) | keys("ann", {"last_used": LONG_AGO}), "fail"),
    (
        "used lately by one of two keys",
        used(row("ann")) | keys("ann", {}, {"id": "AKIA2", "last_used": LATELY}),
        "pass",
    ),
    ("a new user", iam(old(created=LATELY), access_keys=[]) | report(row("ann")), "pass"),
    ("when it was made is not known", iam(old(created=None), access_keys=[]) | report(row("ann")), "unknown"),
    (
        "when it was made is not known, used long ago",
        iam(old(created=None), access_keys=[]) | report(row("ann", password_last_used=LONG_AGO)),
        "fail",
    ),
    ("no administrator", iam(old("ann", allow("s3:*")), access_keys=[]) | report(row("ann")), ""),
    (
        "it can give itself any policy",
        iam(old("ann", allow("iam:PutUserPolicy")), access_keys=[]) | report(row("ann")),
        "fail",
    ),
    (
        "it can become an administrator role",
        iam(old("ann", DOORWAY), roles=[ADMIN_ROLE], access_keys=[]) | report(row("ann")),
        "fail",
    ),
    (
        "it could become an administrator, but the roles were denied",
        iam(old("ann", DOORWAY), roles=DETAILS_DENIED, access_keys=[]) | report(row("ann")),
        "unknown",
    ),
    (
        "a policy of it was not read",
        iam(old("ann", allow("s3:*"), attached=[{"name": "x", "arn": f"arn:aws:iam::{OWN}:policy/x"}]), access_keys=[])
        | report(row("ann")),
        "unknown",
    ),
    ("it is not in the report", used(), "unknown"),
    ("the report was denied", used(credential_report=REPORT_DENIED) | {"credential_report": REPORT_DENIED}, "unknown"),
    (
        "the report was denied, and a key was used lately",
        used() | {"credential_report": REPORT_DENIED} | keys("ann", {"last_used": LATELY}),
        "pass",
    ),
    (
        "the keys were denied, and it signed in lately",
        used(row("ann", password_last_used=LATELY), access_keys=gap("iam:ListAccessKeys")),
        "pass",
    ),
    (
        "the keys were denied",
        used(row("ann", password_last_used=LONG_AGO), access_keys=gap("iam:ListAccessKeys")),
        "unknown",
    ),
    (
        "the use of its key was denied",
        used(row("ann")) | keys("ann", {"last_used": gap("iam:GetAccessKeyLastUsed")}),
        "unknown",
    ),
    ("the users were denied", {"users": DETAILS_DENIED}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in USES])
def test_use(facts: Json, expected: str) -> None:
    assert verdict(UNUSED, facts) == expected


def test_it_is_told_how_it_is_privileged_and_what_is_meant_to_lie_unused_is_left_out() -> None:
    facts = used(row("ann", password_last_used="2026-08-21T12:00:00Z"))
    found = only_finding(UNUSED, facts)

    assert found.message == "It was last used 91 days ago; the limit is 90. It is an administrator."
    assert found.evidence["material"] == ["holder:administrator", "user:unused"]
    assert verdict(UNUSED, facts, days=91) == "pass"
    assert verdict(UNUSED, facts, declared={"break_glass": ["user/ann"]}) == "pass"


def attached(*names: str, **facts: object) -> Json:
    return iam(user("ann", attached=[{"name": name.rpartition("/")[2], "arn": name} for name in names], **facts))


QUARANTINE = f"{OF_AWS}AWSCompromisedKeyQuarantineV3"
REVOCATION = deny(Condition={"DateLessThan": {"aws:TokenIssueTime": LATELY}})
OWN_POLICY = f"arn:aws:iam::{OWN}:policy/own"
GROUP: Json = {
    "name": "readers",
    "arn": f"arn:aws:iam::{OWN}:group/readers",
    "attached": [{"name": "ReadOnlyAccess", "arn": f"{OF_AWS}ReadOnlyAccess"}],
    "inline": [{"name": "own", "document": policy(allow())}],
}

DIRECTS: list[Case] = [
    ("a policy of AWS", attached(f"{OF_AWS}ReadOnlyAccess"), "fail"),
    ("an inline policy", iam(user("ann", allow("s3:GetObject"))), "fail"),
    ("an inline policy that restricts", iam(user("ann", deny("s3:*"))), "fail"),
    ("a policy that was not read", attached(OWN_POLICY) | {"policies": DETAILS_DENIED}, "fail"),
    ("none", iam(user("ann")), "pass"),
    ("through a group", iam(user("ann", groups=["readers"])) | {"groups": [GROUP]}, "pass"),
    ("a quarantine by AWS", attached(QUARANTINE), "pass"),
    (
        "a policy of one's own with the name of a quarantine",
        attached(QUARANTINE.replace("aws:policy", f"{OWN}:policy")),
        "fail",
    ),
    ("a Deny of everything", attached(f"{OF_AWS}AWSDenyAll"), "pass"),
    ("an inline Deny of everything", iam(user("ann", deny())), "pass"),
    ("a revocation", iam(user("ann", REVOCATION)), "pass"),
    ("a revocation in a policy that also grants", iam(user("ann", REVOCATION, allow("s3:*"))), "fail"),
    ("a policy beside a quarantine", attached(QUARANTINE, f"{OF_AWS}ReadOnlyAccess"), "fail"),
    ("a boundary grants nothing", iam(user("ann", boundary=f"{OF_AWS}ReadOnlyAccess")), "pass"),
    ("one of two users", iam(user("ann", allow("s3:*")), user("bob")), "fail pass"),
    ("the users were denied", {"users": DETAILS_DENIED}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in DIRECTS])
def test_direct_policies(facts: Json, expected: str) -> None:
    assert verdict(DIRECT, facts) == expected


def test_policies_are_named_without_those_of_an_incident() -> None:
    found = only_finding(DIRECT, attached(f"{OF_AWS}AdministratorAccess", QUARANTINE, f"{OF_AWS}AWSDenyAll"))

    assert found.evidence["policies"] == [f"policy {OF_AWS}AdministratorAccess"]
    assert found.evidence["privileged"] is True


TABLES = {UNUSED: USES, DIRECT: DIRECTS}
