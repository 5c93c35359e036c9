"""The journal: kept before anything is done, for its owner alone, and never believed blindly."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from policies.execution.carrying_out import carry_out
from policies.execution.changes import Change
from policies.execution.journal import Journal, NotKept, new_journal, open_journal, read_lines
from policies.execution.journal_files import FileSink
from policies.execution.records import Begun, Intent, Line, Outcome
from policies.execution.rolling_back import roll_back
from scanner.errors import UsageError
from tests.policies.execution.incident import START, Lines, begun_of
from tests.policies.execution.lacking import refusal
from tests.policies.execution.scenes import SCENES

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def whole(tmp_path: Path, aws: None) -> bytes:
    """The journal of a run that was undone."""
    return _recorded(tmp_path / "whole.jsonl")


def _recorded(path: Path) -> bytes:
    incident = SCENES["role"]()
    journal = new_journal(path, incident.begun)
    carry_out(journal, incident.api())
    roll_back(journal, incident.api(), force=True)
    _close(journal)
    return path.read_bytes()


def _close(journal: Journal) -> None:
    assert isinstance(journal.sink, FileSink)
    journal.sink.close()


def test_every_line_is_json_and_is_read_as_it_was_written(whole: bytes) -> None:
    lines = whole.split(b"\n")

    assert lines.pop() == b""
    assert [json.loads(each)["line"] for each in lines][:4] == ["begun", "intent", "outcome", "intent"]
    assert json.loads(lines[0])["schema"] == "guardrift/journal/1"
    assert [msgspec.json.encode(each) for each in read_lines(whole, "x")] == lines


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        _close(new_journal(tmp_path / "deep" / "a.jsonl", begun_of([])))
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "deep" / "a.jsonl").stat().st_mode) == 0o600


def test_it_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("mine")
    with pytest.raises(UsageError, match="already"):
        new_journal(path, begun_of([]))
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="already"):
        new_journal(tmp_path / "link", begun_of([]))
    assert path.read_text() == "mine"


@pytest.mark.usefixtures("aws")
def test_it_only_grows(tmp_path: Path) -> None:
    """Each line follows what was there, and a run that goes on adds to it."""
    incident = SCENES["role"]()
    path = tmp_path / "a.jsonl"
    journal = new_journal(path, incident.begun)
    carry_out(journal, incident.api())
    first = path.read_bytes()
    _close(journal)

    again = open_journal(path)
    roll_back(again, incident.api(), force=True)
    _close(again)

    assert path.read_bytes().startswith(first)
    assert len(path.read_bytes()) > len(first)


@pytest.mark.usefixtures("aws")
def test_a_line_is_on_the_disk_before_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    incident = SCENES["user"]()
    path = tmp_path / "a.jsonl"
    happened: list[str] = []
    fsync = os.fsync

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            happened.append(json.loads(path.read_bytes().splitlines()[-1])["line"])

    monkeypatch.setattr("os.fsync", synced)
    journal = new_journal(path, incident.begun)
    api = incident.api(before=lambda _, name: happened.append(name.partition(":")[2]))
    carry_out(journal, api)
    _close(journal)

    writes = [at for at, each in enumerate(happened) if each.startswith(("Put", "Update", "Tag"))]
    assert len(writes) == 5
    for at in writes:
        others = [each for each in happened[:at] if not each.startswith(("Get", "List"))]
        assert others[-1] == "intent", happened
        assert next(each for each in happened[at + 1 :] if not each.startswith(("Get", "List"))) == "outcome"


@pytest.mark.usefixtures("aws")
def test_the_intent_holds_the_previous_state_and_no_secret(tmp_path: Path) -> None:
    incident = SCENES["user"]()
    api = incident.api()
    api.session._session.set_credentials("AKIAIOSFODNN7EXAMPLE", SECRET)
    lines = Lines()
    try:
        carry_out(incident.journal(lines), api)
    finally:
        api.session._session.set_credentials("testing", "testing")

    text = b"".join(msgspec.json.encode(each) for each in lines.kept)
    previous = {each.previous for each in lines.kept if isinstance(each, Intent)}
    assert previous == {"Active", None}
    assert SECRET.encode() not in text
    assert b"SecretAccessKey" not in text


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), refusal("AccessDenied", "PutObject")])
def test_a_journal_that_cannot_be_kept_stops_everything(fault: OSError | ClientError) -> None:
    """What is not in the journal is not done, whatever the journal is kept in."""
    incident = SCENES["circle"]()
    for number in range(1, 8):

        def fail(found: int, number: int = number) -> None:
            if found >= number:
                raise fault

        lines = Lines(before=fail)
        api = incident.api()
        with pytest.raises(NotKept, match="could not be written"):
            carry_out(incident.journal(lines), api)
        intents = sum(isinstance(each, Intent) for each in lines.kept)
        assert len([each for each in api.writes if each.startswith(("Put", "Tag"))]) == intents
        incident.freed(Journal(Lines(), list(lines.kept)))


def test_a_disk_that_takes_a_part_at_a_time(tmp_path: Path) -> None:
    journal = new_journal(tmp_path / "a.jsonl", begun_of([]))
    assert isinstance(journal.sink, FileSink)
    file = journal.sink.file

    class Slow:
        def write(self, data: memoryview) -> int:
            return file.write(data[:7])

        def fileno(self) -> int:
            return file.fileno()

    journal.sink.file = Slow()  # type: ignore[assignment]  # no more is asked of it
    journal.append(Intent(number=1, at=START, change=0, direction="contain", wanted="x" * 50))
    file.close()

    assert isinstance(read_lines((tmp_path / "a.jsonl").read_bytes().replace(b'"changes":[]', _ONE), "x")[1], Intent)


_ONE = b'"changes":[{"kind":"metadata options","name":"i-1"}]'


def test_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    held = new_journal(path, begun_of([]))
    program = (
        "import sys; from pathlib import Path; from policies.execution.journal import open_journal\n"
        "from scanner.errors import UsageError\n"
        "try: open_journal(Path(sys.argv[1]))\n"
        "except UsageError as fault: print(fault)"
    )

    def other() -> str:
        ran = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
        return ran.stdout

    assert "another process works with" in other()
    with pytest.raises(UsageError, match="another process"):
        open_journal(path)
    _close(held)
    assert other() == ""


def test_a_journal_that_is_refused_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n")
    for _ in range(2):
        with pytest.raises(UsageError, match="none of a journal"):
            open_journal(path)


@pytest.mark.parametrize("name", [".", "missing.jsonl", "missing/a.jsonl"])
def test_what_is_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        open_journal(tmp_path / name)


def _lines(whole: bytes) -> list[dict[str, Any]]:
    return [json.loads(each) for each in whole.splitlines()]


def _bytes(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in lines)


def test_every_line_that_is_missing_is_noticed_or_does_no_harm(whole: bytes) -> None:
    lines = _lines(whole)
    refused = set()
    for at, line in enumerate(lines):
        try:
            read_lines(_bytes(lines[:at] + lines[at + 1 :]), "x")
        except UsageError:
            refused.add(line["line"])
    assert refused >= {"begun", "intent"}


def test_torn_anywhere(whole: bytes) -> None:
    """A process that ends in the midst of a line leaves a journal that is read up to there."""
    lines = read_lines(whole, "x")
    begun = whole.index(b"\n")
    for length in range(0, len(whole), 7):
        try:
            found = read_lines(whole[:length], "x")
        except UsageError:
            assert length < begun + 1
        else:
            assert found == lines[: len(found)]


_CHANGED: list[tuple[str, dict[str, Any]]] = [
    ("schema", {"schema": "guardrift/journal/2"}),
    ("kind", {"changes": [{"kind": "bucket policy"}]}),
    ("principal", {"changes": [{"kind": "inline policy", "name": "x", "document": "{}"}]}),
    ("group", {"changes": [{"kind": "attachment", "principal": "arn:aws:iam::123456789012:group/x"}]}),
    ("lasts", {"changes": [{"kind": "metadata options", "name": "i-1", "lasts": 10**15}]}),
    ("negative", {"changes": [{"kind": "metadata options", "name": "i-1", "lasts": -1}]}),
    ("zone", {"at": "2026-11-22T03:00:00"}),
    ("text", {"changes": "none"}),
    ("account", {"account_id": 1}),
]


@pytest.mark.parametrize("changed", [each for _, each in _CHANGED], ids=[name for name, _ in _CHANGED])
def test_a_changed_beginning_is_refused(whole: bytes, changed: dict[str, Any]) -> None:
    lines = _lines(whole)
    lines[0] |= changed
    with pytest.raises(UsageError):
        read_lines(_bytes(lines), "x")


@pytest.mark.parametrize(
    "line",
    [
        {"line": "intent", "number": 9, "at": "2026-11-22T03:00:00Z", "change": 0, "direction": "contain"},
        {"line": "intent", "number": 5, "at": "2026-11-22T03:00:00Z", "change": 7, "direction": "contain"},
        {"line": "intent", "number": 5, "at": "2026-11-22T03:00:00Z", "change": -1, "direction": "contain"},
        {"line": "intent", "number": 5, "at": "2026-11-22T03:00:00", "change": 0, "direction": "contain"},
        {"line": "outcome", "number": 9, "at": "2026-11-22T03:00:00Z", "is_done": True},
        {"line": "outcome", "number": 1, "at": "2026-11-22T03:00:00Z", "is_done": True},
        {"line": "settled", "at": "2026-11-22T03:00:00Z", "change": 9, "direction": "undo", "result": "left"},
        {"line": "settled", "at": "2026-11-22T03:00:00Z", "change": 0, "direction": "undo", "result": "fine"},
        {"line": "further"}, {"line": "begun"}, {}, [], 5, None, "text",
    ],
)  # fmt: skip
def test_a_line_that_does_not_belong_there_is_refused(whole: bytes, line: Any) -> None:
    with pytest.raises(UsageError):
        read_lines(whole + json.dumps(line).encode() + b"\n", "x")


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"hello", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"{}", b'{"line":"begun"}', b"\x00" * 99],
)
def test_what_is_no_journal_at_all(content: bytes) -> None:
    with pytest.raises(UsageError):
        read_lines(content, "x")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_done_to_a_journal(whole: bytes, data: st.DataObject) -> None:
    """It is read, or refused in a sentence."""
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 40))
        content[at : at + length] = data.draw(st.binary(max_size=20))
    try:
        lines = read_lines(bytes(content), "x")
    except UsageError:
        return
    assert isinstance(lines[0], Begun)


def test_what_it_says_of_itself() -> None:
    """Intents whose answer nobody saw, and those that stand."""
    change = Change(kind="metadata options", name="i-1")
    journal = Journal(Lines(), [begun_of([change])])
    assert (journal.next_number, journal.ended, journal.open_intents()) == (1, None, [])
    first = Intent(number=1, at=START, change=0, direction="contain", wanted="x")
    for line in (first, replace(first, number=2, direction="undo"), Outcome(number=2, at=START, is_done=True)):
        journal.append(line)

    lines: list[Line] = journal.open_intents()  # type: ignore[assignment]  # intents are lines
    assert lines == [first]
    assert journal.standing_intents(0) == [first]
    assert (journal.next_number, journal.undone_at(0)) == (3, -1)
