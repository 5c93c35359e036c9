"""The scanning role from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policies.scanner_role import permission_policy, sends, trust_policy
from policies.scanner_role_forms import Wish, cloudformation, terraform
from tests.cli.conftest import Run

OWN = "111122223333"
ROLE = ("policies", "scanner-role")


def test_the_policy(run: Run) -> None:
    ended = run(*ROLE)

    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == permission_policy()


def test_options(run: Run) -> None:
    ended = run(*ROLE, "--last-accessed", "--organization", "--role-name", "audit")

    assert json.loads(ended.out) == permission_policy(last_accessed=True, member_roles="arn:*:iam::*:role/audit")


def test_whom_it_trusts(run: Run) -> None:
    found = json.loads(run(*ROLE, "--trust", OWN, "--external-id", "secret-1").out)

    assert found["AssumeRolePolicyDocument"] == trust_policy(OWN, sends("secret-1"))
    assert found["PolicyDocument"] == permission_policy()


def test_json_for_terraform_in_a_file_of_another_language_is_refused(run: Run, work: Path) -> None:
    done = run("policies", "scanner-role", "--format", "terraform", "--trust", "111122223333", "-o", "role.tf")

    assert done.code == 2
    assert "role.tf.json" in done.err
    assert not (work / "role.tf").exists()


@pytest.mark.parametrize(("form", "write"), [("cloudformation", cloudformation), ("terraform", terraform)])
def test_forms(run: Run, form: str, write: Any) -> None:
    arguments = ("--trust", OWN, "--external-id", "secret-1", "--role-name", "audit")

    assert run(*ROLE, "--format", form).out == write(Wish())
    assert run(*ROLE, "--format", form, *arguments).out == write(
        Wish(principal=OWN, external_id="secret-1", role_name="audit")
    )


def test_a_file(run: Run, work: Path) -> None:
    ended = run(*ROLE, "-o", "role.json")

    assert (ended.code, ended.out) == (0, "")
    assert "Written: role.json" in ended.err
    assert json.loads((work / "role.json").read_text()) == permission_policy()
    assert run(*ROLE, "-o", "-").out == run(*ROLE).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trust", "*"], "--trust: '*'"),
        (["--trust", f"{OWN}0"], "--trust"),
        (["--role-name", "a b"], "--role-name"),
        (["--trust", OWN, "--external-id", "x y"], "--external-id"),
        (["--external-id", "secret-1"], "goes with --trust"),
        (["--format", "yaml"], "--format"),
        (["-o", "file/role.json"], "cannot be written"),
        (["--trust", "\x1b[2J\u202e"], "\\x1b"),
    ],
)
def test_usage(run: Run, work: Path, arguments: list[str], words: str) -> None:
    (work / "file").touch()

    ended = run(*ROLE, *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err
    assert "\x1b" not in ended.err
