"""What was found is remembered over an interruption, whatever the moment."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from scanner.collect.journal import FileJournal, Unit
from scanner.collect.ledger import Entry
from scanner.errors import UsageError
from scanner.inventory import Image

ACCOUNT = "111122223333"
BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
UNIT = Unit("ec2:DescribeImages", "eu-west-1")
OTHER = Unit("ec2:DescribeImages", "us-east-1")
ENTRIES = (Entry("eu-west-1", "ec2:DescribeImages", calls=2),)
FACT = (Image("ami-1", "v2.0"),)
AGE = timedelta(hours=6)


_OPEN: list[FileJournal] = []


def journal(path: Path, at: datetime = BEGAN, max_age: timedelta | None = None, account: str = ACCOUNT) -> FileJournal:
    _OPEN.append(FileJournal(path, account, lambda: at, max_age))
    return _OPEN[-1]


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


def test_an_answer_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    journal(path).remember(UNIT, ENTRIES, FACT)

    again = journal(path, BEGAN + timedelta(hours=5), AGE)

    found = again.recall(UNIT)
    assert found is not None
    assert found.entries == ENTRIES
    assert msgspec.json.decode(found.value, type=tuple[Image, ...]) == FACT
    assert again.recall(OTHER) is None
    assert again.known == 1
    assert again.began == BEGAN


def test_it_is_remembered_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    journal(path).remember(UNIT, ENTRIES, FACT)
    journal(path, BEGAN + timedelta(hours=1), AGE).remember(OTHER, (), FACT)

    third = journal(path, BEGAN + timedelta(hours=2), AGE)

    assert third.recall(UNIT) is not None
    assert third.recall(OTHER) is not None
    assert third.began == BEGAN


def test_what_is_too_old_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    journal(path).remember(UNIT, ENTRIES, FACT)
    journal(path, BEGAN + timedelta(hours=3), AGE).remember(OTHER, (), FACT)

    late = journal(path, BEGAN + timedelta(hours=7), AGE)

    assert late.recall(UNIT) is None
    assert late.recall(OTHER) is not None


def test_without_resume_everything_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    journal(path).remember(UNIT, ENTRIES, FACT)

    anew = journal(path)

    assert anew.recall(UNIT) is None
    assert anew.began is None
    assert journal(path, max_age=AGE).recall(UNIT) is None


@pytest.mark.parametrize("end", range(1, 400, 7))
def test_a_file_that_ends_anywhere_loses_the_last_line_at_most(tmp_path: Path, end: int) -> None:
    path = tmp_path / "partial"
    first = journal(path)
    first.remember(UNIT, ENTRIES, FACT)
    whole = path.read_bytes()
    first.remember(OTHER, ENTRIES, FACT)
    path.write_bytes(path.read_bytes()[: len(whole) + end])

    again = journal(path, max_age=AGE)

    assert again.recall(UNIT) is not None


def test_a_file_that_ends_in_its_head_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    path.write_bytes(b"")

    assert journal(path, max_age=AGE).known == 0


def test_another_account_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    journal(path).remember(UNIT, ENTRIES, FACT)

    with pytest.raises(UsageError, match="111122223333, not of 999988887777"):
        journal(path, max_age=AGE, account="999988887777")


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    path.write_text('{"schema": "guardrift/snapshot/1"}\n')

    with pytest.raises(UsageError, match="beginning of a snapshot"):
        journal(path, max_age=AGE)
    assert path.read_text() == '{"schema": "guardrift/snapshot/1"}\n'


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    journal(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_oldest_answer_says_when_it_began(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    journal(path).remember(UNIT, ENTRIES, FACT)
    journal(path, BEGAN + timedelta(hours=5), AGE).remember(OTHER, (), FACT)

    third = journal(path, BEGAN + timedelta(hours=10), AGE)

    assert third.recall(UNIT) is None
    assert third.began == BEGAN + timedelta(hours=5)


def test_answers_of_the_future_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    journal(path, BEGAN + timedelta(days=400)).remember(UNIT, ENTRIES, FACT)

    assert journal(path, BEGAN, AGE).recall(UNIT) is None


def test_what_another_version_kept_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    journal(path).remember(UNIT, ENTRIES, FACT)
    _OPEN.append(FileJournal(path, ACCOUNT, lambda: BEGAN, AGE, "2.0"))

    assert _OPEN[-1].recall(UNIT) is None


def test_a_file_that_others_may_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    journal(path).remember(UNIT, ENTRIES, FACT)
    path.chmod(0o666)

    with pytest.raises(UsageError, match="somebody else"):
        journal(path, max_age=AGE)


def test_only_its_own_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "partial"
    first, second = journal(path), journal(path)

    first.remove()
    assert path.exists()
    second.remove()
    assert not path.exists()


def test_a_full_disk_costs_the_memory_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    found = journal(tmp_path / "partial")
    found.close()
    found._file = full.open("wb")

    found.remember(UNIT, ENTRIES, FACT)
    found.remember(OTHER, ENTRIES, FACT)

    assert [record.levelname for record in caplog.records] == ["WARNING"]
