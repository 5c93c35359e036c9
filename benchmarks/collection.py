"""Measure a live collection against what it could be: calls against the minimum, time against latency.

usage: collection.py BENCH [--size small] [--latency-ms 50] [--runs 3]

BENCH is the folder with count_proxy.py, seed_moto.py and make_account.py. A moto server is filled with an account and
asked through the proxy, which remembers answers, so that waiting and guardrift are measured and not the server. Then
the same scan is disturbed: throttled, and denied three actions at random; the findings must stay, but for ``unknown``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.live.stand import Stand, seed, stand_in

CALLS_IN_FLIGHT = 16


def scan(stand: Stand, folder: Path) -> tuple[dict[str, Any], str, float]:
    """The report of a scan, its statistics, and the seconds that the process took."""
    began = time.perf_counter()
    done = stand.guardrift("scan", "--stats", "-q", "-o", str(folder / "report.json"))
    seconds = time.perf_counter() - began
    if done.returncode not in {0, 1, 3}:
        raise SystemExit(done.stderr)
    return json.loads((folder / "report.json").read_text()), done.stderr, seconds


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    """The status of each finding by its fingerprint."""
    return {finding["fingerprint"]: finding["status"] for finding in report["findings"]}


def figure(stats: str, label: str) -> float:
    """A number of the statistics."""
    (line,) = [line for line in stats.splitlines() if line.startswith(label)]
    return float(line.removeprefix(label).split()[0])


def measure(stand: Stand, folder: Path, latency: float, runs: int) -> dict[str, Any]:
    """Print a row for each run; returns the last report."""
    report: dict[str, Any] = {}
    for _ in range(runs):
        stand.configure(latency_ms=latency * 1000)
        stand.reset()
        report, stats, seconds = scan(stand, folder)
        counted = stand.reset()
        calls, in_flight = counted["total"], counted["max_in_flight"]
        (total,) = [line.split() for line in stats.splitlines() if line.startswith("total ")]
        waiting = calls * latency / CALLS_IN_FLIGHT
        overhead = figure(stats, "start-up") + figure(stats, "making clients")
        print(
            f"calls {calls} (counted by us {total[1]}, minimum {total[2]}, ratio {calls / int(total[2]):.2f}), "
            f"in flight {in_flight}, wall {seconds:.2f} s, start-up and clients {overhead:.2f} s, calls x latency / 16 "
            f"{waiting:.2f} s, ratio {(seconds - overhead) / waiting:.2f}"
        )
    return report


def compare(name: str, before: dict[str, str], after: dict[str, str]) -> None:
    """Print how a disturbed scan differs from the undisturbed one."""
    changed = {key for key in before if key in after and after[key] not in {before[key], "unknown"}}
    gone = [key for key in before if key not in after]
    new = [status for key, status in after.items() if key not in before]
    print(
        f"{name}: {len(before)} findings, {len(changed)} changed verdicts, {len(gone)} gone, "
        f"{new.count('fail')} new fails, {sum(status == 'unknown' for status in after.values())} unknown"
    )


def disturbed(stand: Stand, folder: Path, before: dict[str, str], apis: Iterable[str]) -> None:
    """Print what throttling and denials do to the findings."""
    stand.configure(latency_ms=0, throttle_rate=0.2)
    compare("20 % throttled", before, verdicts(scan(stand, folder)[0]))
    for number in range(3):
        denied = random.Random(number).sample(sorted(apis), 3)
        stand.configure(throttle_rate=0, deny=denied)
        compare(f"denied {', '.join(denied)}", before, verdicts(scan(stand, folder)[0]))
    stand.calm()


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--size", default="small")
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with stand_in(arguments.bench, proxy=["--cache"]) as stand, tempfile.TemporaryDirectory() as folder:
        seed(stand, "--size", arguments.size, bench=arguments.bench)
        scan(stand, Path(folder))
        report = measure(stand, Path(folder), arguments.latency_ms / 1000, arguments.runs)
        asked = {row["api"] for row in report["coverage"] if row["calls"]} - {"sts:GetCallerIdentity"}
        disturbed(stand, Path(folder), verdicts(report), asked)


if __name__ == "__main__":
    main()
