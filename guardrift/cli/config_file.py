"""Find and read the configuration file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TypeVar

from guardrift.cli.committed import Commit
from guardrift.cli.output import read_file
from guardrift.configuration import Configuration, from_table, parse
from scanner.errors import UsageError

_BUILT_IN = "built-in values"
_Where = TypeVar("_Where", Path, PurePosixPath)


def load(named: Path | None, *, disabled: bool = False) -> tuple[Configuration, str]:
    """The configuration and the file it came from; built-in values where there is none.

    A file that is named must exist. Otherwise the first of guardrift.toml, .github/guardrift.toml and the table
    tool.guardrift of pyproject.toml counts, in the working directory or above it, up to the root of the repository.
    """
    chosen = _chosen(named)
    if disabled:
        return Configuration(), _BUILT_IN
    if chosen is not None:
        return _parsed(read_file(chosen), str(chosen)), str(chosen)
    return _first(_upward(Path.cwd()), _content, str)


def load_committed(commit: Commit, named: Path | None, *, disabled: bool = False) -> tuple[Configuration, str]:
    """The same from a commit; a file that is named and lies outside the repository is read where it is."""
    chosen = _chosen(named)
    if disabled:
        return Configuration(), _BUILT_IN
    if chosen is None:
        here = commit.inside(Path())
        folders = () if here is None else (here, *here.parents)
        return _first(folders, commit.file, lambda path: f"{commit.name}:{path}")
    inside = commit.inside(chosen)
    if inside is None:
        return _parsed(read_file(chosen), str(chosen)), str(chosen)
    content = commit.file(inside)
    if content is None:
        return Configuration(), f"{_BUILT_IN} ({commit.name} has no {inside})"
    return _parsed(content, f"{commit.name}:{inside}"), f"{commit.name}:{inside}"


def _chosen(named: Path | None) -> Path | None:
    return named or (Path(os.environ["GUARDRIFT_CONFIG"]) if os.environ.get("GUARDRIFT_CONFIG") else None)


def _first(
    folders: Iterable[_Where], content_of: Callable[[_Where], bytes | None], place_of: Callable[[_Where], str]
) -> tuple[Configuration, str]:
    for folder in folders:
        for candidate in (folder / "guardrift.toml", folder / ".github" / "guardrift.toml"):
            content = content_of(candidate)
            if content is not None:
                return _parsed(content, place_of(candidate)), place_of(candidate)
        project = folder / "pyproject.toml"
        content = content_of(project)
        if content is not None and (table := _project_table(content, place_of(project))) is not None:
            return from_table(table, f"{place_of(project)} [tool.guardrift]"), place_of(project)
    return Configuration(), _BUILT_IN


def _content(path: Path) -> bytes | None:
    return read_file(path) if path.is_file() else None


def _upward(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder
        if (folder / ".git").exists():
            return


def _parsed(content: bytes, place: str) -> Configuration:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise UsageError(f"{place} is not UTF-8: {fault}", "Save it as UTF-8.") from None
    return parse(text, place)


def _project_table(content: bytes, place: str) -> dict[str, object] | None:
    try:
        tool = tomllib.loads(content.decode("utf-8-sig")).get("tool")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as fault:
        if b"tool.guardrift" in content:
            raise UsageError(f"{place} cannot be read: {fault}", "Mend the file.") from None
        # It is somebody else's file; that it is broken is not for us to say.
        return None
    table = tool.get("guardrift") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{place}: tool.guardrift is not a table", "Write [tool.guardrift].")
    return table
