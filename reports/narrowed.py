"""What was left out of a judgement, or weighed otherwise, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.verdict import counted
from scanner.narrowing import Narrowing

_MOST_NAMED = 6


def sentences(narrowed: Narrowing) -> Iterator[str]:
    """Each kind of narrowing with what it is about, such as "3 rules left out by guardrift.toml: ..."."""
    by = narrowed.configuration
    if narrowed.left_out:
        yield f"{counted(len(narrowed.left_out), 'rule')} left out by {by}: {_some(narrowed.left_out)}"
    if narrowed.not_selected:
        yield f"{counted(len(narrowed.not_selected), 'rule')} left out by options: {_some(narrowed.not_selected)}"
    if narrowed.severities:
        changes = [f"{each.rule_id} {each.own} -> {each.set_to}" for each in narrowed.severities]
        yield f"{counted(len(changes), 'severity', 'severities')} changed by {by}: {_some(changes)}"
    if narrowed.parameters:
        yield f"{counted(len(narrowed.parameters), 'rule')} with parameters of {by}: {_some(narrowed.parameters)}"
    if narrowed.regions:
        yield f"detection services have to be on in {_some(narrowed.regions)} only, as {by} declares"


def in_short(narrowed: Narrowing) -> str:
    """The same in one line, without names; empty where nothing is narrowed."""
    left_out = len(narrowed.left_out) + len(narrowed.not_selected)
    parts = (
        (left_out, f"{counted(left_out, 'rule')} left out"),
        (len(narrowed.severities), f"{counted(len(narrowed.severities), 'severity', 'severities')} changed"),
        (len(narrowed.parameters), f"{counted(len(narrowed.parameters), 'rule')} with other parameters"),
        (len(narrowed.regions), f"detection in {counted(len(narrowed.regions), 'region')} only"),
    )
    return ", ".join(text for number, text in parts if number)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
