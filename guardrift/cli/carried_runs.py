"""How a run that contains, goes on, undoes or verifies is told."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from guardrift.cli.output import data
from guardrift.cli.run import FATAL, FINDINGS, INCOMPLETE, OK
from policies.execution.carrying_out import told_of
from policies.execution.journal import Journal
from policies.execution.records import Checked, Settled, State
from policies.execution.rolling_back import safe_from
from policies.execution.verifying import Overall, overall
from reports.visible import inert, visible
from scanner.inventory import Instant

_CODES: dict[State, int] = {
    "applied": OK, "rolled back": OK, "partly rolled back": FINDINGS, "stopped": FINDINGS, "failed": FATAL,
}  # fmt: skip
_MARKS = {"holds": "ok", "fails": "FAILS", "unknown": "unknown"}


class ToldChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change of a run, as it is now.

    Attributes:
        what: the change, for people.
        result: what came of it; ``open`` where it is not settled.
        safe_from: from when on it can be undone; None where no time tells, or nothing is to be undone.
    """

    what: str
    result: str
    said: str = ""
    cutoff: Instant | None = None
    safe_from: Instant | None = None


class ToldRun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="schema", tag="guardrift/run/1"):
    """A run that contained, went on, undid or verified.

    Attributes:
        journal: the file, or where else it is.
        state: how it ended; None where it was interrupted, and can be resumed.
        warning: what the plan leaves open, such as that it may be taken off again.
        verification: whether it holds; None where that was not looked at.
    """

    journal: str
    principal: str
    state: State | None
    said: str = ""
    warning: str = ""
    changes: tuple[ToldChange, ...] = ()
    verification: Overall | None = None
    checks: tuple[Checked, ...] = ()


def told_run(journal: Journal, name: str, checks: Sequence[Checked] = ()) -> ToldRun:
    """A run as its journal has it."""
    ended = journal.ended
    return ToldRun(
        journal=name,
        principal=journal.begun.principal or journal.begun.account_id,
        state=ended.state if ended is not None else None,
        said=ended.said if ended is not None else "",
        warning=journal.begun.warning,
        changes=tuple(_change(journal, index) for index in range(len(journal.changes))),
        verification=overall(checks) if checks else None,
        checks=tuple(checks),
    )


def _change(journal: Journal, index: int) -> ToldChange:
    change, settled = journal.changes[index], journal.settled(index)
    is_ours = bool(journal.intents(index)) and not _is_undone(settled)
    return ToldChange(
        what=told_of(change),
        result=settled.result if settled is not None else "looked up" if change.name == "*" else "open",
        said=settled.said if settled is not None else "",
        cutoff=settled.cutoff if settled is not None else None,
        safe_from=safe_from(journal, index) if is_ours else None,
    )


def _is_undone(settled: Settled | None) -> bool:
    return settled is not None and settled.direction == "undo" and settled.result != "left"


def code_of_run(told: ToldRun) -> int:
    """The exit code: a containment that does not hold is as bad as none."""
    if told.state is None:
        return FATAL
    code = _CODES[told.state]
    return FINDINGS if code == OK and told.verification == "does not hold" else code


def worst(codes: Sequence[int]) -> int:
    """The exit code of several runs: what failed before what was refused, and that before what is not known."""
    return next((code for code in (FATAL, FINDINGS, INCOMPLETE) if code in codes), OK)


def tell(runs: Sequence[ToldRun], *, as_json: bool) -> None:
    """Print the runs."""
    if as_json:
        told = [msgspec.to_builtins(run) for run in runs]
        data(json.dumps(told[0] if len(told) == 1 else told, indent=2, ensure_ascii=True))
        return
    for run in runs:
        data(inert("\n".join(map(visible, _lines(run)))))


def _lines(run: ToldRun) -> list[str]:
    why = f" ({run.said})" if run.said else ""
    lines = [f"{run.state or 'interrupted'}: {run.principal}{why}"]
    lines += [f"  warning  {run.warning}"] if run.warning else []
    for change in run.changes:
        notes = [change.said] if change.said else []
        if change.cutoff is not None:
            notes.append(f"sessions from before {change.cutoff.isoformat()} are denied")
        if change.safe_from is not None:
            notes.append(f"safe to undo from {change.safe_from.isoformat()}")
        lines.append(f"  {change.result:8} {': '.join(filter(None, (change.what, '; '.join(notes))))}")
    if run.verification is not None:
        lines.append(f"verification: {run.verification}")
        for check in run.checks:
            lines.append(f"  {_MARKS[check.verdict]:8} {check.name}: {check.said}")
            lines += [f"           $ {command}" for command in check.todo]
    return [*lines, f"journal: {run.journal}"]
