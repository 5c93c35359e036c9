"""The command line, run in this process: nothing of the caller's environment, and a working directory of its own."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import boto3
import pytest

from guardrift.cli.run import run as run_command
from scanner.collect.account import Scope, collect
from scanner.snapshot import encode
from tests.cli.accounts import CLEAN, RESPONDER
from tests.collect.faulty import DETAILS, HOME, NOW
from tests.collect.stand_in import StandIn, stand_behind_new_sessions
from tests.collect.whole import ANSWERS

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Run: TypeAlias = Callable[..., Ended]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, in a repository of its own."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "GUARDRIFT_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(tmp_path / "home"),
        "AWS_CONFIG_FILE": str(tmp_path / "home" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "home" / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "work"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command; a traceback is a failure of the test, however the command ends."""

    def call(*arguments: object) -> Ended:
        code = run_command([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Ended(code, out, err)

    return call


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    """Commands set the level of loggers, which outlive them."""
    names = ("guardrift", "scanner", "botocore")
    before = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session")
def _collected() -> bytes:
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
    for event, handler in StandIn(ANSWERS).handlers:
        session.events.register_first(event, handler)
    return encode(collect(session, Scope(), now=NOW))


@pytest.fixture
def faulty(_collected: bytes, work: Path) -> Path:
    """A snapshot of the faulty account."""
    path = work / "faulty.json"
    path.write_bytes(_collected)
    return path


@pytest.fixture
def clean(work: Path) -> Path:
    """A snapshot of an account in which nothing fails and nothing is unknown."""
    path = work / "clean.json"
    path.write_bytes(encode(CLEAN))
    return path


@pytest.fixture
def details(work: Path) -> Path:
    """What 'aws iam get-account-authorization-details' prints of an account without a grave finding."""
    path = work / "details.json"
    users = [user for user in DETAILS["UserDetailList"] if user["UserName"] == "ci"]
    content = {"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [RESPONDER], "Policies": []}
    path.write_text(json.dumps(content, default=str))
    return path


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """AWS with the faulty account in it, behind every session that a command opens."""
    found = StandIn(ANSWERS)
    stand_behind_new_sessions(found, monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", HOME)
    return found
