"""The hooks for pre-commit: what starts them, and that they need neither AWS nor a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from scanner.snapshot import encode
from tests.cli.accounts import CLEAN, renamed

ROOT = Path(__file__).resolve().parents[2]
HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
}
DAY = "2026-11-20"
SEALED = """
import sys

def denied(event, arguments):
    if event.startswith("socket.") or (event == "import" and arguments[0].split(".")[0] in {"boto3", "botocore"}):
        sys.stderr.write(f"SEALED {event} {arguments}\\n")
        raise RuntimeError("sealed")

sys.addaudithook(denied)
"""
"""What denies a process every socket, and the SDK of AWS."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a configuration and a baseline in it, one finding of which is accepted until May 2027."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "guardrift.toml").write_text("version = 1\n")
    (tmp_path / "snapshot.json").write_bytes(encode(renamed(CLEAN, "a")))
    terms = ["--reason", "r", "--owner", "o", "--expires", "2027-05-20", "--at", DAY, "--allow-incomplete"]
    guardrift = str(Path(sys.executable).parent / "guardrift")
    command = [guardrift, "baseline", "init", "--snapshot", "snapshot.json", *terms]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    return tmp_path


def sealed(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SEALED + code]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def hook(name: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run a hook as pre-commit would, but for the day."""
    program, *arguments = HOOKS[name]["entry"].split()
    assert program == "guardrift"
    return sealed(f"sys.argv[1:] = {[*arguments, *more]!r}\nimport guardrift\nguardrift.main()", folder)


def test_the_seal_holds(tmp_path: Path) -> None:
    for code in ("import boto3", "import botocore.session", "import socket; socket.socket()"):
        ended = sealed(code, tmp_path)
        assert ended.returncode == 1
        assert "SEALED" in ended.stderr


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_passes_without_aws_or_a_network(repository: Path, name: str) -> None:
    ended = hook(name, repository, "--at", DAY)

    assert ended.returncode == 0, ended.stderr
    assert "SEALED" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "code", "said"),
    [
        ("guardrift-baseline", "guardrift-baseline/*/findings.json", '"reason": "r"', '"reason": ""', 2, "is blank"),
        ("guardrift-baseline", "guardrift-baseline/*/findings.json", "2027-05-20", "2026-11-19", 1, "count again"),
        ("guardrift-baseline", "guardrift-baseline/*/trails.json", "{", "<<<<<<< HEAD\n{", 2, "a merge left"),
        ("guardrift-config", "guardrift.toml", "version", "vresion", 2, "no such key"),
        ("guardrift-config", "guardrift.toml", "version", "<<<<<<< HEAD\nversion", 2, "not TOML"),
    ],
)
def test_a_hook_fails(repository: Path, name: str, file: str, old: str, new: str, code: int, said: str) -> None:
    (path,) = repository.glob(file)
    path.write_text(path.read_text().replace(old, new, 1))

    ended = hook(name, repository, "--at", DAY)

    assert ended.returncode == code
    assert said in ended.stderr
    assert "SEALED" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "starts", "leaves"),
    [
        ("guardrift-baseline", ["guardrift-baseline/111122223333/findings.json", "guardrift-baseline/README.md"],
         ["x/guardrift-baseline/a.json", "guardrift-baseline.json"]),
        ("guardrift-config", ["guardrift.toml", ".github/guardrift.toml", "pyproject.toml"],
         ["x/guardrift.toml", "guardriftXtoml", "guardrift.toml.orig", "xgithub/guardrift.toml"]),
    ],
)  # fmt: skip
def test_what_starts_a_hook(name: str, starts: list[str], leaves: list[str]) -> None:
    pattern = HOOKS[name]["files"]

    assert all(re.search(pattern, path) for path in starts)
    assert not any(re.search(pattern, path) for path in leaves)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_looks_at_everything_at_once(name: str) -> None:
    """Names of files would be taken for arguments; a link has to start the hook as a file does."""
    assert HOOKS[name]["pass_filenames"] is False
    assert HOOKS[name]["require_serial"] is True
    assert HOOKS[name]["types"] == []
    assert HOOKS[name]["language"] == "python"
