"""Trails: what is left out, what goes to CloudWatch Logs, and whose trail it is."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, gap, only_finding, region, regions, verdict
from tests.rules.holding import role
from tests.rules.trails.building import LOGGING, NOT_LOGGING, Fields, advanced, basic, recorded, trail

COMPLETE, STOPPED, FAILING = "trail-no-multi-region", "trail-stopped", "trail-delivery-failing"
CALLS: Fields = {"eventCategory": {"Equals": ["Management"]}}
GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*"


def to_logs(error: str | None, group: str | None = GROUP, **status: object) -> Json:
    return recorded(trail(log_group=group, status={**LOGGING, "latest_logs_error": error, **status}))


WITHOUT_ACCESS = "AccessDeniedException"
LOGS: list[Case] = [
    ("to CloudWatch Logs", to_logs(None), "pass"),
    ("to CloudWatch Logs, in vain", to_logs(WITHOUT_ACCESS), "fail"),
    ("an error of the past, without a group", to_logs(WITHOUT_ACCESS, None), "pass"),
    ("neither arrives", to_logs(WITHOUT_ACCESS, latest_delivery_error="NoSuchBucket"), "fail"),
]


def silent(since: str, home: str = "eu-west-1", **parts: object) -> Json:
    """A trail at home in a region in which something happens, that delivered last at a time of the day."""
    delivered = trail(home=home, status={**LOGGING, "latest_delivery": f"2026-11-20T{since}:00Z"})
    return regions(region(trails=[delivered], instances=parts.pop("instances", []))) | parts


def started(at: str) -> Json:
    return {"id": "i-0a", "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-0a", "launched": f"2026-11-20T{at}:00Z"}


def used(at: str) -> Json:
    return {**role("app", "ec2"), "last_used": f"2026-11-20T{at}:00Z", "last_used_region": "eu-west-1"}


LOGS += [
    ("silent for three hours", silent("09:00"), "pass"),
    ("silent since an instance was started", silent("09:00", instances=[started("10:00")]), "fail"),
    ("delivered after it", silent("10:01", instances=[started("10:00")]), "pass"),
    ("not due yet", silent("09:00", instances=[started("11:01")]), "pass"),
    ("silent since a role was used, be it for data events alone", silent("09:00", roles=[used("10:00")]), "pass"),
    ("at home in a region that was not asked", silent("09:00", "us-east-1", instances=[started("10:00")]), "pass"),
    ("instances denied", silent("09:00", instances=gap("ec2:DescribeInstances")), "pass"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in LOGS])
def test_logs(facts: Json, expected: str) -> None:
    assert verdict(FAILING, facts) == expected


def test_files_that_do_not_arrive_weigh_more() -> None:
    logs = only_finding(FAILING, to_logs(WITHOUT_ACCESS))
    files = only_finding(FAILING, to_logs(WITHOUT_ACCESS, latest_delivery_error="NoSuchBucket"))

    assert (logs.severity, logs.evidence["material"]) == ("medium", ["trail:logs-delivery-error"])
    assert (files.severity, files.evidence["material"]) == ("high", ["trail:delivery-error:NoSuchBucket"])


@pytest.mark.parametrize(
    ("selectors", "severity"),
    [
        (basic({"excluded_sources": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}), "medium"),
        (advanced({**CALLS, "eventSource": {"NotEquals": ["kms.amazonaws.com"]}}), "medium"),
        (advanced({**CALLS, "eventSource": {"NotEquals": ["iam.amazonaws.com"]}}), "high"),
        (advanced({**CALLS, "eventSource": {"NotEquals": ["iam.amazonaws.com", "kms.amazonaws.com"]}}), "high"),
    ],
    ids=["both chatty ones", "one of them", "another", "one of them and another"],
)
def test_severity_follows_what_is_left_out(selectors: Json, severity: str) -> None:
    assert only_finding(COMPLETE, recorded(trail(selectors=selectors))).severity == severity


def test_a_member_cannot_start_the_trail_of_the_organization() -> None:
    foreign = only_finding(STOPPED, recorded(trail(owner=FOREIGN, is_organization=True, status=NOT_LOGGING)))

    assert (foreign.remediation.commands, foreign.remediation.undo) == ((), ())


SHADOWS: list[Case] = [
    ("of the organization, whose selectors only its owner can read", recorded(
        trail(owner=FOREIGN, is_organization=True, selectors=gap("cloudtrail:GetEventSelectors", "elsewhere"))),
     "unknown"),
    ("of the organization, beside an own one", recorded(
        trail("org", owner=FOREIGN, is_organization=True, selectors=gap("cloudtrail:GetEventSelectors", "elsewhere")),
        trail()), "pass"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SHADOWS])
def test_shadows(facts: Json, expected: str) -> None:
    assert verdict(COMPLETE, facts) == expected


def test_what_happened_is_told() -> None:
    found = only_finding(FAILING, silent("09:00", instances=[started("10:00")], roles=[used("10:30")]))

    assert found.message == "Nothing was delivered for 3 hours, although i-0a was started in eu-west-1 since."
    assert (found.severity, found.confidence) == ("medium", "medium")
    assert verdict(FAILING, silent("09:00", instances=[started("10:00")]), active_delay_hours=3) == "pass"


TABLES = {FAILING: LOGS, COMPLETE: SHADOWS}
ALSO_LOOKED_AT = {FAILING: {"ec2:DescribeInstances"}}
