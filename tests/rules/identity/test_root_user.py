"""The root user: its second factor, and its use."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, verdict
from tests.rules.identity.people import report, root_row, row

MFA, VIRTUAL, USED = "iam-root-without-mfa", "iam-root-virtual-mfa", "iam-root-used"
MANAGEMENT = "444455556666"


def summary(**counters: int) -> Json:
    return {"summary": {"kind": "account-summary", "counters": counters}}


def member(management: str = MANAGEMENT) -> Json:
    return {"organization": {"membership": {"kind": "organization", "id": "o-1", "management_account": management}}}


ALONE: Json = {"organization": {"membership": None}}
NO_MFA = summary(AccountMFAEnabled=0, AccountAccessKeysPresent=0)

WITHOUT_MFA: list[Case] = [
    ("MFA", summary(AccountMFAEnabled=1, AccountPasswordPresent=1, AccountAccessKeysPresent=0), "pass"),
    ("no MFA and a password", summary(AccountMFAEnabled=0, AccountPasswordPresent=1), "fail"),
    (
        "no MFA and an access key",
        summary(AccountMFAEnabled=0, AccountPasswordPresent=0, AccountAccessKeysPresent=1),
        "fail",
    ),
    (
        "no MFA and no credentials",
        summary(AccountMFAEnabled=0, AccountPasswordPresent=0, AccountAccessKeysPresent=0),
        "pass",
    ),
    ("no MFA, no password, keys not counted", summary(AccountMFAEnabled=0, AccountPasswordPresent=0), "unknown"),
    ("no MFA, and the report shows a password", NO_MFA | report(root_row(password_enabled=True)), "fail"),
    ("no MFA, and the report shows no password", NO_MFA | report(root_row(password_enabled=False)), "pass"),
    ("no MFA, the report says nothing of it, a member", NO_MFA | report(root_row()) | member(), "unknown"),
    ("no MFA, the report says nothing of it, an account of its own", NO_MFA | report(root_row()) | ALONE, "fail"),
    (
        "no MFA, the report says nothing of it, the management account",
        NO_MFA | report(root_row()) | member(OWN),
        "fail",
    ),
    ("no MFA, the report was denied, an account of its own", NO_MFA | ALONE, "fail"),
    ("no MFA, the report says nothing of it, the organization not read", NO_MFA | report(root_row()), "unknown"),
    ("no MFA, the report was denied, a member", NO_MFA | member(), "unknown"),
    (
        "no MFA, the password is not known, an access key",
        summary(AccountMFAEnabled=0, AccountAccessKeysPresent=1) | member(),
        "fail",
    ),
    (
        "the counter is live, the report is older",
        summary(AccountMFAEnabled=1) | report(root_row(mfa_active=False)),
        "pass",
    ),
    (
        "in AWS GovCloud (US)",
        summary(AccountMFAEnabled=0, AccountPasswordPresent=1) | {"partition": "aws-us-gov"},
        "pass",
    ),
    ("the summary was denied", report(root_row(password_enabled=True, mfa_active=False)), "unknown"),
    ("the summary does not say", summary(Users=3) | report(root_row(mfa_active=True)), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in WITHOUT_MFA])
def test_without_mfa(facts: Json, expected: str) -> None:
    assert verdict(MFA, facts) == expected


def test_what_the_root_user_holds_is_told() -> None:
    found = only_finding(MFA, summary(AccountMFAEnabled=0, AccountPasswordPresent=1, AccountAccessKeysPresent=2))

    assert (found.severity, found.message) == (
        "critical",
        "The root user has a password and access keys, and no MFA device.",
    )
    assert found.evidence["material"] == ["root:a-password", "root:access-keys", "root:without-mfa"]


def devices(*found: Json) -> Json:
    return {"virtual_mfa_devices": list(found)}


FIRST = f"arn:aws:iam::{OWN}:mfa/root-account-mfa-device"
ROOT = f"arn:aws:iam::{OWN}:root"

VIRTUALS: list[Case] = [
    ("the first device of root", devices({"serial": FIRST, "user": ROOT}), "fail"),
    ("the first device, its owner not told", devices({"serial": FIRST}), "fail"),
    ("another device of root", devices({"serial": f"arn:aws:iam::{OWN}:mfa/phone", "user": ROOT}), "fail"),
    (
        "a user's device with the name of root's",
        devices({"serial": FIRST, "user": f"arn:aws:iam::{OWN}:user/ann"}),
        "pass",
    ),
    (
        "a user called root",
        devices({"serial": f"arn:aws:iam::{OWN}:mfa/x", "user": f"arn:aws:iam::{OWN}:user/root"}),
        "pass",
    ),
    ("no virtual device", devices(), "pass"),
    ("the list was denied", {"virtual_mfa_devices": gap("iam:ListVirtualMFADevices")}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in VIRTUALS])
def test_virtual_mfa(facts: Json, expected: str) -> None:
    assert verdict(VIRTUAL, facts) == expected


def test_a_device_without_an_owner_may_be_left_over() -> None:
    owned = only_finding(VIRTUAL, devices({"serial": FIRST, "user": ROOT}))
    left = only_finding(VIRTUAL, devices({"serial": FIRST}))
    both = only_finding(VIRTUAL, devices({"serial": FIRST}, {"serial": f"arn:aws:iam::{OWN}:mfa/phone", "user": ROOT}))

    assert [each.confidence for each in (owned, left, both)] == ["high", "low", "high"]
    assert left.severity == "low"
    assert "may be left over" in left.message


USES: list[Case] = [
    ("signed in 90 days ago", report(root_row(password_last_used="2026-08-22T12:00:00Z")), "fail"),
    ("signed in 90 days and a second ago", report(root_row(password_last_used="2026-08-22T11:59:59Z")), "pass"),
    ("never signed in", report(root_row()), "pass"),
    ("its first key was used", report(root_row(key_1_last_used="2026-11-01T00:00:00Z")), "fail"),
    ("its second key was used, deactivated since", report(root_row(key_2_last_used="2026-11-01T00:00:00Z")), "fail"),
    ("a user signed in", report(root_row(), row("ann", password_last_used="2026-11-01T00:00:00Z")), "pass"),
    ("the report has no row for root", report(row("ann")), "unknown"),
    ("the report was denied", {"credential_report": gap("iam:GetCredentialReport")}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in USES])
def test_use(facts: Json, expected: str) -> None:
    assert verdict(USED, facts) == expected


def test_what_was_used_is_told_and_the_time_is_no_material_evidence() -> None:
    facts = report(root_row(password_last_used="2026-11-10T12:00:00Z", key_1_last_used="2026-11-15T12:00:00Z"))
    found = only_finding(USED, facts)

    assert found.message == "Its password and its access key 1 was used; last 5 days ago."
    assert found.evidence["material"] == ["root:access-key-1-used", "root:password-used"]
    assert (verdict(USED, facts, days=4), verdict(USED, facts, days=5)) == ("pass", "fail")


TABLES = {MFA: WITHOUT_MFA, VIRTUAL: VIRTUALS, USED: USES}

ALSO_LOOKED_AT = {
    MFA: {"iam:GenerateCredentialReport", "iam:GetCredentialReport", "organizations:DescribeOrganization"},
}
