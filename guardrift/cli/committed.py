"""Files as a commit has them, so that a change under review is not judged by what it brings along itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from scanner.errors import UsageError

_QUIET = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
_LINK = "120000"
_STEPS = re.compile(r"[~^:@]")
_FULL = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


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

        Raises:
            UsageError: a part of it below the root is a symbolic link, which a change could turn to another place.
        """
        named = Path(os.path.normpath(_here() / path))
        top = next((each for each in (*reversed(named.parents), named) if each.resolve() == self.root), None)
        if top is None:
            return None
        found = named.relative_to(top)
        for part in (found, *found.parents):
            if (top / part).is_symlink() and part != Path():
                raise UsageError(
                    f"{part} is a symbolic link, and a change could turn it to another place",
                    "With --trusted-ref name the place itself.",
                )
        return PurePosixPath(found.as_posix())

    def is_tracked(self, path: PurePosixPath) -> bool:
        """Whether the working tree's own commit, or what is staged, has a file there."""
        return bool(_git(self.root, "ls-files", "--", str(path)))

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

    def has(self, path: PurePosixPath) -> bool:
        """Whether the commit has something of that name."""
        return str(path) in self._files

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
        UsageError: there is no git, no repository, no such commit, or more than one ref of that name.
    """
    here = Path.cwd()
    root = _git(here, "rev-parse", "--show-toplevel").decode().removesuffix("\n")
    if _git(here, "rev-parse", "--show-superproject-working-tree").strip():
        raise UsageError(
            "the working directory is in a submodule, which the change itself may have put there",
            "Run it in the repository that holds it.",
        )
    sha = _sha(here, _ref(here, name))
    if sha is None:
        raise UsageError(
            f"--trusted-ref {name}: there is no such commit in this clone",
            "Fetch it first: 'git fetch origin BRANCH', or fetch-depth: 0 of actions/checkout.",
        )
    return Commit(name, sha, Path(root).resolve())


def _ref(here: Path, name: str) -> str:
    """What is meant by a name: a tag or branch that somebody called like a remote's branch must not take its place."""
    base = _STEPS.split(name, maxsplit=1)[0]
    return _whole(here, base) + name[len(base) :]


def _whole(here: Path, name: str) -> str:
    """The whole name of a ref."""
    if _FULL.fullmatch(name):
        return name
    remotes = _git(here, "remote").decode().split("\n")
    if any(remote and name.startswith(f"{remote}/") for remote in remotes):
        return f"refs/remotes/{name}"
    wanted = {f"refs/{kind}/{name}" for kind in ("tags", "heads", "remotes")}
    known = set(_git(here, "for-each-ref", "--format=%(refname)").decode().split("\n"))
    found = sorted(wanted & known)
    if len(found) > 1:
        meant = " or ".join(found)
        raise UsageError(f"--trusted-ref {name} may mean {meant}", "Give one of these, or the full name of a commit.")
    return found[0] if found else name


def _sha(here: Path, name: str) -> str | None:
    try:
        found = _git(here, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except UsageError:
        return None
    return found.decode().strip()


def _here() -> Path:
    """The working directory as it was entered: links on the way to it are seen where the shell tells of them."""
    told = Path(os.environ.get("PWD", ""))
    return told if told.is_absolute() and told.resolve() == Path.cwd() else Path.cwd()


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
