"""The GitHub Action: what its file says, and its scripts run by bash as a runner does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml  # type: ignore[import-untyped]

from rules import RULES
from scanner.inventory import Gap
from scanner.snapshot import encode
from tests.accounts import OWN, Json, verdict
from tests.cli.accounts import CLEAN, renamed

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: dict[str, dict[str, Any]] = {step["id"]: step for step in ACTION["runs"]["steps"]}
PAGE = (ROOT / "docs" / "ci.md").read_text()
BLOCKS = re.findall(r"```(yaml|json)\n(.*?)```", PAGE, re.DOTALL)
BASH = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]
"""How a runner calls it for ``shell: bash``."""

AT = "--at=2026-11-20"
HOSTILE = {
    "a command": "$(touch ran)`touch ran`",
    "quotes": "'\"; touch ran; echo \"'",
    "a leading dash": "--no-config",
    "a pattern": "*",
    "words": "a b  c",
    "a variable": "$HOME ${COMMAND}",
    "an expression": "${{ github.token }}",
    "a workflow command": "::error::x",
    "the right-to-left mark": "\u202e",
    "a backslash": "a\\nb\\",
}


class Runner:
    """A place to run steps in, with the files that a runner gives them."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.temporary = folder / "tmp"
        self.home = self.temporary / "home"
        self.output, self.summary = folder / "output", folder / "summary"
        (self.work / ".git").mkdir(parents=True)
        (self.home / "venv" / "bin").mkdir(parents=True)
        self.output.touch()
        self.summary.write_text("what was there before\n")

    def step(self, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the script of a step; of its inputs those that are not named have their defaults."""
        script = self.temporary / f"{name}.sh"
        script.write_text(STEPS[name]["run"])
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temporary),
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **{variable: self.default(text) for variable, text in STEPS[name]["env"].items()},
            **variables,
        }
        command = [*BASH, str(script)]
        return subprocess.run(command, cwd=self.work, env=environment, capture_output=True, text=True, timeout=300)

    def default(self, expression: str) -> str:
        """What an expression of the environment gives where the caller says nothing."""
        of_input = re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", expression)
        return str(ACTION["inputs"][of_input[1]]["default"]) if of_input else str(self.home)

    def run(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the step that runs guardrift, which is the one of these tests' environment."""
        program = self.home / "venv" / "bin" / "guardrift"
        if not program.exists():
            program.symlink_to(Path(sys.executable).parent / "guardrift")
        return self.step("run", **variables)

    def recorded(self, **variables: str) -> list[str]:
        """With which arguments the program is called."""
        program = self.home / "venv" / "bin" / "guardrift"
        # It may be a link to the real one, which must not be written through.
        program.unlink(missing_ok=True)
        program.write_text(f"#!/bin/sh\nprintf '%s\\0' \"$@\" >'{self.temporary}/arguments'\n")
        program.chmod(0o700)
        ended = self.step("run", **variables)
        assert ended.returncode == 0, ended.stderr
        return (self.temporary / "arguments").read_text().split("\0")[:-1]

    @property
    def outputs(self) -> dict[str, str]:
        """What the steps have given out."""
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def snapshot(runner: Runner, kind: str) -> str:
    account = {
        "clean": CLEAN,
        "bad": renamed(CLEAN, "eve"),
        "incomplete": msgspec.structs.replace(CLEAN, groups=Gap("iam:GetAccountAuthorizationDetails", "denied")),
    }[kind]
    (runner.work / f"{kind}.json").write_bytes(encode(account))
    return f"{kind}.json"


def interpolated(action: Mapping[str, Any]) -> list[str]:
    """The scripts that a value is written into before a shell reads them."""
    return [step["run"] for step in action["runs"]["steps"] if "${{" in step.get("run", "")]


def unpinned(action: Mapping[str, Any]) -> list[str]:
    """The other actions that are named by something that can be moved."""
    used = [step["uses"] for step in action["runs"]["steps"] if "uses" in step]
    return [name for name in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)]


