"""The password policy."""

from __future__ import annotations

import pytest

from tests.accounts import Case, Json, gap, only_finding, verdict
from tests.rules.identity.people import DETAILS_DENIED, REPORT_DENIED, iam, report, root_row, row, user

LENGTH, REUSE = "iam-password-length", "iam-password-reuse"
SOMEBODY = iam() | report(row("ann", password=True))
NOBODY = iam(user("ci")) | report(row("ci", password=False), root_row(password_enabled=True))


def demanding(**facts: object) -> Json:
    return {"password_policy": {"kind": "password-policy", **facts}}


NONE: Json = {"password_policy": None}


def cases(good: Json, bad: Json) -> list[Case]:
    """What holds of both rules, by a policy that is strict enough and one that is not."""
    return [
        ("strict", good | SOMEBODY, "pass"),
        ("lax", bad | SOMEBODY, "fail"),
        ("none is set", NONE | SOMEBODY, "fail"),
        ("nothing of the kind is demanded", demanding() | SOMEBODY, "fail"),
        ("lax, and nobody but root has a password", bad | NOBODY, "pass"),
        ("none is set, and nobody but root has a password", NONE | NOBODY, "pass"),
        ("strict, and who has a password was denied", good, "pass"),
        ("lax, and who has a password was denied", bad | iam() | {"credential_report": REPORT_DENIED}, "unknown"),
        ("lax, and of one user that is not known", bad | iam() | report(row("ann")), "unknown"),
        ("lax, and a user is newer than the report", bad | iam(user("bob")) | report(), "unknown"),
        ("lax, and the users were denied", bad | report() | {"users": DETAILS_DENIED}, "unknown"),
        ("lax, the users were denied, and one has a password", bad | report(row("ann", password=True)), "fail"),
        ("the policy was denied", SOMEBODY | {"password_policy": gap("iam:GetAccountPasswordPolicy")}, "unknown"),
        ("nothing was collected", {}, "unknown"),
    ]


LENGTHS = cases(demanding(minimum_length=14), demanding(minimum_length=13, reuse_prevention=24))
REUSES = cases(demanding(reuse_prevention=24), demanding(minimum_length=14, reuse_prevention=23))


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in LENGTHS])
def test_length(facts: Json, expected: str) -> None:
    assert verdict(LENGTH, facts) == expected


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in REUSES])
def test_reuse(facts: Json, expected: str) -> None:
    assert verdict(REUSE, facts) == expected


def test_the_command_keeps_what_else_is_demanded() -> None:
    found = only_finding(
        LENGTH,
        demanding(minimum_length=8, reuse_prevention=5, max_age=90, requires_symbols=True, users_may_change=True)
        | SOMEBODY,
    )

    (command,), (undo,) = found.remediation.commands, found.remediation.undo
    assert command == (
        "aws iam update-account-password-policy --require-symbols --no-require-numbers"
        " --no-require-uppercase-characters --no-require-lowercase-characters --allow-users-to-change-password"
        " --no-hard-expiry --minimum-password-length 14 --password-reuse-prevention 5 --max-password-age 90"
    )
    assert undo == command.replace("14", "8")


def test_where_no_policy_is_set_one_is_made_and_deleted_again() -> None:
    found = only_finding(REUSE, NONE | SOMEBODY)

    (command,) = found.remediation.commands
    assert "--minimum-password-length 8 --password-reuse-prevention 24" in command
    assert "--no-require" not in command
    assert "--max-password-age" not in command
    assert found.remediation.undo == ("aws iam delete-account-password-policy",)
    assert found.message == "The account has set no password policy; 24 should be refused."


def test_limits_are_parameters() -> None:
    facts = demanding(minimum_length=16, reuse_prevention=12) | SOMEBODY

    assert (verdict(LENGTH, facts, minimum=16), verdict(LENGTH, facts, minimum=17)) == ("pass", "fail")
    assert (verdict(REUSE, facts, remembered=12), verdict(REUSE, facts, remembered=13)) == ("pass", "fail")


TABLES = {LENGTH: LENGTHS, REUSE: REUSES}
