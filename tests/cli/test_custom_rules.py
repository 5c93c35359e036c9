"""Rules of one's own run like the built-in ones, and cannot spoil what a scan says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from guardrift.api_stub import stub
from guardrift.configuration import Configuration
from guardrift.fleet.jobs import JudgeJob
from guardrift.fleet.judging import judged
from guardrift.selection import Selection
from guardrift.version import __version__
from scanner.snapshot import encode
from tests.cli.accounts import CLEAN
from tests.cli.conftest import Run
from tests.cli.custom_rules import GOOD, TOML, python

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(work: Path) -> Path:
    found = work / "ours"
    found.mkdir()
    return found


def test_parameters_of_a_rule_of_ones_own(run: Run, work: Path, faulty: Path) -> None:
    run("rules", "new", "acme-role-owner", "--rules", "ours")
    (work / "guardrift.toml").write_text('[rules.acme-role-owner]\nparams = {tag = "team"}\n')

    scanned = run("scan", "--snapshot", faulty, "--rules", "ours", "--rule", "acme-role-owner", "-o", "-")

    assert "team" in json.loads(scanned.out)["findings"][0]["message"]
    assert "there is no rule" in run("scan", "--snapshot", faulty).err


PRINTING = "print('when loaded')\n" + python(GOOD.replace("subjects=roles", "subjects=listed")).replace(
    "return None", "print('when asked')"
).replace(
    "@rule",
    "def listed(account):\n    print('when listed')\n    yield from roles(account)\n\n@rule",
)


def test_what_a_rule_prints_is_no_data(run: Run, folder: Path, clean: Path) -> None:
    (folder / "ours.py").write_text(PRINTING)

    ended = run("scan", "-q", "-o", "-", "--snapshot", clean, "--rules", folder, "--rule", "acme-one")

    assert json.loads(ended.out)["rules"][0]["passed"] > 0
    for when in ("loaded", "listed", "asked"):
        assert f"when {when}" in ended.err
    assert json.loads(run("rules", "list", "--rules", folder, "--format", "json").out)
    assert "when" not in run("rules", "test", "--rules", folder).out


def test_what_a_rule_prints_is_no_data_of_a_fleet(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "ours.py").write_text(PRINTING)
    job = JudgeJob(
        tool_version=__version__,
        account_id=CLEAN.account_id,
        name="one",
        started_at=CLEAN.taken_at,
        selection=Selection(rules=("acme-one",)),
        rule_folders=(str(folder),),
        configuration=Configuration(),
        snapshot=msgspec.Raw(encode(CLEAN)),
    )

    result = judged(job).rules[0]

    out, err = capsys.readouterr()
    assert (result.rule_id, result.passed > 0, out, "when asked" in err) == ("acme-one", True, "", True)


ASKING = """
from guardrift.api import AtLeastOne, Hit, NoParameters, NotNegative, Role, Scene, can, roles, rule

class Parameters(NoParameters, frozen=True):
    \"\"\"Of ``acme-asks``: ``least`` and ``days`` are numbers.\"\"\"

    least: AtLeastOne = 1
    days: NotNegative = 0

@rule("acme-asks", severity="low", phase="detect", subjects=roles, apis=("iam:GetAccountAuthorizationDetails",),
      parameters=Parameters)
def asks(role: Role, scene: Scene[Parameters]) -> Hit | None:
    \"\"\"A role may read the logs.

    ## Why
    x

    ## Fix
    x

    ## Breaks
    x

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {}, "inline": [{"name": "p", "document": {
       "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::logs/*",
        "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}}}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {}}]}
    ```
    \"\"\"
    found = can(scene.account, role.arn, "s3:GetObject", "arn:aws:s3:::logs/x", context={"aws:SourceVpc": ("vpc-1",)})
    stranger = can(scene.account, "arn:aws:iam::111122223333:role/gone", "s3:GetObject") if role.name == "x" else None
    return Hit(found.reason, material=()) if found.decision == "yes" and stranger is None else None
"""


def test_a_rule_can_ask_the_evaluator_and_limit_its_parameters(
    run: Run, folder: Path, work: Path, faulty: Path
) -> None:
    (folder / "ours.py").write_text(ASKING)
    assert run("rules", "test", "--rules", folder).code == 0

    gone = ASKING.replace('if role.name == "x" else None', "")
    (folder / "ours.py").write_text(gone)
    assert "Not decided: account 111122223333 has no user or role" in run("rules", "test", "--rules", folder).out

    (work / "guardrift.toml").write_text("[rules.acme-asks]\nparams = {least = 0}\n")
    assert run("scan", "--snapshot", faulty, "--rules", folder).code == 2


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


def test_a_rule_type_checks_outside_the_repository(run: Run, work: Path) -> None:
    run("rules", "new", "acme-role-owner", "--rules", "ours")
    site = work / "site" / "guardrift"
    site.mkdir(parents=True)
    for name in ("__init__.py", "version.py", "py.typed", "api.pyi"):
        shutil.copy(ROOT / "guardrift" / name, site)
    wrong = (work / "ours" / "acme_role_owner.py").read_text().replace("role.tags", "role.tax")
    (work / "wrong.py").write_text(wrong)
    (work / "asking.py").write_text(ASKING)

    def checked(path: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(work / "cache"), path]
        environment = {**os.environ, "MYPYPATH": str(work / "site")}
        return subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)

    assert checked("ours/acme_role_owner.py").returncode == 0, checked("ours/acme_role_owner.py").stdout
    assert checked("asking.py").returncode == 0, checked("asking.py").stdout
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
