from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import Raw

from guardrift.fleet.collecting import collected
from guardrift.fleet.jobs import Collected, Judged
from guardrift.fleet.store import Store, scope_of
from scanner.errors import UsageError
from scanner.snapshot import encode
from tests.fleet.scenes import ARCHIVE, NOW, SHOP, account, archive, row
from tests.fleet.test_summing import result

HOURS = timedelta(hours=6)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store(tmp_path / "fleet")
    found.open()
    found.begin(ARCHIVE)
    return found


def kept(store: Store, found: Collected | None = None) -> Collected:
    found = found or collected(archive())
    store.keep_collected(found, "scope")
    return found


def place(store: Store) -> Path:
    return store.folder / "accounts" / ARCHIVE


def test_everything_is_for_its_owner_alone(store: Store) -> None:
    kept(store)
    store.keep_judged(
        ARCHIVE, Judged(result=result(ARCHIVE, "x"), rules=(), snapshot=Raw(b"{}"), report=Raw(b"{}"), html="<p>")
    )
    store.write("fleet.json", b"{}")

    for path in (store.folder, *store.folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_what_was_collected_is_the_canonical_snapshot(store: Store) -> None:
    kept(store)

    assert (place(store) / "collected.json").read_bytes() == encode(archive())
    assert bytes(store.collected(ARCHIVE)) + b"\n" == encode(archive())


def test_what_was_collected_is_used_again(store: Store) -> None:
    found = kept(store)
    about = store.reusable(ARCHIVE, "scope", NOW + HOURS, HOURS)

    assert about is not None
    assert (about.taken_at, about.wants) == (found.taken_at, found.wants)
    assert [bucket.name for bucket in about.shared.buckets] == [bucket.name for bucket in found.shared.buckets]


def test_what_is_too_old_or_of_another_scope_is_not(store: Store) -> None:
    kept(store)

    assert store.reusable(ARCHIVE, "scope", NOW + HOURS + timedelta(seconds=1), HOURS) is None
    assert store.reusable(ARCHIVE, "another scope", NOW, HOURS) is None
    assert store.reusable(SHOP, "scope", NOW, HOURS) is None


def test_what_was_changed_or_cut_off_is_not_used_again(store: Store) -> None:
    kept(store)
    file = place(store) / "collected.json"
    file.write_bytes(file.read_bytes()[:-10])
    assert store.reusable(ARCHIVE, "scope", NOW, HOURS) is None

    kept(store)
    (place(store) / "collected.about.json").write_bytes(b'{"scope')
    assert store.reusable(ARCHIVE, "scope", NOW, HOURS) is None


@pytest.mark.parametrize("status", ["denied", "throttled", "error"])
def test_what_is_not_complete_is_read_again_with_its_journal(store: Store, status: str) -> None:
    store.journal(ARCHIVE).write_bytes(b"answers\n")
    incomplete = account(ARCHIVE, coverage=(row(ARCHIVE, "iam:ListRoles", status),))
    kept(store, collected(incomplete))

    assert store.reusable(ARCHIVE, "scope", NOW, HOURS) is None
    assert store.journal(ARCHIVE).read_bytes() == b"answers\n"


def test_the_journal_of_a_complete_account_is_removed(store: Store) -> None:
    store.journal(ARCHIVE).write_bytes(b"answers\n")
    kept(store)

    assert not store.journal(ARCHIVE).exists()


def test_the_results_of_an_earlier_run_are_removed_before_the_next(store: Store) -> None:
    kept(store)
    for name in ("snapshot.json", "report.json", "report.html"):
        (place(store) / name).write_text("of yesterday")
    store.begin(ARCHIVE)

    assert sorted(path.name for path in place(store).iterdir()) == ["collected.about.json", "collected.json"]


def test_the_summary_of_an_earlier_run_is_removed_before_the_next(store: Store) -> None:
    store.write("fleet.json", b"{}")
    store.write("fleet.html", b"")

    store.open()

    assert [path.name for path in store.folder.iterdir()] == ["accounts"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match="cannot be made"):
        Store(tmp_path / "file" / "fleet").open()


def test_scopes_differ_with_what_they_are_made_of() -> None:
    assert scope_of(("eu-west-1",), None, ()) == scope_of(("eu-west-1",), None, ())
    assert len({scope_of(("eu-west-1",), None, ()), scope_of((), None, ()), scope_of((), [], ())}) == 3
