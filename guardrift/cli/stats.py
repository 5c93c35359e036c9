"""What a collection cost: calls by API action beside the least that it takes, and where the time went."""

from __future__ import annotations

from collections import Counter

from reports.visible import visible
from scanner.collect.clients import Meter
from scanner.inventory import Account
from scanner.minimum import minimum_calls


def render(account: Account, meter: Meter, started: float) -> str:
    """The statistics as text.

    Args:
        account: what was collected.
        meter: what the collection measured.
        started: seconds from the start of the program to the beginning of the collection.
    """
    calls: Counter[str] = Counter()
    for row in account.coverage:
        calls[row.api] += row.calls
    least = minimum_calls(account)
    made = sorted(api for api, count in calls.items() if count)
    width = max(map(len, made), default=0)
    lines = [f"{'API action':<{width}}  calls  minimum"]
    lines += [f"{visible(api):<{width}}  {calls[api]:>5}  {least[api]:>7}" for api in made]
    total, floor = sum(calls.values()), sum(least.values())
    lines += [
        f"{'total':<{width}}  {total:>5}  {floor:>7}  ({total / max(floor, 1):.2f} times the minimum)",
        "",
        f"start-up          {started + meter.starting:8.2f} s",
        f"making clients    {meter.making_clients:8.2f} s  ({meter.clients} clients, made while others ask)",
        f"collecting        {meter.collecting:8.2f} s",
        f"calls in flight   {meter.most_in_flight:5} at most",
        f"repeated requests {meter.retries:5}",
    ]
    return "\n".join(lines) + "\n"
