"""The table of planted faults as a page of the documentation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from guardrift.demo.configuration import CONFIGURATION
from guardrift.demo.place import Place, Planted
from guardrift.demo.planted import BACKGROUND, NOT_PLANTED, PLANTED


def table() -> str:
    """What is planted in the demo account, which rule finds it, and the twin beside it that must stay silent."""
    found = list(_folded(fault for fault in PLANTED if fault.rule_id is not None))
    waiting = list(_folded(fault for fault in PLANTED if fault.rule_id is None))
    parts = [
        "# The demo account",
        "Generated from what is seeded; do not edit. `guardrift demo` reads this account.",
        "Its owner says of it, in the file that the demo leaves beside its report:",
        f"```toml\n{CONFIGURATION}```",
        "With it, a scan of the snapshot that the demo leaves says the same as the demo itself:",
        "```\nguardrift scan --snapshot guardrift-demo/snapshot.json --config guardrift-demo/guardrift.toml\n```",
        "## What the rules find",
        _rows(("Fault", "Where", "Rule", "Twin that stays silent"), [_found(fault) for fault in found]),
        "## What is seeded, and no rule finds",
        _rows(
            ("Fault", "Where", "Why not", "Twin that stays silent"),
            [_waiting(fault) for fault in waiting],
        ),
        "## What is in order",
        "\n".join(f"- `{name}`: {why}." for name, why in (NOT_PLANTED | BACKGROUND).items()),
    ]
    return "\n\n".join(parts) + "\n"


def _rows(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _folded(faults: Iterable[Planted]) -> Iterator[Planted]:
    """The faults with those that are the same in many places told once, with their number."""
    by_kind: defaultdict[object, list[Planted]] = defaultdict(list)
    for fault in faults:
        by_kind[(fault.name.removesuffix(f"-{fault.place.name}"), fault.rule_id)].append(fault)
    for first, *more in by_kind.values():
        of = "in" if first.place.kind == "region" else "of"
        what = f"{first.what} (and the same {of} {len(more)} more {first.place.kind}s)" if more else first.what
        yield replace(first, what=what)


def _found(fault: Planted) -> tuple[str, ...]:
    return fault.what, _place(fault.place), f"[{fault.rule_id}](rules/{fault.rule_id}.md)", _twins(fault)


def _waiting(fault: Planted) -> tuple[str, ...]:
    return fault.what, _place(fault.place), fault.planned or "", _twins(fault)


def _twins(fault: Planted) -> str:
    twins = "; ".join(f"{_place(twin.place)}: {twin.why}" for twin in fault.good_twins)
    return twins or "none: an account cannot hold the fault and its twin"


def _place(place: Place) -> str:
    return f"{place.kind} `{place.name}`" + (
        f" in {place.region}" if place.region and place.name != place.region else ""
    )
