"""The schemas that are printed are those of the documents that are written."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from guardrift.documents import NAMES
from tests.cli.conftest import Run


def validator(run: Run, name: str) -> Draft202012Validator:
    ended = run("schema", name)
    assert (ended.code, ended.err) == (0, "")
    schema = json.loads(ended.out)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one(run: Run, name: str) -> None:
    assert validator(run, name).schema["title"] == f"guardrift/{name}/1"


@pytest.mark.parametrize("which", ["faulty", "clean", "details"])
def test_a_report(run: Run, which: str, request: pytest.FixtureRequest) -> None:
    report = json.loads(run("scan", "--snapshot", request.getfixturevalue(which), "-o", "-", "-q").out)

    validator(run, "report").validate(report)


@pytest.mark.parametrize("which", ["faulty", "clean", "details"])
def test_a_snapshot(run: Run, which: str, request: pytest.FixtureRequest, work: Path) -> None:
    run("scan", "--snapshot", request.getfixturevalue(which), "--save-snapshot", "snapshot.json", "-q")

    validator(run, "snapshot").validate(json.loads((work / "snapshot.json").read_text()))


CONFIGURATION = """
version = 1
[scan]
regions = ["eu-west-1"]
fail_on = "critical"
[rules.guardduty-off]
enabled = false
[rules.iam-access-key-age]
severity = "high"
params = { max_age_days = 30 }
"""


def test_a_configuration(run: Run, work: Path) -> None:
    (work / "guardrift.toml").write_text(CONFIGURATION)

    validator(run, "configuration").validate(tomllib.loads(CONFIGURATION))
    validator(run, "configuration").validate({})
    shown = json.loads(run("config", "show").out)
    validator(run, "configuration").validate(shown["configuration"])


def broken_report(report: Any) -> list[Any]:
    finding = report["findings"][0]
    return [
        {},
        {**report, "schema": "guardrift/report/2"},
        {**report, "findings": None},
        {**report, "findings": [{**finding, "status": "pass"}]},
        {**report, "findings": [{**finding, "severity": "terrible"}]},
        {**report, "findings": [{key: finding[key] for key in finding if key != "fingerprint"}]},
        {**report, "summary": {**report["summary"], "complete": "yes"}},
        {**report, "coverage": [{"api": "a"}]},
    ]


def test_broken_reports(run: Run, faulty: Path) -> None:
    report = json.loads(run("scan", "--snapshot", faulty, "-o", "-", "-q").out)
    check = validator(run, "report")

    assert [check.is_valid(broken) for broken in broken_report(report)] == [False] * 8


def test_broken_snapshots(run: Run, faulty: Path) -> None:
    snapshot = json.loads(faulty.read_bytes())
    check = validator(run, "snapshot")
    region = snapshot["regions"][0]
    gap = {"kind": "gap", "api": "guardduty:ListDetectors", "status": "denied"}
    assert check.is_valid({**snapshot, "regions": [{**region, "detectors": gap}]})

    for broken in (
        {},
        {**snapshot, "schema": "guardrift/snapshot/2"},
        {**snapshot, "account_id": 111122223333},
        {**snapshot, "users": None},
        {**snapshot, "users": [{"name": "ann"}]},
        {**snapshot, "regions": [{**region, "detectors": None}]},
        {**snapshot, "regions": [{**region, "detectors": {**gap, "status": "lost"}}]},
        {**snapshot, "regions": [{**region, "instances": [{"id": 1, "arn": "a"}]}]},
        {**snapshot, "coverage": [{"account_id": "1", "region": "global", "api": "a", "status": "good"}]},
    ):
        assert not check.is_valid(broken), broken


@pytest.mark.parametrize(
    "broken",
    [
        {"version": 2},
        {"scan": {"region": ["eu-west-1"]}},
        {"scan": {"fail_on": "terrible"}},
        {"rules": {"guardduty-off": {"enabled": "no"}}},
        {"rules": {"guardduty-off": {"on": True}}},
        {"rule": {}},
    ],
)
def test_broken_configurations(run: Run, broken: dict[str, Any]) -> None:
    assert not validator(run, "configuration").is_valid(broken)
