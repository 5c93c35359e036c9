"""Since when are there logs?"""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, regions, verdict
from tests.rules.trails.building import LIST_DENIED, SELECTORS_DENIED, STATUS_DENIED, advanced, recorded, trail

BEGINNING = "logs-begin-late"


def report(created: str | None) -> Json:
    root = {"user": "<root_account>", "arn": f"arn:aws:iam::{OWN}:root", "created": created}
    return {"kind": "credential-report", "rows": [root]}


def since(started: str | None, stopped: str | None = None, name: str = "main", **facts: object) -> Json:
    times = {"started_logging": started, "stopped_logging": stopped}
    return {**trail(name, status={"kind": "trail-status", "is_logging": True, **times}), **facts}


def aged(*trails: Json, created: str | None = "2020-01-01T00:00:00Z", **parts: object) -> Json:
    return recorded(*trails, credential_report=report(created)) | parts


def off(found: Json) -> Json:
    status = found["status"]
    assert isinstance(status, dict)
    return {**found, "status": {**status, "is_logging": False, "stopped_logging": "2025-06-01T00:00:00Z"}}


DATA = advanced({"eventCategory": {"Equals": ["Data"]}, "resources.type": {"Equals": ["AWS::S3::Object"]}})
WRITES = advanced({"eventCategory": {"Equals": ["Management"]}, "readOnly": {"Equals": ["false"]}})
OLD, YOUNG = "2024-01-01T00:00:00Z", "2026-10-01T00:00:00Z"
CASES: list[Case] = [
    ("two years", aged(since(OLD)), "pass"),
    ("a year", aged(since("2025-11-20T12:00:00Z")), "pass"),
    ("a second less", aged(since("2025-11-20T12:00:01Z")), "fail"),
    ("weeks", aged(since(YOUNG)), "fail"),
    ("weeks, in a young account", aged(since(YOUNG), created="2026-09-28T00:00:00Z"), "pass"),
    ("weeks, in an account that is months older", aged(since(YOUNG), created="2026-06-01T00:00:00Z"), "fail"),
    ("the older of two", aged(since(YOUNG), since(OLD, name="former")), "pass"),
    ("an older one of one region", aged(since(YOUNG), since(OLD, name="former", is_multi_region=False)), "fail"),
    ("started again", aged(since(YOUNG, stopped="2026-09-30T00:00:00Z")), "unknown"),
    ("stopped", aged(since(OLD, stopped="2026-09-30T00:00:00Z")), "pass"),
    ("no trail", aged(), "fail"),
    ("an older one that is off", aged(since(YOUNG), off(since(OLD, name="former"))), "fail"),
    ("one that is off", aged(off(since(OLD))), "fail"),
    ("an older one of data alone", aged(since(YOUNG), since(OLD, name="former", selectors=DATA)), "fail"),
    ("an older one of writes alone", aged(since(YOUNG), since(OLD, name="former", selectors=WRITES)), "fail"),
    ("selectors denied", aged(since(OLD, selectors=SELECTORS_DENIED)), "unknown"),
    ("status denied", aged(trail(status=STATUS_DENIED)), "unknown"),
    ("status of another denied", aged(since(OLD), trail("second", status=STATUS_DENIED)), "pass"),
    ("age denied", aged(since(YOUNG)) | {"credential_report": gap("iam:GetCredentialReport")}, "unknown"),
    ("two years, age denied", aged(since(OLD)) | {"credential_report": gap("iam:GetCredentialReport")}, "pass"),
    ("age is not told", aged(since(YOUNG), created=None), "unknown"),
    ("another region denied", regions(region(trails=[since(YOUNG)]), region("eu-west-3", trails=LIST_DENIED)) | {
        "credential_report": report(OLD)}, "unknown"),
    ("no region was listed", regions() | {"credential_report": report(OLD)}, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_beginning(facts: Json, expected: str) -> None:
    assert verdict(BEGINNING, facts) == expected


def test_less_than_the_event_history_holds_weighs_more() -> None:
    assert only_finding(BEGINNING, aged(since(YOUNG))).severity == "high"
    assert only_finding(BEGINNING, aged(since("2026-06-01T00:00:00Z"))).severity == "medium"
    assert verdict(BEGINNING, aged(since(YOUNG)), min_days=30) == "pass"


TABLES = {BEGINNING: CASES}
