"""The whole way, as a user goes it: guardrift demo finds every planted fault and stays silent about everything else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from guardrift.cli.run import run
from guardrift.demo.locate import locate
from guardrift.demo.place import Place
from guardrift.demo.planted import NOT_PLANTED, PLANTED

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("demo")
    # A process of its own, since one demo account at a time can be open in a process.
    command = [sys.executable, "-m", "guardrift", "demo", "--quiet", "--output", str(target)]
    subprocess.run(command, check=True, timeout=120, cwd=ROOT)
    return target


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return loaded


def where(finding: dict[str, Any]) -> str:
    """The resource as the table of planted faults names it."""
    resource = finding["resource"]
    match resource["type"]:
        case "AWS::IAM::AccessKey" | "AWS::IAM::ServiceSpecificCredential":
            return str(resource["arn"].partition(":user/")[2].partition("#")[0])
        case "AWS::IAM::User" | "AWS::IAM::Role":
            return str(resource["name"])
        case "AWS::Account":
            return str(resource["account_id"])
        case "AWS::Account::Region":
            return str(resource["region"])
    return str(resource["arn"])


NAMED = {"account", "user", "role", "region"}


def planted(session: Any, place: Place) -> str:
    if place.kind in NAMED:
        return place.name
    arn = locate(session, place)
    assert arn is not None
    return arn


def beside(session: Any, place: Place) -> str:
    """Where a good twin is; a contact and the like have no ARN."""
    return place.name if place.kind in NAMED or locate(session, place) is None else planted(session, place)


def test_precision_and_recall_are_one(session: Any, report: dict[str, Any]) -> None:
    expected = {(fault.rule_id, planted(session, fault.place)) for fault in PLANTED if fault.rule_id}
    found = {(finding["rule_id"], where(finding)) for finding in report["findings"] if finding["status"] == "fail"}
    twins = {
        (fault.rule_id, beside(session, twin.place)) for fault in PLANTED for twin in fault.good_twins if fault.rule_id
    }
    right = len(found & expected)
    told = [f"precision {right / len(found):.3f}, recall {right / len(expected):.3f} of {len(expected)} planted faults"]
    told += [f"{'found' if each in found else 'MISSED':12}{each[0]}  {each[1]}" for each in sorted(expected)]
    told += [
        f"{'FALSE ALARM' if each in found else 'silent':12}{each[0]}  {each[1]}" for each in sorted(twins - expected)
    ]
    sys.stdout.write("\n".join((*told, "")))
    # Both lists, so that a failure reads as what is missing and what is too much.
    assert (sorted(expected - found), sorted(found - expected)) == ([], [])
    assert len(found) == report["summary"]["by_status"]["fail"]


def test_twins_are_asked_about_and_pass(report: dict[str, Any]) -> None:
    passed = {result["rule_id"] for result in report["rules"] if result["passed"]}
    alike = {
        fault.rule_id
        for fault in PLANTED
        if fault.rule_id and any(twin.place.kind == fault.place.kind for twin in fault.good_twins)
    }
    # Not asked about at all are an archived finding, a deactivated credential, and who administers what was never on.
    unasked = {"guardduty-finding-open", "guardduty-no-administrator", "service-credential-active"}
    assert alike - passed == unasked


def test_what_is_in_order_passes(report: dict[str, Any]) -> None:
    results = {result["rule_id"]: result for result in report["rules"]}
    for rule_id in NOT_PLANTED:
        assert (results[rule_id]["failed"], results[rule_id]["unknown"]) == (0, 0), rule_id
        assert results[rule_id]["passed"], rule_id


def test_most_rules_are_seen_to_pass(report: dict[str, Any]) -> None:
    seen = [result for result in report["rules"] if result["evaluated"]]
    assert sum(bool(result["passed"]) for result in seen) > 0.7 * len(report["rules"])


def test_everything_was_read_or_is_told_to_another_account(report: dict[str, Any]) -> None:
    not_read = {row["api"]: row["status"] for row in report["coverage"] if row["status"] != "ok"}
    elsewhere = set(not_read)
    # The account is a member of an organization, and the bucket of one trail is gone.
    assert {not_read[api] for api in elsewhere} == {"elsewhere"}
    assert {api for api in elsewhere if not api.startswith("organizations:")} == {
        "guardduty:ListOrganizationAdminAccounts", "iam:ListOrganizationsFeatures", "s3:GetBucketPolicy",
    }  # fmt: skip
    unknown = [finding for finding in report["findings"] if finding["status"] == "unknown"]
    assert unknown
    assert {finding["evidence"]["not_collected"]["status"] for finding in unknown} == {"elsewhere"}
    assert report["summary"]["complete"]


def test_every_role_and_user_has_its_plan(folder: Path) -> None:
    snapshot = json.loads((folder / "snapshot.json").read_text())
    (index,) = (folder / "policies").glob("*/index.json")
    plans = {entry["principal"]: entry for entry in json.loads(index.read_text())["principals"]}
    assert set(plans) == {principal["arn"] for kind in ("roles", "users") for principal in snapshot[kind]}
    assert all((index.parent / name).stat().st_size for entry in plans.values() for name in entry["files"])


def test_the_snapshot_gives_the_same_report(folder: Path, report: dict[str, Any], tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    command = ["scan", "--quiet", "--config", str(folder / "guardrift.toml")]
    assert run([*command, "--snapshot", str(folder / "snapshot.json"), "-o", str(again)]) == 1
    second = json.loads(again.read_text())
    assert {key: second[key] for key in second if key != "run"} == {key: report[key] for key in report if key != "run"}
