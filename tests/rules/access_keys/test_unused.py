"""Access keys that were used once, and not for long."""

from __future__ import annotations

import pytest

from tests.accounts import Case, Json, allow, gap, only_finding, verdict
from tests.rules.access_keys.holding_keys import key, keys, user

UNUSED, NEVER, AGE = "iam-access-key-unused", "iam-access-key-never-used", "iam-access-key-age"
OLD = "2020-01-01T00:00:00Z"
NOT_READ = gap("iam:GetAccessKeyLastUsed")

CASES: list[Case] = [
    ("used 45 days ago", keys(key(OLD, last_used="2026-10-06T12:00:00Z")), "pass"),
    ("used 45 days and a second ago", keys(key(OLD, last_used="2026-10-06T11:59:59Z")), "fail"),
    ("unused and inactive", keys(key(OLD, "Inactive", last_used="2020-02-01T00:00:00Z")), ""),
    ("never used: the other rule tells", keys(key(OLD)), ""),
    (
        "one unused, one in use",
        keys(key(OLD, last_used="2026-01-01T00:00:00Z"), key(OLD, id="AKIA2", last_used="2026-11-20T00:00:00Z")),
        "fail pass",
    ),
    ("old, last use denied", keys(key(OLD, last_used=NOT_READ)), "unknown"),
    ("new, last use denied", keys(key("2026-11-01T00:00:00Z", last_used=NOT_READ)), "pass"),
    ("the list was denied", {"access_keys": gap("iam:ListAccessKeys")}, "unknown"),
    ("no user has keys", {"access_keys": []}, ""),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_use(facts: Json, expected: str) -> None:
    assert verdict(UNUSED, facts) == expected


@pytest.mark.parametrize(("last_used", "telling"), [(None, NEVER), ("2026-01-01T00:00:00Z", UNUSED)])
def test_of_an_old_key_exactly_one_rule_says_that_it_is_unused_and_one_that_it_is_old(
    last_used: str | None, telling: str
) -> None:
    facts = keys(key("2025-10-16T12:00:00Z", last_used=last_used))

    assert [rule_id for rule_id in (UNUSED, NEVER) if "fail" in verdict(rule_id, facts)] == [telling]
    found = [only_finding(rule_id, facts) for rule_id in (telling, AGE)]
    assert [each.resource.name for each in found] == ["AKIA1", "AKIA1"]
    assert ("7.0.0", "2.11") in {(control.version, control.control) for control in found[0].compliance}


def test_an_unused_key_of_an_administrator_is_critical() -> None:
    found = only_finding(UNUSED, keys(key(OLD, last_used="2026-01-01T00:00:00Z")) | user(allow()))

    assert (found.severity, found.evidence["material"]) == ("critical", ["access-key:unused", "holder:administrator"])
    assert found.remediation.commands == (
        "aws iam update-access-key --status Inactive --user-name=ci --access-key-id=AKIA1",
    )


def test_the_limit_is_a_parameter_and_emergencies_are_exempt() -> None:
    facts = keys(key(OLD, last_used="2026-11-10T12:00:00Z")) | user()

    assert (verdict(UNUSED, facts, max_idle_days=9), verdict(UNUSED, facts, max_idle_days=10)) == ("fail", "pass")
    assert verdict(UNUSED, facts, max_idle_days=9, declared={"break_glass": ["user/c*"]}) == "pass"


TABLES = {UNUSED: CASES}
