"""Help: there for everything, quick, and without the SDK."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from guardrift.cli.app import COMMANDS, app
from guardrift.version import __version__
from rules import RULES
from scanner.snapshot import encode
from tests.cli.accounts import CLEAN
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that can be called, by its words."""
    top: Any = typer.main.get_command(app)
    context = typer.Context(top)
    for name in top.list_commands(context):
        command = top.get_command(context, name)
        parts = getattr(command, "commands", {})
        yield name, command
        yield from ((f"{name} {part}", parts[part]) for part in parts)


ALL = dict(commands())


def test_the_commands() -> None:
    assert {name.split()[0] for name in ALL} == set(COMMANDS)
    assert {"policies revoke", "rules show", "config check", "scan", "demo"} <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_is_explained(run: Run, name: str) -> None:
    command = ALL[name]

    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name}"
    for flag in ("--help", "-h"):
        ended = run(*name.split(), flag)
        assert (ended.code, ended.err) == (0, "")
        assert f"Usage: guardrift {name}" in ended.out


def test_the_top(run: Run) -> None:
    ended = run("--help")

    assert ended.code == 0
    assert all(f"  {name} " in ended.out for name in COMMANDS)
    assert "130 interrupted" in ended.out


def test_the_version(run: Run) -> None:
    for flag in ("--version", "-V"):
        assert run(flag).out == f"guardrift {__version__}\n"


def test_no_backspace_is_printed(run: Run) -> None:
    for name in ALL:
        assert "\b" not in run(*name.split(), "--help").out


def test_examples_stand_on_lines_of_their_own(run: Run) -> None:
    out = run("scan", "--help").out

    assert re.search(r"^ +guardrift scan --snapshot snapshot.json --fail-on critical$", out, re.MULTILINE)


def test_examples_work(run: Run, clean: Path, work: Path) -> None:
    """What is printed as an example, on files instead of AWS."""
    # Nobody is contained by what was collected days ago.
    (work / "snapshot.json").write_bytes(encode(msgspec.structs.replace(CLEAN, taken_at=datetime.now(UTC))))
    terms = ("--reason", "r", "--owner", "o", "--expires", str(datetime.now(UTC).date()))
    assert run("baseline", "init", "--snapshot", clean, *terms).code == 0
    found = re.findall(r"^ +guardrift (.*--snapshot.*)$", _all_help(run), re.MULTILINE)

    assert found
    for line in found:
        assert run(*line.split()).code == 0, line


def _all_help(run: Run) -> str:
    return "".join(run(*name.split(), "--help").out for name in ALL)


def test_rules_list(run: Run) -> None:
    ended = run("rules", "list")

    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[0] for line in ended.out.splitlines()] == list(RULES)


def test_rules_of_a_family_as_json(run: Run) -> None:
    import json

    found = json.loads(run("rules", "list", "--family", "imds", "--format", "json").out)

    assert [rule["rule_id"] for rule in found] == [rule.id for rule in RULES.values() if rule.family == "imds"]
    assert set(found[0]) == {"rule_id", "title", "severity", "family", "phase", "apis", "controls"}


@pytest.mark.parametrize("rule_id", RULES)
def test_rules_show(run: Run, rule_id: str) -> None:
    ended = run("rules", "show", rule_id)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"# {rule_id}\n")
    for heading in ("Why", "Fix", "What the fix may break", "Reads", "Bad", "Good"):
        assert f"## {heading}\n" in ended.out


LOADED = """
import sys
sys.path.insert(0, {root!r})
from guardrift.cli.run import run
code = run({arguments!r})
heavy = sorted({{"boto3", "botocore", "moto", "jinja2", "rich.progress"}} & set(sys.modules))
print(code, *heavy, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["scan", "--help"],
        ["demo", "--help"],
        ["schema", "report"],
        ["schema", "snapshot"],
        ["schema", "configuration"],
        ["rules", "list"],
        ["policies", "list"],
        ["config", "show"],
    ],
    ids=" ".join,
)
def test_the_sdk_is_not_loaded(arguments: list[str], work: Path) -> None:
    program = LOADED.format(root=str(ROOT), arguments=arguments)

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=work)

    assert done.stderr == "0\n"


def test_the_snapshot_is_judged_without_the_sdk(clean: Path, work: Path) -> None:
    program = LOADED.format(root=str(ROOT), arguments=["report", str(work / "report.json")])
    scan = LOADED.format(
        root=str(ROOT), arguments=["scan", "--snapshot", str(clean), "-q", "-o", str(work / "report.json")]
    )
    subprocess.run([sys.executable, "-c", scan], capture_output=True, check=True, cwd=work)

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=work)

    assert done.stderr == "0\n"
