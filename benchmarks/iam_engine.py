"""Measure the IAM engine at the scale of AWS's quotas: file to complete JSON report, against ``json.load`` of the file.

usage: iam_engine.py LARGE.json [HUGE.json] [--runs N] [--cloudsplaining PROGRAM]

The files are what ``aws iam get-account-authorization-details`` prints: LARGE has about 5,000 roles, HUGE 20,000. Each
figure is the least CPU of alternating runs of whole processes; the load is given twice, as a process like ours and
measured inside of it without its start. ``cloudsplaining scan`` is run once on LARGE, if it is installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
_LOAD = """
import json, sys, time
with open(sys.argv[1], "rb") as file:
    started = time.process_time()
    json.load(file)
    print(time.process_time() - started)
"""


def cost(command: Sequence[str]) -> tuple[float, float]:
    """User and system CPU seconds, and peak memory in MiB, of one run of a command.

    Raises:
        RuntimeError: the command failed for another reason than findings.
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


def load_seconds(path: Path) -> tuple[float, float]:
    """CPU seconds of a process that does ``json.load``, and of the load alone."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([sys.executable, "-c", _LOAD, str(path)], stdout=said)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise RuntimeError(f"{path} cannot be loaded")
        said.seek(0)
        return usage.ru_utime + usage.ru_stime, float(said.read())


class Figures(NamedTuple):
    """The least CPU seconds of alternating runs, and the greatest peak memory of the scan in MiB."""

    scan: float
    load: float
    load_alone: float
    peak: float


def measured(path: Path, runs: int) -> Figures:
    """Scan and load a file in turn."""
    scans, loads, alone, peaks = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        report = str(Path(folder) / "report.json")
        scan = [sys.executable, "-m", "guardrift", "scan", "--snapshot", str(path), "-q", "-o", report]
        for _ in range(runs):
            process, inside = load_seconds(path)
            loads.append(process)
            alone.append(inside)
            seconds, peak = cost(scan)
            scans.append(seconds)
            peaks.append(peak)
    return Figures(min(scans), min(loads), min(alone), max(peaks))


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("large", type=Path)
    parser.add_argument("huge", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cloudsplaining", default=shutil.which("cloudsplaining"))
    arguments = parser.parse_args()
    large = measured(arguments.large, arguments.runs)
    print(
        f"large: scan {large.scan:.2f} s, peak {large.peak:.0f} MiB; "
        f"a process of json.load {large.load:.2f} s, ratio {large.scan / large.load:.1f}; "
        f"the load alone {large.load_alone:.2f} s, ratio {large.scan / large.load_alone:.1f}"
    )
    if arguments.huge:
        huge = measured(arguments.huge, max(1, arguments.runs // 2))
        print(f"huge:  scan {huge.scan:.2f} s, {huge.scan / large.scan:.1f} times large, peak {huge.peak:.0f} MiB")
    if arguments.cloudsplaining:
        with tempfile.TemporaryDirectory() as folder:
            scan = [arguments.cloudsplaining, "scan", "--skip-open-report", "--output", folder]
            seconds, peak = cost([*scan, "--input-file", str(arguments.large.resolve())])
        print(
            f"cloudsplaining on large: {seconds:.0f} s, {seconds / large.load:.0f} times json.load, peak {peak:.0f} MiB"
        )


if __name__ == "__main__":
    main()
