"""What a scan of an organization says before AWS is asked, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest

from guardrift.cli.fleet_scanning import FleetRequest, exit_code, plan_of, run_fleet
from guardrift.cli.options import Threshold
from guardrift.configuration import Configuration, RuleSection, ScanSection
from guardrift.selection import Selection, asked_rules
from rules import RULES
from scanner.errors import UsageError
from scanner.fleet_report import FleetReport
from tests.fleet.scenes import NOW
from tests.fleet.test_summing import report, result


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that is opened is a fault: what is wrong with a request is said before."""

    def refuse(**_: object) -> None:
        raise AssertionError("AWS is asked")

    monkeypatch.setattr(boto3, "Session", refuse)


def plan(configuration: Configuration | None = None, **changes: Any) -> Any:
    return plan_of(FleetRequest(role_name="audit", **changes), configuration or Configuration(), "here", NOW)


@pytest.mark.parametrize(
    "name", ["", "arn:aws:iam::111122223333:role/audit", "a b", "audit/", "x" * 65, "r\u00f4le", "audit\n"]
)
def test_a_name_that_no_role_can_have(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not the name of a role"):
        run_fleet(FleetRequest(role_name=name, folder=tmp_path, no_config=True), now=NOW)


@pytest.mark.parametrize("name", ["audit", "/audit", "team/security/audit", "a+=,.@-_"])
def test_names_with_and_without_a_path(name: str) -> None:
    assert plan_of(FleetRequest(role_name=name), Configuration(), "here", NOW).role_name == name


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"selection": Selection(rules=("no-such-rule",))}, "there is no rule 'no-such-rule'"),
        ({"outputs": ("fleet.csv",)}, "no fleet report has the suffix of 'fleet.csv'"),
        ({"outputs": ("-", "-")}, "stdout can hold one report"),
        ({"folder": Path("/dev/null/fleet")}, "cannot be written"),
        ({"outputs": ("/dev/null/fleet.json",)}, "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_first(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    fields: dict[str, Any] = {"role_name": "audit", "folder": tmp_path / "fleet", "no_config": True, **changes}
    with pytest.raises(UsageError, match=said):
        run_fleet(FleetRequest(**fields), now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_the_plan_follows_the_configuration() -> None:
    off = RuleSection(enabled=False)
    found = plan(Configuration(scan=ScanSection(regions=("eu-west-1",)), rules={"guardduty-off": off}))

    assert found.regions == ("eu-west-1",)
    assert {rule.id for rule in asked_rules(RULES, found.selection, found.configuration)} == set(RULES) - {
        "guardduty-off"
    }
    assert "organizations:ListPolicies" in found.wanted


def test_options_come_before_the_configuration() -> None:
    configured = Configuration(scan=ScanSection(regions=("eu-west-1",)))

    assert plan(configured, regions=("us-east-1",)).regions == ("us-east-1",)
    assert plan(resume=True, resume_max_age=timedelta(hours=1)).max_age == timedelta(hours=1)
    assert plan(resume_max_age=timedelta(hours=1)).max_age is None


def test_a_parameter_that_does_not_exist_is_refused_here_and_not_in_every_account() -> None:
    section = RuleSection(params={"no_such": 1})
    with pytest.raises(UsageError, match=r"rules\.guardduty-off\.params"):
        plan(Configuration(rules={"guardduty-off": section}))


def told(*, complete: bool, **counts: int) -> FleetReport:
    found = report()
    summary = msgspec.structs.replace(
        found.summary, by_severity=result("1" * 12, "x", **counts).by_severity, complete=complete
    )
    return msgspec.structs.replace(found, summary=summary)


@pytest.mark.parametrize(
    ("counts", "complete", "threshold", "code"),
    [
        ({"high": 1}, True, Threshold.HIGH, 1),
        ({"high": 1}, False, Threshold.HIGH, 1),
        ({"high": 1}, True, Threshold.CRITICAL, 0),
        ({"high": 1}, False, Threshold.CRITICAL, 3),
        ({"critical": 1}, False, Threshold.NONE, 3),
        ({"info": 1}, True, Threshold.INFO, 1),
        ({}, True, Threshold.INFO, 0),
        ({}, False, Threshold.INFO, 3),
    ],
)
def test_exit_codes(counts: dict[str, int], complete: bool, threshold: Threshold, code: int) -> None:
    assert exit_code(told(complete=complete, **counts), threshold) == code
