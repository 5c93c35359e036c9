"""Rules of one's own are begun, tried and shown."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.custom_rules import TOML, python

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(work: Path) -> Path:
    found = work / "ours"
    found.mkdir()
    return found


APP = '{"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {}}'
FAILING = (
    python().replace("return None", "return later(role)").replace('"roles": []', f'"roles": [{APP}]')
    + """
def later(role):
    return {}[role.name + "\x1b[31m"]
"""
)


def test_examples_that_do_not_hold_are_told(run: Run, folder: Path) -> None:
    (folder / "ours.py").write_text(python())
    (folder / "more.toml").write_text(TOML.format(rest="fails = \"name == 'x'\""))

    ended = run("rules", "test", "--rules", folder)

    assert ended.code == 1
    assert "bad example 1: the rule finds nothing" in ended.out
    assert "good example 1: the rule is asked about nothing" in ended.out
    assert "bad example 1: Not decided: iam:GetAccountAuthorizationDetails was not asked for" in ended.out
    assert "2 rules, 2 with examples that do not hold" in ended.out


def test_the_examples_of_the_built_in_rules(run: Run) -> None:
    assert run("rules", "test", "imds-v1-instance").code == 0
    assert run("rules", "test", "no-such-rule").code == 2


def test_a_rule_that_fails_on_its_examples_is_told_with_the_line(run: Run, folder: Path) -> None:
    (folder / "ours.py").write_text(FAILING)
    line = FAILING.splitlines().index('    return {}[role.name + "\x1b[31m"]') + 1

    ended = run("rules", "test", "--rules", folder)

    assert ended.code == 1
    assert f"bad example 1: the rule failed with KeyError: 'app\\x1b[31m' ({folder / 'ours.py'}:{line})" in ended.out
    assert "1 rule, 1 with examples that do not hold" in ended.out
    assert logging.getLogger("scanner.engine.judge").filters == []


def test_what_a_rule_gives_wrongly_is_told_too(run: Run, folder: Path) -> None:
    (folder / "ours.py").write_text(FAILING.replace("return later(role)", "return True"))

    told = run("rules", "test", "--rules", folder).out

    assert f"the rule failed with TypeError: a rule has to give a Hit ({folder / 'ours.py'}:4)" in told


def test_a_traceback_can_be_had(folder: Path) -> None:
    (folder / "ours.py").write_text(FAILING)

    def tested(*options: str) -> str:
        command = [sys.executable, "-m", "guardrift", "rules", "test", "--rules", str(folder), *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stderr

    assert "Traceback" not in tested()
    assert "Traceback" in tested("-vv")


def test_a_title_does_nothing_to_the_terminal(run: Run, folder: Path) -> None:
    (folder / "ours.py").write_text(python(title="A \x1b]0;title\x07 and \u202ereverse."))
    made_visible = "A \\u001b]0;title\\u0007 and \\u202ereverse"

    listed = run("rules", "list", "--rules", folder)
    shown = run("rules", "show", "acme-one", "--rules", folder)

    for out in (listed.out, shown.out):
        assert made_visible in out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_a_rule_as_json(run: Run, folder: Path) -> None:
    run("rules", "new", "acme-role-owner", "--rules", folder)

    (listed,) = [
        each
        for each in json.loads(run("rules", "list", "--rules", folder, "--format", "json").out)
        if each["rule_id"] == "acme-role-owner"
    ]
    shown = json.loads(run("rules", "show", "acme-role-owner", "--rules", folder, "--format", "json").out)

    assert shown.items() >= listed.items()
    assert (shown["fix"], shown["parameters"], len(shown["bad"])) == ("Tag the role.", {"tag": "owner"}, 1)


@pytest.mark.parametrize("form", [(), ("--toml",)], ids=["python", "toml"])
def test_a_new_rule_works_at_once(run: Run, work: Path, faulty: Path, form: tuple[str, ...]) -> None:
    made = run("rules", "new", "acme-role-owner", "--rules", "ours", *form)
    tested = run("rules", "test", "--rules", "ours")
    scanned = run(
        "scan", "--snapshot", faulty, "--rules", "ours", "--rule", "acme-role-owner", "-o", "-", "--no-config"
    )

    assert made.code == 0
    assert (tested.code, "ok      acme-role-owner" in tested.out) == (0, True)
    (result,) = json.loads(scanned.out)["rules"]
    assert (result["rule_id"], result["family"]) == ("acme-role-owner", "acme-role-owner")
    assert result["failed"] > 0
    assert "acme-role-owner" in run("rules", "list", "--rules", "ours").out
    assert "Tag the role" in run("rules", "show", "acme-role-owner", "--rules", "ours").out


def test_a_new_rule_takes_the_place_of_nothing(run: Run, work: Path) -> None:
    assert run("rules", "new", "acme-one", "--rules", "ours").code == 0

    assert "exists" in run("rules", "new", "acme-one", "--rules", "ours").err
    assert "already" in run("rules", "new", "iam-user-admin", "--rules", "ours").err
    assert "lower case" in run("rules", "new", "Acme", "--rules", "ours").err


@pytest.mark.parametrize("form", [(), ("--toml",)], ids=["python", "toml"])
def test_a_new_rule_is_no_second_one(run: Run, work: Path, form: tuple[str, ...]) -> None:
    other = () if form else ("--toml",)
    assert run("rules", "new", "acme-one", "--rules", "ours", *form).code == 0
    (work / "ours" / "broken.py").write_text("this is not python")

    ended = run("rules", "new", "acme-one", "--rules", "ours", *other)

    written = "acme_one.toml" if form else "acme_one.py"
    assert (ended.code, f"there is a rule acme-one already, in ours/{written}" in ended.err) == (2, True)
    assert sorted(path.name for path in (work / "ours").iterdir()) == [written, "broken.py"]
    assert "already, which is built in" in run("rules", "new", "iam-user-admin", "--rules", "ours").err


def test_no_code_is_run_to_write_a_new_rule(run: Run, folder: Path, work: Path) -> None:
    (folder / "ours.py").write_text("open('ran', 'w')\n" + python())

    assert run("rules", "new", "acme-other", "--rules", folder).code == 0
    assert not (work / "ran").exists()


def test_what_to_try_can_be_pasted(run: Run, work: Path) -> None:
    said = run("rules", "new", "acme-one", "--rules", "of ours; ls").err

    assert "guardrift rules test --rules 'of ours; ls'; then guardrift scan --rules 'of ours; ls'" in said
