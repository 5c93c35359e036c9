"""Rules of one's own: written by the program, run like the built-in ones, refused with a place if they are broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guardrift.api_stub import stub
from tests.cli.conftest import Run
from tests.collect.stand_in import StandIn

ROOT = Path(__file__).resolve().parents[2]
PYTHON = """
from guardrift.api import Hit, rule, roles

@rule({arguments})
def found(role, scene):
    '''{title}

    ## Why
    x

    ## Fix
    x

    ## Breaks
    x

    ## Bad
    ```json
    {{"roles": []}}
    ```

    ## Good
    ```json
    {{"roles": []}}
    ```
    '''
    return None
"""
GOOD = '"acme-one", severity="low", phase="detect", subjects=roles, apis=("iam:GetAccountAuthorizationDetails",)'
TOML = """
version = 1
[[rule]]
id = "acme-two"
title = "Something of ours"
severity = "low"
phase = "detect"
subjects = "roles"
why = "x"
fix = "x"
bad = ['{{}}']
good = ['{{}}']
{rest}
"""


def python(arguments: str = GOOD, title: str = "Title.") -> str:
    return PYTHON.format(arguments=arguments, title=title)


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


def test_parameters_of_a_rule_of_ones_own(run: Run, work: Path, faulty: Path) -> None:
    run("rules", "new", "acme-role-owner", "--rules", "ours")
    (work / "guardrift.toml").write_text('[rules.acme-role-owner]\nparams = {tag = "team"}\n')

    scanned = run("scan", "--snapshot", faulty, "--rules", "ours", "--rule", "acme-role-owner", "-o", "-")

    assert "team" in json.loads(scanned.out)["findings"][0]["message"]
    assert "there is no rule" in run("scan", "--snapshot", faulty).err


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
        (f"fails = {'[' * 5_000}", "is nested too deeply"),
        (f'fails = "{"!" * 20_000}@"', "is nested too deeply"),
        (f'fails = "{"(" * 3_000}@{")" * 3_000}"', "is nested too deeply"),
    ],
)
def test_a_broken_file_is_an_error_of_usage_with_its_place(
    run: Run, aws: StandIn, folder: Path, rest: str, said: str
) -> None:
    assert said in refused(run, aws, folder, "ours.toml", TOML.format(rest=rest))


def test_a_folder_without_rules(run: Run, aws: StandIn, folder: Path) -> None:
    assert "there is no rule in" in run("scan", "--rules", folder).err
    assert "is not a folder" in run("scan", "--rules", folder / "gone").err
    assert not aws.requests


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


def test_what_was_not_collected_is_unknown_and_never_a_pass(run: Run, folder: Path, work: Path) -> None:
    rest = """
fails = "length(trails[?is_multi_region]) == `0`"
"""
    text = TOML.format(rest=rest).replace('subjects = "roles"', 'subjects = "regions"').replace("acme-two", "acme-two")
    (folder / "ours.toml").write_text(text)
    (work / "snapshot.json").write_text(
        '{"schema": "guardrift/snapshot/1", "account_id": "111122223333", "partition": "aws",'
        ' "taken_at": "2026-11-20T12:00:00Z", "regions": [{"name": "eu-west-1", "trails": []},'
        ' {"name": "eu-west-2", "trails": {"kind": "gap", "api": "cloudtrail:DescribeTrails", "status": "denied"}}]}'
    )

    ended = run("scan", "--snapshot", "snapshot.json", "--rules", folder, "--rule", "acme-two", "-o", "-")

    (result,) = json.loads(ended.out)["rules"]
    assert (result["failed"], result["passed"], result["unknown"]) == (1, 0, 1)


@pytest.mark.parametrize("leaving", ["0", "'boom'"])
def test_a_rule_that_leaves_the_program_does_not(run: Run, folder: Path, clean: Path, leaving: str) -> None:
    (folder / "ours.py").write_text(python().replace("return None", f"import sys; sys.exit({leaving})"))

    ended = run("scan", "--snapshot", clean, "--rules", folder, "--rule", "acme-one", "-o", "-", "-q")

    (result,) = json.loads(ended.out)["rules"]
    assert (ended.code, result["passed"], result["unknown"] > 0) == (3, 0, True)


def test_what_a_rule_says_wrongly_ends_no_scan_and_spoils_no_report(
    run: Run, folder: Path, faulty: Path, work: Path
) -> None:
    hit = "import guardrift.api as a; return a.Hit('m', material=(), severity='bogus', details={'x': object()})"
    (folder / "ours.py").write_text(python().replace("return None", hit))

    ended = run("scan", "--snapshot", faulty, "--rules", folder, "--rule", "acme-one", "-o", "report.json", "-q")

    assert ended.code == 3
    assert json.loads((work / "report.json").read_text())["rules"][0]["unknown"] > 0
    assert run("report", "report.json", "-o", "report.html").code == 0


@pytest.mark.parametrize(("leaving", "code"), [(SystemExit("boom"), 4), (GeneratorExit(), 4), (SystemExit(), 0)])
def test_only_who_says_so_ends_in_success(
    run: Run, monkeypatch: pytest.MonkeyPatch, leaving: BaseException, code: int
) -> None:
    def leave(*_: object, **__: object) -> None:
        raise leaving

    monkeypatch.setattr("guardrift.cli.run.app", leave)

    ended = run("rules", "list")

    assert (ended.code, "error: " in ended.err) == (code, code != 0)


def test_modules_of_the_working_directory_are_not_loaded(work: Path, folder: Path) -> None:
    (work / "jmespath.py").write_text("raise SystemExit('the wrong one')")
    (folder / "ours.toml").write_text(TOML.format(rest='fails = "`true`"'))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [sys.executable, "-m", "guardrift", "rules", "list", "--rules", str(folder)],
        cwd=work, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, "acme-two" in done.stdout) == (0, True), done.stderr


def test_code_is_not_loaded_because_a_configuration_says_so(run: Run, folder: Path, work: Path) -> None:
    (folder / "ours.py").write_text(python())
    (work / "guardrift.toml").write_text('rules_folder = "ours"\n')

    assert "there is no such key" in run("rules", "list", "--rules", folder).out + run("config", "check").err


def test_a_rule_type_checks_outside_the_repository(run: Run, work: Path) -> None:
    run("rules", "new", "acme-role-owner", "--rules", "ours")
    site = work / "site" / "guardrift"
    site.mkdir(parents=True)
    for name in ("__init__.py", "version.py", "py.typed", "api.pyi"):
        shutil.copy(ROOT / "guardrift" / name, site)
    wrong = (work / "ours" / "acme_role_owner.py").read_text().replace("role.tags", "role.tax")
    (work / "wrong.py").write_text(wrong)

    def checked(path: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(work / "cache"), path]
        environment = {**os.environ, "MYPYPATH": str(work / "site")}
        return subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)

    assert checked("ours/acme_role_owner.py").returncode == 0, checked("ours/acme_role_owner.py").stdout
    assert '"Role" has no attribute "tax"' in checked("wrong.py").stdout


def test_the_types_of_the_api_are_current() -> None:
    assert (ROOT / "guardrift" / "api.pyi").read_text() == stub()


def test_the_api_refuses_to_work_beside_a_package_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "__init__.py").touch()
    program = "import sys; sys.path.insert(0, '.'); import rules; sys.path.append(sys.argv[1]); import guardrift.api"
    done = subprocess.run(
        [sys.executable, "-c", program, str(ROOT)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert "ImportError: guardrift needs a package called 'rules'" in done.stderr