def test_no_value_is_written_into_a_script() -> None:
    assert interpolated(ACTION) == []
    assert interpolated({"runs": {"steps": [{"run": "echo ${{ inputs.args }}"}]}})


def test_other_actions_are_pinned_by_commit() -> None:
    assert unpinned(ACTION) == []
    assert unpinned({"runs": {"steps": [{"uses": "actions/checkout@v4"}]}})


def test_every_script_stops_at_the_first_failure() -> None:
    for step in ACTION["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert step["run"].startswith("set -euo pipefail\n")


def test_every_input_reaches_a_script_and_none_is_a_key() -> None:
    used = set(re.findall(r"inputs\.([a-z-]+)", json.dumps([step.get("env") for step in ACTION["runs"]["steps"]])))

    assert used == set(ACTION["inputs"])
    assert not [name for name in used if re.search("key|secret|token|password", name)]


@pytest.mark.parametrize(
    ("kind", "fail_on", "code"),
    [("clean", "", 0), ("bad", "", 1), ("bad", "none", 3), ("incomplete", "", 3)],
)
def test_a_scan(runner: Runner, kind: str, fail_on: str, code: int) -> None:
    ended = runner.run(COMMAND="scan", SNAPSHOT=snapshot(runner, kind), FAIL_ON=fail_on, ARGUMENTS=f"{AT}\n--quiet\n")

    assert ended.returncode == code, ended.stderr
    assert runner.outputs["exit-code"] == str(code)
    assert json.loads(Path(runner.outputs["report"]).read_text())["summary"]
    assert json.loads(Path(runner.outputs["sarif"]).read_text())["version"] == "2.1.0"
    written = runner.summary.read_text()
    assert written.startswith("what was there before\n")
    assert written.endswith(Path(runner.outputs["summary"]).read_text())


def test_a_gate(runner: Runner) -> None:
    guardrift = str(Path(sys.executable).parent / "guardrift")
    terms = ["--reason", "r", "--owner", "o", "--expires", "2027-05-20", "--at", "2026-11-20"]
    clean, bad = snapshot(runner, "clean"), snapshot(runner, "bad")
    init = [guardrift, "baseline", "init", "--snapshot", clean, "--dir", "base line", *terms]
    subprocess.run(init, cwd=runner.work, check=True, capture_output=True, timeout=120)

    assert runner.run(BASELINE="base line", SNAPSHOT=clean, ARGUMENTS=AT).returncode == 0
    ended = runner.run(BASELINE="base line", SNAPSHOT=bad, ARGUMENTS=AT)

    assert ended.returncode == 1, ended.stderr
    assert runner.outputs["exit-code"] == "1"
    assert {"sarif", "report", "summary"} <= runner.outputs.keys()
    assert "eve" in runner.summary.read_text()


def test_a_gate_without_a_baseline(runner: Runner) -> None:
    ended = runner.run(BASELINE="nowhere", SNAPSHOT=snapshot(runner, "clean"))

    assert ended.returncode == 2
    assert runner.outputs == {"exit-code": "2"}
    assert "exit code 2 and without a summary" in runner.summary.read_text()


@pytest.mark.parametrize(("text", "code"), [("version = 1\n", 0), ("version = 7\n", 2)])
def test_a_check_of_the_configuration(runner: Runner, text: str, code: int) -> None:
    (runner.work / "guardrift.toml").write_text(text)

    assert runner.run(COMMAND="config check").returncode == code
    assert runner.outputs == {"exit-code": str(code)}


def test_what_the_inputs_say_is_passed_with_its_option(runner: Runner) -> None:
    found = runner.recorded(BASELINE="b", SNAPSHOT="s", TRUSTED_REF="r", FAIL_ON="low", ARGUMENTS="--strict\n\n-o\nx")

    home = runner.home
    assert found == [
        "gate",
        f"--output={home}/guardrift.sarif",
        f"--output={home}/report.json",
        f"--summary-file={home}/summary.md",
        "--baseline=b",
        "--snapshot=s",
        "--trusted-ref=r",
        "--fail-on=low",
        "--strict",
        "-o",
        "x",
    ]


def test_what_nobody_says_is_not_passed(runner: Runner) -> None:
    assert [each.split("=")[0] for each in runner.recorded()] == ["gate", "--output", "--output", "--summary-file"]


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ["BASELINE", "SNAPSHOT", "TRUSTED_REF", "FAIL_ON", "ARGUMENTS"])
def test_a_hostile_value_is_one_argument_and_never_run(runner: Runner, name: str, hostile: str) -> None:
    option = f"--{name.lower().replace('_', '-')}="
    said = hostile if name == "ARGUMENTS" else f"two\n{hostile}"

    found = runner.recorded(**{name: said})

    assert found[-1] == (hostile if name == "ARGUMENTS" else option + said)
    assert not list(runner.temporary.parent.rglob("ran"))


