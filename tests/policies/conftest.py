"""A terminal in which the rendered commands are really run, with recording stand-ins for every program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

# A program written for /bin/sh starts much faster than one in Python; NUL is the one byte that no argument holds.
_AWS = r"""#!/bin/sh
printf '%s\0' "$(($# + 1))" "${0##*/}" "$@" >>"$CALLS"
case " ${REFUSED-} " in *" $2 "*) exit 254 ;; esac
"""

_PYTHON = f"#!{sys.executable} -IS\n"

_DATE = (
    _PYTHON
    + """
import sys, time
after = {options!r}
if sys.argv[1:-1] != after:
    sys.exit("date: invalid option")
print(time.strftime(sys.argv[-1][1:], time.gmtime(time.time() + 31)))
"""
)

DATES = {
    "gnu": _DATE.format(options=["-u", "-d", "+31 seconds"]),
    "bsd": _DATE.format(options=["-u", "-v+31S"]),
    "broken": _PYTHON + "raise SystemExit('date: no clock')",
    "silent": _PYTHON,
}

# What the hostile names try to run.
DECOYS = ("touch", "pwned", "id")

HOSTILE_NAMES = (
    # what a shell would run, expand or send elsewhere
    "o'brien", 'say "hi"', "$(touch pwned)", "`touch pwned`", "; touch pwned", "&& touch pwned", "| touch pwned",
    "> pwned", "'; touch pwned; '", '"; touch pwned; "', "$'\\'; touch pwned; '", "a\ntouch pwned\n",
    "a\r\ntouch pwned", "\u2028touch pwned", "\t", "!!", "!touch", "it's !touch", "\\'!touch", "=touch", "~",
    "~root", "*", "{a,b}", "[a-z]", "a?", "\\", "a\\", "'", "''", "\\'", "${IFS}", "${CUTOFF}",
    "#", "a #b", "%s", " ", " lead", "trail ",
    # what the AWS CLI would read as an option or, in part, as a file
    "-rf", "--profile=evil", "file:/x", "afile://x",
    # what a terminal would act on or hide
    "\x1b[2Jgone", "\x1b]0;title\x07", "\x1b[201~touch pwned\n", "\x9b31m", "\x7f", "\u202etxt.exe", "\u2066x\u2069",
    "a\u200bb", "\ufeffa", "e\u0301", "\u3164", "\u00a0", "\ue000", "é", "名前", "\U0001f600",
    # what a file system or a page would misread
    "a" * 300, "../../etc", ".", "..", ".hidden", "a/b", "CON", "nul.txt", "x]]>", "<script>", "[a](javascript:b)",
)  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """What came of a script: the calls are argument vectors, beginning with the program's name."""

    status: int
    calls: list[list[str]]
    errors: str
    strays: list[str]


class Terminal:
    """Runs scripts where ``aws``, ``date`` and the decoys are the only programs, in an empty directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._log = root / "calls"
        self._place = root / "place"
        self._place.mkdir()
        for kind, source in DATES.items():
            self._program(kind, "date", source)
            for name in ("aws", *DECOYS):
                self._program(kind, name, _AWS)

    def run(self, script: str, shell: str = "bash", date: str = "broken", *flags: str, **environment: str) -> Ran:
        """Feed a script to a shell, as a paste would."""
        self._log.write_text("")
        path = shutil.which(shell)
        if path is None:
            pytest.skip(f"{shell} is not installed")
        done = subprocess.run(
            [path, *flags],
            input=script.encode("utf-8", "surrogatepass"),
            env={"PATH": str(self._root / date), "CALLS": str(self._log), "LC_ALL": "C.UTF-8", **environment},
            cwd=self._place,
            capture_output=True,
            timeout=30,
            check=False,
        )
        calls = _parse(self._log.read_bytes().decode("utf-8", "surrogateescape").split("\0"))
        strays = sorted(each.name for each in self._place.iterdir())
        return Ran(done.returncode, calls, done.stderr.decode("utf-8", "replace"), strays)

    def _program(self, kind: str, name: str, source: str) -> None:
        folder = self._root / kind
        folder.mkdir(exist_ok=True)
        program = folder / name
        program.write_text(source)
        program.chmod(0o755)


def _parse(words: list[str]) -> list[list[str]]:
    calls = []
    while words[:-1]:
        count = int(words[0])
        calls.append(words[1 : count + 1])
        words = words[count + 1 :]
    return calls


@pytest.fixture(scope="session")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    if os.name != "posix":
        pytest.skip("the commands are for POSIX shells")
    return Terminal(tmp_path_factory.mktemp("terminal"))


@pytest.fixture(params=HOSTILE_NAMES, ids=ascii)
def hostile_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def hostile_names() -> tuple[str, ...]:
    return HOSTILE_NAMES
