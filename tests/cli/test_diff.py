"""Drift from the command line: every kind of side, every exit code, and text that nobody obeys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from guardrift.cli import baseline_folder
from guardrift.cli.app import COMMANDS
from guardrift.json_schema import json_schema
from scanner.baseline import Baseline, normal_form, versions
from scanner.drift import Diff
from scanner.inventory import Account
from scanner.snapshot import encode
from tests.accounts import OWN, account, allow, gap, policy
from tests.cli.conftest import Ended, Run
from tests.scanner.baseline.samples import faulty
from tests.scanner.drift.samples import identity, role, user

READ, ALL = policy(allow("s3:GetObject")), policy(allow())
HOSTILE = "x\n::error::y\x1b[31m\u202e##[group]"


@pytest.fixture
def diff(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``guardrift diff``, whether or not the list of commands names it yet."""
    monkeypatch.setitem(COMMANDS, "diff", "By what two states of an account differ, by meaning.")

    def call(*arguments: object) -> Ended:
        return run("diff", *arguments)

    return call


def save(name: str, found: Account) -> str:
    Path(name).write_bytes(encode(found))
    return name


def baseline(found: Account) -> str:
    kept = Baseline(state=normal_form(found), accepted=(), versions=versions(("some-rule",)))
    baseline_folder.write(Path("guardrift-baseline"), kept)
    return "guardrift-baseline"


@pytest.fixture
def sides() -> tuple[str, str]:
    return (
        save("old.json", identity(roles=[role(document=READ)])),
        save("new.json", identity(roles=[role(document=ALL)])),
    )


def test_a_gain_is_told_with_its_cause_and_fails(diff: Run, sides: tuple[str, str]) -> None:
    ended = diff(*sides)

    assert (ended.code, ended.err) == (1, "")
    assert "1 change: 1 widen, 0 narrow, 0 do neither." in ended.out
    assert f"  CRITICAL role arn:aws:iam::{OWN}:role/app: permissions" in ended.out
    assert "because inline policy changed: inline policy own" in ended.out
    assert "=> is now an administrator, by inline policy own" in ended.out.replace("\n        ", " ")


def test_the_way_back_is_clean(diff: Run, sides: tuple[str, str]) -> None:
    ended = diff(sides[1], sides[0])

    assert (ended.code, ended.err) == (0, "")
    assert "Narrows: 1" in ended.out


def test_no_drift(diff: Run, sides: tuple[str, str]) -> None:
    ended = diff(sides[0], sides[0])

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("No drift: both mean the same.\n")


@pytest.mark.parametrize(("fail_on", "code"), [("critical", 0), ("high", 0), ("medium", 1), ("info", 1), ("none", 0)])
def test_the_threshold(diff: Run, fail_on: str, code: int) -> None:
    old = save("old.json", identity(roles=[role()]))
    new = save("new.json", identity(roles=[role(document=policy(allow("sqs:SendMessage")))]))

    assert diff(old, new, "--fail-on", fail_on).code == code


def test_what_was_refused_is_incomplete_unless_something_widens(diff: Run) -> None:
    old = save("old.json", identity(roles=[role(document=READ)], users=[user("ann")]))
    denied = gap("iam:GetAccountAuthorizationDetails")
    new = save("new.json", account({"roles": [role(document=READ)], "users": denied, "groups": [], "policies": []}))

    ended = diff(old, new)
    assert ended.code == 3
    assert "removed" not in ended.out
    assert "Cannot be compared: one side did not see it: 1" in ended.out
    assert diff(old, new, "--fail-on", "none").code == 3
    wider = account({"roles": [role(document=ALL)], "users": denied, "groups": [], "policies": []})
    assert diff(old, save("wider.json", wider)).code == 1


def test_json_is_of_its_schema(diff: Run, sides: tuple[str, str]) -> None:
    ended = diff(*sides, "--format", "json")

    document: Any = json.loads(ended.out)
    assert document["schema"] == "guardrift/diff/1"
    Draft202012Validator(json_schema(Diff, "diff")).validate(document)
    assert msgspec.json.decode(ended.out, type=Diff).changes[0].direction == "widens"
    assert diff(*sides, "--format", "json").out == ended.out