@pytest.mark.parametrize(
    ("command", "name"),
    [("scan", "SNAPSHOT"), ("scan", "FAIL_ON"), ("gate", "BASELINE"), ("gate", "SNAPSHOT"), ("gate", "TRUSTED_REF")],
)
def test_a_hostile_value_does_not_get_past_guardrift(runner: Runner, command: str, name: str) -> None:
    snapshot(runner, "clean")
    ended = runner.run(
        **{"COMMAND": command, "SNAPSHOT": "clean.json", name: "--help\n::error::$(touch ran)\n::stop-commands::x"}
    )

    assert ended.returncode == 2
    assert not re.search(r"^\s*::", ended.stdout + ended.stderr, re.MULTILINE)
    assert runner.outputs == {"exit-code": "2"}
    assert not (runner.work / "ran").exists()


@pytest.mark.parametrize("command", ["", "demo", "gate\n", "baseline accept", "$(touch ran)", "gate; touch ran", "*"])
def test_a_command_that_is_none(runner: Runner, command: str) -> None:
    ended = runner.run(COMMAND=command)

    assert ended.returncode == 2
    assert "There are: gate, scan, config check." in ended.stdout
    assert runner.outputs == {"exit-code": "2"}
    assert not (runner.work / "ran").exists()


@pytest.mark.parametrize(
    ("command", "name"),
    [("scan", "BASELINE"), ("scan", "TRUSTED_REF"), *(("config check", name) for name in ("BASELINE", "SNAPSHOT",
     "TRUSTED_REF", "FAIL_ON"))],
)  # fmt: skip
def test_an_input_that_would_do_nothing_is_refused(runner: Runner, command: str, name: str) -> None:
    ended = runner.run(COMMAND=command, **{name: "x"})

    assert ended.returncode == 2
    assert f"the input {name.lower().replace('_', '-')} has no meaning" in ended.stdout


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "merge_group"])
def test_a_change_is_not_weighed_by_itself(runner: Runner, event: str) -> None:
    """An expression that is empty for the event must not switch the trust off unseen."""
    ended = runner.run(GITHUB_EVENT_NAME=event)

    assert ended.returncode == 2
    assert f"trusted-ref is empty for {event}" in ended.stdout
    assert runner.outputs == {"exit-code": "2"}
    assert "--trusted-ref=abc" in runner.recorded(GITHUB_EVENT_NAME=event, TRUSTED_REF="abc")
    assert runner.recorded(GITHUB_EVENT_NAME="push")[0] == "gate"


