"""Suppressions: whole ARNs only, until the end of a day in UTC, and nothing else of a finding ever changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scanner.engine.assemble import is_complete, reaches, suppressed, with_accepted
from scanner.findings import Accepted, Finding, Remediation, Resource, Status
from scanner.inventory import CoverageRow, Outcome
from scanner.report import Report
from scanner.suppression import Suppression, accepted, days_left, notices, notices_of_file
from tests.reports import sample

ACCOUNT = "111122223333"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"
TODAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
RULE = "iam-role-trust-anyone"


def finding(arn: str = APP, *, status: Status = "fail", region: str | None = None, **changes: Any) -> Finding:
    found = Finding(
        fingerprint="0" * 32,
        rule_id=RULE,
        status=status,
        severity="high",
        confidence="high",
        title="A role can be assumed by anyone",
        message="Anyone can assume it.",
        resource=Resource(arn, "AWS::IAM::Role", "app", ACCOUNT, region),
        evidence={"material": ["*"]},
        remediation=Remediation("Name who may."),
    )
    return replace(found, **changes)


def suppression(resource: str = APP, **changes: Any) -> Suppression:
    found = Suppression(
        rule=RULE, resource=resource, account=ACCOUNT, reason="SEC-1", owner="platform", expires=date(2026, 12, 31)
    )
    return replace(found, **changes)


@pytest.mark.parametrize(
    ("pattern", "arn", "fits"),
    [
        (APP, APP, True),
        (APP, f"{APP}-2", False),
        (APP, f"x{APP}", False),
        (f"{APP}*", f"{APP}-2", True),
        (f"{APP}*", APP, True),
        ("*:role/app", APP, True),
        ("*role/app", f"arn:aws:iam::{ACCOUNT}:role/path/role/app", True),
        ("arn:aws:iam::*:role/app", APP, True),
        ("arn:aws:iam::*:role/app", f"arn:aws:iam::{ACCOUNT}:role/team/app", False),
        ("arn:aws:iam::*:role/*", f"arn:aws:iam::{ACCOUNT}:role/team/app", True),
        (f"{APP[:-1]}?", APP, True),
        (f"{APP}?", APP, False),
        (APP.replace("role/app", "role/App"), APP, False),
        (APP.upper(), APP, False),
        (f"{APP[:-3]}[ab]pp", APP, False),
        (f"{APP[:-3]}[ab]pp", f"{APP[:-3]}[ab]pp", True),
        (f"{APP[:-3]}[!x]pp", APP, False),
        (f"{APP[:-3]}a.p", APP, False),
        (f"{APP[:-3]}(app|web)", APP, False),
        ("*", APP, True),
        (f"{APP}*", f"{APP}\nsecond line", True),
        (APP, f"{APP}\n", False),
    ],
)
def test_a_pattern_is_for_the_whole_arn(pattern: str, arn: str, fits: bool) -> None:
    assert suppression(pattern).fits(finding(arn)) is fits
    assert [each.is_accepted for each in accepted([finding(arn)], [suppression(pattern)], TODAY)] == [fits]


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"rule": "iam-role-trust-any"}, False),
        ({"account": "999988887777"}, False),
        ({"region": "eu-west-1"}, True),
        ({"region": "eu-west-2"}, False),
    ],
)
def test_rule_account_and_region_have_to_fit_too(change: dict[str, Any], fits: bool) -> None:
    assert suppression(**change).fits(finding(region="eu-west-1")) is fits


def test_a_region_is_not_that_of_a_global_finding() -> None:
    assert not suppression(region="us-east-1").fits(finding())


@pytest.mark.parametrize(
    ("expires", "at", "expired"),
    [
        (date(2026, 11, 20), TODAY, False),
        (date(2026, 11, 19), TODAY, True),
        (date(2026, 11, 21), TODAY, False),
        (date(2026, 11, 20), datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=UTC), False),
        (date(2026, 11, 20), datetime(2026, 11, 21, tzinfo=UTC), True),
        # In Tokyo it is the 21st already, in UTC it is not.
        (date(2026, 11, 20), datetime(2026, 11, 21, 8, 59, tzinfo=timezone(timedelta(hours=9))), False),
        (date(2026, 11, 20), datetime(2026, 11, 21, 9, 0, tzinfo=timezone(timedelta(hours=9))), True),
        # In Los Angeles it still is the 20th.
        (date(2026, 11, 20), datetime(2026, 11, 20, 16, 0, tzinfo=timezone(timedelta(hours=-8))), True),
    ],
)
def test_the_last_day_counts_to_its_end_in_utc(expires: date, at: datetime, expired: bool) -> None:
    (found,) = accepted([finding()], [suppression(expires=expires)], at)

    assert found.accepted == Accepted(by="config", reason="SEC-1", owner="platform", expires=expires, expired=expired)
    assert found.is_accepted is not expired
    assert (days_left(expires, at) < 0) is expired


def test_of_several_the_one_counts_that_lasts_longest() -> None:
    entries = [
        suppression(expires=date(2026, 11, 1), owner="late"),
        suppression(expires=date(2027, 1, 31), owner="long"),
        suppression(expires=date(2026, 12, 1), owner="short"),
    ]

    for order in (entries, entries[::-1]):
        (found,) = accepted([finding()], order, TODAY)
        assert isinstance(found.accepted, Accepted)
        assert (found.accepted.owner, found.accepted.expired) == ("long", False)


@pytest.mark.parametrize(
    ("in_baseline", "in_file", "by"),
    [
        ("2027-01-01", "2027-02-01", "baseline"),
        ("2026-01-01", "2027-02-01", "config"),
        ("2026-02-01", "2026-01-01", "baseline"),
    ],
)
def test_what_the_baseline_accepts_stays_unless_it_has_expired(in_baseline: str, in_file: str, by: str) -> None:
    earlier, later = date.fromisoformat(in_baseline), date.fromisoformat(in_file)
    said = Accepted(by="baseline", reason="r", owner="o", expires=earlier, expired=days_left(earlier, TODAY) < 0)

    (found,) = accepted([finding(accepted=said)], [suppression(expires=later)], TODAY)

    assert isinstance(found.accepted, Accepted)
    assert found.accepted.by == by


FINDINGS = st.builds(
    finding,
    st.sampled_from([APP, f"{APP}-2", f"arn:aws:iam::{ACCOUNT}:user/x", "arn:aws:s3:::b"]),
    status=st.sampled_from(["fail", "unknown"]),
    region=st.sampled_from([None, "eu-west-1"]),
    rule_id=st.sampled_from([RULE, "other"]),
    severity=st.sampled_from(["critical", "info"]),
)
SUPPRESSIONS = st.builds(
    suppression,
    st.sampled_from(["*", APP, f"{APP}*", "arn:aws:s3:::?"]),
    rule=st.sampled_from([RULE, "other"]),
    account=st.sampled_from([ACCOUNT, "999988887777"]),
    expires=st.dates(date(2026, 11, 1), date(2026, 12, 9)),
    region=st.sampled_from([msgspec.UNSET, "eu-west-1"]),
)


@given(st.lists(FINDINGS, max_size=8), st.lists(SUPPRESSIONS, max_size=5))
def test_nothing_else_of_a_finding_changes(before: list[Finding], entries: list[Suppression]) -> None:
    after = accepted(before, entries, TODAY)

    assert [replace(each, accepted=msgspec.UNSET) for each in after] == before
    for each in after:
        fitting = [entry for entry in entries if entry.fits(each)]
        assert isinstance(each.accepted, Accepted) is bool(fitting)
        assert each.is_accepted is any(days_left(entry.expires, TODAY) >= 0 for entry in fitting)


def of_sample(*entries: Suppression) -> Report:
    return suppressed(sample.report(), entries, TODAY)


EVERY = [
    suppression("*", rule=rule.rule_id, account=sample.ACCOUNT)
    for rule in sample.report().rules
]  # fmt: skip


@given(st.sets(st.sampled_from(EVERY)))
def test_readiness_never_changes_and_no_verdict_is_lost(entries: set[Suppression]) -> None:
    before = suppressed(sample.report(), (), TODAY)
    after = of_sample(*sorted(entries, key=lambda each: each.rule))

    assert after.summary.readiness == before.summary.readiness
    total = sum(after.summary.by_status.values()) + sum(after.summary.accepted.values())
    assert total == sum(before.summary.by_status.values()) == sum(rule.evaluated for rule in after.rules)
    assert after.summary.by_status["pass"] == before.summary.by_status["pass"]
    assert sum(after.summary.by_severity.values()) == after.summary.by_status["fail"]
    assert [replace(rule, accepted={}) for rule in after.rules] == list(before.rules)
    assert sum(sum(rule.accepted.values()) for rule in after.rules) == sum(after.summary.accepted.values())
    assert [replace(each, accepted=msgspec.UNSET) for each in after.findings] == list(before.findings)


def test_everything_accepted_fails_nothing_and_is_complete() -> None:
    found = of_sample(*EVERY)

    assert not reaches(found.findings, "info")
    assert found.summary.complete
    assert found.summary.accepted == {"fail": len(found.findings) - 3, "unknown": 3}
    assert found.run.expiries_at == TODAY


def test_what_is_expired_counts() -> None:
    found = of_sample(*[replace(entry, expires=date(2026, 11, 19)) for entry in EVERY])
    before = suppressed(sample.report(), (), TODAY)

    assert reaches(found.findings, "critical")
    assert (found.summary.by_status, found.summary.by_severity) == (
        before.summary.by_status,
        before.summary.by_severity,
    )
    assert not found.summary.complete
    assert all(isinstance(each.accepted, Accepted) and each.accepted.expired for each in found.findings)


def unknown(api: str, region: str, **changes: Any) -> Finding:
    evidence = {"material": [], "not_collected": {"api": api, "region": region, "status": "denied"}}
    return finding(status="unknown", region=region, evidence=evidence, **changes)


YES = Accepted(by="config", reason="r", owner="o", expires=date(2027, 1, 1))
NO = replace(YES, expired=True)


@pytest.mark.parametrize(
    ("findings", "complete"),
    [
        ([], False),
        ([unknown("guardduty:ListDetectors", "eu-west-1")], False),
        ([unknown("guardduty:ListDetectors", "eu-west-1", accepted=YES)], True),
        ([unknown("guardduty:ListDetectors", "eu-west-1", accepted=NO)], False),
        ([unknown("guardduty:ListDetectors", "eu-west-2", accepted=YES)], False),
        ([unknown("guardduty:GetDetector", "eu-west-1", accepted=YES)], False),
        (
            [
                unknown("guardduty:ListDetectors", "eu-west-1", accepted=YES),
                unknown("guardduty:ListDetectors", "eu-west-1"),
            ],
            False,
        ),
        ([finding(accepted=YES)], False),
    ],
)
def test_a_refused_call_is_waived_with_the_verdicts_that_wait_for_it(findings: list[Finding], complete: bool) -> None:
    status: Outcome = "denied"
    row = CoverageRow(account_id=ACCOUNT, region="eu-west-1", api="guardduty:ListDetectors", status=status)

    assert is_complete([row], findings) is complete


def test_with_accepted_serves_other_acceptors_too() -> None:
    report = sample.report()
    said = replace(YES, by="baseline")
    first, *others = report.findings

    found = with_accepted(report, [replace(first, accepted=said), *others], TODAY)

    assert found.summary.accepted == {"fail": 1, "unknown": 0}
    assert [rule.rule_id for rule in found.rules if rule.accepted] == [first.rule_id]


def kinds(
    *entries: Suppression, asked: set[str] | None = None, findings: tuple[Finding, ...] = (finding(),)
) -> list[str]:
    found = notices(entries, findings, account_id=ACCOUNT, asked={RULE} if asked is None else asked, at=TODAY)
    return [f"{each.number} {each.kind} {each.findings}" for each in found]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"expires": date(2026, 11, 19)}, ["0 expired 1"]),
        ({"expires": date(2026, 11, 20)}, ["0 expiring 1"]),
        ({"expires": date(2026, 12, 4)}, ["0 expiring 1"]),
        ({"expires": date(2026, 12, 5)}, []),
        ({"resource": "*"}, ["0 too-wide 1"]),
        ({"resource": "*", "expires": date(2026, 11, 1)}, ["0 expired 1"]),
        ({"resource": f"{APP}-2"}, ["0 unused 0"]),
        ({"resource": f"{APP}-2", "expires": date(2026, 11, 30)}, ["0 expiring 0", "0 unused 0"]),
        # That it is of nothing any more is no news where it is over.
        ({"resource": f"{APP}-2", "expires": date(2026, 11, 1)}, ["0 expired 0"]),
        ({"account": "999988887777", "expires": date(2026, 11, 1)}, []),
        ({"account": "999988887777"}, []),
        ({"rule": "not-asked"}, []),
    ],
)
def test_notices(change: dict[str, Any], said: list[str]) -> None:
    assert kinds(suppression(**change)) == said


def test_a_suppression_whose_resource_may_be_hidden_is_not_called_unused() -> None:
    hidden = finding(f"arn:aws:iam::{ACCOUNT}:root", status="unknown", evidence={"uncounted": True})

    assert kinds(suppression(), findings=(hidden,)) == []
    assert kinds(suppression(), findings=()) == ["0 unused 0"]


@pytest.mark.parametrize(
    ("resource", "wide"),
    [
        ("*", True),
        ("**", True),
        ("arn:*", True),
        ("arn:aws:iam::*", True),
        (f"arn:aws:iam::{ACCOUNT}:*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:iam::*:*?", True),
        ("*:role/app", False),
        (f"arn:aws:iam::{ACCOUNT}:role/*", False),
        (f"arn:aws:iam::{ACCOUNT}:root", False),
        ("arn:aws:s3:::b*", False),
    ],
)
def test_too_wide(resource: str, wide: bool) -> None:
    assert suppression(resource).is_too_wide is wide


@pytest.mark.parametrize(
    ("resource", "possible"),
    [
        ("arn:aws:iam::1:role/app", True),
        ("*", True),
        ("*role/app", True),
        ("?rn:aws:s3:::b", True),
        ("ar*", True),
        ("role/app", False),
        ("role/*", False),
        ("app", False),
        ("ar", False),
        ("ARN:aws:iam::1:role/app", False),
        (" arn:aws:iam::1:role/app", False),
    ],
)
def test_some_patterns_fit_no_arn(resource: str, possible: bool) -> None:
    assert suppression(resource).can_fit is possible


def test_a_file_is_looked_at_without_an_account() -> None:
    entries = [
        suppression(expires=date(2026, 1, 1)),
        suppression("*", account="999988887777", expires=date(2026, 11, 30)),
        suppression(),
    ]

    assert [(each.number, each.kind) for each in notices_of_file(entries, TODAY)] == [
        (0, "expired"),
        (1, "expiring"),
        (1, "too-wide"),
    ]
