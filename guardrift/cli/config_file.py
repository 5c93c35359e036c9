"""Find and read the configuration file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

from guardrift.cli.output import read_file
from guardrift.configuration import Configuration, from_table, parse
from scanner.errors import UsageError


def load(named: Path | None, *, disabled: bool = False) -> tuple[Configuration, str]:
    """The configuration and the file it came from; built-in values where there is none.

    A file that is named must exist. Otherwise the first of guardrift.toml, .github/guardrift.toml and the table
    tool.guardrift of pyproject.toml counts, in the working directory or above it, up to the root of the repository.
    """
    if disabled:
        return Configuration(), "built-in values"
    chosen = named or (Path(os.environ["GUARDRIFT_CONFIG"]) if os.environ.get("GUARDRIFT_CONFIG") else None)
    if chosen is not None:
        return _read(chosen), str(chosen)
    for folder in _upward(Path.cwd()):
        for candidate in (folder / "guardrift.toml", folder / ".github" / "guardrift.toml"):
            if candidate.is_file():
                return _read(candidate), str(candidate)
        project = folder / "pyproject.toml"
        if project.is_file() and (table := _project_table(project)) is not None:
            return from_table(table, f"{project} [tool.guardrift]"), str(project)
    return Configuration(), "built-in values"


def _upward(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder
        if (folder / ".git").exists():
            return


def _read(path: Path) -> Configuration:
    try:
        text = read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise UsageError(f"{path} is not UTF-8: {fault}", "Save it as UTF-8.") from None
    return parse(text, str(path))


def _project_table(path: Path) -> dict[str, object] | None:
    content = read_file(path)
    try:
        tool = tomllib.loads(content.decode("utf-8-sig")).get("tool")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as fault:
        if b"tool.guardrift" in content:
            raise UsageError(f"{path} cannot be read: {fault}", "Mend the file.") from None
        # It is somebody else's file; that it is broken is not for us to say.
        return None
    table = tool.get("guardrift") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{path}: tool.guardrift is not a table", "Write [tool.guardrift].")
    return table
