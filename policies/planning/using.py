"""Who works with a role rightfully, named in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.cutoff import format_instant
from scanner.containment.workloads import Workloads

_SHOWN = 20


def who_uses(workloads: Workloads | None) -> Iterator[str]:
    """Sentences with the instances, launches and functions that lose access; what is not known is said."""
    if workloads is None:
        return
    named = {
        "instances": [f"{each.id} ({each.region}, {each.state})" for each in workloads.instances],
        "functions": list(workloads.functions),
        "instances to come from": [f"{each.what} ({each.region})" for each in workloads.launches],
    }
    told = "; ".join(f"{what} {_some(names)}" for what, names in named.items() if names)
    yield f"That is, of the account: {told}." if told else "Nothing that was collected runs with it."
    if workloads.last_used is not None:
        where = f" in {workloads.last_used_region}" if workloads.last_used_region else ""
        yield f"It was last used {format_instant(workloads.last_used)}{where}."
    yield "Tasks, pods, jobs and people are not collected: look in CloudTrail who else works with it."


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