def test_an_old_python_is_told(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin" / "python3").chmod(0o700)

    ended = runner.step("install", PATH=f"{tmp_path}/bin:{os.environ['PATH']}")

    assert ended.returncode == 4
    assert "actions/setup-python" in ended.stdout
    assert ACTION["outputs"]["exit-code"]["value"].endswith("|| '4' }}")


@pytest.mark.packaging
@pytest.mark.skipif(not os.environ.get("GUARDRIFT_REQUIRE_ALL"), reason="it installs packages; GUARDRIFT_REQUIRE_ALL")
def test_the_installation_runs_nothing_of_the_working_directory(runner: Runner) -> None:
    """A change that nobody has reviewed may hold modules with the names of those that are imported."""
    for name in ("venv", "pip", "ensurepip", "guardrift", "boto3", "typer"):
        (runner.work / f"{name}.py").write_text(f"open('{runner.temporary}/ran', 'w')\n")
    runner.home.joinpath("venv", "bin").rmdir()

    ended = runner.step("install")
    home = Path(runner.outputs["home"])
    program = str(home / "venv" / "bin" / "guardrift")
    said = subprocess.run([program, "--version"], cwd=runner.work, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 0, ended.stderr
    assert said.returncode == 0
    assert not (runner.temporary / "ran").exists()
    lock = runner.work / "lock.txt"
    lock.write_text("rich==1.0.0 --hash=sha256:" + "0" * 64 + "\n")
    assert runner.step("install", REQUIREMENTS="lock.txt").returncode == 4


def steps_in(block: object) -> list[dict[str, Any]]:
    """Whatever is a step in a part of a workflow."""
    if isinstance(block, dict):
        own = [block] if "uses" in block or "run" in block else []
        return own + [step for part in block.values() for step in steps_in(part)]
    return [step for part in block for step in steps_in(part)] if isinstance(block, list) else []


def test_the_workflows_of_the_page_write_no_value_into_a_script() -> None:
    steps = [step for kind, text in BLOCKS if kind == "yaml" for step in steps_in(yaml.safe_load(text))]

    assert len([step for step in steps if "run" in step]) >= 3
    assert not [step for step in steps if "${{" in step.get("run", "")]


def test_the_page_says_of_every_action_that_it_is_to_be_pinned() -> None:
    used = re.findall(r"uses: (.*)", PAGE)

    assert len(used) >= 8
    for line in used:
        assert re.fullmatch(r"OWNER/guardrift@COMMIT|\./\.github/\S+|\S+@v\d+   # pin it by commit", line), line


def test_the_workflows_of_the_page_use_inputs_and_outputs_that_there_are() -> None:
    uses = [step for kind, text in BLOCKS if kind == "yaml" for step in steps_in(yaml.safe_load(text))]
    ours = [step for step in uses if step.get("uses") == "OWNER/guardrift@COMMIT"]

    assert len(ours) == 2
    assert {name for step in ours for name in step["with"]} <= set(ACTION["inputs"])
    assert set(re.findall(r"steps\.(?:gate|audit)\.outputs\.([a-z-]+)", PAGE)) <= set(ACTION["outputs"])
    assert set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)) == set(ACTION["inputs"])


AUDIENCE, SUBJECT = (f"token.actions.githubusercontent.com:{claim}" for claim in ("aud", "sub"))
OF_TRUST = sorted(rule for rule in RULES if rule.startswith("iam-role-trust-"))


def role_of_the_page(**changed: str | None) -> Json:
    """The role with the trust of the page; what is None is left out of its conditions."""
    (trust,) = [json.loads(text) for kind, text in BLOCKS if kind == "json"]
    (statement,) = trust["Statement"]
    pinned = statement["Condition"]["StringEquals"] | changed
    statement["Condition"]["StringEquals"] = {name: value for name, value in pinned.items() if value is not None}
    return {
        "roles": [{"name": "guardrift-scanner", "arn": f"arn:aws:iam::{OWN}:role/guardrift-scanner", "trust": trust}]
    }


@pytest.mark.parametrize("subject", [{}, {SUBJECT: "repo:example/accounts:environment:aws-audit"}])
@pytest.mark.parametrize("rule", OF_TRUST)
def test_the_trust_of_the_page_has_no_finding(rule: str, subject: dict[str, str]) -> None:
    assert set(verdict(rule, role_of_the_page(**subject)).split()) <= {"pass"}


@pytest.mark.parametrize(
    ("rule", "changed"),
    [("iam-role-trust-oidc-subject", {SUBJECT: None}), ("iam-role-trust-oidc-audience", {AUDIENCE: None})],
)
def test_without_a_condition_it_would_have_one(rule: str, changed: dict[str, None]) -> None:
    assert verdict(rule, role_of_the_page()) == "pass"
    assert verdict(rule, role_of_the_page(**changed)) == "fail"
