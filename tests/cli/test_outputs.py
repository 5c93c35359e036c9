"""Where output goes: whole files or none, data on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from guardrift.cli.output import write_file
from reports import WRITERS
from reports.json_report import parse
from scanner.errors import UsageError
from scanner.report import Report
from tests.cli.conftest import Run
from tests.collect.faulty import ACCOUNT_ID


def test_files_by_suffix(run: Run, faulty: Path, work: Path) -> None:
    ended = run("scan", "--snapshot", faulty, "-o", "out/report.json", "-o", "out/page.HTML")

    assert ended.code == 1
    assert json.loads((work / "out/report.json").read_text())["schema"] == "guardrift/report/1"
    assert (work / "out/page.HTML").read_text().lower().startswith("<!doctype html>")
    assert "Written: out/report.json, out/page.HTML" in ended.err
    assert "guardrift: AWS account" in ended.out


def test_json_on_stdout(run: Run, faulty: Path) -> None:
    ended = run("scan", "--snapshot", faulty, "-o", "-")

    assert json.loads(ended.out)["schema"] == "guardrift/report/1"
    assert "guardrift: AWS account" in ended.err


def test_quiet(run: Run, faulty: Path, work: Path) -> None:
    ended = run("scan", "--snapshot", faulty, "-o", "report.json", "--save-snapshot", "again.json", "-q")

    assert (ended.code, ended.out, ended.err) == (1, "", "")
    assert (work / "report.json").exists()
    assert (work / "again.json").exists()


def test_quiet_on_stdout_is_the_report_alone(run: Run, faulty: Path) -> None:
    ended = run("scan", "--snapshot", faulty, "-o", "-", "--quiet")

    assert json.loads(ended.out)["findings"]
    assert ended.err == ""


def test_everything_is_readable_by_its_owner_alone(run: Run, faulty: Path, work: Path) -> None:
    old = os.umask(0)
    try:
        run(
            "scan", "--snapshot", faulty, "-o", "o/report.json", "-o", "o/report.html", "--save-snapshot",
            "o/snapshot.json", "--plans", "o/plans",
        )  # fmt: skip
    finally:
        os.umask(old)

    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (work / "o").rglob("*") if path.is_file()}
    assert len(modes) > 20
    assert {mode for path, mode in modes.items() if path.suffix != ".sh"} == {0o600}
    assert {mode for path, mode in modes.items() if path.suffix == ".sh"} == {0o700}


def test_a_file_that_others_could_read_is_replaced(run: Run, faulty: Path, work: Path) -> None:
    path = work / "report.json"
    path.write_text("old")
    path.chmod(0o666)

    run("scan", "--snapshot", faulty, "-o", path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() != "old"


def test_plans(run: Run, faulty: Path, work: Path) -> None:
    run("scan", "--snapshot", faulty, "--plans", "plans")

    index = json.loads((work / "plans" / ACCOUNT_ID / "index.json").read_text())
    assert len(index["principals"]) == 10
    assert (work / "plans" / ACCOUNT_ID / "role" / "open" / "apply.sh").exists()


def test_plans_of_what_was_not_read(run: Run, faulty: Path, work: Path) -> None:
    account = json.loads(faulty.read_bytes())
    gap = {"kind": "gap", "api": "iam:GetAccountAuthorizationDetails", "status": "denied"}
    account |= {"users": gap, "roles": gap}
    faulty.write_text(json.dumps(account))

    ended = run("scan", "--snapshot", faulty, "--plans", "plans")

    assert "no plans for what was not read: iam:GetAccountAuthorizationDetails was denied" in ended.err
    assert json.loads((work / "plans" / ACCOUNT_ID / "index.json").read_text()) == {"principals": []}


@pytest.mark.parametrize("place", ["report.txt", "report", ".json/", "report.json.bak"])
def test_an_unknown_suffix(run: Run, faulty: Path, work: Path, place: str) -> None:
    ended = run("scan", "--snapshot", faulty, "-o", "fine.json", "-o", place)

    assert ended.code == 2
    assert ".html" in ended.err
    assert not (work / "fine.json").exists()


@pytest.mark.parametrize("option", ["-o", "--save-snapshot", "--plans"])
def test_a_path_that_cannot_be_written(run: Run, faulty: Path, work: Path, option: str) -> None:
    (work / "file").write_text("in the way")

    ended = run("scan", "--snapshot", faulty, "-o", "fine.json", option, "file/x/report.json")

    assert ended.code == 2
    assert "cannot be written" in ended.err
    assert not (work / "fine.json").exists()


def test_nothing_is_written_when_rendering_fails(
    run: Run, faulty: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Report) -> str:
        raise ZeroDivisionError

    writers: dict[str, Callable[[Report], str]] = {**WRITERS, ".bad": fails}
    for place in ("guardrift.cli.scanning.WRITERS", "reports.WRITERS"):
        monkeypatch.setattr(place, writers)

    ended = run(
        "scan", "--snapshot", faulty, "-o", "report.json", "-o", "report.bad", "--save-snapshot", "s.json",
        "--plans", "plans",
    )  # fmt: skip

    assert ended.code == 4
    assert {path.name for path in work.iterdir()} == {".git", "faulty.json"}


def test_an_old_file_stays_when_writing_fails(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = work / "report.json"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)

    with pytest.raises(UsageError, match="No space left on device"):
        write_file(path, b"new")

    assert path.read_text() == "old"
    assert {found.name for found in work.iterdir()} == {".git", "report.json"}


@pytest.mark.parametrize("fault", [KeyboardInterrupt, MemoryError])
def test_an_interrupt_while_writing_leaves_nothing(
    work: Path, monkeypatch: pytest.MonkeyPatch, fault: type[BaseException]
) -> None:
    def interrupted(*_: object) -> None:
        raise fault

    monkeypatch.setattr("pathlib.Path.replace", interrupted)

    with pytest.raises(fault):
        write_file(work / "report.json", b"new")

    assert {found.name for found in work.iterdir()} == {".git"}


def test_a_device_is_written_to_and_not_replaced(run: Run, faulty: Path, work: Path) -> None:
    os.mkfifo(work / "pipe.json")
    reader = os.open(work / "pipe.json", os.O_RDONLY | os.O_NONBLOCK)
    try:
        run("scan", "--snapshot", faulty, "-o", "small.json", "--rule", "guardduty-off")
        ended = run("report", "small.json", "-o", "pipe.json")
        assert ended.code == 0
        assert os.read(reader, 10).startswith(b"{")
    finally:
        os.close(reader)
    assert stat.S_ISFIFO((work / "pipe.json").stat().st_mode)


def test_a_link_is_replaced_and_what_it_points_to_stays(run: Run, faulty: Path, work: Path) -> None:
    (work / "precious").write_text("precious")
    (work / "report.json").symlink_to(work / "precious")

    run("scan", "--snapshot", faulty, "-o", "report.json")

    assert (work / "precious").read_text() == "precious"
    assert not (work / "report.json").is_symlink()


class TestReportCommand:
    def test_round_trip(self, run: Run, faulty: Path, work: Path) -> None:
        run("scan", "--snapshot", faulty, "-o", "report.json", "-o", "report.html")

        ended = run("report", "report.json", "-o", "again.json", "-o", "again.html")

        assert (ended.code, ended.out) == (0, "")
        for suffix in ("json", "html"):
            assert (work / f"again.{suffix}").read_bytes() == (work / f"report.{suffix}").read_bytes()

    def test_summary(self, run: Run, faulty: Path) -> None:
        scanned = run("scan", "--snapshot", faulty, "-o", "report.json")

        ended = run("report", "report.json")

        assert (ended.code, ended.out, ended.err) == (0, scanned.out, "")

    def test_stdout(self, run: Run, faulty: Path, work: Path) -> None:
        run("scan", "--snapshot", faulty, "-o", "report.json")

        ended = run("report", "report.json", "-o", "-")

        assert ended.out == (work / "report.json").read_text()

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("", "truncated"),
            ("{", "truncated"),
            ("[]", "not a guardrift report"),
            ("{}", "not a guardrift report"),
            ('{"schema": "guardrift/snapshot/1"}', "snapshot"),
            ('{"schema": "guardrift/report/2"}', "version 2"),
            ('{"schema": "guardrift/report/1"}', "damaged"),
            ('{"schema": "x\\u001b[31m"}', "not a guardrift report"),
            ("\x1f\x8b", "truncated"),
        ],
    )
    def test_what_is_no_report(self, run: Run, work: Path, content: str, words: str) -> None:
        (work / "report.json").write_text(content)

        ended = run("report", "report.json", "-o", "again.json")

        assert ended.code == 2
        assert words in ended.err
        assert "\x1b" not in ended.err
        assert not (work / "again.json").exists()


def test_two_scans_differ_in_their_times_alone(run: Run, faulty: Path, work: Path) -> None:
    reports = []
    for name in ("first.json", "second.json"):
        run("scan", "--snapshot", faulty, "-o", name)
        reports.append(json.loads((work / name).read_text()))

    for report in reports:
        del report["run"]["started_at"], report["run"]["finished_at"], report["run"]["expiries_at"]
    assert reports[0] == reports[1]


def test_at_is_the_time_of_judgement(run: Run, faulty: Path, work: Path) -> None:
    """In January 2025 the keys were young, and what followed had not happened."""
    arguments = ("scan", "--snapshot", faulty, "--rule", "iam-access-key-age", "--fail-on", "low", "-o", "report.json")

    assert run(*arguments).code == 1
    assert run(*arguments, "--at", "2025-01-03").code == 0

    found = parse((work / "report.json").read_bytes())
    assert found.run.judged_at.isoformat() == "2025-01-03T00:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        (["--rule", "guardduty-off"], {"guardduty-off"}),
        (["--rule", "guardduty-off", "--rule", "trail-stopped"], {"guardduty-off", "trail-stopped"}),
        (["--family", "trails", "--rule", "trail-stopped"], {"trail-stopped"}),
        (
            ["--family", "imds", "--severity", "high"],
            {"imds-v1-instance", "imds-v1-launch-template", "imds-v1-launch-configuration"},
        ),
        (["--family", "imds", "--rule", "imds-v1-instance"], {"imds-v1-instance"}),
    ],
)
def test_selection(run: Run, faulty: Path, work: Path, arguments: list[str], rules: set[str]) -> None:
    run("scan", "--snapshot", faulty, "-o", "report.json", *arguments)

    assert {rule["rule_id"] for rule in json.loads((work / "report.json").read_text())["rules"]} == rules


@pytest.mark.parametrize(
    "arguments",
    [
        ["--family", "guardduty", "--rule", "trail-stopped"],
        ["--rule", "imds-account-default", "--severity", "critical"],
    ],
)
def test_a_selection_without_rules(run: Run, faulty: Path, arguments: list[str]) -> None:
    ended = run("scan", "--snapshot", faulty, *arguments)

    assert ended.code == 2
    assert "no rule is left to ask" in ended.err


@pytest.mark.parametrize("option", ["--profile", "--region", "--role-arn", "--mfa-serial"])
def test_options_for_aws_beside_a_snapshot(run: Run, faulty: Path, option: str) -> None:
    ended = run("scan", "--snapshot", faulty, option, "x")

    assert ended.code == 2
    assert option in ended.err
