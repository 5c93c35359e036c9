"""Measure guardrift against yardsticks of the same run: CPU of ``--help`` and of an offline scan.

usage: startup_and_offline.py [AUTHORIZATION_DETAILS.json] [--runs N]

Without a file, the account is that of the demo. Ratios are what counts: machines differ and are noisy.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def cpu_seconds(command: Sequence[str]) -> float:
    """User and system CPU seconds of one run of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, cwd=ROOT, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compared(name: str, command: Sequence[str], yardstick: Sequence[str], runs: int) -> str:
    """One row: the least CPU of either over alternating runs, and their ratio."""
    pairs = [(cpu_seconds(command), cpu_seconds(yardstick)) for _ in range(runs)]
    ours, theirs = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    return f"{name:<34} {ours:8.3f} s  yardstick {theirs:8.3f} s  ratio {ours / theirs:6.1f}"


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("account", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        account = arguments.account
        if account is None:
            subprocess.run([python, "-m", "guardrift", "demo", "-q", "-o", folder], check=True, cwd=ROOT)
            account = Path(folder) / "snapshot.json"
        report = str(Path(folder) / "out.json")
        scan = [python, "-m", "guardrift", "scan", "--snapshot", str(account), "-q", "-o", report]
        load = [python, "-c", "import json, sys; json.load(open(sys.argv[1], 'rb'))", str(account)]
        print(
            compared(
                "guardrift --help / bare python",
                [python, "-m", "guardrift", "--help"],
                [python, "-c", ""],
                arguments.runs,
            )
        )
        print(compared("scan --snapshot / json.load", scan, load, arguments.runs))


if __name__ == "__main__":
    main()
