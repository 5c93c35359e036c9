"""What people are told, as plain text: mail and chat show it as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from guardrift.responder.bucket_journal import file_commands, where
from guardrift.responder.executing import Carried
from guardrift.responder.incident import Incident, Weighed
from guardrift.responder.publishing import clipped
from policies.cutoff import format_instant
from policies.execution.carrying_out import told_of
from policies.execution.changes import Change
from policies.execution.planned import EVERY
from policies.execution.verifying import overall
from policies.findings import FoundFinding
from policies.planning import BY_ORGANIZATION, Phase, Plan
from scanner.shell import command

_MOST = 40
_BY_JOURNAL = {
    "To look again whether it holds, once the logs are complete:": "--verify",
    "To go on with it, if it did not come to its end:": "--resume",
    "To undo it, once that is safe:": "--rollback",
}
_SET_HERE: frozenset[Phase] = frozenset({"organization", "contain"})
_LEFT_TO_PEOPLE: frozenset[Phase] = frozenset({"evidence", "close", "renew", "verify"})


def told_findings(incident: Incident) -> Iterator[str]:
    """The findings of the event, and how many others name the same credentials."""
    for each in incident.given[:_MOST]:
        yield f"Finding: {clipped(each.type) or '(no type)'} ({each.source_format})"
        yield f"  id: {clipped(each.id) or '(none)'}"
        yield f"  account: {each.account_id or '(not told)'}, region: {each.region or '(not told)'}"
        yield f"  severity: {_severity(each)}{f', seen {each.count} times' if each.count else ''}"
        if each.title:
            yield f"  title: {clipped(each.title)}"
        if each.is_sample or each.is_archived:
            yield f"  It is {'a sample' if each.is_sample else 'archived'}: nobody acts on it."
        yield from (f"  note: {clipped(said)}" for said in each.notes)
    if incident.siblings:
        yield f"Further findings that name the same credentials: {len(incident.siblings)}"
        yield from _some(
            (f"  {clipped(each.type)} {clipped(each.id)}" for each in incident.siblings), "  ... and others"
        )


def told_plan(weighed: Weighed) -> Iterator[str]:
    """A plan: whom, with what, and what breaks."""
    plan = weighed.plan
    yield f"Principal: {clipped(plan.principal) or _subject(plan)}"
    if plan.unique_id:
        yield f"  unique id: {plan.unique_id}"
    yield f"Plan: {plan.verdict}{f'. {clipped(plan.reason, 1200)}' if plan.reason else ''}"
    if plan.alternative:
        yield f"  instead: {clipped(plan.alternative, 1200)}"
    if plan.verdict != "ready":
        return
    if plan.because:
        yield f"  because: {clipped(plan.because, 1200)}"
    yield from _section("It sets, within the account:", (f"- {_change(each)}" for each in weighed.changes))
    elsewhere = [each for each in plan.documents if each.placed.layer in BY_ORGANIZATION]
    yield from _section(
        "NOT set by this function, and needed as well, from the management account ('guardrift contain --execute'):",
        (f"- {each.placed.template} on {clipped(each.placed.target)}" for each in elsewhere),
    )
    breaks = dict.fromkeys(clipped(step.breaks, 1200) for step in plan.steps if step.breaks and step.phase in _SET_HERE)
    yield from _section("What it breaks:", (f"- {each}" for each in breaks))


def told_beside(weighed: Weighed) -> Iterator[str]:
    """What is left to people, and what goes on all the same."""
    plan = weighed.plan
    left = (f"- {clipped(step.title)}" for step in plan.steps if step.phase in _LEFT_TO_PEOPLE)
    yield from _section("Left to people:", left)
    yield from _section("What it does not stop:", (f"- {clipped(each, 1200)}" for each in plan.cannot_stop))
    yield from _section("Notes:", (f"- {clipped(each, 1200)}" for each in plan.notes))


def told_carried(carried: Carried, bucket: str) -> Iterator[str]:
    """How carrying out ended, and how it is undone."""
    ended = carried.ended
    yield f"Carried out: {ended.state}{f'. {clipped(ended.said, 2000)}' if ended.said else ''}"
    for each in carried.settled:
        until = f", sessions issued before {format_instant(each.cutoff)} are denied" if each.cutoff else ""
        more = f" ({clipped(each.said)})" if each.said else ""
        yield f"- {each.result}: {_change(carried.changes[each.change])}{until}{more}"
    if carried.checks:
        yield f"Looked at: {overall(carried.checks)}"
    for check in carried.checks:
        yield f"- {check.name}: {check.verdict}. {clipped(check.said, 1200)}"
        yield from (f"    {clipped(each, 2000)}" for each in check.todo)
    yield f"Journal: {where(bucket, carried.run)}"
    yield "To make a file of it:"
    yield from (f"  {each}" for each in file_commands(bucket, carried.run))
    for why, option in _BY_JOURNAL.items():
        yield why
        yield f"  {command('guardrift', 'contain', option, f'{carried.run}.jsonl')}"


def told_by_hand() -> Iterator[str]:
    """Where the whole runbook is had."""
    yield "The whole runbook, with the steps that only people can do: save the event as a file, and run"
    yield "  guardrift contain --finding FILE -o incident/"


def _change(change: Change) -> str:
    told = clipped(told_of(change))
    return (
        told.replace(f"{change.kind} {EVERY}", f"every {change.kind} that is active,") if change.name == EVERY else told
    )


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(_some(lines, "- ... and others"))
    if found:
        yield title
        yield from found


def _some(lines: Iterable[str], others: str) -> Iterator[str]:
    for at, line in enumerate(lines):
        if at == _MOST:
            yield others
            return
        yield line


def _severity(finding: FoundFinding) -> str:
    parts = [
        f"{finding.severity:g}" if finding.severity is not None else "",
        f"({finding.level})" if finding.level else "",
    ]
    return " ".join(filter(None, parts)) or "(not told)"


def _subject(plan: Plan) -> str:
    told = plan.subject
    named: Sequence[str | None] = (told.arn, told.name, told.access_key, told.unique_id, told.instance)
    return clipped(next((each for each in named if each), told.kind))
