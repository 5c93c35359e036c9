"""By what a gate weighs: configuration, rules and baselines, from the working tree or from a commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Protocol

from guardrift.cli import baseline_folder
from guardrift.cli.committed import Commit
from guardrift.cli.config_file import load, load_committed
from guardrift.cli.output import read_file, write_file
from guardrift.cli.scanning import Given, Request
from guardrift.custom_rules import rule_set
from scanner.baseline import Baseline, read_baseline
from scanner.errors import UsageError


class Shelf(Protocol):
    """Where the baselines of accounts are."""

    def accounts(self) -> list[str]:
        """The accounts that have one; raises ``UsageError`` if none has."""

    def read(self, account_id: str) -> Baseline:
        """That of one account; raises ``UsageError`` if there is none, or it is not in order."""

    def place(self, account_id: str) -> str:
        """Its folder, for messages."""


@dataclass(frozen=True, slots=True)
class OnDisk:
    """The baselines below a folder."""

    folder: Path

    def accounts(self) -> list[str]:
        """The accounts that have one; raises ``UsageError`` if none has."""
        return baseline_folder.accounts(self.folder)

    def read(self, account_id: str) -> Baseline:
        """That of one account; raises ``UsageError`` if there is none, or it is not in order."""
        return baseline_folder.read(self.folder, account_id)

    def place(self, account_id: str) -> str:
        """Its folder, for messages."""
        return str(baseline_folder.place_of(self.folder, account_id))


@dataclass(frozen=True, slots=True)
class InCommit:
    """The baselines below a folder as a commit has them."""

    commit: Commit
    folder: Path

    def accounts(self) -> list[str]:
        """The accounts that have one; raises ``UsageError`` if none has."""
        inside = _inside(self.commit, self.folder, "--baseline")
        found = {path.parts[len(inside.parts)] for path in self.commit.below(inside) if path.suffix == ".json"}
        with_one = sorted(name for name in found if baseline_folder.is_account(name))
        if not with_one:
            raise UsageError(f"{self.commit.name}:{inside} holds no baseline", _FIRST)
        return with_one

    def read(self, account_id: str) -> Baseline:
        """That of one account; raises ``UsageError`` if there is none, or it is not in order."""
        folder = _inside(self.commit, self.folder, "--baseline") / account_id
        paths = [path for path in self.commit.below(folder) if path.parent == folder and path.suffix == ".json"]
        if not paths:
            raise UsageError(f"{self.place(account_id)} holds no baseline", _FIRST)
        files = {path.name: self.commit.file(path) or b"" for path in paths}
        return read_baseline(files, self.place(account_id), account_id=account_id)

    def place(self, account_id: str) -> str:
        """Its folder, for messages."""
        return f"{self.commit.name}:{_inside(self.commit, self.folder, '--baseline') / account_id}"


_FIRST = "Commit the first one there ('guardrift baseline init'), or weigh it without --trusted-ref."


def given_on_disk(request: Request) -> Given:
    """The configuration and the rules of the working tree."""
    configuration, place = load(request.config, disabled=request.no_config)
    return Given(configuration, place, rule_set(request.rule_folders))


@contextmanager
def given_in(commit: Commit, request: Request) -> Iterator[Given]:
    """The configuration and the rules of a commit; folders of rules that lie outside are read where they are."""
    configuration, place = load_committed(commit, request.config, disabled=request.no_config)
    with TemporaryDirectory(prefix="guardrift-") as scratch:
        folders = []
        for number, folder in enumerate(request.rule_folders):
            if commit.inside(folder) is None:
                folders.append(folder)
                continue
            copy = Path(scratch) / str(number) / folder.name
            copy.mkdir(parents=True)
            for name, content in rule_files_in(commit, folder).items():
                write_file(copy / name, content)
            folders.append(copy)
        yield Given(configuration, place, rule_set(tuple(folders)))


def snapshot_in(commit: Commit, path: Path, scratch: Path) -> tuple[Path, bool]:
    """The snapshot to weigh, as a file, and whether the change brings another one, which is not read.

    What lies in the repository and was committed is read as the commit has it. What a step before wrote there, and
    nobody committed, is read where it is.

    Raises:
        UsageError: only the change has it.
    """
    inside = None if str(path) == "-" else commit.inside(path)
    if inside is None or not (commit.is_tracked(inside) or commit.has(inside)):
        return path, False
    trusted = commit.file(inside)
    if trusted is None:
        raise UsageError(
            f"--snapshot {path} is brought along by the change itself: {commit.name} has none there",
            "Take facts that the change cannot choose: read AWS, or a snapshot of the trusted commit.",
        )
    copy = scratch / inside.name
    write_file(copy, trusted)
    return copy, not path.is_file() or read_file(path) != trusted


def rule_files_in(commit: Commit, folder: Path) -> dict[str, bytes]:
    """The files of a folder of rules as a commit has them, by name; raises ``UsageError`` if it has none."""
    inside = _inside(commit, folder, "--rules")
    paths = [path for path in commit.below(inside) if path.parent == inside and path.suffix in _RULES]
    if not paths:
        raise UsageError(f"{commit.name}:{inside} holds no rules", "Commit them there first, or leave out --rules.")
    return {path.name: commit.file(path) or b"" for path in paths}


def rule_files_on_disk(folder: Path) -> dict[str, bytes]:
    """The same of the working tree."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return {path.name: read_file(path) for path in paths if path.suffix in _RULES and path.is_file()}


_RULES = frozenset({".py", ".toml"})


def _inside(commit: Commit, folder: Path, option: str) -> PurePosixPath:
    found = commit.inside(folder)
    if found is None:
        raise UsageError(
            f"{option} {folder} is outside of the repository of --trusted-ref",
            "Run it in the repository, and name a folder of that.",
        )
    return found
