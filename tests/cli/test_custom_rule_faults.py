"""Rules of one's own that are broken: refused with a place, before AWS is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.custom_rules import GOOD, TOML, python
from tests.collect.stand_in import StandIn

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(work: Path) -> Path:
    found = work / "ours"
    found.mkdir()
    return found


def refused(run: Run, aws: StandIn, folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    ended = run("scan", "--rules", folder)
    assert ended.code == 2, ended.err
    assert not aws.requests
    assert name in ended.err
    return ended.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import os\nthis is not python\n", ":2: "),
        ("x = 1\nraise LookupError('no such table')\n", ":2: LookupError: no such table"),
        ("from guardrift.api import Nothing\n", ":1: ImportError"),
        ("from scanner.inventory import Account\n", ":1: it imports scanner.inventory"),
        ("import rules.imds\n", ":1: it imports rules.imds"),
        ("from guardrift import configuration\n", ":1: it imports guardrift.configuration"),
        (python('"acme"' + GOOD[10:]), "'acme' is not the id of a rule"),
        (python('"iam-user-admin"' + GOOD[10:]), "there is a rule iam-user-admin already"),
        (python(title="A user is an administrator."), "the same title"),
        (python(GOOD.replace("iam:GetAccount", "iam:Guess")), "no collector asks iam:Guess"),
        (python(GOOD.replace('apis=("iam:GetAccountAuthorizationDetails",)', "apis=()")), "names no API action"),
        (python().replace("## Why", "## Wherefore"), "no section '## Why'"),
        ("\0", ":1: "),
        ("import sys\nsys.exit(0)\n", ":2: SystemExit: 0"),
        ("import sys\nsys.exit('boom')\n", ":2: SystemExit: boom"),
        ("raise GeneratorExit\n", ":1: GeneratorExit"),
        (f"x = {'-' * 100_000}1\n", "ours.py"),
        (f"x = {'+'.join('1' * 100_000)}\n", "ours.py"),
        (python(GOOD.replace('"detect"', '"bogus"')), "Invalid enum value 'bogus' - at `$.phase`"),
        (python(GOOD.replace('"low"', '"bogus"')), "Invalid enum value 'bogus' - at `$.severity`"),
        (python(f'{GOOD}, controls=("a",)'), "at `$.controls[0]`"),
        (python(f'{GOOD}, references="x"'), "at `$.references`"),
        (python(f"{GOOD}, parameters=int"), "Derive it from NoParameters"),
        (python(GOOD.replace('"acme-one"', "5")), "at `$.id`"),
        (python(GOOD.replace("subjects=roles", "subjects=[]")), "about nothing"),
        (python().replace("(role, scene)", "()"), "ours.py:4: rule acme-one: it cannot be called with 2 arguments"),
        (python().replace("(role, scene)", "(role)"), "it cannot be called with 2 arguments: too many positional"),
        (python().replace("(role, scene)", "(a, b, c)"), "it cannot be called with 2 arguments: missing a required"),
        (python().replace("(role, scene)", "(a, b, *, c)"), "it cannot be called with 2 arguments: missing a required"),
        (python().replace("def found", "async def found"), "ours.py:4: rule acme-one: it is asynchronous"),
        (python().replace("return None", "yield None"), "ours.py:4: rule acme-one: it yields"),
        (python().replace("def found", "async def found").replace("return None", "yield"), "it is asynchronous"),
        (python(GOOD.replace("subjects=roles", "subjects=lambda: ()")), "what lists its subjects cannot be called"),
        (
            python().replace('{"roles": []}', '{"roles": [}', 1),
            "ours.py:4: rule acme-one: bad example 1: Expecting value",
        ),
        (python().replace('{"roles": []}', "[]"), "rule acme-one: bad example 1: Expected `object`, got `array`"),
        (python().replace('{"roles": []}', '{"roles": NaN}'), "bad example 1: JSON is malformed"),
        (python(title=""), "its title is empty"),
        (python(title="One line.\n    And another."), "its title has more than one line"),
        ("from ._helpers import x\n", ":1: it imports a module beside it"),
        ("from . import helpers\n", ":1: it imports a module beside it"),
    ],
)
def test_a_broken_module_is_an_error_of_usage_with_its_place(
    run: Run, aws: StandIn, folder: Path, text: str, said: str
) -> None:
    assert said in refused(run, aws, folder, "ours.py", text)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("fails = ", "is not TOML"),
        ('fails = "name =="', "is not JMESPath"),
        ("fails = \"nam == 'x'\"", "no fact has a field 'nam'; did you mean name?"),
        ('fails = "`true`"\nfail = 1', "fail: there is no such key. Did you mean fails?"),
        ("", "'fails' is a required property"),
        ('fails = "`true`"\napis = ["iam:Guess"]', "no collector asks iam:Guess"),
        ('fails = "`true`"\nsubjects = "dogs"', "is not TOML"),
        ("fails = \"tokens == 'optional'\"", "Role has no field 'tokens'"),
        ('fails = "nofunc(name)"', "rule acme-two: fails: 'nofunc(name)': there is no function nofunc()"),
        ('fails = "length(name, name) == `1`"', "length() takes 1 argument, not 2"),
        ('fails = "length(`5`) == `1`"', "argument 1 of length() is a number"),
        ('fails = "name"', "'name': it gives a text, never true or false"),
        ('fails = "`true`"\napplies = "length(tags)"', "rule acme-two: applies: 'length(tags)': it gives a number"),
        (f"fails = {'[' * 5_000}", "is nested too deeply"),
        (f'fails = "{"!" * 20_000}@"', "is nested too deeply"),
        (f'fails = "{"(" * 3_000}@{")" * 3_000}"', "is nested too deeply"),
    ],
)
def test_a_broken_file_is_an_error_of_usage_with_its_place(
    run: Run, aws: StandIn, folder: Path, rest: str, said: str
) -> None:
    assert said in refused(run, aws, folder, "ours.toml", TOML.format(rest=rest))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Something of ours"', 'title = ""', "rule acme-two: its title is empty"),
        ('title = "Something of ours"', 'title = " . "', "rule acme-two: its title is empty"),
        ('why = "x"', 'why = ""', "rule acme-two: its why is empty"),
        ('fix = "x"', 'fix = " "', "rule acme-two: its fix is empty"),
        ("good = ['{}']", "good = ['{']", "rule acme-two: good example 1: Expecting property name"),
        ("[[rule]]", "[[rules]]", "ours.toml: 'rule' is a required property"),
    ],
)
def test_a_file_that_leaves_out_what_it_has_to_say(
    run: Run, aws: StandIn, folder: Path, old: str, new: str, said: str
) -> None:
    text = TOML.format(rest='fails = "`true`"')

    assert said in refused(run, aws, folder, "ours.toml", text.replace(old, new))


def test_what_is_no_file_is_not_read(run: Run, aws: StandIn, folder: Path) -> None:
    os.mkfifo(folder / "pipe.py")
    assert "pipe.py is no regular file" in run("scan", "--rules", folder).err
    (folder / "pipe.py").unlink()
    (folder / "zero.toml").symlink_to("/dev/zero")
    assert "zero.toml is no regular file" in run("scan", "--rules", folder).err
    (folder / "zero.toml").unlink()
    (folder / "gone.py").symlink_to("nowhere")
    assert "gone.py cannot be read" in run("scan", "--rules", folder).err
    (folder / "gone.py").unlink()
    (folder / "long.py").write_bytes(b"#" * ((1 << 20) + 1))
    assert "long.py is larger than 1 MiB" in run("scan", "--rules", folder).err
    assert not aws.requests


def test_what_is_linked_or_just_short_enough_is_read(run: Run, folder: Path, work: Path) -> None:
    text = python().encode()
    (work / "elsewhere").write_bytes(text + b"#" * ((1 << 20) - len(text)))
    (folder / "ours.py").symlink_to(work / "elsewhere")

    assert "acme-one" in run("rules", "list", "--rules", folder).out


def test_two_rules_of_one_name_are_told_with_both_places(run: Run, folder: Path) -> None:
    (folder / "a.py").write_text(python())
    (folder / "b.toml").write_text(TOML.format(rest='fails = "`true`"').replace("acme-two", "acme-one"))
    told = run("rules", "list", "--rules", folder).err
    assert f"{folder / 'b.toml'}: there is a rule acme-one already, in {folder / 'a.py'}" in told

    (folder / "b.toml").write_text(TOML.format(rest='fails = "`true`"').replace("Something of ours", "Title"))
    told = run("rules", "list", "--rules", folder).err
    assert f"another rule has the same title: acme-one, in {folder / 'a.py'}" in told

    (folder / "b.toml").write_text(TOML.format(rest='fails = "`true`"').replace("acme-two", "iam-user-admin"))
    assert "there is a rule iam-user-admin already, which is built in" in run("rules", "list", "--rules", folder).err


def test_a_folder_that_is_named_twice_is_read_once(run: Run, folder: Path, work: Path) -> None:
    (folder / "ours.py").write_text(python())
    (work / "other").symlink_to(folder)

    listed = run("rules", "list", "--rules", folder, "--rules", "ours", "--rules", "other")

    assert (listed.code, listed.out.count("acme-one")) == (0, 1)


def test_a_folder_without_rules(run: Run, aws: StandIn, folder: Path) -> None:
    assert "there is no rule in" in run("scan", "--rules", folder).err
    assert "is not a folder" in run("scan", "--rules", folder / "gone").err
    assert not aws.requests


def test_code_is_not_loaded_because_a_configuration_says_so(run: Run, folder: Path, work: Path) -> None:
    (folder / "ours.py").write_text(python())
    (work / "guardrift.toml").write_text('rules_folder = "ours"\n')

    assert "there is no such key" in run("rules", "list", "--rules", folder).out + run("config", "check").err


def test_modules_of_the_working_directory_are_not_loaded(work: Path, folder: Path) -> None:
    (work / "jmespath.py").write_text("raise SystemExit('the wrong one')")
    (folder / "ours.toml").write_text(TOML.format(rest='fails = "`true`"'))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [sys.executable, "-m", "guardrift", "rules", "list", "--rules", str(folder)],
        cwd=work, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, "acme-two" in done.stdout) == (0, True), done.stderr
