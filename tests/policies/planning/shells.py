"""Shells in which the commands of plans are run, with a stand-in for ``aws`` and the one or the other ``date``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.policies.planning.command_line import CommandLine

_BSD = f"""#!{sys.executable} -IS
import datetime, re, sys
words = sys.argv[1:]
form = words.pop()[1:]
now, given, moved = datetime.datetime.now(datetime.timezone.utc), None, 0
while words:
    word = words.pop(0)
    if word in ("-u", "-j"):
        continue
    if word == "-f":
        read = words.pop(0)
        now = datetime.datetime.strptime(words.pop(0), read).replace(tzinfo=datetime.timezone.utc)
    elif found := re.fullmatch("-v([+-][0-9]+)S", word):
        moved = int(found[1])
    else:
        sys.exit("date: illegal option")
print((now + datetime.timedelta(seconds=moved)).strftime(form))
"""
DATES = {"gnu": None, "bsd": _BSD, "broken": "#!/bin/sh\nexit 1\n", "silent": "#!/bin/sh\n"}
SHELLS = ("bash", "dash", "zsh", "ksh", "mksh")


@dataclass(frozen=True)
class Ran:
    """What came of a script."""

    status: int
    out: str
    errors: str


class Shells:
    """Runs scripts in an empty folder, with the programs of the system behind the stand-ins."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.line = CommandLine()
        self.place = root / "place"
        self.place.mkdir()
        for kind, source in DATES.items():
            (root / kind).mkdir()
            for name in ("touch", "pwned", "id"):
                self._program(root / kind / name, f"#!/bin/sh\necho {name} >>{root}/strays\n")
            if source is not None:
                self._program(root / kind / "date", source)

    @property
    def strays(self) -> bool:
        """Whether anything ran that no command names."""
        return (self._root / "strays").exists()

    def run(self, script: str, shell: str = "bash", date: str = "gnu", **environment: str) -> Ran:
        """Feed a script to a shell, as a paste would."""
        path = shutil.which(shell)
        if path is None:
            pytest.skip(f"{shell} is not installed")
        own = self._root / "line"
        own.mkdir(exist_ok=True)
        with self.line.answering(own, sys.executable):
            done = subprocess.run(
                [path],
                input=script.encode("utf-8", "surrogatepass"),
                env={"PATH": f"{self._root / date}:{own}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **environment},
                cwd=self.place,
                capture_output=True,
                timeout=60,
                check=False,
            )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace"))

    @staticmethod
    def _program(path: Path, source: str) -> None:
        path.write_text(source)
        path.chmod(0o755)
