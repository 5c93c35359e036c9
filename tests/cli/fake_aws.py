"""A shell in which there is no other program than `aws`, which only notes how it was called, `date` and `expr`."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_AWS = """#!/bin/bash
printf '%s\\0' "$@" >>"$CALLS"
printf '\\1\\0' >>"$CALLS"
case $2 in get-role-policy) printf '%s\\n' "$ANSWER" ;; esac
"""


@dataclass(frozen=True, slots=True)
class Shell:
    """What a script did.

    Attributes:
        calls: the arguments of each call of ``aws``.
        files: what lies in the working directory afterwards.
        err: what was said on stderr; a program that is not there is told here.
    """

    code: int
    calls: tuple[tuple[str, ...], ...]
    files: frozenset[str]
    err: str


def run_in_shell(script: str, folder: Path, answer: str = "None") -> Shell:
    """Run a script with bash in a new directory below ``folder``, with nothing but these programs to be found.

    Args:
        script: what to run.
        folder: where the programs are put, and what they note.
        answer: what ``aws iam get-role-policy`` prints.
    """
    programs, work, calls = folder / "programs", folder / "here", folder / "calls"
    for each in (programs, work):
        shutil.rmtree(each, ignore_errors=True)
        each.mkdir(parents=True)
    calls.write_bytes(b"")
    (programs / "aws").write_text(_AWS)
    (programs / "aws").chmod(0o700)
    for name in ("date", "expr"):
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    bash = shutil.which("bash") or "/bin/bash"
    environment = {"PATH": str(programs), "CALLS": str(calls), "HOME": str(work), "ANSWER": answer}
    done = subprocess.run([bash, "-c", script], cwd=work, env=environment, capture_output=True, check=False, timeout=60)
    noted = calls.read_bytes().decode("utf-8", "surrogateescape").split("\0\x01\0")
    return Shell(
        code=done.returncode,
        calls=tuple(tuple(each.split("\0")) for each in noted if each),
        files=frozenset(path.relative_to(work).as_posix() for path in work.rglob("*")),
        err=done.stderr.decode("utf-8", "replace"),
    )
