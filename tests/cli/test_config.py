"""The configuration: found where it belongs, and strict."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from guardrift.configuration import Configuration
from tests.cli.conftest import Run
from tests.collect.stand_in import StandIn


def source(run: Run, *arguments: object) -> str:
    ended = run("config", "show", *arguments)
    assert ended.code == 0, ended.err
    return str(json.loads(ended.out)["source"])


def test_without_a_file(run: Run) -> None:
    shown = json.loads(run("config", "show").out)

    assert shown == {
        "source": "built-in values",
        "configuration": json.loads(msgspec.json.encode(Configuration())),
    }


@pytest.mark.parametrize("name", ["guardrift.toml", ".github/guardrift.toml"])
def test_a_file_of_the_repository(run: Run, work: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (work / ".github").mkdir()
    (work / name).write_text("version = 1")
    below = work / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    assert source(run) == str(work / name)


def test_the_nearest_file_counts(run: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = work / "a"
    below.mkdir()
    for folder in (work, below):
        (folder / "guardrift.toml").touch()
    monkeypatch.chdir(below)

    assert source(run) == str(below / "guardrift.toml")


@pytest.mark.parametrize("is_worktree", [False, True])
def test_the_search_ends_at_the_root_of_the_repository(
    run: Run, work: Path, monkeypatch: pytest.MonkeyPatch, is_worktree: bool
) -> None:
    (work / "guardrift.toml").touch()
    inner = work / "inner"
    inner.mkdir()
    if is_worktree:
        (inner / ".git").write_text("gitdir: elsewhere")
    else:
        (inner / ".git").mkdir()
    monkeypatch.chdir(inner)

    assert source(run) == "built-in values"


def test_the_table_of_a_project(run: Run, work: Path) -> None:
    (work / "pyproject.toml").write_text('[tool.guardrift.scan]\nfail_on = "critical"\n')

    shown = json.loads(run("config", "show").out)

    assert shown["source"] == str(work / "pyproject.toml")
    assert shown["configuration"]["scan"]["fail_on"] == "critical"


@pytest.mark.parametrize("content", ["", "[tool.other]\n", "tool = 5\n", "[broken\n", "[tool]\n"])
def test_the_project_of_somebody_else(run: Run, work: Path, content: str) -> None:
    (work / "pyproject.toml").write_text(content)

    assert source(run) == "built-in values"


def test_the_project_of_somebody_else_in_another_encoding(run: Run, work: Path) -> None:
    (work / "pyproject.toml").write_bytes(b'name = "caf\xe9"\n')

    assert source(run) == "built-in values"


@pytest.mark.parametrize(
    "content", ["[tool.guardrift]\nscan = {\n", "[tool]\nguardrift = 5\n", "[tool.guardrift]\nscann = {}\n"]
)
def test_a_table_that_cannot_be_read_is_not_passed_over(run: Run, work: Path, content: str) -> None:
    (work / "pyproject.toml").write_text(content)

    ended = run("config", "show")

    assert ended.code == 2
    assert "pyproject.toml" in ended.err


def test_a_file_of_the_environment(run: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("guardrift.toml", "mine.toml", "named.toml"):
        (work / name).touch()
    monkeypatch.setenv("GUARDRIFT_CONFIG", "mine.toml")

    assert source(run) == "mine.toml"
    assert source(run, "--config", "named.toml") == "named.toml"


def test_a_missing_file_of_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDRIFT_CONFIG", "gone.toml")

    ended = run("config", "check")

    assert ended.code == 2
    assert "gone.toml" in ended.err


def test_no_config(run: Run, work: Path, clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (work / "guardrift.toml").write_text("nonsense = true")
    monkeypatch.setenv("GUARDRIFT_CONFIG", "gone.toml")

    assert run("scan", "--snapshot", clean).code == 2
    assert run("scan", "--snapshot", clean, "--no-config").code == 0


def test_a_byte_order_mark(run: Run, work: Path) -> None:
    (work / "guardrift.toml").write_bytes(b"\xef\xbb\xbfversion = 1\n")

    assert run("config", "check").code == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("version = 2", ["version", "1"]),
        ("versoin = 1", ["versoin", "Did you mean version?"]),
        ("[scan]\nfail-on = 'low'", ["scan", "fail-on", "Did you mean fail_on?"]),
        ("[scan]\nregion = ['eu-west-1']", ["scan", "Did you mean regions?"]),
        ("[scan]\nfail_on = 'terrible'", ["scan.fail_on", "'terrible'", "critical"]),
        ("[scan]\nregions = 'eu-west-1'", ["scan.regions"]),
        ("[rules.guardduty-off]\nenable = false", ["guardduty-off", "Did you mean enabled?"]),
        ("[rules.guardduty-off]\nseverity = 'bad'", ["guardduty-off", "severity"]),
        ("[rules.guarduty-off]", ["guarduty-off", "Did you mean guardduty-off"]),
        ("[rules.xyz]", ["xyz", "guardrift rules list"]),
        ("[rules.iam-access-key-age.params]\nmax_age = 3", ["max_age", "rules show iam-access-key-age"]),
        ("[rules.iam-access-key-age.params]\nmax_age_days = '3'", ["max_age_days", "int"]),
        ("[rules.guardduty-off.params]\nx = 1", ["rules.guardduty-off.params", "x"]),
        ("[scan", ["not TOML"]),
        ("version = 1\nscan = = 2", ["not TOML", "line 2"]),
        ("a = 1\na = 2", ["not TOML"]),
        ("\ud800".encode("utf-8", "surrogatepass"), ["not UTF-8"]),
        ("[rules]\nguardduty-off = 2026-01-01", ["guardduty-off"]),
        ("[rules.iam-access-key-age]\nparams = { max_age_days = 2026-01-01 }", ["max_age_days"]),
        ("[rules.iam-access-key-age]\nparams = { max_age_days = nan }", ["max_age_days"]),
    ],
)
def test_what_is_wrong_is_named(run: Run, work: Path, content: str | bytes, words: list[str]) -> None:
    (work / "guardrift.toml").write_bytes(content if isinstance(content, bytes) else content.encode())

    ended = run("config", "check")

    assert (ended.code, ended.out) == (2, "")
    assert "guardrift.toml" in ended.err
    for word in words:
        assert word in ended.err


def test_all_faults_are_named_at_once(run: Run, work: Path) -> None:
    (work / "guardrift.toml").write_text("versoin = 1\n[scan]\nfail_on = 'terrible'\nregions = 5\n")

    ended = run("config", "check")

    assert all(word in ended.err for word in ("versoin", "scan.fail_on", "scan.regions"))


def test_a_hostile_configuration(run: Run, work: Path) -> None:
    (work / "guardrift.toml").write_text('"\\u001b[31m\\n::error::" = 1\n')

    ended = run("config", "check")

    assert ended.code == 2
    assert "\x1b" not in ended.err
    assert "\n::" not in ended.err


def test_severity_changes_the_exit_code(run: Run, work: Path, faulty: Path) -> None:
    arguments = ("scan", "--snapshot", faulty, "--rule", "iam-access-key-age")
    assert run(*arguments).code == 0

    (work / "guardrift.toml").write_text("[rules.iam-access-key-age]\nseverity = 'high'\n")

    assert run(*arguments).code == 1


def test_the_threshold_of_the_file(run: Run, work: Path, faulty: Path) -> None:
    arguments = ("scan", "--snapshot", faulty, "--rule", "iam-access-key-age")
    (work / "guardrift.toml").write_text("[scan]\nfail_on = 'medium'\n")

    assert run(*arguments).code == 1
    assert run(*arguments, "--fail-on", "high").code == 0


def test_a_parameter(run: Run, work: Path, faulty: Path) -> None:
    (work / "guardrift.toml").write_text("[rules.iam-access-key-age.params]\nmax_age_days = 10000\n")

    ended = run("scan", "--snapshot", faulty, "--rule", "iam-access-key-age", "--fail-on", "info")

    assert ended.code == 0


def test_a_rule_that_is_switched_off(run: Run, work: Path, faulty: Path) -> None:
    (work / "guardrift.toml").write_text("[rules.guardduty-off]\nenabled = false\n")

    run("scan", "--snapshot", faulty, "-o", "report.json")

    asked = {rule["rule_id"] for rule in json.loads((work / "report.json").read_text())["rules"]}
    assert "guardduty-off" not in asked
    assert "trail-stopped" in asked
    assert run("scan", "--snapshot", faulty, "--rule", "guardduty-off").code == 1


def test_the_regions_of_the_file(run: Run, work: Path, aws: StandIn) -> None:
    (work / "guardrift.toml").write_text("[scan]\nregions = ['us-east-1']\n")

    run("scan", "-q")
    assert "eu-west-1" not in {asked.region for asked in aws.asked if asked.api == "ec2:DescribeInstances"}

    run("scan", "-q", "--region", "eu-west-1")
    assert [asked.region for asked in aws.asked if asked.api == "ec2:DescribeInstances"] == ["us-east-1", "eu-west-1"]


def test_check_says_that_all_is_well(run: Run, work: Path) -> None:
    (work / "guardrift.toml").write_text("[scan]\nfail_on = 'none'\n")

    ended = run("config", "check")

    assert (ended.code, ended.out) == (0, "")
    assert "in order" in ended.err
