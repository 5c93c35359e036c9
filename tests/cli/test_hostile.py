"""Names that a terminal or a CI runner would obey do not reach either as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scanner.snapshot import encode
from tests.cli.accounts import CLEAN, HOSTILE, renamed
from tests.cli.conftest import Ended, Run

OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
    r"|^\s*::|##vso\[|##\[",
    re.MULTILINE,
)
"""Control and bidirectional characters but the line feed, and commands of GitHub's and Azure's runners."""


@pytest.fixture
def hostile(work: Path) -> Path:
    path = work / "hostile.json"
    path.write_bytes(encode(renamed(CLEAN, HOSTILE)))
    return path


def check(ended: Ended) -> None:
    assert not OBEYED.search(ended.out), OBEYED.findall(ended.out)
    assert not OBEYED.search(ended.err), OBEYED.findall(ended.err)


def test_the_summary(run: Run, hostile: Path) -> None:
    ended = run("scan", "--snapshot", hostile, "-v", "-v", "--plans", "plans", "--fail-on", "none")

    check(ended)
    assert "\\u001b[31mred" in ended.out


def test_markup_is_text(run: Run, work: Path) -> None:
    (work / "hostile.json").write_bytes(encode(renamed(CLEAN, "[/red][bold]x")))

    assert "[/red][bold]x" in run("scan", "--snapshot", "hostile.json").out


def test_json_on_stdout(run: Run, hostile: Path) -> None:
    ended = run("scan", "--snapshot", hostile, "-o", "-")

    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", ended.out)
    assert HOSTILE in {finding["resource"]["name"] for finding in json.loads(ended.out)["findings"]}


@pytest.mark.parametrize("kind", ["role", "user"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_policies(run: Run, hostile: Path, kind: str, form: str) -> None:
    ended = run("policies", "revoke", f"--{kind}", HOSTILE, "--snapshot", hostile, "--format", form)

    assert ended.code in {0, 1}
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", ended.out)
    assert not re.search(r"^\s*::", ended.out, re.MULTILINE)
    assert "owned" in ended.out


def test_the_folder_of_a_policy(run: Run, hostile: Path, work: Path) -> None:
    check(run("policies", "revoke", "--role", HOSTILE, "--snapshot", hostile, "-o", "out"))

    names = {path.relative_to(work / "out").as_posix() for path in (work / "out").rglob("*")}
    assert all(re.fullmatch(r"[A-Za-z0-9._~/+=,@-]+", name) for name in names)


@pytest.mark.parametrize("wanted", ["red", HOSTILE[:-1], HOSTILE + "x"])
def test_suggestions(run: Run, hostile: Path, wanted: str) -> None:
    ended = run("policies", "revoke", "--role", wanted, "--snapshot", hostile)

    assert ended.code == 2
    check(ended)


@pytest.mark.parametrize(
    "name", ["../../escape", "/etc/passwd", "..", ".", "", "a/../../b", "con", "-rf", "~", "\u202e"]
)
def test_names_do_not_leave_the_folder(run: Run, work: Path, name: str) -> None:
    (work / "hostile.json").write_bytes(encode(renamed(CLEAN, name)))

    run("scan", "--snapshot", "hostile.json", "--plans", "plans", "-q")

    written = {path.relative_to(work).parts[0] for path in work.rglob("*")}
    assert written == {".git", "hostile.json", "plans"}
    assert {path.name for path in work.parent.iterdir()} <= {"work", "home"}


@pytest.mark.parametrize("field", ["account_id", "partition", "caller"])
def test_the_account_itself(run: Run, hostile: Path, work: Path, field: str) -> None:
    content = json.loads(hostile.read_bytes())
    content[field] = f"../../../{HOSTILE}"
    hostile.write_text(json.dumps(content))

    ended = run("scan", "--snapshot", hostile, "--plans", "plans", "-o", "report.html")

    check(ended)
    assert {path.name for path in work.iterdir()} <= {".git", "hostile.json", "plans", "report.html"}
    assert {path.name for path in work.parent.iterdir()} <= {"work", "home"}


def test_a_file_of_that_name(run: Run, work: Path, clean: Path) -> None:
    """The path is the caller's own, but it may come from a listing."""
    name = HOSTILE.replace("/", "")[:80] + ".json"

    check(run("scan", "--snapshot", clean, "-o", name, "-q"))
    check(run("scan", "--snapshot", name))
    check(run("report", work / f"missing{name}"))


@pytest.mark.parametrize(
    "content",
    [
        b'{"schema": "\\u001b[31m"}',
        b'{"schema": "guardrift/snapshot/1", "\\u001b[31m": 1}',
        b'{"schema": "guardrift/snapshot/1", "users": [{"\\u001b[31m": 1}]}',
        b'{"UserDetailList": [{"UserName": "\\u001b[31m\\n::error::"}]}',
        b'{"UserDetailList": [{"UserName": "a", "Arn": "arn:aws:iam::\\u001b[31m:user/a"}]}',
        b"\x1b[31m",
    ],
)
def test_what_is_no_snapshot(run: Run, work: Path, content: bytes) -> None:
    (work / "snapshot.json").write_bytes(content)

    check(run("scan", "--snapshot", "snapshot.json"))
