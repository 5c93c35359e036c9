"""How far a leaked key reaches, how long sessions last, and what is left of an incident."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.accounts import Case, Json, allow, deny, findings, gap, only_finding, verdict
from tests.rules.holding import DENY_ALL, DETAILS, administrator, arn_of, iam, managed, named, role, user
from tests.rules.response.responding import MFA, keys_of
from tests.rules.trusting import OWN_ROOT, admit

KEY, SESSION, LEFT_OVER, HELD = (
    "access-key-reaches-administrator", "role-session-too-long", "iam-revocation-left-over", "iam-principal-held-back",
)  # fmt: skip
DEV = arn_of("user", "u-dev")
WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
RESERVED, LINKED = "/aws-reserved/sso.amazonaws.com/", "/aws-service-role/x.amazonaws.com/"


def with_key(*principals: Json, **parts: object) -> Json:
    """An account in which user u-dev has an active key."""
    return iam(*principals, **{"access_keys": [keys_of("u-dev", "AKIA1")], **parts})


def forced(*but: str) -> Json:
    """A Deny of everything without MFA, but of what registers a device as far as is said."""
    left = ["iam:ListMFADevices", "sts:GetSessionToken", *but]
    return {"Effect": "Deny", "NotAction": left, "Resource": "*", "Condition": WITHOUT_MFA}


KEYS: list[Case] = [
    ("of an administrator", with_key(user("u-dev", allow())), "fail"),
    ("of one that makes itself one", with_key(user("u-dev", allow("iam:PutUserPolicy"))), "fail"),
    ("of one that assumes one", with_key(
        user("u-dev", allow("sts:AssumeRole")), administrator("r-adm", OWN_ROOT)), "fail"),
    ("of one that would need MFA", with_key(
        user("u-dev", allow("sts:AssumeRole")), administrator("r-adm", admit({"AWS": OWN_ROOT}, **MFA))), "fail"),
    ("of an administrator only with MFA", with_key(user("u-dev", allow(Condition=MFA))), "fail"),
    ("of an administrator who is forced to use MFA", with_key(user("u-dev", allow(), forced())), "fail"),
    ("of one who is forced to use MFA, and may register a device", with_key(
        user("u-dev", allow(), forced("iam:CreateVirtualMFADevice", "iam:EnableMFADevice"))), "fail"),
    ("of one that assumes one without MFA, and is one with it", with_key(
        user("u-dev", allow(Condition=MFA), allow("sts:AssumeRole")), administrator("r-adm", OWN_ROOT)), "fail"),
    ("of one that makes itself one only with MFA", with_key(
        user("u-dev", allow("iam:PutUserPolicy", Condition=MFA))), "fail"),
    ("of one that makes itself one only with MFA or at home", with_key(user(
        "u-dev", allow("iam:PutUserPolicy", Condition=MFA),
        allow("iam:PutUserPolicy", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))), "fail"),
    ("of another", with_key(user("u-dev", allow("s3:*")), administrator("r-adm", "ec2")), "pass"),
    ("two keys", with_key(user("u-dev", allow()), access_keys=[keys_of("u-dev", "AKIA1", "AKIA2")]), "fail fail"),
    ("inactive", with_key(user("u-dev", allow()), access_keys=[keys_of("u-dev", "AKIA1", status="Inactive")]), ""),
    ("while the user is held back", with_key(user("u-dev", allow(), attached=(DENY_ALL,))), "fail"),
    ("held by a boundary", with_key(
        user("u-dev", allow(), boundary=arn_of("policy", "cap")), policies=[managed("cap", allow("s3:*"))]), "pass"),
    ("a document missing", with_key(user("u-dev", attached=(arn_of("policy", "x"),))), "unknown"),
    ("a document of what it becomes missing", with_key(
        user("u-dev", allow("sts:AssumeRole")), role("r-app", OWN_ROOT, attached=(arn_of("policy", "x"),))), "unknown"),
    ("roles denied", with_key(user("u-dev", allow("s3:*")), roles=gap(DETAILS)), "unknown"),
    ("an administrator, roles denied", with_key(user("u-dev", allow()), roles=gap(DETAILS)), "fail"),
    ("of a user that is not listed", with_key(user("u-ops", allow())), "unknown"),
    ("the keys of one user denied", with_key(user("u-dev", allow()), access_keys=[
        {"user": "u-dev", "keys": gap("iam:ListAccessKeys")}]), "unknown"),
    ("all keys denied", with_key(user("u-dev", allow()), access_keys=gap("iam:ListAccessKeys")), "unknown"),
]  # fmt: skip


def lasting(seconds: int | None, *principals: Json, **parts: object) -> Json:
    settings = [{"arn": each["arn"], "max_session": seconds} for each in principals]
    return iam(*principals, **{"role_settings": settings, **parts})


SESSIONS: list[Case] = [
    ("an hour", lasting(3600, administrator("r-adm")), "pass"),
    ("a second more", lasting(3601, administrator("r-adm")), "fail"),
    ("twelve hours", lasting(43200, administrator("r-adm")), "fail"),
    ("of no great rights", lasting(43200, role("r-app", OWN_ROOT, allow("s3:*"))), ""),
    ("of one that becomes one", lasting(43200, role("r-app", OWN_ROOT, allow("iam:PutRolePolicy"))), "fail"),
    ("of instances alone", lasting(43200, administrator("r-adm", "ec2")), ""),
    ("of instances and people", lasting(43200, administrator("r-adm", admit(
        {"Service": "ec2.amazonaws.com", "AWS": OWN_ROOT}))), "fail"),
    ("a permission set", lasting(43200, administrator("r-adm", OWN_ROOT, path=RESERVED)), ""),
    ("of a service", lasting(43200, administrator("r-adm", OWN_ROOT, path=LINKED)), ""),
    ("not told", lasting(None, administrator("r-adm")), "unknown"),
    ("not among the settings", lasting(3600, administrator("r-adm"), role_settings=[]), "unknown"),
    ("settings denied", lasting(3600, administrator("r-adm"), role_settings=gap("iam:ListRoles")), "unknown"),
    ("roles denied", iam(roles=gap(DETAILS)), "unknown"),
]  # fmt: skip


def before(cutoff: str, operator: str = "DateLessThan", **elements: object) -> Json:
    return deny(Condition={operator: {"aws:TokenIssueTime": cutoff}}, **elements)


def revoked(cutoff: str, seconds: int | None, trust: Json | str = OWN_ROOT, **facts: Any) -> Json:
    return lasting(seconds, role("r-app", trust, before(cutoff), **facts))


LEFT_OVERS: list[Case] = [
    ("an hour and a week ago", revoked("2026-11-13T11:00:00Z", 3600), "pass"),
    ("a second more", revoked("2026-11-13T10:59:59Z", 3600), "fail"),
    ("of a role with longer sessions", revoked("2026-11-13T10:59:59Z", 7200), "pass"),
    ("of instances, whose credentials last six", revoked("2026-11-13T10:59:59Z", 3600, "ec2"), "pass"),
    ("of instances, after six", revoked("2026-11-13T05:59:59Z", 3600, "ec2"), "fail"),
    ("of a permission set, whose sessions last up to twelve", revoked(
        "2026-11-13T10:59:59Z", 3600, path=RESERVED), "pass"),
    ("settings denied, after the longest of all", lasting(
        3600, role("r-app", OWN_ROOT, before("2026-11-12T23:59:59Z")), role_settings=gap("iam:ListRoles")), "fail"),
    ("settings denied, after the shortest", lasting(
        3600, role("r-app", OWN_ROOT, before("2026-11-13T00:00:00Z")), role_settings=gap("iam:ListRoles")), "unknown"),
    ("settings denied, of yesterday", lasting(
        3600, role("r-app", OWN_ROOT, before("2026-11-19T00:00:00Z")), role_settings=gap("iam:ListRoles")), "pass"),
    ("settings denied, of a user", iam(user("u-dev", before("2026-11-11T23:59:59Z"))), "fail"),
]  # fmt: skip

HOLDS: list[Case] = [
    ("AWSDenyAll", iam(user("u-dev", attached=(DENY_ALL,))), "fail"),
    ("an own Deny of everything", iam(role("r-app", "ec2", allow("s3:*"), deny())), "fail"),
    ("by its boundary", iam(role("r-app", "ec2", allow("s3:*"), boundary=DENY_ALL)), "fail"),
    ("by a group", iam(
        user("u-dev", groups=["out"]),
        groups=[{"name": "out", "arn": arn_of("group", "out"), "attached": [{"name": "AWSDenyAll", "arn": DENY_ALL}]}],
    ), "fail"),
    ("of one service", iam(user("u-dev", deny("s3:*"))), "pass"),
    ("of old sessions", iam(role("r-app", "ec2", before("2026-11-19T00:00:00Z"))), "pass"),
    ("without MFA", iam(user("u-dev", deny(Condition=WITHOUT_MFA))), "pass"),
    ("of a role of a service", iam(role("r-app", "x", deny(), path=LINKED)), "pass"),
    ("a document missing", iam(user("u-dev", attached=(arn_of("policy", "x"),))), "unknown"),
    ("a boundary missing", iam(user("u-dev", boundary=arn_of("policy", "x"))), "unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]  # fmt: skip

EVERY = [(KEY, KEYS), (SESSION, SESSIONS), (LEFT_OVER, LEFT_OVERS), (HELD, HOLDS)]


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in EVERY for case in cases],
)
def test_keeping_access(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected


def test_the_key_is_the_resource_and_the_command_names_it() -> None:
    first, second = findings(KEY, named(KEYS, "two keys"))

    assert (first.resource.name, second.resource.name) == ("AKIA1", "AKIA2")
    assert first.remediation.commands == (
        "aws iam update-access-key --status Inactive --user-name=u-dev --access-key-id=AKIA1",
    )
    assert first.remediation.undo[0].count("Active") == 1


@pytest.mark.parametrize(
    ("case", "severity"),
    [
        ("of an administrator", "critical"),
        ("of one that makes itself one", "critical"),
        ("of one that assumes one", "critical"),
        ("of one that would need MFA", "medium"),
        ("of an administrator only with MFA", "medium"),
        ("of an administrator who is forced to use MFA", "medium"),
        ("of one who is forced to use MFA, and may register a device", "high"),
        ("of one that assumes one without MFA, and is one with it", "critical"),
        ("of one that makes itself one only with MFA", "medium"),
        ("of one that makes itself one only with MFA or at home", "high"),
    ],
)
def test_severity_follows_the_way_to_the_administrator(case: str, severity: str) -> None:
    assert only_finding(KEY, named(KEYS, case)).severity == severity


def test_a_key_that_needs_a_second_factor_is_told_as_such() -> None:
    only_mfa = only_finding(KEY, named(KEYS, "of an administrator who is forced to use MFA"))
    registers = only_finding(KEY, named(KEYS, "of one who is forced to use MFA, and may register a device"))
    bare = only_finding(KEY, named(KEYS, "of an administrator"))

    assert "only with MFA, which the key alone does not carry" in only_mfa.message
    assert "the key may register a device of its own" in registers.message
    assert "MFA" not in bare.message
    assert [each.confidence for each in (only_mfa, registers, bare)] == ["medium", "medium", "high"]
    assert bare.evidence["material"] != only_mfa.evidence["material"]


def test_a_role_that_names_the_user_takes_it_without_mfa() -> None:
    without_sts: Json = {"Effect": "Allow", "NotAction": "sts:*", "Resource": "*", "Condition": MFA}

    for holder in (user("u-dev", allow(Condition=MFA)), user("u-dev", without_sts)):
        assert only_finding(KEY, with_key(holder, administrator("r-adm", DEV))).severity == "critical"
        assert only_finding(KEY, with_key(holder, administrator("r-adm", OWN_ROOT))).severity == "medium"
        assert only_finding(KEY, with_key(holder, role("r-app", DEV))).severity == "medium"


def test_a_role_without_power_that_needs_no_mfa_leads_nowhere() -> None:
    facts = with_key(user("u-dev", allow(Condition=MFA), allow("sts:AssumeRole")), role("r-app", OWN_ROOT))

    assert only_finding(KEY, facts).severity == "medium"


def test_that_the_user_is_held_back_is_told_with_its_key() -> None:
    held = only_finding(KEY, named(KEYS, "while the user is held back"))

    assert f"At present it is held back by policy {DENY_ALL}." in held.message
    assert "held back" not in only_finding(KEY, named(KEYS, "of an administrator")).message


def test_sessions_of_the_user_outlive_the_key() -> None:
    found = only_finding(KEY, named(KEYS, "of one that makes itself one"))

    assert found.evidence["keeps_access"] == {
        "after_key_is_inactive": 36.0, "after_user_is_denied": 0.0, "renewable": False,
    }  # fmt: skip
    assert "up to 36 h after the key is deactivated." in found.message


@pytest.mark.parametrize(("seconds", "after_denied"), [(3600, 1.0), (43200, 12.0), (None, 12.0)])
def test_sessions_of_roles_outlive_the_user(seconds: int | None, after_denied: float) -> None:
    facts = with_key(user("u-dev", allow("sts:AssumeRole")), administrator("r-adm", DEV), **(
        {"role_settings": [{"arn": arn_of("role", "r-adm"), "max_session": seconds}]} if seconds else {}))  # fmt: skip
    keeps = only_finding(KEY, facts).evidence["keeps_access"]

    assert (keeps["after_key_is_inactive"], keeps["after_user_is_denied"]) == (36.0 + after_denied, after_denied)
    material = only_finding(KEY, facts).evidence["material"]
    assert ("key:role-sessions-of-12-hours" in material) is (seconds == 43200)


def test_the_longest_of_the_roles_that_are_reached_counts() -> None:
    hours = {"r-one": 1, "r-two": 12, "r-adm": 2, "r-other": 12}
    facts = with_key(
        user("u-dev", allow("sts:AssumeRole")),
        *(role(name, DEV) for name in ("r-one", "r-two")),
        administrator("r-adm", DEV),
        role("r-other", "ec2"),
        role_settings=[{"arn": arn_of("role", name), "max_session": 3600 * each} for name, each in hours.items()],
    )
    found = only_finding(KEY, facts)

    assert found.evidence["keeps_access"]["after_user_is_denied"] == 12
    assert found.evidence["roles_reached_in_all"] == 3


def test_roles_that_lead_to_themselves_never_end() -> None:
    facts = with_key(user("u-dev", allow("sts:AssumeRole")), administrator("r-adm", OWN_ROOT))

    assert only_finding(KEY, facts).evidence["keeps_access"]["renewable"] is True


@pytest.mark.parametrize("key", ["aws:SourceIp", "aws:SourceVpce", "aws:VpcSourceIp"])
def test_a_key_that_works_from_known_places_only_is_less_bad(key: str) -> None:
    at_home = deny(Condition={"NotIpAddress": {key: "192.0.2.0/24"}})
    bound = only_finding(KEY, with_key(user("u-dev", allow(), at_home)))

    assert "key:from-anywhere" not in bound.evidence["material"]
    assert "key:from-anywhere" in only_finding(KEY, named(KEYS, "of an administrator")).evidence["material"]


def test_age_is_told_and_not_material() -> None:
    old = with_key(user("u-dev", allow()), access_keys=[keys_of("u-dev", "AKIA1", created="2025-01-01T00:00:00Z")])
    young = named(KEYS, "of an administrator")

    assert only_finding(KEY, old).evidence["material"] == only_finding(KEY, young).evidence["material"]
    assert "the key was not replaced for long" in only_finding(KEY, old).message
    assert "the key was not replaced for long" not in only_finding(KEY, young).message
    assert "not replaced" not in only_finding(KEY, old, rotation_days=1000).message


def test_a_long_session_is_told_with_its_command_and_its_undoing() -> None:
    found = only_finding(SESSION, named(SESSIONS, "twelve hours"))

    assert found.message.startswith("A session of it may last 12 h; the limit is 1 h.")
    assert found.evidence["keeps_access"]["session_hours"] == 12
    assert found.remediation.commands == ("aws iam update-role --role-name=r-adm --max-session-duration=3600",)
    assert found.remediation.undo == ("aws iam update-role --role-name=r-adm --max-session-duration=43200",)
    assert "1 h 30 min" in only_finding(SESSION, lasting(5400, administrator("r-adm"))).message
    assert verdict(SESSION, named(SESSIONS, "twelve hours"), hours=12) == "pass"


@pytest.mark.parametrize("hours", [0, -1, 13])
def test_a_limit_that_iam_cannot_set_is_refused(hours: int) -> None:
    with pytest.raises(msgspec.ValidationError):
        verdict(SESSION, named(SESSIONS, "twelve hours"), hours=hours)


def test_when_a_revocation_became_useless_is_told() -> None:
    found = only_finding(LEFT_OVER, named(LEFT_OVERS, "of instances, after six"))

    assert found.evidence["safe_to_remove_since"] == ["2026-11-13T11:59:59Z"]


def test_who_is_held_back_with_active_keys_is_told() -> None:
    found = only_finding(HELD, with_key(user("u-dev", attached=(DENY_ALL,))))

    assert found.message == f"Everything is denied to it by policy {DENY_ALL}. Its access keys AKIA1 are still active."
    assert found.evidence["material"] == [f"denied-by:policy {DENY_ALL}"]


TABLES = {KEY: KEYS, SESSION: SESSIONS, LEFT_OVER: LEFT_OVERS, HELD: HOLDS}
