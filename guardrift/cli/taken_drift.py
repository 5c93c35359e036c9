"""What a baseline takes in with its next state: drift that widens, said before it is written, and refused if hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from reports.diff_text import change_lines
from reports.lines import line
from reports.verdict import counted
from scanner.baseline import Baseline, State
from scanner.drift.comparing import compare
from scanner.drift.sides import sides
from scanner.drift.told import Change
from scanner.errors import UsageError
from scanner.findings import SEVERITIES, Finding, Severity, at_or_above
from scanner.inventory import Account

_GRAVE: Severity = "high"
_MOST_CHANGES, _MOST_LINES, _MOST_REFUSED = 50, 8, 10


def widening(before: Baseline, after: State, account: Account, at: datetime) -> tuple[Change, ...]:
    """What widens from a reviewed state to the next one, from the worst.

    Args:
        before: what was reviewed.
        after: the state that will be.
        account: as it is now, whose documents of AWS both stand on.
        at: the time at which they are compared.
    """
    if before.state == after:
        return ()
    both = sides(("before", before), ("after", msgspec.structs.replace(before, state=after)), at, account)
    return tuple(each for each in compare(*both, consequences=False).changes if each.direction == "widens")


def told(changes: Sequence[Change]) -> Iterator[str]:
    """The changes in lines, of very many the first."""
    if not changes:
        return
    yield f"Widens access, or takes away from what protects: {len(changes):,}"
    for change in changes[:_MOST_CHANGES]:
        lines = list(change_lines(change, every=False))
        yield from lines[:_MOST_LINES]
        if len(lines) > _MOST_LINES:
            yield f"      and {len(lines) - _MOST_LINES:,} more lines"
    if len(changes) > _MOST_CHANGES:
        yield f"  and {len(changes) - _MOST_CHANGES:,} more, which 'guardrift diff' shows"


def check_is_accepted(changes: Sequence[Change], chosen: Sequence[Finding], states: Sequence[State]) -> None:
    """Raise ``UsageError`` where something grave widens of which no accepted finding of its resource tells.

    Args:
        changes: what widens.
        chosen: the findings that are accepted.
        states: before and after, which say whose the keys are.
    """
    users = dict(_users(states))
    gravest: dict[str, int] = {}
    for finding in chosen:
        if finding.status == "fail":
            arn = finding.resource.arn.partition("#")[0]
            gravest[arn] = min(SEVERITIES.index(finding.severity), gravest.get(arn, len(SEVERITIES)))
    hidden = [
        each
        for each in changes
        if at_or_above(each.severity, _GRAVE)
        and SEVERITIES.index(each.severity)
        < gravest.get(users.get(each.resource.arn, each.resource.arn), len(SEVERITIES))
    ]
    if not hidden:
        return
    said = [f"{each.severity} {line(each.resource.arn, 300)}: {line(each.what, 200)}" for each in hidden]
    more = f"; and {len(said) - _MOST_REFUSED:,} more" if len(said) > _MOST_REFUSED else ""
    raise UsageError(
        f"nothing is written: with these findings the baseline would take in {counted(len(said), 'change')} that "
        f"widens and is graver than what is accepted: {'; '.join(said[:_MOST_REFUSED])}{more}",
        "Undo it, or accept the findings that tell of it; --with-drift takes it in.",
    )


def _users(states: Sequence[State]) -> Iterator[tuple[str, str]]:
    """By the name of each entry that belongs to a user, such as its keys, the ARN of the user."""
    entries = [entry for state in states for found in state.entries.values() for entry in found]
    arns = {entry.name: entry.arn for entry in entries if entry.__struct_config__.tag == "user"}
    for entry in entries:
        user = getattr(entry, "user", None)
        if user in arns:
            yield entry.entry, arns[user]
