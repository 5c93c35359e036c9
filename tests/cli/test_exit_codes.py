"""The exit code says how a command ended, whatever else it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner.errors import CollectError
from tests.cli.conftest import Run
from tests.collect.faulty import ACCOUNT_ID, HOME
from tests.collect.stand_in import DENIED, Refusal, StandIn


def test_clean_and_complete(run: Run, clean: Path) -> None:
    ended = run("scan", "--snapshot", clean)

    assert ended.code == 0
    assert "complete" not in ended.out
    assert ended.err == ""


def test_findings(run: Run, faulty: Path) -> None:
    assert run("scan", "--snapshot", faulty).code == 1


def test_incomplete(run: Run, details: Path) -> None:
    ended = run("scan", "--snapshot", details)

    assert ended.code == 3
    assert "incomplete" in ended.out


def test_findings_come_before_incomplete(run: Run, faulty: Path, work: Path) -> None:
    account = json.loads(faulty.read_bytes())
    gap = {"kind": "gap", "api": "guardduty:ListDetectors", "status": "denied", "region": HOME}
    account["regions"][0]["detectors"] = gap
    faulty.write_text(json.dumps(account))

    assert run("scan", "--snapshot", faulty).code == 1
    assert run("scan", "--snapshot", faulty, "--fail-on", "none").code == 3


# One verdict of the faulty account is unknown, which counts where findings do not.
@pytest.mark.parametrize(
    ("threshold", "code"),
    [("critical", 1), ("high", 1), ("medium", 1), ("low", 1), ("info", 1), ("none", 3)],
)
def test_thresholds(run: Run, faulty: Path, threshold: str, code: int) -> None:
    assert run("scan", "--snapshot", faulty, "--fail-on", threshold).code == code


@pytest.mark.parametrize(("threshold", "code"), [("critical", 0), ("high", 0), ("medium", 1), ("low", 1), ("none", 0)])
def test_a_medium_finding(run: Run, faulty: Path, threshold: str, code: int) -> None:
    ended = run("scan", "--snapshot", faulty, "--rule", "iam-access-key-age", "--fail-on", threshold)

    assert ended.code == code


def test_high_is_the_default_threshold(run: Run, faulty: Path) -> None:
    assert run("scan", "--snapshot", faulty, "--rule", "iam-access-key-age").code == 0
    assert run("scan", "--snapshot", faulty, "--rule", "imds-v1-instance").code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", "--no-such-option"],
        ["no-such-command"],
        ["scan", "--fail-on", "terrible"],
        ["scan", "--session-duration", "1"],
        ["scan", "--account", "12345"],
        ["scan", "--account", "١١١١٢٢٢٢٣٣٣٣"],
        ["scan", "--at", "yesterday"],
        ["scan", "--at", "2026-11-20T23:00:00"],
        ["scan", "--at", "0001-01-01T00:00:00+14:00"],
        ["scan", "--at", "9999-12-31T23:59:59-14:00"],
        ["scan", "--rule", "no-such-rule"],
        ["scan", "--family", "no-such-family"],
        ["scan", "--snapshot", "missing.json"],
        ["scan", "--snapshot", "."],
        ["scan", "-o", "report.pdf"],
        ["scan", "-o", "-", "-o", "-"],
        ["scan", "--external-id", "b7c1"],
        ["scan", "--profile", "nobody"],
        ["report", "missing.json"],
        ["report", "missing.json", "-o", "report.pdf"],
        ["schema", "nothing"],
        ["rules", "show", "nothing"],
        ["rules", "list", "--family", "nothing"],
        ["policies", "show", "nothing"],
        ["policies", "revoke"],
        ["policies", "revoke", "--role", "a", "--user", "b"],
        ["policies", "render", "nothing", "--role", "a"],
        ["config", "check", "--config", "missing.toml"],
        ["snapshot"],
    ],
    ids=" ".join,
)
def test_usage(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)

    assert ended.code == 2
    assert ended.out == ""
    assert "error" in ended.err.lower()


def test_an_error_names_the_cause_and_the_remedy(run: Run) -> None:
    ended = run("scan", "--rule", "imds-v1-instanc")

    assert ended.err.splitlines() == [
        "error: --rule: there is no rule 'imds-v1-instanc'",
        "help: Did you mean imds-v1-instance?",
    ]


def test_without_credentials(run: Run) -> None:
    ended = run("scan")

    assert ended.code == 4
    assert "no AWS credentials" in ended.err
    assert "help: " in ended.err


def test_credentials_that_aws_refuses(run: Run, aws: StandIn) -> None:
    aws.answer("sts:GetCallerIdentity", Refusal("ExpiredToken", 403))

    assert run("scan").code == 4


def test_a_live_scan(run: Run, aws: StandIn, work: Path) -> None:
    ended = run("scan", "-o", "report.json", "--save-snapshot", "snapshot.json")

    assert ended.code == 1
    assert json.loads((work / "report.json").read_text())["run"]["source"] == "live"
    again = run("scan", "--snapshot", "snapshot.json", "-o", "again.json")
    assert again.code == 1
    first, second = (json.loads((work / name).read_text()) for name in ("report.json", "again.json"))
    assert first.pop("run")["snapshot_sha256"] == second.pop("run")["snapshot_sha256"]
    assert first == second


def test_a_live_scan_that_is_denied_something(run: Run, aws: StandIn) -> None:
    aws.answer("guardduty:ListDetectors", DENIED)

    ended = run("scan", "--rule", "guardduty-off")

    assert ended.code == 3
    assert "guardduty:ListDetectors" in ended.out


def test_the_wrong_account(run: Run, aws: StandIn) -> None:
    ended = run("scan", "--account", "999988887777")

    assert ended.code == 2
    assert ACCOUNT_ID in ended.err
    assert len(aws.asked) == 1


def test_the_wrong_region(run: Run, aws: StandIn) -> None:
    ended = run("scan", "--region", "eu-west-11")

    assert ended.code == 2
    assert HOME in ended.err


def test_what_is_wrong_with_the_request_is_said_before_aws_is_asked(run: Run, aws: StandIn, work: Path) -> None:
    for arguments in (
        ("scan", "--rule", "nothing"),
        ("scan", "-o", "report.pdf"),
        ("scan", "-o", "faulty.json/report.json"),
        ("scan", "--save-snapshot", "."),
        ("scan", "--config", "missing.toml"),
        ("scan", "--at", "noon"),
        ("snapshot", "-o", "."),
        ("policies", "render", "nothing", "--role", "a"),
        ("policies", "revoke", "--user", "a", "--cutoff", "noon"),
    ):
        (work / "faulty.json").touch()
        assert run(*arguments).code == 2, arguments
    assert aws.asked == []


def test_snapshot(run: Run, aws: StandIn, work: Path) -> None:
    ended = run("snapshot", "-o", "snapshot.json")

    assert ended.code == 0
    assert ended.out == ""
    assert ended.err == f"Account {ACCOUNT_ID}: {len(aws.asked)} calls in 2 regions, 0 rows not read.\n"


def test_snapshot_of_one_region(run: Run, aws: StandIn) -> None:
    ended = run("snapshot", "-o", "-", "--region", HOME)

    assert ended.code == 3
    assert json.loads(ended.out)["account_id"] == ACCOUNT_ID
    assert "skipped" in ended.err


def test_a_defect_is_told_as_one(run: Run, aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.answer("sts:GetCallerIdentity", ZeroDivisionError("x"))

    ended = run("scan")

    assert ended.code == 4
    assert "ZeroDivisionError" in ended.err
    assert "GUARDRIFT_DEBUG" in ended.err


def test_an_error_of_ours_in_mid_flight(run: Run, aws: StandIn) -> None:
    aws.answer("iam:GetAccountSummary", CollectError("the network is gone", "Wait."))

    ended = run("scan")

    assert ended.code == 4
    assert ended.err.endswith("error: the network is gone\nhelp: Wait.\n")
    assert "--resume" in ended.err
