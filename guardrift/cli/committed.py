"""Files as a commit has them, so that a change under review is not judged by what it brings along itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from scanner.errors import UsageError

_QUIET = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
_LINK = "120000"


@dataclass(frozen=True)
class Commit:
    """A commit of the repository around the working directory.

    Attributes:
        name: as it was asked for.
        sha: its full name.
        root: the top of the working tree.
    """

    name: str
    sha: str
    root: Path

    def inside(self, path: Path) -> PurePosixPath | None:
        """The path from the root of the repository; None for one that lies elsewhere.

        Links below the root are not followed: a change could turn one to another place.
        """
        named = Path(os.path.normpath(Path.cwd() / path))
        for top in (named, *named.parents):
            if top.resolve() == self.root:
                return PurePosixPath(named.relative_to(top).as_posix())
        return None

    def file(self, path: PurePosixPath) -> bytes | None:
        """The content of a file; None where the commit has none there.

        Raises:
            UsageError: it is a link.
        """
        found = self._files.get(str(path))
        if found is None:
            return None
        mode, sha = found
        if mode == _LINK:
            raise UsageError(f"{self.name}:{path} is a symbolic link", "Commit the file itself.")
        return _git(self.root, "cat-file", "blob", sha)

    def below(self, folder: PurePosixPath) -> list[PurePosixPath]:
        """The files below a folder, at any depth."""
        start = "" if str(folder) == "." else f"{folder}/"
        return [PurePosixPath(name) for name in self._files if name.startswith(start)]

    @cached_property
    def _files(self) -> dict[str, tuple[str, str]]:
        """Mode and name of the content of every file, by path."""
        found = {}
        for line in _git(self.root, "ls-tree", "-r", "-z", "--full-tree", self.sha).split(b"\0"):
            said, _, name = line.partition(b"\t")
            if name:
                mode, _, sha = said.decode().split(" ")[:3]
                found[os.fsdecode(name)] = mode, sha
        return found


def commit_of(name: str) -> Commit:
    """The commit of a branch, a tag or a full name.

    Raises:
        UsageError: there is no git, no repository, or no such commit.
    """
    here = Path.cwd()
    root = _git(here, "rev-parse", "--show-toplevel").decode().removesuffix("\n")
    try:
        sha = _git(here, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").decode().strip()
    except UsageError:
        raise UsageError(
            f"--trusted-ref {name}: there is no such commit in this clone",
            "Fetch it first: 'git fetch origin BRANCH', or fetch-depth: 0 of actions/checkout.",
        ) from None
    return Commit(name, sha, Path(root).resolve())


def _git(folder: Path, *arguments: str) -> bytes:
    """What git prints; raises ``UsageError`` with git's own words where it fails."""
    program = shutil.which("git")
    if program is None:
        raise UsageError("--trusted-ref needs git, which is not installed", "Install git.")
    command = [program, "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    # No shell, and every name that somebody else chose stands behind an option that ends the options.
    done = subprocess.run(command, capture_output=True, env={**os.environ, **_QUIET}, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[0] if said else "failed"
        raise UsageError(f"git {arguments[0]}: {why}", "--trusted-ref reads a Git repository.")
    return done.stdout
