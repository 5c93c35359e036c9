"""The alerting stack from the command line: written, described, and with the commands that deploy it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policies.automation import MODES, Mode, render_stack
from policies.preparation import Form, Wish
from tests.cli.conftest import Run

FILES: dict[Form, str] = {"cloudformation": "alerting.json", "terraform": "alerting.tf.json"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("form", FILES)
def test_written_with_the_commands_that_deploy_it(run: Run, tmp_path: Path, mode: Mode, form: Form) -> None:
    ended = run("policies", "render", "alerting", "--mode", mode, f"--{form}", "-o", tmp_path / "deploy")

    assert (ended.code, ended.out) == (0, "")
    assert [path.name for path in (tmp_path / "deploy").iterdir()] == [FILES[form]]
    assert (tmp_path / "deploy" / FILES[form]).read_text() == render_stack("alerting", form, Wish(mode=mode))
    command = {"cloudformation": "aws cloudformation deploy", "terraform": "terraform apply"}[form]
    assert command in ended.err
    assert ("lambda-bundle --runtime python3.13" in ended.err) is (mode != "notify")


def test_notify_is_the_default(run: Run) -> None:
    ended = run("policies", "render", "alerting", "--cloudformation")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.rstrip("\n") == render_stack("alerting", "cloudformation", Wish()).rstrip("\n")


def test_the_function_as_it_is_wanted(run: Run) -> None:
    options = ("--mode", "auto", "--runtime", "python3.12", "--architecture", "arm64", "--response-role", "fire")
    ended = run("policies", "render", "alerting", *options, "--cloudformation")

    made = json.loads(ended.out)
    function = made["Resources"]["Function"]["Properties"]
    assert (function["Runtime"], function["Architectures"]) == ("python3.12", ["arm64"])
    assert made["Parameters"]["Protect"]["Default"].startswith("role/fire,")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--terraform", "--cloudformation"), "exclude each other"),
        ((), "Add --cloudformation or --terraform"),
        (("--cloudformation", "--mode", "always"), "it is one of notify, approve, auto"),
        (("--cloudformation", "--runtime", "python3.13"), "Add --mode approve or --mode auto"),
        (("--cloudformation", "--mode", "auto", "--runtime", "python3.9"), "it is one of python3.11"),
        (("--cloudformation", "--mode", "auto", "--architecture", "x86"), "it is one of x86_64, arm64"),
        (("--cloudformation", "--role", "web"), "--role has no meaning"),
        (("--cloudformation", "--cutoff", "now"), "--cutoff has no meaning"),
        (("--cloudformation", "--response-role", "a b"), "'a b'"),
    ],
    ids=str,
)
def test_what_it_does_not_take(run: Run, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    ended = run("policies", "render", "alerting", *options, "-o", tmp_path / "deploy")

    assert (ended.code, ended.out) == (2, "")
    assert said in " ".join(ended.err.split())
    assert not (tmp_path / "deploy").exists()


def test_other_templates_take_no_mode(run: Run) -> None:
    ended = run("policies", "render", "response-role", "--mode", "auto", "--cloudformation")

    assert ended.code == 2
    assert "--mode has no meaning for response-role" in ended.err


def test_described(run: Run) -> None:
    shown = run("policies", "show", "alerting")
    listed = run("policies", "list")
    told = json.loads(run("policies", "list", "--format", "json").out)

    assert (shown.code, shown.err) == (0, "")
    for word in ("approve", "auto", "Breaks:", "costs", "[--mode]", "--cloudformation or --terraform"):
        assert word in shown.out
    assert "  alerting " in listed.out
    assert {each["name"]: each["takes"] for each in told}["alerting"] == [
        "--mode", "--runtime", "--architecture", "--response-role",
    ]  # fmt: skip
