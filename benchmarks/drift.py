"""Measure ``guardrift diff`` at the scale of AWS's quotas: two snapshots of which one in a hundred things differs.

usage: drift.py LARGE.json [--runs N]

LARGE is what ``aws iam get-account-authorization-details`` prints of an account with about 5,000 roles. It is turned
into the snapshot that ``guardrift snapshot`` would write, and into a copy in which one of every hundred roles, users
and managed policies was changed: a policy attached or detached, an action more, a condition gone, a trust widened.

Each figure is the least CPU of alternating runs of whole processes: ``guardrift diff`` against one
``guardrift scan --snapshot`` of the same account, and ``guardrift diff --no-consequences`` against two processes that
load both files and do nothing else: one by ``json.load``, and one by guardrift's own reader without its command line.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scanner.actions import REGIONAL  # noqa: E402
from scanner.snapshot import decode, encode  # noqa: E402

Json = dict[str, Any]
EVERY = 100
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_LOAD = """
import json, sys
held = []
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        held.append(json.load(file))
"""
_DECODE = """
import gc, sys
gc.disable()
sys.path.insert(0, sys.argv[1])
from datetime import UTC, datetime
from pathlib import Path
from scanner.actions import REGIONAL
from scanner.snapshot import decode
held = [decode(Path(name).read_bytes(), now=datetime.now(UTC), actions=REGIONAL) for name in sys.argv[2:]]
"""


def changed(facts: Json) -> tuple[Json, int]:
    """The account with one thing of a hundred changed, and how many that are."""
    found = copy.deepcopy(facts)
    kinds = ((found["roles"], _ROLE), (found["users"], _USER), (found["policies"], _POLICY))
    chosen = [(thing, ways[at % len(ways)]) for things, ways in kinds for at, thing in enumerate(things[::EVERY])]
    for thing, change in chosen:
        change(thing)
    return found, len(chosen)


def _attach(principal: Json) -> None:
    held = principal.setdefault("attached", [])
    if all(each["arn"] != ADMINISTRATOR for each in held):
        held.append({"name": "AdministratorAccess", "arn": ADMINISTRATOR})


def _detach(principal: Json) -> None:
    principal["attached"] = principal.get("attached", [])[1:]


def _inline(principal: Json) -> None:
    """One action more in the first inline policy, or a policy of its own."""
    held = principal.setdefault("inline", [])
    if not held:
        held.append({"name": "more", "document": {"Version": "2012-10-17", "Statement": []}})
    _more(held[0]["document"])


def _trust(role: Json) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "sts:AssumeRole"}
    role["trust"]["Statement"] = [*_statements(role["trust"]), statement]


def _unbound(principal: Json) -> None:
    for policy in principal.get("inline", []):
        for statement in _statements(policy["document"]):
            statement.pop("Condition", None)
    principal.pop("boundary", None)


def _version(policy: Json) -> None:
    for version in policy["versions"]:
        if version.get("is_default"):
            _more(version["document"])


def _more(document: Json) -> None:
    document["Statement"] = [
        *_statements(document), {"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": "arn:aws:sqs:*:*:drift-*"}
    ]  # fmt: skip


def _statements(document: Json) -> list[Json]:
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


_ROLE: tuple[Callable[[Json], None], ...] = (_attach, _detach, _inline, _trust, _unbound)
_USER: tuple[Callable[[Json], None], ...] = (_attach, _detach, _inline, _unbound)
_POLICY: tuple[Callable[[Json], None], ...] = (_version,)


def written(large: Path, folder: Path) -> tuple[Path, Path, int]:
    """Both snapshots, and how many things differ."""
    text = encode(decode(large.read_bytes(), now=datetime.now(UTC), actions=REGIONAL))
    other, number = changed(json.loads(text))
    old, new = folder / "old.json", folder / "new.json"
    old.write_bytes(text)
    new.write_bytes(encode(decode(json.dumps(other).encode(), now=datetime.now(UTC), actions=REGIONAL)))
    return old, new, number


def cost(command: Sequence[str]) -> tuple[float, float]:
    """User and system CPU seconds, and peak memory in MiB, of one run of a command.

    Raises:
        RuntimeError: the command failed for another reason than findings or drift.
    """
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT, env=os.environ)
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if process.stderr is not None:
        complaint = process.stderr.read().decode(errors="replace")
        process.stderr.close()
    if code not in (0, 1, 3):
        raise RuntimeError(f"{command[0]} ended with {code}: {complaint}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(arguments: Sequence[str]) -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("large", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old, new, number = written(given.large.resolve(), folder)
        program, drift = [sys.executable, "-m", "guardrift"], str(folder / "drift.json")
        commands = {
            "json.load of both": [sys.executable, "-c", _LOAD, str(old), str(new)],
            "both decoded": [sys.executable, "-c", _DECODE, str(ROOT), str(old), str(new)],
            "scan": [*program, "scan", "--snapshot", str(old), "-q", "-o", str(folder / "report.json")],
            "diff --no-consequences": [
                *program, "diff", str(old), str(new), "-q", "-o", drift, "--no-consequences",
            ],
            "diff": [*program, "diff", str(old), str(new), "-q", "-o", drift],
        }  # fmt: skip
        runs = [{label: cost(command) for label, command in commands.items()} for _ in range(given.runs)]
        told = len(json.loads(Path(drift).read_bytes())["changes"])
    least = {label: min(run[label][0] for run in runs) for label in commands}
    peaks = {label: max(run[label][1] for run in runs) for label in commands}
    print(f"{number} things changed, {told} changes told")
    for label in commands:
        print(f"  {label:24} {least[label]:6.2f} s CPU  {peaks[label]:6.0f} MiB")
    print(f"diff: {least['diff'] / least['scan']:.2f} times a scan")
    for yardstick in ("json.load of both", "both decoded"):
        ratio = least["diff --no-consequences"] / least[yardstick]
        print(f"diff --no-consequences: {ratio:.2f} times {yardstick}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
