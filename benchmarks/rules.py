"""Measure what all rules cost beside the analysis of escalation, on one snapshot in one process.

usage: rules.py LARGE.json [--regions SNAPSHOT.json] [--runs N]

LARGE is what ``aws iam get-account-authorization-details`` prints of an account with about 5,000 roles. What such a
file does not hold (regions, trails, detectors, the organization) is taken from the snapshot of a smaller account, such
as the one that ``guardrift demo`` writes. The graph of escalation is built by the escalation rule, so its cost is the
time of that rule alone; the others are asked afterwards, with the graph at hand, as in a scan.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rules import RULES  # noqa: E402
from scanner.actions import REGIONAL  # noqa: E402
from scanner.engine.judge import Settings, judge  # noqa: E402
from scanner.engine.rule import Rule  # noqa: E402
from scanner.inventory import Account, Gap  # noqa: E402
from scanner.snapshot import decode  # noqa: E402

ESCALATION = "iam-privilege-escalation"
_MOST_SHOWN = 12


def account_of(large: bytes, smaller: bytes | None) -> Account:
    """The large account, with what it lacks taken from the smaller one."""
    now = datetime.now(UTC)
    found = decode(large, now=now, actions=REGIONAL)
    if smaller is None:
        return found
    other_id = json.loads(smaller)["account_id"]
    other = decode(smaller.replace(other_id.encode(), found.account_id.encode()), now=now, actions=REGIONAL)
    lent = {
        name: getattr(other, name)
        for name in Account.__struct_fields__
        if isinstance(getattr(found, name), Gap) or name in {"regions", "organization", "contacts", "other_regions"}
    }
    return msgspec.structs.replace(found, **lent)


def seconds(account: Account, rules: Sequence[Rule]) -> float:
    """CPU seconds that judging takes."""
    started = time.process_time()
    judge(account, rules, account.taken_at, Settings())
    return time.process_time() - started


def measured(large: bytes, smaller: bytes | None) -> tuple[float, float]:
    """The cost of the escalation rule, and of all others after it, on an account that nobody has looked at."""
    account = account_of(large, smaller)
    others = [rule for rule in RULES.values() if rule.id != ESCALATION]
    return seconds(account, [RULES[ESCALATION]]), seconds(account, others)


def each(large: bytes, smaller: bytes | None) -> dict[str, float]:
    """The cost of each rule alone, which lists its subjects for itself; the sum is more than all of them together."""
    account = account_of(large, smaller)
    return {rule.id: seconds(account, [rule]) for rule in RULES.values()}


def main(arguments: Sequence[str]) -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("large", type=Path)
    parser.add_argument("--regions", type=Path)
    parser.add_argument("--runs", type=int, default=2)
    given = parser.parse_args(arguments)
    gc.disable()  # as the program does for a file
    large, smaller = given.large.read_bytes(), given.regions.read_bytes() if given.regions else None
    runs = [measured(large, smaller) for _ in range(given.runs)]
    escalation, others = min(run[0] for run in runs), min(run[1] for run in runs)
    print(f"escalation {escalation:.2f} s, the {len(RULES) - 1} others {others:.2f} s: {others / escalation:.2f} of it")
    for line in slowest(each(large, smaller).items()):
        print(line)
    return 0


def slowest(costs: Iterable[tuple[str, float]]) -> list[str]:
    """The rules that take longest."""
    ordered = sorted(costs, key=lambda pair: -pair[1])[:_MOST_SHOWN]
    return [f"  {cost:6.3f} s  {rule_id}" for rule_id, cost in ordered]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
