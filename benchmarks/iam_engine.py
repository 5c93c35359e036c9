"""Measure the IAM engine at the scale of AWS's quotas: file to complete JSON report, against ``json.load`` of the file.

usage: iam_engine.py LARGE.json [HUGE.json] [--runs N] [--cloudsplaining PROGRAM]

The files are what ``aws iam get-account-authorization-details`` prints: LARGE has about 5,000 roles, HUGE 20,000. Each
figure is the least CPU of alternating runs of whole processes; the load alone runs inside a process that measures
itself, so that starting Python does not flatter us. ``cloudsplaining scan`` is run once on LARGE, if it is installed.
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


def load_seconds(path: Path) -> float:
    """CPU seconds of ``json.load``."""
    done = subprocess.run([sys.executable, "-c", _LOAD, str(path)], check=True, capture_output=True, text=True)
    return float(done.stdout)


def measured(path: Path, runs: int) -> tuple[float, float, float]:
    """The least CPU of a scan and of the load in alternating runs, and the greatest peak memory in MiB."""
    scans, loads, peaks = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        report = str(Path(folder) / "report.json")
        scan = [sys.executable, "-m", "guardrift", "scan", "--snapshot", str(path), "-q", "-o", report]
        for _ in range(runs):
            loads.append(load_seconds(path))
            seconds, peak = cost(scan)
            scans.append(seconds)
            peaks.append(peak)
    return min(scans), min(loads), max(peaks)


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("large", type=Path)
    parser.add_argument("huge", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cloudsplaining", default=shutil.which("cloudsplaining"))
    arguments = parser.parse_args()
    large, load, peak = measured(arguments.large, arguments.runs)
    print(f"large: scan {large:.2f} s, json.load {load:.2f} s, ratio {large / load:.1f}, peak {peak:.0f} MiB")
    if arguments.huge:
        huge, _, peak = measured(arguments.huge, max(1, arguments.runs // 2))
        print(f"huge:  scan {huge:.2f} s, {huge / large:.1f} times large, peak {peak:.0f} MiB")
    if arguments.cloudsplaining:
        with tempfile.TemporaryDirectory() as folder:
            scan = [arguments.cloudsplaining, "scan", "--skip-open-report", "--output", folder]
            seconds, peak = cost([*scan, "--input-file", str(arguments.large.resolve())])
        print(f"cloudsplaining on large: {seconds:.0f} s, {seconds / load:.0f} times json.load, peak {peak:.0f} MiB")


if __name__ == "__main__":
    main()