def test_files_by_suffix(diff: Run, sides: tuple[str, str]) -> None:
    ended = diff(*sides, "-o", "drift.json", "-o", "drift.txt")

    assert (ended.code, ended.out) == (1, "")
    assert json.loads(Path("drift.json").read_text())["account_id"] == OWN
    assert Path("drift.txt").read_text().startswith("guardrift: AWS account ")
    assert diff(*sides, "-o", "drift.xml").code == 2


@pytest.mark.parametrize("folder", ["guardrift-baseline", f"guardrift-baseline/{faulty().account_id}"])
def test_a_baseline_and_its_account_do_not_differ(diff: Run, folder: str) -> None:
    baseline(faulty())
    ended = diff(folder, save("new.json", faulty()))

    assert "No drift" in ended.out
    assert ended.code in (0, 3)


def test_a_baseline_tells_what_was_gained(diff: Run) -> None:
    folder = baseline(identity(roles=[role(document=READ)]))
    ended = diff(folder, save("new.json", identity(roles=[role(document=ALL)])))

    assert ended.code == 1
    assert "inline policy changed" in ended.out


def test_that_aws_changed_its_policy_fails_nothing(diff: Run) -> None:
    def reading(version: str, *actions: str) -> Account:
        held = {"name": "ReadOnlyAccess", "arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
        document = {"id": version, "document": policy(allow(list(actions))), "is_default": True}
        return identity(roles=[role(attached=[held])], policies=[{**held, "versions": [document]}])

    folder = baseline(reading("v1", "s3:List*"))
    ended = diff(folder, save("new.json", reading("v2", "s3:List*", "iam:*")), "--fail-on", "info")

    assert ended.code == 0
    assert "AWS changed its policy\n      before: v1, after: v2\n" in ended.out


def test_raw_authorization_details(diff: Run) -> None:
    trust = policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})

    def raw(name: str, *inline: object) -> str:
        held = {
            "RoleName": "app", "Arn": f"arn:aws:iam::{OWN}:role/app", "Path": "/", "RoleId": "AROAAPP",
            "CreateDate": "2026-01-01T00:00:00Z", "AssumeRolePolicyDocument": trust,
            "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": each} for each in inline],
            "AttachedManagedPolicies": [], "InstanceProfileList": [], "Tags": [],
        }  # fmt: skip
        Path(name).write_text(json.dumps({"RoleDetailList": [held]}))
        return name

    assert diff(raw("old.json", READ), raw("same.json", READ)).code == 0
    assert diff(raw("old.json", READ), raw("new.json", ALL)).code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("live", "new.json"), "only the new side can be live"),
        (("old.json", "new.json", "--profile", "x"), "neither side is live"),
        (("nowhere.json", "new.json"), "cannot be read"),
        (("old.json", "."), "holds no baseline"),
        (("old.json", "foreign.json"), "different accounts"),
    ],
)
def test_usage(diff: Run, sides: tuple[str, str], arguments: tuple[str, ...], message: str) -> None:
    save("foreign.json", msgspec.structs.replace(identity(), account_id="999988887777"))
    ended = diff(*arguments)

    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err


def test_hostile_names_are_escaped(diff: Run) -> None:
    old = save("old.json", identity(roles=[role()]))
    hostile = {**role(document=ALL), "name": HOSTILE, "arn": f"arn:aws:iam::{OWN}:role/{HOSTILE}"}
    new = save("new.json", identity(roles=[role(), hostile]))

    for form in ("text", "json"):
        out = diff(old, new, "--format", form, "--all").out
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "##[" not in out
        assert not any(line.lstrip().startswith("::") for line in out.splitlines())


def test_no_sdk_is_loaded(sides: tuple[str, str]) -> None:
    import subprocess
    import sys

    root = Path(__file__).resolve().parents[2]
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from guardrift.cli.diff_command import app\n"
        f"try:\n    app([{sides[0]!r}, {sides[1]!r}])\nexcept SystemExit as leaving:\n    assert leaving.code == 1\n"
        "assert not {'boto3', 'botocore'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
